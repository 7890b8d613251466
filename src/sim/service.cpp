// What the control plane does with a channel's books, whichever channel it is.
#include "sim/service.hpp"

namespace huitong::sim {

core::Result<void> Service::demand_paying(const Order& order) {
    if (order.state == State::paying) return {};
    return core::fail(core::Code::conflict, "not_paying", std::string(desk().state_name(order, now())));
}

core::Result<void> Service::scan(Order& order) {
    if (order.launch == nullptr) return core::fail(core::Code::conflict, "not_launched");
    if (Books::scan(order, now())) {
        tell(order);
        return {};
    }
    return core::fail(core::Code::conflict, "code_dead", std::string(desk().state_name(order, now())));
}

core::Result<void> Service::pay(Order& order) {
    if (order.launch != nullptr) {
        if (auto begun = scan(order); !begun) return begun;
    }
    if (auto allowed = demand_paying(order); !allowed) return allowed;
    Books::pay(order, now());
    tell(order);
    return {};
}

core::Result<void> Service::cancel(Order& order) {
    if (auto allowed = demand_paying(order); !allowed) return allowed;
    if (order.launch != nullptr) {
        // The payer may come back.
        ++order.launch->cancels;
        return {};
    }
    order.state = State::payerror;
    return {};
}

core::Result<void> Service::enter_wrong_password(Order& order) {
    if (auto allowed = demand_paying(order); !allowed) return allowed;
    ++order.wrong_passwords;
    return {};
}

void Service::tell(Order& order) {
    if (order.launch == nullptr) return;
    desk().settle(order, now());
    for (Notice& notice : desk().take_news(order, now())) {
        notices_.post(desk().profile().channel, desk(), std::move(notice));
    }
    const core::Instant next = desk().next_news(order);
    if (next == never || next == order.launch->woken_for) return;
    order.launch->woken_for = next;
    notices_.wake_at(next, [this, serial = order.serial] { tell(desk().books().orders()[serial]); });
}

std::vector<std::shared_ptr<Notice>> Service::notices_of(const Order& order) {
    return notices_.of(desk().profile().channel, order.serial);
}

core::Result<std::shared_ptr<Notice>> Service::resend(Order& order, NoticeScript play) {
    const std::string_view channel = desk().profile().channel;
    if (order.launch != nullptr && play.is_spoiled() && notices_of(order).empty()) {
        Notice imagined = desk().imagine_payment(order, now());
        imagined.script.play = NoticePlay::none;
        notices_.post(channel, desk(), std::move(imagined));
    }
    const auto notices = notices_of(order);
    if (notices.empty()) return core::fail(core::Code::not_found, "no_notice");
    notices_.resend(channel, notices.back(), play);
    return notices.back();
}

Order* Service::find_order(std::string_view account, std::string_view out_trade_no) {
    run_due(now());
    for (std::size_t i = 0; i < desk().account_count(); ++i) {
        if (!account.empty() && desk().account_name(i) != account) continue;
        Order* const order = desk().books().find(i, out_trade_no);
        if (order == nullptr || !order->is_known()) continue;
        desk().settle(*order, now());
        return order;
    }
    return nullptr;
}

Order* Service::find_content(const std::string& content) {
    run_due(now());
    const Launch* const launch = desk().books().launches().find(content);
    if (launch == nullptr) return nullptr;
    Order& order = desk().books().orders()[launch->order];
    desk().settle(order, now());
    return &order;
}

std::deque<Order>& Service::settled_orders() {
    run_due(now());
    for (Order& order : desk().books().orders()) desk().settle(order, now());
    return desk().books().orders();
}

Totals Service::totals() {
    Totals totals;
    for (const Order& order : settled_orders()) {
        totals.pay_calls += order.pays;
        totals.query_calls += order.queries;
        totals.reverse_calls += order.reverses;
        totals.max_pay_calls = std::max<std::int64_t>(totals.max_pay_calls, order.pays);
        totals.max_refunds_per_order = std::max<std::int64_t>(totals.max_refunds_per_order, order.refunds);
        if (order.state == State::absent) continue;
        ++totals.orders;
        if (order.state == State::paying) ++totals.pending;
        if (order.was_paid()) {
            ++totals.paid_count;
            totals.paid_fen += order.amount_fen;
        }
        if (order.refunded_fen > 0) {
            ++totals.refunded_count;
            totals.refunded_fen += order.refunded_fen;
        }
    }
    totals.refund_query_calls = desk().refund_queries();
    for (const Refund& refund : desk().books().refunds().all()) {
        totals.refund_calls += refund.calls;
        totals.max_refund_calls = std::max<std::int64_t>(totals.max_refund_calls, refund.calls);
        if (refund.is_accepted()) ++totals.refunds;
        if (refund.state == RefundState::succeeded) ++totals.refunds_succeeded;
    }
    return totals;
}

}  // namespace huitong::sim

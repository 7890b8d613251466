#include "load/orders.hpp"

#include <fmt/format.h>

namespace huitong::load {

namespace {

bool is_refund_status(std::string_view status) {
    return status == "PARTIAL_REFUNDED" || status == "REFUNDED";
}

// Whether an order told as `before` may be told as `now` later.
bool may_become(const Order& order, std::string_view before, std::string_view now) {
    if (before == now) return true;
    if (before == "PAID" && now == "CANCELED") return order.cancel != Standing::never_asked;
    const bool is_paid = before == "PAID" || before == "PARTIAL_REFUNDED";
    return is_paid && is_refund_status(now) && order.refund != Standing::never_asked;
}

void contradict(Order& order, std::string text) {
    if (order.contradiction.empty()) order.contradiction = std::move(text);
}

void note_status(Order& order, const Heard& heard, const std::string& status) {
    if (!is_final_status(status) || status == order.status) return;
    // Of answers that crossed each other the one that goes further is the later.
    const bool is_forward = order.status.empty() || may_become(order, order.status, status);
    if (!is_forward && heard.asked_at > order.told_at)
        contradict(order, fmt::format("told {}, then {}", order.status, status));
    if (!is_forward) return;
    order.status = status;
    order.told_at = heard.at;
}

void note_sn(Order& order, const std::string& sn) {
    if (sn.empty() || sn == order.sn) return;
    if (!order.sn.empty()) contradict(order, fmt::format("numbered {}, then {}", order.sn, sn));
    order.sn = sn;
}

Standing standing_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::definite:
            return Standing::done;
        case Verdict::refused:
            return Standing::not_done;
        case Verdict::unknown:
            return Standing::open;
    }
    return Standing::open;
}

// A request whose answer was lost is over when the order shows it, or long enough did not show it.
void close_what_is_over(Order& order, const Heard& heard, std::string_view status) {
    const bool is_late = heard.asked_at - order.lost_at >= absence_counts_after;
    if (order.pay == Standing::open) order.pay = Standing::done;
    if (order.cancel != Standing::open) return;
    const bool is_undone = status == "CANCELED" || status == "PAY_CANCELED";
    if (is_undone || is_late) order.cancel = is_undone ? Standing::done : Standing::not_done;
}

void note_absence(Order& order, const Heard& heard) {
    if (!order.sn.empty()) return contradict(order, "acknowledged, then no such order");
    if (heard.asked_at - order.lost_at < absence_counts_after) return;
    if (order.pay == Standing::open) order.pay = Standing::not_done;
    if (order.cancel == Standing::open) order.cancel = Standing::not_done;
}

void note_query(Order& order, const Heard& heard, const core::Result<Answer>& answer) {
    if (!answer) return;
    if (answer->error_code == "UPAY_ORDER_NOT_EXISTS") return note_absence(order, heard);
    const std::string status = answer->get("order_status");
    if (is_final_status(status)) close_what_is_over(order, heard, status);
}

// An answer whose code says one thing and whose order says another.
bool is_torn(std::string_view code, std::string_view status) {
    const bool is_kept = status == "PAID" || status == "PARTIAL_REFUNDED" || status == "REFUNDED";
    if (status.empty()) return false;
    if (code == "PAY_SUCCESS") return !is_kept;
    if (code == "PAY_FAIL") return is_kept;
    return (code == "CANCEL_SUCCESS" || code == "CANCEL_ABORT_SUCCESS") && status != "CANCELED";
}

}  // namespace

void note(Order& order, const Heard& heard, const core::Result<Answer>& answer, Verdict verdict) {
    if (heard.operation != Operation::query && verdict == Verdict::unknown) order.lost_at = heard.at;
    switch (heard.operation) {
        case Operation::pay:
            order.pay = standing_of(verdict);
            break;
        case Operation::cancel:
            order.cancel = standing_of(verdict);
            break;
        case Operation::refund: {
            const bool is_refused = answer && answer->biz_result_code == "REFUND_FAIL";
            order.refund = is_refused ? Standing::not_done : standing_of(verdict);
            break;
        }
        case Operation::query:
            note_query(order, heard, answer);
            break;
    }
    if (!answer) return;
    const std::string status = answer->get("order_status");
    if (is_torn(answer->biz_result_code, status))
        contradict(order, answer->biz_result_code + " with " + status);
    note_sn(order, answer->get("sn"));
    note_status(order, heard, status);
}

void note_refund_query(Order& order, const Heard& heard, const core::Result<Answer>& answer) {
    if (!answer || order.refund != Standing::open) return;
    const bool is_late = heard.asked_at - order.lost_at >= absence_counts_after;
    const bool is_absent = answer->error_code == "UPAY_ORDER_NOT_EXISTS";
    const std::string status = answer->get("status");
    if (status == "SUCCESS") order.refund = Standing::done;
    if (status == "FAIL_CANCELED" || (is_absent && is_late)) order.refund = Standing::not_done;
}

Order& Orders::open(Order order) {
    return all_.emplace_back(std::move(order));
}

Order* Orders::pick_acknowledged(core::Random& random) {
    return acknowledged_.empty() ? nullptr : acknowledged_[random.below(acknowledged_.size())];
}

Order* Orders::take_to_cancel(core::Instant now) {
    return take(now - wechat_cancels_after);
}

Order* Orders::take_to_refund() {
    return take(std::nullopt);
}

void Orders::offer(Order& order) {
    if (!order.sn.empty()) acknowledged_.push_back(&order);
    if (order.status == "PAID") paid_[static_cast<std::size_t>(order.wallet)].push_back(&order);
}

Order* Orders::take(std::optional<core::Instant> wechat_paid_before) {
    std::deque<Order*>* oldest = nullptr;
    for (const Wallet wallet : wallets) {
        auto& queue = paid_[static_cast<std::size_t>(wallet)];
        if (queue.empty()) continue;
        const core::Instant told_at = queue.front()->told_at;
        const bool is_bound = wallet == Wallet::wechat && wechat_paid_before;
        if (is_bound && told_at > *wechat_paid_before) continue;
        if (oldest == nullptr || told_at < oldest->front()->told_at) oldest = &queue;
    }
    if (oldest == nullptr) return nullptr;
    Order* const order = oldest->front();
    oldest->pop_front();
    return order;
}

}  // namespace huitong::load

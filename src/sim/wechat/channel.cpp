// One call: journal, checks, fault before, execution (perhaps later), fault after, delay, answer. No
// reference into the books survives a wait: a reset may have emptied them meanwhile.
#include "sim/wechat/channel.hpp"

#include <algorithm>

#include "sim/wechat/checks.hpp"

namespace huitong::sim::wechat {

namespace {

struct Path {
    std::string_view path;
    Op op;
};

constexpr Path paths[] = {
    {"/pay/micropay", Op::micropay},
    {"/pay/orderquery", Op::orderquery},
    {"/secapi/pay/reverse", Op::reverse},
};

// What a fault does to the answer of a call that was executed.
Outcome fault_after(const Fault& fault, Outcome outcome) {
    switch (fault.action) {
        case FaultAction::reset_before:
        case FaultAction::http:
        case FaultAction::not_found:
            break;
        case FaultAction::timeout:
            outcome = drop();
            outcome.delay = silence;
            break;
        case FaultAction::reset_after:
            return drop();
        case FaultAction::body:
            outcome.raw_body = fault.text;
            break;
        case FaultAction::delay:
            outcome.delay += std::chrono::milliseconds(fault.value);
            break;
        case FaultAction::badsign:
            outcome.has_bad_sign = true;
            break;
        case FaultAction::amount:
            outcome.set("total_fee", std::to_string(fault.value));
            outcome.set("cash_fee", std::to_string(fault.value));
            break;
    }
    return outcome;
}

}  // namespace

std::optional<Op> Channel::find_op(std::string_view path) {
    const auto* const row = std::ranges::find(paths, path, &Path::path);
    if (row == std::end(paths)) return std::nullopt;
    return row->op;
}

std::optional<Outcome> Channel::fault_before(const Fault& fault, const Call& call) {
    if (fault.action == FaultAction::reset_before) return drop();
    if (fault.action == FaultAction::http) return html(static_cast<int>(fault.value));
    if (fault.action == FaultAction::not_found)
        return fail(call, random_, "ORDERNOTEXIST", "此交易订单号不存在");
    return std::nullopt;
}

task::Awaitable<Outcome> Channel::answer(Call call, std::uint64_t seq) {
    const core::Instant now = clock_.now();
    const Op op = call.op;
    const std::size_t merchant = call.merchant_index;
    Order* order = desk_.locate(call, now);
    const std::string number(order != nullptr ? order->number() : std::string_view());
    if (order != nullptr) {
        journal_.set_number(seq, number);
        desk_.note_arrival(op, *order, now);
    }
    const auto fault = faults_.take("wechat", to_string(op), number);
    if (fault) {
        if (auto outcome = fault_before(*fault, call)) co_return std::move(*outcome);
    }
    Outcome outcome;
    const auto held = order == nullptr ? nullptr : desk_.hold(call, *order, now);
    if (held != nullptr) {
        co_await clock_.sleep_until(held->due);
        desk_.run_due(clock_.now());
        outcome = held->outcome ? std::move(*held->outcome) : drop();
        order = desk_.books().find(merchant, number);
    } else {
        outcome = desk_.execute(call, order, now);
    }
    if (fault) outcome = fault_after(*fault, std::move(outcome));
    if (op == Op::micropay && order != nullptr) Desk::note_answer(*order, outcome);
    co_return outcome;
}

task::Awaitable<net::Response> Channel::serve(Op op, net::Request request) {
    const core::Instant arrived_at = clock_.now();
    desk_.run_due(arrived_at);
    std::string seen_number;
    auto call = check_request(op, request, options_, random_, seen_number);
    std::uint64_t seq = 0;
    if (journal_.is_on()) {
        seq = journal_.begin(JournalEntry{.channel = "wechat",
                                          .op = std::string(to_string(op)),
                                          .out_trade_no = std::move(seen_number),
                                          .at = arrived_at,
                                          .request = std::move(request.body)});
    }
    Outcome outcome;
    if (call) {
        outcome = co_await answer(std::move(*call), seq);
    } else {
        outcome = std::move(call.error());
    }
    if (outcome.delay > core::Duration{0}) co_await clock_.sleep_until(clock_.now() + outcome.delay);
    net::Response response = render(std::move(outcome));
    if (seq != 0) journal_.end(seq, response, clock_.now());
    co_return response;
}

core::Result<void> Channel::demand_paying(const Order& order) const {
    if (order.state != State::paying) {
        return core::fail(core::Code::conflict, "not_paying", std::string(to_string(order.state)));
    }
    return {};
}

core::Result<void> Channel::pay(Order& order) {
    if (auto allowed = demand_paying(order); !allowed) return allowed;
    Books::pay(order, clock_.now());
    return {};
}

core::Result<void> Channel::cancel(Order& order) {
    if (auto allowed = demand_paying(order); !allowed) return allowed;
    order.state = State::payerror;
    return {};
}

core::Result<void> Channel::enter_wrong_password(Order& order) {
    if (auto allowed = demand_paying(order); !allowed) return allowed;
    ++order.wrong_passwords;
    return {};
}

Order* Channel::find_order(std::string_view mch_id, std::string_view out_trade_no) {
    desk_.run_due(clock_.now());
    const auto& merchants = options_.wechat_merchants;
    for (std::size_t i = 0; i < merchants.size(); ++i) {
        if (!mch_id.empty() && merchants[i].mch_id != mch_id) continue;
        Order* const order = desk_.books().find(i, out_trade_no);
        if (order == nullptr || order->state == State::absent) continue;
        Books::settle(*order, clock_.now(), options_.platform_auto_revoke);
        return order;
    }
    return nullptr;
}

std::deque<Order>& Channel::settled_orders() {
    const core::Instant now = clock_.now();
    desk_.run_due(now);
    for (Order& order : desk_.books().orders()) Books::settle(order, now, options_.platform_auto_revoke);
    return desk_.books().orders();
}

Totals Channel::totals() {
    Totals totals;
    for (const Order& order : settled_orders()) {
        totals.micropay_calls += order.micropays;
        totals.query_calls += order.queries;
        totals.reverse_calls += order.reverses;
        totals.max_micropay_calls = std::max<std::int64_t>(totals.max_micropay_calls, order.micropays);
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
    return totals;
}

}  // namespace huitong::sim::wechat

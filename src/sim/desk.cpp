// Finding what a call speaks of, and the manners of its caller.
#include "sim/desk.hpp"

#include <limits>

namespace huitong::sim {

namespace {

constexpr core::Duration shortest_query_interval = std::chrono::seconds(1);

void count(std::uint16_t& counter) {
    if (counter < std::numeric_limits<std::uint16_t>::max()) ++counter;
}

}  // namespace

std::optional<Target> Desk::find_refund(const Call&) {
    return std::nullopt;
}

Target Desk::locate(const Call& call, core::Instant now) {
    Target target;
    if (!speaks_of_order(call.op)) return target;
    if (call.op == Op::refund_query) {
        if (const auto found = find_refund(call)) {
            if (found->order != nullptr) settle(*found->order, now);
            return *found;
        }
    }
    if (call.op == Op::pay || call.trade_id.empty()) {
        target.order = &books_.open(call.account, call.number);
    } else {
        target.order = books_.find_trade(call.account, call.trade_id);
        if (target.order != nullptr && trade_id(*target.order) != call.trade_id) target.order = nullptr;
    }
    if (target.order == nullptr) return target;
    Order& order = *target.order;
    settle(order, now);
    const bool is_default = call.op == Op::refund && call.refund_number.empty();
    const std::string_view number = is_default ? order.number() : std::string_view(call.refund_number);
    if (number.empty()) return target;
    const std::uint64_t scope = refund_scope(order);
    target.refund = call.op == Op::refund ? &books_.refunds().open(scope, number, order.serial)
                                          : books_.refunds().find(scope, number);
    return target;
}

void Desk::violate(const Order& order, core::Instant now, std::string rule, std::string_view text) {
    violations_.add(Violation{.at = now,
                              .channel = std::string(profile_.channel),
                              .out_trade_no = std::string(order.number()),
                              .rule = std::move(rule),
                              .text = std::string(text)});
}

void Desk::note_arrival(const Call& call, const Target& target, core::Instant now) {
    if (call.op == Op::refund_query) ++refund_queries_;
    if (target.order == nullptr) return;
    Order& order = *target.order;
    switch (call.op) {
        case Op::pay:
            if (order.pays > 0) {
                violate(order, now, std::string(profile_.op(Op::pay)) + "_repeated",
                        "a number may be sent to pay once");
            }
            count(order.pays);
            order.called_at = now;
            order.must_query = true;
            break;
        case Op::query:
            note_query(order, now);
            break;
        case Op::reverse:
            note_reverse(order, now);
            break;
        case Op::refund:
            note_refund(target, now);
            break;
        case Op::refund_query:
            for (Refund* const refund : books_.refunds().of(order.serial)) {
                if (target.refund == nullptr || target.refund == refund) refund->must_query = false;
            }
            break;
        case Op::close:
            note_close(order, now);
            break;
        case Op::launch:
        case Op::create:
        case Op::open:
        case Op::bill:
        case Op::bill_file:
        case Op::certificates:
            break;
    }
}

void Desk::note_query(Order& order, core::Instant now) {
    if (order.queries > 0 && now - order.queried_at < shortest_query_interval) {
        violate(order, now, "query_too_often", "two queries of one number within a second");
    }
    count(order.queries);
    order.queried_at = now;
    order.must_query = false;
}

void Desk::note_close(const Order& order, core::Instant now) {
    const bool is_launched = order.launch != nullptr;
    if (order.state != State::absent && !is_launched) {
        violate(order, now, "close_on_barcode", "a barcode order is reversed, not closed");
    }
    const bool is_early = is_launched && now < order.launch->made_at + profile_.earliest_close;
    if (is_early && options_.forbids_early_close) {
        violate(order, now, "close_too_early", "closed less than five minutes after its creation");
    }
}

void Desk::note_reverse(Order& order, core::Instant now) {
    count(order.reverses);
    if (order.launch != nullptr && !profile_.reverses_launched) {
        violate(order, now, std::string(profile_.op(Op::reverse)) + "_on_launched",
                "what the payer starts is closed or refunded, not reversed");
    }
    if (order.pays == 0) return;
    const std::string op(profile_.op(Op::reverse));
    if (now - order.called_at < profile_.earliest_reverse) {
        violate(order, now, op + "_too_early", "reversed less than 15 s after the pay call");
    }
    if (order.must_query) {
        violate(order, now, op + "_without_query", "reversed an unknown payment that was never queried");
    }
}

void Desk::note_refund(const Target& target, core::Instant now) {
    Refund& refund = *target.refund;
    for (const Refund* const other : books_.refunds().of(target.order->serial)) {
        if (refund.calls > 0 || other == &refund || !other->must_query) continue;
        violate(*target.order, now, "refund_number_changed",
                "a new refund number while the fate of another was unknown and never queried");
        break;
    }
    count(refund.calls);
    refund.must_query = true;
}

void Desk::note_answer(Op op, const Target& target, bool is_known) {
    if (op == Op::pay && target.order != nullptr) {
        // Who asked while the call was under way has asked.
        const bool is_asked =
            target.order->queries > 0 && target.order->queried_at >= target.order->called_at;
        target.order->must_query = !is_known && !is_asked;
    }
    if (op == Op::refund && target.refund != nullptr) target.refund->must_query = !is_known;
}

void Desk::clear() {
    books_.clear();
    refund_queries_ = 0;
}

}  // namespace huitong::sim

// What tills are told: against the book's proofs, against what was told before, against the amounts
// (spec/upay 4.1–4.3, 5.1–5.5). An answer given later speaks of a later moment only when the former had been
// given before the call arrived, or well before the answer.
#include <algorithm>

#include "auditor/book.hpp"

namespace huitong::auditor {

namespace {

// Answers that are on their way at the same time may have been made in either order.
constexpr core::Duration same_time = std::chrono::seconds(2);

bool is_claim_of_refund(const TillWire& wire, const TillAnswer& answer) {
    if (answer.biz == "REFUND_SUCCESS" || answer.error_code == "UPAY_REFUND_ORDER_NOOP") return true;
    return wire.call.op == TillOp::query && !wire.call.request_no.empty() && answer.status == "SUCCESS";
}

}  // namespace

bool Auditor::Book::binds(std::optional<core::Instant> earlier, const TillWire& wire) const {
    if (!earlier) return false;
    return (wire.arrived && *earlier < *wire.arrived) || *earlier + same_time <= clock.now();
}

bool Auditor::Book::has_left_before(const Order& order, core::Instant at) const {
    return std::ranges::any_of(order.trades, [&](std::size_t index) {
        const Trade& trade = trades[index];
        return trade.left && *trade.left < at && !trade.is_unsent;
    });
}

void Auditor::Book::check_answer(TillWire& wire, const TillAnswer& answer) {
    Order& order = orders[wire.order];
    if (answer.biz == "FAIL") check_absence(order, wire, answer);
    const bool is_order = wire.call.op == TillOp::pay || wire.call.op == TillOp::precreate;
    if (answer.biz == "FAIL" && is_order) check_conflict(order, answer);
    if (!answer.sn.empty()) {
        check_identity(order, wire, answer);
        check_amounts(order, wire, answer);
    }
    const bool is_pay = is_order && (answer.biz.starts_with("PAY_") || answer.biz.starts_with("PRECREATE_"));
    if (is_pay && ++order.pays_answered > 1)
        report("conflict_not_told", &order, {}, "a second pay was answered " + answer.text());
    check_word(order, wire, answer);
    check_refund_word(order, wire, answer);
    const bool is_ack = !answer.sn.empty();
    if (is_ack && !order.acknowledged) order.acknowledged = clock.now();
    if (!answer.trade_no.empty()) by_trade_no.try_emplace(answer.trade_no, wire.order);
}

// FAIL creates no order (spec/upay 5.1), and a conflict needs two.
void Auditor::Book::check_conflict(const Order& order, const TillAnswer& answer) {
    int arrivals = 0;
    for (const PayAsk& ask : order.asks) arrivals += ask.arrivals;
    if (arrivals != 1) return;
    if (answer.error_code == "CLIENT_SN_CONFLICT") {
        report("conflict_unfounded", &order, {}, "told CLIENT_SN_CONFLICT at the first request");
    } else if (order.has_money_moving_call()) {
        report("refused_but_sent", &order, {}, "told FAIL " + answer.error_code + ", yet a pay call left");
    }
}

// After a restore the number may be used anew where nothing had left under it.
void Auditor::Book::take_new_sn(Order& order, const TillAnswer& answer) {
    const bool is_lost = is_in_lost_time(order.acknowledged) && !has_left_before(order, *restored);
    if (!is_lost) return report("two_sn", &order, {}, "told sn " + answer.sn + ", before that " + order.sn);
    order.sn = answer.sn;
    order.pays_answered = 0;
    order.acknowledged.reset();
    order.first_paid = order.last_paid = order.first_over = order.last_over = std::nullopt;
}

void Auditor::Book::check_identity(Order& order, const TillWire& wire, const TillAnswer& answer) {
    if (answer.client_sn != order.client_sn)
        report("other_order_told", &order, {}, "asked about this order, told of " + answer.client_sn);
    if (order.sn.empty()) order.sn = answer.sn;
    if (order.sn != answer.sn) take_new_sn(order, answer);
    const auto [place, is_new] = by_sn.try_emplace(answer.sn, wire.order);
    if (!is_new && place->second != wire.order)
        report("sn_of_two_orders", &order, {},
               "sn " + answer.sn + " is also that of " + orders[place->second].client_sn);
    const bool is_terminal_known =
        answer.terminal_sn.empty() || answer.terminal_sn == wire.call.terminal_sn ||
        std::ranges::find(order.asks, answer.terminal_sn, &PayAsk::terminal_sn) != order.asks.end();
    if (!is_terminal_known) report("terminal_told", &order, {}, "told of terminal " + answer.terminal_sn);
}

void Auditor::Book::check_word(Order& order, const TillWire& wire, const TillAnswer& answer) {
    const Word word = answer.word();
    const core::Instant now = clock.now();
    const auto trade_is = [&](auto test) {
        return [&, test](std::size_t index) { return test(trades[index]); };
    };
    const bool was_paid = binds(order.first_paid, wire);
    const bool was_over = binds(order.first_over, wire);
    if (word == Word::paid) {
        const bool is_proven = std::ranges::any_of(
            order.trades, trade_is([](const Trade& trade) { return trade.is_proven_paid; }));
        if (!is_proven && !order.is_decided_as({"paid"}))
            report("told_paid_unproven", &order, {}, "told " + answer.text() + " without the channel's word");
        if (was_over && !order.is_decided_as({"paid"}))
            report("told_paid_after_over", &order, {}, "told " + answer.text() + " after it was over");
        if (!order.first_paid) order.first_paid = now;
        order.last_paid = now;
    } else if (word == Word::over) {
        const bool is_proven = std::ranges::all_of(
            order.trades, trade_is([](const Trade& trade) { return trade.is_proven_over(); }));
        // What was over once stays so for the merchant, whatever is found and undone behind it.
        const bool is_known = is_proven || order.first_over.has_value();
        if (!is_known && !order.is_decided_as({"reversed", "closed", "failed"}))
            report("told_over_unproven", &order, {}, "told " + answer.text() + " without proof");
        if (was_paid && !order.cancel_asked && !order.is_decided_as({"reversed", "closed", "failed"}))
            report("told_backwards", &order, {}, "told " + answer.text() + " after PAID");
        if (!order.first_over) order.first_over = now;
        order.last_over = now;
    } else if (word == Word::open || word == Word::trouble) {
        // An order that nobody was given is closed by the machine.
        const bool is_launched = std::ranges::all_of(order.asks, &std::string::empty, &PayAsk::code);
        const bool is_machines = wire.call.op == TillOp::precreate || (is_launched && !order.launch_told);
        if (word == Word::trouble && !is_machines) order.in_review = now;
        const bool is_cancel =
            order.cancel_asked && (answer.order_status.starts_with("CANCEL") || wire.call.op == TillOp::pay);
        const bool is_free = is_cancel || order.is_decided() || is_in_lost_time(order.last_paid);
        if (was_paid && !was_over && !is_free)
            report("told_backwards", &order, {}, "told " + answer.text() + " after PAID");
        if (was_over && !order.is_decided() && !is_in_lost_time(order.last_over))
            report("told_backwards", &order, {}, "told " + answer.text() + " after it was over");
    }
}

void Auditor::Book::check_amounts(Order& order, const TillWire& wire, const TillAnswer& answer) {
    if (!answer.total || !answer.net) return;
    bool is_asked = false;
    for (const PayAsk& ask : order.asks) {
        const bool may_be = order.trades.empty() || ask.is_sent_on;
        is_asked = is_asked || (may_be && ask.amount == answer.total);
    }
    if (!is_asked) report("total_told", &order, {}, "told a total of " + yuan(*answer.total));
    std::int64_t most_back = 0;
    for (const std::size_t index : order.trades) {
        for (const Refund& refund : trades[index].refunds) {
            if (refund.is_proven && !refund.is_automatic) most_back += refund.amount;
        }
    }
    std::int64_t least_back = 0;
    for (const RefundAsk& ask : order.refunds) {
        if (ask.is_decided_done) most_back += ask.amount;
        if (binds(ask.done_at, wire) && !is_in_lost_time(ask.done_at)) least_back += ask.amount;
    }
    const std::int64_t back = *answer.total - *answer.net;
    const std::string& status = answer.order_status;
    bool is_right = back >= least_back && back <= most_back;
    if (status == "CANCELED") is_right = *answer.net == 0;
    if (status == "PAY_CANCELED" || status == "CREATED") is_right = back == 0;
    if (status == "PAID") is_right = is_right && back == 0;
    if (status == "REFUNDED") is_right = is_right && *answer.net == 0;
    if (status == "PARTIAL_REFUNDED") is_right = is_right && back > 0 && *answer.net > 0;
    if (!is_right)
        report("net_told", &order, {},
               "told net " + yuan(*answer.net) + " of " + yuan(*answer.total) + " as " + status);
}

void Auditor::Book::check_refund_word(Order& order, const TillWire& wire, const TillAnswer& answer) {
    if (wire.call.request_no.empty() || answer.biz.empty()) return;
    const bool is_query = wire.call.op == TillOp::query;
    if (!is_query && wire.call.op != TillOp::refund) return;
    RefundAsk* const ask =
        order.find_refund(wire.call.request_no, is_query ? answer.refund : wire.call.amount);
    if (ask == nullptr) {
        if (is_query && answer.refund)
            report("refund_told", &order, {},
                   "told of a refund of " + yuan(*answer.refund) + " nobody asked for");
        return;
    }
    const core::Instant now = clock.now();
    const bool is_told = is_query ? answer.refund.has_value() : answer.biz.starts_with("REFUND_");
    if (is_told && !ask->known_at) ask->known_at = now;
    const bool is_refused = answer.biz == "REFUND_FAIL" || (is_query && answer.status == "FAIL_CANCELED");
    if (is_told && is_refused) ask->refused_at = now;
    if (is_claim_of_refund(wire, answer)) {
        if (!ask->done_at) ask->done_at = now;
        std::ptrdiff_t proven = 0;
        for (const std::size_t index : order.trades) {
            proven += std::ranges::count_if(trades[index].refunds, [&](const Refund& refund) {
                return refund.is_proven && !refund.is_automatic && refund.amount == ask->amount;
            });
        }
        const auto told = std::ranges::count_if(order.refunds, [&](const RefundAsk& one) {
            return one.done_at && !one.is_decided_done && one.amount == ask->amount;
        });
        if (told > proven)
            report("refund_told_unproven", &order, {},
                   "told " + answer.text() + " for " + ask->request_no + " without the channel's word");
    } else if (is_told && binds(ask->done_at, wire) && !is_in_lost_time(ask->done_at)) {
        report("refund_told_backwards", &order, {},
               "told " + answer.text() + " for " + ask->request_no + " after it was refunded");
    }
}

void Auditor::Book::check_absence(Order& order, const TillWire& wire, const TillAnswer& answer) {
    if (!answer.error_code.starts_with("UPAY_ORDER_NOT_EXIST")) return;
    if (wire.call.op == TillOp::query && !wire.call.request_no.empty()) {
        const RefundAsk* const ask = order.find_refund(wire.call.request_no);
        const bool is_known = ask != nullptr && binds(ask->known_at, wire);
        if (is_known && (!is_in_lost_time(ask->known_at) || ask->done_at))
            report("refund_forgotten", &order, {}, "told that refund " + ask->request_no + " does not exist");
        return;
    }
    if (!binds(order.acknowledged, wire)) return;
    const bool is_lost = is_in_lost_time(order.acknowledged) && !has_left_before(order, *restored);
    if (!is_lost) report("order_forgotten", &order, {}, "told that it does not exist");
}

}  // namespace huitong::auditor

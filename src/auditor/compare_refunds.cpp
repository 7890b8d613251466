// Refunds: rows, wires and the channels' statements name the same numbers, amounts and ends
// (docs/invariants.md 17–19).
#include <algorithm>
#include <set>

#include "auditor/comparison.hpp"

namespace huitong::auditor {

namespace {

using State = ChannelRefund::State;

// The channel has it, and it takes or took money back.
bool holds_money(const ChannelRefund* refund) {
    return refund != nullptr && refund->state != State::closed;
}

bool is_refund_done(const PaymentRow& row, const RefundAsk& ask) {
    return std::ranges::any_of(row.operations, [&](const OperationRow& one) {
        return one.is_refund_of_merchant() && one.request_no == ask.request_no && one.amount == ask.amount &&
               one.state == "succeeded";
    });
}

}  // namespace

void Comparison::check_refund_rows(const PaymentRow& row) {
    check_refund_sums(row);
    for (const OperationRow& one : row.operations) {
        if (one.kind == "refund") check_refund_operation(row, one);
    }
    if (Trade* const trade = trade_of(row)) check_refunds_on_the_wire(row, *trade);
    if (const ChannelOrder* const order = stated(row)) check_refunds_stated(row, *order);
    check_refunds_told(row);
}

void Comparison::check_refund_sums(const PaymentRow& row) {
    std::set<std::string> requests;
    for (const OperationRow& one : row.operations) {
        if (one.is_refund_of_merchant() && !requests.insert(one.request_no).second)
            report("request_twice", row, "two refunds of request " + one.request_no);
    }
    const std::int64_t proven = row.proven_refunds();
    if (row.refunded != proven)
        report("refunded_sum", row, "noted " + yuan(row.refunded) + ", proven " + yuan(proven));
    std::string_view wanted = proven == row.amount ? "refunded" : "partially_refunded";
    if (proven == 0) wanted = "paid";
    if (row.is_paid() && row.state != wanted)
        report("refunded_state", row, "should be " + std::string(wanted));
}

void Comparison::check_refund_operation(const PaymentRow& row, const OperationRow& refund) {
    Order* const order = order_of(row);
    const RefundAsk* const ask =
        order == nullptr ? nullptr : order->find_refund(refund.request_no, refund.amount);
    if (refund.is_refund_of_merchant() && ask == nullptr)
        report("refund_row_unasked", row,
               "nobody asked for " + refund.request_no + " of " + yuan(refund.amount));
    const ChannelRefund* const at_channel = find_refund(stated(row), refund.number);
    const bool is_done = at_channel != nullptr && at_channel->state == State::succeeded;
    if (refund.state == "succeeded" && !is_done)
        report("refund_not_at_channel", row, refund.number + " is not done at the channel");
    // What a channel could not pay out is a person's to settle otherwise.
    const bool is_settled = !is_done && ask != nullptr && ask->is_decided_not_done;
    if (refund.state == "refused" && holds_money(at_channel) && !is_settled)
        report("refund_refused_but_done", row, refund.number + " is at the channel");
    if (at_channel != nullptr && at_channel->amount_fen != refund.amount)
        report("refund_amount_differs", row,
               refund.number + " is over " + yuan(at_channel->amount_fen) + " at the channel");
    check_refund_learned(row, refund);
}

// What a channel did with a refund is asked hourly; with a person it need not be. The channel's clock may be
// some minutes off.
void Comparison::check_refund_learned(const PaymentRow& row, const OperationRow& refund) {
    constexpr core::Duration between_looks = std::chrono::minutes(75);
    const ChannelRefund* const at_channel = find_refund(stated(row), refund.number);
    if (at_channel == nullptr || !at_channel->done_at || refund.is_final() || refund.state == "manual")
        return;
    // What a person called over nobody follows any more.
    if (refund.is_refund_of_merchant() && row.is_over() && is_decided(row)) return;
    core::Instant since = *at_channel->done_at;
    if (book_.restored) since = std::max(since, *book_.restored);
    const bool is_over = at_channel->state == State::succeeded || at_channel->state == State::closed;
    if (is_over && since + between_looks < now_)
        report("refund_unlearned", row, refund.number + " is over at the channel, and here " + refund.state);
}

void Comparison::check_refunds_on_the_wire(const PaymentRow& row, Trade& trade) {
    for (const Refund& refund : trade.refunds) {
        const OperationRow* const one = row.find_number(refund.number);
        if (one != nullptr && one->amount != refund.amount)
            report(
                "refund_amount_differs", row,
                refund.number + " was sent over " + yuan(refund.amount) + ", kept over " + yuan(one->amount));
        // A number that the channel closed is used up, and the row has a new one.
        const ChannelRefund* const at_channel = find_refund(stated(row), refund.number);
        const bool is_used_up = refund.is_closed || (at_channel != nullptr && !holds_money(at_channel));
        if (one == nullptr && !is_used_up && refund.left > 0)
            report("refund_lost", row, refund.number + " was sent, and no row knows it");
    }
}

void Comparison::check_refunds_stated(const PaymentRow& row, const ChannelOrder& order) {
    std::int64_t succeeded = 0;
    for (const ChannelRefund& refund : order.refunds) {
        if (refund.state == State::succeeded) succeeded += refund.amount_fen;
        if (holds_money(&refund) && row.find_number(refund.number) == nullptr)
            report("refund_lost", row, refund.number + " is at the channel, and no row knows it");
    }
    if (succeeded > order.amount_fen)
        report("refunds_above_amount", row, "the channel refunded " + yuan(succeeded));
}

void Comparison::check_refunds_told(const PaymentRow& row) {
    const Order* const order = order_of(row);
    if (order == nullptr || order->sn != row.sn) return;
    for (const RefundAsk& ask : order->refunds) {
        const bool is_refused = ask.refused_at && *ask.refused_at > ask.arrived_at &&
                                (!ask.done_at || *ask.refused_at > *ask.done_at);
        if (is_refused && !is_restored_since(ask.refused_at) && is_refund_done(row, ask))
            report("refund_told_refused_but_done", row,
                   "tills were told that " + ask.request_no + " is refused");
        if (!ask.done_at || order->is_decided_since(*ask.done_at)) continue;
        if (!is_refund_done(row, ask))
            report("refund_told_lost", row, "tills were told that " + ask.request_no + " is done");
    }
}

}  // namespace huitong::auditor

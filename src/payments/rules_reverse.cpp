// Reversals: sent until proven. A reversal counts only when the pay call cannot arrive any more and the
// channel still shows the payment undone or absent (DESIGN.md §4 "Absence proves nothing").
#include <algorithm>

#include "core/mutation.hpp"
#include "payments/draft.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

namespace {

// The payment failed already; the reversal only makes sure that nothing is left at the channel.
bool is_background(Draft& draft) {
    return draft.payment().state == PaymentState::failed;
}

// No answer that counts: the same call again, until it is a person's turn.
void try_again(Draft& draft, Operation& reverse, Act act) {
    const bool is_enough = draft.now() - reverse.created_at >= draft.policy().reverse_give_up;
    if (is_enough && !HUITONG_MUTATED("reversal_never_given_up")) {
        draft.give_up(reverse, "reversal_not_proven");
        return;
    }
    reverse.state = OperationState::unknown;
    if (act != Act::query) act = undoing_act(draft.payment());
    draft.schedule(reverse, act, draft.now() + reverse_delay(draft.policy(), reverse.tries));
}

// What the channel says about a reversal that may have worked.
struct Undone {
    Effect effect = Effect::not_known;
    bool has_no_trade = false;  // nothing was there to be undone
    bool is_query = false;      // a query said so, not the reversal's own answer
    core::Instant asked_at{};
};

void take_as_undone(Draft& draft, Operation& reverse, const Undone& undone) {
    const Payment& payment = draft.payment();
    // What was seen paid, or said to be, cannot be absent: no proof of anything.
    const bool was_there =
        payment.is_seen_paid || payment.may_be_older || payment.review_reason == "older_payment";
    if (undone.has_no_trade && was_there) {
        // Look, then the same call again.
        if (reverse.state == OperationState::manual) return review_again(draft, reverse);
        return try_again(draft, reverse, undone.is_query ? Act::send : Act::query);
    }
    const bool has_arrived = payment.arrived_at.has_value();
    const bool is_seen_after_bound = undone.is_query && undone.asked_at >= payment.in_flight_until;
    if (has_arrived || is_seen_after_bound || HUITONG_MUTATED("absence_is_proof")) {
        if (is_background(draft)) return draft.finish(reverse, OperationState::succeeded);
        return draft.end_reversal(reverse, undone.effect, undone.has_no_trade || !has_arrived);
    }
    // The pay call may still arrive behind the reversal: repeat it, and look once the bound has passed.
    reverse.state = OperationState::unknown;
    const core::Instant next = draft.now() + reverse_delay(draft.policy(), reverse.tries);
    const bool is_before_bound = next < payment.in_flight_until;
    draft.schedule(reverse, is_before_bound ? undoing_act(payment) : Act::query,
                   is_before_bound ? next : payment.in_flight_until);
}

// Still paid at the channel after the reversal was refused.
void take_as_still_paid(Draft& draft, Operation& reverse) {
    const Payment& payment = draft.payment();
    const bool was_asked = payment.state == PaymentState::reversing &&
                           payment.reversal_by == ReversalBy::merchant && payment.was_paid_before_reversal &&
                           !payment.is_reopened;
    // How a cancel ended that had left before the disk was lost, the till may know and we do not: "refused"
    // or "in progress", but not "done".
    const bool is_lost = reverse.is_restored && reverse.sent_at && *reverse.sent_at < reverse.created_at;
    if (was_asked && is_lost && !HUITONG_MUTATED("lost_cancel_sent_again"))
        return draft.give_up(reverse, "cancel_lost");
    // Refused at the first try: no earlier one is unanswered that could still undo it.
    const bool is_refused_at_once = reverse.last_outcome == Outcome::refused && reverse.tries <= 2;
    if (was_asked && is_refused_at_once) return stay_paid(draft, reverse);
    if (is_background(draft)) return reopen(draft, reverse.owner);
    if (is_refused_for_good(reverse) || is_undone_by_refund(payment)) return refund_instead(draft, reverse);
    try_again(draft, reverse, Act::send);
}

// Nothing was paid and nothing can be any more.
void take_as_unpaid(Draft& draft, Operation& reverse) {
    draft.note_arrival();
    if (is_background(draft)) {
        draft.finish(reverse, OperationState::succeeded);
        return;
    }
    const bool is_refused = reverse.last_outcome == Outcome::refused && !draft.payment().is_seen_paid;
    if (is_refused && draft.payment().state == PaymentState::reversing) {
        draft.payment().effect = Effect::unpaid;
        draft.finish(reverse, OperationState::succeeded);
        draft.end_pay(Effect::unpaid);
        draft.move(PaymentEvent::nothing_to_reverse);
        return;
    }
    draft.end_reversal(reverse, Effect::unpaid, false);
}

}  // namespace

void stay_paid(Draft& draft, Operation& reverse) {
    const std::string owner = reverse.owner;
    draft.finish(reverse, OperationState::refused);
    draft.move(PaymentEvent::reversal_refused);
    draft.payment().reversal_by = ReversalBy::nobody;
    if (!draft.payment().is_booked) draft.book_payment();
    ask_after_held_refunds(draft, owner);
}

void review_again(Draft& draft, Operation& operation) {
    const core::Duration age = draft.now() - operation.created_at;
    // A refund comes to a person after as long a time as a payment is looked at there.
    const bool is_refund = operation.kind == OperationKind::refund;
    const core::Duration before_review = is_refund ? draft.policy().refund_give_up : core::Duration{0};
    if (age >= before_review + draft.policy().review_query_for)
        return draft.finish(operation, OperationState::manual);
    const bool is_fresh = age < draft.policy().watch_for;
    draft.schedule(
        operation, Act::query,
        draft.now() + (is_fresh ? draft.policy().watch_every : core::Duration{std::chrono::hours(24)}));
}

void reopen(Draft& draft, const std::string& owner) {
    draft.alarm("paid_after_close",
                "found paid after it was " + std::string(to_string(draft.payment().state)));
    const std::string new_owner = owner;
    if (Operation* watch = draft.aggregate().live(OperationKind::watch)) {
        draft.finish(*watch, OperationState::succeeded);
    }
    // A background reversal that still runs, or was given up, makes way.
    if (Operation* old = draft.aggregate().live(OperationKind::reverse)) {
        const bool was_sent = old->state != OperationState::prepared;
        const OperationState superseded = was_sent ? OperationState::unknown : OperationState::succeeded;
        draft.finish(*old, old->state == OperationState::manual ? old->state : superseded);
    }
    const Operation* const refund = draft.aggregate().automatic_refund();
    if (refund && refund->state == OperationState::refused) {
        draft.begin_reversal(ReversalBy::engine, new_owner);  // the channel does not refund it
        return;
    }
    draft.begin_undoing(ReversalBy::engine);
    if (HUITONG_MUTATED("automatic_refund_missing")) return;
    draft.begin_automatic_refund(new_owner);
    if (HUITONG_MUTATED("automatic_refund_twice"))
        draft.schedule(draft.insert_operation(OperationKind::refund, new_owner), Act::send, draft.now());
}

bool is_refused_for_good(const Operation& reverse) {
    return reverse.last_outcome == Outcome::refused &&
           (reverse.refusal == Refusal::too_late || reverse.refusal == Refusal::wrong_state);
}

void refund_instead(Draft& draft, Operation& reverse) {
    const Operation* const refund = draft.aggregate().automatic_refund();
    if (refund && refund->state == OperationState::refused) {
        draft.give_up(reverse, "neither_reversed_nor_refunded");
        return;
    }
    const std::string owner = reverse.owner;
    const bool was_sent = reverse.state != OperationState::prepared;
    draft.finish(reverse, was_sent ? OperationState::refused : OperationState::succeeded);
    draft.begin_automatic_refund(owner);
}

void reverse_instead(Draft& draft, Operation& refund) {
    const std::string owner = refund.owner;
    draft.finish(refund, OperationState::refused);
    Operation& reverse = draft.begin_background_reversal(owner);
    draft.schedule(reverse, Act::query, draft.now());
}

core::Result<Change> on_sent(const Aggregate& before, Claim claim, core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& operation = **found;
    if (operation.next_act != Act::send && operation.next_act != Act::close)
        return core::fail(core::Code::conflict, "not_due");
    if (operation.kind == OperationKind::refund) {
        // Its turn may have been put off while it was on its way here.
        if (now < *operation.next_at) return core::fail(core::Code::conflict, "not_due");
        // Its age, by which it is asked after, begins when it first goes out and not with its wait for a
        // turn.
        if (!operation.sent_at) operation.created_at = now;
        if (HUITONG_MUTATED("refund_number_per_try") && operation.tries > 0) operation.number += "x";
    }
    const bool is_first_reversal = operation.kind == OperationKind::reverse && !operation.sent_at;
    if (is_first_reversal) operation.created_at = now;  // its patience counts from here
    operation.state = OperationState::sent;
    operation.sent_at = now;
    operation.lease_until = now + policy.call_timeout + policy.lease;
    return draft.take();
}

core::Result<Change> on_reverse_answer(const Aggregate& before, Claim claim, const ReverseAnswer& answer,
                                       core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& reverse = **found;
    if (reverse.next_act == Act::none) return core::fail(core::Code::conflict, "not_due");
    draft.note_answer(reverse, answer);
    draft.add_row(reverse, "reversal answered", finding_of(answer), &answer.exchange);

    const bool is_done = (answer.outcome == Outcome::done && !answer.must_repeat) ||
                         (HUITONG_MUTATED("reversal_believed_unanswered") && answer.must_repeat);
    // The cancel of a code that waits for its payer ends it, scanned or not.
    if (is_done && is_launched(draft.payment())) draft.note_arrival();
    if (is_done || answer.has_no_trade) {
        const Effect effect = answer.has_no_trade ? Effect::unpaid : answer.effect;
        take_as_undone(draft, reverse, {.effect = effect, .has_no_trade = answer.has_no_trade});
    } else if (answer.outcome == Outcome::refused && !answer.must_repeat &&
               !HUITONG_MUTATED("refused_reversal_repeated_blind")) {
        if (!is_background(draft)) {  // a failed payment keeps the reason the merchant was told
            draft.payment().refusal = answer.refusal;
            draft.payment().channel_code = answer.code;
        }
        reverse.state = OperationState::unknown;
        draft.schedule(reverse, Act::query, now);
    } else {
        try_again(draft, reverse, Act::send);
    }
    return draft.take();
}

core::Result<Change> on_close_answer(const Aggregate& before, Claim claim, const CloseAnswer& answer,
                                     core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& reverse = **found;
    if (reverse.next_act == Act::none) return core::fail(core::Code::conflict, "not_due");
    draft.note_answer(reverse, answer);
    draft.add_row(reverse, "close answered", finding_of(answer), &answer.exchange);
    if (reverse.kind == OperationKind::pay) {
        close_of_launched_answered(draft, reverse, answer);
        return draft.take();
    }
    const bool is_done = answer.outcome == Outcome::done;
    if (is_done && answer.has_no_trade) {
        take_as_undone(draft, reverse, {.effect = Effect::unpaid, .has_no_trade = true});
    } else if (is_done && !draft.payment().is_seen_paid) {
        reverse.last_outcome = Outcome::refused;  // the reversal's, which the close stands in for
        take_as_unpaid(draft, reverse);
    } else {
        // Paid meanwhile, or not known: look; what the look shows decides between refund and another close.
        reverse.last_outcome = Outcome::refused;
        reverse.refusal = Refusal::too_late;
        try_again(draft, reverse, Act::query);
    }
    return draft.take();
}

// The look before the first reversal of a payment that nothing was known of.
void first_look_answered(Draft& draft, Operation& reverse, const QueryAnswer& answer) {
    const bool is_trade = answer.state == TradeState::paid || answer.state == TradeState::pending ||
                          answer.state == TradeState::pay_failed ||
                          answer.state == TradeState::paid_and_closed;
    if (is_trade) draft.note_arrival();
    if (answer.state == TradeState::paid) {
        if (is_older_than_ours(draft.aggregate(), answer.trade))
            return draft.give_up(reverse, "older_payment");
        (void)draft.note_paid(answer.trade);  // another amount raises its alarm; it is reversed all the same
        if (is_undone_by_refund(draft.payment())) return refund_instead(draft, reverse);
    }
    // What may be somebody else's is never undone unseen.
    if (draft.payment().may_be_older && answer.state == TradeState::unknown) {
        const bool is_enough = draft.now() - reverse.created_at >= draft.policy().reverse_give_up;
        if (is_enough) return draft.give_up(reverse, "reversal_not_proven");
        return draft.schedule(reverse, Act::query,
                              draft.now() + reverse_delay(draft.policy(), reverse.tries));
    }
    draft.schedule(reverse, undoing_act(draft.payment()), draft.now());
}

void reversal_queried(Draft& draft, Operation& reverse, const QueryAnswer& answer) {
    if (reverse.state == OperationState::prepared) return first_look_answered(draft, reverse, answer);
    const core::Instant asked_at = answer.exchange.started_at;
    const bool is_review = reverse.state == OperationState::manual;
    switch (answer.state) {
        case TradeState::reversed:
        case TradeState::closed:
            return take_as_undone(draft, reverse, {.is_query = true, .asked_at = asked_at});
        case TradeState::not_found:
            return take_as_undone(
                draft, reverse,
                {.effect = Effect::unpaid, .has_no_trade = true, .is_query = true, .asked_at = asked_at});
        case TradeState::pay_failed:
            return take_as_unpaid(draft, reverse);
        case TradeState::paid:
            if (!draft.note_paid(answer.trade)) break;
            if (!is_review || is_background(draft)) return take_as_still_paid(draft, reverse);
            break;
        case TradeState::paid_and_refunded:
            draft.note_arrival();
            draft.alarm("unexplained_refund", "the channel shows a refund that nobody here asked for");
            break;
        case TradeState::paid_and_closed:
            // Ours, when a reversal was sent at all.
            draft.note_arrival();
            if (reverse.sent_at) {
                if (answer.trade.amount) (void)draft.note_paid(answer.trade);
                return take_as_undone(draft, reverse,
                                      {.effect = Effect::refunded, .is_query = true, .asked_at = asked_at});
            }
            draft.alarm("unexplained_refund", "the channel shows a refund that nobody here asked for");
            break;
        case TradeState::pending:
            draft.note_arrival();
            if (!is_review && is_refused_for_good(reverse))
                return draft.schedule(reverse, Act::close, draft.now());
            break;
        case TradeState::unknown:
            break;
    }
    if (is_review) return review_again(draft, reverse);
    const bool is_pending = answer.state == TradeState::pending || answer.state == TradeState::paid;
    try_again(draft, reverse, is_pending ? Act::send : Act::query);
}

void watch_queried(Draft& draft, Operation& watch, const QueryAnswer& answer) {
    const bool is_after =
        draft.payment().finished_at && answer.exchange.started_at > *draft.payment().finished_at;
    // Under a number that was used before, an older trade is somebody else's money.
    const bool is_news = is_after && !is_older_than_ours(draft.aggregate(), answer.trade);
    if (answer.state == TradeState::paid && is_news && !HUITONG_MUTATED("late_payment_kept_by_watch")) {
        if (draft.note_paid(answer.trade)) return reopen(draft, watch.owner);
        // Over another amount than ours, of which there is nothing to refund: it is reversed as it stands.
        draft.alarm("paid_after_close", "found paid over another amount after it was " +
                                            std::string(to_string(draft.payment().state)));
        const std::string owner = watch.owner;
        draft.finish(watch, OperationState::succeeded);
        draft.begin_reversal(ReversalBy::engine, owner);
        return;
    }
    // Its last look is one that the channel answered.
    const core::Duration age = draft.now() - watch.created_at;
    const bool is_answered = answer.state != TradeState::unknown ||
                             age >= draft.policy().watch_for + draft.policy().review_query_for;
    if (age >= draft.policy().watch_for && is_answered) {
        draft.finish(watch, OperationState::succeeded);
        return;
    }
    draft.schedule(watch, Act::query, draft.now() + draft.policy().watch_every);
}

core::Result<Change> on_query_answer(const Aggregate& before, Claim claim, const QueryAnswer& answer,
                                     core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& operation = **found;
    if (operation.kind != OperationKind::pay && operation.next_act == Act::none) {
        return core::fail(core::Code::conflict, "not_due");
    }
    ++operation.tries;
    operation.asked_at = answer.exchange.started_at;
    std::string finding(to_string(answer.state));
    if (!answer.code.empty()) finding += " " + answer.code;
    draft.add_row(operation, "query answered", std::move(finding), &answer.exchange);
    switch (operation.kind) {
        case OperationKind::pay:
            poll_answered(draft, operation, answer);
            break;
        case OperationKind::reverse:
            reversal_queried(draft, operation, answer);
            break;
        case OperationKind::watch:
            watch_queried(draft, operation, answer);
            break;
        case OperationKind::refund:
            return core::fail(core::Code::conflict, "not_due");
    }
    return draft.take();
}

}  // namespace huitong::payments

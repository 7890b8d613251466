// The intent, claims, the pay call's answer and the poll: until a payment is paid, failed, or must be
// reversed.
#include <algorithm>
#include <chrono>

#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "payments/draft.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

Aggregate make_intent(NewPayment intent, const Policy& policy) {
    Payment& payment = intent.payment;
    HUITONG_ASSERT(payment.amount.minor() > 0, "a payment moves more than nothing");
    payment.state = PaymentState::created;
    payment.refunded = core::Money{0, payment.amount.currency()};
    payment.deadline_at = payment.created_at + policy.deadline;
    payment.in_flight_until = payment.created_at + policy.in_flight_bound;
    if (is_launched(payment)) {
        payment.expires_at = payment.created_at + policy.launch_valid_for;
        payment.deadline_at = *payment.expires_at + policy.launch_grace;
        payment.in_flight_until = payment.deadline_at;
    }
    Operation pay;
    pay.payment = payment.sn;
    pay.state = OperationState::sent;
    pay.number = payment.channel_number;
    pay.amount = payment.amount;
    pay.operator_name = payment.operator_name;
    pay.terminal_sn = payment.terminal_sn;
    pay.attempt = 1;
    pay.owner = std::move(intent.owner);
    // Due only if no answer is ever recorded: then it is queried.
    pay.next_act = Act::query;
    pay.next_at = payment.created_at + policy.send_by + policy.call_timeout;
    pay.lease_until = *pay.next_at + policy.lease;
    pay.created_at = payment.created_at;
    pay.sent_at = payment.created_at;
    return Aggregate{.payment = std::move(payment), .operations = {std::move(pay)}};
}

std::optional<Step> next_step(const Aggregate& aggregate) {
    const Operation* first = nullptr;
    for (const Operation& operation : aggregate.operations) {
        if (operation.next_act == Act::none) continue;
        if (!first || *operation.next_at < *first->next_at) first = &operation;
    }
    if (!first) return std::nullopt;
    return Step{.seq = first->seq,
                .kind = first->kind,
                .act = first->next_act,
                .at = *first->next_at,
                .attempt = first->attempt};
}

std::optional<Change> on_claim(const Aggregate& before, const std::string& owner, bool is_owner_gone,
                               core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    // The process that is gone may have asked just before it went.
    const core::Instant next_look = now + policy.query_spacing;
    bool is_changed = false;
    for (Operation& operation : draft.aggregate().operations) {
        const bool is_left_behind = is_owner_gone && !operation.owner.empty() && operation.owner != owner;
        const bool is_free =
            HUITONG_MUTATED("takeover_ignores_lease") || is_left_behind || operation.lease_until <= now;
        if (operation.next_act == Act::none || !is_free) continue;
        is_changed = true;
        ++operation.attempt;
        operation.owner = owner;
        // Whoever asks next, a merchant's cancel for one, keeps the channel's distance from that look too.
        if (operation.kind != OperationKind::refund) operation.asked_at = now;
        const bool is_unanswered_pay =
            operation.kind == OperationKind::pay && operation.state == OperationState::sent;
        if (HUITONG_MUTATED("recovery_takes_unanswered_as_unsent") && is_unanswered_pay) {
            draft.finish(operation, OperationState::refused);
            draft.move(PaymentEvent::refused);
        } else if (operation.state == OperationState::sent) {
            operation.state = OperationState::unknown;
            ++operation.tries;  // one more call that may have been done
            operation.last_outcome = Outcome::unknown;
            operation.channel_code = "process_gone";
            // A reversal is simply made again; the others are looked at first.
            const bool is_reversal = operation.kind == OperationKind::reverse;
            draft.schedule(operation, is_reversal ? undoing_act(before.payment) : Act::query,
                           is_reversal ? now : next_look);
            draft.add_row(operation, "taken over unanswered", "unknown process_gone", nullptr);
        } else {
            const bool is_look = operation.next_act == Act::query;
            draft.schedule(operation, operation.next_act,
                           is_look ? std::max(*operation.next_at, next_look) : *operation.next_at);
        }
    }
    if (!is_changed) return std::nullopt;
    draft.note_waiting();
    return draft.take();
}

core::Result<Operation*> claimed(Draft& draft, Claim claim) {
    Operation* operation = draft.aggregate().find(claim.seq);
    const bool is_ours = operation && operation->attempt == claim.attempt;
    if (!operation || (!is_ours && !HUITONG_MUTATED("attempt_not_checked")))
        return core::fail(core::Code::conflict, "fenced");
    return operation;
}

bool is_older_than_ours(const Aggregate& aggregate, const TradeFacts& trade) {
    if (!aggregate.payment.may_be_older || !trade.paid_at) return false;
    return *trade.paid_at < std::chrono::floor<std::chrono::seconds>(*aggregate.pay().sent_at);
}

bool is_waiting(PaymentState state) {
    return state == PaymentState::created || state == PaymentState::pending;
}

void take_refusal(Draft& draft, Operation& pay, const Answer& answer, bool may_exist) {
    draft.payment().refusal = answer.refusal;
    draft.payment().channel_code = answer.code;
    draft.finish(pay, OperationState::refused);
    const std::string owner = pay.owner;
    draft.move(PaymentEvent::refused);
    if (may_exist && !HUITONG_MUTATED("refused_order_left_open")) draft.begin_background_reversal(owner);
}

namespace {

// The merchant was told that nothing is paid.
bool is_told_over(PaymentState state) {
    return state == PaymentState::failed || state == PaymentState::closed || state == PaymentState::reversed;
}

// Money went back at the channel: by a refund or a reversal of ours, or somebody else must explain it.
void check_refund_is_ours(Draft& draft) {
    draft.note_arrival();
    const Payment& payment = draft.payment();
    const bool is_refund_of_ours =
        std::ranges::any_of(draft.aggregate().operations, [](const Operation& one) {
            return one.kind == OperationKind::refund && one.state != OperationState::refused;
        });
    const bool is_undone = payment.effect == Effect::refunded || payment.effect == Effect::not_known ||
                           draft.aggregate().live(OperationKind::reverse);
    if (is_refund_of_ours || is_undone) return;
    draft.alarm("unexplained_refund", "the channel shows a refund that nobody here asked for");
}

// Proof of payment, asked for at `asked_at`: while the merchant waits for it, while the payment is being
// undone, or after it was over (then only what was asked after the end says anything new).
void take_proof_of_payment(Draft& draft, Operation& pay, const TradeFacts& trade, core::Instant asked_at) {
    if (is_older_than_ours(draft.aggregate(), trade)) {
        draft.note_arrival();
        if (!is_waiting(draft.payment().state)) return;
        draft.note_waiting();
        draft.alarm("older_payment", "paid at " + core::to_rfc3339(*trade.paid_at) + ", before it was sent");
        draft.give_up(pay, "older_payment");
        return;
    }
    if (!draft.note_paid(trade)) return;
    const PaymentState state = draft.payment().state;
    if (is_waiting(state) ||
        (HUITONG_MUTATED("reversal_flips_to_paid") && state == PaymentState::reversing)) {
        draft.become_paid(pay);
    } else if (state == PaymentState::reversing || state == PaymentState::manual_review) {
        // A pay in review goes on being looked at; a person decides.
        if (!is_final(pay.state) && pay.state != OperationState::manual)
            pay.state = OperationState::succeeded;
    } else if (is_told_over(state) && asked_at > *draft.payment().finished_at &&
               !HUITONG_MUTATED("late_payment_kept_by_query")) {
        reopen(draft, pay.owner);
    }
}

void poll_again(Draft& draft, Operation& pay, core::Instant asked_at, core::Duration wait) {
    const core::Instant deadline = draft.payment().deadline_at;
    const bool is_last =
        HUITONG_MUTATED("skip_last_query") ? draft.now() + wait >= deadline : asked_at >= deadline;
    if (is_last && !HUITONG_MUTATED("deadline_never_reverses")) {
        draft.begin_reversal(ReversalBy::engine, pay.owner);
        return;
    }
    draft.schedule(pay, Act::query, std::min(draft.now() + wait, deadline));
}

// A cancel came while the call was on its way, and the channel then refused it: nothing is there to be
// undone.
void end_needless_reversal(Draft& draft, const Answer& answer) {
    Operation* reverse = draft.aggregate().live(OperationKind::reverse);
    if (!reverse) return;
    draft.payment().effect = Effect::unpaid;
    draft.payment().channel_code = answer.code;
    draft.finish(*reverse, OperationState::succeeded);
    draft.move(PaymentEvent::nothing_to_reverse);
}

}  // namespace

core::Result<Change> on_pay_answer(const Aggregate& before, Claim claim, const PayAnswer& answer,
                                   core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& pay = **found;
    draft.note_answer(pay, answer);
    draft.add_row(pay, "pay answered", finding_of(answer), &answer.exchange);
    if (answer.is_authentic || answer.outcome == Outcome::not_sent) draft.note_arrival();
    draft.payment().may_be_older = draft.payment().may_be_older || answer.may_be_older;

    // The channel counts its delays from when the call came, not from our intent.
    pay.sent_at = std::max(*pay.sent_at, answer.exchange.started_at);

    const bool is_over = answer.outcome == Outcome::refused || answer.outcome == Outcome::not_sent ||
                         (HUITONG_MUTATED("userpaying_is_failure") && answer.outcome == Outcome::pending);
    if (HUITONG_MUTATED("orderpaid_believed_unseen") && answer.may_be_older) {
        draft.become_paid(pay);
    } else if (answer.outcome == Outcome::done) {
        take_proof_of_payment(draft, pay, answer.trade, answer.exchange.started_at);
    } else if (is_over && is_waiting(draft.payment().state)) {
        take_refusal(draft, pay, answer, answer.may_exist);
    } else if (is_over && draft.payment().state == PaymentState::reversing) {
        // Seen paid and then refused is a contradiction: the reversal goes on until it is proven.
        if (!draft.payment().is_seen_paid) draft.finish(pay, OperationState::refused);
        if (!answer.may_exist && !draft.payment().is_seen_paid) end_needless_reversal(draft, answer);
    }
    if (Operation& answered = draft.aggregate().operations.front(); answered.state == OperationState::sent)
        answered.state = OperationState::unknown;
    if (is_waiting(draft.payment().state)) {
        draft.note_waiting();
        draft.schedule(pay, Act::query, std::min(now + policy.first_query, draft.payment().deadline_at));
    }
    draft.plan_first_reversal();
    return draft.take();
}

void poll_answered(Draft& draft, Operation& pay, const QueryAnswer& answer) {
    draft.plan_first_reversal();  // a look that is planned already keeps its distance from this one
    const core::Instant asked_at = answer.exchange.started_at;
    const bool is_review = pay.state == OperationState::manual;
    const bool is_lost = pay.is_restored && is_waiting(draft.payment().state);
    if (is_lost && restored_poll_answered(draft, pay, answer)) return;
    switch (answer.state) {
        case TradeState::paid:
            take_proof_of_payment(draft, pay, answer.trade, asked_at);
            break;
        case TradeState::pay_failed:
        case TradeState::closed:
        case TradeState::reversed:
            draft.note_arrival();
            if (is_waiting(draft.payment().state) && is_launched(draft.payment())) {
                // A payer who failed may try again until it is closed.
                if (answer.state != TradeState::pay_failed) return expire(draft, pay, answer, false);
            } else if (is_waiting(draft.payment().state)) {
                Answer refusal = answer;
                refusal.refusal = Refusal::trade_refused;
                take_refusal(draft, pay, refusal, answer.state == TradeState::pay_failed);
            }
            break;
        case TradeState::paid_and_refunded:
        case TradeState::paid_and_closed:
            check_refund_is_ours(draft);
            break;
        case TradeState::pending:
            draft.note_arrival();
            break;
        case TradeState::not_found:
            if (is_waiting(draft.payment().state) && is_launched(draft.payment()) &&
                (asked_at >= draft.payment().in_flight_until || HUITONG_MUTATED("launch_absent_too_early")))
                return expire(draft, pay, answer, !HUITONG_MUTATED("expired_unwatched"));
            if (HUITONG_MUTATED("not_found_is_failure") && is_waiting(draft.payment().state))
                take_refusal(draft, pay, answer, false);
            break;
        case TradeState::unknown:
            if (HUITONG_MUTATED("poll_ends_unanswered")) return draft.finish(pay, OperationState::unknown);
            break;
    }
    // Where the state moved on, `pay` may dangle: an operation was added.
    if (is_review && draft.payment().state == PaymentState::manual_review) return review_again(draft, pay);
    if (!is_waiting(draft.payment().state)) return;
    draft.note_waiting();
    if (is_launched(draft.payment())) return await_payer(draft, pay, answer);
    const bool is_limited = answer.refusal == Refusal::rate_limited;
    poll_again(draft, pay, asked_at,
               is_limited ? 2 * draft.policy().query_every : draft.policy().query_every);
}

}  // namespace huitong::payments

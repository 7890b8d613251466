// Refunds: asked for by a merchant, or begun by the engine for what was found paid after it was over. Their
// amount is reserved from the request on, they are repeated under the same number only, and nothing but the
// channel's proof ends them (spec/upay 5.3, spec/channels 1A.9, 2.7, 3.9).
#include <algorithm>

#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "payments/draft.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

namespace {

using core::Code;

bool is_to_be_undone(PaymentState state) {
    return state == PaymentState::reversing || state == PaymentState::manual_review;
}

void succeed(Draft& draft, Operation& refund, const RefundAnswer& answer) {
    refund.channel_at = answer.refunded_at;
    refund.refusal = Refusal::none;
    if (is_automatic(refund)) {
        HUITONG_ASSERT(is_to_be_undone(draft.payment().state), "an automatic refund of what is not undone");
        return draft.end_reversal(refund, Effect::refunded, false);
    }
    draft.finish(refund, OperationState::succeeded);
    draft.book_refund(refund);
    const bool is_all = draft.payment().refunded == draft.payment().amount;
    draft.move(is_all ? PaymentEvent::refunded_in_full : PaymentEvent::refunded_in_part);
}

// The channel does not give back what was launched and paid. Where a merchant asked, it stays paid.
void undoing_refused(Draft& draft, Operation& refund) {
    Payment& payment = draft.payment();
    const bool was_asked = payment.state == PaymentState::reversing &&
                           payment.reversal_by == ReversalBy::merchant && payment.was_paid_before_reversal &&
                           !payment.is_reopened;
    if (!was_asked) return draft.give_up(refund, "neither_reversed_nor_refunded");
    payment.refusal = refund.refusal;
    payment.channel_code = refund.channel_code;
    stay_paid(draft, refund);
}

// Nothing went back under this number and nothing will: what it held is free again.
void take_refusal(Draft& draft, Operation& refund) {
    const bool was_in_review = refund.state == OperationState::manual;
    const bool is_last_resort = is_undone_by_refund(draft.payment());
    if (is_automatic(refund) && !was_in_review && is_last_resort) return undoing_refused(draft, refund);
    if (is_automatic(refund) && !was_in_review) return reverse_instead(draft, refund);
    draft.finish(refund, OperationState::refused);
    if (!is_automatic(refund)) draft.clear_review();
}

// No answer that counts. `wait`: at least.
void go_on(Draft& draft, Operation& refund, Act act, core::Duration wait) {
    if (refund.state == OperationState::manual) return review_again(draft, refund);
    if (draft.now() - refund.created_at >= draft.policy().refund_give_up)
        return draft.give_up(refund, "refund_not_proven");
    const core::Instant at = draft.now() + wait;
    draft.schedule(refund, act, act == Act::send ? std::max(at, draft.next_refund_send(refund)) : at);
}

void refund_answered(Draft& draft, Operation& refund, const RefundAnswer& answer) {
    const Policy& policy = draft.policy();
    const bool is_first = refund.state == OperationState::sent && refund.tries == 1;
    const core::Duration age = draft.now() - refund.created_at;
    switch (answer.outcome) {
        case Outcome::done:
            return succeed(draft, refund, answer);
        case Outcome::refused:
            if (is_first || HUITONG_MUTATED("refund_released_by_later_refusal"))
                return take_refusal(draft, refund);
            // An earlier call under this number may have been done, or may still arrive: look.
            refund.state = OperationState::unknown;
            return go_on(draft, refund, Act::query, policy.refund_first_look);
        case Outcome::not_sent: {
            // Certainly not executed this time; an earlier one may have been.
            refund.state = is_first ? OperationState::prepared : OperationState::unknown;
            if (is_first) refund.tries = 0;  // as if it had not been tried
            const core::Duration wait = refund_delay(age);
            if (answer.refusal != Refusal::rate_limited) return go_on(draft, refund, Act::send, wait);
            go_on(draft, refund, Act::send, std::max(wait, policy.refund_spacing));
            return draft.queue_behind(refund);
        }
        case Outcome::pending:
        case Outcome::unknown:
            refund.state = OperationState::unknown;
            return go_on(draft, refund, Act::query, policy.refund_first_look);
    }
}

// Its end was lost with the store, and its merchant may have been told that it was refused: absent at the
// channel, it was not made, and is not made now.
bool is_only_asked(const Operation& refund) {
    return refund.is_restored && !is_automatic(refund) && !HUITONG_MUTATED("restored_refund_sent_anew");
}

// A query's word that this refund was given up and will not be made.
bool is_closed(const RefundAnswer& answer) {
    return answer.outcome == Outcome::refused && answer.refusal == Refusal::refund_closed;
}

// Once may be a slip of the channel's, or a part of it that lags behind.
constexpr core::Duration absence_lasts = std::chrono::minutes(1);

core::Instant last_arrival(const Operation& refund, const Policy& policy) {
    return refund.sent_at.value_or(refund.created_at) + policy.in_flight_bound;
}

// The look before this one.
struct Look {
    std::optional<core::Instant> asked_at;
    std::string code;
};

// Absent at two looks in a row, a while apart, both made when the call could not arrive any more.
bool is_absent_again(const Draft& draft, const Operation& refund, const RefundAnswer& answer,
                     const Look& before) {
    const bool was_absent = before.asked_at && before.code == answer.code &&
                            *before.asked_at >= last_arrival(refund, draft.policy());
    return was_absent && answer.exchange.started_at >= *before.asked_at + absence_lasts;
}

// The channel had it: it was proven before the disk was lost, or shown on its way since.
bool was_at_channel(const Operation& refund) {
    return refund.last_outcome == Outcome::done || refund.last_outcome == Outcome::pending;
}

void refund_queried(Draft& draft, Operation& refund, const RefundAnswer& answer, const Look& before) {
    const Policy& policy = draft.policy();
    const core::Duration wait = refund_delay(draft.now() - refund.created_at);
    if (answer.is_abnormal) {
        if (refund.state == OperationState::manual) return review_again(draft, refund);
        return draft.give_up(refund, "refund_abnormal");
    }
    switch (answer.outcome) {
        case Outcome::done:
            return succeed(draft, refund, answer);
        case Outcome::refused:
            // Anything else was said of the question (our keys, our permission), not of the refund.
            if (is_closed(answer)) return take_refusal(draft, refund);
            return go_on(draft, refund, Act::query, wait);
        case Outcome::pending:
            refund.last_outcome = Outcome::pending;
            return go_on(draft, refund, Act::query, wait);
        case Outcome::not_sent:
        case Outcome::unknown:
            if (HUITONG_MUTATED("refund_absence_is_refusal") && answer.is_absent)
                return take_refusal(draft, refund);
            if (answer.is_absent && (refund.last_outcome == Outcome::refused || is_only_asked(refund))) {
                const bool is_gone = is_absent_again(draft, refund, answer, before);
                if (is_gone && was_at_channel(refund)) return draft.give_up(refund, "refund_not_proven");
                if (is_gone) return take_refusal(draft, refund);
                const core::Instant bound = last_arrival(refund, policy);
                return go_on(draft, refund, Act::query, std::max({wait, bound - draft.now(), absence_lasts}));
            }
            // Not there yet, or never: the same call under the same number is safe either way.
            return go_on(draft, refund, answer.is_absent ? Act::send : Act::query, wait);
    }
}

// The amount of a refund that the channel shows must be ours.
bool is_other_amount(Draft& draft, const Operation& refund, const RefundAnswer& answer) {
    if (answer.outcome != Outcome::done || !answer.amount || *answer.amount == refund.amount) return false;
    if (refund.state == OperationState::manual) return true;
    draft.alarm("amount_mismatch", "refund of " + core::to_string(refund.amount) + ", the channel says " +
                                       core::to_string(*answer.amount));
    return true;
}

core::Result<void> check_new_refund(const Aggregate& before, const RefundRequest& request, core::Instant now,
                                    const Policy& policy) {
    const Payment& payment = before.payment;
    const bool is_refundable =
        payment.state == PaymentState::paid || payment.state == PaymentState::partially_refunded;
    if (payment.state == PaymentState::refunded) return core::fail(Code::conflict, "nothing_left");
    if (!is_refundable) return core::fail(Code::conflict, "not_refundable");
    const core::Instant paid_at = payment.trade.paid_at.value_or(*payment.finished_at);
    if (now > paid_at + std::chrono::hours(24) * payment.refund_days)
        return core::fail(Code::conflict, "too_late");
    if (request.amount > before.refundable()) return core::fail(Code::conflict, "not_enough_left");
    // Those that are done or may be; the channel counts no others.
    const auto refunds = std::ranges::count_if(before.operations, [](const Operation& operation) {
        return operation.kind == OperationKind::refund && operation.state != OperationState::refused;
    });
    if (refunds >= policy.most_refunds) return core::fail(Code::conflict, "too_many_refunds");
    return {};
}

// The same request again: drives on what is not decided, begins again what was refused.
core::Result<Change> repeat_refund(const Aggregate& before, const Operation& known,
                                   const RefundRequest& request, core::Instant now, const Policy& policy) {
    if (known.amount != request.amount) return core::fail(Code::conflict, "request_conflict");
    if (known.state == OperationState::succeeded) return core::fail(Code::conflict, "already_refunded");
    // After a restore: not before the payment itself is known again.
    if (!is_paid_state(before.payment.state)) return core::fail(Code::conflict, "not_refundable");
    if (known.state == OperationState::refused) {
        if (auto checked = check_new_refund(before, request, now, policy); !checked)
            return std::unexpected(std::move(checked.error()));
    }
    // What the channel said to be on its way a moment ago, it need not be asked at every repetition.
    const bool is_fresh = known.last_outcome == Outcome::pending && known.asked_at && known.next_at &&
                          now < *known.asked_at + std::chrono::minutes(1);
    const bool is_under_way =
        known.state == OperationState::prepared || known.state == OperationState::sent ||
        (known.state == OperationState::unknown && known.next_at && (*known.next_at <= now || is_fresh));
    if (is_under_way) return core::fail(Code::conflict, "already_asked");
    Draft draft(before, now, policy);
    Operation& refund = *draft.aggregate().find(known.seq);
    draft.take_over(refund, request.owner);
    refund.is_restored = false;  // asked for anew: it may be sent
    if (refund.state != OperationState::refused) {
        // One that lies with a person stays there, but is looked at now.
        const bool is_send = refund.next_act == Act::send;
        draft.schedule(refund, is_send ? Act::send : Act::query,
                       is_send ? draft.next_refund_send(refund) : now);
        draft.add_row(refund, "refund asked for again", "", nullptr);
        return draft.take();
    }
    Draft::begin_again(refund);
    refund.created_at = now;
    // The channel counts the call that came to nothing too.
    const core::Instant spaced = refund.sent_at ? *refund.sent_at + policy.refund_spacing : now;
    draft.schedule(refund, Act::send, std::max(spaced, draft.next_refund_send(refund)));
    draft.add_row(refund, "refund begun again", core::to_string(refund.amount), nullptr);
    return draft.take();
}

}  // namespace

bool is_of_merchant(const Operation& operation) {
    return operation.kind == OperationKind::refund && !is_automatic(operation);
}

bool is_paid_state(PaymentState state) {
    return state == PaymentState::paid || state == PaymentState::partially_refunded ||
           state == PaymentState::refunded;
}

bool has_refund_that_may_be(const Aggregate& aggregate) {
    return std::ranges::any_of(aggregate.operations, [](const Operation& operation) {
        return is_of_merchant(operation) && operation.state != OperationState::refused;
    });
}

core::Result<Change> on_refund(const Aggregate& before, const RefundRequest& request, core::Instant now,
                               const Policy& policy) {
    HUITONG_ASSERT(request.amount.minor() > 0 && !request.request_no.empty() && !request.owner.empty(),
                   "a refund without amount, number or owner");
    if (const Operation* known = before.find_refund(request.request_no))
        return repeat_refund(before, *known, request, now, policy);
    if (auto checked = check_new_refund(before, request, now, policy); !checked)
        return std::unexpected(std::move(checked.error()));
    Draft draft(before, now, policy);
    Operation& refund = draft.insert_operation(OperationKind::refund, request.owner);
    refund.request_no = request.request_no;
    refund.amount = request.amount;
    refund.operator_name = request.operator_name;
    refund.terminal_sn = request.terminal_sn;
    refund.reason = request.reason;
    draft.schedule(refund, Act::send, draft.next_refund_send(refund));
    draft.add_row(refund, "refund begun", core::to_string(refund.amount), nullptr);
    return draft.take();
}

core::Result<Change> on_refund_answer(const Aggregate& before, Claim claim, const RefundAnswer& answer,
                                      bool is_query, core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& refund = **found;
    const bool is_out = refund.next_act != Act::none && refund.state != OperationState::prepared;
    if (refund.kind != OperationKind::refund || !is_out) return core::fail(Code::conflict, "not_due");
    const Look before_this{.asked_at = refund.asked_at, .code = refund.channel_code};
    if (is_query) {
        ++refund.tries;
        refund.asked_at = answer.exchange.started_at;
        refund.channel_code = answer.code;
        if (is_closed(answer)) refund.refusal = answer.refusal;
    } else {
        draft.note_answer(refund, answer);
        // The channel counts its minute from when the call came, not from our intent.
        if (refund.state == OperationState::sent)
            refund.sent_at = std::max(*refund.sent_at, answer.exchange.started_at);
    }
    if (!answer.refund_no.empty()) refund.channel_ref = answer.refund_no;
    draft.add_row(refund, is_query ? "refund query answered" : "refund answered", finding_of(answer),
                  &answer.exchange);
    if (is_other_amount(draft, refund, answer)) {
        if (refund.state == OperationState::manual)
            review_again(draft, refund);
        else
            draft.give_up(refund, "refund_amount_mismatch");
    } else if (is_query) {
        refund_queried(draft, refund, answer, before_this);
    } else {
        refund_answered(draft, refund, answer);
    }
    return draft.take();
}

std::string_view to_string(RefundVerdict verdict) {
    switch (verdict) {
        case RefundVerdict::refunded:
            return "refunded";
        case RefundVerdict::not_refunded:
            return "not_refunded";
        case RefundVerdict::again:
            return "again";
    }
    return "?";
}

core::Result<Change> on_refund_decision(const Aggregate& before, const RefundDecision& decision,
                                        core::Instant now, const Policy& policy) {
    if (decision.reason.empty()) return core::fail(Code::invalid, "reason_missing");
    const Operation* const known = before.find(decision.seq);
    if (!known || known->kind != OperationKind::refund || is_automatic(*known))
        return core::fail(Code::not_found, "no_refund");
    if (known->state != OperationState::manual) return core::fail(Code::conflict, "not_in_review");
    Draft draft(before, now, policy);
    Operation& refund = *draft.aggregate().find(decision.seq);
    draft.add_row(refund, "decided by " + decision.operator_name,
                  std::string(to_string(decision.verdict)) + ": " + decision.reason, nullptr);
    switch (decision.verdict) {
        case RefundVerdict::refunded:
            succeed(draft, refund, {});
            break;
        case RefundVerdict::not_refunded:
            draft.finish(refund, OperationState::refused);
            draft.clear_review();
            break;
        case RefundVerdict::again:
            refund.state = OperationState::unknown;
            refund.created_at = now;
            draft.take_over(refund, decision.owner);
            draft.schedule(refund, Act::query, now);
            draft.clear_review();
            break;
    }
    return draft.take();
}

}  // namespace huitong::payments

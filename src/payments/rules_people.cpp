// What people ask for: a merchant's cancel, and a decision on a payment in manual review.
#include <algorithm>

#include "core/mutation.hpp"
#include "payments/draft.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

namespace {

using core::Code;

// The operation that kept a payment in review ends; a new one takes over.
void retire_review(Draft& draft) {
    for (Operation& operation : draft.aggregate().operations) {
        const bool undoes = operation.kind == OperationKind::reverse || is_automatic(operation);
        const bool is_unsent = is_automatic(operation) && operation.state == OperationState::prepared;
        if (operation.state == OperationState::manual || (undoes && operation.next_act != Act::none))
            draft.finish(operation, is_unsent ? OperationState::prepared : OperationState::manual);
    }
    draft.payment().review_reason.clear();
}

// The last reversal of it was refused, and no other will be granted.
bool is_past_reversal(const Aggregate& aggregate) {
    const auto last = std::ranges::find(aggregate.operations.rbegin(), aggregate.operations.rend(),
                                        OperationKind::reverse, &Operation::kind);
    return last != aggregate.operations.rend() && is_refused_for_good(*last);
}

// Where a refund of ours may have been done already, it is driven on: no reversal beside a refund. One that
// was refused (no balance, perhaps) is asked for again where nothing else is left.
Operation& undo(Draft& draft, ReversalBy by, const std::string& owner) {
    const Operation* const refund = draft.aggregate().automatic_refund();
    const bool is_refused = refund && refund->state == OperationState::refused;
    const bool is_reversible = !refund || (is_refused && !is_past_reversal(draft.aggregate()));
    if (is_reversible && !is_undone_by_refund(draft.payment())) return draft.begin_reversal(by, owner);
    draft.begin_undoing(by);
    return draft.begin_automatic_refund(owner);
}

void begin_asked_reversal(Draft& draft, ReversalBy by, const CancelRequest& request) {
    Operation& reverse = undo(draft, by, request.owner);
    reverse.operator_name = request.operator_name;
    reverse.terminal_sn = request.terminal_sn;
}

bool is_same_beijing_day(core::Instant a, core::Instant b) {
    if (HUITONG_MUTATED("cancel_day_in_utc"))
        return std::chrono::floor<std::chrono::days>(a) == std::chrono::floor<std::chrono::days>(b);
    return core::to_beijing_date(a) == core::to_beijing_date(b);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::paid:
            return "paid";
        case Verdict::reversed:
            return "reversed";
        case Verdict::closed:
            return "closed";
        case Verdict::failed:
            return "failed";
        case Verdict::reverse_again:
            return "reverse_again";
    }
    return "?";
}

core::Result<Change> on_cancel(const Aggregate& before, const CancelRequest& request, core::Instant now,
                               const Policy& policy) {
    Draft draft(before, now, policy);
    const Payment& payment = before.payment;
    // No reversal beside a refund that was, or may have been, made; after a restore also in other states.
    if (has_refund_that_may_be(before) && !HUITONG_MUTATED("cancel_beside_refund"))
        return core::fail(Code::conflict, "not_cancellable");
    switch (payment.state) {
        case PaymentState::paid:
            if (!is_same_beijing_day(payment.trade.paid_at.value_or(*payment.finished_at), now) &&
                !HUITONG_MUTATED("cancel_on_any_day"))
                return core::fail(Code::conflict, "not_same_day");
            begin_asked_reversal(draft, ReversalBy::merchant, request);
            return draft.take();
        case PaymentState::created:
        case PaymentState::pending:
            begin_asked_reversal(draft, ReversalBy::merchant, request);
            return draft.take();
        case PaymentState::reversing: {
            if (payment.is_reopened) return core::fail(Code::conflict, "already_reversed");
            if (payment.reversal_by == ReversalBy::merchant)
                return core::fail(Code::conflict, "already_asked");
            if (HUITONG_MUTATED("cancel_joins_nothing"))
                begin_asked_reversal(draft, ReversalBy::merchant, request);
            draft.payment().reversal_by = ReversalBy::merchant;
            if (Operation* reverse = draft.aggregate().live(OperationKind::reverse)) {
                reverse->operator_name = request.operator_name;
                reverse->terminal_sn = request.terminal_sn;
                draft.add_row(*reverse, "cancel joins the running reversal", "", nullptr);
            }
            return draft.take();
        }
        case PaymentState::manual_review:
            if (payment.is_reopened) return core::fail(Code::conflict, "already_reversed");
            // An older payment under our number may be somebody else's money: a person decides, not a till.
            if (payment.review_reason == "older_payment")
                return core::fail(Code::conflict, "not_cancellable");
            retire_review(draft);
            begin_asked_reversal(draft, ReversalBy::merchant, request);
            return draft.take();
        case PaymentState::reversed:
        case PaymentState::closed:
        case PaymentState::failed:
            return core::fail(Code::conflict, "already_reversed");
        case PaymentState::partially_refunded:
        case PaymentState::refunded:
            return core::fail(Code::conflict, "not_cancellable");
    }
    return core::fail(Code::internal, "bad_state");
}

core::Result<Change> on_decision(const Aggregate& before, const Decision& decision, core::Instant now,
                                 const Policy& policy) {
    if (decision.reason.empty()) return core::fail(Code::invalid, "reason_missing");
    if (before.payment.state != PaymentState::manual_review)
        return core::fail(Code::conflict, "not_in_review");
    const bool is_never_paid = decision.verdict == Verdict::closed || decision.verdict == Verdict::failed;
    if (is_never_paid && before.payment.is_seen_paid) return core::fail(Code::conflict, "seen_paid");
    if (decision.verdict == Verdict::paid && before.payment.is_reopened)
        return core::fail(Code::conflict, "told_over");
    const Operation* const refund = before.automatic_refund();
    const bool is_maybe_refunded = refund && refund->state != OperationState::refused;
    if (decision.verdict != Verdict::reversed && decision.verdict != Verdict::reverse_again &&
        is_maybe_refunded)
        return core::fail(Code::conflict, "refund_exists");
    Draft draft(before, now, policy);
    Operation& pay = draft.aggregate().operations.front();
    draft.add_row(draft.aggregate().operations.back(), "decided by " + decision.operator_name,
                  decision.reason, nullptr);
    retire_review(draft);
    switch (decision.verdict) {
        case Verdict::paid:
            // A call that was refused stays so, whatever the person knows.
            if (pay.state != OperationState::refused) draft.finish(pay, OperationState::succeeded);
            draft.move(PaymentEvent::decided_paid);
            draft.payment().is_seen_paid = true;
            draft.payment().effect = Effect::none;
            if (!draft.payment().is_booked) draft.book_payment();
            draft.payment().reversal_by = ReversalBy::nobody;
            ask_after_held_refunds(draft, decision.owner);
            break;
        case Verdict::reversed:
            if (draft.payment().is_seen_paid && draft.payment().effect != Effect::refunded)
                draft.book_reversal();
            draft.payment().effect = draft.payment().is_seen_paid ? Effect::refunded : Effect::not_known;
            draft.end_pay(draft.payment().effect);
            draft.move(PaymentEvent::decided_reversed);
            // Seen paid, it was paid back on some other way: that it still shows as paid says nothing new.
            if (!draft.payment().is_seen_paid) draft.watch(decision.owner);
            break;
        case Verdict::closed:
            draft.payment().effect = Effect::unpaid;
            draft.end_pay(Effect::unpaid);
            draft.move(PaymentEvent::decided_closed);
            draft.watch(decision.owner);
            break;
        case Verdict::failed:
            draft.end_pay(Effect::unpaid);
            draft.move(PaymentEvent::decided_failed);
            draft.watch(decision.owner);
            break;
        case Verdict::reverse_again:
            (void)undo(draft,
                       before.payment.reversal_by == ReversalBy::nobody ? ReversalBy::engine
                                                                        : before.payment.reversal_by,
                       decision.owner);
            break;
    }
    return draft.take();
}

}  // namespace huitong::payments

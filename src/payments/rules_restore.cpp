// After a restore: what a backup does not know is taken from the send journal, and nothing but the channel
// says what became of it. A restored pay is asked after until the channel has answered, however late: its
// payer may have been told "paid". A restored refund is never sent anew: absent at the channel, it was not
// made. What is to be undone goes on being undone, by the calls that had left (DESIGN.md §4).
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "payments/draft.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

namespace {

// Held by nobody, so that the next process to look picks it up.
void release(Operation& operation) {
    operation.owner.clear();
    if (operation.next_at) operation.lease_until = *operation.next_at;
}

// How it ended is not known; the channel is asked. Its age begins anew: the time without a store was nobody's
// patience.
void ask(Draft& draft, Operation& operation) {
    operation.state = OperationState::unknown;
    operation.is_restored = true;
    operation.last_outcome = Outcome::unknown;
    operation.channel_code = "lost_with_store";
    operation.refusal = Refusal::none;
    if (operation.kind != OperationKind::pay) operation.created_at = draft.now();
    operation.owner.clear();
    draft.schedule(operation, Act::query, draft.now());
}

// Until its payment is known to be paid, a refund can be neither proven nor booked.
void hold(Operation& refund) {
    refund.next_act = Act::none;
    refund.next_at.reset();
}

PaymentState booked_state(const Payment& payment) {
    if (payment.refunded.minor() == 0) return PaymentState::paid;
    return payment.refunded == payment.amount ? PaymentState::refunded : PaymentState::partially_refunded;
}

// The state as far as this store's own books show it; the rest is asked for again.
PaymentState provable_state(const Payment& sent) {
    if (HUITONG_MUTATED("restored_payment_believed") && is_paid_state(sent.state)) return sent.state;
    if (is_paid_state(sent.state)) return sent.is_booked ? booked_state(sent) : PaymentState::pending;
    return sent.state == PaymentState::created ? PaymentState::pending : sent.state;
}

void restore_refund(Draft& draft, Operation& refund, const Operation* known) {
    const bool is_booked = known && known->state == OperationState::succeeded;
    if (refund.state == OperationState::refused || is_booked) return;
    const PaymentState state = draft.payment().state;
    const bool is_held = state == PaymentState::pending || state == PaymentState::manual_review;
    const bool is_unsent = refund.state == OperationState::prepared;
    const bool was_there =
        refund.state == OperationState::succeeded || refund.last_outcome == Outcome::pending;
    if (is_held) {
        if (!is_unsent) ask(draft, refund);
        hold(refund);
    } else if (is_paid_state(state) && !is_unsent) {
        ask(draft, refund);
    } else {
        release(refund);
    }
    if (was_there) refund.last_outcome = Outcome::done;  // so it cannot be absent
}

// Reversals, automatic refunds and watches: what is under way is looked at before anything is repeated.
void restore_undoing(Draft& draft, Operation& operation) {
    if (operation.next_act == Act::none && operation.state != OperationState::sent) return;
    const bool may_have_left = operation.state != OperationState::prepared;
    if (operation.kind == OperationKind::watch || operation.state == OperationState::manual || !may_have_left)
        return release(operation);
    ask(draft, operation);
}

// Looks, before a person is asked.
constexpr int most_contradictions = 20;
constexpr int most_silences = 120;  // two hours

void look_again(Draft& draft, Operation& pay) {
    constexpr core::Duration slowest = std::chrono::minutes(1);
    const core::Duration wait = draft.policy().query_every * std::max(1, pay.tries / 3);
    draft.schedule(pay, Act::query, draft.now() + std::min(wait, slowest));
}

constexpr std::string_view decision_lost = "decision_lost";

// Paid by a person's word only, which is lost: its call had been refused, so the channel is not asked again.
bool is_decision_lost(const Payment& payment, const Operation& pay) {
    return payment.state == PaymentState::pending && pay.state == OperationState::refused;
}

}  // namespace

std::optional<Change> on_lost_call(const Aggregate* known, const Aggregate& sent, int seq, core::Instant now,
                                   const Policy& policy) {
    if (known && known->payment.version >= sent.payment.version) return std::nullopt;
    Draft draft(sent, now, policy);
    Payment& payment = draft.payment();
    // What was booked since the backup is not in this store's ledger: it is booked again when it is proven.
    payment.is_booked = known && known->payment.is_booked;
    payment.refunded = known ? known->payment.refunded : core::Money{0, payment.amount.currency()};
    payment.effect = known ? known->payment.effect : Effect::none;
    payment.state = provable_state(payment);
    if (is_decision_lost(payment, sent.pay())) {
        payment.state = PaymentState::manual_review;
        payment.review_reason = decision_lost;
        draft.alarm("manual_review", "a person's decision was lost with the store");
    }
    for (Operation& operation : draft.aggregate().operations) {
        if (operation.kind == OperationKind::pay) {
            if (payment.state == PaymentState::pending) ask(draft, operation);
            release(operation);
        } else if (is_of_merchant(operation)) {
            restore_refund(draft, operation, known ? known->find(operation.seq) : nullptr);
        } else {
            restore_undoing(draft, operation);
        }
    }
    const bool is_paid_unknown =
        payment.state == PaymentState::pending || payment.review_reason == decision_lost;
    if (is_paid_unknown) payment.finished_at.reset();
    const Operation* const operation = draft.aggregate().find(seq);
    HUITONG_ASSERT(operation != nullptr, "a call without its operation");
    draft.add_row(*operation, "found in the send journal",
                  std::string(to_string(operation->kind)) + " " + operation->number, nullptr);
    return draft.take();
}

namespace {

// On its way when the backup was made, a refund may have been refused since, and the merchant told so: it is
// asked after and never sent anew.
std::optional<Change> ask_after_sent_refunds(const Aggregate& before, core::Instant now,
                                             const Policy& policy) {
    Draft draft(before, now, policy);
    const Operation* last = nullptr;
    int asked = 0;
    for (Operation& operation : draft.aggregate().operations) {
        const bool is_out =
            operation.state == OperationState::sent || operation.state == OperationState::unknown;
        if (!is_of_merchant(operation) || operation.is_restored || !is_out) continue;
        const bool was_there = operation.last_outcome == Outcome::pending;
        ask(draft, operation);
        if (was_there) operation.last_outcome = Outcome::done;
        last = &operation;
        ++asked;
    }
    if (last == nullptr) return std::nullopt;
    draft.add_row(*last, "unfinished in the backup", "refunds: " + std::to_string(asked), nullptr);
    return draft.take();
}

}  // namespace

std::optional<Change> on_store_restored(const Aggregate& before, core::Instant now, const Policy& policy) {
    const PaymentState state = before.payment.state;
    const bool is_waiting = state == PaymentState::created || state == PaymentState::pending;
    if (state == PaymentState::paid || state == PaymentState::partially_refunded)
        return ask_after_sent_refunds(before, now, policy);
    if (!is_waiting && state != PaymentState::reversing) return std::nullopt;
    if (is_waiting && before.pay().is_restored) return std::nullopt;
    Draft draft(before, now, policy);
    Operation* const reverse = draft.aggregate().live(OperationKind::reverse);
    if (is_waiting) {
        Operation& pay = draft.aggregate().operations.front();
        draft.payment().state = PaymentState::pending;
        ask(draft, pay);
        draft.add_row(pay, "unfinished in the backup", "", nullptr);
    } else if (reverse && !reverse->is_restored && reverse->state != OperationState::prepared) {
        ask(draft, *reverse);
    } else {
        return std::nullopt;
    }
    return draft.take();
}

namespace {

// What is to be undone was looked at after the restore, whatever the journal knew.
bool is_still_asked(const Aggregate& aggregate) {
    return std::ranges::any_of(aggregate.operations, [](const Operation& operation) {
        const bool is_under_way = operation.asked_at && operation.last_outcome == Outcome::pending;
        const bool is_undoing =
            operation.kind == OperationKind::reverse || (is_automatic(operation) && !is_under_way);
        return is_undoing && operation.is_restored && operation.state == OperationState::unknown &&
               operation.next_act == Act::query;
    });
}

}  // namespace

bool is_known_again(const Aggregate& aggregate) {
    const Payment& payment = aggregate.payment;
    if (payment.state == PaymentState::manual_review) return true;
    if (payment.state == PaymentState::created || payment.state == PaymentState::pending) return false;
    // It is being undone, and what the channel shows is known; that may take its time.
    if (payment.state == PaymentState::reversing)
        return (payment.arrived_at || payment.is_seen_paid) && !is_still_asked(aggregate);
    return std::ranges::none_of(aggregate.operations, [](const Operation& operation) {
        // Where nothing more is to be asked, a person has decided on the whole payment.
        const bool is_open = operation.state == OperationState::unknown && operation.is_restored &&
                             operation.next_act != Act::none;
        const bool is_under_way = operation.asked_at && operation.last_outcome == Outcome::pending;
        return is_of_merchant(operation) && is_open && !is_under_way;
    });
}

bool restored_poll_answered(Draft& draft, Operation& pay, const QueryAnswer& answer) {
    Payment& payment = draft.payment();
    const bool has_refund = has_refund_that_may_be(draft.aggregate());
    const std::string last_code = std::exchange(pay.channel_code, answer.code);
    switch (answer.state) {
        case TradeState::paid:
            if (answer.trade.amount == payment.amount) return false;
            // Its payer may have been told "paid": what contradicts itself undoes nothing.
            (void)draft.note_paid(answer.trade);
            if (pay.tries < most_contradictions) {
                look_again(draft, pay);
            } else {
                draft.give_up(pay, "amount_mismatch");
            }
            return true;
        case TradeState::paid_and_refunded:
        case TradeState::paid_and_closed:
            if (has_refund && draft.note_paid(answer.trade)) {
                draft.become_paid(pay);
            } else if (payment.state == PaymentState::pending) {
                draft.note_arrival();
                draft.give_up(pay, "unexplained_refund");
            }
            return true;
        case TradeState::unknown:
            // A channel that answers nobody any more keeps nobody else waiting.
            if (pay.tries < most_silences) {
                look_again(draft, pay);
            } else {
                draft.give_up(pay, "channel_silent");
            }
            return true;
        case TradeState::not_found: {
            // Once may be a slip of the channel's; what had been seen paid is never absent.
            if (last_code != answer.code) {
                draft.schedule(pay, Act::query, draft.now() + std::chrono::minutes(1));
                return true;
            }
            const bool has_arrived = answer.exchange.started_at >= payment.in_flight_until;
            if (!has_refund && !payment.is_seen_paid && has_arrived) return false;
            break;
        }
        case TradeState::pending:
        case TradeState::pay_failed:
        case TradeState::closed:
        case TradeState::reversed:
            if (!has_refund) return false;
            break;
    }
    // It was refunded, so it had been proven paid; the channel must be mistaken, or another account is asked.
    if (has_refund) {
        draft.give_up(pay, "refunded_but_not_paid");
    } else if (payment.is_seen_paid && pay.tries >= most_contradictions) {
        draft.give_up(pay, "paid_but_absent");
    } else {
        look_again(draft, pay);
    }
    return true;
}

void ask_after_held_refunds(Draft& draft, const std::string& owner) {
    for (Operation& operation : draft.aggregate().operations) {
        if (!is_of_merchant(operation) || operation.next_act != Act::none) continue;
        if (operation.state == OperationState::prepared) {
            draft.take_over(operation, owner);
            draft.schedule(operation, Act::send, draft.next_refund_send(operation));
        } else if (operation.state == OperationState::unknown && operation.is_restored) {
            draft.take_over(operation, owner);
            draft.schedule(operation, Act::query, draft.now());
        }
    }
}

}  // namespace huitong::payments

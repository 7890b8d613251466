#include "payments/draft.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "ledger/fees.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

namespace {

// What a channel sees of a refund must never be issued twice, not even by a restored backup: it carries the
// epoch of the process that began it. The numbers of the others stay inside.
std::string number_of(OperationKind kind, core::PaymentSn payment, const std::string& owner, int seq) {
    const char letter = kind == OperationKind::reverse ? 'V' : kind == OperationKind::watch ? 'W' : 'R';
    return letter + payment.text() + owner + std::to_string(seq);
}

// A refund whose next act is its call, and that is not on its way.
bool is_waiting_refund(const Operation& operation) {
    return operation.kind == OperationKind::refund && operation.next_act == Act::send &&
           operation.state != OperationState::sent;
}

}  // namespace

Draft::Draft(const Aggregate& before, core::Instant now, const Policy& policy)
    : before_(before), now_(now), policy_(policy) {
    change_.after = before;
    ++change_.after.payment.version;
}

void Draft::move(PaymentEvent event) {
    const auto next = next_state(payment().state, event);
    HUITONG_ASSERT(next.has_value(), "a payment event outside the state table");
    change_.moves.push_back({.from = payment().state, .event = event});
    payment().state = *next;
    if (!is_final(*next)) return;
    clear_review();
    // Back to paid after a refused cancel, or refunded: it stays paid on the day it was paid.
    const bool is_refund = event == PaymentEvent::refunded_in_part || event == PaymentEvent::refunded_in_full;
    const bool is_paid_again =
        *next == PaymentState::paid && payment().was_paid_before_reversal && !payment().is_reopened;
    if (!payment().finished_at || (!is_paid_again && !is_refund)) payment().finished_at = now_;
}

void Draft::clear_review() {
    const bool is_needed = std::ranges::any_of(aggregate().operations, [](const Operation& operation) {
        return is_of_merchant(operation) && operation.state == OperationState::manual;
    });
    if (!is_needed) payment().review_reason.clear();
}

void Draft::schedule(Operation& operation, Act act, core::Instant at) {
    if (act == Act::query) at = std::max(at, next_look());
    operation.finished_at.reset();
    operation.next_act = act;
    operation.next_at = std::max(at, now_);
    const bool is_far = *operation.next_at > now_ + policy_.horizon;
    if (is_far) operation.owner.clear();
    // What nobody holds may be claimed as soon as it is due.
    operation.lease_until = operation.owner.empty() ? *operation.next_at : *operation.next_at + policy_.lease;
}

core::Instant Draft::next_look() const {
    core::Instant look{};
    if (HUITONG_MUTATED("query_spacing_ignored")) return look;
    for (const Operation& operation : change_.after.operations) {
        if (operation.asked_at) look = std::max(look, *operation.asked_at + policy_.query_spacing);
    }
    return look;
}

void Draft::finish(Operation& operation, OperationState state) {
    operation.state = state;
    operation.next_act = Act::none;
    operation.next_at.reset();
    operation.finished_at = now_;
}

void Draft::note_answer(Operation& operation, const Answer& answer) {
    ++operation.tries;
    operation.last_outcome = answer.outcome;
    operation.channel_code = answer.code;
    operation.refusal = answer.refusal;
}

void Draft::note_waiting() {
    if (payment().state == PaymentState::created) move(PaymentEvent::waiting);
}

void Draft::note_arrival() {
    if (!payment().arrived_at) payment().arrived_at = now_;
}

bool Draft::note_paid(const TradeFacts& trade) {
    note_arrival();
    const bool is_ours = trade.amount && *trade.amount == payment().amount;
    if (!is_ours && !HUITONG_MUTATED("amount_unchecked")) {
        alarm("amount_mismatch",
              "ordered " + core::to_string(payment().amount) + ", the channel says " +
                  (trade.amount ? core::to_string(*trade.amount) : std::string("nothing")));
        return false;
    }
    payment().trade = trade;
    payment().is_seen_paid = true;
    return true;
}

void Draft::take_over(Operation& operation, const std::string& owner) {
    if (operation.owner == owner) return;
    operation.owner = owner;
    ++operation.attempt;
}

Operation& Draft::insert_operation(OperationKind kind, const std::string& owner) {
    auto& operations = aggregate().operations;
    Operation operation;
    operation.payment = payment().sn;
    operation.seq = operations.back().seq + 1;
    operation.kind = kind;
    operation.number = number_of(kind, payment().sn, owner, operation.seq);
    operation.amount = payment().amount;
    operation.attempt = 1;
    operation.owner = owner;
    operation.created_at = now_;
    return operations.emplace_back(std::move(operation));
}

core::Instant Draft::next_refund_send(const Operation& refund) const {
    const core::Duration spacing = policy_.refund_spacing;
    core::Instant earliest = now_;
    if (HUITONG_MUTATED("refund_spacing_ignored")) return earliest;
    for (const Operation& other : change_.after.operations) {
        if (other.kind != OperationKind::refund) continue;
        const bool is_limited = other.refusal == Refusal::rate_limited;
        // A call that went out is what the channel counts; one that waits its turn comes first, but not one
        // that waits long after a failure.
        if (other.sent_at && (other.seq != refund.seq || is_limited))
            earliest = std::max(earliest, *other.sent_at + spacing);
        const bool is_queued = is_waiting_refund(other) && (!other.sent_at || is_limited);
        if (is_queued && other.seq < refund.seq) earliest = std::max(earliest, *other.next_at + spacing);
    }
    return earliest;
}

void Draft::queue_behind(const Operation& refund) {
    if (policy_.refund_spacing == core::Duration{0} || !is_waiting_refund(refund)) return;
    for (Operation& other : aggregate().operations) {
        if (is_waiting_refund(other) && other.seq > refund.seq && *other.next_at < *refund.next_at)
            schedule(other, Act::send, *refund.next_at);
    }
}

void Draft::space_refunds() {
    if (policy_.refund_spacing == core::Duration{0} || HUITONG_MUTATED("refund_spacing_ignored")) return;
    std::vector<Operation*> waiting;
    for (Operation& operation : aggregate().operations) {
        if (is_waiting_refund(operation)) waiting.push_back(&operation);
    }
    std::ranges::sort(waiting, {}, [](const Operation* one) { return std::pair(*one->next_at, one->seq); });
    core::Instant earliest{};
    for (Operation* const refund : waiting) {
        for (const Operation& other : aggregate().operations) {
            const bool is_counted = other.kind == OperationKind::refund && other.seq != refund->seq;
            if (is_counted && other.sent_at)
                earliest = std::max(earliest, *other.sent_at + policy_.refund_spacing);
        }
        if (*refund->next_at < earliest) schedule(*refund, Act::send, earliest);
        earliest = *refund->next_at + policy_.refund_spacing;
    }
}

void Draft::begin_again(Operation& refund) {
    // A number that the channel closed is used up; any other refused one is the safe one to repeat.
    if (refund.refusal == Refusal::refund_closed) refund.number += "n" + std::to_string(refund.tries);
    refund.state = OperationState::prepared;
    refund.tries = 0;
}

Operation& Draft::begin_automatic_refund(const std::string& owner) {
    const Operation* const begun = aggregate().automatic_refund();
    if (begun) {
        Operation& refund = *aggregate().find(begun->seq);
        if (refund.state == OperationState::refused) begin_again(refund);
        const bool is_unsent = refund.state == OperationState::prepared;
        if (!is_unsent) refund.state = OperationState::unknown;
        refund.created_at = now_;
        take_over(refund, owner);
        schedule(refund, is_unsent ? Act::send : Act::query, is_unsent ? next_refund_send(refund) : now_);
        return refund;
    }
    Operation& refund = insert_operation(OperationKind::refund, owner);
    refund.number = "A" + payment().channel_number.substr(1);
    schedule(refund, Act::send, next_refund_send(refund));
    add_row(refund, "automatic refund begun", "", nullptr);
    return refund;
}

// From here on the reversal decides what becomes of the pay operation.
void Draft::release_pay() {
    Operation& pay = aggregate().operations.front();
    pay.next_act = Act::none;
    pay.next_at.reset();
}

Operation& Draft::begin_background_reversal(const std::string& owner) {
    const core::Instant earliest = HUITONG_MUTATED("reversal_too_early") ? now_ : earliest_undoing();
    Operation& reverse = insert_operation(OperationKind::reverse, owner);
    schedule(reverse, undoing_act(payment()), earliest);
    return reverse;
}

core::Instant Draft::earliest_undoing() const {
    const Aggregate& order = change_.after;
    return is_launched(order.payment) ? now_ : *order.pay().sent_at + policy_.earliest_reverse;
}

void Draft::plan_first_reversal() {
    Operation* reverse = aggregate().live(OperationKind::reverse);
    // Also where the trade under our number may be an older one, which is not ours to undo.
    const bool is_asked = payment().state == PaymentState::reversing &&
                          (payment().reversal_by == ReversalBy::merchant || payment().may_be_older);
    if (!is_asked || !reverse || reverse->state != OperationState::prepared) return;
    const bool is_certain = payment().is_seen_paid && !payment().may_be_older;
    schedule(*reverse, is_certain ? undoing_act(payment()) : Act::query,
             std::max(*reverse->next_at, earliest_undoing()));
}

void Draft::begin_undoing(ReversalBy by) {
    const bool was_over = is_final(payment().state) && payment().state != PaymentState::paid;
    payment().is_reopened = payment().is_reopened || was_over;
    if (!was_over) {
        // Once told "paid", told for good: also when the reversal went through manual review.
        if (payment().state == PaymentState::paid) payment().was_paid_before_reversal = true;
        payment().reversal_by = by;
    }
    move(PaymentEvent::reversal_begun);
    release_pay();
}

Operation& Draft::begin_reversal(ReversalBy by, const std::string& owner) {
    begin_undoing(by);
    Operation& reverse = begin_background_reversal(owner);
    plan_first_reversal();
    add_row(reverse, "reversal begun by " + std::string(to_string(by)), "", nullptr);
    return reverse;
}

void Draft::end_reversal(Operation& reverse, Effect effect, bool is_watched) {
    if (payment().is_seen_paid && !HUITONG_MUTATED("reversal_effect_as_said")) effect = Effect::refunded;
    if (effect == Effect::refunded && payment().effect != Effect::refunded) book_reversal();
    payment().effect = effect;
    const std::string owner = reverse.owner;
    finish(reverse, OperationState::succeeded);
    end_pay(effect);
    move(PaymentEvent::reversal_proven);
    if (is_watched) watch(owner);
}

void Draft::watch(const std::string& owner) {
    if (HUITONG_MUTATED("watch_dropped")) return;
    // What a payer may have begun with is looked at as soon as nobody can begin any more.
    const bool may_begin = is_launched(payment()) && now_ < payment().in_flight_until;
    schedule(insert_operation(OperationKind::watch, owner), Act::query,
             may_begin ? payment().in_flight_until : now_ + policy_.watch_every);
}

void Draft::end_pay(Effect effect) {
    Operation& pay = aggregate().operations.front();
    if (is_final(pay.state) || pay.state == OperationState::manual) {
        if (!pay.finished_at) finish(pay, pay.state);
        return;
    }
    const bool is_known = effect == Effect::unpaid || effect == Effect::refunded;
    const auto state = effect == Effect::refunded ? OperationState::succeeded : OperationState::refused;
    finish(pay, is_known ? state : OperationState::unknown);
}

void Draft::become_paid(Operation& pay) {
    finish(pay, OperationState::succeeded);
    move(PaymentEvent::paid);
    if (!HUITONG_MUTATED("payment_not_booked")) book_payment();
    ask_after_held_refunds(*this, pay.owner);
}

ledger::Parties Draft::parties() const {
    const Payment& paid = change_.after.payment;
    return {.channel_account = paid.channel_account, .merchant_sn = paid.merchant_sn};
}

ledger::Amounts Draft::amounts() const {
    const Payment& paid = change_.after.payment;
    return {.gross = paid.amount,
            .channel_fee = ledger::fee_of(paid.amount, paid.channel_fee_ppm),
            .merchant_fee = ledger::fee_of(paid.amount, paid.merchant_fee_ppm)};
}

void Draft::book_payment() {
    change_.entries.push_back(ledger::make_payment_entry(payment().sn, parties(), amounts(), now_));
    payment().is_booked = true;
}

void Draft::book_reversal() {
    if (!payment().is_booked) book_payment();
    if (HUITONG_MUTATED("reversal_not_mirrored")) return;
    change_.entries.push_back(ledger::make_reversal_entry(payment().sn, parties(), amounts(), now_));
}

void Draft::book_refund(const Operation& refund) {
    const core::Money before = payment().refunded;
    const core::Money after = before + refund.amount;
    const auto returned = [&](core::Money fee) {
        return ledger::share_returned(fee, payment().amount, before, after);
    };
    const ledger::Amounts whole = amounts();
    const ledger::Amounts part{.gross = refund.amount,
                               .channel_fee = returned(whole.channel_fee),
                               .merchant_fee = returned(whole.merchant_fee)};
    change_.entries.push_back(ledger::make_refund_entry(payment().sn, refund.seq, parties(), part, now_));
    payment().refunded = after;
}

void Draft::give_up(Operation& operation, std::string_view reason) {
    operation.state = OperationState::manual;
    schedule(operation, Act::query, now_ + policy_.watch_every);
    if (payment().state != PaymentState::manual_review &&
        next_state(payment().state, PaymentEvent::given_up)) {
        move(PaymentEvent::given_up);
    }
    payment().review_reason = reason;
    alarm("manual_review", std::string(reason) + " after " + std::to_string(operation.tries) +
                               " tries, last " +
                               (operation.channel_code.empty() ? "no answer" : operation.channel_code));
}

void Draft::alarm(std::string_view name, std::string detail) {
    add_row(aggregate().operations.back(), "alarm " + std::string(name), detail, nullptr);
    change_.alarms.push_back({std::string(name), std::move(detail)});
}

void Draft::add_row(const Operation& operation, std::string happening, std::string finding,
                    const Exchange* exchange) {
    TimelineRow row;
    row.at = now_;
    row.seq = operation.seq;
    row.happening = std::move(happening);
    row.finding = std::move(finding);
    if (exchange) row.exchange = *exchange;
    change_.timeline.push_back(std::move(row));
}

void Draft::check_operations() const {
    const auto& operations = change_.after.operations;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const bool is_new = i >= before_.operations.size();
        const OperationState from = is_new ? OperationState::prepared : before_.operations[i].state;
        HUITONG_ASSERT(may_become(from, operations[i].state), "an operation's step outside its table");
    }
}

Change Draft::take() {
    space_refunds();
    check_operations();
    for (TimelineRow& row : change_.timeline) row.state_after = payment().state;
    return std::move(change_);
}

std::string finding_of(const Answer& answer) {
    std::string finding(to_string(answer.outcome));
    if (!answer.code.empty()) finding += " " + answer.code;
    return finding;
}

}  // namespace huitong::payments

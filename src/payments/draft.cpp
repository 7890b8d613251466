#include "payments/draft.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace huitong::payments {

Draft::Draft(const Aggregate& before, core::Instant now, const Policy& policy) : now_(now), policy_(policy) {
    change_.after = before;
    ++change_.after.payment.version;
}

void Draft::move(PaymentEvent event) {
    const auto next = next_state(payment().state, event);
    HUITONG_ASSERT(next.has_value(), "a payment event outside the state table");
    payment().state = *next;
    if (!is_final(*next)) return;
    payment().review_reason.clear();
    // Back to paid after a refused cancel: it stays paid on the day it was paid.
    const bool is_paid_again =
        *next == PaymentState::paid && payment().was_paid_before_reversal && !payment().is_reopened;
    if (!is_paid_again) payment().finished_at = now_;
}

void Draft::schedule(Operation& operation, Act act, core::Instant at) {
    if (act == Act::query) at = std::max(at, next_look());
    operation.next_act = act;
    operation.next_at = std::max(at, now_);
    const bool is_far = *operation.next_at > now_ + policy_.horizon;
    if (is_far) operation.owner.clear();
    // What nobody holds may be claimed as soon as it is due.
    operation.lease_until = operation.owner.empty() ? *operation.next_at : *operation.next_at + policy_.lease;
}

core::Instant Draft::next_look() const {
    core::Instant look{};
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
}

void Draft::note_arrival() {
    if (!payment().arrived_at) payment().arrived_at = now_;
}

bool Draft::note_paid(const TradeFacts& trade) {
    note_arrival();
    if (!trade.amount || *trade.amount != payment().amount) {
        alarm("amount_mismatch",
              "ordered " + core::to_string(payment().amount) + ", the channel says " +
                  (trade.amount ? core::to_string(*trade.amount) : std::string("nothing")));
        return false;
    }
    payment().trade = trade;
    payment().is_seen_paid = true;
    return true;
}

Operation& Draft::insert_operation(OperationKind kind, const std::string& owner) {
    auto& operations = aggregate().operations;
    Operation operation;
    operation.payment = payment().sn;
    operation.seq = operations.back().seq + 1;
    operation.kind = kind;
    operation.number = std::string(1, kind == OperationKind::reverse ? 'V' : 'W') +
                       payment().channel_number.substr(1) + std::to_string(operation.seq);
    operation.amount = payment().amount;
    operation.attempt = 1;
    operation.owner = owner;
    operation.created_at = now_;
    return operations.emplace_back(std::move(operation));
}

// From here on the reversal decides what becomes of the pay operation.
void Draft::release_pay() {
    Operation& pay = aggregate().operations.front();
    pay.next_act = Act::none;
    pay.next_at.reset();
}

Operation& Draft::begin_background_reversal(const std::string& owner) {
    const core::Instant earliest = *aggregate().pay().sent_at + policy_.earliest_reverse;
    Operation& reverse = insert_operation(OperationKind::reverse, owner);
    schedule(reverse, Act::send, earliest);
    return reverse;
}

void Draft::plan_first_reversal() {
    Operation* reverse = aggregate().live(OperationKind::reverse);
    const bool is_asked =
        payment().state == PaymentState::reversing && payment().reversal_by == ReversalBy::merchant;
    if (!is_asked || !reverse || reverse->state != OperationState::prepared) return;
    const core::Instant earliest = *aggregate().pay().sent_at + policy_.earliest_reverse;
    const bool is_certain = payment().is_seen_paid && !payment().may_be_older;
    schedule(*reverse, is_certain ? Act::send : Act::query, std::max(*reverse->next_at, earliest));
}

Operation& Draft::begin_reversal(ReversalBy by, const std::string& owner) {
    const bool was_over = is_final(payment().state) && payment().state != PaymentState::paid;
    payment().is_reopened = payment().is_reopened || was_over;
    if (!was_over) {
        // Once told "paid", told for good: also when the reversal went through manual review.
        if (payment().state == PaymentState::paid) payment().was_paid_before_reversal = true;
        payment().reversal_by = by;
    }
    move(PaymentEvent::reversal_begun);
    release_pay();
    Operation& reverse = begin_background_reversal(owner);
    plan_first_reversal();
    add_row(reverse, "reversal begun by " + std::string(to_string(by)), "", nullptr);
    return reverse;
}

void Draft::end_reversal(Operation& reverse, Effect effect, bool is_watched) {
    if (payment().is_seen_paid) effect = Effect::refunded;
    if (effect == Effect::refunded && payment().effect != Effect::refunded) book_reversal();
    payment().effect = effect;
    const std::string owner = reverse.owner;
    finish(reverse, OperationState::succeeded);
    end_pay(effect);
    move(PaymentEvent::reversal_proven);
    if (is_watched)
        schedule(insert_operation(OperationKind::watch, owner), Act::query, now_ + policy_.watch_every);
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
    book_payment();
}

void Draft::book_payment() {
    const Payment& paid = payment();
    const ledger::Parties parties{.channel_account = paid.channel_account, .merchant_sn = paid.merchant_sn};
    change_.entries.push_back(ledger::make_payment_entry(paid.sn, parties, paid.amount, now_));
    payment().is_booked = true;
}

void Draft::book_reversal() {
    if (!payment().is_booked) book_payment();
    const Payment& paid = payment();
    const ledger::Parties parties{.channel_account = paid.channel_account, .merchant_sn = paid.merchant_sn};
    change_.entries.push_back(ledger::make_reversal_entry(paid.sn, parties, paid.amount, now_));
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

Change Draft::take() {
    for (TimelineRow& row : change_.timeline) row.state_after = payment().state;
    return std::move(change_);
}

std::string finding_of(const Answer& answer) {
    std::string finding(to_string(answer.outcome));
    if (!answer.code.empty()) finding += " " + answer.code;
    return finding;
}

}  // namespace huitong::payments

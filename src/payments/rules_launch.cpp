// Launched payments: made known to the channel, begun by the payer, closed when nobody paid in time. What the
// payer may have begun with is alive until the channel says that it is not (spec/upay 5.2,
// spec/channels 3.2, 3.10).
#include <algorithm>

#include "core/mutation.hpp"
#include "payments/draft.hpp"
#include "payments/rules_internal.hpp"

namespace huitong::payments {

Act undoing_act(const Payment& payment) {
    // Alipay's cancel also kills a code that nobody has scanned yet, which its close cannot.
    const bool is_code_of_alipay = payment.channel == ChannelKind::alipay && payment.product == Product::qr;
    return !is_launched(payment) || is_code_of_alipay ? Act::send : Act::close;
}

bool is_undone_by_refund(const Payment& payment) {
    return is_launched(payment) && payment.is_seen_paid && !HUITONG_MUTATED("paid_launch_closed_only");
}

bool is_to_be_launched_again(const Aggregate& aggregate, core::Instant now, const Policy& policy) {
    const Operation& pay = aggregate.pay();
    const bool is_open = aggregate.payment.state == PaymentState::created && pay.finished_at == std::nullopt;
    return is_open && pay.tries > 0 && now < aggregate.payment.created_at + policy.launch_patience;
}

namespace {

// No answer that counts. Nobody has anything to pay with yet, so the same call may be made again; without an
// answer for too long the order is closed.
void launch_unanswered(Draft& draft, Operation& pay, const LaunchAnswer& answer) {
    const Policy& policy = draft.policy();
    const bool is_certainly_unsent = answer.outcome == Outcome::not_sent && pay.state == OperationState::sent;
    if (!is_certainly_unsent) pay.state = OperationState::unknown;
    const bool is_patient = answer.refusal != Refusal::not_sent_in_time &&
                            draft.now() < draft.payment().created_at + policy.launch_patience;
    if (is_patient) {
        // Due only if whoever launches it does not come to an end.
        draft.schedule(pay, Act::query, draft.now() + policy.launch_repeat + policy.call_timeout);
    } else if (is_certainly_unsent || HUITONG_MUTATED("launch_unanswered_is_failure")) {
        draft.note_arrival();
        take_refusal(draft, pay, answer, false);
    } else {
        draft.begin_reversal(ReversalBy::engine, pay.owner);
    }
}

}  // namespace

core::Result<Change> on_launch_answer(const Aggregate& before, Claim claim, const LaunchAnswer& answer,
                                      core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const auto found = claimed(draft, claim);
    if (!found) return std::unexpected(found.error());
    Operation& pay = **found;
    draft.note_answer(pay, answer);
    draft.add_row(pay, "launch answered", finding_of(answer), &answer.exchange);
    if (answer.is_trade_made) draft.note_arrival();
    if (!is_waiting(draft.payment().state)) {
        // Cancelled meanwhile: what undoes it decides.
        if (pay.state == OperationState::sent) pay.state = OperationState::unknown;
        return draft.take();
    }
    switch (answer.outcome) {
        case Outcome::done:
            if (!HUITONG_MUTATED("launch_not_kept")) draft.payment().launch = answer.launch;
            pay.state = OperationState::unknown;
            draft.note_waiting();
            draft.schedule(pay, Act::query, now + launch_query_delay(core::Duration{0}));
            break;
        case Outcome::refused:
            take_refusal(draft, pay, answer, answer.may_exist || pay.state == OperationState::unknown);
            break;
        case Outcome::pending:
        case Outcome::unknown:
        case Outcome::not_sent:
            launch_unanswered(draft, pay, answer);
            break;
    }
    return draft.take();
}

void expire(Draft& draft, Operation& pay, const Answer& answer, bool is_watched) {
    const std::string owner = pay.owner;
    draft.note_waiting();
    draft.payment().reversal_by = ReversalBy::engine;
    draft.payment().effect = Effect::unpaid;
    draft.payment().channel_code = answer.code;
    draft.end_pay(Effect::unpaid);
    draft.move(PaymentEvent::expired);
    if (is_watched) draft.watch(owner);
}

void await_payer(Draft& draft, Operation& pay, const QueryAnswer& answer) {
    const Payment& payment = draft.payment();
    const Policy& policy = draft.policy();
    // Nobody was given anything to pay with.
    if (payment.launch.empty() && !pay.is_restored) {
        draft.begin_reversal(ReversalBy::engine, pay.owner);
        return;
    }
    if (answer.exchange.started_at < payment.deadline_at && !HUITONG_MUTATED("launch_closed_early")) {
        const core::Duration wait = launch_query_delay(draft.now() - payment.created_at);
        const bool is_limited = answer.refusal == Refusal::rate_limited;
        core::Instant next = draft.now() + (is_limited ? 2 * wait : wait);
        // The channel may have closed it by itself, just after nobody could begin any more.
        const core::Instant expired = *payment.expires_at + policy.query_spacing;
        if (draft.now() < expired) next = std::min(next, expired);
        return draft.schedule(pay, Act::query, std::min(next, payment.deadline_at));
    }
    if (draft.now() >= payment.deadline_at + policy.reverse_give_up)
        return draft.give_up(pay, "close_not_proven");
    const bool is_first = draft.now() < payment.deadline_at + policy.close_repeat;
    if (HUITONG_MUTATED("expired_without_close")) return expire(draft, pay, answer, false);
    draft.schedule(pay, Act::close, is_first ? draft.now() : draft.now() + policy.close_repeat);
}

void close_of_launched_answered(Draft& draft, Operation& pay, const CloseAnswer& answer) {
    const bool is_over = draft.now() >= draft.payment().in_flight_until;
    if (HUITONG_MUTATED("close_refused_is_closed") && is_waiting(draft.payment().state))
        return expire(draft, pay, answer, false);
    if (answer.outcome == Outcome::done && answer.has_no_trade && is_over &&
        is_waiting(draft.payment().state))
        return expire(draft, pay, answer, true);
    // Closed, or paid in the last moment, or not known: a look tells.
    draft.schedule(pay, Act::query, draft.now());
}

namespace {

// What would look at the trade next, if it does not do so already.
Operation* due_look(Draft& draft, const Notice& notice) {
    for (Operation& operation : draft.aggregate().operations) {
        const bool is_meant = notice.refund_number.empty() ? operation.kind != OperationKind::refund
                                                           : operation.kind == OperationKind::refund &&
                                                                 operation.number == notice.refund_number;
        if (is_meant && operation.next_act == Act::query) return &operation;
    }
    return nullptr;
}

// Told that it is over, and never seen paid: what the channel has to say now may be a payment.
bool is_news_possible(const Payment& payment) {
    const bool is_over = payment.state == PaymentState::closed || payment.state == PaymentState::failed ||
                         payment.state == PaymentState::reversed;
    return is_over && !payment.is_seen_paid;
}

}  // namespace

std::optional<Change> on_notice(const Aggregate& before, const Notice& notice, const std::string& owner,
                                core::Instant now, const Policy& policy) {
    Draft draft(before, now, policy);
    const bool is_other_amount = notice.amount && *notice.amount != before.payment.amount;
    if (HUITONG_MUTATED("notice_is_proof") && notice.refund_number.empty() &&
        is_waiting(before.payment.state)) {
        draft.become_paid(draft.aggregate().operations.front());
        return draft.take();
    }
    Operation* look = due_look(draft, notice);
    if (!look && notice.refund_number.empty() && is_news_possible(before.payment))
        look = &draft.insert_operation(OperationKind::watch, owner);
    const bool is_later = look && (!look->next_at || *look->next_at > now);
    if (!is_later && !is_other_amount) return std::nullopt;
    const Operation& told = look ? *look : draft.aggregate().pay();
    Exchange exchange{
        .call = "notice", .request = {}, .response = notice.body, .started_at = now, .ended_at = now};
    draft.add_row(told, "notice received", notice.code, &exchange);
    if (is_other_amount) {
        draft.alarm("amount_mismatch", "ordered " + core::to_string(before.payment.amount) +
                                           ", a notice says " + core::to_string(*notice.amount));
    }
    if (is_later) {
        if (look->owner.empty()) draft.take_over(*look, owner);
        draft.schedule(*look, Act::query, now);
    }
    return draft.take();
}

}  // namespace huitong::payments

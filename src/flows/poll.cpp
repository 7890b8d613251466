// Asking the channel what became of a trade, and closing one that nobody paid in time. Neither moves money or
// needs an intent; the answer is committed with what it changes.
#include <algorithm>

#include "flows/engine.hpp"

namespace huitong::flows {

using payments::Aggregate;

namespace {

// A poll ends by the payment's deadline, so that the last query and the reversal are not held up by a silent
// channel.
core::Duration query_timeout(const payments::Payment& payment, const payments::Policy& policy,
                             core::Instant now) {
    if (payment.state == payments::PaymentState::reversing) return policy.call_timeout;
    const core::Duration left = payment.deadline_at - now;
    return std::clamp(left, policy.last_query_timeout, policy.call_timeout);
}

}  // namespace

task::Task<Aggregate> Engine::query(Aggregate aggregate, payments::Step step) {
    const payments::Payment& payment = aggregate.payment;
    const payments::Policy& rules = policy(payment.channel);
    const auto account_used = co_await account(payment.channel_account);
    if (!account_used) co_return std::unexpected(account_used.error());
    const ports::TradeRef trade{.number = payment.channel_number,
                                .amount = payment.amount,
                                .timeout = query_timeout(payment, rules, deps_.time.now())};
    const auto answer = co_await deps_.channels.find(payment.channel)->query(*account_used, trade);
    heard(payment, *account_used, answer);
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    co_return co_await record(std::move(aggregate), [this, claim, answer, &rules](const Aggregate& before) {
        return payments::on_query_answer(before, claim, answer, deps_.time.now(), rules);
    });
}

task::Task<Aggregate> Engine::close_unpaid(Aggregate aggregate, payments::Step step) {
    const payments::Payment& payment = aggregate.payment;
    const payments::Policy& rules = policy(payment.channel);
    const auto account_used = co_await account(payment.channel_account);
    if (!account_used) co_return std::unexpected(account_used.error());
    const ports::TradeRef trade{
        .number = payment.channel_number, .amount = payment.amount, .timeout = rules.call_timeout};
    const auto answer = co_await deps_.channels.find(payment.channel)->close(*account_used, trade);
    heard(payment, *account_used, answer);
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    co_return co_await record(std::move(aggregate), [this, claim, answer, &rules](const Aggregate& before) {
        return payments::on_close_answer(before, claim, answer, deps_.time.now(), rules);
    });
}

}  // namespace huitong::flows

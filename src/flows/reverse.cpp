// Undoing a payment at the channel: marked sent and committed, then sent, then its answer committed. The same
// call is repeated until the rules take it as proven.
#include "flows/engine.hpp"

namespace huitong::flows {

using payments::Aggregate;

task::Task<Aggregate> Engine::reverse(Aggregate aggregate, payments::Step step) {
    const payments::Policy& rules = policy(aggregate.payment.channel);
    const auto sent = co_await record_sent(std::move(aggregate), step);
    if (!sent) co_return std::unexpected(sent.error());
    const auto& [order, account_used] = *sent;
    const payments::Payment& payment = order.payment;
    auto answer = not_written<payments::ReverseAnswer>();
    answer.must_repeat = true;
    if (co_await journal(order, step.seq)) {
        const ports::TradeRef trade{
            .number = payment.channel_number, .amount = payment.amount, .timeout = rules.call_timeout};
        answer = co_await deps_.channels.find(payment.channel)->reverse(account_used, trade);
        heard(payment, account_used, answer);
    }
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    co_return co_await record(order, [this, claim, answer, &rules](const Aggregate& before) {
        return payments::on_reverse_answer(before, claim, answer, deps_.time.now(), rules);
    });
}

task::Task<Aggregate> Engine::close(Aggregate aggregate, payments::Step step) {
    const payments::Policy& rules = policy(aggregate.payment.channel);
    const auto sent = co_await record_sent(std::move(aggregate), step);
    if (!sent) co_return std::unexpected(sent.error());
    const auto& [order, account_used] = *sent;
    const payments::Payment& payment = order.payment;
    auto answer = not_written<payments::CloseAnswer>();
    if (co_await journal(order, step.seq)) {
        const ports::TradeRef trade{
            .number = payment.channel_number, .amount = payment.amount, .timeout = rules.call_timeout};
        answer = co_await deps_.channels.find(payment.channel)->close(account_used, trade);
        heard(payment, account_used, answer);
    }
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    co_return co_await record(order, [this, claim, answer, &rules](const Aggregate& before) {
        return payments::on_close_answer(before, claim, answer, deps_.time.now(), rules);
    });
}

}  // namespace huitong::flows

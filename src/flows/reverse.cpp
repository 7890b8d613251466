// Undoing a payment at the channel: marked sent and committed, then sent, then its answer committed. The same
// call is repeated until the rules take it as proven.
#include "flows/engine.hpp"

namespace huitong::flows {

using payments::Aggregate;

task::Task<Aggregate> Engine::reverse(Aggregate aggregate, payments::Step step) {
    const payments::Policy& rules = policy(aggregate.payment.channel);
    const auto account_used = co_await account(aggregate.payment.channel_account);
    if (!account_used) co_return std::unexpected(account_used.error());

    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    auto sent = co_await record(std::move(aggregate), [this, claim, &rules](const Aggregate& before) {
        return payments::on_reverse_sent(before, claim, deps_.time.now(), rules);
    });
    if (!sent) co_return sent;

    const payments::Payment& payment = sent->payment;
    const ports::TradeRef trade{
        .number = payment.channel_number, .amount = payment.amount, .timeout = rules.call_timeout};
    const auto answer = co_await deps_.channels.find(payment.channel)->reverse(*account_used, trade);
    co_return co_await record(std::move(*sent), [this, claim, answer, &rules](const Aggregate& before) {
        return payments::on_reverse_answer(before, claim, answer, deps_.time.now(), rules);
    });
}

}  // namespace huitong::flows

// A payment that the payer begins: intent committed, made known to the channel, and answered with what the
// payer begins with. From there on it is polled like any other; the channel's notices only make it quicker.
#include "core/mutation.hpp"
#include "flows/intent.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;

task::Task<Aggregate> Engine::launch(LaunchCommand command) {
    const ports::Channel* const channel = deps_.channels.find(command.order.channel);
    if (channel && channel->needs_payer(command.product) && command.payer_id.empty())
        co_return core::fail(Code::invalid, "payer_needed");
    if (options_.public_url.empty()) co_return core::fail(Code::not_found, "no_notify_url");
    payments::Payment payment = describe(command.order);
    payment.product = command.product;
    auto intent = co_await begin(std::move(payment));
    if (!intent) co_return std::unexpected(std::move(intent.error()));
    const core::PaymentSn sn = intent->order.payment.sn;
    Aggregate committed_intent = intent->order;
    auto launched =
        co_await send_launch(std::move(command), std::move(intent->order), std::move(intent->account));
    if (!launched) {
        // The outcome could not be written: the intent is, and is closed when its lease ends.
        deps_.observer.on_trouble_of(sn, "launch", launched.error());
        co_return committed_intent;
    }
    if (payments::next_step(*launched)) drive(sn);
    co_return launched;
}

task::Task<Aggregate> Engine::send_launch(LaunchCommand command, Aggregate intent,
                                          ports::ChannelAccount account) {
    const payments::Claim claim{.seq = intent.pay().seq, .attempt = intent.pay().attempt};
    const payments::Payment& payment = intent.payment;
    const payments::Policy& rules = policy(payment.channel);
    ports::LaunchCall call{.number = payment.channel_number,
                           .amount = payment.amount,
                           .product = payment.product,
                           .payer_id = std::move(command.payer_id),
                           .subject = payment.subject,
                           .terminal_sn = payment.terminal_sn,
                           .terminal_ip = std::move(command.order.terminal_ip),
                           .attach = std::move(command.order.attach),
                           .goods_tag = std::move(command.order.goods_tag),
                           .notify_url = notify_url_for(payment),
                           .return_url = std::move(command.return_url),
                           .created_at = payment.created_at,
                           .expires_at = *payment.expires_at,
                           .timeout = rules.call_timeout};
    // A lost disk must not lose what a payer may have begun.
    const bool is_written =
        HUITONG_MUTATED("launch_not_journaled") || (co_await journal(intent, claim.seq)).has_value();
    const bool is_in_time = deps_.time.now() <= command.order.arrived_at + rules.send_by;
    Aggregate order = std::move(intent);
    for (;;) {
        auto answer = unsent<payments::LaunchAnswer>("journal_failed", payments::Refusal::not_sent_in_time);
        if (!is_in_time) answer.code = "not_sent_in_time";
        if (is_written && is_in_time) {
            answer = co_await deps_.channels.find(order.payment.channel)->launch(account, call);
            heard(order.payment, account, answer);
        }
        auto after = co_await record(
            std::move(order), [this, claim, answer = std::move(answer), &rules](const Aggregate& before) {
                return payments::on_launch_answer(before, claim, answer, deps_.time.now(), rules);
            });
        const bool is_again = after && payments::is_to_be_launched_again(*after, deps_.time.now(), rules);
        if (!is_again || group_.is_stopping()) co_return after;
        if (HUITONG_MUTATED("launch_again_as_another")) call.number += "b";
        co_await deps_.time.sleep_for(rules.launch_repeat);
        order = std::move(*after);
    }
}

}  // namespace huitong::flows

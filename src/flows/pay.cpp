// Pay by the payer's code: intent committed, call sent at once, outcome committed, answer (DESIGN.md §4).
#include "core/mutation.hpp"
#include "flows/intent.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;
using payments::Change;

task::Task<Intent> Engine::begin(payments::Payment payment) {
    const payments::ChannelKind channel = payment.channel;
    if (!deps_.channels.find(channel)) co_return core::fail(Code::not_found, "no_channel_account");
    if (is_catching_up_) co_return core::fail(Code::unavailable, "catching_up");
    auto intent = co_await commit_intent(deps_, policy(channel), circuit_.unreachable(deps_.time.now()),
                                         std::move(payment));
    if (!intent) co_return intent;
    circuit_.note_try(intent->account.base_url, deps_.time.now());
    committed(nullptr, Change{.after = intent->order});
    co_return intent;
}

task::Task<Aggregate> Engine::pay(PayCommand command) {
    auto intent = co_await begin(describe(command.order));
    if (!intent) co_return std::unexpected(std::move(intent.error()));
    const core::PaymentSn sn = intent->order.payment.sn;
    const core::Instant wait_until = command.order.wait_until;
    Aggregate committed_intent = intent->order;
    auto paid = co_await send_pay(std::move(command), std::move(intent->order), std::move(intent->account));
    if (!paid) {
        // The outcome could not be written: the intent is, so the operation is taken up again when its lease
        // ends.
        deps_.observer.on_trouble_of(sn, "pay", paid.error());
        co_return co_await wait_for(std::move(committed_intent), wait_until, is_decided);
    }
    if (payments::next_step(*paid)) drive(sn);
    co_return co_await wait_for(std::move(*paid), wait_until, is_decided);
}

task::Task<Aggregate> Engine::send_pay(PayCommand command, Aggregate intent, ports::ChannelAccount account) {
    const payments::Claim claim{.seq = intent.pay().seq, .attempt = intent.pay().attempt};
    const payments::Payment& payment = intent.payment;
    const payments::Policy& rules = policy(payment.channel);
    auto answer = unsent<payments::PayAnswer>("journal_failed");
    const bool is_written =
        HUITONG_MUTATED("journal_after_send") || (co_await journal(intent, claim.seq)).has_value();
    if (is_written && deps_.time.now() > command.order.arrived_at + rules.send_by &&
        !HUITONG_MUTATED("send_by_ignored")) {
        answer = unsent<payments::PayAnswer>("not_sent_in_time", payments::Refusal::not_sent_in_time);
    } else if (is_written) {
        const ports::PayByCode call{.number = payment.channel_number,
                                    .amount = payment.amount,
                                    .payment_code = std::move(command.payment_code),
                                    .subject = payment.subject,
                                    .terminal_sn = payment.terminal_sn,
                                    .terminal_ip = std::move(command.order.terminal_ip),
                                    .attach = std::move(command.order.attach),
                                    .goods_tag = std::move(command.order.goods_tag),
                                    .timeout = rules.call_timeout};
        answer = co_await deps_.channels.find(payment.channel)->pay_by_code(account, call);
        if (HUITONG_MUTATED("pay_resent_after_timeout") && answer.outcome == payments::Outcome::unknown)
            answer = co_await deps_.channels.find(payment.channel)->pay_by_code(account, call);
        if (HUITONG_MUTATED("journal_after_send")) (void)co_await journal(intent, claim.seq);
        heard(payment, account, answer);
    }
    if (HUITONG_MUTATED("answer_without_commit")) {
        auto told = payments::on_pay_answer(intent, claim, answer, deps_.time.now(), rules);
        if (told) co_return std::move(told->after);
    }
    co_return co_await record(
        std::move(intent), [this, claim, answer = std::move(answer), &rules](const Aggregate& before) {
            return payments::on_pay_answer(before, claim, answer, deps_.time.now(), rules);
        });
}

}  // namespace huitong::flows

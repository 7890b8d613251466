// Pay by the payer's code: intent committed, call sent at once, outcome committed, answer (DESIGN.md §4).
#include "core/numbers.hpp"
#include "flows/engine.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;
using payments::Change;

namespace {

struct Prepared {
    Aggregate intent;
    ports::ChannelAccount account;
};

payments::NewPayment describe(const PayCommand& command, core::PaymentSn sn,
                              const std::string& channel_number, const std::string& owner,
                              core::Instant now) {
    payments::Payment payment;
    payment.sn = sn;
    payment.merchant_sn = command.merchant_sn;
    payment.store_sn = command.store_sn;
    payment.terminal_sn = command.terminal_sn;
    payment.client_sn = command.client_sn;
    payment.channel = command.channel;
    payment.channel_number = channel_number;
    payment.amount = command.amount;
    payment.subject = command.subject;
    payment.operator_name = command.operator_name;
    payment.reflect = command.reflect;
    payment.created_at = now;
    return {.payment = std::move(payment), .owner = owner};
}

payments::PayAnswer not_sent_in_time(core::Instant now) {
    payments::PayAnswer answer;
    answer.outcome = payments::Outcome::not_sent;
    answer.refusal = payments::Refusal::not_sent_in_time;
    answer.code = "not_sent_in_time";
    answer.exchange.started_at = now;
    answer.exchange.ended_at = now;
    return answer;
}

// The intent in the store, under a number of its own. A process that ended within the last second may have
// used the number drawn: then the next one is.
task::Task<Prepared> commit_intent(const EngineDeps& deps, const PayCommand& command,
                                   const payments::Policy& rules) {
    constexpr int most_numbers = 100;
    for (int tries = 1;; ++tries) {
        const core::PaymentSn sn = deps.numbers.next_payment_sn(core::shard_of(command.merchant_sn));
        const auto intent = describe(command, sn, deps.numbers.operation_number('P', sn, 1),
                                     deps.numbers.epoch(), deps.time.now());
        auto prepared = co_await deps.store.write([intent, &rules](ports::Tx& tx) -> core::Result<Prepared> {
            const payments::Payment& payment = intent.payment;
            auto accounts = tx.directory().find_accounts(payment.merchant_sn, payment.channel);
            if (accounts.empty()) return core::fail(Code::not_found, "no_channel_account");
            payments::NewPayment chosen = intent;
            chosen.payment.channel_account = accounts.front().id;
            Prepared result{.intent = payments::make_intent(std::move(chosen), rules),
                            .account = std::move(accounts.front())};
            tx.payments().insert(result.intent);
            return result;
        });
        if (prepared || prepared.error().reason != "sn_taken" || tries == most_numbers) co_return prepared;
    }
}

}  // namespace

task::Task<Aggregate> Engine::pay(PayCommand command) {
    if (!deps_.channels.find(command.channel)) co_return core::fail(Code::not_found, "no_channel_account");
    auto prepared = co_await commit_intent(deps_, command, policy(command.channel));
    if (!prepared) co_return std::unexpected(std::move(prepared.error()));
    const core::PaymentSn sn = prepared->intent.payment.sn;
    committed(nullptr, Change{.after = prepared->intent, .entries = {}, .alarms = {}, .timeline = {}});

    const core::Instant wait_until = command.wait_until;
    Aggregate committed_intent = prepared->intent;
    auto paid =
        co_await send_pay(std::move(command), std::move(prepared->intent), std::move(prepared->account));
    if (!paid) {
        // The outcome could not be written: the intent is, so the operation is taken up again when its lease
        // ends.
        deps_.observer.on_trouble("pay", paid.error());
        co_return co_await wait_for(std::move(committed_intent), wait_until);
    }
    if (payments::next_step(*paid)) drive(sn);
    co_return co_await wait_for(std::move(*paid), wait_until);
}

task::Task<Aggregate> Engine::send_pay(PayCommand command, Aggregate intent, ports::ChannelAccount account) {
    const payments::Claim claim{.seq = intent.pay().seq, .attempt = intent.pay().attempt};
    const payments::Payment& payment = intent.payment;
    const payments::Policy& rules = policy(payment.channel);
    payments::PayAnswer answer;
    if (deps_.time.now() > command.arrived_at + rules.send_by) {
        answer = not_sent_in_time(deps_.time.now());
    } else {
        const ports::PayByCode call{.number = payment.channel_number,
                                    .amount = payment.amount,
                                    .payment_code = std::move(command.payment_code),
                                    .subject = payment.subject,
                                    .terminal_sn = payment.terminal_sn,
                                    .terminal_ip = std::move(command.terminal_ip),
                                    .attach = std::move(command.attach),
                                    .goods_tag = std::move(command.goods_tag),
                                    .timeout = rules.call_timeout};
        answer = co_await deps_.channels.find(payment.channel)->pay_by_code(account, call);
    }
    co_return co_await record(
        std::move(intent), [this, claim, answer = std::move(answer), &rules](const Aggregate& before) {
            return payments::on_pay_answer(before, claim, answer, deps_.time.now(), rules);
        });
}

}  // namespace huitong::flows

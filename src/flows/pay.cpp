// Pay by the payer's code: intent committed, call sent at once, outcome committed, answer (DESIGN.md §4).
#include <algorithm>
#include <set>

#include "core/mutation.hpp"
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

// The account of least priority whose channel can be reached; `accounts` are in the order of their ids.
core::Result<ports::ChannelAccount> choose(std::vector<ports::ChannelAccount> accounts,
                                           const std::set<std::string>& unreachable) {
    if (accounts.empty()) return core::fail(Code::not_found, "no_channel_account");
    std::erase_if(accounts, [&](const ports::ChannelAccount& account) {
        return unreachable.contains(account.base_url);
    });
    const auto found = std::ranges::min_element(accounts, {}, &ports::ChannelAccount::priority);
    if (found == accounts.end()) return core::fail(Code::unavailable, "channel_down");
    return std::move(*found);
}

// What terminal, store and merchant may still receive. True when the payment counts for a day's sum.
core::Result<bool> check_limits(ports::Tx& tx, const payments::Payment& payment) {
    const auto limits = tx.limits().find({.terminal_sn = payment.terminal_sn,
                                          .store_sn = payment.store_sn,
                                          .merchant_sn = payment.merchant_sn});
    const core::Date day = HUITONG_MUTATED("limit_day_in_utc")
                               ? core::Date{std::chrono::floor<std::chrono::days>(payment.created_at)}
                               : core::to_beijing_date(payment.created_at);
    bool is_counted = false;
    for (const ports::Limit& limit : limits) {
        if (limit.per_payment && payment.amount > *limit.per_payment)
            return core::fail(Code::limit, "payment_limit");
        if (!limit.per_day) continue;
        is_counted = true;
        if (tx.limits().used(limit, day) + payment.amount > *limit.per_day)
            return core::fail(Code::limit, std::string(ports::to_string(limit.kind)) + "_day_limit");
    }
    return is_counted;
}

struct IntentTerms {
    const payments::Policy& rules;
    std::set<std::string> unreachable;  // addresses of channels that take no new payment
};

// The account to use, with the payment's terms filled in.
core::Result<ports::ChannelAccount> set_terms(ports::Tx& tx, payments::Payment& payment,
                                              const IntentTerms& terms) {
    auto account =
        choose(tx.directory().find_accounts(payment.merchant_sn, payment.channel), terms.unreachable);
    if (!account) return account;
    const auto is_counted = check_limits(tx, payment);
    if (!is_counted) return std::unexpected(is_counted.error());
    payment.channel_account = account->id;
    payment.channel_fee_ppm = account->channel_fee_ppm;
    payment.merchant_fee_ppm = account->merchant_fee_ppm;
    payment.refund_days = account->refund_days > 0 ? account->refund_days : terms.rules.refund_days;
    payment.is_limited = *is_counted;
    return account;
}

core::Result<Prepared> insert_intent(ports::Tx& tx, payments::NewPayment intent, const IntentTerms& terms) {
    payments::Payment& payment = intent.payment;
    auto account = set_terms(tx, payment, terms);
    if (!account) {
        // "Nothing was charged" would be a lie about a number that was used before.
        if (tx.payments().find_by_client_sn(payment.merchant_sn, payment.client_sn))
            return core::fail(Code::conflict, "client_sn_taken");
        return std::unexpected(std::move(account.error()));
    }
    Prepared prepared{.intent = payments::make_intent(std::move(intent), terms.rules),
                      .account = std::move(*account)};
    if (!HUITONG_MUTATED("send_without_intent")) tx.payments().insert(prepared.intent);
    if (prepared.intent.payment.is_limited) tx.limits().count(prepared.intent.payment);
    if (HUITONG_MUTATED("limit_counted_twice")) tx.limits().count(prepared.intent.payment);
    return prepared;
}

// The intent in the store, under a number of its own. A process that ended within the last second may have
// used the number drawn: then the next one is.
task::Task<Prepared> commit_intent(const EngineDeps& deps, const PayCommand& command, IntentTerms terms) {
    constexpr int most_numbers = 100;
    for (int tries = 1;; ++tries) {
        const core::PaymentSn sn = deps.numbers.next_payment_sn(core::shard_of(command.merchant_sn));
        const auto intent = describe(command, sn, deps.numbers.operation_number('P', sn, 1),
                                     deps.numbers.epoch(), deps.time.now());
        auto prepared = co_await deps.store.write(
            [intent, &terms](ports::Tx& tx) { return insert_intent(tx, intent, terms); });
        if (prepared || prepared.error().reason != "sn_taken" || tries == most_numbers) co_return prepared;
    }
}

}  // namespace

task::Task<Aggregate> Engine::pay(PayCommand command) {
    if (!deps_.channels.find(command.channel)) co_return core::fail(Code::not_found, "no_channel_account");
    if (is_catching_up_) co_return core::fail(Code::unavailable, "catching_up");
    auto prepared = co_await commit_intent(
        deps_, command,
        {.rules = policy(command.channel), .unreachable = circuit_.unreachable(deps_.time.now())});
    if (!prepared) co_return std::unexpected(std::move(prepared.error()));
    circuit_.note_try(prepared->account.base_url, deps_.time.now());
    const core::PaymentSn sn = prepared->intent.payment.sn;
    committed(nullptr, Change{.after = prepared->intent});

    const core::Instant wait_until = command.wait_until;
    Aggregate committed_intent = prepared->intent;
    auto paid =
        co_await send_pay(std::move(command), std::move(prepared->intent), std::move(prepared->account));
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
    auto answer = not_written<payments::PayAnswer>();
    const bool is_written =
        HUITONG_MUTATED("journal_after_send") || (co_await journal(intent, claim.seq)).has_value();
    if (is_written && deps_.time.now() > command.arrived_at + rules.send_by &&
        !HUITONG_MUTATED("send_by_ignored")) {
        answer = not_sent_in_time(deps_.time.now());
    } else if (is_written) {
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

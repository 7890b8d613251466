#include "flows/intent.hpp"

#include <algorithm>

#include "core/mutation.hpp"
#include "core/numbers.hpp"

namespace huitong::flows {

using core::Code;

namespace {

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

core::Result<Intent> insert_intent(ports::Tx& tx, payments::NewPayment intent, const IntentTerms& terms) {
    payments::Payment& payment = intent.payment;
    auto account = set_terms(tx, payment, terms);
    if (!account) {
        // "Nothing was charged" would be a lie about a number that was used before.
        if (tx.payments().find_by_client_sn(payment.merchant_sn, payment.client_sn))
            return core::fail(Code::conflict, "client_sn_taken");
        return std::unexpected(std::move(account.error()));
    }
    Intent prepared{.order = payments::make_intent(std::move(intent), terms.rules),
                    .account = std::move(*account)};
    if (!HUITONG_MUTATED("send_without_intent")) tx.payments().insert(prepared.order);
    if (prepared.order.payment.is_limited) tx.limits().count(prepared.order.payment);
    if (HUITONG_MUTATED("limit_counted_twice")) tx.limits().count(prepared.order.payment);
    return prepared;
}

}  // namespace

payments::Payment describe(const OrderCommand& command) {
    payments::Payment payment;
    payment.merchant_sn = command.merchant_sn;
    payment.store_sn = command.store_sn;
    payment.terminal_sn = command.terminal_sn;
    payment.client_sn = command.client_sn;
    payment.channel = command.channel;
    payment.amount = command.amount;
    payment.subject = command.subject;
    payment.operator_name = command.operator_name;
    payment.reflect = command.reflect;
    payment.notify_url = command.notify_url;
    payment.notify_flags = command.notify_flags;
    return payment;
}

task::Task<Intent> commit_intent(const EngineDeps& deps, const payments::Policy& rules,
                                 std::set<std::string> unreachable, payments::Payment payment) {
    // A process that ended within the last second may have used the number drawn: then the next one is.
    constexpr int most_numbers = 100;
    const IntentTerms terms{.rules = rules, .unreachable = std::move(unreachable)};
    for (int tries = 1;; ++tries) {
        payment.sn = deps.numbers.next_payment_sn(core::shard_of(payment.merchant_sn));
        payment.channel_number = deps.numbers.operation_number('P', payment.sn, 1);
        payment.created_at = deps.time.now();
        const payments::NewPayment intent{.payment = payment, .owner = deps.numbers.epoch()};
        auto prepared = co_await deps.store.write(
            [intent, &terms](ports::Tx& tx) { return insert_intent(tx, intent, terms); });
        if (prepared || prepared.error().reason != "sn_taken" || tries == most_numbers) co_return prepared;
    }
}

}  // namespace huitong::flows

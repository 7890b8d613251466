// Refunds: the request is committed with its reservation, the driver sends it in its turn and asks until it
// is proven, the caller waits. The same number in every repetition (spec/channels 1A.9, 2.7).
#include <algorithm>

#include "core/mutation.hpp"
#include "flows/send.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;
using payments::Operation;

namespace {

// Nothing more can be said soon: proven, refused, with a person, or the channel was asked and takes its time.
bool is_settled(const Operation& refund) {
    using payments::OperationState;
    if (payments::is_final(refund.state) || refund.state == OperationState::manual) return true;
    const bool is_accepted =
        refund.state == OperationState::unknown && refund.last_outcome == payments::Outcome::pending;
    return is_accepted && refund.asked_at && *refund.asked_at >= *refund.sent_at;
}

ports::RefundRef ref_of(const Aggregate& aggregate, const Operation& refund, std::string notify_url,
                        core::Duration timeout) {
    return {.trade_number = aggregate.payment.channel_number,
            .trade_amount = aggregate.payment.amount,
            .refund_number = refund.number,
            .amount = refund.amount,
            .reason = refund.reason,
            .notify_url = std::move(notify_url),
            .timeout = timeout};
}

}  // namespace

task::Task<FoundRefund> Engine::refund(RefundCommand command) {
    if (is_catching_up_) co_return core::fail(Code::unavailable, "catching_up");
    const payments::RefundRequest request{.request_no = command.request_no,
                                          .amount = command.amount,
                                          .operator_name = command.operator_name,
                                          .terminal_sn = command.terminal_sn,
                                          .reason = command.reason,
                                          .owner = deps_.numbers.epoch()};
    auto seen = co_await read(command.sn);
    if (!seen) co_return std::unexpected(std::move(seen.error()));
    auto begun = co_await record(std::move(*seen), [this, request](const Aggregate& before) {
        return payments::on_refund(before, request, deps_.time.now(), policy(before.payment.channel));
    });
    if (!begun && begun.error().reason == "already_asked") begun = co_await read(command.sn);
    if (!begun) co_return std::unexpected(std::move(begun.error()));
    drive(command.sn);
    const int seq = begun->find_refund(command.request_no)->seq;
    auto waited = co_await wait_for(std::move(*begun), command.wait_until,
                                    [seq](const Aggregate& now) { return is_settled(*now.find(seq)); });
    if (!waited) co_return std::unexpected(std::move(waited.error()));
    co_return FoundRefund{.order = std::move(*waited), .seq = seq};
}

task::Task<Aggregate> Engine::send_refund(Aggregate aggregate, payments::Step step) {
    const auto ref_of_refund = [this, seq = step.seq](const Aggregate& order, core::Duration timeout) {
        return ref_of(order, *order.find(seq), notify_url_for(order.payment), timeout);
    };
    const auto rule = [](const Aggregate& before, payments::Claim claim, const payments::RefundAnswer& answer,
                         core::Instant now, const payments::Policy& rules) {
        return payments::on_refund_answer(before, claim, answer, false, now, rules);
    };
    return send(std::move(aggregate), step, unsent<payments::RefundAnswer>("journal_failed"),
                &ports::Channel::refund, ref_of_refund, rule);
}

task::Task<Aggregate> Engine::query_refund(Aggregate aggregate, payments::Step step) {
    const payments::Payment& payment = aggregate.payment;
    const payments::Policy& rules = policy(payment.channel);
    const auto account_used = co_await account(payment.channel_account);
    if (!account_used) co_return std::unexpected(account_used.error());
    const Operation* asked = aggregate.find(step.seq);
    if (HUITONG_MUTATED("refund_query_of_first_refund"))
        asked = &*std::ranges::find(aggregate.operations, payments::OperationKind::refund, &Operation::kind);
    const ports::RefundRef refund = ref_of(aggregate, *asked, {}, rules.call_timeout);
    const auto answer = co_await deps_.channels.find(payment.channel)->query_refund(*account_used, refund);
    heard(payment, *account_used, answer);
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    co_return co_await record(std::move(aggregate), [this, claim, answer, &rules](const Aggregate& before) {
        return payments::on_refund_answer(before, claim, answer, true, deps_.time.now(), rules);
    });
}

}  // namespace huitong::flows

#include "flows/decide.hpp"

#include <algorithm>

#include "flows/apply.hpp"
#include "flows/audit.hpp"
#include "flows/operators.hpp"

namespace huitong::flows {

using core::Code;
using core::fail;
using payments::Aggregate;
using ports::Operator;
using ports::Proposal;
using ports::ProposalState;
using ports::Tx;

namespace {

template <class V>
core::Result<V> parse_verdict(std::initializer_list<V> all, const std::string& text) {
    std::string names;
    for (const V verdict : all) {
        if (payments::to_string(verdict) == text) return verdict;
        names += (names.empty() ? "" : ", ") + std::string(payments::to_string(verdict));
    }
    return fail(Code::invalid, "bad_verdict", "one of " + names);
}

core::Result<payments::Verdict> parse_payment_verdict(const std::string& text) {
    using payments::Verdict;
    return parse_verdict(
        {Verdict::paid, Verdict::reversed, Verdict::closed, Verdict::failed, Verdict::reverse_again}, text);
}

core::Result<payments::RefundVerdict> parse_refund_verdict(const std::string& text) {
    using payments::RefundVerdict;
    return parse_verdict({RefundVerdict::refunded, RefundVerdict::not_refunded, RefundVerdict::again}, text);
}

core::Result<payments::Change> judge(const Aggregate& before, const Wish& wish, const std::string& who,
                                     core::Instant now, const EngineOptions& options) {
    const payments::Policy& policy = policy_of(options, before.payment.channel);
    if (wish.request_no.empty()) {
        const auto verdict = parse_payment_verdict(wish.verdict);
        if (!verdict) return std::unexpected(verdict.error());
        return payments::on_decision(
            before, {.verdict = *verdict, .operator_name = who, .reason = wish.reason, .owner = {}}, now,
            policy);
    }
    const auto verdict = parse_refund_verdict(wish.verdict);
    if (!verdict) return std::unexpected(verdict.error());
    const payments::Operation* const refund = before.find_refund(wish.request_no);
    if (!refund) return fail(Code::not_found, "no_refund");
    return payments::on_refund_decision(
        before,
        {.seq = refund->seq, .verdict = *verdict, .operator_name = who, .reason = wish.reason, .owner = {}},
        now, policy);
}

core::Money amount_of(const Aggregate& order, const Wish& wish) {
    const payments::Operation* const refund =
        wish.request_no.empty() ? nullptr : order.find_refund(wish.request_no);
    return refund ? refund->amount : order.payment.amount;
}

// `what`: "decide", "propose", …
AuditAct act_of(const Operator& by, const Wish& wish, std::string_view what, const std::string& detail) {
    const bool is_refund = !wish.request_no.empty();
    return {.actor = by.name,
            .act = (is_refund ? "refund." : "payment.") + std::string(what),
            .subject = wish.payment.text() + (is_refund ? " " + wish.request_no : std::string()),
            .detail = detail};
}

Wish wish_of(const Proposal& proposal) {
    return {.payment = proposal.payment,
            .request_no = proposal.request_no,
            .verdict = proposal.verdict,
            .reason = proposal.reason};
}

// Marks it and tells how it was answered.
Proposal settle(Tx& tx, Proposal proposal, ProposalState state, const std::string& by, core::Instant now) {
    proposal.state = state;
    proposal.decided_by = by;
    proposal.decided_at = now;
    tx.reviews().settle(proposal);
    return proposal;
}

core::Result<Proposal> find_open(Tx& tx, const std::string& id) {
    auto proposal = tx.reviews().find(id);
    if (!proposal) return fail(Code::not_found, "no_proposal");
    if (proposal->state != ProposalState::proposed)
        return fail(Code::conflict, "not_open", std::string(ports::to_string(proposal->state)));
    return std::move(*proposal);
}

// The second person: an approver, and not the first.
core::Result<Proposal> find_to_answer(Tx& tx, const Operator& by, const std::string& id) {
    if (by.role != ports::Role::approver) return fail(Code::denied, "approver_needed");
    auto proposal = find_open(tx, id);
    if (proposal && proposal->proposed_by == by.name)
        return fail(Code::denied, "same_person", "another approver confirms or rejects");
    return proposal;
}

// Reads and decides again while other writers come first.
template <class F>
auto write_fresh(ports::StorePort& store, F closure)
    -> boost::asio::awaitable<std::invoke_result_t<F&, Tx&>> {
    constexpr int most_races = 20;
    for (int race = 1;; ++race) {
        auto done = co_await store.write(closure);
        const bool is_again = !done && done.error().reason == "stale" && race < most_races;
        if (!is_again) co_return done;
    }
}

task::Task<Aggregate> decide_alone(ports::StorePort& store, Wish wish, std::string who, core::Instant now,
                                   EngineOptions options) {
    co_return co_await write_fresh(store, [=](Tx& tx) -> core::Result<Aggregate> {
        const auto before = tx.payments().find(wish.payment);
        if (!before) return fail(Code::not_found, "no_payment");
        auto change = judge(*before, wish, who, now, options);
        if (!change) return std::unexpected(std::move(change.error()));
        apply_change(tx, *before, *change);
        Operator by;
        by.name = who;
        append_audit(tx, act_of(by, wish, "decide", wish.verdict + ": " + wish.reason), now);
        return std::move(change->after);
    });
}

}  // namespace

task::Task<Aggregate> decide_beside(ports::StorePort& store, core::PaymentSn sn, payments::Decision decision,
                                    core::Instant now, EngineOptions options) {
    Wish wish{.payment = sn,
              .request_no = {},
              .verdict = std::string(payments::to_string(decision.verdict)),
              .reason = std::move(decision.reason)};
    co_return co_await decide_alone(store, std::move(wish), std::move(decision.operator_name), now,
                                    std::move(options));
}

task::Task<Aggregate> decide_refund_beside(ports::StorePort& store, core::PaymentSn sn,
                                           std::string request_no, payments::RefundDecision decision,
                                           core::Instant now, EngineOptions options) {
    Wish wish{.payment = sn,
              .request_no = std::move(request_no),
              .verdict = std::string(payments::to_string(decision.verdict)),
              .reason = std::move(decision.reason)};
    co_return co_await decide_alone(store, std::move(wish), std::move(decision.operator_name), now,
                                    std::move(options));
}

bool Reviews::takes_two(core::Money amount) const {
    if (options_.second_person_above < 0) return false;
    return amount.currency() != core::Currency::CNY || amount.minor() > options_.second_person_above;
}

task::Task<Decided> Reviews::decide(Operator by, Wish wish) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    const std::string id = wish.payment.text() + "-" + random_.hex(6);
    co_return co_await write_fresh(store_, [=, this](Tx& tx) -> core::Result<Decided> {
        const auto before = tx.payments().find(wish.payment);
        if (!before) return fail(Code::not_found, "no_payment");
        auto change = judge(*before, wish, by.name, now, options_.engine);
        if (!change) return std::unexpected(std::move(change.error()));
        const core::Money amount = amount_of(*before, wish);
        const std::int64_t version = before->payment.version;
        const bool takes_two_now = takes_two(amount);
        if (const auto open = tx.reviews().find_open(wish.payment, wish.request_no)) {
            const bool is_of_now = open->payment_version == version;
            if (takes_two_now && is_of_now) return fail(Code::conflict, "already_proposed", open->id);
            (void)settle(tx, *open, ProposalState::lapsed, by.name, now);
        }
        if (!takes_two_now) {
            apply_change(tx, *before, *change);
            append_audit(tx, act_of(by, wish, "decide", wish.verdict + ": " + wish.reason), now);
            return Decided{.order = std::move(change->after), .proposal = std::nullopt};
        }
        Proposal proposal{.id = id,
                          .payment = wish.payment,
                          .request_no = wish.request_no,
                          .verdict = wish.verdict,
                          .reason = wish.reason,
                          .amount = amount,
                          .payment_version = version,
                          .proposed_by = by.name,
                          .proposed_at = now,
                          .decided_by = {},
                          .decided_at = std::nullopt,
                          .answer = {}};
        tx.reviews().insert(proposal);
        append_audit(tx, act_of(by, wish, "propose", id + ", " + wish.verdict + ": " + wish.reason), now);
        return Decided{.order = *before, .proposal = std::move(proposal)};
    });
}

task::Task<Decided> Reviews::confirm(Operator by, std::string id) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    co_return co_await write_fresh(store_, [=, this](Tx& tx) -> core::Result<Decided> {
        auto proposal = find_to_answer(tx, by, id);
        if (!proposal) return std::unexpected(std::move(proposal.error()));
        const auto before = tx.payments().find(proposal->payment);
        if (!before) return fail(Code::not_found, "no_payment");
        if (before->payment.version != proposal->payment_version)
            return fail(Code::conflict, "payment_changed", "since it was proposed: look, and decide anew");
        const Wish wish = wish_of(*proposal);
        auto change =
            judge(*before, wish, proposal->proposed_by + ", confirmed by " + by.name, now, options_.engine);
        if (!change) return std::unexpected(std::move(change.error()));
        apply_change(tx, *before, *change);
        append_audit(tx,
                     act_of(by, wish, "confirm",
                            id + " of " + proposal->proposed_by + ", " + wish.verdict + ": " + wish.reason),
                     now);
        return Decided{.order = std::move(change->after),
                       .proposal = settle(tx, *proposal, ProposalState::confirmed, by.name, now)};
    });
}

task::Task<Proposal> Reviews::reject(Operator by, std::string id, std::string reason) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    if (reason.empty()) co_return fail(Code::invalid, "reason_missing");
    const core::Instant now = time_.now();
    co_return co_await store_.write([=](Tx& tx) -> core::Result<Proposal> {
        auto proposal = find_to_answer(tx, by, id);
        if (!proposal) return std::unexpected(std::move(proposal.error()));
        proposal->answer = reason;
        append_audit(tx, act_of(by, wish_of(*proposal), "reject", id + ": " + reason), now);
        return settle(tx, *proposal, ProposalState::rejected, by.name, now);
    });
}

task::Task<Proposal> Reviews::withdraw(Operator by, std::string id) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    co_return co_await store_.write([=](Tx& tx) -> core::Result<Proposal> {
        auto proposal = find_open(tx, id);
        if (!proposal) return std::unexpected(std::move(proposal.error()));
        if (proposal->proposed_by != by.name) return fail(Code::denied, "not_proposer");
        append_audit(tx, act_of(by, wish_of(*proposal), "withdraw", id), now);
        return settle(tx, *proposal, ProposalState::withdrawn, by.name, now);
    });
}

}  // namespace huitong::flows

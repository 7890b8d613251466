// What the tests of the rules share: a bench that applies changes in order, keeps all that was written and
// checks what must hold after every change.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>

#include "payments/answers_test_support.hpp"
#include "payments/states.hpp"

namespace huitong::payments {

// Is there a move of one event between the two states?
inline bool is_one_move(PaymentState from, PaymentState to) {
    for (std::size_t event = 0; event < payment_event_count; ++event) {
        if (next_state(from, static_cast<PaymentEvent>(event)) == to) return true;
    }
    return false;
}

// A payment under test with the clock and all that its changes wrote.
struct Bench {
    Policy policy;
    core::Instant now = test_start;
    Aggregate at = test_intent();
    std::vector<ledger::Entry> entries;
    std::vector<Alarm> alarms;
    std::vector<TimelineRow> timeline;
    bool was_told_over = false;  // a reversal was asked for, or the merchant was told that it is over
    bool was_final = false;

    explicit Bench(Policy rules = {}) : policy(rules) {}

    [[nodiscard]] const Payment& payment() const { return at.payment; }
    [[nodiscard]] const Operation& operation(int seq) const { return *at.find(seq); }
    [[nodiscard]] PaymentState state() const { return at.payment.state; }
    [[nodiscard]] Claim claim(int seq) const { return {.seq = seq, .attempt = operation(seq).attempt}; }
    [[nodiscard]] bool has_alarm(std::string_view name) const {
        return std::ranges::any_of(alarms, [name](const Alarm& alarm) { return alarm.name == name; });
    }
    [[nodiscard]] bool is_planned(int seq, Act act, core::Instant due) const {
        return operation(seq).next_act == act && operation(seq).next_at == due;
    }
    [[nodiscard]] bool is_scheduled(Act act, core::Instant due) const {
        const auto step = next_step(at);
        return step && step->act == act && step->at == due;
    }

    void take(Change change) {
        check(change);
        check_sends(change.after);
        book(change.entries);
        alarms.insert(alarms.end(), change.alarms.begin(), change.alarms.end());
        timeline.insert(timeline.end(), change.timeline.begin(), change.timeline.end());
        at = std::move(change.after);
        check_books();
    }
    // The reason of the error, or empty when the change was taken.
    std::string take(core::Result<Change> change) {
        if (!change) return change.error().reason;
        take(std::move(*change));
        return {};
    }

    std::string pay(const PayAnswer& answer) {
        return take(on_pay_answer(at, claim(1), answer, now, policy));
    }
    std::string launch(const LaunchAnswer& answer) {
        return take(on_launch_answer(at, claim(1), answer, now, policy));
    }
    // Goes to the next act's time, closes and answers.
    std::string close_due(const CloseAnswer& answer) {
        const auto step = next_step(at);
        if (!step || step->act != Act::close) return "no close is due";
        now = std::max(now, step->at);
        const bool is_pay = step->kind == OperationKind::pay;
        if (!is_pay) {
            if (const auto sent = take(on_sent(at, claim(step->seq), now, policy)); !sent.empty())
                return sent;
        }
        return take(on_close_answer(at, claim(step->seq), answer, now, policy));
    }
    bool notice(const Notice& said) {
        auto change = on_notice(at, said, "me", now, policy);
        if (!change) return false;
        take(std::move(*change));
        return true;
    }
    std::string query(int seq, const QueryAnswer& answer) {
        const auto rows = timeline.size();
        const auto reason = take(on_query_answer(at, claim(seq), answer, now, policy));
        const bool is_kept = std::any_of(timeline.begin() + static_cast<std::ptrdiff_t>(rows), timeline.end(),
                                         [](const TimelineRow& row) { return row.exchange.has_value(); });
        EXPECT_EQ(reason.empty(), is_kept) << "the raw answer was lost";
        return reason;
    }
    // Goes to the next act's time, asks and answers.
    std::string query_due(TradeState state) {
        const auto step = next_step(at);
        if (!step || step->act != Act::query) return "no query is due";
        now = std::max(now, step->at);
        return query(step->seq, seen(state, now));
    }
    std::string reverse_due(const ReverseAnswer& answer) {
        const auto step = next_step(at);
        if (!step || step->act != Act::send) return "no reversal is due";
        now = std::max(now, step->at);
        if (const auto sent = take(on_sent(at, claim(step->seq), now, policy)); !sent.empty()) return sent;
        return take(on_reverse_answer(at, claim(step->seq), answer, now, policy));
    }
    std::string cancel() {
        return take(on_cancel(at, {.operator_name = "kay", .terminal_sn = "T2", .owner = "me"}, now, policy));
    }
    std::string decide(Verdict verdict, std::string reason = "seen on the statement") {
        return take(on_decision(
            at, {.verdict = verdict, .operator_name = "ann", .reason = std::move(reason), .owner = "me"}, now,
            policy));
    }
    bool claim_all(const std::string& owner, bool is_owner_gone) {
        auto change = on_claim(at, owner, is_owner_gone, now, policy);
        if (!change) return false;
        take(std::move(*change));
        return true;
    }

    std::string refund(const std::string& request_no, std::int64_t amount_fen) {
        return take(on_refund(at,
                              {.request_no = request_no,
                               .amount = core::fen(amount_fen),
                               .operator_name = "kay",
                               .terminal_sn = "T2",
                               .reason = "broken",
                               .owner = "me"},
                              now, policy));
    }
    // The refund's next act in its time, with that answer.
    std::string refund_due(int seq, RefundAnswer answer, Act act) {
        if (operation(seq).next_act != act) return "another act is due";
        now = std::max(now, *operation(seq).next_at);
        if (operation(seq).owner.empty()) claim_all("me", false);
        answer.exchange.started_at = now;
        answer.exchange.ended_at = now;
        if (act == Act::send) {
            if (auto sent = take(on_sent(at, claim(seq), now, policy)); !sent.empty()) return sent;
        }
        return take(on_refund_answer(at, claim(seq), answer, act == Act::query, now, policy));
    }
    std::string send_refund(int seq, const RefundAnswer& answer) {
        return refund_due(seq, answer, Act::send);
    }
    std::string look_refund(int seq, const RefundAnswer& answer) {
        return refund_due(seq, answer, Act::query);
    }
    std::string decide_refund(int seq, RefundVerdict verdict, std::string reason = "seen on the statement") {
        return take(on_refund_decision(at,
                                       {.seq = seq,
                                        .verdict = verdict,
                                        .operator_name = "ann",
                                        .reason = std::move(reason),
                                        .owner = "me"},
                                       now, policy));
    }

    // Debits less credits of every account, by the entries so far.
    [[nodiscard]] std::map<std::string, std::int64_t> balances() const {
        std::map<std::string, std::int64_t> sums;
        for (const auto& entry : entries) {
            for (const auto& transfer : entry.transfers) {
                sums[transfer.debit.text()] += transfer.amount.minor();
                sums[transfer.credit.text()] -= transfer.amount.minor();
            }
        }
        return sums;
    }
    // Signed amount the merchant is owed by the entries so far.
    [[nodiscard]] std::int64_t owed() const {
        std::int64_t sum = 0;
        for (const auto& entry : entries) {
            for (const auto& transfer : entry.transfers) {
                if (transfer.credit.kind == ledger::AccountKind::merchant_payable)
                    sum += transfer.amount.minor();
                if (transfer.debit.kind == ledger::AccountKind::merchant_payable)
                    sum -= transfer.amount.minor();
            }
        }
        return sum;
    }
    [[nodiscard]] std::size_t entries_of(ledger::EntryKind kind) const {
        return static_cast<std::size_t>(std::ranges::count(entries, kind, &ledger::Entry::kind));
    }

  private:
    void check(const Change& change) {
        const Payment& after = change.after.payment;
        EXPECT_EQ(after.version, at.payment.version + 1);
        EXPECT_TRUE(after.state == state() || is_one_move(state(), after.state))
            << to_string(state()) << " -> " << to_string(after.state);
        EXPECT_GE(change.after.operations.size(), at.operations.size()) << "an operation was lost";
        if (at.operations.size() < change.after.operations.size()) {
            EXPECT_FALSE(change.timeline.empty()) << "an operation began without a row";
        }
        for (const Alarm& alarm : change.alarms) {
            EXPECT_TRUE(std::ranges::any_of(change.timeline, [&](const TimelineRow& row) {
                return row.happening == "alarm " + alarm.name;
            })) << alarm.name;
        }
        for (const TimelineRow& row : change.timeline) EXPECT_NE(change.after.find(row.seq), nullptr);
    }

    // What went out with this change: never a reversal beside a refund, never two refunds closer than
    // allowed.
    void check_sends(const Aggregate& after) {
        for (const Operation& sent : after.operations) {
            const Operation* const earlier = at.find(sent.seq);
            if (earlier && earlier->sent_at == sent.sent_at) continue;
            if (!sent.sent_at || sent.kind == OperationKind::pay) continue;
            for (const Operation& other : after.operations) {
                if (other.kind != OperationKind::refund || other.seq == sent.seq) continue;
                if (sent.kind == OperationKind::reverse)
                    EXPECT_EQ(other.state, OperationState::refused) << "a reversal beside a refund";
                if (sent.kind == OperationKind::refund && other.sent_at)
                    EXPECT_GE(*sent.sent_at - *other.sent_at, policy.refund_spacing) << "too close";
            }
        }
        for (const Operation& refund : after.operations) {
            const Operation* const earlier = at.find(refund.seq);
            if (refund.kind != OperationKind::refund || !earlier || earlier->number == refund.number)
                continue;
            EXPECT_EQ(earlier->state, OperationState::refused) << "a second number for a live refund";
            EXPECT_EQ(earlier->refusal, Refusal::refund_closed) << "a second number for no reason";
        }
    }

    void check_books() {
        const Payment& payment = at.payment;
        const bool is_ended_otherwise = payment.state == PaymentState::failed ||
                                        payment.state == PaymentState::closed ||
                                        payment.state == PaymentState::reversed;
        was_final = was_final || is_final(payment.state);
        EXPECT_EQ(payment.finished_at.has_value(), was_final);
        EXPECT_LE(entries_of(ledger::EntryKind::payment), 1U);
        EXPECT_LE(entries_of(ledger::EntryKind::reversal), entries_of(ledger::EntryKind::payment));
        if (payment.state == PaymentState::reversed && payment.effect == Effect::refunded) {
            EXPECT_EQ(entries.size(), 2U);
        }
        check_balances();
        check_refunds();
        check_acts();
        was_told_over = was_told_over || is_ended_otherwise;
    }

    // The books by another road: what the payment stands at says what every account must hold.
    void check_balances() const {
        const Payment& payment = at.payment;
        const bool is_kept = state() == PaymentState::paid || state() == PaymentState::partially_refunded ||
                             state() == PaymentState::refunded;
        const bool is_open = state() == PaymentState::reversing || state() == PaymentState::manual_review;
        const bool is_held = is_kept || (is_open && payment.is_booked && payment.effect != Effect::refunded);
        const std::int64_t amount = payment.amount.minor();
        const std::int64_t back = payment.refunded.minor();
        const auto rounded = [](std::int64_t whole, std::int64_t part, std::int64_t of) {
            return (2 * whole * part + of) / (2 * of);
        };
        const auto kept_fee = [&](int ppm) {
            const std::int64_t fee = rounded(amount, ppm, 1'000'000);
            return is_held ? fee - rounded(fee, back, amount) : 0;
        };
        const std::int64_t gross = is_held ? amount - back : 0;
        const std::int64_t ours = kept_fee(payment.merchant_fee_ppm);
        const std::int64_t theirs = kept_fee(payment.channel_fee_ppm);
        using ledger::AccountKind;
        EXPECT_EQ(sum_of(AccountKind::channel_receivable), gross - theirs) << to_string(state());
        EXPECT_EQ(sum_of(AccountKind::merchant_payable), ours - gross) << to_string(state());
        EXPECT_EQ(sum_of(AccountKind::fee_income), -ours) << to_string(state());
        EXPECT_EQ(sum_of(AccountKind::channel_fee), theirs) << to_string(state());
    }

    [[nodiscard]] std::int64_t sum_of(ledger::AccountKind kind) const {
        return sums_[static_cast<std::size_t>(kind)];
    }

    void book(const std::vector<ledger::Entry>& added) {
        for (const auto& entry : added) {
            for (const auto& earlier : entries) {
                EXPECT_FALSE(earlier.kind == entry.kind && earlier.ordinal == entry.ordinal)
                    << "an entry's key is taken";
            }
            for (const auto& transfer : entry.transfers) {
                EXPECT_GT(transfer.amount.minor(), 0);
                for (const auto* const account : {&transfer.debit, &transfer.credit}) {
                    const bool is_merchants = account->kind == ledger::AccountKind::merchant_payable ||
                                              account->kind == ledger::AccountKind::fee_income;
                    EXPECT_EQ(account->owner,
                              is_merchants ? payment().merchant_sn : payment().channel_account);
                }
                sums_[static_cast<std::size_t>(transfer.debit.kind)] += transfer.amount.minor();
                sums_[static_cast<std::size_t>(transfer.credit.kind)] -= transfer.amount.minor();
            }
            entries.push_back(entry);
        }
    }

    void check_refunds() {
        std::int64_t reserved = 0;
        std::int64_t proven = 0;
        for (const Operation& refund : at.operations) {
            if (refund.kind != OperationKind::refund) continue;
            for (const Operation& other : at.operations) {
                if (other.kind != OperationKind::refund || other.seq >= refund.seq) continue;
                EXPECT_NE(other.number, refund.number) << "two refunds under one number";
                EXPECT_NE(other.request_no, refund.request_no)
                    << "two automatic refunds, or one request twice";
            }
            if (refund.state != OperationState::refused) reserved += refund.amount.minor();
            if (is_automatic(refund)) {
                EXPECT_EQ(refund.amount, payment().amount);
                continue;
            }
            if (refund.state == OperationState::succeeded) proven += refund.amount.minor();
            const bool is_kept = state() == PaymentState::paid ||
                                 state() == PaymentState::partially_refunded ||
                                 state() == PaymentState::refunded;
            EXPECT_TRUE(is_kept || refund.state == OperationState::refused) << "a refund of what is not paid";
            const bool is_over = is_final(refund.state) || refund.state == OperationState::manual;
            EXPECT_TRUE(is_over || refund.next_act != Act::none) << "a refund is forgotten";
            if (refund.state == OperationState::manual)
                EXPECT_FALSE(payment().review_reason.empty()) << "nobody looks at it";
        }
        EXPECT_LE(reserved, payment().amount.minor());
        EXPECT_EQ(at.refundable().minor(), payment().amount.minor() - reserved);
        EXPECT_EQ(payment().refunded.minor(), proven);
        EXPECT_EQ(state() == PaymentState::refunded, proven == payment().amount.minor());
        if (state() == PaymentState::paid) EXPECT_EQ(proven, 0);
        if (state() == PaymentState::partially_refunded) EXPECT_GT(proven, 0);
    }

    void check_acts() {
        std::array<bool, 4> live{};
        const auto is_live = [&live](OperationKind kind) { return live[static_cast<std::size_t>(kind)]; };
        int acts = 0;
        bool has_automatic = false;
        for (const Operation& operation : at.operations) {
            EXPECT_EQ(operation.next_act == Act::none, !operation.next_at.has_value());
            if (operation.next_act == Act::none) continue;
            const bool is_refund = operation.kind == OperationKind::refund;
            has_automatic = has_automatic || is_automatic(operation);
            if (!is_refund || is_automatic(operation)) ++acts;
            live[static_cast<std::size_t>(operation.kind)] = true;
            EXPECT_GE(operation.lease_until, *operation.next_at);
            EXPECT_FALSE(is_final(operation.state)) << "something is due on a finished operation";
            EXPECT_FALSE(operation.finished_at) << "something is due on a finished operation";
            if (operation.kind == OperationKind::pay)
                EXPECT_NE(operation.next_act, Act::send) << "a pay is never resent";
            if (operation.next_act == Act::close) {
                const bool is_pay = operation.kind == OperationKind::pay && is_launched(payment());
                EXPECT_TRUE(is_pay || operation.kind == OperationKind::reverse);
            }
        }
        EXPECT_LE(acts, 1);
        const bool is_waiting = state() == PaymentState::created || state() == PaymentState::pending;
        if (is_waiting) EXPECT_TRUE(is_live(OperationKind::pay)) << "forgotten";
        if (state() == PaymentState::reversing)
            EXPECT_TRUE(is_live(OperationKind::reverse) || has_automatic) << "forgotten";
        const bool is_at_rest = state() == PaymentState::paid ||
                                state() == PaymentState::partially_refunded ||
                                state() == PaymentState::refunded;
        if (is_at_rest) EXPECT_EQ(acts, 0);
        if (state() == PaymentState::refunded) EXPECT_FALSE(next_step(at));
        // What came to nothing may be watched, or made sure of.
        const bool is_watched = is_live(OperationKind::watch);
        if (state() == PaymentState::failed)
            EXPECT_TRUE(acts == 0 || is_watched || is_live(OperationKind::reverse));
        if (state() == PaymentState::reversed || state() == PaymentState::closed)
            EXPECT_TRUE(acts == 0 || is_watched);
        if (!is_final(state())) return;
        EXPECT_FALSE(!is_final(at.pay().state) && !at.pay().finished_at)
            << "the pay stays open in " << to_string(state());
    }

    std::array<std::int64_t, 4> sums_{};  // by kind of account: debits less credits
};

}  // namespace huitong::payments

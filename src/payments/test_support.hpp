// What the tests of the rules share: a payment sent at a known time, answers of a channel, and a bench that
// applies changes in order, keeps all that was written and checks what must hold after every change.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "payments/rules.hpp"
#include "payments/states.hpp"

namespace huitong::payments {

using namespace std::chrono_literals;

// 2026-03-05 12:00:00 in Beijing.
inline constexpr core::Instant test_start = core::from_us(1'772'683'200'000'000);
inline const core::Money test_amount = core::fen(1234);

inline Aggregate test_intent(core::Instant at = test_start, const Policy& policy = {}) {
    Payment payment;
    payment.sn = core::PaymentSn{7'842'000'000'000'001};
    payment.merchant_sn = "M1";
    payment.terminal_sn = "T1";
    payment.client_sn = "C1";
    payment.channel_account = "wx-1";
    payment.channel_number = "P7842000000000001abcdef";
    payment.amount = test_amount;
    payment.created_at = at;
    return make_intent({.payment = std::move(payment), .owner = "me"}, policy);
}

template <class A>
A answer_of(Outcome outcome, core::Instant asked_at, std::string code = {}) {
    A answer;
    answer.outcome = outcome;
    answer.is_authentic = outcome != Outcome::unknown && outcome != Outcome::not_sent;
    answer.code = std::move(code);
    answer.exchange.call = "call";
    answer.exchange.response = "<raw/>";
    answer.exchange.started_at = asked_at;
    answer.exchange.ended_at = asked_at;
    return answer;
}

inline TradeFacts facts_of(core::Money amount = test_amount, core::Instant paid_at = test_start + 1s) {
    TradeFacts facts;
    facts.trade_no = "4200000001";
    facts.amount = amount;
    facts.paid_at = paid_at;
    return facts;
}

inline PayAnswer pay_done(core::Instant asked_at = test_start) {
    auto answer = answer_of<PayAnswer>(Outcome::done, asked_at, "SUCCESS");
    answer.trade = facts_of();
    return answer;
}
inline PayAnswer pay_refused(Refusal why, bool may_exist, std::string code = "NOTENOUGH") {
    auto answer = answer_of<PayAnswer>(Outcome::refused, test_start, std::move(code));
    answer.refusal = why;
    answer.may_exist = may_exist;
    return answer;
}
inline QueryAnswer seen(TradeState state, core::Instant asked_at) {
    const Outcome outcome = state == TradeState::unknown ? Outcome::unknown : Outcome::done;
    auto answer = answer_of<QueryAnswer>(outcome, asked_at, std::string(to_string(state)));
    answer.state = state;
    if (state == TradeState::paid || state == TradeState::paid_and_refunded) answer.trade = facts_of();
    return answer;
}
inline ReverseAnswer undone(Effect effect, core::Instant asked_at = test_start) {
    auto answer = answer_of<ReverseAnswer>(Outcome::done, asked_at, "SUCCESS");
    answer.effect = effect;
    return answer;
}
inline ReverseAnswer undone_no_trade() {
    auto answer = answer_of<ReverseAnswer>(Outcome::refused, test_start, "ORDERNOTEXIST");
    answer.refusal = Refusal::no_such_trade;
    answer.has_no_trade = true;
    answer.effect = Effect::unpaid;
    return answer;
}
inline ReverseAnswer reverse_refused(Refusal why) {
    auto answer = answer_of<ReverseAnswer>(Outcome::refused, test_start, std::string(to_string(why)));
    answer.refusal = why;
    return answer;
}
inline ReverseAnswer reverse_again() {
    auto answer = answer_of<ReverseAnswer>(Outcome::unknown, test_start, "SYSTEMERROR");
    answer.must_repeat = true;
    return answer;
}

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
    [[nodiscard]] bool is_scheduled(Act act, core::Instant due) const {
        const auto step = next_step(at);
        return step && step->act == act && step->at == due;
    }

    void take(Change change) {
        check(change);
        entries.insert(entries.end(), change.entries.begin(), change.entries.end());
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
        if (const auto sent = take(on_reverse_sent(at, claim(step->seq), now, policy)); !sent.empty())
            return sent;
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

    void check_books() {
        const Payment& payment = at.payment;
        const bool is_ended_otherwise = payment.state == PaymentState::failed ||
                                        payment.state == PaymentState::closed ||
                                        payment.state == PaymentState::reversed;
        was_final = was_final || is_final(payment.state);
        EXPECT_EQ(payment.finished_at.has_value(), was_final);
        EXPECT_LE(entries_of(ledger::EntryKind::payment), 1U);
        EXPECT_LE(entries_of(ledger::EntryKind::reversal), entries_of(ledger::EntryKind::payment));
        if (payment.state == PaymentState::paid) EXPECT_EQ(owed(), payment.amount.minor());
        if (is_ended_otherwise) EXPECT_EQ(owed(), 0) << to_string(payment.state);
        if (payment.state == PaymentState::reversed && payment.effect == Effect::refunded) {
            EXPECT_EQ(entries.size(), 2U);
        }
        check_acts();
        was_told_over = was_told_over || is_ended_otherwise;
    }

    void check_acts() {
        std::set<OperationKind> live;
        int acts = 0;
        for (const Operation& operation : at.operations) {
            EXPECT_EQ(operation.next_act == Act::none, !operation.next_at.has_value());
            if (operation.next_act == Act::none) continue;
            ++acts;
            live.insert(operation.kind);
            EXPECT_GE(operation.lease_until, *operation.next_at);
            EXPECT_FALSE(is_final(operation.state)) << "something is due on a finished operation";
            if (operation.kind == OperationKind::pay)
                EXPECT_EQ(operation.next_act, Act::query) << "a pay is never resent";
        }
        EXPECT_LE(acts, 1);
        const bool is_waiting = state() == PaymentState::created || state() == PaymentState::pending;
        if (is_waiting) EXPECT_TRUE(live.contains(OperationKind::pay)) << "forgotten";
        if (state() == PaymentState::reversing)
            EXPECT_TRUE(live.contains(OperationKind::reverse)) << "forgotten";
        if (state() == PaymentState::paid || state() == PaymentState::closed) EXPECT_EQ(acts, 0);
        if (state() == PaymentState::failed) EXPECT_TRUE(acts == 0 || live.contains(OperationKind::reverse));
        if (state() == PaymentState::reversed) EXPECT_TRUE(acts == 0 || live.contains(OperationKind::watch));
        if (!is_final(state())) return;
        EXPECT_FALSE(is_final(state()) && !is_final(at.pay().state) && !at.pay().finished_at)
            << "the pay stays open in " << to_string(state());
    }
};

}  // namespace huitong::payments

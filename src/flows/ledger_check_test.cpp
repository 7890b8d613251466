// The check of the books: silent on everything the rules write, and it names each kind of damage.
#include "flows/ledger_check.hpp"

#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::flows {
namespace {

using namespace std::chrono_literals;
using core::fen;
using payments::Act;
using payments::Bench;
using payments::Effect;
using payments::Outcome;
using payments::PaymentState;
using payments::Refusal;
using payments::TradeState;

// A payment of 12.34 with fees of 0.07 (channel) and 0.12 (ours).
Bench make_bench() {
    Bench bench;
    bench.at.payment.channel_fee_ppm = 6'000;
    bench.at.payment.merchant_fee_ppm = 10'000;
    bench.at.payment.refund_days = 90;
    return bench;
}

Bench paid() {
    Bench bench = make_bench();
    EXPECT_EQ(bench.pay(payments::pay_done()), "");
    bench.now += 1min;
    return bench;
}

Bench refunded_in_three() {
    Bench bench = paid();
    for (const std::int64_t part : {333, 1, 900}) {
        EXPECT_EQ(bench.refund("r" + std::to_string(part), part), "");
        EXPECT_EQ(bench.send_refund(bench.at.operations.back().seq, payments::refund_answer(Outcome::done)),
                  "");
    }
    EXPECT_EQ(bench.state(), PaymentState::refunded);
    return bench;
}

std::string problems(const Bench& bench) {
    std::string text;
    for (const LedgerDifference& each : check_ledger(bench.at, bench.entries)) {
        EXPECT_EQ(each.payment, bench.payment().sn);
        text += (text.empty() ? "" : " ") + each.problem;
    }
    return text;
}

std::string details(const Bench& bench) {
    std::string text;
    for (const LedgerDifference& each : check_ledger(bench.at, bench.entries)) text += each.detail + "\n";
    return text;
}

TEST(LedgerCheck, IsSilentOnWhatTheRulesBook) {
    EXPECT_EQ(problems(make_bench()), "");
    EXPECT_EQ(problems(paid()), "");
    EXPECT_EQ(problems(refunded_in_three()), "");

    Bench part = paid();
    ASSERT_EQ(part.refund("r1", 100), "");
    EXPECT_EQ(problems(part), "");  // under way
    ASSERT_EQ(part.send_refund(2, payments::refund_answer(Outcome::refused, Refusal::merchant_funds)), "");
    EXPECT_EQ(problems(part), "");
    ASSERT_EQ(part.refund("r2", 100), "");
    ASSERT_EQ(part.send_refund(3, payments::refund_answer(Outcome::done)), "");
    EXPECT_EQ(part.state(), PaymentState::partially_refunded);
    EXPECT_EQ(problems(part), "");

    Bench undone = paid();
    ASSERT_EQ(undone.cancel(), "");
    EXPECT_EQ(problems(undone), "");
    ASSERT_EQ(undone.reverse_due(payments::undone(Effect::refunded)), "");
    EXPECT_EQ(undone.state(), PaymentState::reversed);
    EXPECT_EQ(undone.entries.size(), 2U);
    EXPECT_EQ(problems(undone), "");

    Bench failed = make_bench();
    ASSERT_EQ(failed.pay(payments::pay_refused(Refusal::insufficient_funds, false)), "");
    EXPECT_EQ(failed.state(), PaymentState::failed);
    EXPECT_EQ(problems(failed), "");
}

TEST(LedgerCheck, MissingAndSecondEntries) {
    Bench bench = paid();
    const auto entry = bench.entries[0];
    bench.entries.clear();
    EXPECT_EQ(problems(bench), "payment_entry payment_entry");
    bench.entries = {entry, entry};
    EXPECT_EQ(problems(bench), "payment_entry");
    bench = refunded_in_three();
    bench.entries.pop_back();
    EXPECT_EQ(problems(bench), "refund_entry");
    bench = paid();
    bench.entries.push_back(ledger::make_reversal_entry(
        bench.payment().sn, {.channel_account = "wx-1", .merchant_sn = "M1"},
        {.gross = fen(1234), .channel_fee = fen(7), .merchant_fee = fen(12)}, bench.now));
    EXPECT_EQ(problems(bench), "reversal_entry reversal_entry");
}

TEST(LedgerCheck, AnEntryOfAPaymentThatHasNone) {
    Bench bench = make_bench();
    ASSERT_EQ(bench.pay(payments::pay_refused(Refusal::insufficient_funds, false)), "");
    bench.entries = paid().entries;
    EXPECT_EQ(problems(bench), "payment_entry not_zero");
    Bench waiting = make_bench();
    waiting.entries = paid().entries;
    EXPECT_EQ(problems(waiting), "payment_entry payment_entry");
}

TEST(LedgerCheck, AmountsAccountsAndFees) {
    Bench bench = paid();
    ASSERT_EQ(bench.entries[0].transfers.size(), 3U);
    bench.entries[0].transfers[0].amount = fen(1235);
    EXPECT_EQ(problems(bench), "amounts");
    bench = paid();
    bench.entries[0].transfers[0].credit.owner = "M2";
    EXPECT_EQ(problems(bench), "amounts");
    bench = paid();
    bench.entries[0].transfers[0].amount = core::Money(1234, core::Currency::USD);
    EXPECT_EQ(problems(bench), "amounts");
    bench = paid();
    bench.entries[0].transfers[1].amount = fen(13);  // a fen more for us
    EXPECT_EQ(problems(bench), "amounts");
    EXPECT_NE(details(bench).find("fee_income:M1 -0.13 CNY"), std::string::npos) << details(bench);
    EXPECT_NE(details(bench).find("fee_income:M1 -0.12 CNY"), std::string::npos) << details(bench);
    bench = paid();
    bench.at.payment.channel_fee_ppm = 6'500;  // 0.08
    EXPECT_EQ(problems(bench), "amounts");
}

TEST(LedgerCheck, ATransferOfNothingOrToItself) {
    Bench bench = paid();
    const ledger::Account account = bench.entries[0].transfers[0].debit;
    bench.entries[0].transfers.push_back({.debit = account, .credit = account, .amount = fen(5)});
    EXPECT_EQ(problems(bench), "transfer");
    bench = paid();
    bench.entries[0].transfers.push_back(
        {.debit = account, .credit = bench.entries[0].transfers[0].credit, .amount = fen(0)});
    EXPECT_EQ(problems(bench), "transfer");
}

TEST(LedgerCheck, RefundsOfOtherAmountsOrFees) {
    Bench bench = refunded_in_three();
    bench.entries[1].transfers[0].amount = fen(334);
    EXPECT_NE(problems(bench).find("amounts refund_fees"), std::string::npos);
    bench = refunded_in_three();
    auto& last = bench.entries[3].transfers;
    ASSERT_GE(last.size(), 2U);
    last[1].amount = last[1].amount + fen(1);
    EXPECT_EQ(problems(bench), "refund_fees");
    bench = refunded_in_three();
    bench.entries[2].ordinal = 9;
    EXPECT_EQ(problems(bench), "refund_entry refund_entry");
    bench = refunded_in_three();
    bench.at.operations[1].request_no.clear();  // the engine's own: booked as a reversal, never as a refund
    EXPECT_NE(problems(bench).find("refund_entry"), std::string::npos);
}

TEST(LedgerCheck, TheSumAndTheStateOfRefunds) {
    Bench bench = refunded_in_three();
    bench.at.payment.refunded = fen(1233);
    EXPECT_EQ(problems(bench), "refunded");
    bench = refunded_in_three();
    bench.at.payment.state = PaymentState::partially_refunded;
    EXPECT_EQ(problems(bench), "refunded");
    bench = paid();
    bench.at.payment.state = PaymentState::refunded;
    EXPECT_EQ(problems(bench), "refunded");
    bench = refunded_in_three();
    bench.at.payment.amount = fen(1200);  // more refunded than paid
    EXPECT_NE(problems(bench).find("refunded"), std::string::npos);
}

TEST(LedgerCheck, AMirrorThatIsNotOneLeavesSomething) {
    Bench bench = paid();
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.reverse_due(payments::undone(Effect::refunded)), "");
    bench.entries[1].transfers.pop_back();  // the channel's fee stays
    EXPECT_EQ(problems(bench), "amounts not_zero");
}

}  // namespace
}  // namespace huitong::flows

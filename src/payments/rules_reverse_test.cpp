// Reversals, watches, cancels and decisions: what counts as proof, when it counts, and what it does to the
// books.
#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

// Past the deadline and into the reversal; `is_answered`: the pay call came back (SYSTEMERROR), else it timed
// out.
Bench reversing(bool is_answered) {
    Bench bench;
    auto answer =
        answer_of<PayAnswer>(Outcome::unknown, test_start, is_answered ? "SYSTEMERROR" : "read_timeout");
    answer.is_authentic = is_answered;
    EXPECT_EQ(bench.pay(answer), "");
    while (bench.state() == PaymentState::pending) EXPECT_EQ(bench.query_due(TradeState::unknown), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    return bench;
}

Bench paid(core::Instant at = test_start) {
    Bench bench;
    bench.at = test_intent(at);
    bench.now = at + 1s;
    EXPECT_EQ(bench.pay(pay_done(at)), "");
    return bench;
}

TEST(Reversal, NotBeforeFifteenSecondsAfterThePayCall) {
    Bench bench = paid();
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_TRUE(bench.is_scheduled(Act::send, test_start + 15500ms));
    EXPECT_EQ(bench.operation(2).number.front(), 'V');
    EXPECT_EQ(bench.operation(2).terminal_sn, "T2");
}

TEST(Reversal, OfAnUnansweredPayCountsOnlyByAQueryAskedAfterTheBound) {
    for (const bool has_no_trade : {false, true}) {
        Bench bench = reversing(false);
        const auto answer = has_no_trade ? undone_no_trade() : undone(Effect::not_known);
        int sends = 0;
        while (next_step(bench.at)->act == Act::send) {
            ASSERT_LT(next_step(bench.at)->at, test_start + 90s);
            ASSERT_EQ(bench.reverse_due(answer), "");
            ASSERT_EQ(bench.state(), PaymentState::reversing);
            ++sends;
        }
        EXPECT_GE(sends, 3);
        EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 90s));
        bench.now = test_start + 90s;
        ASSERT_EQ(bench.query(2, seen(TradeState::not_found, test_start + 90s - 1us)), "");
        EXPECT_EQ(bench.state(), PaymentState::reversing) << "asked before the bound";
        ASSERT_EQ(bench.query_due(has_no_trade ? TradeState::not_found : TradeState::reversed), "");
        EXPECT_EQ(bench.state(), PaymentState::reversed);
        EXPECT_EQ(bench.payment().effect, has_no_trade ? Effect::unpaid : Effect::not_known);
        EXPECT_TRUE(bench.entries.empty());
        ASSERT_TRUE(next_step(bench.at));
        EXPECT_EQ(next_step(bench.at)->kind, OperationKind::watch);
        EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now + 1h));
    }
}

TEST(Reversal, OfAnAnsweredPayWithNoTradeIsUnpaidAndWatchedForADay) {
    Bench bench = reversing(true);
    ASSERT_EQ(bench.reverse_due(undone_no_trade()), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::unpaid);
    EXPECT_EQ(bench.at.pay().state, OperationState::refused);
    const core::Instant ended = bench.now;
    int queries = 0;
    while (next_step(bench.at)) {
        ASSERT_EQ(bench.query_due(TradeState::not_found), "");
        ++queries;
    }
    EXPECT_EQ(queries, 24);
    EXPECT_EQ(bench.now, ended + 24h);
    EXPECT_EQ(bench.state(), PaymentState::reversed);
}

TEST(Reversal, WatchThatFindsAnotherAmountPaidReversesIt) {
    Bench bench = reversing(true);
    ASSERT_EQ(bench.reverse_due(undone_no_trade()), "");
    bench.now += 1h;
    auto other = seen(TradeState::paid, bench.now);
    other.trade.amount = core::fen(1235);
    ASSERT_EQ(bench.query(next_step(bench.at)->seq, other), "");
    EXPECT_TRUE(bench.has_alarm("amount_mismatch"));
    EXPECT_TRUE(bench.has_alarm("paid_after_close"));
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_FALSE(bench.at.automatic_refund()) << "our amount is not what was paid";
    ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_TRUE(bench.entries.empty());
}

TEST(Reversal, TheLastLookOfAWatchIsOneThatWasAnswered) {
    Bench bench = reversing(true);
    ASSERT_EQ(bench.reverse_due(undone_no_trade()), "");
    const core::Instant ended = bench.now;
    while (bench.now < ended + 30h) ASSERT_EQ(bench.query_due(TradeState::unknown), "");
    ASSERT_TRUE(next_step(bench.at)) << "nobody has said that it was not paid";
    Bench paid = bench;
    ASSERT_EQ(paid.query_due(TradeState::paid), "");
    EXPECT_TRUE(paid.at.automatic_refund());
    ASSERT_EQ(bench.query_due(TradeState::not_found), "");
    EXPECT_FALSE(next_step(bench.at));
}

// The refund that the engine begins for what was found paid after it was over, with its proof.
void expect_automatic_refund(Bench& bench) {
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_TRUE(bench.payment().is_reopened);
    EXPECT_TRUE(bench.has_alarm("paid_after_close"));
    EXPECT_EQ(bench.cancel(), "already_reversed");
    const Operation* const refund = bench.at.automatic_refund();
    ASSERT_TRUE(refund);
    EXPECT_EQ(refund->number, "A7842000000000001abcdef");
    EXPECT_EQ(refund->amount, test_amount);
    EXPECT_FALSE(bench.at.live(OperationKind::reverse));
    ASSERT_EQ(bench.send_refund(refund->seq, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
    EXPECT_EQ(bench.payment().refunded, core::fen(0)) << "not the merchant's refund";
    EXPECT_EQ(bench.entries_of(ledger::EntryKind::payment), 1U);
    EXPECT_EQ(bench.entries_of(ledger::EntryKind::reversal), 1U);
    EXPECT_FALSE(next_step(bench.at));
}

TEST(Reversal, WatchThatFindsItPaidRefundsItWithBothEntries) {
    Bench bench = reversing(true);
    ASSERT_EQ(bench.reverse_due(undone_no_trade()), "");
    const core::Instant ended = bench.now;
    const int watch = next_step(bench.at)->seq;
    bench.now += 1h;
    ASSERT_EQ(bench.query(watch, seen(TradeState::paid, ended)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed) << "asked before the end";
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    expect_automatic_refund(bench);
}

TEST(Reversal, SuccessSeenWhileReversingIsRefundedNotPaid) {
    Bench bench;
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.pay(pay_done()), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_TRUE(bench.entries.empty());
    ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
    EXPECT_EQ(bench.entries_of(ledger::EntryKind::payment), 1U);
    EXPECT_EQ(bench.entries_of(ledger::EntryKind::reversal), 1U);
}

TEST(Reversal, PayRefusedLaterWithoutOrderClosesWithAnOrderGoesOn) {
    for (const bool may_exist : {false, true}) {
        Bench bench;
        ASSERT_EQ(bench.cancel(), "");
        bench.now += 3s;
        ASSERT_EQ(bench.pay(pay_refused(Refusal::code_expired, may_exist)), "");
        EXPECT_EQ(bench.state(), may_exist ? PaymentState::reversing : PaymentState::closed);
        EXPECT_EQ(next_step(bench.at).has_value(), may_exist);
        EXPECT_EQ(bench.payment().effect, may_exist ? Effect::none : Effect::unpaid);
    }
}

TEST(Reversal, PayRefusedAfterItWasSeenPaidDoesNotCloseIt) {
    Bench bench;
    bench.now = test_start + 15s;
    ASSERT_EQ(bench.query(1, seen(TradeState::paid, bench.now)), "");
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.pay(pay_refused(Refusal::code_invalid, false)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
    EXPECT_EQ(bench.owed(), 0);
}

TEST(Reversal, NoTradeBehindWhatWasSeenPaidProvesNothing) {
    Bench bench = paid();
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.reverse_due(undone_no_trade()), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    ASSERT_EQ(bench.query_due(TradeState::not_found), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
}

// Its number had been used for a payment of somebody's, which the channel showed and then denies.
TEST(Reversal, NoTradeBehindAnOlderPaymentProvesNothing) {
    Bench bench;
    ASSERT_EQ(bench.cancel(), "");
    auto taken = answer_of<PayAnswer>(Outcome::unknown, test_start, "ORDERPAID");
    taken.is_authentic = taken.may_be_older = true;
    ASSERT_EQ(bench.pay(taken), "");
    EXPECT_EQ(bench.at.pay().state, OperationState::unknown) << "its call is answered";
    auto older = seen(TradeState::paid, test_start + 16s);
    older.trade = facts_of(test_amount, test_start - 24h);
    bench.now = test_start + 16s;
    ASSERT_EQ(bench.query(2, older), "");
    ASSERT_EQ(bench.state(), PaymentState::manual_review);
    ASSERT_EQ(bench.query_due(TradeState::not_found), "");
    EXPECT_EQ(bench.state(), PaymentState::manual_review) << "nothing was reversed";
    EXPECT_TRUE(next_step(bench.at)) << "it is looked at on";
}

TEST(Reversal, BackgroundOneThatFindsItPaidReopens) {
    for (const bool is_given_up : {false, true}) {
        Bench bench;
        ASSERT_EQ(bench.pay(pay_refused(Refusal::insufficient_funds, true)), "");
        while (is_given_up && bench.operation(2).state != OperationState::manual) {
            ASSERT_EQ(bench.reverse_due(reverse_again()), "");
        }
        if (!is_given_up) ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::wrong_state)), "");
        EXPECT_EQ(bench.payment().refusal, Refusal::insufficient_funds) << "what the merchant was told stays";
        ASSERT_EQ(bench.query_due(TradeState::paid), "");
        expect_automatic_refund(bench);
    }
}

TEST(Reversal, IsRepeatedOnScheduleThenGivenToAPerson) {
    Bench bench = reversing(true);
    const core::Instant begun = bench.now;
    std::vector<core::Duration> waits;
    while (bench.state() == PaymentState::reversing) {
        waits.push_back(next_step(bench.at)->at - bench.now);
        ASSERT_EQ(bench.reverse_due(reverse_again()), "");
    }
    ASSERT_GE(waits.size(), 12U);
    const core::Duration expected[] = {0s, 2s, 5s, 10s, 15s, 30s, 60s, 5min, 5min, 5min, 5min, 5min, 5min};
    for (std::size_t i = 0; i < waits.size(); ++i) EXPECT_EQ(waits[i], expected[i]) << i;
    EXPECT_GE(bench.now - begun, 30min);
    EXPECT_LE(bench.now - begun, 35min);
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.payment().review_reason, "reversal_not_proven");
    EXPECT_TRUE(bench.has_alarm("manual_review"));

    int hourly = 0;
    int daily = 0;
    while (const auto step = next_step(bench.at)) {
        (step->at - bench.now == 1h ? hourly : daily) += 1;
        ASSERT_EQ(bench.query_due(TradeState::unknown), "");
        ASSERT_LT(hourly + daily, 100);
    }
    EXPECT_NEAR(hourly, 24, 1);
    EXPECT_NEAR(daily, 6, 1);
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
}

TEST(Reversal, ManualReviewEndsByAQuerysEvidence) {
    for (const TradeState proof : {TradeState::reversed, TradeState::pay_failed, TradeState::paid}) {
        Bench bench = reversing(true);
        while (bench.state() == PaymentState::reversing) ASSERT_EQ(bench.reverse_due(reverse_again()), "");
        ASSERT_EQ(bench.query_due(proof), "");
        const bool is_paid = proof == TradeState::paid;
        EXPECT_EQ(bench.state(), is_paid ? PaymentState::manual_review : PaymentState::reversed)
            << to_string(proof);
        EXPECT_EQ(bench.payment().review_reason.empty(), !is_paid);
        EXPECT_EQ(next_step(bench.at).has_value(), is_paid);
    }
}

TEST(Reversal, RefusedAndProvenUnpaidIsClosedWithAllOperationsEnded) {
    Bench bench = reversing(true);
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::wrong_state)), "");
    EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now + 2s));
    ASSERT_EQ(bench.query_due(TradeState::pay_failed), "");
    EXPECT_EQ(bench.state(), PaymentState::closed);
    for (const Operation& operation : bench.at.operations)
        EXPECT_TRUE(operation.finished_at) << operation.seq;
}

TEST(Cancel, OfAPaidPaymentOnlyOnItsBeijingDay) {
    const core::Instant midnight =
        core::start_of_beijing_day({std::chrono::year{2026}, std::chrono::March, std::chrono::day{6}});
    Bench bench = paid(midnight - 10s);
    ASSERT_EQ(bench.payment().finished_at, midnight - 9s);
    bench.now = midnight;
    EXPECT_EQ(bench.cancel(), "not_same_day");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    bench.now = midnight - 1us;
    EXPECT_EQ(bench.cancel(), "");
    Bench next_day = paid(midnight);
    next_day.now = midnight + 24h - 1s;
    EXPECT_EQ(next_day.cancel(), "");
}

TEST(Cancel, RefusedForLackOfFundsIsPaidAgainOnTheDayItWasPaid) {
    const core::Instant midnight =
        core::start_of_beijing_day({std::chrono::year{2026}, std::chrono::March, std::chrono::day{6}});
    Bench bench = paid(midnight - 5s);
    const auto paid_at = bench.payment().finished_at;
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_TRUE(bench.payment().was_paid_before_reversal);
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::merchant_funds)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing) << "refused, but not yet seen to be still paid";
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.payment().refusal, Refusal::merchant_funds);
    EXPECT_EQ(bench.payment().reversal_by, ReversalBy::nobody);
    EXPECT_EQ(bench.payment().finished_at, paid_at);
    EXPECT_EQ(bench.owed(), 1234);
    EXPECT_EQ(bench.cancel(), "not_same_day");
}

TEST(Cancel, RefusedBehindOneLeftUnansweredIsNotPaidAgain) {
    Bench bench = paid();
    ASSERT_EQ(bench.cancel(), "");
    bench.now = test_start + 16s;
    ASSERT_EQ(bench.take(on_sent(bench.at, bench.claim(2), bench.now, bench.policy)), "");
    ASSERT_TRUE(bench.claim_all("other", true));
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::merchant_funds)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing) << "the first one may still arrive";
    ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
}

TEST(Cancel, ThatWentThroughReviewStillFallsBackToPaid) {
    Bench bench = paid();
    ASSERT_EQ(bench.cancel(), "");
    while (bench.state() == PaymentState::reversing) ASSERT_EQ(bench.reverse_due(reverse_again()), "");
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_TRUE(bench.payment().was_paid_before_reversal);
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::merchant_funds)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
}

TEST(Cancel, JoinsARunningReversal) {
    Bench bench = reversing(true);
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_EQ(bench.payment().reversal_by, ReversalBy::merchant);
    EXPECT_EQ(bench.at.operations.size(), 2U);
    EXPECT_EQ(bench.operation(2).operator_name, "kay");
    ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
    EXPECT_EQ(bench.cancel(), "already_reversed");
}

TEST(Decisions, EndWhatMachinesCouldNot) {
    struct Row {
        Verdict verdict;
        PaymentState expected;
    };
    const Row rows[] = {{Verdict::paid, PaymentState::paid},
                        {Verdict::reversed, PaymentState::reversed},
                        {Verdict::closed, PaymentState::closed},
                        {Verdict::failed, PaymentState::failed},
                        {Verdict::reverse_again, PaymentState::reversing}};
    for (const Row& row : rows) {
        Bench bench = reversing(true);
        EXPECT_EQ(bench.decide(row.verdict), "not_in_review");
        while (bench.state() == PaymentState::reversing) ASSERT_EQ(bench.reverse_due(reverse_again()), "");
        EXPECT_EQ(bench.decide(row.verdict, ""), "reason_missing");
        ASSERT_EQ(bench.decide(row.verdict), "");
        EXPECT_EQ(bench.state(), row.expected);
        EXPECT_EQ(bench.owed(), row.verdict == Verdict::paid ? 1234 : 0);
        // What a person called over is watched, unless the channel had shown it paid.
        EXPECT_EQ(next_step(bench.at).has_value(), row.verdict != Verdict::paid);
    }
}

TEST(Decisions, NeverContradictWhatTheChannelShowed) {
    Bench bench = paid();
    ASSERT_EQ(bench.cancel(), "");
    while (bench.state() == PaymentState::reversing) ASSERT_EQ(bench.reverse_due(reverse_again()), "");
    EXPECT_EQ(bench.decide(Verdict::closed), "seen_paid");
    EXPECT_EQ(bench.decide(Verdict::failed), "seen_paid");
    ASSERT_EQ(bench.decide(Verdict::reversed), "");
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
    EXPECT_EQ(bench.entries.size(), 2U);
}

TEST(Decisions, WhatTheMerchantWasToldIsOverIsNeverDecidedPaid) {
    Bench bench;
    ASSERT_EQ(bench.pay(pay_refused(Refusal::insufficient_funds, true)), "");
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::wrong_state)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    const int refund = bench.at.automatic_refund()->seq;
    ASSERT_EQ(bench.send_refund(refund, refund_answer(Outcome::refused, Refusal::merchant_funds)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "") << "the reversal takes over with a look";
    while (bench.state() == PaymentState::reversing) ASSERT_EQ(bench.reverse_due(reverse_again()), "");
    EXPECT_EQ(bench.decide(Verdict::paid), "told_over");
    EXPECT_EQ(bench.cancel(), "already_reversed");
    EXPECT_EQ(bench.decide(Verdict::reverse_again), "");
    EXPECT_EQ(bench.at.operations.back().kind, OperationKind::reverse);
}

}  // namespace
}  // namespace huitong::payments

// Payments that the payer begins (spec/upay 5.2, spec/channels 3.2, 3.10): launch, the wait for the payer,
// the close, cancels, notices.
#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

Bench bench_of(ChannelKind channel = ChannelKind::wechat, Product product = Product::qr) {
    Bench bench(default_policy(channel));
    bench.at = test_intent(test_start, bench.policy, channel, product);
    return bench;
}

Bench launched_bench(ChannelKind channel = ChannelKind::wechat, Product product = Product::qr) {
    Bench bench = bench_of(channel, product);
    EXPECT_EQ(bench.launch(launched(channel == ChannelKind::wechat)), "");
    return bench;
}

LaunchAnswer launch_failed(Outcome outcome, Refusal why = Refusal::none) {
    auto answer = answer_of<LaunchAnswer>(outcome, test_start, "SYSTEMERROR");
    answer.refusal = why;
    return answer;
}

CloseAnswer no_trade_closed() {
    auto answer = close_answer(Outcome::done);
    answer.has_no_trade = true;
    return answer;
}

TEST(Launch, IsPolledUntilThePayerPays) {
    Bench bench = launched_bench();
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_EQ(bench.payment().launch, "weixin://wxpay/bizpayurl?pr=1");
    EXPECT_EQ(bench.payment().expires_at, test_start + 4min);
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 5s));
    EXPECT_EQ(bench.query_due(TradeState::pending), "");
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 10s));
    EXPECT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.entries.size(), 1U);
}

TEST(Launch, QueriesBecomeRarerAndOneComesRightAfterItsEnd) {
    Bench bench = launched_bench();
    std::vector<int> at;
    while (bench.now < test_start + 5min) {
        ASSERT_EQ(bench.query_due(TradeState::pending), "");
        at.push_back(static_cast<int>(
            std::chrono::duration_cast<std::chrono::seconds>(bench.now - test_start).count()));
    }
    const std::vector<int> expected{5,  10, 15, 20,  25,  30,  35,  40,  45,  50, 55,
                                    60, 75, 90, 105, 120, 150, 180, 240, 242, 300};
    EXPECT_EQ(at, expected);
    EXPECT_TRUE(bench.is_scheduled(Act::close, test_start + 5min));
}

TEST(Launch, WhatNobodyPaidIsClosedAtTheChannelFirst) {
    Bench bench = launched_bench();
    bench.now = test_start + 5min;
    ASSERT_EQ(bench.query(1, seen(TradeState::pending, bench.now)), "");
    ASSERT_EQ(bench.close_due(close_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::pending) << "not before a look shows it";
    ASSERT_EQ(bench.query_due(TradeState::closed), "");
    EXPECT_EQ(bench.state(), PaymentState::closed);
    EXPECT_EQ(bench.payment().effect, Effect::unpaid);
    EXPECT_EQ(bench.payment().reversal_by, ReversalBy::engine);
    EXPECT_TRUE(bench.entries.empty());
    EXPECT_FALSE(next_step(bench.at));
}

TEST(Launch, AChannelThatClosedItByItselfIsBelieved) {
    Bench bench = launched_bench();
    bench.now = test_start + 242s;
    ASSERT_EQ(bench.query(1, seen(TradeState::closed, bench.now)), "");
    EXPECT_EQ(bench.state(), PaymentState::closed);
}

TEST(Launch, APaymentThatTheCloseRevealsIsAPayment) {
    Bench bench = launched_bench();
    bench.now = test_start + 5min;
    ASSERT_EQ(bench.query(1, seen(TradeState::pending, bench.now)), "");
    ASSERT_EQ(bench.close_due(close_answer(Outcome::refused, Refusal::wrong_state)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.entries.size(), 1U);
}

TEST(Launch, AbsentIsNothingWhileAPayerMayBegin) {
    Bench bench = launched_bench(ChannelKind::alipay);
    while (bench.now < test_start + 4min) {
        ASSERT_EQ(bench.query_due(TradeState::not_found), "");
        ASSERT_EQ(bench.state(), PaymentState::pending);
    }
    bench.now = test_start + 5min;
    ASSERT_EQ(bench.query(1, seen(TradeState::not_found, bench.now - 1s)), "");
    ASSERT_EQ(bench.state(), PaymentState::pending) << "asked before the bound";
    ASSERT_EQ(bench.query(1, seen(TradeState::not_found, bench.now)), "");
    EXPECT_EQ(bench.state(), PaymentState::closed);
    EXPECT_TRUE(bench.at.live(OperationKind::watch));
}

TEST(Launch, ACloseThatIsNotAnsweredIsMadeAgainAndAPersonHearsOfIt) {
    Bench bench = launched_bench();
    bench.now = test_start + 5min;
    ASSERT_EQ(bench.query(1, seen(TradeState::unknown, bench.now)), "");
    int closes = 0;
    while (bench.state() == PaymentState::pending && closes < 200) {
        ASSERT_EQ(bench.close_due(close_answer(Outcome::unknown)), "");
        ++closes;
        ASSERT_EQ(bench.query_due(TradeState::unknown), "");
    }
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.payment().review_reason, "close_not_proven");
    EXPECT_GT(closes, 20);
    EXPECT_GE(bench.now, test_start + 35min);
}

TEST(Launch, WithoutAnswerTheSameCallIsMadeAgain) {
    Bench bench = bench_of();
    bench.now += 10s;
    ASSERT_EQ(bench.launch(launch_failed(Outcome::unknown)), "");
    EXPECT_EQ(bench.state(), PaymentState::created);
    EXPECT_TRUE(is_to_be_launched_again(bench.at, bench.now, bench.policy));
    bench.now += 2s;
    ASSERT_EQ(bench.launch(launched()), "");
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_FALSE(is_to_be_launched_again(bench.at, bench.now, bench.policy));
}

TEST(Launch, WithoutAnswerForTooLongItIsClosed) {
    Bench bench = bench_of();
    bench.now += 21s;
    ASSERT_EQ(bench.launch(launch_failed(Outcome::unknown)), "");
    EXPECT_FALSE(is_to_be_launched_again(bench.at, bench.now, bench.policy));
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_TRUE(bench.is_scheduled(Act::close, bench.now));
    ASSERT_EQ(bench.close_due(close_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::closed);
}

TEST(Launch, ARefusalFailsAndMakesSureThatNothingIsLeft) {
    Bench plain = bench_of();
    ASSERT_EQ(plain.launch(launch_failed(Outcome::refused, Refusal::configuration)), "");
    EXPECT_EQ(plain.state(), PaymentState::failed);
    EXPECT_FALSE(next_step(plain.at));

    Bench after_silence = bench_of();
    ASSERT_EQ(after_silence.launch(launch_failed(Outcome::unknown)), "");
    ASSERT_EQ(after_silence.launch(launch_failed(Outcome::refused, Refusal::number_used_up)), "");
    EXPECT_EQ(after_silence.state(), PaymentState::failed);
    EXPECT_TRUE(after_silence.is_scheduled(Act::close, after_silence.now)) << "the first may have been done";
}

TEST(Launch, WhatCertainlyDidNotLeaveFails) {
    Bench bench = bench_of();
    ASSERT_EQ(bench.launch(launch_failed(Outcome::not_sent, Refusal::not_sent_in_time)), "");
    EXPECT_EQ(bench.state(), PaymentState::failed);
    EXPECT_FALSE(next_step(bench.at));

    Bench unreachable = bench_of();
    ASSERT_EQ(unreachable.launch(launch_failed(Outcome::not_sent)), "");
    EXPECT_TRUE(is_to_be_launched_again(unreachable.at, unreachable.now, unreachable.policy));
    unreachable.now += 21s;
    ASSERT_EQ(unreachable.launch(launch_failed(Outcome::not_sent)), "");
    EXPECT_EQ(unreachable.state(), PaymentState::failed);
}

TEST(Launch, OneThatADeadProcessLeftIsClosed) {
    Bench bench = bench_of();
    bench.now += 1s;
    ASSERT_TRUE(bench.claim_all("other", true));
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing) << "nobody was given anything to pay with";
    EXPECT_EQ(bench.at.live(OperationKind::reverse)->next_act, Act::close);
}

TEST(LaunchCancelled, UnpaidIsClosed) {
    Bench bench = launched_bench();
    bench.now += 30s;
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    ASSERT_EQ(bench.close_due(close_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::closed);
    EXPECT_EQ(bench.payment().reversal_by, ReversalBy::merchant);
    EXPECT_FALSE(next_step(bench.at));
}

TEST(LaunchCancelled, PaidMeanwhileIsRefundedUnderTheAutomaticNumber) {
    Bench bench = launched_bench();
    bench.now += 30s;
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing) << "never paid once a cancel was asked for";
    const Operation* const refund = bench.at.automatic_refund();
    ASSERT_NE(refund, nullptr);
    EXPECT_EQ(refund->number, "A7842000000000001abcdef");
    ASSERT_EQ(bench.send_refund(refund->seq, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
}

TEST(LaunchCancelled, PaidMeanwhileAndFoundByTheCloseIsRefunded) {
    Bench bench = launched_bench();
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    ASSERT_EQ(bench.close_due(close_answer(Outcome::refused, Refusal::wrong_state)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    ASSERT_NE(bench.at.automatic_refund(), nullptr);
    EXPECT_EQ(bench.state(), PaymentState::reversing);
}

TEST(LaunchCancelled, PaidOnTheSameDayIsRefundedInFull) {
    for (const ChannelKind channel : {ChannelKind::wechat, ChannelKind::alipay}) {
        Bench bench = launched_bench(channel);
        ASSERT_EQ(bench.query_due(TradeState::paid), "");
        bench.now += 1h;
        ASSERT_EQ(bench.cancel(), "");
        const Operation* const refund = bench.at.automatic_refund();
        ASSERT_NE(refund, nullptr);
        EXPECT_EQ(refund->operator_name, "kay");
        ASSERT_EQ(bench.send_refund(refund->seq, refund_answer(Outcome::done)), "");
        EXPECT_EQ(bench.state(), PaymentState::reversed);
        EXPECT_EQ(bench.entries.size(), 2U);
        bench.now += 24h;
        EXPECT_EQ(bench.cancel(), "already_reversed");
    }
}

TEST(LaunchCancelled, OnAnotherDayIsRefused) {
    Bench bench = launched_bench();
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    bench.now += 24h;
    EXPECT_EQ(bench.cancel(), "not_same_day");
}

TEST(LaunchCancelled, WhereTheRefundIsRefusedItStaysPaidAndMayBeAskedForAgain) {
    Bench bench = launched_bench();
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    ASSERT_EQ(bench.cancel(), "");
    const int seq = bench.at.automatic_refund()->seq;
    ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::refused, Refusal::merchant_funds)), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.payment().refusal, Refusal::merchant_funds);
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
}

TEST(LaunchCancelled, ACodeOfAlipayThatNobodyScannedIsKilledAndWatched) {
    Bench bench = launched_bench(ChannelKind::alipay);
    bench.now += 30s;
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.query_due(TradeState::not_found), "");
    auto killed = undone(Effect::unpaid, bench.now);
    killed.has_no_trade = true;
    ASSERT_EQ(bench.reverse_due(killed), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.at.live(OperationKind::watch)->next_at, bench.payment().in_flight_until);
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_TRUE(bench.has_alarm("paid_after_close"));
    EXPECT_NE(bench.at.automatic_refund(), nullptr);
}

TEST(LaunchCancelled, AnOrderStringThatAPayerMayStillOpenIsNotOver) {
    Bench bench = launched_bench(ChannelKind::alipay, Product::app);
    bench.now += 30s;
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.query_due(TradeState::not_found), "");
    while (bench.now < bench.payment().in_flight_until) {
        ASSERT_EQ(bench.state(), PaymentState::reversing);
        const auto step = next_step(bench.at);
        ASSERT_TRUE(step);
        ASSERT_EQ(step->act == Act::close ? bench.close_due(no_trade_closed())
                                          : bench.query_due(TradeState::not_found),
                  "");
    }
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::unpaid);
}

TEST(LaunchLate, PaidAfterItWasClosedIsRefundedOnce) {
    Bench bench = launched_bench();
    bench.now = test_start + 5min;
    ASSERT_EQ(bench.query(1, seen(TradeState::closed, bench.now)), "");
    bench.now += 1min;
    ASSERT_TRUE(bench.notice(notice_of()));
    EXPECT_EQ(bench.state(), PaymentState::closed) << "a notice alone decides nothing";
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_TRUE(bench.has_alarm("paid_after_close"));
    const int seq = bench.at.automatic_refund()->seq;
    EXPECT_FALSE(bench.notice(notice_of())) << "once";
    ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_FALSE(bench.notice(notice_of())) << "an old one says nothing new";
}

TEST(LaunchNotice, BringsTheNextLookForward) {
    Bench bench = launched_bench();
    bench.now += 2s;
    ASSERT_TRUE(bench.notice(notice_of()));
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now));
    EXPECT_FALSE(bench.notice(notice_of())) << "a duplicate";
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.entries.size(), 1U);
    EXPECT_FALSE(bench.notice(notice_of()));
}

TEST(LaunchNotice, OverAnotherAmountIsAnAlarmAndNoPayment) {
    Bench bench = launched_bench();
    ASSERT_TRUE(bench.notice(notice_of(core::fen(1))));
    EXPECT_TRUE(bench.has_alarm("amount_mismatch"));
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    EXPECT_EQ(bench.state(), PaymentState::pending);
}

TEST(LaunchNotice, OfARefundBringsItsLookForward) {
    Bench bench = launched_bench();
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    ASSERT_EQ(bench.refund("r1", 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::pending)), "");
    const std::string number = bench.operation(2).number;
    EXPECT_FALSE(bench.notice(refund_notice("Rother")));
    ASSERT_TRUE(bench.notice(refund_notice(number)));
    EXPECT_EQ(bench.operation(2).state, OperationState::unknown) << "a notice is no proof";
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::partially_refunded);
}

}  // namespace
}  // namespace huitong::payments

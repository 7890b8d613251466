// What simulated days and their reviewers found: the channel's minute between two refunds counts from when a
// call really left, also before a refund that is begun again under a new number; a watch takes no older
// payment for ours; a till that asks again and again changes nothing.
#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

using namespace std::chrono_literals;

Bench paid_bench() {
    Bench bench;
    EXPECT_EQ(bench.pay(pay_done()), "");
    bench.now += 1min;
    return bench;
}

TEST(RefundSpacing, ARefundThatTheChannelClosedWaitsItsTurnUnderItsNewNumber) {
    Bench bench = paid_bench();
    ASSERT_EQ(bench.refund("r1", 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    const core::Instant left = bench.now;
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::refused, Refusal::refund_closed)), "");
    bench.now = left + 20s;
    ASSERT_EQ(bench.refund("r1", 100), "");
    EXPECT_EQ(bench.operation(2).next_act, Act::send);
    EXPECT_GE(*bench.operation(2).next_at, left + 60s);
}

TEST(RefundSpacing, CountsFromWhenTheCallLeft) {
    Bench bench = paid_bench();
    ASSERT_EQ(bench.refund("r1", 100), "");
    ASSERT_EQ(bench.refund("r2", 100), "");
    // The journal was slow: marked as sent now, it left four seconds later.
    ASSERT_TRUE(bench.at.find(2)->next_at);
    RefundAnswer answer = refund_answer(Outcome::done);
    answer.exchange.started_at = bench.now + 4s;
    const auto sent = on_sent(bench.at, bench.claim(2), bench.now, bench.policy);
    ASSERT_TRUE(sent);
    bench.at = sent->after;
    bench.now += 5s;
    const auto done = on_refund_answer(bench.at, bench.claim(2), answer, false, bench.now, bench.policy);
    ASSERT_TRUE(done);
    EXPECT_GE(*done->after.operations[2].next_at, answer.exchange.started_at + 60s);
}

// "Already paid" under our number by somebody before us: a person calls ours failed, and the watch that
// follows goes on seeing the other one.
TEST(WatchAfterADecision, LeavesAnOlderPaymentAlone) {
    Bench bench;
    PayAnswer answer;
    answer.outcome = Outcome::unknown;
    answer.may_be_older = true;
    answer.is_authentic = true;
    ASSERT_EQ(bench.pay(answer), "");
    const auto older = [&] {
        QueryAnswer paid = seen(TradeState::paid, bench.now);
        paid.trade.paid_at = test_start - 1h;
        return paid;
    };
    bench.now += 5s;
    ASSERT_EQ(bench.take(on_query_answer(bench.at, bench.claim(1), older(), bench.now, bench.policy)), "");
    ASSERT_EQ(bench.state(), PaymentState::manual_review);
    ASSERT_EQ(bench.decide(Verdict::failed), "");
    const auto watch = next_step(bench.at);
    ASSERT_TRUE(watch);
    ASSERT_EQ(watch->kind, OperationKind::watch);
    bench.now = watch->at;
    ASSERT_EQ(
        bench.take(on_query_answer(bench.at, bench.claim(watch->seq), older(), bench.now, bench.policy)), "");
    EXPECT_EQ(bench.state(), PaymentState::failed) << "it is not ours to give back";
    EXPECT_EQ(bench.at.automatic_refund(), nullptr);
}

TEST(RefundRepeated, WhatIsOnItsWayAtTheChannelIsNotAskedAfterAtEveryRepetition) {
    Bench bench = paid_bench();
    ASSERT_EQ(bench.refund("r1", 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::pending)), "");
    const auto version = bench.payment().version;
    bench.now += 30s;
    EXPECT_EQ(bench.refund("r1", 100), "already_asked");
    EXPECT_EQ(bench.payment().version, version);
}

}  // namespace
}  // namespace huitong::payments

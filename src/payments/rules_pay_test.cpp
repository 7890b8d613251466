// The pay call's answer, the poll, and claims: which state, which next act and when, which entries, which
// alarms.
#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

TEST(PayRules, IntentIsSentOnceAndDueOnlyAsAQuery) {
    const Bench bench;
    EXPECT_EQ(bench.state(), PaymentState::created);
    EXPECT_EQ(bench.at.pay().state, OperationState::sent);
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 15s));  // send-by 5 s and read time-out 10 s
    EXPECT_EQ(bench.payment().deadline_at, test_start + 30s);
    EXPECT_EQ(bench.payment().in_flight_until, test_start + 90s);
}

TEST(PayRules, InstantSuccessIsPaidAndBookedOnce) {
    Bench bench;
    bench.now += 1s;
    ASSERT_EQ(bench.pay(pay_done()), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.at.pay().state, OperationState::succeeded);
    EXPECT_EQ(bench.owed(), 1234);
    EXPECT_EQ(bench.payment().trade, facts_of());
    EXPECT_FALSE(next_step(bench.at));
    ASSERT_EQ(bench.query(1, seen(TradeState::paid, bench.now)), "");  // a second proof changes nothing
    EXPECT_EQ(bench.entries.size(), 1U);
}

TEST(PayRules, UserPayingIsPolledEveryFiveSecondsUntilPaid) {
    Bench bench;
    bench.now += 1s;
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start, "USERPAYING")), "");
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 6s));
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 11s));
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.owed(), 1234);
}

TEST(PayRules, DeadlineBringsOneLastQueryThenTheReversalAtOnce) {
    Bench bench;
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start)), "");
    core::Instant last{};
    while (bench.state() == PaymentState::pending) {
        last = next_step(bench.at)->at;
        ASSERT_LE(last, test_start + 30s);
        ASSERT_EQ(bench.query_due(TradeState::pending), "");
    }
    EXPECT_EQ(last, test_start + 30s);
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_EQ(bench.payment().reversal_by, ReversalBy::engine);
    EXPECT_TRUE(bench.is_scheduled(Act::send, test_start + 30s));
}

TEST(PayRules, QueryAskedBeforeTheDeadlineAndAnsweredAfterItIsNotTheLast) {
    Bench bench;
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start)), "");
    bench.now = test_start + 33s;
    ASSERT_EQ(bench.query(1, seen(TradeState::pending, test_start + 29s)), "");
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 33s));
}

TEST(PayRules, RateLimitedQueryDoublesTheInterval) {
    Bench bench;
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start)), "");
    bench.now = test_start + 5s;
    auto answer = seen(TradeState::unknown, bench.now);
    answer.refusal = Refusal::rate_limited;
    ASSERT_EQ(bench.query(1, answer), "");
    EXPECT_TRUE(bench.is_scheduled(Act::query, test_start + 15s));
}

TEST(PayRules, NotFoundAndUnknownNeverFailAPayment) {
    for (const TradeState state : {TradeState::not_found, TradeState::unknown}) {
        Bench bench;
        ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::unknown, test_start, "read_timeout")), "");
        ASSERT_EQ(bench.query_due(state), "");
        EXPECT_EQ(bench.state(), PaymentState::pending) << to_string(state);
        EXPECT_FALSE(bench.payment().arrived_at) << to_string(state);
    }
}

TEST(PayRules, RefusalsFailAtOnceWithAndWithoutBackgroundReversal) {
    for (const bool may_exist : {false, true}) {
        Bench bench;
        bench.now += 1s;
        ASSERT_EQ(bench.pay(pay_refused(Refusal::insufficient_funds, may_exist)), "");
        EXPECT_EQ(bench.state(), PaymentState::failed);
        EXPECT_EQ(bench.payment().refusal, Refusal::insufficient_funds);
        EXPECT_EQ(bench.at.pay().state, OperationState::refused);
        EXPECT_TRUE(bench.entries.empty());
        EXPECT_EQ(next_step(bench.at).has_value(), may_exist);
        if (!may_exist) continue;
        EXPECT_TRUE(bench.is_scheduled(Act::send, test_start + 15500ms));
        ASSERT_EQ(bench.reverse_due(undone(Effect::not_known)), "");
        EXPECT_EQ(bench.state(), PaymentState::failed);
        EXPECT_FALSE(next_step(bench.at));
    }
}

TEST(PayRules, QueriedPayErrorFailsAndIsReversedInTheBackground) {
    Bench bench;
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start)), "");
    ASSERT_EQ(bench.query_due(TradeState::pay_failed), "");
    EXPECT_EQ(bench.state(), PaymentState::failed);
    EXPECT_TRUE(bench.is_scheduled(Act::send, test_start + 15500ms));
}

TEST(PayRules, NotSentInTimeFailsWithoutReversal) {
    Bench bench;
    auto answer = answer_of<PayAnswer>(Outcome::not_sent, test_start, "not_sent_in_time");
    answer.refusal = Refusal::not_sent_in_time;
    ASSERT_EQ(bench.pay(answer), "");
    EXPECT_EQ(bench.state(), PaymentState::failed);
    EXPECT_EQ(bench.payment().refusal, Refusal::not_sent_in_time);
    EXPECT_FALSE(next_step(bench.at));
}

TEST(PayRules, OtherOrMissingAmountIsAnAlarmAndNoSuccess) {
    for (const auto& amount : {std::optional(core::fen(1)), std::optional<core::Money>()}) {
        Bench bench;
        auto answer = pay_done();
        answer.trade.amount = amount;
        ASSERT_EQ(bench.pay(answer), "");
        EXPECT_EQ(bench.state(), PaymentState::pending);
        EXPECT_TRUE(bench.has_alarm("amount_mismatch"));
        EXPECT_TRUE(bench.entries.empty());
        EXPECT_TRUE(next_step(bench.at));
    }
}

TEST(PayRules, OlderPaymentUnderOurNumberGoesToAPerson) {
    struct Row {
        core::Duration paid_after;
        PaymentState expected;
    };
    for (const Row row : {Row{-1s, PaymentState::manual_review}, Row{0s, PaymentState::paid}}) {
        Bench bench;
        auto taken = answer_of<PayAnswer>(Outcome::unknown, test_start, "ORDERPAID");
        taken.is_authentic = true;
        taken.may_be_older = true;
        ASSERT_EQ(bench.pay(taken), "");
        bench.now += 5s;
        auto answer = seen(TradeState::paid, bench.now);
        answer.trade = facts_of(test_amount, test_start + row.paid_after);
        ASSERT_EQ(bench.query(1, answer), "");
        EXPECT_EQ(bench.state(), row.expected);
        const bool is_older = row.expected == PaymentState::manual_review;
        EXPECT_EQ(bench.has_alarm("older_payment"), is_older);
        if (!is_older) continue;
        EXPECT_EQ(bench.payment().review_reason, "older_payment");
        EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now + 1h));
        EXPECT_EQ(bench.cancel(), "not_cancellable");
        // Later the channel does not say when: still a person's, and looked at again in an hour, not at once.
        bench.now += 1h;
        auto vague = seen(TradeState::paid, bench.now);
        vague.trade.paid_at.reset();
        ASSERT_EQ(bench.query(1, vague), "");
        EXPECT_EQ(bench.state(), PaymentState::manual_review);
        EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now + 1h));
    }
}

TEST(PayRules, RefundNobodyAskedForIsAnAlarmAndNoSuccess) {
    Bench bench;
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid_and_refunded), "");
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_TRUE(bench.has_alarm("unexplained_refund"));
    EXPECT_TRUE(bench.entries.empty());
}

TEST(Claims, OlderAttemptsAreFencedOff) {
    Bench bench;
    const Claim old = bench.claim(1);
    ASSERT_TRUE(bench.claim_all("other", true));
    const auto late = on_pay_answer(bench.at, old, pay_done(), bench.now, bench.policy);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, core::Code::conflict);
    EXPECT_EQ(late.error().reason, "fenced");
    EXPECT_EQ(on_query_answer(bench.at, old, seen(TradeState::paid, bench.now), bench.now, bench.policy)
                  .error()
                  .reason,
              "fenced");
    EXPECT_EQ(
        on_pay_answer(bench.at, {.seq = 9, .attempt = 1}, pay_done(), bench.now, bench.policy).error().reason,
        "fenced");
}

// The look of the process that is gone may have left a moment ago, and is nowhere written.
TEST(Claims, CancelBehindATakeOverKeepsTheDistanceFromALookThatWasLost) {
    Bench bench(default_policy(ChannelKind::alipay));
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::unknown, test_start)), "");
    bench.now += 3s;
    ASSERT_TRUE(bench.claim_all("other", true));
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now + 2s));
}

TEST(Claims, UnansweredPayIsUnknownAndQueriedNeverSentAgain) {
    Bench bench;
    bench.now += 3s;
    ASSERT_TRUE(bench.claim_all("other", true));
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_EQ(bench.at.pay().state, OperationState::unknown);
    EXPECT_EQ(bench.at.pay().owner, "other");
    EXPECT_TRUE(bench.is_scheduled(Act::query, bench.now + 2s));
    EXPECT_FALSE(bench.payment().arrived_at);
}

TEST(Claims, OnlyLapsedLeasesOrGoneOwnersAreTaken) {
    Bench bench;
    EXPECT_FALSE(bench.claim_all("other", false));  // leased until 45 s
    EXPECT_FALSE(bench.claim_all("me", true));      // our own is not left behind
    bench.now = bench.operation(1).lease_until;
    EXPECT_TRUE(bench.claim_all("other", false));
}

TEST(Claims, UnansweredReversalIsSentAgain) {
    Bench bench;
    ASSERT_EQ(bench.pay(pay_done()), "");
    ASSERT_EQ(bench.cancel(), "");
    bench.now = test_start + 15s;
    ASSERT_EQ(bench.take(on_sent(bench.at, bench.claim(2), bench.now, bench.policy)), "");
    EXPECT_EQ(bench.operation(2).state, OperationState::sent);
    EXPECT_EQ(bench.operation(2).lease_until, bench.now + 40s);
    bench.now += 1s;
    ASSERT_TRUE(bench.claim_all("other", true));
    EXPECT_TRUE(bench.is_scheduled(Act::send, bench.now));
    EXPECT_EQ(bench.operation(2).attempt, 2);
}

TEST(Claims, WatchInTheFutureIsHeldByNobodyUntilItIsDue) {
    Bench bench;
    auto unknown = answer_of<PayAnswer>(Outcome::unknown, test_start, "SYSTEMERROR");
    unknown.is_authentic = true;
    ASSERT_EQ(bench.pay(unknown), "");
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.query_due(TradeState::not_found), "") << "a look comes first";
    ASSERT_EQ(bench.reverse_due(undone_no_trade()), "");
    ASSERT_EQ(bench.state(), PaymentState::reversed);
    const auto step = next_step(bench.at);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->kind, OperationKind::watch);
    EXPECT_EQ(bench.operation(step->seq).owner, "");
    EXPECT_FALSE(bench.claim_all("other", true));
    bench.now = step->at - 1us;
    EXPECT_FALSE(bench.claim_all("other", false));
    bench.now = step->at;
    EXPECT_TRUE(bench.claim_all("other", false));
}

}  // namespace
}  // namespace huitong::payments

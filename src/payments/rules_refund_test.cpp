// Refunds: what is reserved and released, when the channel is called and with which number, what counts as
// proof; the merchant's (spec/upay 5.3) and the engine's own (DESIGN.md §5).
#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

constexpr auto wechat = ChannelKind::wechat;
constexpr auto alipay = ChannelKind::alipay;
constexpr auto refused = Outcome::refused;

// Paid one second after the start: 12.34 yuan, the channel keeps 0.38 %, the platform 0.6 %.
Bench paid(ChannelKind channel = wechat) {
    Bench bench(default_policy(channel));
    bench.at = test_intent(test_start, bench.policy);
    bench.at.payment.channel = channel;
    bench.at.payment.channel_fee_ppm = 3'800;
    bench.at.payment.merchant_fee_ppm = 6'000;
    bench.now += 1s;
    EXPECT_EQ(bench.pay(pay_done()), "");
    return bench;
}

RefundAnswer limited() {
    return refund_answer(Outcome::not_sent, Refusal::rate_limited);
}

// Given up by machines: sent, unknown, and nothing heard for seven days.
Bench given_up(ChannelKind channel = wechat) {
    Bench bench = paid(channel);
    EXPECT_EQ(bench.refund("1", 100), "");
    EXPECT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    while (bench.operation(2).state != OperationState::manual) {
        if (bench.look_refund(2, refund_answer(Outcome::unknown)) != "") break;
    }
    return bench;
}

TEST(Refund, DoneIsBookedAndCountedInPartAndInFull) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 1000), "");
    const Operation& asked = bench.operation(2);
    EXPECT_EQ(asked.state, OperationState::prepared);
    EXPECT_EQ(asked.number.front(), 'R');
    EXPECT_EQ(asked.request_no, "1");
    EXPECT_EQ(asked.reason, "broken");
    EXPECT_EQ(asked.operator_name, "kay");
    EXPECT_EQ(asked.terminal_sn, "T2");
    EXPECT_TRUE(bench.is_scheduled(Act::send, bench.now));
    const auto paid_at = bench.payment().finished_at;
    auto proof = refund_answer(Outcome::done);
    proof.amount = core::fen(1000);
    proof.refunded_at = bench.now + 2s;
    ASSERT_EQ(bench.send_refund(2, proof), "");
    EXPECT_EQ(bench.state(), PaymentState::partially_refunded);
    EXPECT_EQ(bench.payment().refunded, core::fen(1000));
    EXPECT_EQ(bench.operation(2).channel_ref, "5030000001");
    EXPECT_EQ(bench.operation(2).channel_at, proof.refunded_at);
    EXPECT_FALSE(next_step(bench.at));
    ASSERT_EQ(bench.refund("2", 234), "");
    ASSERT_EQ(bench.send_refund(3, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::refunded);
    EXPECT_EQ(bench.payment().refunded, test_amount);
    EXPECT_EQ(bench.payment().finished_at, paid_at) << "it stays paid on the day it was paid";
    EXPECT_EQ(bench.refund("3", 1), "nothing_left");
}

TEST(Refund, FeesGoBackToZeroByAnySplit) {
    const std::vector<std::vector<std::int64_t>> splits{
        {1234}, {1, 1233}, {617, 617}, {411, 411, 412}, {1, 1, 1, 1, 1230}, {1000, 200, 30, 4}};
    for (const auto& split : splits) {
        Bench bench = paid(alipay);
        for (const std::int64_t part : split) {
            const int seq = bench.at.operations.back().seq + 1;
            ASSERT_EQ(bench.refund(std::to_string(seq), part), "");
            ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::done)), "");
        }
        EXPECT_EQ(bench.state(), PaymentState::refunded);
        EXPECT_EQ(bench.balances().size(), 4U);
        for (const auto& [account, sum] : bench.balances()) EXPECT_EQ(sum, 0) << account;
    }
    Bench bench = paid(alipay);
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.reverse_due(undone(Effect::refunded)), "");
    EXPECT_EQ(bench.balances().size(), 4U);
    for (const auto& [account, sum] : bench.balances()) EXPECT_EQ(sum, 0) << account;
}

TEST(Refund, ReservesItsAmountUntilItIsRefused) {
    Bench bench = paid(alipay);
    ASSERT_EQ(bench.refund("1", 1000), "");
    EXPECT_EQ(bench.at.refundable(), core::fen(234));
    EXPECT_EQ(bench.refund("2", 235), "not_enough_left");
    ASSERT_EQ(bench.refund("2", 234), "");
    EXPECT_EQ(bench.refund("3", 1), "not_enough_left");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.refund("3", 1), "not_enough_left") << "unknown is not refused";
    ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
    EXPECT_EQ(bench.refund("3", 1), "not_enough_left") << "absent is not refused";
    ASSERT_EQ(bench.send_refund(3, refund_answer(refused, Refusal::merchant_funds)), "");
    EXPECT_EQ(bench.at.refundable(), core::fen(234));
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.entries.size(), 1U);
    ASSERT_EQ(bench.refund("3", 234), "");
    EXPECT_EQ(bench.refund("2", 234), "not_enough_left") << "what was released is taken";
}

TEST(Refund, OfWhatIsNotPaidIsRefused) {
    Bench bench;
    EXPECT_EQ(bench.refund("1", 1), "not_refundable");
    ASSERT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start)), "");
    EXPECT_EQ(bench.refund("1", 1), "not_refundable");
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_EQ(bench.refund("1", 1), "not_refundable");
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    ASSERT_EQ(bench.reverse_due(undone(Effect::unpaid)), "");
    ASSERT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.refund("1", 1), "not_refundable");
    Bench failed;
    ASSERT_EQ(failed.pay(pay_refused(Refusal::insufficient_funds, false)), "");
    EXPECT_EQ(failed.refund("1", 1), "not_refundable");
}

TEST(Repetition, WithAnotherAmountIsAConflictInEveryState) {
    Bench bench = paid(alipay);
    ASSERT_EQ(bench.refund("1", 100), "");
    EXPECT_EQ(bench.refund("1", 101), "request_conflict");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.refund("1", 99), "request_conflict");
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.refund("1", 99), "request_conflict");
    EXPECT_EQ(bench.refund("1", 100), "already_refunded");
    ASSERT_EQ(bench.refund("2", 100), "");
    ASSERT_EQ(bench.send_refund(3, refund_answer(refused, Refusal::merchant_funds)), "");
    EXPECT_EQ(bench.refund("2", 99), "request_conflict");
}

TEST(Repetition, WhileQueuedOrUnderWayWritesNothing) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 100), "");
    EXPECT_EQ(bench.refund("1", 100), "already_asked");
    ASSERT_EQ(bench.take(on_sent(bench.at, bench.claim(2), bench.now, bench.policy)), "");
    EXPECT_EQ(bench.refund("1", 100), "already_asked") << "its call is on its way";
    ASSERT_EQ(bench.refund("2", 100), "");
    EXPECT_EQ(bench.refund("2", 100), "already_asked") << "it waits its turn";
    EXPECT_EQ(bench.at.operations.size(), 3U);
}

TEST(Repetition, OfAnUnknownOneIsDrivenAtOnceUnderTheSameNumber) {
    Bench bench = paid(alipay);
    ASSERT_EQ(bench.refund("1", 100), "");
    const std::string number = bench.operation(2).number;
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 10s));
    bench.now += 3s;
    ASSERT_EQ(bench.refund("1", 100), "");
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now));
    EXPECT_EQ(bench.refund("1", 100), "already_asked") << "due already";
    ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
    EXPECT_EQ(bench.operation(2).next_act, Act::send);
    EXPECT_GT(*bench.operation(2).next_at, bench.now);
    ASSERT_EQ(bench.refund("1", 100), "");
    EXPECT_TRUE(bench.is_planned(2, Act::send, bench.now));
    EXPECT_EQ(bench.operation(2).number, number);
    EXPECT_EQ(bench.at.operations.size(), 2U);
}

TEST(Repetition, OfARefusedOneGoesOutAgainUnderTheSameNumberUnlessTheChannelClosedIt) {
    for (const Refusal why : {Refusal::merchant_funds, Refusal::refund_closed}) {
        Bench bench = paid();
        ASSERT_EQ(bench.refund("1", 100), "");
        const std::string number = bench.operation(2).number;
        const bool is_later = why == Refusal::refund_closed;
        const auto first = is_later ? refund_answer(Outcome::pending) : refund_answer(refused, why);
        ASSERT_EQ(bench.send_refund(2, first), "");
        if (is_later) ASSERT_EQ(bench.look_refund(2, refund_answer(refused, why)), "");
        EXPECT_EQ(bench.operation(2).state, OperationState::refused);
        EXPECT_FALSE(next_step(bench.at));
        bench.now += 24h;
        ASSERT_EQ(bench.refund("1", 100), "");
        EXPECT_EQ(bench.operation(2).number == number, why != Refusal::refund_closed);
        EXPECT_EQ(bench.operation(2).state, OperationState::prepared);
        EXPECT_TRUE(bench.is_planned(2, Act::send, bench.now));
        EXPECT_EQ(bench.at.refundable(), core::fen(1134)) << "reserved again";
        // The age begins anew: not given up for what was asked a day ago.
        ASSERT_EQ(bench.send_refund(2, limited()), "");
        EXPECT_EQ(bench.operation(2).state, OperationState::prepared) << "nothing is open under this number";
        ASSERT_EQ(bench.send_refund(2, refund_answer(refused, Refusal::refund_closed)), "");
        const std::string second = bench.operation(2).number;
        ASSERT_EQ(bench.refund("1", 100), "");
        EXPECT_NE(bench.operation(2).number, second);
        EXPECT_NE(bench.operation(2).number, number);
    }
}

// Our keys or our permission were refused, not the refund: it may be made all the same.
TEST(Proof, RefusedQuestionIsNoRefusedRefund) {
    for (const Refusal why : {Refusal::configuration, Refusal::no_such_trade, Refusal::merchant_funds}) {
        Bench bench = paid();
        ASSERT_EQ(bench.refund("1", 100), "");
        ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
        ASSERT_EQ(bench.look_refund(2, refund_answer(refused, why)), "");
        EXPECT_EQ(bench.operation(2).state, OperationState::unknown);
        EXPECT_EQ(bench.at.refundable(), core::fen(1134)) << "still reserved";
        EXPECT_EQ(next_step(bench.at)->act, Act::query);
    }
}

TEST(Repetition, OfARefusedOneStillNeedsAPaymentThatCanBeRefunded) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(refused, Refusal::merchant_funds)), "");
    Bench late = bench;
    late.now = test_start + 366 * 24h;
    EXPECT_EQ(late.refund("1", 100), "too_late");
    ASSERT_EQ(bench.cancel(), "");
    EXPECT_EQ(bench.refund("1", 100), "not_refundable");
}

TEST(Spacing, TwoAndThreeRefundsTakeTheirTurnsOnWeChatOnly) {
    for (const ChannelKind channel : {wechat, alipay}) {
        Bench bench = paid(channel);
        const core::Instant begun = bench.now;
        for (const char* number : {"1", "2", "3"}) {
            ASSERT_EQ(bench.refund(number, 100), "");
        }
        const core::Duration spacing = channel == wechat ? core::Duration{61s} : 0s;
        EXPECT_TRUE(bench.is_planned(2, Act::send, begun));
        EXPECT_TRUE(bench.is_planned(3, Act::send, begun + spacing));
        EXPECT_TRUE(bench.is_planned(4, Act::send, begun + 2 * spacing));
        for (int seq = 2; seq <= 4; ++seq)
            ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::done)), "");
        EXPECT_EQ(bench.now, begun + 2 * spacing);
    }
}

TEST(Spacing, IsCountedFromWhenTheCallWentOutNotFromWhenItWasPlanned) {
    Bench bench = paid();
    const core::Instant begun = bench.now;
    ASSERT_EQ(bench.refund("1", 100), "");
    ASSERT_EQ(bench.refund("2", 100), "");
    bench.now = begun + 20s;  // the machine was busy
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_TRUE(bench.is_planned(3, Act::send, begun + 81s));
    bench.now = begun + 61s;
    bench.claim_all("me", true);
    EXPECT_EQ(bench.take(on_sent(bench.at, bench.claim(3), bench.now, bench.policy)), "not_due");
    bench.now = begun + 10min;  // and then away: both the next ones are overdue
    ASSERT_EQ(bench.refund("3", 100), "");
    bench.claim_all("other", false);
    ASSERT_EQ(bench.send_refund(3, refund_answer(Outcome::done)), "");
    EXPECT_TRUE(bench.is_planned(4, Act::send, begun + 10min + 61s));
}

TEST(Spacing, OverdueRefundsFoundAtAStartStillTakeTurns) {
    Bench bench = paid();
    for (const char* number : {"1", "2", "3"}) ASSERT_EQ(bench.refund(number, 100), "");
    bench.now += 1h;
    ASSERT_TRUE(bench.claim_all("other", true));
    const core::Instant begun = bench.now;
    for (int seq = 2; seq <= 4; ++seq) ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.now, begun + 122s);
}

TEST(Spacing, ARateLimitPutsOffTheWholeQueueInItsOrder) {
    Bench bench = paid();
    const core::Instant begun = bench.now;
    for (const char* number : {"1", "2", "3"}) ASSERT_EQ(bench.refund(number, 100), "");
    ASSERT_EQ(bench.take(on_sent(bench.at, bench.claim(2), bench.now, bench.policy)), "");
    bench.now = begun + 1s;
    ASSERT_EQ(
        bench.take(on_refund_answer(bench.at, bench.claim(2), limited(), false, bench.now, bench.policy)),
        "");
    EXPECT_EQ(bench.operation(2).state, OperationState::prepared) << "nothing was executed";
    EXPECT_TRUE(bench.is_planned(2, Act::send, begun + 62s));
    EXPECT_TRUE(bench.is_planned(3, Act::send, begun + 123s));
    EXPECT_TRUE(bench.is_planned(4, Act::send, begun + 184s));
    ASSERT_EQ(bench.refund("4", 100), "");
    EXPECT_TRUE(bench.is_planned(5, Act::send, begun + 245s)) << "at the end of the queue";
    EXPECT_EQ(bench.refund("1", 100), "already_asked");
    ASSERT_EQ(bench.send_refund(2, limited()), "");
    EXPECT_EQ(bench.operation(2).state, OperationState::prepared) << "still nothing was executed";
    EXPECT_EQ(bench.at.refundable(), core::fen(834));
    for (int seq = 2; seq <= 5; ++seq) ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.payment().refunded, core::fen(400));
}

TEST(Spacing, ARepetitionDoesNotOverrunARateLimit) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
    ASSERT_EQ(bench.send_refund(2, limited()), "");
    EXPECT_EQ(bench.operation(2).state, OperationState::unknown) << "the first call may have been executed";
    const core::Instant sent_at = *bench.operation(2).sent_at;
    bench.now += 5s;
    ASSERT_EQ(bench.refund("1", 100), "");
    EXPECT_TRUE(bench.is_planned(2, Act::send, sent_at + 61s));
}

TEST(Window, ByChannelAndByAccountToTheEdge) {
    struct Row {
        ChannelKind channel;
        int days;  // of the account; 0: the channel's own
        int expected;
    };
    for (const Row& row :
         {Row{wechat, 0, 365}, Row{alipay, 0, 90}, Row{alipay, 365, 365}, Row{wechat, 30, 30}}) {
        Bench bench = paid(row.channel);
        if (row.days > 0) bench.at.payment.refund_days = row.days;
        const core::Instant edge = *bench.payment().trade.paid_at + row.expected * 24h;
        bench.now = edge + 1us;
        EXPECT_EQ(bench.refund("1", 100), "too_late") << row.expected;
        bench.now = edge;
        EXPECT_EQ(bench.refund("1", 100), "") << row.expected;
        // Once begun it goes on.
        bench.now = edge + 24h;
        ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
        EXPECT_EQ(bench.refund("1", 100), "");
        EXPECT_EQ(bench.refund("2", 100), "too_late");
    }
}

TEST(Refund, AsManyAsTheChannelTakesNotCountingTheRefused) {
    Bench bench = paid(alipay);
    bench.policy.most_refunds = 3;
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(bench.refund("no" + std::to_string(i), 10), "");
        ASSERT_EQ(bench.send_refund(2 + i, refund_answer(refused, Refusal::merchant_funds)), "");
    }
    ASSERT_EQ(bench.refund("1", 10), "");
    ASSERT_EQ(bench.refund("2", 10), "");
    ASSERT_EQ(bench.refund("no0", 10), "") << "a repetition is the third";
    EXPECT_EQ(bench.refund("4", 10), "too_many_refunds");
    EXPECT_EQ(bench.refund("no1", 10), "too_many_refunds");
}

TEST(Refund, AcceptedIsNotRefunded) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 1234), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.payment().refunded, core::fen(0));
    EXPECT_EQ(bench.operation(2).state, OperationState::unknown);
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 1s));
    std::vector<core::Duration> waits;
    for (int i = 0; i < 6; ++i) {
        ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::pending)), "");
        EXPECT_EQ(bench.operation(2).last_outcome, Outcome::pending);
        waits.push_back(*bench.operation(2).next_at - bench.now);
    }
    const std::vector<core::Duration> expected{2s, 10s, 10s, 1min, 1min, 5min};
    EXPECT_EQ(waits, expected);
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.operation(2).last_outcome, Outcome::pending) << "what was accepted stays accepted";
    EXPECT_EQ(bench.operation(2).next_act, Act::query);
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::refunded);
}

TEST(Refund, IsAskedAfterByItsAgeAtTheChannelNotByItsWaitInTheQueue) {
    Bench bench = paid();
    for (const char* number : {"1", "2", "3"}) ASSERT_EQ(bench.refund(number, 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::done)), "");
    ASSERT_EQ(bench.send_refund(3, refund_answer(Outcome::done)), "");
    ASSERT_EQ(bench.send_refund(4, refund_answer(Outcome::pending)), "");
    ASSERT_EQ(bench.look_refund(4, refund_answer(Outcome::pending)), "");
    EXPECT_TRUE(bench.is_planned(4, Act::query, bench.now + 2s));
}

TEST(Refund, UnprovenIsAskedAfterTenSecondsAndSentAgainUnderTheSameNumber) {
    Bench bench = paid(alipay);
    ASSERT_EQ(bench.refund("1", 100), "");
    const std::string number = bench.operation(2).number;
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 10s));
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.operation(2).next_act, Act::query) << "an unread answer is not absence";
    ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
    EXPECT_EQ(bench.operation(2).next_act, Act::send);
    EXPECT_EQ(bench.operation(2).number, number);
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.operation(2).number, number);
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.payment().refunded, core::fen(100));
    EXPECT_EQ(bench.entries_of(ledger::EntryKind::refund), 1U);
}

TEST(Refund, RefusedBehindAnUnansweredCallIsReleasedOnlyWhenThatCannotArriveAnyMore) {
    for (const bool is_done : {false, true}) {
        Bench bench = paid(alipay);
        ASSERT_EQ(bench.refund("1", 1234), "");
        ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
        ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
        ASSERT_EQ(bench.send_refund(2, refund_answer(refused, Refusal::merchant_funds)), "");
        const core::Instant bound = *bench.operation(2).sent_at + bench.policy.in_flight_bound;
        EXPECT_EQ(bench.operation(2).state, OperationState::unknown);
        EXPECT_EQ(bench.at.refundable(), core::fen(0));
        ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
        ASSERT_LT(bench.now, bound);
        EXPECT_TRUE(bench.is_planned(2, Act::query, bound)) << "neither released nor sent again";
        ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::unknown)), "");
        EXPECT_EQ(bench.operation(2).next_act, Act::query);
        ASSERT_EQ(bench.look_refund(2, is_done ? refund_answer(Outcome::done) : refund_absent()), "");
        EXPECT_EQ(bench.state(), is_done ? PaymentState::refunded : PaymentState::paid);
        EXPECT_EQ(bench.at.refundable().minor(), is_done ? 0 : 1234);
        EXPECT_FALSE(next_step(bench.at));
        EXPECT_EQ(bench.operation(2).refusal, is_done ? Refusal::none : Refusal::merchant_funds);
    }
}

TEST(Refund, LeftBehindWhileSentIsUnknownAndLookedAtAndTheOldAnswerIsFenced) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 100), "");
    const Claim old = bench.claim(2);
    ASSERT_EQ(bench.take(on_sent(bench.at, old, bench.now, bench.policy)), "");
    EXPECT_EQ(bench.operation(2).lease_until, bench.now + 40s);
    bench.now += 3s;
    ASSERT_TRUE(bench.claim_all("other", true));
    EXPECT_EQ(bench.operation(2).state, OperationState::unknown);
    EXPECT_EQ(bench.operation(2).owner, "other");
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 2s));
    for (const bool is_query : {false, true}) {
        const auto late =
            on_refund_answer(bench.at, old, refund_answer(Outcome::done), is_query, bench.now, bench.policy);
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().reason, "fenced");
    }
    EXPECT_EQ(bench.take(on_sent(bench.at, bench.claim(2), bench.now, bench.policy)), "not_due");
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.take(on_refund_answer(bench.at, bench.claim(2), refund_answer(Outcome::done), true,
                                          bench.now, bench.policy)),
              "not_due");
    EXPECT_EQ(bench.payment().refunded, core::fen(100));
}

TEST(Refund, OfAnotherAmountIsNotTakenAndGoesToAPersonOnce) {
    for (const bool is_query : {false, true}) {
        Bench bench = paid();
        ASSERT_EQ(bench.refund("1", 100), "");
        if (is_query) ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
        auto other = refund_answer(Outcome::done);
        other.amount = core::fen(99);
        ASSERT_EQ(bench.refund_due(2, other, is_query ? Act::query : Act::send), "");
        EXPECT_EQ(bench.operation(2).state, OperationState::manual);
        EXPECT_EQ(bench.payment().review_reason, "refund_amount_mismatch");
        EXPECT_TRUE(bench.has_alarm("amount_mismatch"));
        EXPECT_EQ(bench.entries.size(), 1U);
        EXPECT_EQ(bench.state(), PaymentState::paid);
        const auto alarms = bench.alarms.size();
        for (int looks = 0; bench.operation(2).next_act == Act::query; ++looks) {
            ASSERT_LT(looks, 60) << "looks without end";
            ASSERT_EQ(bench.look_refund(2, other), "");
        }
        EXPECT_EQ(bench.alarms.size(), alarms) << "the same alarm with every look";
    }
}

TEST(Refund, AbnormalGoesToAPersonAndMayStillArrive) {
    Bench bench = paid();
    ASSERT_EQ(bench.refund("1", 1234), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    ASSERT_EQ(bench.look_refund(2, refund_abnormal()), "");
    EXPECT_EQ(bench.operation(2).state, OperationState::manual);
    EXPECT_EQ(bench.payment().review_reason, "refund_abnormal");
    EXPECT_TRUE(bench.has_alarm("manual_review"));
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 1h));
    EXPECT_EQ(bench.at.refundable(), core::fen(0)) << "it stays reserved";
    EXPECT_EQ(bench.cancel(), "not_cancellable");
    ASSERT_EQ(bench.look_refund(2, refund_abnormal()), "");
    EXPECT_EQ(bench.alarms.size(), 1U);
    ASSERT_EQ(bench.refund("1", 1234), "") << "the merchant's repetition brings a look, not another call";
    EXPECT_EQ(bench.operation(2).state, OperationState::manual);
    EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 2s));
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::refunded);
    EXPECT_EQ(bench.payment().review_reason, "");
}

TEST(Refund, UnprovenForSevenDaysIsAPersonsWithSlowLooksThatMayStillProveIt) {
    Bench bench = given_up();
    EXPECT_EQ(bench.payment().review_reason, "refund_not_proven");
    EXPECT_EQ(bench.state(), PaymentState::paid);
    const core::Duration age = bench.now - bench.operation(2).created_at;
    EXPECT_GE(age, 7 * 24h);
    EXPECT_LE(age, 8 * 24h);
    Bench proven = bench;
    int looks = 0;
    while (bench.operation(2).next_act == Act::query) {
        ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
        ASSERT_LT(++looks, 60);
    }
    EXPECT_GE(looks, 5) << "one look is not slow looks";
    EXPECT_EQ(bench.operation(2).state, OperationState::manual);
    EXPECT_EQ(bench.alarms.size(), 1U);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(proven.look_refund(2, refund_answer(Outcome::unknown)), "");
    ASSERT_EQ(proven.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(proven.state(), PaymentState::partially_refunded);
    EXPECT_EQ(proven.payment().review_reason, "");
}

TEST(Refund, ClosedByTheChannelWhileAPersonHasItIsReleased) {
    Bench bench = given_up();
    ASSERT_EQ(bench.look_refund(2, refund_answer(refused, Refusal::refund_closed)), "");
    EXPECT_EQ(bench.operation(2).state, OperationState::refused);
    EXPECT_EQ(bench.payment().review_reason, "") << "nothing is left to look at";
    EXPECT_EQ(bench.at.refundable(), test_amount);
}

TEST(RefundDecision, EndsWhatMachinesCouldNot) {
    for (const RefundVerdict verdict :
         {RefundVerdict::refunded, RefundVerdict::not_refunded, RefundVerdict::again}) {
        Bench bench = given_up();
        EXPECT_EQ(bench.decide_refund(2, verdict, ""), "reason_missing");
        EXPECT_EQ(bench.decide_refund(1, verdict), "no_refund");
        EXPECT_EQ(bench.decide_refund(9, verdict), "no_refund");
        ASSERT_EQ(bench.decide_refund(2, verdict), "");
        const bool is_again = verdict == RefundVerdict::again;
        EXPECT_EQ(bench.state(),
                  verdict == RefundVerdict::refunded ? PaymentState::partially_refunded : PaymentState::paid);
        EXPECT_EQ(bench.at.refundable().minor(), verdict == RefundVerdict::not_refunded ? 1234 : 1134);
        EXPECT_EQ(next_step(bench.at).has_value(), is_again);
        EXPECT_EQ(bench.payment().review_reason, "");
        EXPECT_EQ(bench.decide_refund(2, verdict), "not_in_review");
        if (!is_again) continue;
        EXPECT_TRUE(bench.is_planned(2, Act::query, bench.now + 2s) ||
                    bench.is_scheduled(Act::query, bench.now));
        ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
        EXPECT_EQ(bench.operation(2).state, OperationState::unknown) << "seven days anew";
        ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::done)), "");
    }
}

TEST(RefundDecision, OnOneLeavesTheOthersReason) {
    Bench bench = paid(alipay);
    for (const char* number : {"1", "2", "3"}) ASSERT_EQ(bench.refund(number, 100), "");
    for (int seq = 2; seq <= 3; ++seq) {
        ASSERT_EQ(bench.send_refund(seq, refund_answer(Outcome::pending)), "");
        ASSERT_EQ(bench.look_refund(seq, refund_abnormal()), "");
    }
    ASSERT_EQ(bench.send_refund(4, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.payment().review_reason, "refund_abnormal") << "two are still with a person";
    ASSERT_EQ(bench.decide_refund(2, RefundVerdict::not_refunded), "");
    EXPECT_EQ(bench.payment().review_reason, "refund_abnormal") << "one is still with a person";
    ASSERT_EQ(bench.decide_refund(3, RefundVerdict::refunded), "");
    EXPECT_EQ(bench.payment().review_reason, "");
    EXPECT_EQ(bench.payment().refunded, core::fen(200));
}

TEST(RefundAndCancel, CancelIsRefusedWhileARefundMayBeDoneAndAllowedAfterItsRefusal) {
    Bench bench = paid(alipay);
    ASSERT_EQ(bench.refund("1", 100), "");
    EXPECT_EQ(bench.cancel(), "not_cancellable") << "queued";
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.cancel(), "not_cancellable") << "unknown";
    ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
    EXPECT_EQ(bench.cancel(), "not_cancellable") << "absent, may still arrive";
    Bench done = bench;
    ASSERT_EQ(done.send_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(done.cancel(), "not_cancellable") << "in part";
    bench = paid(alipay);
    ASSERT_EQ(bench.refund("1", 100), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(refused, Refusal::merchant_funds)), "");
    ASSERT_EQ(bench.cancel(), "");
    ASSERT_EQ(bench.reverse_due(undone(Effect::refunded)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
}

TEST(RefundAndQuery, APayQueryAfterARefundNeitherReopensNorAlarms) {
    for (const std::int64_t part : {100, 1234}) {
        Bench bench = paid(alipay);
        ASSERT_EQ(bench.refund("1", part), "");
        ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::done)), "");
        const PaymentState before = bench.state();
        bench.now += 5s;
        for (const TradeState state : {TradeState::paid, TradeState::paid_and_refunded,
                                       TradeState::paid_and_closed, TradeState::closed}) {
            ASSERT_EQ(bench.query(1, seen(state, bench.now)), "");
            EXPECT_EQ(bench.state(), before) << to_string(state);
        }
        EXPECT_TRUE(bench.alarms.empty()) << bench.alarms.front().name;
    }
    Bench bench = paid();
    bench.now += 5s;
    ASSERT_EQ(bench.query(1, seen(TradeState::paid_and_refunded, bench.now)), "");
    EXPECT_TRUE(bench.has_alarm("unexplained_refund")) << "no refund of ours explains it";
}

// Refused as without an order but found paid by a later query: the automatic refund has begun.
Bench reopened(ChannelKind channel = wechat) {
    Bench bench(default_policy(channel));
    bench.at = test_intent(test_start, bench.policy);
    EXPECT_EQ(bench.pay(pay_refused(Refusal::insufficient_funds, false)), "");
    bench.now += 1min;
    EXPECT_EQ(bench.query(1, seen(TradeState::paid, bench.now)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_TRUE(bench.at.automatic_refund());
    return bench;
}

TEST(AutomaticRefund, FoundPaidTwiceIsRefundedOnce) {
    Bench bench = reopened();
    ASSERT_EQ(bench.query(1, seen(TradeState::paid, bench.now)), "");
    EXPECT_EQ(bench.at.operations.size(), 2U);
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    bench.now += 1h;
    ASSERT_EQ(bench.query(1, seen(TradeState::paid_and_refunded, bench.now)), "");
    EXPECT_FALSE(bench.has_alarm("unexplained_refund")) << "it is our own";
    ASSERT_EQ(bench.query(1, seen(TradeState::paid, bench.now)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_EQ(bench.at.operations.size(), 2U) << "the one there is, asked after";
    EXPECT_EQ(bench.operation(2).next_act, Act::query);
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.entries.size(), 2U);
    for (const auto& [account, sum] : bench.balances()) EXPECT_EQ(sum, 0) << account;
}

TEST(AutomaticRefund, AcceptedIsReversedOnlyWithProofAbsentGoesOutAgainUnderItsNumber) {
    Bench bench = reopened(alipay);
    const std::string number = bench.operation(2).number;
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    ASSERT_EQ(bench.look_refund(2, refund_absent()), "");
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_EQ(bench.operation(2).number, number);
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
}

TEST(AutomaticRefund, RefusedGivesWayToAReversalAndThenToAPerson) {
    Bench bench = reopened();
    ASSERT_EQ(bench.send_refund(2, refund_answer(refused, Refusal::merchant_funds)), "");
    EXPECT_EQ(bench.operation(3).kind, OperationKind::reverse);
    EXPECT_TRUE(bench.is_planned(3, Act::query, bench.now + 2s)) << "a look comes first";
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    Bench done = bench;
    ASSERT_EQ(done.reverse_due(undone(Effect::refunded)), "");
    EXPECT_EQ(done.state(), PaymentState::reversed);
    EXPECT_EQ(done.entries.size(), 2U);
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::too_late)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::manual_review) << "both were refused";
    EXPECT_EQ(bench.payment().review_reason, "neither_reversed_nor_refunded");
    EXPECT_EQ(bench.at.operations.size(), 3U) << "no second automatic refund";
    ASSERT_EQ(bench.decide(Verdict::reverse_again), "") << "the account was topped up";
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::done)), "") << "under its number";
    EXPECT_EQ(bench.state(), PaymentState::reversed);
}

TEST(AutomaticRefund, GivenUpIsNeverDecidedPaidOrUnpaidAndIsDrivenOnNotReversed) {
    Bench bench = reopened();
    ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
    ASSERT_EQ(bench.look_refund(2, refund_abnormal()), "");
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.decide_refund(2, RefundVerdict::refunded), "no_refund")
        << "the payment is decided, not it";
    bench.at.payment.is_reopened = false;  // as after a late reversal, which the merchant was not told of
    bench.at.payment.is_seen_paid = false;
    for (const Verdict verdict : {Verdict::paid, Verdict::closed, Verdict::failed})
        EXPECT_EQ(bench.decide(verdict), "refund_exists");
    bench.at.payment.is_seen_paid = true;
    Bench reversed = bench;
    ASSERT_EQ(reversed.decide(Verdict::reversed), "");
    EXPECT_EQ(reversed.state(), PaymentState::reversed);
    EXPECT_FALSE(next_step(reversed.at)) << "seen paid and called undone: that it shows as paid is no news";
    bench.now += 10 * 24h;
    ASSERT_EQ(bench.decide(Verdict::reverse_again), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    EXPECT_EQ(bench.at.operations.size(), 2U);
    EXPECT_EQ(bench.operation(2).next_act, Act::query);
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::unknown)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing) << "its seven days begin anew";
    ASSERT_EQ(bench.look_refund(2, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.entries.size(), 2U);
}

TEST(AutomaticRefund, GivenUpMayStillBeProvenByASlowLook) {
    for (const bool is_done : {true, false}) {
        Bench bench = reopened();
        ASSERT_EQ(bench.send_refund(2, refund_answer(Outcome::pending)), "");
        ASSERT_EQ(bench.look_refund(2, refund_abnormal()), "");
        ASSERT_EQ(bench.look_refund(2, is_done ? refund_answer(Outcome::done)
                                               : refund_answer(refused, Refusal::refund_closed)),
                  "");
        EXPECT_EQ(bench.state(), is_done ? PaymentState::reversed : PaymentState::manual_review);
        if (is_done) continue;
        EXPECT_FALSE(bench.payment().review_reason.empty());
        ASSERT_EQ(bench.decide(Verdict::reverse_again), "");
        EXPECT_EQ(bench.at.operations.back().kind, OperationKind::reverse);
    }
}

// Past the deadline, and the channel refuses the reversal as late.
Bench late_reversal() {
    Bench bench(default_policy(alipay));
    bench.at = test_intent(test_start, bench.policy);
    EXPECT_EQ(bench.pay(answer_of<PayAnswer>(Outcome::pending, test_start, "10003")), "");
    while (bench.state() == PaymentState::pending) EXPECT_EQ(bench.query_due(TradeState::pending), "");
    EXPECT_EQ(bench.reverse_due(reverse_refused(Refusal::too_late)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    return bench;
}

// The close that is due, with that answer.
void close_due(Bench& bench, const CloseAnswer& answer) {
    const auto step = next_step(bench.at);
    ASSERT_TRUE(step);
    ASSERT_EQ(step->act, Act::close);
    bench.now = std::max(bench.now, step->at);
    bench.claim_all("me", false);
    ASSERT_EQ(bench.take(on_sent(bench.at, bench.claim(step->seq), bench.now, bench.policy)), "");
    ASSERT_EQ(bench.take(on_close_answer(bench.at, bench.claim(step->seq), answer, bench.now, bench.policy)),
              "");
}

TEST(LateReversal, OfAPaidTradeBecomesOneRefund) {
    Bench bench = late_reversal();
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    ASSERT_TRUE(bench.at.automatic_refund());
    EXPECT_FALSE(bench.at.live(OperationKind::reverse));
    EXPECT_EQ(bench.cancel(), "") << "a cancel joins it";
    EXPECT_EQ(bench.cancel(), "already_asked");
    ASSERT_EQ(bench.send_refund(3, refund_answer(Outcome::done)), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
    EXPECT_EQ(bench.entries.size(), 2U);
}

TEST(LateReversal, WhoseRefundIsRefusedTooIsAPersons) {
    Bench bench = late_reversal();
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    ASSERT_EQ(bench.send_refund(3, refund_answer(refused, Refusal::too_late)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    ASSERT_EQ(bench.reverse_due(reverse_refused(Refusal::wrong_state)), "");
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.decide(Verdict::closed), "seen_paid");
    EXPECT_EQ(bench.decide(Verdict::paid), "")
        << "both were refused with proof: a person may take it as paid";
    EXPECT_EQ(bench.refund("1", 1234), "") << "and the merchant may refund it";
}

TEST(LateReversal, OfAnUnpaidTradeClosesIt) {
    for (const bool has_no_trade : {false, true}) {
        Bench bench = late_reversal();
        ASSERT_EQ(bench.query_due(TradeState::pending), "");
        auto answer = close_answer(Outcome::done);
        answer.has_no_trade = has_no_trade;
        close_due(bench, answer);
        EXPECT_EQ(bench.state(), has_no_trade ? PaymentState::reversed : PaymentState::closed);
        EXPECT_EQ(next_step(bench.at).has_value(), has_no_trade) << "what has no trade behind it is watched";
        EXPECT_EQ(bench.payment().effect, Effect::unpaid);
        EXPECT_EQ(bench.at.pay().state, OperationState::refused);
        EXPECT_TRUE(bench.entries.empty());
        EXPECT_EQ(bench.cancel(), "already_reversed");
    }
}

TEST(LateReversal, PaidWhileItWasToBeClosedIsRefunded) {
    Bench bench = late_reversal();
    ASSERT_EQ(bench.query_due(TradeState::pending), "");
    close_due(bench, close_answer(refused, Refusal::wrong_state));
    EXPECT_EQ(bench.state(), PaymentState::reversing);
    ASSERT_EQ(bench.query_due(TradeState::paid), "");
    EXPECT_TRUE(bench.at.automatic_refund());
}

TEST(LateReversal, CloseWithoutAnAnswerIsRepeatedAndThenGivenToAPerson) {
    Bench bench = late_reversal();
    for (int i = 0; bench.state() == PaymentState::reversing; ++i) {
        ASSERT_LT(i, 100) << "never given up";
        ASSERT_EQ(bench.query_due(TradeState::pending), "");
        close_due(bench, close_answer(Outcome::unknown));
    }
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.payment().review_reason, "reversal_not_proven");
}

TEST(LateReversal, AfterAReversalTradeFoundPaidAndClosedIsOurs) {
    Bench bench = late_reversal();
    ASSERT_EQ(bench.query_due(TradeState::paid_and_closed), "");
    EXPECT_EQ(bench.state(), PaymentState::reversed);
    EXPECT_EQ(bench.payment().effect, Effect::refunded);
    EXPECT_TRUE(bench.alarms.empty());
}

}  // namespace
}  // namespace huitong::payments

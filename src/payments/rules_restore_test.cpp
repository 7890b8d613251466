// What a restored store is told by the send journal, and what the channel's answers then make of it.
#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

constexpr auto outage = 1h;

// A payment's real life up to some point, then a store that knows only an earlier one of its states.
class Restored : public testing::Test {
  protected:
    Aggregate paid() {
        return on_pay_answer(test_intent(), {.seq = 1, .attempt = 1}, pay_done(), test_start + 1s, policy)
            ->after;
    }
    Aggregate refund_sent(const Aggregate& of) {
        const auto begun = on_refund(of,
                                     {.request_no = "r1",
                                      .amount = core::fen(234),
                                      .operator_name = "kay",
                                      .terminal_sn = "T1",
                                      .reason = "",
                                      .owner = "me"},
                                     test_start + 60s, policy);
        return on_sent(begun->after, {.seq = 2, .attempt = 1}, test_start + 60s, policy)->after;
    }
    Aggregate cancel_sent(const Aggregate& of) {
        auto begun = on_cancel(of, {.operator_name = "kay", .terminal_sn = "T1", .owner = "me"},
                               test_start + 60s, policy);
        return on_sent(begun->after, {.seq = 2, .attempt = 1}, test_start + 60s, policy)->after;
    }
    // The store's knowledge with the lost call taken in.
    Bench restored(const Aggregate* known, const Aggregate& sent, int seq) {
        Bench bench;
        bench.now = test_start + outage;
        const auto change = on_lost_call(known, sent, seq, bench.now, policy);
        EXPECT_TRUE(change);
        if (change) bench.at = change->after;
        return bench;
    }
    static void ask(Bench& bench, TradeState state) {
        const auto answer = seen(state, bench.now);
        const auto change = on_query_answer(bench.at, bench.claim(1), answer, bench.now, bench.policy);
        ASSERT_TRUE(change);
        take(bench, *change);
    }
    static void ask_refund(Bench& bench, RefundAnswer answer) {
        answer.exchange.started_at = bench.now;
        const auto change = on_refund_answer(bench.at, bench.claim(2), answer, true, bench.now, bench.policy);
        ASSERT_TRUE(change);
        take(bench, *change);
    }
    static void take(Bench& bench, const Change& change) {
        bench.at = change.after;
        for (const auto& entry : change.entries) bench.entries.push_back(entry);
        for (const auto& alarm : change.alarms) bench.alarms.push_back(alarm);
    }
    Policy policy;
};

TEST_F(Restored, AnUnknownPayIsAskedAfterAndPaidAgain) {
    Bench bench = restored(nullptr, test_intent(), 1);
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_FALSE(is_known_again(bench.at));
    const auto step = next_step(bench.at);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->act, Act::query);
    EXPECT_LE(step->at, bench.now);
    EXPECT_EQ(bench.at.pay().owner, "") << "any process may take it up";
    ask(bench, TradeState::paid);
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_TRUE(bench.payment().is_booked);
    EXPECT_EQ(bench.entries.size(), 1U);
    EXPECT_TRUE(is_known_again(bench.at));
}

TEST_F(Restored, SilenceNeverReversesWhatMayHaveBeenToldPaid) {
    Bench bench = restored(nullptr, test_intent(), 1);
    for (int i = 0; i < 100; ++i) {
        bench.now += 60s;
        ask(bench, TradeState::unknown);
        ASSERT_EQ(bench.state(), PaymentState::pending);
        ASSERT_LE(next_step(bench.at)->at, bench.now + 60s);
    }
    Bench heard = bench;
    ask(heard, TradeState::paid);
    EXPECT_EQ(heard.state(), PaymentState::paid);
    while (bench.state() == PaymentState::pending) ask(bench, TradeState::unknown);
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.payment().review_reason, "channel_silent");
    EXPECT_TRUE(is_known_again(bench.at)) << "one channel that is gone keeps nobody else waiting";
    ASSERT_EQ(bench.decide(Verdict::paid), "");
    EXPECT_EQ(bench.entries.size(), 1U);
}

TEST_F(Restored, AbsentOnlyCountsOnceTheCallCannotArrive) {
    Bench bench = restored(nullptr, test_intent(), 1);
    bench.now = test_start + 60s;
    ask(bench, TradeState::not_found);
    EXPECT_EQ(bench.state(), PaymentState::pending);
    bench.now = test_start + 91s;
    ask(bench, TradeState::not_found);
    EXPECT_EQ(bench.state(), PaymentState::reversing);
}

TEST_F(Restored, UnpaidEndsByTheUsualRules) {
    Bench waiting = restored(nullptr, test_intent(), 1);
    ask(waiting, TradeState::pending);
    EXPECT_EQ(waiting.state(), PaymentState::reversing);
    EXPECT_TRUE(is_known_again(waiting.at)) << "it is known, and being undone";
    Bench closed = restored(nullptr, test_intent(), 1);
    ask(closed, TradeState::closed);
    EXPECT_EQ(closed.state(), PaymentState::failed);
}

TEST_F(Restored, ALostRefundIsReservedAndNeverSentAnew) {
    const Aggregate known = paid();
    Bench bench = restored(&known, refund_sent(known), 2);
    EXPECT_EQ(bench.state(), PaymentState::paid);
    EXPECT_EQ(bench.operation(2).number, refund_sent(known).operations[1].number);
    EXPECT_EQ(bench.at.refundable(), core::fen(1000));
    EXPECT_EQ(next_step(bench.at)->act, Act::query);
    EXPECT_FALSE(is_known_again(bench.at));
    Bench made = bench;
    ask_refund(made, refund_answer(Outcome::done));
    EXPECT_EQ(made.state(), PaymentState::partially_refunded);
    EXPECT_EQ(made.payment().refunded, core::fen(234));
    EXPECT_EQ(made.entries.size(), 1U);
    EXPECT_TRUE(is_known_again(made.at));
    ask_refund(bench, refund_absent());
    EXPECT_EQ(bench.operation(2).state, OperationState::unknown) << "once may be a slip of the channel's";
    EXPECT_EQ(next_step(bench.at)->at, bench.now + 1min);
    Bench found = bench;
    ask_refund(found, refund_answer(Outcome::done));
    EXPECT_EQ(found.state(), PaymentState::partially_refunded);
    ask_refund(bench, refund_absent());
    EXPECT_EQ(bench.operation(2).state, OperationState::unknown) << "too soon after the first";
    bench.now += 1min;
    ask_refund(bench, refund_absent());
    EXPECT_EQ(bench.operation(2).state, OperationState::refused);
    EXPECT_EQ(bench.at.refundable(), test_amount);
    EXPECT_TRUE(is_known_again(bench.at));
}

TEST_F(Restored, ARefundThatWasProvenIsNeverAbsent) {
    const Aggregate known = paid();
    Aggregate sent = refund_sent(known);
    sent.operations[1].state = OperationState::succeeded;
    Bench bench = restored(&known, sent, 2);
    for (int n = 0; n < 5; ++n) {
        ask_refund(bench, refund_absent());
        bench.now += 5min;
    }
    EXPECT_EQ(bench.operation(2).state, OperationState::manual) << "a contradiction is for a person";
    EXPECT_EQ(bench.at.refundable(), core::fen(1000));
    EXPECT_TRUE(is_known_again(bench.at)) << "and keeps nobody waiting";
    ask_refund(bench, refund_answer(Outcome::done));
    EXPECT_EQ(bench.state(), PaymentState::partially_refunded);
}

TEST_F(Restored, ARefundThatTheChannelHadAcceptedIsNeverAbsent) {
    const Aggregate known = paid();
    Aggregate sent = refund_sent(known);
    sent.operations[1].last_outcome = Outcome::pending;
    Bench bench = restored(&known, sent, 2);
    for (int n = 0; n < 5; ++n) {
        ask_refund(bench, refund_absent());
        bench.now += 5min;
    }
    EXPECT_EQ(bench.operation(2).state, OperationState::manual);
    EXPECT_EQ(bench.at.refundable(), core::fen(1000));
}

TEST_F(Restored, ARefundSeenOnItsWaySinceIsNeverAbsent) {
    const Aggregate known = paid();
    Bench bench = restored(&known, refund_sent(known), 2);
    ask_refund(bench, refund_answer(Outcome::pending));
    for (int n = 0; n < 3; ++n) {
        bench.now += 5min;
        ask_refund(bench, refund_absent());
    }
    EXPECT_EQ(bench.operation(2).state, OperationState::manual);
}

TEST_F(Restored, AbsentMeansTwiceInARow) {
    Bench bench = restored(nullptr, test_intent(), 1);
    bench.now += 5min;
    for (const TradeState state : {TradeState::not_found, TradeState::unknown, TradeState::not_found}) {
        ask(bench, state);
        bench.now += 1min;
        EXPECT_EQ(bench.state(), PaymentState::pending) << to_string(state);
    }
    ask(bench, TradeState::not_found);
    EXPECT_EQ(bench.state(), PaymentState::reversing);
}

TEST_F(Restored, AContradictionUndoesNothing) {
    Bench bench = restored(nullptr, test_intent(), 1);
    bench.now += 5min;
    const auto ask_for_other = [&](Bench& asked) {
        QueryAnswer other = seen(TradeState::paid, asked.now);
        other.trade.amount = core::fen(1);
        take(asked, *on_query_answer(asked.at, asked.claim(1), other, asked.now, asked.policy));
    };
    Bench found = bench;
    ask_for_other(found);
    EXPECT_EQ(found.state(), PaymentState::pending) << "its payer may have been told paid";
    found.now += 1min;
    ask(found, TradeState::paid);
    EXPECT_EQ(found.state(), PaymentState::paid);
    for (int looks = 0; bench.state() == PaymentState::pending; ++looks) {
        ASSERT_LT(looks, 100);
        ask_for_other(bench);
        bench.now += 1min;
    }
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
}

TEST_F(Restored, APaymentIsAbsentOnlyWhenItIsSaidTwice) {
    Bench bench = restored(nullptr, test_intent(), 1);
    bench.now += 5min;
    ask(bench, TradeState::not_found);
    EXPECT_EQ(bench.state(), PaymentState::pending) << "its payer may have been told paid";
    EXPECT_EQ(next_step(bench.at)->at, bench.now + 1min);
    Bench found = bench;
    found.now += 1min;
    ask(found, TradeState::paid);
    EXPECT_EQ(found.state(), PaymentState::paid);
    bench.now += 1min;
    ask(bench, TradeState::not_found);
    EXPECT_EQ(bench.state(), PaymentState::reversing);
}

TEST_F(Restored, ARefundThatIsUnderWayIsKnown) {
    const Aggregate known = paid();
    Bench bench = restored(&known, refund_sent(known), 2);
    ask_refund(bench, refund_answer(Outcome::unknown));
    EXPECT_FALSE(is_known_again(bench.at));
    bench.now += 10s;
    ask_refund(bench, refund_answer(Outcome::pending));
    EXPECT_TRUE(is_known_again(bench.at));
}

TEST_F(Restored, AnAutomaticRefundIsLookedAtBeforeItsPaymentIsKnown) {
    Aggregate launched = paid();
    launched.payment.product = Product::qr;
    Bench bench = restored(&launched, cancel_sent(launched), 2);
    ASSERT_TRUE(is_automatic(bench.operation(2)));
    EXPECT_FALSE(is_known_again(bench.at));
    ask_refund(bench, refund_answer(Outcome::unknown));
    EXPECT_FALSE(is_known_again(bench.at));
    ask_refund(bench, refund_answer(Outcome::pending));
    EXPECT_TRUE(is_known_again(bench.at));
}

TEST_F(Restored, ARefundOfALostPaymentWaitsForItsProof) {
    Bench bench = restored(nullptr, refund_sent(paid()), 2);
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_FALSE(bench.payment().is_booked);
    EXPECT_EQ(next_step(bench.at)->seq, 1) << "a refund of what is not proven paid cannot be booked";
    ask(bench, TradeState::paid_and_refunded);
    EXPECT_EQ(bench.state(), PaymentState::paid);
    ASSERT_TRUE(next_step(bench.at));
    EXPECT_EQ(next_step(bench.at)->seq, 2);
    ask_refund(bench, refund_answer(Outcome::done));
    EXPECT_EQ(bench.state(), PaymentState::partially_refunded);
    EXPECT_EQ(bench.entries.size(), 2U);
}

TEST_F(Restored, RefundedButNotPaidIsForAPerson) {
    for (const TradeState state : {TradeState::not_found, TradeState::closed, TradeState::pending}) {
        Bench bench = restored(nullptr, refund_sent(paid()), 2);
        ask(bench, state);
        if (state == TradeState::not_found) ask(bench, state);  // once may be a slip of the channel's
        EXPECT_EQ(bench.state(), PaymentState::manual_review) << to_string(state);
        EXPECT_TRUE(is_known_again(bench.at));
    }
    Bench bench = restored(nullptr, test_intent(), 1);
    ask(bench, TradeState::paid_and_refunded);
    EXPECT_EQ(bench.state(), PaymentState::manual_review) << "a refund that nobody here asked for";
}

TEST_F(Restored, ALostCancelIsLookedAtFirst) {
    const Aggregate known = paid();
    for (const Aggregate* store : {&known, static_cast<const Aggregate*>(nullptr)}) {
        Bench bench = restored(store, cancel_sent(known), 2);
        EXPECT_EQ(bench.state(), PaymentState::reversing);
        ASSERT_TRUE(next_step(bench.at));
        EXPECT_EQ(next_step(bench.at)->seq, 2);
        EXPECT_EQ(next_step(bench.at)->act, Act::query);
        const auto change = on_query_answer(bench.at, bench.claim(2), seen(TradeState::reversed, bench.now),
                                            bench.now, policy);
        ASSERT_TRUE(change);
        EXPECT_EQ(change->after.payment.state, PaymentState::reversed);
        EXPECT_EQ(change->entries.size(), store ? 1U : 2U) << "what the store had not booked is booked now";
    }
}

// Its till was told that it is refused, or in progress: which, is lost.
TEST_F(Restored, ALostCancelOfWhatIsStillPaidIsAPersonsCase) {
    const Aggregate known = paid();
    for (const Aggregate* store : {&known, static_cast<const Aggregate*>(nullptr)}) {
        Bench bench = restored(store, cancel_sent(known), 2);
        const auto happen = [&bench](const core::Result<Change>& change) {
            ASSERT_TRUE(change) << change.error().reason;
            take(bench, *change);
        };
        const auto look = [&](int seq) {
            bench.now += 2s;
            happen(on_query_answer(bench.at, bench.claim(seq), seen(TradeState::paid, bench.now), bench.now,
                                   policy));
        };
        look(2);
        EXPECT_EQ(bench.state(), PaymentState::manual_review);
        EXPECT_EQ(bench.payment().review_reason, "cancel_lost");
        EXPECT_TRUE(is_known_again(bench.at));
        // Asked for again it is made, and may be refused.
        happen(on_cancel(bench.at, {.operator_name = "kay", .terminal_sn = "T1", .owner = "me"}, bench.now,
                         policy));
        const int seq = next_step(bench.at)->seq;
        happen(on_sent(bench.at, bench.claim(seq), bench.now, policy));
        happen(on_reverse_answer(bench.at, bench.claim(seq), reverse_refused(Refusal::merchant_funds),
                                 bench.now, policy));
        look(seq);
        EXPECT_EQ(bench.state(), PaymentState::paid);
        EXPECT_TRUE(bench.payment().is_booked);
        EXPECT_EQ(bench.entries.size(), store ? 0U : 1U) << "what the store had not booked is booked now";
    }
}

// A call that was refused, a cancel that found it paid all the same, a person who said so, then a refund.
TEST_F(Restored, ALostDecisionIsAskedForAgain) {
    Bench life;
    ASSERT_EQ(life.cancel(), "");
    ASSERT_EQ(life.pay(pay_refused(Refusal::insufficient_funds, true)), "");
    ASSERT_EQ(life.query_due(TradeState::unknown), "");
    while (life.state() == PaymentState::reversing) ASSERT_EQ(life.reverse_due(reverse_again()), "");
    const Aggregate backup = life.at;
    ASSERT_EQ(life.decide(Verdict::paid), "");
    ASSERT_EQ(life.refund("r1", 234), "");
    const int refund = life.at.operations.back().seq;
    ASSERT_EQ(life.take(on_sent(life.at, life.claim(refund), life.now, policy)), "");
    Bench bench = restored(&backup, life.at, refund);
    EXPECT_EQ(bench.state(), PaymentState::manual_review);
    EXPECT_EQ(bench.payment().review_reason, "decision_lost");
    EXPECT_TRUE(is_known_again(bench.at));
    EXPECT_FALSE(next_step(bench.at)) << "the refund waits for the person's word";
    ASSERT_EQ(bench.decide(Verdict::paid), "");
    EXPECT_EQ(next_step(bench.at)->seq, refund);
    EXPECT_EQ(next_step(bench.at)->act, Act::query);
}

TEST_F(Restored, ManyRefundsOnTheirWayAreOneChange) {
    Bench life;
    ASSERT_EQ(life.pay(pay_done()), "");
    for (int n = 0; n < 40; ++n) {
        ASSERT_EQ(life.refund("r" + std::to_string(n), 10), "");
        const int seq = life.at.operations.back().seq;
        ASSERT_EQ(life.send_refund(seq, refund_answer(Outcome::pending)), "");
    }
    const auto change = on_store_restored(life.at, life.now + outage, policy);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->timeline.size(), 1U) << "a change has room for few rows";
    for (const Operation& operation : change->after.operations)
        EXPECT_TRUE(operation.kind == OperationKind::pay || operation.is_restored);
}

TEST_F(Restored, WhatTheStoreKnowsIsLeftAlone) {
    const Aggregate now_paid = paid();
    EXPECT_FALSE(on_lost_call(&now_paid, test_intent(), 1, test_start + outage, policy));
    EXPECT_FALSE(on_store_restored(now_paid, test_start + outage, policy));
    const Bench again = restored(nullptr, test_intent(), 1);
    EXPECT_FALSE(on_lost_call(&again.at, test_intent(), 1, test_start + outage, policy)) << "taken in twice";
}

// Its merchant may have been told since that it was refused, and have paid in cash.
TEST_F(Restored, ARefundThatWasOnItsWayInTheBackupIsAskedAfterAndNeverSentAnew) {
    const Aggregate backup = refund_sent(paid());
    EXPECT_FALSE(on_lost_call(&backup, backup, 2, test_start + outage, policy)) << "the journal says no more";
    Bench bench;
    bench.now = test_start + outage;
    const auto change = on_store_restored(backup, bench.now, policy);
    ASSERT_TRUE(change);
    take(bench, *change);
    EXPECT_FALSE(is_known_again(bench.at));
    EXPECT_EQ(next_step(bench.at)->act, Act::query);
    RefundAnswer absent;
    absent.is_absent = true;
    ask_refund(bench, absent);
    while (const auto step = next_step(bench.at)) {
        ASSERT_EQ(step->act, Act::query) << "sent anew";
        ASSERT_LT(bench.now, test_start + outage + 1h) << "does not end";
        bench.now = std::max(bench.now + 1s, step->at);
        ask_refund(bench, absent);
    }
    EXPECT_EQ(bench.operation(2).state, OperationState::refused);
    EXPECT_TRUE(is_known_again(bench.at));
}

TEST_F(Restored, AnUnfinishedPayOfTheBackupIsAskedAfterPatiently) {
    Bench bench;
    bench.now = test_start + outage;
    const auto change = on_store_restored(bench.at, bench.now, policy);
    ASSERT_TRUE(change);
    bench.at = change->after;
    ask(bench, TradeState::unknown);
    EXPECT_EQ(bench.state(), PaymentState::pending);
    EXPECT_FALSE(on_store_restored(bench.at, bench.now, policy)) << "once";
}

}  // namespace
}  // namespace huitong::payments

// Random histories of one payment: claims, answers, cancels, refunds and decisions in any order, at rising
// times. Whatever happens, the invariants of the bench hold after every change, and above all no unfinished
// payment is left without a next act: nobody would ever look at it again.
#include <gtest/gtest.h>

#include <map>

#include "core/random.hpp"
#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

class History {
  public:
    explicit History(std::uint64_t seed)
        : random_(seed), bench_(default_policy(seed % 2 == 0 ? ChannelKind::wechat : ChannelKind::alipay)) {
        bench_.at = test_intent(test_start, bench_.policy);
        bench_.at.payment.channel_fee_ppm = 3'800;
        bench_.at.payment.merchant_fee_ppm = 6'000;
    }

    void run() {
        const auto steps = 10 + random_.below(60);
        for (std::uint64_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
            const PaymentState before = bench_.state();
            act();
            check_paid(before);
        }
    }
    // Sends and asks whatever is due, the channel answering plainly, until nothing is due any more.
    void settle() {
        for (int i = 0; i < 200 && !::testing::Test::HasFailure(); ++i) {
            const auto step = next_step(bench_.at);
            if (!step) return;
            bench_.now = std::max(bench_.now, step->at);
            bench_.claim_all("later", false);
            if (step->kind == OperationKind::refund) {
                bench_.refund_due(step->seq, refund_answer(Outcome::done),
                                  bench_.operation(step->seq).next_act);
            } else if (step->act == Act::close) {
                answer_close(step->seq, close_answer(Outcome::done));
            } else if (step->act == Act::send) {
                bench_.reverse_due(undone(Effect::not_known, bench_.now));
            } else {
                bench_.query_due(TradeState::reversed);
            }
        }
        EXPECT_FALSE(next_step(bench_.at)) << "never comes to rest in " << to_string(bench_.state());
    }
    [[nodiscard]] const Bench& bench() const { return bench_; }

  private:
    template <std::size_t N, class T>
    T pick(const T (&values)[N]) {
        return values[random_.below(N)];
    }

    void act() {
        switch (random_.below(14)) {
            case 0:
                bench_.now += std::chrono::milliseconds(random_.below(4000));
                break;
            case 1:
                bench_.now += std::chrono::minutes(random_.below(120) * (random_.below(12) == 0 ? 60 : 1));
                break;
            case 10:
            case 11:
                ask_refund();
                break;
            case 12:
                stale_refund_answer();
                break;
            case 13:
                decide_refund();
                break;
            case 2:
            case 3:
            case 4:
            case 5:
                do_due();
                break;
            case 6:
                if (!is_pay_answered_) answer_pay();
                break;
            case 7:
                bench_.cancel();
                break;
            case 8:
                claim();
                break;
            case 9:
                if (random_.below(3) == 0)
                    decide();
                else
                    stale_query();
                break;
        }
    }

    void do_due() {
        const auto step = next_step(bench_.at);
        if (!step) return;
        bench_.now = std::max(bench_.now, step->at);
        if (step->act == Act::query) {
            const core::Instant asked_at = bench_.now;
            bench_.now += std::chrono::milliseconds(random_.below(3000));
            if (step->kind == OperationKind::refund) {
                auto answer = some_refund();
                answer.exchange.started_at = asked_at;
                bench_.take(on_refund_answer(bench_.at, bench_.claim(step->seq), answer, true, bench_.now,
                                             bench_.policy));
                return;
            }
            bench_.query(step->seq, some_query(asked_at));
            return;
        }
        const Claim claim = bench_.claim(step->seq);
        ASSERT_EQ(bench_.take(on_sent(bench_.at, claim, bench_.now, bench_.policy)), "");
        if (random_.below(8) == 0) return;  // the process ends here; a claim takes over
        bench_.now += std::chrono::milliseconds(random_.below(10'000));
        if (step->kind == OperationKind::refund) {
            bench_.take(on_refund_answer(bench_.at, claim, some_refund(), false, bench_.now, bench_.policy));
        } else if (step->act == Act::close) {
            answer_close(step->seq, some_close());
        } else {
            bench_.take(on_reverse_answer(bench_.at, claim, some_reverse(), bench_.now, bench_.policy));
        }
    }

    void answer_close(int seq, const CloseAnswer& answer) {
        bench_.take(on_close_answer(bench_.at, bench_.claim(seq), answer, bench_.now, bench_.policy));
    }

    void ask_refund() {
        const auto number = random_.below(5);
        const std::int64_t amounts[] = {1, 100, 617, 617, 1234};
        const bool is_other = random_.below(8) == 0;
        bench_.refund("r" + std::to_string(number), is_other ? 333 : amounts[number]);
    }

    // An answer that was on its way under the present claim.
    void stale_refund_answer() {
        const auto& operations = bench_.at.operations;
        const int seq = operations[random_.below(operations.size())].seq;
        bench_.take(on_refund_answer(bench_.at, bench_.claim(seq), some_refund(), random_.below(3) != 0,
                                     bench_.now, bench_.policy));
    }

    void decide_refund() {
        const auto& operations = bench_.at.operations;
        bench_.decide_refund(
            operations[random_.below(operations.size())].seq,
            pick({RefundVerdict::refunded, RefundVerdict::not_refunded, RefundVerdict::again}));
    }

    RefundAnswer some_refund() {
        auto answer = random_.below(6) == 0 ? refund_absent()
                      : random_.below(8) == 0
                          ? refund_abnormal()
                          : refund_answer(pick({Outcome::done, Outcome::done, Outcome::pending,
                                                Outcome::unknown, Outcome::refused, Outcome::not_sent}));
        if (answer.outcome == Outcome::refused) {
            answer.refusal = pick(
                {Refusal::merchant_funds, Refusal::refund_closed, Refusal::too_late, Refusal::wrong_state});
        }
        if (answer.outcome == Outcome::not_sent && random_.below(2) == 0)
            answer.refusal = Refusal::rate_limited;
        if (answer.outcome == Outcome::done && random_.below(8) == 0) answer.amount = core::fen(3);
        answer.exchange.started_at = bench_.now;
        return answer;
    }

    CloseAnswer some_close() {
        auto answer =
            close_answer(pick({Outcome::done, Outcome::refused, Outcome::unknown, Outcome::not_sent}));
        if (answer.outcome == Outcome::refused) answer.refusal = Refusal::wrong_state;
        answer.has_no_trade = random_.below(4) == 0;
        return answer;
    }

    // An answer to a question somebody asked earlier under the present claim.
    void stale_query() {
        const auto& operations = bench_.at.operations;
        const int seq = operations[random_.below(operations.size())].seq;
        bench_.query(seq, some_query(bench_.now - std::chrono::milliseconds(random_.below(20'000))));
    }

    void claim() {
        const std::string owner = "p" + std::to_string(random_.below(3));
        bench_.now += std::chrono::seconds(random_.below(40));
        if (bench_.claim_all(owner, random_.below(2) == 0))
            is_pay_answered_ = true;  // the old answer is fenced off
    }

    void decide() {
        bench_.decide(pick(
            {Verdict::paid, Verdict::reversed, Verdict::closed, Verdict::failed, Verdict::reverse_again}));
    }

    void answer_pay() {
        is_pay_answered_ = true;
        auto answer = answer_of<PayAnswer>(
            pick({Outcome::done, Outcome::pending, Outcome::refused, Outcome::unknown, Outcome::not_sent}),
            test_start, "CODE");
        if (answer.outcome == Outcome::unknown) answer.is_authentic = random_.below(2) == 0;
        answer.may_exist = answer.outcome == Outcome::refused && random_.below(2) == 0;
        answer.may_be_older = answer.outcome == Outcome::unknown && random_.below(4) == 0;
        if (answer.outcome == Outcome::done) answer.trade = some_facts();
        bench_.pay(answer);
    }

    TradeFacts some_facts() {
        const auto kind = random_.below(12);
        return facts_of(kind == 0 ? core::fen(1) : test_amount,
                        kind == 1 ? test_start - 1h : test_start + 1s);
    }

    QueryAnswer some_query(core::Instant asked_at) {
        auto answer =
            seen(pick({TradeState::unknown, TradeState::not_found, TradeState::pending, TradeState::paid,
                       TradeState::paid, TradeState::paid_and_refunded, TradeState::paid_and_closed,
                       TradeState::pay_failed, TradeState::closed, TradeState::reversed}),
                 asked_at);
        if (answer.state == TradeState::paid) answer.trade = some_facts();
        if (answer.state == TradeState::unknown && random_.below(3) == 0)
            answer.refusal = Refusal::rate_limited;
        return answer;
    }

    ReverseAnswer some_reverse() {
        switch (random_.below(7)) {
            case 0:
                return undone(Effect::unpaid);
            case 1:
                return undone(Effect::refunded);
            case 2:
                return undone(Effect::not_known);
            case 3:
                return undone_no_trade();
            case 4:
                return reverse_refused(
                    pick({Refusal::merchant_funds, Refusal::too_late, Refusal::wrong_state}));
            default:
                return reverse_again();
        }
    }

    // Never paid after it was reversed, closed or failed, unless a person decided so.
    void check_paid(PaymentState before) {
        if (bench_.state() != PaymentState::paid || before == PaymentState::paid) return;
        EXPECT_FALSE(bench_.payment().is_reopened) << "paid after it was found paid too late";
        if (before == PaymentState::manual_review) return;
        EXPECT_FALSE(bench_.was_told_over) << "paid after the merchant was told that it is over";
        EXPECT_TRUE(before != PaymentState::reversing || bench_.payment().was_paid_before_reversal);
    }

    core::SeededRandom random_;
    Bench bench_;
    bool is_pay_answered_ = false;
};

TEST(RulesProperty, NothingIsForgottenNothingIsBookedTwice) {
    std::map<PaymentState, int> visits;
    for (std::uint64_t seed = 1; seed <= 14'000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        History history(seed);
        history.run();
        for (const auto& row : history.bench().timeline) ++visits[row.state_after];
        if (::testing::Test::HasFailure()) {
            for (const auto& row : history.bench().timeline) {
                std::printf("  %s op%d %s [%s] -> %s\n", core::to_rfc3339(row.at).c_str(), row.seq,
                            row.happening.c_str(), row.finding.c_str(),
                            std::string(to_string(row.state_after)).c_str());
            }
            FAIL() << "history above";
        }
        history.settle();
        if (::testing::Test::HasFailure()) FAIL() << "did not settle";
    }
    // The histories reach every state; otherwise they prove less than they seem to.
    for (const PaymentState state :
         {PaymentState::pending, PaymentState::paid, PaymentState::partially_refunded, PaymentState::refunded,
          PaymentState::reversing, PaymentState::reversed, PaymentState::closed, PaymentState::failed,
          PaymentState::manual_review}) {
        EXPECT_GT(visits[state], 500) << to_string(state);
    }
}

}  // namespace
}  // namespace huitong::payments

// Histories against a small channel that keeps its own money: calls are lost, arrive late, lose their
// answers, processes die. Whatever is told, in the end the ledger holds exactly what the payer is out of
// pocket.
#include <gtest/gtest.h>

#include <functional>

#include "core/random.hpp"
#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

// The channel: one trade, its refunds, and what it says when it is asked. Shares nothing with the rules but
// the words of the answers.
struct Wallet {
    enum class Trade { none, waiting, paid, closed, reversed };
    struct Refund {
        std::int64_t amount = 0;
        enum { processing, done, closed } state = processing;
    };

    bool is_wechat = true;
    bool is_launched = false;
    bool is_code_alive = false;  // launched at Alipay: there is no trade before the payer begins
    bool has_funds = true;       // the merchant's balance covers a refund or a reversal
    bool is_too_late = false;    // for reversals
    Trade trade = Trade::none;
    bool is_tombstone = false;  // reversed before it came: it can never be paid
    std::int64_t amount = test_amount.minor();
    std::map<std::string, Refund> refunds;

    [[nodiscard]] std::int64_t taken(bool is_open_counted) const {
        std::int64_t sum = 0;
        for (const auto& [number, refund] : refunds) {
            const bool is_open = refund.state == Refund::processing && is_open_counted;
            if (refund.state == Refund::done || is_open) sum += refund.amount;
        }
        return sum;
    }
    // What the payer is out of pocket.
    [[nodiscard]] std::int64_t kept() const { return trade == Trade::paid ? amount - taken(false) : 0; }

    void pay(bool is_asked) {
        if (trade == Trade::none && !is_tombstone) trade = is_asked ? Trade::waiting : Trade::paid;
    }
    void payer_confirms() {
        if (trade == Trade::waiting || (trade == Trade::none && is_code_alive)) trade = Trade::paid;
    }
    void launch() {
        if (trade != Trade::none || is_tombstone) return;
        if (is_wechat) trade = Trade::waiting;
        is_code_alive = !is_wechat;
    }
    // Nobody can begin any more, and what was begun and not paid is closed.
    void expire() {
        if (trade == Trade::waiting) trade = Trade::closed;
        is_tombstone = is_tombstone || (is_wechat && trade == Trade::none);
        is_code_alive = false;
    }

    ReverseAnswer reverse() {
        const bool was_alive = std::exchange(is_code_alive, false);
        switch (trade) {
            case Trade::none:
                if (was_alive) {
                    auto answer = undone(Effect::unpaid);
                    answer.has_no_trade = true;
                    return answer;
                }
                is_tombstone = is_wechat;
                return undone_no_trade();
            case Trade::waiting:
                if (is_too_late) return reverse_refused(Refusal::too_late);
                trade = is_wechat ? Trade::reversed : Trade::closed;
                return undone(is_wechat ? Effect::not_known : Effect::unpaid);
            case Trade::paid:
                if (!refunds.empty() && taken(true) > 0) return reverse_refused(Refusal::wrong_state);
                if (is_too_late) return reverse_refused(Refusal::too_late);
                if (!has_funds) return reverse_refused(Refusal::merchant_funds);
                trade = Trade::reversed;
                return undone(is_wechat ? Effect::not_known : Effect::refunded);
            case Trade::closed:
            case Trade::reversed:
                return undone(is_wechat                ? Effect::not_known
                              : trade == Trade::closed ? Effect::unpaid
                                                       : Effect::refunded);
        }
        return reverse_again();
    }

    CloseAnswer close() {
        if (trade == Trade::paid || trade == Trade::reversed)
            return close_answer(Outcome::refused, Refusal::wrong_state);
        const bool is_none = trade == Trade::none;
        if (!is_none) trade = Trade::closed;
        auto answer = close_answer(Outcome::done);
        answer.has_no_trade = is_none;
        return answer;
    }

    RefundAnswer refund(const std::string& number, std::int64_t part) {
        if (refunds.contains(number)) return refund_answer(is_wechat ? Outcome::pending : Outcome::unknown);
        if (trade != Trade::paid) return refund_answer(Outcome::refused, Refusal::wrong_state);
        if (taken(true) + part > amount) return refund_answer(Outcome::refused, Refusal::refund_amount);
        if (!has_funds) return refund_answer(Outcome::refused, Refusal::merchant_funds);
        refunds[number] = {part, is_wechat ? Refund::processing : Refund::done};
        return refund_answer(is_wechat ? Outcome::pending : Outcome::done);
    }

    RefundAnswer look(const std::string& number) {
        const auto found = refunds.find(number);
        if (found == refunds.end()) return refund_absent();
        auto answer = refund_answer(Outcome::done);
        answer.amount = core::fen(found->second.amount);
        if (found->second.state == Refund::processing) return refund_answer(Outcome::pending);
        if (found->second.state == Refund::closed)
            return refund_answer(Outcome::refused, Refusal::refund_closed);
        return answer;
    }

    [[nodiscard]] TradeState state() const {
        switch (trade) {
            case Trade::none:
                return is_tombstone ? TradeState::reversed : TradeState::not_found;
            case Trade::waiting:
                return TradeState::pending;
            case Trade::paid:
                if (is_wechat) return taken(true) > 0 ? TradeState::paid_and_refunded : TradeState::paid;
                return taken(false) == amount ? TradeState::paid_and_closed : TradeState::paid;
            case Trade::closed:
                return TradeState::closed;
            case Trade::reversed:
                return is_wechat ? TradeState::reversed : TradeState::paid_and_closed;
        }
        return TradeState::unknown;
    }
};

class ModelHistory {
  public:
    explicit ModelHistory(std::uint64_t seed, Product product = Product::barcode)
        : random_(seed), bench_(default_policy(seed % 2 == 0 ? ChannelKind::wechat : ChannelKind::alipay)) {
        wallet_.is_wechat = seed % 2 == 0;
        wallet_.is_launched = product != Product::barcode;
        bench_.at = test_intent(test_start, bench_.policy,
                                wallet_.is_wechat ? ChannelKind::wechat : ChannelKind::alipay, product);
        bench_.at.payment.channel_fee_ppm = 3'800;
        bench_.at.payment.merchant_fee_ppm = 6'000;
        wallet_.is_too_late = random_.below(6) == 0;
    }

    void run() {
        if (wallet_.is_launched)
            launch();
        else
            pay();
        const auto steps = 10 + random_.below(40);
        for (std::uint64_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) act();
        settle();
        if (is_with_a_person()) return;
        const auto sums = bench_.balances();
        std::int64_t booked = 0;
        for (const auto& [account, sum] : sums) {
            const bool is_ours = account.starts_with("merchant_payable") || account.starts_with("fee_income");
            if (is_ours) booked -= sum;
        }
        EXPECT_EQ(booked, wallet_.kept()) << to_string(bench_.state());
    }
    [[nodiscard]] bool is_with_a_person() const {
        return bench_.state() == PaymentState::manual_review ||
               std::ranges::any_of(bench_.at.operations, [](const Operation& operation) {
                   return operation.kind == OperationKind::refund &&
                          operation.state == OperationState::manual;
               });
    }
    [[nodiscard]] const Bench& bench() const { return bench_; }

  private:
    // What becomes of one call.
    enum class Fate { plain, lost, late, answer_lost, process_gone };
    Fate some_fate() {
        switch (random_.below(is_calm_ ? 1 : 10)) {
            case 6:
                return Fate::lost;
            case 7:
                return Fate::late;
            case 8:
                return Fate::answer_lost;
            case 9:
                return Fate::process_gone;
            default:
                return Fate::plain;
        }
    }

    // Does the call at the channel as its fate has it; none: no answer is ever recorded.
    template <class A, class Call>
    std::optional<A> call(Call execute) {
        const Fate fate = some_fate();
        if (fate == Fate::plain) {
            auto answer = execute();
            answer.exchange.started_at = bench_.now;
            return answer;
        }
        if (fate == Fate::late) {
            arrivals_.push_back(
                {bench_.now + std::chrono::seconds(1 + random_.below(80)), [execute] { (void)execute(); }});
        } else if (fate == Fate::answer_lost || (fate == Fate::process_gone && random_.below(2) == 0)) {
            (void)execute();
        }
        const core::Instant asked_at = bench_.now;
        move_to(bench_.now + std::chrono::milliseconds(random_.below(10'000)));
        if (fate == Fate::process_gone) return std::nullopt;
        return answer_of<A>(Outcome::unknown, asked_at, "read_timeout");
    }

    // Time passes; what was on its way arrives.
    void move_to(core::Instant to) {
        bench_.now = std::max(bench_.now, to);
        std::erase_if(arrivals_, [&](const Arrival& arrival) {
            if (arrival.at > bench_.now) return false;
            arrival.execute();
            return true;
        });
        for (auto& [number, refund] : wallet_.refunds) {
            if (refund.state != Wallet::Refund::processing || random_.below(3) != 0) continue;
            refund.state = random_.below(8) == 0 ? Wallet::Refund::closed : Wallet::Refund::done;
        }
        if (random_.below(12) == 0) wallet_.payer_confirms();
        if (const auto expires_at = bench_.payment().expires_at) {
            const bool is_late = bench_.now > *expires_at + 50s;
            if (is_late || (bench_.now > *expires_at && random_.below(2) == 0)) wallet_.expire();
        }
        wallet_.has_funds = is_calm_ || random_.below(4) != 0;
    }

    void pay() {
        const bool is_asked = random_.below(2) == 0;
        const auto answer = call<PayAnswer>([this, is_asked] {
            wallet_.pay(is_asked);
            return is_asked ? answer_of<PayAnswer>(Outcome::pending, test_start) : pay_done();
        });
        if (answer)
            bench_.pay(*answer);
        else
            crash();
    }

    void launch() {
        do {
            const auto answer = call<LaunchAnswer>([this] {
                wallet_.launch();
                return launched(wallet_.is_wechat);
            });
            if (!answer) return crash();
            bench_.launch(*answer);
            bench_.now += bench_.policy.launch_repeat;
        } while (is_to_be_launched_again(bench_.at, bench_.now, bench_.policy));
    }

    void crash() {
        move_to(bench_.now + std::chrono::seconds(random_.below(100)));
        bench_.claim_all("p" + std::to_string(++processes_), true);
    }

    void act() {
        switch (random_.below(10)) {
            case 0:
                return move_to(bench_.now + std::chrono::seconds(random_.below(100)));
            case 1:
                if (random_.below(5) == 0) bench_.cancel();
                return;
            case 2:
                ask_refund();
                return;
            case 3:
                if (!wallet_.is_launched) return do_due();
                // Perhaps an old one.
                bench_.notice(notice_of());
                return;
            case 4: {
                const core::Instant asked_at = bench_.now;
                bench_.query(1, answer_query(asked_at));
                return;
            }
            default:
                do_due();
        }
    }

    void ask_refund() {
        const auto number = random_.below(5);
        const std::int64_t amounts[] = {1, 100, 617, 617, 1234};
        bench_.refund("r" + std::to_string(number), amounts[number]);
    }

    QueryAnswer answer_query(core::Instant asked_at) {
        return seen(!is_calm_ && random_.below(6) == 0 ? TradeState::unknown : wallet_.state(), asked_at);
    }

    void do_due() {
        const auto due = next_step(bench_.at);
        if (!due) return;
        move_to(due->at);
        bench_.claim_all("p" + std::to_string(processes_), false);
        const auto step = next_step(bench_.at);
        if (!step || step->at > bench_.now) return;
        const int seq = step->seq;
        const std::string number = bench_.operation(seq).number;
        const bool is_refund = step->kind == OperationKind::refund;
        if (step->act == Act::query && is_refund) {
            auto answer =
                random_.below(6) == 0 && !is_calm_ ? refund_answer(Outcome::unknown) : wallet_.look(number);
            answer.exchange.started_at = bench_.now;
            bench_.take(
                on_refund_answer(bench_.at, bench_.claim(seq), answer, true, bench_.now, bench_.policy));
            return;
        }
        if (step->act == Act::query) {
            bench_.query(seq, answer_query(bench_.now));
            return;
        }
        if (step->kind == OperationKind::pay) {
            record(call<CloseAnswer>([this] { return wallet_.close(); }), [&](const auto& answer) {
                return on_close_answer(bench_.at, bench_.claim(seq), answer, bench_.now, bench_.policy);
            });
            return;
        }
        ASSERT_EQ(bench_.take(on_sent(bench_.at, bench_.claim(seq), bench_.now, bench_.policy)), "");
        if (is_refund) {
            const std::int64_t part = bench_.operation(seq).amount.minor();
            record(call<RefundAnswer>([this, number, part] { return wallet_.refund(number, part); }),
                   [&](const auto& answer) {
                       return on_refund_answer(bench_.at, bench_.claim(seq), answer, false, bench_.now,
                                               bench_.policy);
                   });
        } else if (step->act == Act::close) {
            record(call<CloseAnswer>([this] { return wallet_.close(); }), [&](const auto& answer) {
                return on_close_answer(bench_.at, bench_.claim(seq), answer, bench_.now, bench_.policy);
            });
        } else {
            record(call<ReverseAnswer>([this] { return wallet_.reverse(); }), [&](const auto& answer) {
                return on_reverse_answer(bench_.at, bench_.claim(seq), answer, bench_.now, bench_.policy);
            });
        }
    }

    template <class A, class Rule>
    void record(const std::optional<A>& answer, Rule rule) {
        if (answer)
            bench_.take(rule(*answer));
        else
            crash();
    }

    void settle() {
        is_calm_ = true;
        move_to(bench_.now + 90s);
        if (wallet_.is_launched) move_to(std::max(bench_.now, *bench_.payment().expires_at + 51s));
        for (int i = 0; i < 400 && !::testing::Test::HasFailure() && next_step(bench_.at); ++i) do_due();
        EXPECT_FALSE(next_step(bench_.at)) << "never comes to rest in " << to_string(bench_.state());
    }

    struct Arrival {
        core::Instant at;
        std::function<void()> execute;
    };
    core::SeededRandom random_;
    Bench bench_;
    Wallet wallet_;
    std::vector<Arrival> arrivals_;
    int processes_ = 0;
    bool is_calm_ = false;
};

struct Ends {
    std::map<PaymentState, int> states;
    int with_people = 0;
};

// Every history of one product, until one fails.
void run_histories(int histories, Product product, Ends& told) {
    auto& [ends, with_people] = told;
    for (int seed = 1; seed <= histories; ++seed) {
        SCOPED_TRACE(std::string(to_string(product)) + " seed " + std::to_string(seed));
        ModelHistory history(static_cast<std::uint64_t>(seed), product);
        history.run();
        ++ends[history.bench().state()];
        with_people += history.is_with_a_person() ? 1 : 0;
        if (!::testing::Test::HasFailure()) continue;
        for (const auto& row : history.bench().timeline) {
            std::printf("  %s op%d %s [%s] -> %s\n", core::to_rfc3339(row.at).c_str(), row.seq,
                        row.happening.c_str(), row.finding.c_str(),
                        std::string(to_string(row.state_after)).c_str());
        }
        FAIL() << "history above";
    }
}

TEST(RulesModel, WhatThePayerIsOutOfPocketIsWhatTheLedgerHolds) {
    constexpr int histories = 6'000;
    Ends ends;
    run_histories(histories, Product::barcode, ends);
    EXPECT_LT(ends.with_people, histories / 20) << "machines should decide nearly everything";
    for (const PaymentState state : {PaymentState::paid, PaymentState::partially_refunded,
                                     PaymentState::refunded, PaymentState::reversed}) {
        EXPECT_GT(ends.states[state], histories / 40) << to_string(state);
    }
}

TEST(RulesModel, TheSameHoldsForWhatThePayerBegins) {
    constexpr int histories = 2'000;
    for (const Product product : {Product::qr, Product::app}) {
        Ends ends;
        run_histories(histories, product, ends);
        EXPECT_LT(ends.with_people, histories / 20) << "machines should decide nearly everything";
        for (const PaymentState state :
             {PaymentState::paid, PaymentState::partially_refunded, PaymentState::refunded,
              PaymentState::reversed, PaymentState::closed}) {
            EXPECT_GT(ends.states[state], histories / 40) << to_string(state);
        }
    }
}

}  // namespace
}  // namespace huitong::payments

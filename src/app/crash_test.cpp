// Acceptance scenario 14: the process dies at every single instant of a payment's life, before and after each
// write of the store and each call to the channel, and is started again. Whatever the instant, the payment is
// resolved, paid at most once, never sent a second time, and platform and channel agree to the fen.
#include "app/acceptance_test_support.hpp"

namespace huitong::app {

namespace {

enum class Then { nothing, cancel, refund };  // what the till asks for 3 s after it began to pay

struct CrashCase {
    const char* name;
    int scenario;
    int tt;
    Then then;
};

constexpr CrashCase cases[] = {
    {"paid_at_once", 0, 0, Then::nothing},         {"password", 1, 8, Then::nothing},
    {"never_pays", 2, 0, Then::nothing},           {"lost_answer", 14, 0, Then::nothing},
    {"system_error", 10, 0, Then::nothing},        {"refused_with_order", 5, 0, Then::nothing},
    {"cancel_of_a_paid", 0, 0, Then::cancel},      {"recall", 30, 2, Then::cancel},
    {"reversal_answer_lost", 32, 1, Then::cancel}, {"cancel_of_a_waiting", 2, 0, Then::cancel},
    {"paid_in_the_gap", 21, 0, Then::nothing},     {"refund", 0, 0, Then::refund}};

}  // namespace

class CrashAtEveryInstant : public Acceptance,
                            public testing::WithParamInterface<std::tuple<CrashCase, ChannelKind>> {
  protected:
    CrashAtEveryInstant() : Acceptance({}, std::get<1>(GetParam())) {}

    // One life of the payment with the process dying at the n-th instant; false when it lived to the end.
    bool run_with_death_at(std::uint64_t nth) {
        const std::uint64_t before = platform.life().instants();
        platform.life().end_at(nth);
        const CrashCase& life = std::get<0>(GetParam());
        const auto paying = begin_pay(life.scenario, life.tt);
        platform.run_for(seconds(3));
        if (life.then == Then::cancel && !platform.life().is_over())
            (void)platform.begin(platform.till().cancel(last_client_sn()));
        if (life.then == Then::refund && !platform.life().is_over()) (void)begin_refund("r1", 40);
        platform.run_for(seconds(90));
        const bool has_died = platform.life().is_over();
        if (!has_died) platform.life().end_at(1'000'000);
        platform.crash();
        EXPECT_TRUE(platform.restart().has_value());
        platform.run_for(minutes(5));
        EXPECT_GT(platform.simulators().clock().now(), started_at) << before;
        return has_died;
    }
};

TEST_P(CrashAtEveryInstant, S14_restart_resolves_it) {
    std::uint64_t deaths = 0;
    for (std::uint64_t nth = 1; run_with_death_at(nth); ++nth) {
        ++deaths;
        SCOPED_TRACE("death at instant " + std::to_string(nth));
        expect_books_agree();
        ASSERT_LT(nth, 200U) << "a payment's life has an end";
        if (HasFailure()) return;
    }
    EXPECT_GE(deaths, 6U) << "intent, call and outcome alone have that many instants";
    expect_no_violations();
    EXPECT_LE(channel().totals().max_refunds_per_order, 1) << "one refund asked for, one made";
    RecordProperty("deaths", std::to_string(deaths));
}

INSTANTIATE_TEST_SUITE_P(Lives, CrashAtEveryInstant, testing::Combine(testing::ValuesIn(cases), both_wallets),
                         [](const auto& info) {
                             return std::string(payments::to_string(std::get<1>(info.param))) + "_" +
                                    std::get<0>(info.param).name;
                         });

}  // namespace huitong::app

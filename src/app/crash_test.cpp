// Acceptance scenario 14: the process dies at every single instant of a payment's life, before and after each
// write of the store and each call to the channel, and is started again. Whatever the instant, the payment is
// resolved, paid at most once, never sent a second time, and platform and channel agree to the fen.
#include "app/acceptance_test_support.hpp"

namespace huitong::app {

namespace {

struct CrashCase {
    const char* name;
    int scenario;
    int tt;
    bool is_cancelled;  // the till cancels 3 s after it began to pay
};

constexpr CrashCase cases[] = {{"paid_at_once", 0, 0, false},         {"password", 1, 8, false},
                               {"never_pays", 2, 0, false},           {"lost_answer", 14, 0, false},
                               {"system_error", 10, 0, false},        {"refused_with_order", 5, 0, false},
                               {"cancel_of_a_paid", 0, 0, true},      {"recall", 30, 2, true},
                               {"reversal_answer_lost", 32, 1, true}, {"cancel_of_a_waiting", 2, 0, true},
                               {"paid_in_the_gap", 21, 0, false}};

}  // namespace

class CrashAtEveryInstant : public Acceptance, public testing::WithParamInterface<CrashCase> {
  protected:
    // One life of the payment with the process dying at the n-th instant; false when it lived to the end.
    bool run_with_death_at(std::uint64_t nth) {
        const std::uint64_t before = platform.life().instants();
        platform.life().end_at(nth);
        const auto paying = begin_pay(GetParam().scenario, GetParam().tt);
        platform.run_for(seconds(3));
        if (GetParam().is_cancelled && !platform.life().is_over()) {
            (void)platform.begin(platform.till().cancel(last_client_sn()));
        }
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
    RecordProperty("deaths", std::to_string(deaths));
}

INSTANTIATE_TEST_SUITE_P(Lives, CrashAtEveryInstant, testing::ValuesIn(cases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace huitong::app

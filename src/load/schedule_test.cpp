// Schedule: times that do not depend on answers, shares of the mix, what is not a mix.
#include "load/schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace huitong::load {
namespace {

using namespace std::chrono_literals;

std::vector<Arrival> all_of(const Plan& plan, core::Duration now = 0s) {
    Schedule schedule(plan);
    std::vector<Arrival> all;
    while (const auto arrival = schedule.next(now)) all.push_back(*arrival);
    return all;
}

TEST(Schedule, EvenArrivalsAreRateTimesSecondsAndDoNotDrift) {
    const auto all = all_of({.rate_per_s = 300, .length = 10s});
    ASSERT_EQ(all.size(), 3000U);
    EXPECT_EQ(all.front().at, 0us);
    EXPECT_EQ(all[1].at, 3333us);
    EXPECT_EQ(all[3].at, 10'000us);
    EXPECT_EQ(all[2997].at, 9'990'000us);
}

TEST(Schedule, PoissonKeepsTheRateRisesAndIsTheSeeds) {
    Plan plan{.rate_per_s = 500, .length = 60s, .arrivals = Arrivals::poisson, .seed = 5};
    const auto all = all_of(plan);
    // Three standard deviations of a count of 30,000.
    EXPECT_NEAR(static_cast<double>(all.size()), 30'000, 3 * 174);
    int shorter_than_mean = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        ASSERT_GE(all[i].at, all[i - 1].at);
        if (all[i].at - all[i - 1].at < 2ms) ++shorter_than_mean;
    }
    // Of exponential gaps 1 - 1/e are shorter than their mean; of even ones none or all.
    EXPECT_NEAR(static_cast<double>(shorter_than_mean) / static_cast<double>(all.size()), 0.632, 0.02);
    EXPECT_EQ(all_of(plan)[777].at, all[777].at);
    plan.seed = 6;
    EXPECT_NE(all_of(plan)[777].at, all[777].at);
}

TEST(Schedule, AClosedLoopAsksAtOnceUntilTimeOrNumberIsUp) {
    Schedule schedule({.rate_per_s = 0, .length = 3s, .most = 2});
    EXPECT_EQ(schedule.next(1s)->at, 1s);
    EXPECT_EQ(schedule.next(2s)->at, 2s);
    EXPECT_FALSE(schedule.next(2s));
    EXPECT_FALSE(Schedule({.rate_per_s = 0, .length = 3s}).next(3s));
}

TEST(Schedule, TheMixIsKept) {
    std::array<int, operations.size()> seen{};
    for (const Arrival& arrival : all_of({.rate_per_s = 1000, .length = 20s}))
        ++seen[static_cast<std::size_t>(arrival.operation)];
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_NEAR(seen[i] / 200.0, usual_mix[i], 1.5);
    for (const Arrival& arrival : all_of({.rate_per_s = 100, .length = 5s, .mix = {1, 0, 0, 0}}))
        EXPECT_EQ(arrival.operation, Operation::pay);
}

TEST(Mix, ReadsPartsAndNamesWhatItCannotRead) {
    EXPECT_EQ(parse_mix("pay=60,query=25,cancel=5,refund=10"), usual_mix);
    EXPECT_EQ(parse_mix("query=1,pay=2"), (Mix{2, 1, 0, 0}));
    for (const char* wrong : {"", "pay", "pay=", "pay=-1", "pay=1,pay=2", "pay=1.5", "pay=1,sell=2",
                              "query=1", "pay=0,query=1", "pay=1,,query=1", "pay=99999999999"}) {
        const auto mix = parse_mix(wrong);
        ASSERT_FALSE(mix) << wrong;
        EXPECT_EQ(mix.error().reason, "bad_mix");
    }
}

}  // namespace
}  // namespace huitong::load

// Workers: every seed is run once, by whichever child, and a child that dies takes nothing with it but its
// seed's result.
#include "simulate/workers.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

namespace huitong::simulate {
namespace {

DayResult a_day(std::uint64_t seed) {
    DayResult result;
    result.counts.add("days");
    result.counts.add("sum", static_cast<std::int64_t>(seed));
    return result;
}

struct Ran {
    std::map<std::uint64_t, std::vector<Failure>> seeds;
    Counts counts;
};

Ran run(SeedRange seeds, std::function<DayResult(std::uint64_t)> day, bool stops = false) {
    Ran ran;
    ran.counts = run_seeds({.seeds = seeds,
                            .jobs = 3,
                            .stops_at_first = stops,
                            .run = std::move(day),
                            .on_result = [&](const SeedResult& result) {
                                EXPECT_TRUE(ran.seeds.emplace(result.seed, result.failures).second);
                            }});
    return ran;
}

TEST(Workers, EverySeedIsRunOnceAndCounted) {
    const Ran ran = run({.first = 5, .last = 44}, a_day);
    EXPECT_EQ(ran.seeds.size(), 40U);
    EXPECT_EQ(ran.seeds.begin()->first, 5U);
    EXPECT_EQ(ran.counts.get("days"), 40);
    EXPECT_EQ(ran.counts.get("sum"), 980);
}

TEST(Workers, AFailureComesWithItsStory) {
    const Ran ran = run({.first = 1, .last = 3}, [](std::uint64_t seed) {
        DayResult result = a_day(seed);
        if (seed == 2)
            result.failures.push_back(
                {.rule = "told_paid", .text = "\xff not text", .story = {"one", "\xfe"}});
        return result;
    });
    ASSERT_EQ(ran.seeds.at(2).size(), 1U);
    EXPECT_EQ(ran.seeds.at(2)[0].rule, "told_paid");
    EXPECT_EQ(ran.seeds.at(2)[0].text, "? not text");
    EXPECT_EQ(ran.seeds.at(2)[0].story.size(), 2U);
    EXPECT_TRUE(ran.seeds.at(1).empty());
}

TEST(Workers, AChildThatDiesNamesItsSeedAndTheOthersGoOn) {
    const Ran ran = run({.first = 1, .last = 20}, [](std::uint64_t seed) {
        if (seed == 7 || seed == 8) _exit(3);
        if (seed == 9) throw std::runtime_error("thrown");
        return a_day(seed);
    });
    EXPECT_EQ(ran.seeds.size(), 20U);
    for (const std::uint64_t seed : {7U, 8U}) {
        ASSERT_EQ(ran.seeds.at(seed).size(), 1U);
        EXPECT_EQ(ran.seeds.at(seed)[0].rule, "died");
    }
    EXPECT_EQ(ran.seeds.at(9)[0].rule, "exception");
    EXPECT_TRUE(ran.seeds.at(10).empty());
}

TEST(Workers, StopsAtTheFirstThatFails) {
    const Ran ran = run(
        {.first = 1, .last = 100'000},
        [](std::uint64_t seed) {
            DayResult result = a_day(seed);
            if (seed == 3) result.failures.push_back({.rule = "r", .text = "t", .story = {}});
            return result;
        },
        true);
    EXPECT_LT(ran.seeds.size(), 90'000U);
    EXPECT_FALSE(ran.seeds.at(3).empty());
}

}  // namespace
}  // namespace huitong::simulate

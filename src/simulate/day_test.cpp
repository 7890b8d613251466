// Days under the sanitizers: the same seed is the same day to the last line, leaving items out changes
// nothing else, and the seeds that once found a mistake of ours stay clean.
#include "simulate/day.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "simulate/edges.hpp"
#include "simulate/shrink.hpp"

namespace huitong::simulate {
namespace {

void expect_clean(const DayResult& result) {
    for (const Failure& failure : result.failures) {
        std::string story;
        for (const std::string& line : failure.story) story += "\n  " + line;
        ADD_FAILURE() << failure.rule << ": " << failure.text << story;
    }
}

TEST(Day, TheSameSeedIsTheSameDay) {
    const DayOptions options{.seed = 11, .length = std::chrono::hours(8), .only = {}, .has_trace = true};
    const DayResult first = run_day(options);
    const DayResult second = run_day(options);
    expect_clean(first);
    EXPECT_GT(first.trace.size(), 300U);
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_EQ(first.counts.all(), second.counts.all());
}

TEST(Day, AnotherSeedIsAnotherDay) {
    const auto sales = [](std::uint64_t seed) {
        return run_day({.seed = seed, .length = std::chrono::hours(3), .only = {}, .has_trace = true}).trace;
    };
    EXPECT_NE(sales(1), sales(2));
}

TEST(Day, OnlyTheItemsAskedForHappen) {
    const DayOptions whole{.seed = 4, .length = std::chrono::hours(24), .only = {}, .has_trace = false};
    std::set<int> sales;
    for (const Item& item : make_plan(whole.seed, whole.length).items) {
        if (item.kind == ItemKind::sale && sales.size() < 5) sales.insert(item.id);
    }
    DayOptions few = whole;
    few.only = sales;
    const DayResult result = run_day(few);
    expect_clean(result);
    EXPECT_EQ(result.counts.get("crashes"), 0);
    EXPECT_LE(result.counts.get("sales"), 15);
    EXPECT_GE(result.counts.get("payments"), 5);
}

TEST(Day, APlanHasEverythingInItsOrder) {
    const Plan plan = make_plan(3, std::chrono::hours(24));
    std::map<ItemKind, int> kinds;
    for (std::size_t i = 0; i < plan.items.size(); ++i) {
        EXPECT_EQ(plan.items[i].id, static_cast<int>(i));
        if (i > 0) EXPECT_GE(plan.items[i].at, plan.items[i - 1].at);
        ++kinds[plan.items[i].kind];
    }
    EXPECT_GE(kinds[ItemKind::sale], 100);
    EXPECT_GE(kinds[ItemKind::crash], 1);
}

TEST(Day, EveryEdgeHasOneName) {
    const auto names = all_edges();
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    EXPECT_GT(names.size(), 30U);
}

TEST(Floors, AMissedOneIsNamed) {
    Counts counts;
    counts.add("payments", 100'000);
    const auto missed = missed_floors(counts, 1000);
    const auto has = [&](std::string_view name) {
        return std::ranges::any_of(missed, [&](const Missed& one) { return one.name == name; });
    };
    EXPECT_FALSE(has("payments"));
    EXPECT_TRUE(has("crashes"));
    EXPECT_TRUE(has("payment pending paid"));
    counts.add("reviews", 1001);
    EXPECT_EQ(missed_floors(counts, 1000).back().name, "reviews (at most)");
    counts.add("wire till_call", 100);
    counts.add("wire gateway_500_REQUEST_FAIL", 2);
    EXPECT_EQ(missed_floors(counts, 1000).back().name, "reviews (at most)");
    counts.add("wire gateway_http_503");
    EXPECT_EQ(missed_floors(counts, 1000).back().name, "answers that are errors (at most)");
}

}  // namespace
}  // namespace huitong::simulate

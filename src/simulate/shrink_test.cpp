// Shrinking: a failing day is made smaller as long as the same rule is broken, and no further.
#include "simulate/shrink.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace huitong::simulate {
namespace {

// Stands in for a day that breaks its rule exactly when these items happen together.
RunDay broken_by(std::set<int> culprits) {
    return [culprits = std::move(culprits)](const DayOptions& options) {
        DayResult result;
        result.failures.push_back({.rule = "another", .text = "always", .story = {}});
        const bool has_all = std::ranges::includes(*options.only, culprits);
        if (has_all)
            result.failures.push_back(
                {.rule = "lost", .text = std::to_string(options.only->size()) + " items", .story = {}});
        return result;
    };
}

TEST(Shrink, FindsTheItemsThatBreakTheRuleTogether) {
    const Failure failure{.rule = "lost", .text = "", .story = {}};
    const Shrunk shrunk = shrink({.seed = 5}, failure, 400, broken_by({3, 50, 90}));
    std::set<int> kept;
    for (const Item& item : shrunk.items) kept.insert(item.id);
    EXPECT_EQ(kept, (std::set{3, 50, 90}));
    EXPECT_EQ(shrunk.failure.text, "3 items");
    EXPECT_LE(shrunk.runs, 400);
}

TEST(Shrink, EndsAfterItsRuns) {
    const Shrunk shrunk =
        shrink({.seed = 5}, {.rule = "lost", .text = "", .story = {}}, 7, broken_by({1, 2, 3}));
    EXPECT_EQ(shrunk.runs, 7);
    EXPECT_GT(shrunk.items.size(), 3U);
}

}  // namespace
}  // namespace huitong::simulate

// Shrinking: the fewest items of a failing day's plan that still break the same rule.
#pragma once

#include <functional>
#include <vector>

#include "simulate/day.hpp"

namespace huitong::simulate {

struct Shrunk {
    std::vector<Item> items;
    Failure failure;
    int runs = 0;
};
using RunDay = std::function<DayResult(const DayOptions&)>;
// `failure` is one of the whole day's; after `most_runs` days what was reached is taken.
[[nodiscard]] Shrunk shrink(const DayOptions& options, const Failure& failure, int most_runs,
                            const RunDay& run = run_day);

}  // namespace huitong::simulate

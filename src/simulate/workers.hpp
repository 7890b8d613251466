// Workers: seeds are run by child processes, so that one that dies names its seed and the others go on.
#pragma once

#include <cstdint>
#include <functional>

#include "simulate/day.hpp"

namespace huitong::simulate {

struct SeedRange {
    std::uint64_t first = 1;
    std::uint64_t last = 1;  // included
    [[nodiscard]] std::uint64_t size() const { return last - first + 1; }
};

struct SeedResult {
    std::uint64_t seed = 0;
    std::vector<Failure> failures;
};

struct WorkersOptions {
    SeedRange seeds;
    int jobs = 1;
    bool stops_at_first = false;  // failing seed
    std::function<DayResult(std::uint64_t seed)> run;
    std::function<void(const SeedResult&)> on_result;  // as they come
};

// The counts of all days that ended. Throws std::system_error when no child can be made.
[[nodiscard]] Counts run_seeds(const WorkersOptions& options);

}  // namespace huitong::simulate

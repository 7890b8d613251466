// A simulated day: the real flows, rules, store, ledger, APIs and all simulators in one thread under
// simulated time, with people, faults and crashes from one seed, watched by the auditor. The same seed and
// options give the same day, to the last byte.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simulate/counts.hpp"
#include "simulate/plan.hpp"

namespace huitong::simulate {

struct DayOptions {
    std::uint64_t seed = 1;
    core::Duration length = std::chrono::hours(24);
    std::optional<std::set<int>> only = {};  // items of the plan; none: all
    bool has_trace = false;
    std::string server = {};  // "postgresql://…": the store is a database there; empty: a file on a CrashDisk
};

// Something the auditor found, or a rule of good manners that a simulator saw broken.
struct Failure {
    std::string rule;
    std::string text;
    std::vector<std::string> story;  // what happened to that order, for people
};

struct DayResult {
    std::vector<Failure> failures;
    Counts counts;
    std::vector<std::string> trace;
};

[[nodiscard]] DayResult run_day(const DayOptions& options);

}  // namespace huitong::simulate

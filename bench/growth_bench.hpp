// What a payment costs a store that already holds many, on SQLite and on PostgreSQL in one run.
#pragma once

#include <vector>

#include "store_bench.hpp"

namespace huitong::bench {

struct GrowthOptions {
    std::vector<std::int64_t> levels;  // payments stored, ascending
    int rounds = 3;                    // per level: each engine in turn
    StoreBenchOptions load;
};

// Prints a line of JSON per round, and one per level and engine with medians: pairs_per_s, CPU of client and
// server per pair, bytes on disk per payment, and the ratio to the first level. Returns 0, or 1 when a store
// fails.
int run_growth_bench(const GrowthOptions& options);

}  // namespace huitong::bench

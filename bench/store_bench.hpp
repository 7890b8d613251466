// The store under load: pairs of intent and outcome, as a payment makes them, by many coroutines at once.
#pragma once

#include <cstdint>
#include <string>

namespace huitong::bench {

struct StoreBenchOptions {
    int waiters = 64;  // coroutines that each do one pair after the other
    int seconds = 3;
    int merchants = 100;  // spread over the shards
    std::string directory = "/tmp";
    int page_size = 4096;
};

// Print one line of JSON: pairs_per_s, groups, mean_group, cpu_us_per_pair and
// written_bytes_per_pair (whole process). Return 0.
int run_store_bench(const StoreBenchOptions& options);
// The same line, and pairs_per_s of it; 0 when the store cannot be opened.
std::int64_t measure_store(const StoreBenchOptions& options);
// The same closures on a private PostgreSQL: groups pipelined, then one transaction per closure; behind each
// line another of what it cost the server.
int run_pg_spike(const StoreBenchOptions& options);

}  // namespace huitong::bench

// The store under load: pairs of intent and outcome, as a payment makes them, by many coroutines at once.
#pragma once

#include <cstdint>
#include <string>

#include "crypto/sealer.hpp"
#include "store/store.hpp"

namespace huitong::bench {

struct StoreBenchOptions {
    int waiters = 64;  // coroutines that each do one pair after the other
    int seconds = 3;
    int merchants = 100;  // spread over the shards
    std::string directory = "/tmp";
    int page_size = 4096;
};

struct StoreFigures {
    std::int64_t pairs = 0;
    std::int64_t pairs_per_s = 0;
    std::int64_t cpu_us_per_pair = 0;  // of this process
    std::int64_t failures = 0;
};

// The load on an open store, which is stopped afterwards; prints one line of JSON. `first`: numbers the
// payments, above those that are there.
[[nodiscard]] StoreFigures measure_pairs(const std::string& name, store::Store& store,
                                         const StoreBenchOptions& options, std::int64_t first = 1);
[[nodiscard]] crypto::Sealer make_bench_sealer(core::Random& random);

// Print one line of JSON: pairs_per_s, groups, mean_group, cpu_us_per_pair and
// written_bytes_per_pair (whole process). Return 0.
int run_store_bench(const StoreBenchOptions& options);
// The same line, and pairs_per_s of it; 0 when the store cannot be opened.
std::int64_t measure_store(const StoreBenchOptions& options);
// The same closures on a private PostgreSQL: groups pipelined, then one transaction per closure; behind each
// line another of what it cost the server.
int run_pg_spike(const StoreBenchOptions& options);

}  // namespace huitong::bench

// Pay by code through the whole platform on SQLite, on PostgreSQL, and on PostgreSQL with three gateways, in
// one run on one machine.
#pragma once

#include "pay_bench.hpp"

namespace huitong::bench {

// Prints a line of JSON for every part of a round and one with the medians and ratios. Returns 0, or 1 when a
// payment was not paid.
int run_engines_bench(const PayBenchOptions& options);

}  // namespace huitong::bench

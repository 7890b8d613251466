// Pay by code through the whole platform: gateway, simulator and load generator in processes of their own on
// the same machine, every payment with its intent and outcome committed to disk.
#pragma once

#include <cstdint>
#include <string>

namespace huitong::bench {

struct PayBenchOptions {
    int rounds = 5;   // interleaved: bare store, 64 connections, 1 connection, half load
    int seconds = 3;  // of each part of a round
    int merchants = 20;
    std::int64_t stored = 0;  // first grow the store to this many payments and compare CPU along the way
    std::string directory = "/tmp";
};

// Prints a line of JSON for every part and one with the medians and ratios. Returns 0, or 3 when a floor of
// docs/decisions/0002-throughput.md is missed.
int run_pay_bench(const PayBenchOptions& options);

}  // namespace huitong::bench

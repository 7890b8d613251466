// A load generator for pay by code: signs, sends and checks requests over keep-alive connections, in a closed
// loop (as fast as answers come) or at a fixed rate (latency from the scheduled time, so that a stalled
// server is not excused). `huitong load` does more with each answer and costs 20 µs of CPU more for it; this
// one shares the processors with what it measures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/face.hpp"

namespace huitong::bench {

struct LoadOptions {
    std::vector<std::uint16_t> ports;  // of one or several gateways, each with its share of the connections
    std::vector<load::Identity> tills;
    int connections = 64;
    double seconds = 3;     // length of the run
    std::int64_t most = 0;  // stop after this many payments; 0: by time only
    double rate_per_s = 0;  // 0: closed loop
    std::int64_t first_number =
        0;  // numbers payments, payers and codes; runs on one platform must not overlap
};

struct LoadResult {
    std::int64_t paid = 0;
    std::int64_t others = 0;  // any answer that was not PAY_SUCCESS
    std::string first_other;  // its body, for the report
    double seconds = 0;
    double per_s = 0;
    double p50_us = 0;
    double p99_us = 0;
    double cpu_us_per_payment = 0;  // of this process
};

[[nodiscard]] LoadResult run_load(const LoadOptions& options);

}  // namespace huitong::bench

// Pays by code from src/load as the benchmark wants them: in a closed loop (as fast as answers come) or at a
// fixed rate, on WeChat only, with the CPU that it took.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/face.hpp"

namespace huitong::bench {

struct LoadOptions {
    std::uint16_t port = 0;
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
    double per_s = 0;
    double p50_us = 0;
    double p99_us = 0;
    double cpu_us_per_payment = 0;  // of this process
};

[[nodiscard]] LoadResult run_load(const LoadOptions& options);

}  // namespace huitong::bench

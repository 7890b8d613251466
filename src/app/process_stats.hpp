// What the operating system says about this process, for /metrics (Linux, /proc).
#pragma once

#include <cstdint>

namespace huitong::app {

struct ProcessStats {
    std::int64_t resident_bytes = 0;
    std::int64_t open_fds = 0;
    std::int64_t cpu_us = 0;  // user and system
};

// 0 where the system does not say.
[[nodiscard]] ProcessStats read_process_stats();

}  // namespace huitong::app

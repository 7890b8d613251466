#include "app/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace huitong::app {

namespace {

std::int64_t read_resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t total_pages = 0;
    std::int64_t resident_pages = 0;
    if (!(file >> total_pages >> resident_pages)) return 0;
    return resident_pages * sysconf(_SC_PAGESIZE);
}

std::int64_t count_open_fds() {
    std::error_code error;
    const std::filesystem::directory_iterator files("/proc/self/fd", error);
    // Without the one that lists them.
    return error ? 0 : std::distance(begin(files), end(files)) - 1;
}

std::int64_t cpu_us_of(const timeval& time) {
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

}  // namespace

ProcessStats read_process_stats() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {.resident_bytes = read_resident_bytes(),
            .open_fds = count_open_fds(),
            .cpu_us = cpu_us_of(usage.ru_utime) + cpu_us_of(usage.ru_stime)};
}

}  // namespace huitong::app

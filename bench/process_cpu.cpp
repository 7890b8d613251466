#include "process_cpu.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace huitong::bench {

namespace {

// /proc/PID/stat from the state on, which is field 3: behind the name in parentheses, which may hold spaces.
std::string stat_of(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto end_of_name = text.rfind(')');
    return end_of_name == std::string::npos ? std::string() : text.substr(end_of_name + 1);
}

int parent_in(const std::string& stat) {
    char state = 0;
    int parent = 0;
    std::istringstream(stat) >> state >> parent;
    return parent;
}

// Fields 14 to 17: utime and stime, of the process and of its children that have ended.
double cpu_in(const std::string& stat) {
    std::istringstream fields(stat);
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    double ticks = 0;
    double sum = 0;
    for (int field = 14; field < 18 && fields >> ticks; ++field) sum += ticks;
    return sum / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double cpu_seconds_of(int pid) {
    return cpu_in(stat_of(std::to_string(pid)));
}

double family_cpu_seconds_of(int pid) {
    double sum = cpu_seconds_of(pid);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string stat = stat_of(name);
        if (parent_in(stat) == pid) sum += cpu_in(stat);
    }
    return sum;
}

}  // namespace huitong::bench

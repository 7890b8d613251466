// The two servers of the benchmark as child processes: the simulator, and the gateway with merchants
// onboarded and tills activated. Both are what `huitong sim` and `huitong serve` run.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "pay_load.hpp"

namespace huitong::bench {

class Child {
  public:
    Child(pid_t pid, int from_child) : pid_(pid), from_child_(from_child) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();  // SIGTERM, and waits

    // The next line the child printed to its pipe; throws when it ended instead.
    [[nodiscard]] std::string read_line();
    // CPU the process has used so far, all threads.
    [[nodiscard]] double cpu_seconds() const;

  private:
    pid_t pid_;
    int from_child_;
    std::string buffer_;
};

struct Keys {
    std::string appid = "wxd0000000000000001";
    std::string mch_id = "1230000109";
    std::string api_key = "0123456789abcdef0123456789abcdef";  // of the simulated merchant; nobody else's
};

struct SimulatorProcess {
    explicit SimulatorProcess(const Keys& keys);
    Child child;
    std::uint16_t port;
};

struct GatewayOptions {
    std::uint16_t simulator_port = 0;
    int merchants = 20;
    std::string directory = {};
    std::string store_url = {};  // empty: a SQLite file in the directory
    bool is_first = true;        // makes directory, key and merchants; others join it
};

struct GatewayProcess {
    GatewayProcess(const Keys& keys, const GatewayOptions& options);
    Child child;
    std::uint16_t port = 0;
    std::vector<load::Identity> tills;  // of the first
};

}  // namespace huitong::bench

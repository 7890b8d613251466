// Stage: what everybody who acts on a simulated day shares.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/sim_platform.hpp"
#include "auditor/auditor.hpp"
#include "simulate/counts.hpp"
#include "simulate/plan.hpp"
#include "sql/crash_disk.hpp"
#include "sql/faulty_session.hpp"

namespace huitong::simulate {

// One counter with its till.
struct Counter {
    std::unique_ptr<app::Till> till;
    std::string terminal_sn;
    std::string device_id;
    std::string merchant_sn;
    std::string store_sn;
};

struct Stage {
    app::SimPlatform& platform;
    auditor::Auditor& auditor;
    Counts& counts;
    const Plan& plan;
    std::vector<Counter>& counters;
    core::Instant begin;
    core::Instant end;                                // nobody begins anything after this
    std::map<std::string, std::string> last_sn = {};  // of an order, by merchant
    std::function<void(const std::string&)> trace;    // a line for people; may be empty

    [[nodiscard]] task::SimTime& time() const { return platform.time(); }
    [[nodiscard]] bool is_alive() const { return !platform.life().is_over(); }
    void say(const std::string& line) const {
        if (trace) trace(line);
    }
};

}  // namespace huitong::simulate

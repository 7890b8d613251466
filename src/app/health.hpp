// Health: whether this process takes new payments, and why not: what /readyz says.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "flows/engine.hpp"
#include "ports/store.hpp"
#include "task/signal.hpp"

namespace huitong::app {

class Health {
  public:
    // All outlive it and the requests that ask it.
    Health(task::Time& time, ports::StorePort& store, const flows::Engine& engine)
        : time_(time), store_(store), engine_(engine), probed_(time) {}

    // From here on not ready: "draining".
    void begin_drain() { is_draining_ = true; }
    [[nodiscard]] bool is_draining() const { return is_draining_; }

    // Why new payments are not taken; none: they are. Of: draining, catching_up, store_unwritable (the last
    // write, at most a second ago, failed), store_slow (a write waits for more than a second). Writes one row
    // when the last look is older than that.
    [[nodiscard]] task::Awaitable<std::vector<std::string_view>> reasons();

  private:
    // Empty: writable.
    [[nodiscard]] task::Awaitable<std::string_view> probe();
    [[nodiscard]] task::Awaitable<void> write_row();

    task::Time& time_;
    ports::StorePort& store_;
    const flows::Engine& engine_;
    bool is_draining_ = false;
    bool is_probing_ = false;
    bool is_writable_ = false;
    core::Instant probed_at_;  // when the last probe ended
    task::Signal probed_;
};

}  // namespace huitong::app

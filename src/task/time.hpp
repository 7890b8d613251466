// Time: the clock and the only way to wait. RealTime waits on the machine's clock; SimTime jumps from one
// waiter to the next, so that a simulated day takes as long as its work does. Every story runs on either
// without knowing which.
#pragma once

#include <functional>
#include <memory>

#include "core/time.hpp"
#include "task/task.hpp"

namespace boost::asio {
class io_context;
}

namespace huitong::task {

// One wait that can be ended early. Used by one coroutine at a time, on the executor it was made for.
class Timer {
  public:
    virtual ~Timer() = default;
    // True when `until` was reached, false when cancel() ended the wait.
    [[nodiscard]] virtual Awaitable<bool> wait_until(core::Instant until) = 0;
    virtual void cancel() = 0;
};

class Time : public core::Clock {
  public:
    [[nodiscard]] virtual std::unique_ptr<Timer> make_timer() = 0;

    [[nodiscard]] Awaitable<void> sleep_until(core::Instant until);
    [[nodiscard]] Awaitable<void> sleep_for(core::Duration duration);
};

// Waits on the machine's monotonic clock; now() is the machine's UTC.
class RealTime final : public Time {
  public:
    explicit RealTime(boost::asio::io_context& io) : io_(io) {}
    [[nodiscard]] core::Instant now() const override { return clock_.now(); }
    [[nodiscard]] std::unique_ptr<Timer> make_timer() override;

  private:
    boost::asio::io_context& io_;
    core::SystemClock clock_;
};

// Simulated time over an io_context that nobody else runs. Waiters due at the same instant wake in the order
// in which they began to wait. Not thread-safe: everything runs in the thread that calls run().
class SimTime final : public Time {
  public:
    SimTime(boost::asio::io_context& io, core::Instant start);
    ~SimTime() override;
    [[nodiscard]] core::Instant now() const override;
    [[nodiscard]] std::unique_ptr<Timer> make_timer() override;

    // Runs everything that is ready, then jumps to the next waiter, until nothing waits or `until` is
    // reached; the clock stands at `until` afterwards when it was reached.
    void run_until(core::Instant until);
    // Runs until nothing is ready and nobody waits.
    void run_until_idle();
    // Runs and jumps until `done` answers true (asked between steps) or nothing is left to do.
    void run_until(const std::function<bool()>& done);

    struct State;

  private:
    std::shared_ptr<State> state_;
    boost::asio::io_context& io_;
};

}  // namespace huitong::task

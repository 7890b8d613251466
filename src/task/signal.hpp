// Signal: a wake-up for coroutines that wait for something to change. Waiters check their condition, wait,
// check again; a notify() before the wait is not remembered, so check and wait without an await between them.
#pragma once

#include <list>
#include <memory>

#include "task/time.hpp"

namespace huitong::task {

class Signal {
  public:
    explicit Signal(Time& time) : time_(time) {}
    // True when notified, false when `until` was reached. Any number of coroutines, on one executor.
    [[nodiscard]] Awaitable<bool> wait_until(core::Instant until);
    void notify_all();
    [[nodiscard]] bool has_waiters() const { return !waiters_.empty(); }

  private:
    Time& time_;
    std::list<Timer*> waiters_;
};

}  // namespace huitong::task

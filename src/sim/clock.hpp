// VirtualClock: the simulators' own time, a straight line over task::Time whose slope and offset tests may
// change at any moment; whoever sleeps on it notices (spec/channels 6.2, 6.4).
#pragma once

#include "task/signal.hpp"
#include "task/time.hpp"

namespace huitong::sim {

class VirtualClock final : public core::Clock {
  public:
    explicit VirtualClock(task::Time& time);

    [[nodiscard]] core::Instant now() const override;
    [[nodiscard]] std::int64_t scale() const { return scale_; }

    void set(core::Instant now);
    void advance(core::Duration by);
    // Virtual seconds per real second; 0 stops the clock, so that only set() and advance() move it.
    void set_scale(std::int64_t scale);

    // Returns once now() >= until, however the clock got there.
    [[nodiscard]] task::Awaitable<void> sleep_until(core::Instant until);
    // The same, but also when wake() was called or the clock was changed.
    [[nodiscard]] task::Awaitable<void> doze_until(core::Instant until);
    void wake() { changed_.notify_all(); }

  private:
    void rebase(core::Instant now);
    [[nodiscard]] core::Instant to_real(core::Instant moment) const;

    task::Time& time_;
    task::Signal changed_;
    core::Instant real_base_;
    core::Instant virtual_base_;
    std::int64_t scale_ = 1;
};

}  // namespace huitong::sim

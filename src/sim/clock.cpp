// Every change rebases the line at the present moment and wakes the sleepers, who compute their wake-up time
// anew.
#include "sim/clock.hpp"

namespace huitong::sim {

namespace {

// How long a sleeper waits between looks at a clock that stands still; a change wakes it at once.
constexpr core::Duration stopped_clock_wait = std::chrono::hours(24);

}  // namespace

VirtualClock::VirtualClock(task::Time& time)
    : time_(time), changed_(time), real_base_(time.now()), virtual_base_(real_base_) {}

core::Instant VirtualClock::now() const {
    return virtual_base_ + (time_.now() - real_base_) * scale_;
}

void VirtualClock::set(core::Instant now) {
    rebase(now);
    changed_.notify_all();
}

void VirtualClock::advance(core::Duration by) {
    set(now() + by);
}

void VirtualClock::set_scale(std::int64_t scale) {
    rebase(now());
    scale_ = scale;
    changed_.notify_all();
}

void VirtualClock::rebase(core::Instant now) {
    real_base_ = time_.now();
    virtual_base_ = now;
}

core::Instant VirtualClock::to_real(core::Instant moment) const {
    if (scale_ == 0) return time_.now() + stopped_clock_wait;
    const auto ahead = moment - virtual_base_;
    return real_base_ + (ahead + core::Duration(scale_ - 1)) / scale_;
}

task::Awaitable<void> VirtualClock::sleep_until(core::Instant until) {
    while (now() < until) co_await doze_until(until);
}

task::Awaitable<void> VirtualClock::doze_until(core::Instant until) {
    (void)co_await changed_.wait_until(to_real(until));
}

}  // namespace huitong::sim

#include "task/signal.hpp"

namespace huitong::task {

Awaitable<bool> Signal::wait_until(core::Instant until) {
    const auto timer = time_.make_timer();
    const auto place = waiters_.insert(waiters_.end(), timer.get());
    const bool reached = co_await timer->wait_until(until);
    waiters_.erase(place);
    co_return !reached;
}

void Signal::notify_all() {
    for (Timer* timer : waiters_) timer->cancel();
}

}  // namespace huitong::task

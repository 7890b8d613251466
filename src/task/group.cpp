#include "task/group.hpp"

#include <boost/asio/co_spawn.hpp>

#include "core/assert.hpp"

namespace huitong::task {

Group::Group(boost::asio::any_io_executor executor, Time& time,
             std::function<void(std::exception_ptr)> on_failure)
    : executor_(std::move(executor)),
      on_failure_(std::move(on_failure)),
      time_(time),
      stop_signal_(time),
      ended_(time) {}

Group::~Group() {
    HUITONG_ASSERT(running_ == 0, "a group was destroyed before its children ended");
}

void Group::spawn(Awaitable<void> child) {
    ++running_;
    boost::asio::co_spawn(executor_, std::move(child), [this](std::exception_ptr failure) {
        --running_;
        if (failure) on_failure_(failure);
        ended_.notify_all();
    });
}

void Group::stop() {
    is_stopping_ = true;
    stop_signal_.notify_all();
}

Awaitable<void> Group::join() {
    while (running_ > 0) {
        co_await ended_.wait_until(time_.now() + std::chrono::hours(24));
    }
}

}  // namespace huitong::task

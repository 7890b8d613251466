// Group: the owner of background coroutines. Nothing in Huitong runs without one; a group is joined before
// what its children use is destroyed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <exception>
#include <functional>

#include "task/signal.hpp"

namespace huitong::task {

class Group {
  public:
    // `on_failure` gets what a child threw (loss of infrastructure); it decides whether the process goes on.
    Group(boost::asio::any_io_executor executor, Time& time,
          std::function<void(std::exception_ptr)> on_failure);
    ~Group();  // asserts that every child has ended

    // The coroutine must own what it uses: parameters by value, or objects that outlive the group.
    void spawn(Awaitable<void> child);
    [[nodiscard]] std::size_t size() const { return running_; }
    [[nodiscard]] bool is_stopping() const { return is_stopping_; }
    // Asks children to end: their waits on this group's `stopping()` signal end.
    void stop();
    [[nodiscard]] Signal& stopping() { return stop_signal_; }
    [[nodiscard]] Awaitable<void> join();

  private:
    boost::asio::any_io_executor executor_;
    std::function<void(std::exception_ptr)> on_failure_;
    Time& time_;
    Signal stop_signal_;
    Signal ended_;
    std::size_t running_ = 0;
    bool is_stopping_ = false;
};

}  // namespace huitong::task

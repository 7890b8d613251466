// Job: one closure with the coroutine that waits for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <span>
#include <vector>

#include "ports/store.hpp"

namespace huitong::store {

// Not any_completion_handler: in Boost 1.81 a copy of it compiles and recurses for ever.
using Handler = std::move_only_function<void(core::Result<void>)>;

struct Job {
    ports::StorePort::Closure closure;
    Handler handler;
    boost::asio::any_io_executor executor;  // the waiter's, kept running until it was told
    core::Result<void> result{};
    core::Instant queued_at{};  // by the executor's clock, where it has one
};

// Tells every waiter its result, on its own executor: one post for each run of jobs with the same one.
void deliver(std::vector<Job> jobs);

}  // namespace huitong::store

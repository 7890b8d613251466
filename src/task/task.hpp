// Task: a coroutine that ends in a Result. Awaitable: one that cannot fail.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/result.hpp"

namespace huitong::task {

template <class T>
using Awaitable = boost::asio::awaitable<T>;

template <class T>
using Task = boost::asio::awaitable<core::Result<T>>;

}  // namespace huitong::task

// What the tests of the store share: running one closure to its end, many at once, and a sealer with a fixed
// key.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "crypto/sealer.hpp"
#include "ports/store.hpp"

namespace huitong::store::test {

using WriteClosure = ports::StorePort::Closure;

inline crypto::Sealer make_sealer(core::Random& random) {
    return std::move(*crypto::Sealer::make({{"k1", core::Secret(std::string(32, 'K'))}}, "k1", random));
}

template <class R>
R run(boost::asio::io_context& io, boost::asio::awaitable<R> story) {
    std::optional<R> out;
    boost::asio::co_spawn(io, std::move(story), [&out](std::exception_ptr failure, R result) {
        if (failure) std::rethrow_exception(failure);
        out.emplace(std::move(result));
    });
    io.restart();
    io.run();
    return std::move(*out);
}

// Submits all closures at once and gives their results in the same order.
inline std::vector<core::Result<void>> run_all(boost::asio::io_context& io, ports::StorePort& store,
                                               const std::vector<WriteClosure>& closures) {
    std::vector<core::Result<void>> results(closures.size(), core::fail(core::Code::internal, "never_told"));
    for (std::size_t i = 0; i < closures.size(); ++i) {
        boost::asio::co_spawn(io, store.run_write(closures[i]),
                              [&results, i](std::exception_ptr failure, core::Result<void> result) {
                                  if (failure) std::rethrow_exception(failure);
                                  results[i] = std::move(result);
                              });
    }
    io.restart();
    io.run();
    return results;
}

// "ok" or the reason.
template <class T>
std::string reason_of(const core::Result<T>& result) {
    return result ? "ok" : result.error().reason;
}

}  // namespace huitong::store::test

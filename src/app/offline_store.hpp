// A store opened for one command (backup, restore, doctor), with a way to run stories on it. Works beside a
// `serve` on the same store.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "app/config.hpp"
#include "app/platform.hpp"
#include "core/random.hpp"
#include "crypto/sealer.hpp"
#include "store/location.hpp"
#include "task/time.hpp"

namespace huitong::app {

class OfflineStore {
  public:
    // Migrates. Errors: those of open_store.
    [[nodiscard]] static core::Result<std::unique_ptr<OfflineStore>> open(const store::Location& location,
                                                                          const core::Secret& master_key);
    ~OfflineStore();

    // Runs a story to its end.
    template <class T>
    core::Result<T> run(task::Task<T> story) {
        std::optional<core::Result<T>> result;
        run_to_end(io_, keep(std::move(story), result));
        return std::move(*result);
    }
    [[nodiscard]] core::Result<std::string> fact(const std::string& name);
    // Whether there was a secret, and the master key opened it. internal {bad_seal, unknown_key}
    [[nodiscard]] core::Result<bool> opens_a_secret();

    [[nodiscard]] store::Store& store() { return *store_; }
    [[nodiscard]] task::RealTime& time() { return time_; }
    [[nodiscard]] core::Random& random() { return random_; }
    [[nodiscard]] boost::asio::io_context& io() { return io_; }
    [[nodiscard]] const crypto::Sealer& sealer() const { return sealer_; }

  private:
    explicit OfflineStore(const core::Secret& master_key);
    template <class T>
    static task::Awaitable<void> keep(task::Task<T> story, std::optional<core::Result<T>>& result) {
        result = co_await std::move(story);
    }

    boost::asio::io_context io_{1};
    task::RealTime time_{io_};
    core::SystemRandom random_;
    crypto::Sealer sealer_;
    std::unique_ptr<store::Store> store_;
};

}  // namespace huitong::app

// Store: the port of the stories over an executor and an SQL database, and the ways to open one.
#pragma once

#include <memory>
#include <string>

#include "ports/store.hpp"
#include "sql/sqlite_database.hpp"
#include "store/executor.hpp"

namespace huitong::store {

class Store final : public ports::StorePort {
  public:
    explicit Store(std::unique_ptr<Executor> executor) : executor_(std::move(executor)) {}
    ~Store() override;

    [[nodiscard]] task::Task<void> run_write(Closure closure) override;
    [[nodiscard]] task::Task<void> run_read(Closure closure) override;

    // Ends what waits, then answers unavailable/stopping. Blocks; the results are posted, so the waiters'
    // loop must run on afterwards.
    void stop() { executor_->stop(); }
    [[nodiscard]] Counts counts() const { return executor_->counts(); }
    [[nodiscard]] Stats stats() const { return executor_->stats(); }

  private:
    std::unique_ptr<Executor> executor_;
};

struct StoreOptions {
    ThreadOptions threads{};
    sql::SqliteOptions sqlite{};
};

// A SQLite file, created and migrated when it must be. `sealer` outlives the store.
// Errors: unavailable {store_unavailable}; conflict {schema_too_new, schema_too_old}.
[[nodiscard]] core::Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path,
                                                                     const crypto::Sealer& sealer,
                                                                     StoreOptions options = {});

// PostgreSQL; `conninfo` as libpq takes it. Closures of a group go out as one pipeline.
// Errors: as open_sqlite_store.
[[nodiscard]] core::Result<std::unique_ptr<Store>> open_postgresql_store(const std::string& conninfo,
                                                                         const crypto::Sealer& sealer,
                                                                         ThreadOptions options = {});

// A migrated database in memory. It outlives a simulated crash: pass the same one to the next
// make_simulated_store.
[[nodiscard]] std::shared_ptr<sql::Session> make_memory_database();
[[nodiscard]] std::unique_ptr<Store> make_simulated_store(boost::asio::io_context& io, core::Random& random,
                                                          std::shared_ptr<sql::Session> database,
                                                          const crypto::Sealer& sealer,
                                                          LoopOptions options = {});

}  // namespace huitong::store

#include "store/store.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "core/assert.hpp"
#include "sql/pg_session.hpp"
#include "store/migrations.hpp"

namespace huitong::store {

namespace {

using Submit = void (Executor::*)(Job);

// Keeps the waiter's loop running until its answer was posted. The closure travels in the initiation, which
// lives in the coroutine frame.
task::Task<void> run_on(Executor& executor, Submit submit, ports::StorePort::Closure closure) {
    const auto initiate = [&executor, submit](auto handler, ports::StorePort::Closure moved) {
        boost::asio::any_io_executor waiter = boost::asio::get_associated_executor(handler);
        waiter = boost::asio::prefer(waiter, boost::asio::execution::outstanding_work.tracked);
        auto tell = [handler = std::move(handler)](core::Result<void> result) mutable {
            std::move(handler)(std::move(result));
        };
        (executor.*submit)(Job{.closure = std::move(moved), .handler = std::move(tell), .executor = waiter});
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(core::Result<void>)>(
        initiate, boost::asio::use_awaitable, std::move(closure));
}

}  // namespace

Store::~Store() = default;

task::Task<void> Store::run_write(Closure closure) {
    return run_on(*executor_, &Executor::write, std::move(closure));
}

task::Task<void> Store::run_read(Closure closure) {
    return run_on(*executor_, &Executor::read, std::move(closure));
}

core::Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const crypto::Sealer& sealer,
                                                       StoreOptions options) {
    auto database = sql::SqliteDatabase::open(path, options.sqlite);
    if (!database) return std::unexpected(std::move(database.error()));
    const std::shared_ptr<sql::SqliteDatabase> owner = std::move(*database);
    try {
        auto writer = owner->make_writer();
        if (auto migrated = migrate(*writer); !migrated) return std::unexpected(std::move(migrated.error()));
        Sessions sessions;
        sessions.writers.push_back(std::move(writer));
        sessions.readers.push_back(owner->make_reader());
        return std::make_unique<Store>(
            make_thread_executor(std::move(sessions), sealer, options.threads, owner));
    } catch (const sql::SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

core::Result<std::unique_ptr<Store>> open_postgresql_store(const std::string& conninfo,
                                                           const crypto::Sealer& sealer,
                                                           ThreadOptions options) {
    try {
        auto migrated = migrate(*sql::make_postgresql_session(conninfo));
        if (!migrated) return std::unexpected(std::move(migrated.error()));
        Sessions sessions;
        for (std::size_t i = 0; i < std::max<std::size_t>(options.connections, 1); ++i) {
            sessions.writers.push_back(sql::make_postgresql_session(conninfo, sql::Marks::kept));
            sessions.readers.push_back(sql::make_postgresql_session(conninfo));
        }
        for (const auto& writer : sessions.writers) writer->set_pipelining(true);
        return std::make_unique<Store>(make_thread_executor(std::move(sessions), sealer, std::move(options)));
    } catch (const sql::SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

std::shared_ptr<sql::Session> make_memory_database() {
    std::shared_ptr<sql::Session> session = sql::make_memory_session();
    HUITONG_ASSERT(migrate(*session).has_value(), "a database in memory takes every migration");
    return session;
}

std::unique_ptr<Store> make_simulated_store(boost::asio::io_context& io, core::Random& random,
                                            std::shared_ptr<sql::Session> database,
                                            const crypto::Sealer& sealer, LoopOptions options) {
    database->rollback();
    return std::make_unique<Store>(make_loop_executor(io, random, std::move(database), sealer, options));
}

}  // namespace huitong::store

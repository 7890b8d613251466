#include "store_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

#include "core/random.hpp"
#include "process_cpu.hpp"
#include "sql/pg_session.hpp"
#include "sql/private_postgresql.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"

namespace huitong::bench {

namespace {

using SteadyClock = std::chrono::steady_clock;

const std::string wal_position = "select (pg_current_wal_lsn() - '0/0')::bigint";

struct Load {
    ports::StorePort& store;
    SteadyClock::time_point end;
    int merchants;
    std::int64_t next = 1;
    std::int64_t pairs = 0;
    std::int64_t failures = 0;
};

// Bytes this process has handed to write(2) so far.
std::int64_t written_bytes() {
    std::ifstream io("/proc/self/io");
    std::string word;
    std::int64_t bytes = 0;
    while (io >> word) {
        if (word == "wchar:") io >> bytes;
    }
    return bytes;
}

task::Task<void> do_pair(Load& load) {
    const std::int64_t n = load.next++;
    const auto merchant = std::to_string(1'680'000'000'000 + n % load.merchants);
    const auto intent = std::make_shared<payments::Aggregate>(
        store::sample::make_intent(merchant, "order-" + std::to_string(n), n));
    auto inserted = co_await load.store.write([intent](ports::Tx& tx) -> core::Result<void> {
        tx.payments().insert(*intent);
        return {};
    });
    if (!inserted) co_return inserted;
    const core::PaymentSn sn = intent->payment.sn;
    co_return co_await load.store.write([sn](ports::Tx& tx) -> core::Result<void> {
        const auto before = tx.payments().find(sn);
        if (!before) return core::fail(core::Code::not_found, "payment");
        tx.payments().apply(*before, store::sample::make_paid(*before));
        return {};
    });
}

task::Awaitable<void> keep_paying(Load& load) {
    while (SteadyClock::now() < load.end) {
        const auto done = co_await do_pair(load);
        ++(done ? load.pairs : load.failures);
    }
}

}  // namespace

StoreFigures measure_pairs(const std::string& name, store::Store& store, const StoreBenchOptions& options,
                           std::int64_t first) {
    boost::asio::io_context io;
    const auto start = SteadyClock::now();
    const double cpu_before = own_cpu_seconds();
    const std::int64_t bytes_before = written_bytes();
    Load load{.store = store,
              .end = start + std::chrono::seconds(options.seconds),
              .merchants = options.merchants,
              .next = first};
    for (int i = 0; i < options.waiters; ++i) {
        boost::asio::co_spawn(io, keep_paying(load), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }
    io.run();
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start).count();
    const auto cpu = static_cast<std::int64_t>((own_cpu_seconds() - cpu_before) * 1e6);
    store.stop();
    const store::Counts counts = store.counts();
    const std::int64_t pairs = std::max<std::int64_t>(load.pairs, 1);
    const std::int64_t groups = std::max<std::int64_t>(counts.groups, 1);
    fmt::print(
        R"({{"bench":"{}","waiters":{},"pairs_per_s":{},"groups":{},"mean_group":{},"cpu_us_per_pair":{},)"
        R"("written_bytes_per_pair":{},"reruns":{},"failures":{}}})"
        "\n",
        name, options.waiters, load.pairs * 1'000'000 / us, counts.groups, counts.closures / groups,
        cpu / pairs, (written_bytes() - bytes_before) / pairs, counts.reruns, load.failures);
    std::fflush(stdout);
    return {.pairs = load.pairs,
            .pairs_per_s = load.pairs * 1'000'000 / us,
            .cpu_us_per_pair = cpu / pairs,
            .failures = load.failures};
}

std::int64_t ask(sql::Session& session, const std::string& query) {
    return std::get<std::int64_t>(session.query(query, {}).at(0).at(0));
}

// What the pairs in that database cost its server: bytes of each table with its indexes, of the log since
// `wal_before`, CPU of the connections that are open.
void print_server_costs(sql::Session& session, std::int64_t wal_before) {
    const std::int64_t pairs = std::max<std::int64_t>(ask(session, "select count(*) from payment"), 1);
    std::string bytes;
    for (const char* table : {"payment", "operation", "posting", "timeline"}) {
        const auto size = ask(session, fmt::format("select pg_total_relation_size('{}')", table));
        bytes += fmt::format(R"("{}":{},)", table, size / pairs);
    }
    double cpu_s = 0;
    for (const sql::Row& row : session.query("select pid from pg_stat_activity"
                                             " where datname = current_database()",
                                             {}))
        cpu_s += cpu_seconds_of(static_cast<int>(std::get<std::int64_t>(row.at(0))));
    fmt::print(R"({{"bench":"its server, a pair","bytes":{{{}"wal":{}}},"cpu_us":{}}})"
               "\n",
               bytes, (ask(session, wal_position) - wal_before) / pairs,
               static_cast<std::int64_t>(cpu_s * 1e6) / pairs);
    std::fflush(stdout);
}

crypto::Sealer make_bench_sealer(core::Random& random) {
    return std::move(*crypto::Sealer::make({{"k1", core::Secret(random.hex(32))}}, "k1", random));
}

int run_store_bench(const StoreBenchOptions& options) {
    return measure_store(options) > 0 ? 0 : 1;
}

std::int64_t measure_store(const StoreBenchOptions& options) {
    core::SystemRandom random;
    const crypto::Sealer sealer = make_bench_sealer(random);
    const std::filesystem::path directory =
        std::filesystem::path(options.directory) / ("huitong-bench-" + random.hex(8));
    std::filesystem::create_directories(directory);
    std::int64_t pairs_per_s = 0;
    store::StoreOptions store_options;
    store_options.sqlite.page_size = options.page_size;
    {
        auto store = store::open_sqlite_store((directory / "bench.db").string(), sealer, store_options);
        if (!store) {
            fmt::print(stderr, "{}: {}\n", store.error().reason, store.error().detail);
            return 0;
        }
        pairs_per_s = measure_pairs("sqlite", **store, options).pairs_per_s;
    }
    std::filesystem::remove_all(directory);
    return pairs_per_s;
}

int run_pg_spike(const StoreBenchOptions& options) {
    core::SystemRandom random;
    const crypto::Sealer sealer = make_bench_sealer(random);
    sql::PrivatePostgresql server(true);
    struct Shape {
        const char* name;
        std::size_t connections;
        std::size_t most_per_group;
    };
    // The first once more at the end: on a busy machine the figures of one run compare with nothing else.
    const Shape shapes[] = {
        {"postgresql, one connection", 1, 256},   {"postgresql, two connections", 2, 256},
        {"postgresql, four connections", 4, 256}, {"postgresql, eight connections", 8, 256},
        {"postgresql, one connection", 1, 256},   {"postgresql, one per transaction", 1, 1}};
    for (const Shape& shape : shapes) {
        store::ThreadOptions threads;
        threads.most_per_group = shape.most_per_group;
        threads.connections = shape.connections;
        const std::string database = server.make_database();
        const auto session = sql::make_postgresql_session(database);
        auto store = store::open_postgresql_store(database, sealer, threads);
        if (!store) {
            fmt::print(stderr, "{}: {}\n", store.error().reason, store.error().detail);
            return 1;
        }
        const std::int64_t wal_before = ask(*session, wal_position);
        (void)measure_pairs(shape.name, **store, options);
        print_server_costs(*session, wal_before);
    }
    return 0;
}

}  // namespace huitong::bench

#include "growth_bench.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

#include "core/random.hpp"
#include "process_cpu.hpp"
#include "sql/pg_session.hpp"
#include "sql/private_postgresql.hpp"
#include "store/payment_key.hpp"
#include "store/sample.hpp"

namespace huitong::bench {

namespace {

namespace fs = std::filesystem;

// One payment of each of these merchants is written by the store itself and then copied by SQL.
constexpr std::int64_t templates = 100;
constexpr std::int64_t key_step = templates * 5'000 * core::shard_count;  // sample payments are 1 s apart
constexpr std::int64_t copies_at_once = 1'000;

// What an engine needs besides the store.
struct Subject {
    std::string name;
    std::function<core::Result<std::unique_ptr<store::Store>>()> open;
    std::function<std::unique_ptr<sql::Session>()> connect;
    std::function<double()> server_cpu_s;
    std::function<std::int64_t(sql::Session&)> bytes;
    std::int64_t stored = 0;  // payments
    std::int64_t free = 1;    // numbers from here on are not taken
};

struct Medians {
    std::int64_t pairs_per_s = 0;
    std::int64_t client_us = 0;
    std::int64_t server_us = 0;
    [[nodiscard]] std::int64_t cpu_us() const { return client_us + server_us; }
};

std::unique_ptr<store::Store> must_open(const Subject& subject) {
    auto store = subject.open();
    if (!store) throw std::runtime_error(store.error().reason + " " + store.error().detail);
    return std::move(*store);
}

std::string merchant_of(std::int64_t n) {
    return std::to_string(1'680'000'000'000 + n % templates);
}

task::Task<void> write_templates(ports::StorePort& store) {
    for (std::int64_t n = 1; n <= templates; ++n) {
        const auto intent = store::sample::make_intent(merchant_of(n), "stored-" + std::to_string(n), n);
        auto written = co_await store.write([intent](ports::Tx& tx) -> core::Result<void> {
            tx.payments().insert(intent);
            return {};
        });
        if (!written) co_return written;
        written = co_await store.write([intent](ports::Tx& tx) -> core::Result<void> {
            const auto before = tx.payments().find(intent.payment.sn);
            if (!before) return core::fail(core::Code::not_found, "payment");
            tx.payments().apply(*before, store::sample::make_paid(*before));
            return {};
        });
        if (!written) co_return written;
    }
    co_return core::Result<void>{};
}

void make_templates(const Subject& subject) {
    const auto store = must_open(subject);
    boost::asio::io_context io;
    std::string problem;
    boost::asio::co_spawn(io, write_templates(*store),
                          [&](std::exception_ptr failure, core::Result<void> written) {
                              if (failure) std::rethrow_exception(failure);
                              if (!written) problem = written.error().reason;
                          });
    io.run();
    store->stop();
    if (!problem.empty()) throw std::runtime_error("templates: " + problem);
}

// The columns of a table, each as the copy number k of a template has it.
std::string copied_columns(sql::Session& session, const std::string& table, std::string& names) {
    const std::map<std::string, std::string, std::less<>> changed{
        {"id", fmt::format("id + k * {}", key_step)},
        {"row_id", fmt::format("row_id + k * {}", key_step * store::rows_per_payment)},
        {"client_sn", "client_sn || '-' || k"},
        {"channel_number", "channel_number || k"},
        {"number", "number || k"},
        {"trade_no", "trade_no || k"}};
    const bool is_file = session.engine() == sql::Engine::sqlite;
    const std::string ask = is_file
                                ? "select name from pragma_table_info('" + table + "') order by cid"
                                : "select column_name::text from information_schema.columns where table_name"
                                  " = '" +
                                      table + "' order by ordinal_position";
    std::string values;
    for (const sql::Row& row : session.query(ask, {})) {
        const std::string& name = std::get<std::string>(row.at(0));
        const auto found = changed.find(name);
        names += (names.empty() ? "" : ", ") + name;
        values += (values.empty() ? "" : ", ") + (found == changed.end() ? name : found->second);
    }
    return values;
}

void copy_rows(sql::Session& session, std::int64_t first, std::int64_t last) {
    const std::int64_t end_of_templates =
        store::key_of(store::sample::make_sn(merchant_of(templates), templates)) + 5'000 * core::shard_count;
    session.begin(sql::Access::write);
    for (const std::string table : {"payment", "operation", "posting", "timeline"}) {
        const bool is_timeline = table == "timeline";
        std::string names;
        const std::string values = copied_columns(session, table, names);
        session.run_script(
            fmt::format("insert into {} ({}) with recursive copies(k) as (select cast({} as bigint) union all"
                        " select k + 1 from copies where k < {}) select {} from copies, {} where {} < {}",
                        table, names, first, last, values, table, is_timeline ? "row_id" : "id",
                        is_timeline ? end_of_templates * store::rows_per_payment : end_of_templates));
    }
    if (session.commit() != sql::CommitOutcome::committed) throw std::runtime_error("copies: not committed");
}

void fill(Subject& subject, std::int64_t level) {
    if (subject.stored == 0) {
        make_templates(subject);
        subject.stored = templates;
        subject.free = templates + 1;
    }
    const auto session = subject.connect();
    while (subject.stored < level) {
        const std::int64_t copies =
            std::min(copies_at_once, (level - subject.stored + templates - 1) / templates);
        const std::int64_t first = (subject.free + templates - 1) / templates;
        copy_rows(*session, first, first + copies - 1);
        subject.stored += copies * templates;
        subject.free = (first + copies + 1) * templates;
        fmt::print(stderr, "\r{}: {} payments stored ", subject.name, subject.stored);
    }
    fmt::print(stderr, "\n");
    // What the copying leaves to be done later is done now, and not while payments are measured.
    if (session->engine() == sql::Engine::postgresql) session->run_script("vacuum");
    session->run_script("analyze");
    if (session->engine() == sql::Engine::postgresql) session->run_script("checkpoint");
}

Subject sqlite_subject(const fs::path& directory, const crypto::Sealer& sealer) {
    const std::string path = (directory / "growth.db").string();
    auto database = std::make_shared<std::unique_ptr<sql::SqliteDatabase>>();
    Subject subject;
    subject.name = "sqlite";
    subject.open = [path, &sealer] { return store::open_sqlite_store(path, sealer); };
    subject.connect = [path, database] {
        database->reset();
        auto opened = sql::SqliteDatabase::open(path, {});
        if (!opened) throw std::runtime_error(opened.error().detail);
        *database = std::move(*opened);
        return (*database)->make_writer();
    };
    subject.server_cpu_s = [] { return 0.0; };
    subject.bytes = [path](sql::Session&) { return static_cast<std::int64_t>(fs::file_size(path)); };
    return subject;
}

Subject postgresql_subject(sql::PrivatePostgresql& server, const crypto::Sealer& sealer) {
    const std::string address = server.make_database();
    Subject subject;
    subject.name = "postgresql";
    subject.open = [address, &sealer] {
        store::ThreadOptions threads;
        threads.connections = 4;
        return store::open_postgresql_store(address, sealer, threads);
    };
    subject.connect = [address] { return sql::make_postgresql_session(address); };
    subject.server_cpu_s = [pid = server.pid()] { return family_cpu_seconds_of(pid); };
    subject.bytes = [](sql::Session& session) {
        const sql::Rows rows = session.query("select pg_database_size(current_database())", {});
        return std::get<std::int64_t>(rows.at(0).at(0));
    };
    return subject;
}

std::int64_t median(std::vector<std::int64_t> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

struct Series {
    std::vector<std::int64_t> pairs_per_s, client_us, server_us;
};

void measure_once(Subject& subject, const GrowthOptions& options, Series& series) {
    const auto store = must_open(subject);
    const double before = subject.server_cpu_s();
    const StoreFigures figures = measure_pairs(subject.name, *store, options.load, subject.free);
    if (figures.failures > 0 || figures.pairs == 0) throw std::runtime_error("payments failed");
    subject.stored += figures.pairs;
    subject.free += figures.pairs + 10 * options.load.waiters;
    series.pairs_per_s.push_back(figures.pairs_per_s);
    series.client_us.push_back(figures.cpu_us_per_pair);
    const double server_s = subject.server_cpu_s() - before;
    series.server_us.push_back(
        static_cast<std::int64_t>(server_s * 1e6 / static_cast<double>(figures.pairs)));
}

Medians report(const Subject& subject, std::int64_t level, const Series& series, const Medians* first,
               std::int64_t bytes) {
    const Medians now{.pairs_per_s = median(series.pairs_per_s),
                      .client_us = median(series.client_us),
                      .server_us = median(series.server_us)};
    const Medians& base = first == nullptr ? now : *first;
    fmt::print(R"({{"bench":"growth","engine":"{}","stored":{},"pairs_per_s":{},"cpu_us_per_pair":{},)"
               R"("client_us":{},"server_us":{},"cpu_to_first":{:.2f},"bytes_per_payment":{}}})"
               "\n",
               subject.name, level, now.pairs_per_s, now.cpu_us(), now.client_us, now.server_us,
               static_cast<double>(now.cpu_us()) / static_cast<double>(base.cpu_us()),
               bytes / subject.stored);
    std::fflush(stdout);
    return now;
}

void grow(std::vector<Subject>& subjects, const GrowthOptions& options) {
    std::vector<Medians> firsts;
    for (const std::int64_t level : options.levels) {
        for (Subject& subject : subjects) fill(subject, level);
        std::vector<Series> series(subjects.size());
        for (int round = 0; round < options.rounds; ++round) {
            for (std::size_t i = 0; i < subjects.size(); ++i) measure_once(subjects[i], options, series[i]);
        }
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            const std::int64_t bytes = subjects[i].bytes(*subjects[i].connect());
            const Medians now =
                report(subjects[i], level, series[i], firsts.size() > i ? &firsts[i] : nullptr, bytes);
            if (firsts.size() <= i) firsts.push_back(now);
        }
    }
}

}  // namespace

int run_growth_bench(const GrowthOptions& options) {
    core::SystemRandom random;
    const crypto::Sealer sealer = make_bench_sealer(random);
    const fs::path directory = fs::path(options.load.directory) / ("huitong-bench-" + random.hex(8));
    fs::create_directories(directory);
    int code = 0;
    try {
        sql::PrivatePostgresql server(true);
        std::vector<Subject> subjects{sqlite_subject(directory, sealer), postgresql_subject(server, sealer)};
        grow(subjects, options);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "growth: {}\n", problem.what());
        code = 1;
    }
    fs::remove_all(directory);
    return code;
}

}  // namespace huitong::bench

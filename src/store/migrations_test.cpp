// A database of every released schema becomes today's with all its rows, on both engines, while others write
// to it; and what must not be migrated is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <thread>

#include "sql/pg_session.hpp"
#include "sql/private_postgresql.hpp"
#include "sql/sqlite_session.hpp"
#include "store/migrations.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Result;
using ports::Tx;
using SteadyClock = std::chrono::steady_clock;

const std::string merchant = "1680000000001";

sql::PrivatePostgresql& server() {
    static sql::PrivatePostgresql shared(false);
    return shared;
}

// The migrations up to `number`: what a program of that schema knows.
std::span<const Migration> up_to(int number) {
    const auto& all = migrations();
    const auto end = std::ranges::find(all, number, &Migration::number);
    return {all.begin(), end + 1};
}

std::int64_t number_of(sql::Session& session, const std::string& query) {
    return std::get<std::int64_t>(session.query(query, {}).at(0).at(0));
}

std::string old_rows() {
    std::ifstream file(std::string(HUITONG_SOURCE_DIR) + "/tests/vectors/schema_2.sql");
    return {std::istreambuf_iterator<char>(file), {}};
}

// The frozen rows of tests/vectors, as the engine writes them.
void load_old_rows(sql::Session& session) {
    std::string text = old_rows();
    ASSERT_FALSE(text.empty());
    if (session.engine() == sql::Engine::postgresql)
        text = std::regex_replace(text, std::regex("([ (])x'([0-9a-f]*)'"), "$1'\\x$2'");
    const std::string end = ";\n";
    for (std::size_t from = 0; from < text.size();) {
        const auto to = text.find(end, from) + end.size();
        session.run_script(text.substr(from, to - from));
        from = to;
    }
    // A program of schema 4 writes these beside its terminals.
    if (schema_version(session) >= 4)
        session.run_script(
            "insert into terminal_name (app_id, client_sn, sn)"
            " select app_id, client_sn, sn from terminal where client_sn <> ''");
}

// Of the table payment, in the frozen rows.
std::string old_columns() {
    const std::string text = old_rows();
    const std::string begin = "insert into payment (";
    const auto from = text.find(begin) + begin.size();
    return text.substr(from, text.find(')', from) - from);
}

struct Place {
    sql::Engine engine;
    int schema;
};

class Upgrade : public testing::TestWithParam<Place> {
  protected:
    void SetUp() override {
        session_ = GetParam().engine == sql::Engine::sqlite
                       ? std::shared_ptr(sql::make_memory_session())
                       : std::shared_ptr(sql::make_postgresql_session(server().make_database()));
    }
    void open() { store_ = make_simulated_store(io_, random_, session_, sealer_); }
    template <class F>
    std::string write(F change) {
        return test::reason_of(test::run(io_, store_->write([change](Tx& tx) -> Result<void> {
            change(tx);
            return {};
        })));
    }
    template <class F>
    auto read(F closure) {
        auto result = test::run(io_, store_->read([closure](Tx& tx) -> Result<std::invoke_result_t<F, Tx&>> {
            return closure(tx);
        }));
        EXPECT_TRUE(result) << result.error().reason << " " << result.error().detail;
        return std::move(*result);
    }

    core::SystemRandom random_;
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::shared_ptr<sql::Session> session_;
    std::unique_ptr<Store> store_;
};

TEST_P(Upgrade, EveryRowIsThereAndPaymentsGoOn) {
    ASSERT_TRUE(migrate(*session_, up_to(GetParam().schema)));
    ASSERT_NO_FATAL_FAILURE(load_old_rows(*session_));
    ASSERT_EQ(schema_version(*session_), GetParam().schema);
    EXPECT_EQ(migrate(*session_).value(), migrations().back().number - GetParam().schema);
    EXPECT_EQ(schema_version(*session_), migrations().back().number);
    EXPECT_EQ(migrate(*session_).value(), 0);
    open();

    const auto paid = sample::make_intent(merchant, "order-1", 1);
    const auto change = sample::make_paid(paid);
    const auto find = [this](core::PaymentSn sn) {
        return read([sn](Tx& tx) { return tx.payments().find(sn).value(); });
    };
    EXPECT_EQ(find(paid.payment.sn).payment, change.after.payment);
    EXPECT_EQ(find(paid.payment.sn).operations, change.after.operations);
    const auto entries = read([&](Tx& tx) { return tx.payments().entries(paid.payment.sn); });
    ASSERT_EQ(entries.size(), 1U);
    ASSERT_EQ(entries[0].transfers.size(), 1U);
    EXPECT_EQ(entries[0].transfers[0].amount, paid.payment.amount);
    const auto timeline = read([&](Tx& tx) { return tx.payments().timeline(paid.payment.sn); });
    ASSERT_EQ(timeline.size(), 1U);
    EXPECT_EQ(timeline[0].exchange->response, change.timeline[0].exchange->response);
    const auto reviewed = sample::make_intent(merchant, "order-2", 2);
    EXPECT_EQ(find(reviewed.payment.sn).payment, sample::make_full_change(reviewed).after.payment);
    EXPECT_EQ(read([](Tx& tx) { return tx.alerts().count_open(); }), 2);
    EXPECT_EQ(read([](Tx& tx) { return tx.audit().last().value().hash; }), "hash1");
    EXPECT_EQ(read([](Tx& tx) { return tx.facts().get("catch_up"); }), "done");
    const auto limits = read([](Tx& tx) { return tx.limits().list(); });
    ASSERT_EQ(limits.size(), 1U);
    const core::Date day = core::to_beijing_date(paid.payment.created_at);
    EXPECT_EQ(read([&](Tx& tx) { return tx.limits().used(limits[0], day); }), core::fen(1234));
    const auto account = read([](Tx& tx) { return tx.directory().find_account("wx-main").value(); });
    EXPECT_EQ(account.api_key.reveal(), sample::make_account().api_key.reveal());

    const auto open_one = sample::make_intent(merchant, "order-3", 3);
    EXPECT_EQ(find(open_one.payment.sn).payment, open_one.payment);
    EXPECT_EQ(write([&](Tx& tx) { tx.payments().apply(open_one, sample::make_paid(open_one)); }), "ok");
    const auto again = sample::make_intent(merchant, "order-1", 4);
    EXPECT_EQ(write([&](Tx& tx) { tx.payments().insert(again); }), "client_sn_taken");
    const auto next = sample::make_intent(merchant, "order-4", 4);
    EXPECT_EQ(write([&](Tx& tx) { tx.payments().insert(next); }), "ok");
}

// The old index is gone from where a distributed server keeps terminals (docs/scale.md): names alone tell.
TEST_P(Upgrade, ATillsOwnNumberIsStillItsOwn) {
    ASSERT_TRUE(migrate(*session_, up_to(GetParam().schema)));
    ASSERT_NO_FATAL_FAILURE(load_old_rows(*session_));
    ASSERT_TRUE(migrate(*session_));
    // As docs/scale.md says: what programs of schema 3 have written meanwhile is added first.
    session_->run_script(
        "insert into terminal_name (app_id, client_sn, sn)"
        " select app_id, client_sn, sn from terminal where client_sn <> '' on conflict do nothing");
    session_->run_script("drop index terminal_client_sn");
    open();
    const auto add = [this](int n, const std::string& client_sn, const std::string& app) {
        ports::Terminal terminal = sample::make_terminal();
        terminal.sn = terminal.sn.substr(0, 17) + std::to_string(n);
        terminal.client_sn = client_sn;
        terminal.app_id = app;
        return write([terminal](Tx& tx) { tx.directory().insert(terminal); });
    };
    const std::string app = sample::make_app().id;
    EXPECT_EQ(add(3, "till-2", app), "client_sn_taken");
    EXPECT_EQ(add(3, "till-2", "another"), "ok");
    EXPECT_EQ(add(4, "till-4", app), "ok");
    EXPECT_EQ(add(5, "till-4", app), "client_sn_taken");
    EXPECT_EQ(add(6, "", app), "ok");
    EXPECT_EQ(add(7, "", app), "ok");
    EXPECT_EQ(add(7, "till-7", app), "exists");
    EXPECT_EQ(add(8, "till-7", app), "ok") << "the name of a terminal that was not made is free";
}

TEST_P(Upgrade, AnOlderProgramRefusesANewerSchema) {
    ASSERT_TRUE(migrate(*session_));
    const auto refused = migrate(*session_, up_to(GetParam().schema));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "schema_too_new");
    const std::string newest = std::to_string(migrations().back().number);
    EXPECT_EQ(refused.error().detail, "the store has schema " + newest + ", this program knows " +
                                          std::to_string(GetParam().schema) +
                                          ": a newer program has been here");
    EXPECT_EQ(schema_version(*session_), migrations().back().number);
}

std::vector<Place> places() {
    std::vector<Place> places;
    for (const Migration& migration : migrations()) {
        if (migration.number == migrations().back().number) continue;
        for (const auto engine : {sql::Engine::sqlite, sql::Engine::postgresql})
            places.push_back({.engine = engine, .schema = migration.number});
    }
    return places;
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Upgrade, testing::ValuesIn(places()), [](const auto& info) {
    const bool is_file = info.param.engine == sql::Engine::sqlite;
    return (is_file ? "sqlite_" : "postgresql_") + std::to_string(info.param.schema);
});

TEST(UpgradeInAFile, DueIsFoundByTimeFromSchema3On) {
    const auto database = sql::make_memory_session();
    const auto due = [&] {
        return std::get<std::string>(
            database->query("select name from pragma_index_info('operation_due') order by seqno", {})
                .at(0)
                .at(0));
    };
    ASSERT_TRUE(migrate(*database, up_to(2)));
    EXPECT_EQ(due(), "shard");
    ASSERT_TRUE(migrate(*database));
    EXPECT_EQ(due(), "next_at");
}

// Sells one payment: writes it, and then that it is paid. What went wrong, or "".
using Sell = std::function<std::string(int n)>;

// As this program does.
Sell sell_with_store(const std::string& database) {
    struct Shop {
        core::SystemRandom random;
        crypto::Sealer sealer = test::make_sealer(random);
        boost::asio::io_context io;
        std::unique_ptr<Store> store;
    };
    const auto shop = std::make_shared<Shop>();
    shop->store = make_simulated_store(shop->io, shop->random, sql::make_postgresql_session(database),
                                       shop->sealer, {});
    return [shop](int n) -> std::string {
        const auto intent = sample::make_intent(merchant, "sold-" + std::to_string(n), n);
        const auto done = test::run(shop->io, shop->store->run_write([&](Tx& tx) -> Result<void> {
            tx.payments().insert(intent);
            return {};
        }));
        if (!done) return test::reason_of(done);
        const auto paid = test::run(shop->io, shop->store->run_write([&](Tx& tx) -> Result<void> {
            tx.payments().apply(*tx.payments().find(intent.payment.sn), sample::make_paid(intent));
            return {};
        }));
        return paid ? "" : test::reason_of(paid);
    };
}

// As a program of the first schema does: it knows no column that came later.
Sell sell_as_before(const std::string& database) {
    const std::shared_ptr session = sql::make_postgresql_session(database);
    return [session, columns = old_columns()](int n) -> std::string {
        const std::string number = std::to_string(n);
        std::string values = std::regex_replace(columns, std::regex("\\bid\\b"), number);
        values = std::regex_replace(values, std::regex("\\bclient_sn\\b"), "'sold-" + number + "'");
        values = std::regex_replace(values, std::regex("\\bstate\\b"), "'pending'");
        const std::string statements[] = {
            "insert into payment (" + columns + ") select " + values +
                " from payment where client_sn = 'order-1'",
            "update payment set state = 'paid' where client_sn = 'sold-" + number + "'"};
        for (const std::string& statement : statements) {
            session->begin(sql::Access::write);
            session->run_script(statement);
            if (session->commit() != sql::CommitOutcome::committed) return "not committed";
        }
        return "";
    };
}

// Sells on a connection of its own until it is told to stop, and remembers its longest wait.
class Seller {
  public:
    explicit Seller(Sell sell_one) : sell_one_(std::move(sell_one)), thread_([this] { sell(); }) {}
    Seller(const Seller&) = delete;
    Seller& operator=(const Seller&) = delete;
    ~Seller() { stop(); }
    void stop() {
        is_stopping_ = true;
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] int sold() const { return sold_; }
    [[nodiscard]] bool is_selling() const { return !has_stopped_; }
    [[nodiscard]] const std::string& trouble() const { return trouble_; }
    [[nodiscard]] std::chrono::milliseconds longest() const { return longest_; }

  private:
    void sell() {
        for (int n = 1000; !is_stopping_; ++n) {
            const auto began = SteadyClock::now();
            try {
                const std::string trouble = sell_one_(n);
                if (!trouble.empty()) trouble_ = trouble;
            } catch (const sql::SqlError& error) {
                trouble_ = error.what();
                has_stopped_ = true;
                return;
            }
            const auto took = SteadyClock::now() - began;
            longest_ = std::max(longest_, std::chrono::duration_cast<std::chrono::milliseconds>(took));
            ++sold_;
        }
    }

    const Sell sell_one_;
    std::atomic<bool> is_stopping_ = false;
    std::atomic<int> sold_ = 0;
    std::atomic<bool> has_stopped_ = false;
    std::string trouble_;
    std::chrono::milliseconds longest_{0};
    std::thread thread_;
};

constexpr std::chrono::milliseconds most_wait{1500};
constexpr int reader_holds_s = 4;

class UpgradeUnderLoad : public testing::Test {
  protected:
    void begin_at(int schema, Sell (*make_sell)(const std::string&) = &sell_with_store) {
        session_ = sql::make_postgresql_session(database_);
        ASSERT_TRUE(migrate(*session_, up_to(schema)));
        ASSERT_NO_FATAL_FAILURE(load_old_rows(*session_));
        seller_ = std::make_unique<Seller>(make_sell(database_));
        while (seller_->sold() < 20 && seller_->is_selling()) std::this_thread::yield();
        // Somebody who reads for long, as a report does: whoever wants the table for itself waits for it.
        reader_ = std::thread([this] {
            const auto reader = sql::make_postgresql_session(database_);
            is_reading_ = true;
            (void)reader->query("select count(*) from payment p, terminal t, operation o, (select pg_sleep(" +
                                    std::to_string(reader_holds_s) + ")) s",
                                {});
        });
        while (!is_reading_) std::this_thread::yield();
        (void)session_->query("select 1 from pg_sleep(0.3)", {});
    }
    void end() {
        reader_.join();
        const int before = seller_->sold();
        while (seller_->sold() < before + 20 && seller_->is_selling()) std::this_thread::yield();
        seller_->stop();
        EXPECT_EQ(seller_->trouble(), "");
        EXPECT_LT(seller_->longest(), most_wait) << "a sale was held up";
        EXPECT_EQ(number_of(*session_, "select count(*) from payment where state = 'paid'"),
                  seller_->sold() + 1);
    }

    const std::string database_ = server().make_database();
    std::unique_ptr<sql::Session> session_;
    std::unique_ptr<Seller> seller_;
    std::atomic<bool> is_reading_ = false;
    std::thread reader_;
};

TEST_F(UpgradeUnderLoad, EveryMigrationLetsOthersSell) {
    ASSERT_NO_FATAL_FAILURE(begin_at(migrations().front().number, &sell_as_before));
    const auto migrated = migrate(*session_);
    EXPECT_EQ(test::reason_of(migrated), "ok");
    end();
    EXPECT_EQ(schema_version(*session_), migrations().back().number);
}

std::vector<Migration> and_then(std::vector<std::string> statements) {
    std::vector<Migration> steps = migrations();
    steps.push_back({.number = steps.back().number + 1, .statements = std::move(statements)});
    return steps;
}

// What later migrations may need: a column, for which the table is wanted alone while somebody reads it.
TEST_F(UpgradeUnderLoad, AColumnLetsOthersSell) {
    ASSERT_NO_FATAL_FAILURE(begin_at(migrations().back().number));
    const auto steps = and_then({"alter table payment add column remark text"});
    EXPECT_EQ(test::reason_of(migrate(*session_, steps)), "ok");
    end();
    EXPECT_EQ(schema_version(*session_), steps.back().number);
}

// An index that takes longer to make than anybody may wait, as one on many rows does; and two processes at
// once that come with the new program.
TEST_F(UpgradeUnderLoad, AnIndexLetsOthersSell) {
    ASSERT_NO_FATAL_FAILURE(begin_at(migrations().back().number));
    session_->run_script(
        "create function slowly(id bigint) returns bigint immutable language plpgsql as"
        " 'begin perform pg_sleep(case when id = 5 then 2.5 else 0 end); return id; end'");
    session_->run_script(
        "insert into payment select made.* from payment t cross join lateral"
        " jsonb_populate_record(t, '{\"id\": 5, \"client_sn\": \"slow\"}') made where"
        " t.client_sn = 'order-2'");
    const auto steps = and_then({"{apart}{server}drop index concurrently if exists payment_slow",
                                 "{apart}create index {concurrently} payment_slow on payment (slowly(id))"});
    std::string other;
    std::thread second(
        [&] { other = test::reason_of(migrate(*sql::make_postgresql_session(database_), steps)); });
    EXPECT_EQ(test::reason_of(migrate(*session_, steps)), "ok");
    second.join();
    EXPECT_EQ(other, "ok");
    end();
    const std::string next = std::to_string(steps.back().number);
    EXPECT_EQ(number_of(*session_, "select count(*) from schema_version where version = " + next), 1);
    EXPECT_EQ(number_of(*session_,
                        "select count(*) from pg_index where indisvalid and"
                        " indexrelid = 'payment_slow'::regclass"),
              1);
}

}  // namespace
}  // namespace huitong::store

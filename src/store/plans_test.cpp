// Whatever pay, query, cancel, refund, recovery and the workers ask of the store is found by an index on both
// engines. SQLite's planner goes by the schema, so its plan is read. PostgreSQL's goes by the rows: there a
// statement runs on tables of many rows after ANALYZE, planned for its values and for any values (as prepared
// statements are in the end), and the pages it really touched are counted: "Seq Scan" is not the only way to
// walk, an index can be walked as well.
#include <gtest/gtest.h>

#include <charconv>
#include <list>
#include <regex>
#include <utility>

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

// Searches and what they find; whoever walks a table, an index or all that one merchant has reads more.
constexpr std::int64_t most_pages = 80;
constexpr int merchants = 200;
constexpr int copies = 120;

std::string merchant(int n) {
    return std::to_string(1'680'000'000'001 + n);
}

// The number behind `word` in the plan; 0 when it is not there.
std::int64_t number_after(const std::string& line, std::string_view word) {
    const auto at = line.find(word);
    std::int64_t number = 0;
    if (at != std::string::npos)
        std::from_chars(line.data() + at + word.size(), line.data() + line.size(), number);
    return number;
}

std::string literal(const sql::Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (std::holds_alternative<sql::Null>(value)) return "null";
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return "'\\x00'::bytea";
    std::string quoted = "'";
    for (const char c : *text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + "'";
}

// Notes how the engine would run, or on PostgreSQL runs, each statement before it is given to it.
class PlanningSession final : public sql::Session {
  public:
    explicit PlanningSession(std::unique_ptr<sql::Session> inner) : inner_(std::move(inner)) {}

    [[nodiscard]] sql::Engine engine() const override { return inner_->engine(); }
    void begin(sql::Access access) override { inner_->begin(access); }
    [[nodiscard]] sql::CommitOutcome commit() override { return inner_->commit(); }
    void rollback() noexcept override { inner_->rollback(); }
    [[nodiscard]] sql::Resolution resolve_unknown() override { return inner_->resolve_unknown(); }
    [[nodiscard]] sql::Rows query(std::string_view sql, const sql::Values& values) override {
        if (is_explaining) explain(sql, values);
        return inner_->query(sql, values);
    }
    [[nodiscard]] std::optional<std::size_t> write(std::span<const sql::Write> writes) override {
        for (const sql::Write& write : writes) {
            if (is_explaining) explain(write.sql, write.values);
            const auto failed = inner_->write({&write, 1});
            if (failed) return static_cast<std::size_t>(&write - writes.data());
        }
        return std::nullopt;
    }
    [[nodiscard]] bool settle() override { return inner_->settle(); }
    void set_pipelining(bool is_on) override { inner_->set_pipelining(is_on); }
    void run_script(const std::string& sql) override { inner_->run_script(sql); }

    bool is_explaining = false;
    std::string walks;          // statements that read a whole table or index, with their plans
    std::string of_all_shards;  // statements on tables of payments that do not say which shard
    int explained = 0;

  private:
    void explain(std::string_view sql, const sql::Values& values) {
        ++explained;
        note_place(sql);
        if (engine() == sql::Engine::sqlite) {
            const std::string plan = ask("explain query plan " + std::string(sql), values, 3);
            const bool is_insert = sql.starts_with("insert");
            if (plan.find("SCAN ") != std::string::npos || (plan.empty() && !is_insert))
                walks += std::string(sql) + "\n" + plan;
            return;
        }
        const std::string name = "explained" + std::to_string(explained);
        inner_->run_script("prepare " + name + " as " + std::string(sql));
        std::string call = name;
        for (const sql::Value& value : values) call += (call == name ? " (" : ", ") + literal(value);
        if (!values.empty()) call += ")";
        for (const char* mode : {"force_custom_plan", "force_generic_plan"}) {
            inner_->run_script("savepoint before");
            inner_->run_script(std::string("set local plan_cache_mode = ") + mode);
            const std::string plan = ask("explain (analyze, buffers) execute " + call, {}, 0);
            inner_->run_script("rollback to before");
            judge(sql, plan);
        }
        inner_->run_script("deallocate " + name);
    }

    // On a distributed server one shard's server answers what names it.
    void note_place(std::string_view sql) {
        static const std::regex placed(
            "\\b(from|join|into|update) (payment|operation|posting|timeline|terminal|limit_rule|limit_usage|"
            "notification|notification_try|terminal_device)\\b");
        static const std::regex named(R"(\bshard = \$|\(shard, )");
        const std::string text(sql);
        if (std::regex_search(text, placed) && !std::regex_search(text, named)) of_all_shards += text + "\n";
    }

    void judge(std::string_view sql, const std::string& plan) {
        // The first line of buffers is the whole statement's.
        const std::string buffers = plan.substr(std::min(plan.find("Buffers:"), plan.size()));
        const std::string line = buffers.substr(0, buffers.find('\n'));
        const std::int64_t pages = number_after(line, "shared hit=") + number_after(line, "read=");
        const bool is_of_every_shard = sql.find("shard in (") != std::string_view::npos;
        const std::int64_t bound = is_of_every_shard ? 4 * core::shard_count : most_pages;
        if (pages > bound || plan.find("Seq Scan") != std::string::npos)
            walks += std::string(sql) + "\n" + plan;
    }

    std::string ask(const std::string& text, const sql::Values& values, std::size_t column) {
        // The statement is kept by its address.
        std::string plan;
        for (const sql::Row& row : inner_->query(texts_.emplace_back(text), values))
            plan += std::get<std::string>(row.at(column)) + "\n";
        return plan;
    }

    std::unique_ptr<sql::Session> inner_;
    std::list<std::string> texts_;
};

sql::PrivatePostgresql& server() {
    static sql::PrivatePostgresql shared(false);
    return shared;
}

// Of one database filled once, and its rows asked for by every repository.
class Plans : public testing::Test {
  protected:
    void open(std::unique_ptr<sql::Session> inner) {
        session_ = std::make_shared<PlanningSession>(std::move(inner));
        ASSERT_TRUE(migrate(*session_));
        store_ = make_simulated_store(io_, random_, session_, sealer_, LoopOptions{.rehearse_one_in = 0});
    }
    template <class F>
    void write(F change) {
        const Result<void> done = test::run(io_, store_->write([change](Tx& tx) -> Result<void> {
            change(tx);
            return {};
        }));
        EXPECT_TRUE(done) << done.error().reason << " " << done.error().detail;
    }
    template <class F>
    void read(F closure) {
        const auto done = test::run(io_, store_->read([closure](Tx& tx) -> Result<int> {
            closure(tx);
            return 0;
        }));
        EXPECT_TRUE(done) << done.error().reason << " " << done.error().detail;
    }

    static payments::Aggregate intent(int n) {
        auto made = sample::make_intent(merchant(n), "order", n + 1);
        made.payment.amount = core::fen(100);
        return made;
    }
    static ports::Limit limit(ports::LimitKind kind, const std::string& subject) {
        return {.kind = kind,
                .subject = subject,
                .merchant_sn = merchant(0),
                .per_payment = std::nullopt,
                .per_day = core::fen(1'000'000)};
    }
    static ports::Alert alert(const std::string& id) {
        return {.id = id,
                .at = core::from_us(1'000'000),
                .name = "trouble",
                .detail = "d",
                .payment = std::nullopt,
                .delivered_at = std::nullopt,
                .next_at = core::from_us(1'000'000),
                .acknowledged_by = {},
                .acknowledged_at = std::nullopt};
    }

    static ports::Notification notification(int n) {
        const payments::Payment payment = intent(n).payment;
        return {.payment = payment.sn,
                .ordinal = 32,
                .url = payment.notify_url,
                .signed_as = {},
                .body = {},
                .created_at = payment.created_at,
                .next_at = payment.created_at,
                .delivered_at = std::nullopt};
    }

    // One row of everything; of the payments one in twenty is open and one in twenty has a refund under way.
    void fill_by_the_store() {
        write([](Tx& tx) {
            auto& directory = tx.directory();
            directory.insert(sample::make_vendor());
            directory.insert(sample::make_app());
            directory.insert(sample::make_merchant());
            directory.insert(sample::make_store());
            directory.insert(sample::make_code());
            directory.insert(sample::make_terminal());
            directory.insert(sample::make_account());
            directory.insert(sample::make_operator());
            tx.audit().append(sample::make_audit_row(1));
            tx.limits().set(limit(ports::LimitKind::merchant, merchant(0)));
            tx.alerts().raise(alert("a"));
            tx.facts().set("catch_up", "");
            tx.limits().count(intent(0).payment);
            directory.insert(ports::PlatformKey{.id = "1",
                                                .private_key_pem = core::Secret("k"),
                                                .public_key_pem = "k",
                                                .created_at = core::from_us(1)});
            directory.take_device(sample::make_terminal(), std::nullopt);
        });
        for (int n = 0; n < merchants; ++n) {
            const payments::Aggregate made = intent(n);
            write([made, n](Tx& tx) {
                tx.payments().insert(made);
                tx.notifications().add(notification(n));
            });
            if (n % 20 == 1) continue;
            const auto change = n % 20 == 2 ? sample::make_full_change(made) : sample::make_paid(made);
            write([made, change](Tx& tx) { tx.payments().apply(made, change); });
        }
    }
    void multiply() {
        const auto copy = [this](const std::string& table, const std::string& changed, int times) {
            session_->run_script("insert into " + table + " select made.* from " + table +
                                 " t cross join generate_series(1, " + std::to_string(times) +
                                 ") m cross join lateral jsonb_populate_record(t, jsonb_build_object(" +
                                 changed + ")) made on conflict do nothing");
        };
        // Further than the keys of the first rows are apart, and of the same shards.
        const std::string later = "t.id + m * 200000000::bigint";
        copy("payment",
             "'id', " + later + ", 'client_sn', t.client_sn || m, 'trade_no', 't' || t.id || '-' || m",
             copies);
        copy("operation",
             "'id', " + later +
                 ", 'next_at', t.next_at + m * 60000000::bigint, 'request_no',"
                 " case when t.request_no = '' then '' else t.request_no || m % 2 * m end",
             copies);
        // A number that many have given to a refund.
        session_->run_script(
            "insert into operation select made.* from operation t cross join lateral jsonb_populate_record(t,"
            " '{\"seq\": 3, \"kind\": \"refund\", \"request_no\": \"1\", \"next_at\": null}') made"
            " where t.seq = 1");
        copy("posting", "'id', " + later, copies);
        copy("timeline", "'row_id', t.row_id + m * 8000000000000::bigint", copies);
        // One in twenty waits for a try, one in twenty for a person.
        copy("notification",
             "'id', " + later +
                 ", 'next_at', case when m % 20 = 0 then t.next_at + m * 60000000::bigint end,"
                 " 'delivered_at', case when m % 20 > 1 then 1 end",
             copies);
        session_->run_script(
            "insert into notification_try select shard, id, ordinal, 1, 1, 1, 200, 'success', ''"
            " from notification");
        copy("terminal_device", "'device_id', t.device_id || m, 'shard', m % 100", 3000);
        copy("vendor", "'sn', t.sn || m", 3000);
        copy("app", "'id', t.id || m", 3000);
        copy("merchant", "'sn', t.sn || m", 3000);
        copy("store", "'sn', t.sn || m", 3000);
        copy("activation_code", "'code', t.code || m", 3000);
        copy("terminal", "'sn', t.sn || m, 'client_sn', t.client_sn || m, 'shard', m % 100", 3000);
        copy("channel_account", "'id', t.id || m, 'merchant_sn', t.merchant_sn || m", 3000);
        copy("operator", "'name', t.name || m", 3000);
        copy("audit", "'id', t.id + m", 3000);
        copy("limit_rule", "'subject', t.subject || m, 'shard', m % 100", 3000);
        copy("limit_usage", "'day', t.day + m % 90, 'slot', m % 16, 'shard', m % 100", 30'000);
        copy(
            "alert",
            "'id', t.id || m, 'at', t.at + m, 'delivered_at', m, 'next_at', m, 'acknowledged_at', nullif(m % "
            "100, 0)",
            300);
        copy("fact", "'name', t.name || m", 3000);
        session_->run_script("analyze");
    }

    void ask_for_payments() {
        const payments::Aggregate first = intent(0);
        const core::PaymentSn sn = first.payment.sn;
        const bool is_file = session_->engine() == sql::Engine::sqlite;
        read([&](Tx& tx) {
            auto& payments = tx.payments();
            (void)payments.find(sn);
            (void)payments.find_by_client_sn(merchant(0), "order");
            (void)payments.find_by_trade_no(merchant(0), "t");
            (void)payments.find_by_request_no(merchant(2), "1");
            (void)payments.entries(sn);
            (void)payments.timeline(sn);
            (void)tx.limits().find({.terminal_sn = "t", .store_sn = "s", .merchant_sn = merchant(0)});
            (void)tx.facts().get("catch_up");
        });
        EXPECT_EQ(std::exchange(session_->of_all_shards, ""), "");
        // The workers, and whoever verifies or exports: once a second, and by hand.
        read([&](Tx& tx) {
            (void)tx.payments().find_due(first.payment.created_at + std::chrono::minutes(2), 100);
            (void)tx.payments().list_after(sn, 100);
            // Taking over all at start is for the only process.
            if (is_file) (void)tx.payments().find_left_by_others("e", core::PaymentSn{}, 100);
        });
        EXPECT_NE(std::exchange(session_->of_all_shards, ""), "");
        const auto next = intent(merchants);
        write([&](Tx& tx) {
            const ports::LimitSubjects subjects{
                .terminal_sn = "t", .store_sn = "s", .merchant_sn = merchant(0)};
            for (const auto& one : tx.limits().find(subjects))
                (void)tx.limits().used(one, core::to_beijing_date(first.payment.created_at));
            tx.payments().insert(next);
            tx.limits().count(next.payment);
        });
        write([&](Tx& tx) {
            tx.payments().apply(next, sample::make_full_change(next));
            tx.limits().uncount(next.payment);
        });
        EXPECT_EQ(session_->of_all_shards, "");
        session_->is_explaining = false;
        std::optional<payments::Aggregate> seen;
        read([&](Tx& tx) { seen = tx.payments().find(next.payment.sn); });
        session_->is_explaining = true;
        ASSERT_TRUE(seen);
        payments::Change tried{.after = *seen, .entries{}, .alarms{}, .timeline{}};
        ++tried.after.payment.version;
        ++tried.after.operations.back().tries;
        write([&](Tx& tx) { tx.payments().apply(*seen, tried); });
    }
    void ask_for_notifications() {
        const ports::Notification row = notification(0);
        const ports::Terminal terminal = sample::make_terminal();
        const core::Instant later = *row.next_at + std::chrono::seconds(1);
        const bool is_file = session_->engine() == sql::Engine::sqlite;
        read([&](Tx& tx) {
            auto& notifications = tx.notifications();
            (void)notifications.find(row.payment, row.ordinal);
            (void)notifications.tries(row.payment, row.ordinal);
            (void)notifications.list({.payment = row.payment});
            (void)tx.directory().find_device(terminal);
            (void)tx.directory().find_platform_key("1");
        });
        write([&](Tx& tx) { tx.notifications().claim(row, later); });
        write([&](Tx& tx) {
            tx.notifications().note_try(row, later, {.number = 2, .at = later, .answer = {}, .error = {}});
        });
        write([&](Tx& tx) { tx.notifications().send_again(row, later); });
        write([&](Tx& tx) { tx.directory().take_device(terminal, std::nullopt); });
        write([&](Tx& tx) { tx.directory().take_device(terminal, terminal.sn); });
        write([&](Tx& tx) { tx.notifications().add(notification(merchants)); });
        EXPECT_EQ(session_->of_all_shards, "");
        // The workers of all shards, and people.
        read([&](Tx& tx) {
            (void)tx.notifications().find_due(later, 100);
            // From the end of an index of what is not delivered, which SQLite calls a scan.
            if (!is_file)
                (void)tx.notifications().list({.payment = {}, .only_undelivered = true, .most = 20});
        });
        EXPECT_NE(std::exchange(session_->of_all_shards, ""), "");
    }
    void ask_for_the_rest() {
        const ports::Terminal terminal = sample::make_terminal();
        const bool is_file = session_->engine() == sql::Engine::sqlite;
        read([&](Tx& tx) {
            auto& directory = tx.directory();
            (void)directory.find_vendor("v");
            (void)directory.find_app("a");
            (void)directory.find_merchant("m");
            (void)directory.find_store("s");
            (void)directory.find_code("c");
            (void)directory.find_account("a");
            (void)directory.find_operator("o");
            (void)directory.find_terminal(terminal.sn);
            (void)directory.find_accounts(merchant(0), payments::ChannelKind::alipay);
            (void)tx.alerts().find_undelivered(core::from_us(2'000'000), 100);
            // The whole of an index of what is open, which SQLite calls a scan.
            if (!is_file) (void)tx.alerts().count_open();
        });
        ports::Terminal other = terminal;
        other.sn.back() = '9';
        other.client_sn = "till-other";
        write([&](Tx& tx) {
            tx.directory().use_code(sample::make_code());
            tx.directory().insert(other);
        });
        write([&](Tx& tx) { tx.directory().update_terminal(terminal); });
        write([&](Tx& tx) {
            // The first row from the end, which SQLite calls a scan.
            const auto last = is_file ? std::nullopt : tx.audit().last();
            tx.audit().append(sample::make_audit_row(last ? last->id + 1 : 2));
            tx.facts().set("catch_up", "done");
            tx.alerts().raise(alert("b"));
        });
        ports::Alert claimed = alert("b");
        write([&](Tx& tx) { tx.alerts().claim(claimed, core::from_us(3'000'000)); });
        claimed.next_at = core::from_us(3'000'000);
        write([&](Tx& tx) { tx.alerts().note_delivery(claimed); });
        write([&](Tx& tx) { tx.alerts().acknowledge("b", "alice", core::from_us(9)); });
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::shared_ptr<PlanningSession> session_;
    std::unique_ptr<Store> store_;
};

TEST_F(Plans, NothingWalksAWholeTableOfAFile) {
    ASSERT_NO_FATAL_FAILURE(open(sql::make_memory_session()));
    fill_by_the_store();
    session_->is_explaining = true;
    ask_for_payments();
    ask_for_notifications();
    ask_for_the_rest();
    EXPECT_GE(session_->explained, 50);
    EXPECT_EQ(session_->walks, "");
    EXPECT_EQ(session_->of_all_shards, "");
}

TEST_F(Plans, NothingWalksAWholeTableOnAServer) {
    ASSERT_NO_FATAL_FAILURE(open(sql::make_postgresql_session(server().make_database())));
    fill_by_the_store();
    multiply();
    const auto smallest = session_->query(
        "select min(relpages)::bigint from pg_class where relname in ('payment', 'operation', 'posting',"
        " 'timeline', 'terminal', 'limit_usage', 'payment_pkey', 'operation_pkey')",
        {});
    EXPECT_GT(std::get<std::int64_t>(smallest.at(0).at(0)), most_pages) << "too few rows to tell";
    session_->is_explaining = true;
    ask_for_payments();
    ask_for_notifications();
    ask_for_the_rest();
    EXPECT_GE(session_->explained, 50);
    EXPECT_EQ(session_->walks, "");
    EXPECT_EQ(session_->of_all_shards, "");
}

}  // namespace
}  // namespace huitong::store

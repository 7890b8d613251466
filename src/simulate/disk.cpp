#include "simulate/disk.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "core/assert.hpp"
#include "sql/pg_address.hpp"
#include "sql/pg_session.hpp"
#include "sql/sqlite_backup.hpp"
#include "store/migrations.hpp"

namespace huitong::simulate {

namespace {

std::unique_ptr<sql::Session> migrated(std::unique_ptr<sql::Session> session) {
    const auto done = store::migrate(*session);
    HUITONG_ASSERT(done.has_value(), "a store that was written here can be opened");
    return session;
}

class FileDisk final : public Disk {
  public:
    FileDisk(core::Random& random, int checkpoint_pages)
        : disk_(random), checkpoint_pages_(checkpoint_pages) {}

    std::unique_ptr<sql::Session> open() override { return migrated(disk_.open(checkpoint_pages_)); }
    std::shared_ptr<sql::Session> copy(sql::Session& open) override { return sql::copy_memory_session(open); }
    void put(sql::Session& copy) override { disk_.put(copy); }

    bool is_ours() const override { return true; }
    void fail_power_at(std::uint64_t nth, std::function<void()> on_failure) override {
        disk_.fail_power_at(nth, std::move(on_failure));
    }
    void fail_power() override { disk_.fail_power(); }
    bool has_power() const override { return disk_.has_power(); }
    void refuse_writes(int count) override { disk_.refuse_writes(count); }
    sql::DiskCounts counts() const override { return disk_.counts(); }
    void cut() override {}

  private:
    sql::CrashDisk disk_;
    const int checkpoint_pages_;
};

// Each state of the store is a schema of the database: copies are made by SQL while the original is open.
class ServerDisk final : public Disk {
  public:
    explicit ServerDisk(const std::string& server)
        : server_(server), database_("huitong_day_" + std::to_string(getpid())) {
        const auto session = sql::make_postgresql_session(server_);
        session->run_script("drop database if exists " + database_ + " with (force)");
        session->run_script("create database " + database_);
        keeper_ = sql::make_postgresql_session(sql::postgresql_address_of(server_, database_));
        present_ = make_schema();
    }
    ~ServerDisk() override {
        keeper_.reset();
        try {
            sql::make_postgresql_session(server_)->run_script("drop database " + database_ + " with (force)");
        } catch (const sql::SqlError& error) {
            fmt::print(stderr, "{} was left behind: {}\n", database_, error.what());
        }
    }
    ServerDisk(const ServerDisk&) = delete;
    ServerDisk& operator=(const ServerDisk&) = delete;

    std::unique_ptr<sql::Session> open() override { return migrated(connect(present_)); }
    std::shared_ptr<sql::Session> copy(sql::Session&) override {
        const std::string copied = make_schema();
        auto session = migrated(connect(copied));
        const sql::Rows tables = keeper_->query(
            "select tablename::text from pg_tables where schemaname = $1 and tablename <> 'schema_version'",
            {present_});
        for (const sql::Row& row : tables) {
            const auto& table = std::get<std::string>(row.at(0));
            keeper_->run_script(
                fmt::format("insert into {}.{} select * from {}.{}", copied, table, present_, table));
        }
        return session;
    }
    void put(sql::Session& copy) override {
        static constexpr std::string_view ask = "select current_schema()::text";
        present_ = std::get<std::string>(copy.query(ask, {}).at(0).at(0));
    }

    bool is_ours() const override { return false; }
    void fail_power_at(std::uint64_t, std::function<void()>) override {}
    void fail_power() override {}
    bool has_power() const override { return true; }
    void refuse_writes(int) override {}
    sql::DiskCounts counts() const override { return {}; }
    void cut() override {
        keeper_->run_script(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()");
    }

  private:
    std::string make_schema() {
        const std::string name = "state" + std::to_string(++schemas_);
        keeper_->run_script("create schema " + name);
        return name;
    }
    std::unique_ptr<sql::Session> connect(const std::string& schema) {
        return sql::make_postgresql_session(sql::postgresql_address_of(server_, database_, schema));
    }

    const std::string server_;
    const std::string database_;
    std::unique_ptr<sql::Session> keeper_;
    std::string present_;
    int schemas_ = 0;
};

}  // namespace

std::unique_ptr<Disk> make_file_disk(core::Random& random, int checkpoint_pages) {
    return std::make_unique<FileDisk>(random, checkpoint_pages);
}

std::unique_ptr<Disk> make_server_disk(const std::string& server) {
    return std::make_unique<ServerDisk>(server);
}

}  // namespace huitong::simulate

// A backup is one moment of a store that goes on being written to, and damage in a copy is noticed.
#include "sql/sqlite_backup.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/random.hpp"
#include "sql/sqlite_database.hpp"

namespace huitong::sql {
namespace {

namespace fs = std::filesystem;

class SqliteBackup : public testing::Test {
  protected:
    void SetUp() override {
        dir_ = fs::temp_directory_path() / ("huitong-backup-" + core::SystemRandom().hex(12));
        fs::create_directory(dir_);
        database_ = std::move(*SqliteDatabase::open(path("store.db"), {}));
        writer_ = database_->make_writer();
        writer_->run_script("create table pair (n integer primary key, twin integer, filler text) strict");
    }
    void TearDown() override {
        writer_.reset();
        database_.reset();
        fs::remove_all(dir_);
    }
    [[nodiscard]] std::string path(const char* name) const { return (dir_ / name).string(); }
    // Two rows in one transaction; a copy with one of them would be no moment of the store.
    void write_pairs(std::int64_t from, std::int64_t count) {
        static constexpr std::string_view insert =
            "insert into pair (n, twin, filler) values ($1, $2, $3), ($2, $1, $3)";
        for (std::int64_t n = from; n < from + count; ++n) {
            writer_->begin(Access::write);
            const Write write{
                .sql = insert, .values = {2 * n, 2 * n + 1, std::string(2000, 'x')}, .expected = 2};
            ASSERT_FALSE(writer_->write({&write, 1}));
            ASSERT_EQ(writer_->commit(), CommitOutcome::committed);
        }
    }
    static std::int64_t count(const std::string& file, std::string_view sql) {
        const auto copy = SqliteDatabase::open(file, {});
        const auto session = (*copy)->make_reader();
        return std::get<std::int64_t>(session->query(sql, {}).at(0).at(0));
    }

    fs::path dir_;
    std::unique_ptr<SqliteDatabase> database_;
    std::unique_ptr<Session> writer_;
};

TEST_F(SqliteBackup, IsOneMomentOfAStoreThatIsWritten) {
    write_pairs(1, 1000);
    std::int64_t written = 1000;
    std::int64_t steps = 0;
    std::int64_t last = 0;
    const auto done =
        back_up_sqlite(path("store.db"), path("copy.db"), [&](std::int64_t at, std::int64_t of) {
            EXPECT_LE(at, of);
            last = of - at;
            if (++steps < 200) write_pairs(++written, 1);
        });
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_GT(steps, 2) << "in steps";
    EXPECT_LT(steps, 60) << "and not begun anew with each write";
    EXPECT_EQ(last, 0);
    ASSERT_TRUE(settle_sqlite_file(path("copy.db")));
    EXPECT_FALSE(fs::exists(path("copy.db-wal")));
    ASSERT_TRUE(check_sqlite_file(path("copy.db"), Thoroughness::full));
    struct stat facts{};
    ASSERT_EQ(stat(path("copy.db").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_EQ(count(path("copy.db"), "select count(*) from pair"), 2000) << "as it was at the call";
    EXPECT_EQ(count(path("store.db"), "select count(*) from pair"), 2 * written);
}

TEST_F(SqliteBackup, NothingIsReplacedAndAMissingStoreIsSaid) {
    std::ofstream(path("copy.db")) << "precious";
    EXPECT_EQ(back_up_sqlite(path("store.db"), path("copy.db"), {}).error().reason, "exists");
    EXPECT_EQ(back_up_sqlite(path("none.db"), path("other.db"), {}).error().reason, "backup_failed");
    EXPECT_FALSE(fs::exists(path("other.db")));
}

TEST_F(SqliteBackup, DamageIsNoticed) {
    write_pairs(1, 200);
    ASSERT_TRUE(back_up_sqlite(path("store.db"), path("copy.db"), {}));
    {
        std::fstream file(path("copy.db"), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(3 * 4096);
        file << std::string(4096, '\xee');
    }
    EXPECT_EQ(check_sqlite_file(path("copy.db"), Thoroughness::full).error().reason, "damaged");
    std::ofstream(path("no.db")) << std::string(8192, 'z');
    EXPECT_EQ(check_sqlite_file(path("no.db"), Thoroughness::quick).error().reason, "damaged");
    EXPECT_EQ(check_sqlite_file(path("none.db"), Thoroughness::quick).error().reason, "store_unavailable");
}

}  // namespace
}  // namespace huitong::sql

#include "sql/sqlite_session.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/random.hpp"
#include "sql/sqlite_database.hpp"

namespace huitong::sql {
namespace {

class Memory : public testing::Test {
  protected:
    void SetUp() override {
        session_ = make_memory_session();
        session_->run_script("create table t (a integer primary key, b text, c blob)");
    }
    std::optional<std::size_t> write(std::vector<Write> writes) {
        kept_ = std::move(writes);
        return session_->write(kept_);
    }
    std::unique_ptr<Session> session_;
    std::vector<Write> kept_;
};

TEST_F(Memory, ValuesAreBoundByNameNotByFirstAppearance) {
    EXPECT_FALSE(
        write({{.sql = "insert into t (b, a) values ($2, $1)", .values = {std::int64_t{7}, "seven"}}}));
    EXPECT_FALSE(write({{.sql = "update t set b = $2 where a = $1", .values = {std::int64_t{7}, "VII"}}}));
    EXPECT_EQ(session_->query("select b from t where a = $1", {std::int64_t{7}}), (Rows{{Value{"VII"}}}));
    EXPECT_EQ(session_->query("select $3, $1, $2, $1", {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}),
              (Rows{{std::int64_t{3}, std::int64_t{1}, std::int64_t{2}, std::int64_t{1}}}));
}

TEST_F(Memory, EveryKindOfValueComesBack) {
    const std::string zeros("a\0b", 3);
    ASSERT_FALSE(
        write({{.sql = "insert into t values ($1, $2, $3)",
                .values = {std::int64_t{INT64_MIN}, zeros, Blob{zeros}}},
               {.sql = "insert into t values ($1, $2, $3)", .values = {std::int64_t{1}, "", Blob{}}},
               {.sql = "insert into t values ($1, $2, $3)", .values = {std::int64_t{2}, Null{}, Null{}}}}));
    EXPECT_EQ(session_->query("select a, b, c from t order by a", {}),
              (Rows{{std::int64_t{INT64_MIN}, zeros, Blob{zeros}},
                    {std::int64_t{1}, "", Blob{}},
                    {std::int64_t{2}, Null{}, Null{}}}));
}

TEST_F(Memory, AMisnumberedStatementIsRefused) {
    EXPECT_THROW((void)session_->query("select $1, $3", {std::int64_t{1}, std::int64_t{3}}), SqlError);
    EXPECT_THROW((void)session_->query("select $1", {}), SqlError);
    EXPECT_THROW((void)session_->query("select ?", {std::int64_t{1}}), SqlError);
    EXPECT_THROW((void)session_->query("select nonsense", {}), SqlError);
}

TEST_F(Memory, WritesStopAtTheFirstWrongCount) {
    const auto failed = write({{.sql = "insert into t (a) values ($1)", .values = {std::int64_t{1}}},
                               {.sql = "update t set b = 'x' where a = $1", .values = {std::int64_t{9}}},
                               {.sql = "insert into t (a) values ($1)", .values = {std::int64_t{2}}}});
    EXPECT_EQ(failed, 1U);
    EXPECT_EQ(session_->query("select count(*) from t", {}), (Rows{{std::int64_t{1}}}));
}

TEST_F(Memory, AnInsertThatMetAConflictChangedNothing) {
    const Write insert{.sql = "insert into t (a) values ($1) on conflict do nothing",
                       .values = {std::int64_t{1}}};
    EXPECT_FALSE(write({insert}));
    EXPECT_EQ(write({insert}), 0U);
}

TEST_F(Memory, RollbackUndoesAndMayBeCalledAnyTime) {
    session_->rollback();
    session_->begin(Access::write);
    ASSERT_FALSE(write({{.sql = "insert into t (a) values ($1)", .values = {std::int64_t{1}}}}));
    session_->rollback();
    session_->rollback();
    EXPECT_EQ(session_->query("select count(*) from t", {}), (Rows{{std::int64_t{0}}}));
}

class File : public testing::Test {
  protected:
    void SetUp() override {
        directory_ = std::filesystem::temp_directory_path() / ("huitong-sql-" + core::SystemRandom().hex(12));
        std::filesystem::create_directory(directory_);
        database_ = std::move(*SqliteDatabase::open((directory_ / "t.db").string(), {.busy_timeout_ms = 50}));
    }
    void TearDown() override {
        database_.reset();
        std::filesystem::remove_all(directory_);
    }
    std::filesystem::path directory_;
    std::unique_ptr<SqliteDatabase> database_;
};

TEST_F(File, EverySessionIsDurable) {
    for (const auto make : {&SqliteDatabase::make_writer, &SqliteDatabase::make_reader}) {
        const auto session = (database_.get()->*make)();
        EXPECT_EQ(session->query("select * from pragma_journal_mode", {}), (Rows{{Value{"wal"}}}));
        EXPECT_EQ(session->query("select * from pragma_synchronous", {}), (Rows{{std::int64_t{2}}}));
        EXPECT_EQ(session->query("pragma wal_autocheckpoint", {}), (Rows{{std::int64_t{0}}}));
    }
}

TEST_F(File, ASecondWriterWaitsAndThenIsUnavailable) {
    const auto first = database_->make_writer();
    const auto second = database_->make_reader();
    first->begin(Access::write);
    try {
        second->begin(Access::write);
        FAIL() << "two writers";
    } catch (const SqlError& error) {
        EXPECT_EQ(error.kind(), SqlError::Kind::unavailable);
    }
    first->rollback();
    second->begin(Access::write);
    second->rollback();
}

TEST_F(File, AReaderSeesOneSnapshot) {
    const auto writer = database_->make_writer();
    const auto reader = database_->make_reader();
    writer->run_script("create table t (a integer primary key)");
    reader->begin(Access::read);
    EXPECT_EQ(reader->query("select count(*) from t", {}), (Rows{{std::int64_t{0}}}));
    writer->run_script("insert into t values (1)");
    EXPECT_EQ(reader->query("select count(*) from t", {}), (Rows{{std::int64_t{0}}}));
    reader->rollback();
    EXPECT_EQ(reader->query("select count(*) from t", {}), (Rows{{std::int64_t{1}}}));
}

TEST_F(File, AnIoErrorEndsTheProcess) {
    const auto writer = database_->make_writer();
    writer->run_script("create table t (a integer primary key, b text)");
    EXPECT_DEATH(
        {
            SqliteHandle db = open_sqlite((directory_ / "t.db").string());
            check_sqlite(db.get(), SQLITE_IOERR_FSYNC, "commit");
        },
        "ending the process");
}

}  // namespace
}  // namespace huitong::sql

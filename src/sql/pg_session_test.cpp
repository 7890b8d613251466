#include "sql/pg_session.hpp"

#include <gtest/gtest.h>

#include "sql/private_postgresql.hpp"

namespace huitong::sql {
namespace {

class Postgresql : public testing::Test {
  protected:
    void SetUp() override {
        conninfo_ = server().make_database();
        session_ = make_postgresql_session(conninfo_);
        session_->run_script("create table t (a bigint primary key, b text, c bytea)");
    }
    static PrivatePostgresql& server() {
        static PrivatePostgresql shared(false);
        return shared;
    }
    std::optional<std::size_t> write(std::vector<Write> writes) {
        kept_.push_back(std::move(writes));
        return session_->write(kept_.back());
    }
    Write inserting(std::int64_t a) {
        return {.sql = "insert into t (a) values ($1) on conflict do nothing", .values = {a}};
    }
    std::int64_t count() {
        return std::get<std::int64_t>(session_->query("select count(*) from t", {}).at(0).at(0));
    }
    // Ends the server's side of session_, as a crash of the server would.
    void cut() {
        const Rows pid = session_->query("select pg_backend_pid()", {});
        const auto other = make_postgresql_session(conninfo_);
        (void)other->query("select pg_terminate_backend($1::int8::int4, 5000)", {pid.at(0).at(0)});
    }
    std::string conninfo_;
    std::unique_ptr<Session> session_;
    std::vector<std::vector<Write>> kept_;
};

TEST_F(Postgresql, EveryKindOfValueComesBack) {
    const std::string bytes("a\0\xff", 3);
    ASSERT_FALSE(
        write({{.sql = "insert into t (b, c, a) values ($2, $3, $1)",
                .values = {std::int64_t{INT64_MIN}, "汇通", Blob{bytes}}},
               {.sql = "insert into t values ($1, $2, $3)", .values = {std::int64_t{-2}, "", Blob{}}},
               {.sql = "insert into t values ($1, $2, $3)", .values = {std::int64_t{2}, Null{}, Null{}}}}));
    EXPECT_EQ(session_->query("select a, b, c from t order by a", {}),
              (Rows{{std::int64_t{INT64_MIN}, "汇通", Blob{bytes}},
                    {std::int64_t{-2}, "", Blob{}},
                    {std::int64_t{2}, Null{}, Null{}}}));
}

TEST_F(Postgresql, AloneAWrongCountHasItsIndex) {
    session_->begin(Access::write);
    EXPECT_EQ(write({inserting(1), inserting(1), inserting(2)}), 1U);
    session_->rollback();
    EXPECT_EQ(count(), 0);
}

TEST_F(Postgresql, InAPipelineAWrongCountShowsWhenItSettles) {
    session_->set_pipelining(true);
    session_->begin(Access::write);
    EXPECT_FALSE(write({inserting(1), inserting(2)}));
    EXPECT_TRUE(session_->settle());
    EXPECT_EQ(session_->commit(), CommitOutcome::committed);
    session_->begin(Access::write);
    EXPECT_FALSE(write({inserting(3), inserting(1)}));
    EXPECT_FALSE(session_->settle());
    EXPECT_EQ(session_->commit(), CommitOutcome::failed);
    EXPECT_EQ(count(), 2);
}

TEST_F(Postgresql, AfterAnErrorTheSessionIsUsable) {
    session_->set_pipelining(true);
    session_->begin(Access::write);
    EXPECT_FALSE(
        write({{.sql = "insert into nowhere values ($1)", .values = {std::int64_t{1}}}, inserting(1)}));
    EXPECT_THROW((void)session_->settle(), SqlError);
    session_->rollback();
    session_->begin(Access::write);
    EXPECT_FALSE(write({inserting(1)}));
    EXPECT_EQ(session_->commit(), CommitOutcome::committed);
    EXPECT_EQ(count(), 1);
}

TEST_F(Postgresql, ACommitWithoutAnswerIsUnknownUntilTheServerTells) {
    session_->begin(Access::write);
    ASSERT_FALSE(write({inserting(1)}));
    ASSERT_TRUE(session_->settle());  // the transaction's number is known from here on
    cut();
    EXPECT_EQ(session_->commit(), CommitOutcome::unknown);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::lost);
    session_->begin(Access::write);
    ASSERT_FALSE(write({inserting(2)}));
    ASSERT_EQ(session_->commit(), CommitOutcome::committed);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::committed);
    EXPECT_EQ(count(), 1);
}

// As on a distributed server: what was written elsewhere alone has no number here that could be asked after.
TEST_F(Postgresql, ALostCommitOfWritesElsewhereCannotBeTold) {
    const auto value_of = [](const std::string& conninfo, const std::string& key) {
        const auto from = conninfo.find(key + "=") + key.size() + 1;
        return conninfo.substr(from, conninfo.find(' ', from) - from);
    };
    const std::string elsewhere = server().make_database();
    const auto other = make_postgresql_session(elsewhere);
    other->run_script("create table t (a bigint)");
    // The commit there cuts the connection here.
    other->run_script(
        "create function cut() returns trigger language plpgsql as 'begin"
        " perform pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = ''" +
        value_of(conninfo_, "dbname") + "''; return null; end'");
    other->run_script(
        "create constraint trigger cut after insert on t deferrable initially deferred"
        " for each row execute function cut()");
    session_->run_script("create extension postgres_fdw");
    session_->run_script("create server far foreign data wrapper postgres_fdw options (host '" +
                         value_of(conninfo_, "host") + "', dbname '" + value_of(elsewhere, "dbname") + "')");
    session_->run_script("create user mapping for postgres server far options (user 'postgres')");
    session_->run_script("create foreign table there (a bigint) server far options (table_name 't')");
    session_->begin(Access::write);
    ASSERT_FALSE(write({{.sql = "insert into there (a) values ($1)", .values = {std::int64_t{1}}}}));
    ASSERT_TRUE(session_->settle());
    EXPECT_EQ(session_->commit(), CommitOutcome::unknown);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::cannot_tell);
    session_->begin(Access::write);
    EXPECT_EQ(session_->commit(), CommitOutcome::committed);
}

TEST_F(Postgresql, ALostConnectionBeforeCommitIsCertainlyNotDone) {
    session_->begin(Access::write);
    cut();
    try {
        (void)write({inserting(1)});
        FAIL() << "written to nobody";
    } catch (const SqlError& error) {
        EXPECT_EQ(error.kind(), SqlError::Kind::connection);
    }
    session_->rollback();
    session_->begin(Access::write);  // connects anew
    EXPECT_FALSE(write({inserting(1)}));
    EXPECT_EQ(session_->commit(), CommitOutcome::committed);
}

TEST_F(Postgresql, RowsThatOthersHoldAreContention) {
    const auto other = make_postgresql_session(conninfo_);
    other->begin(Access::write);
    const Write theirs = inserting(1);
    ASSERT_FALSE(other->write({&theirs, 1}));
    for (const bool is_pipelining : {true, false}) {
        session_->set_pipelining(is_pipelining);
        session_->begin(Access::write);
        try {
            (void)write({inserting(1)});
            (void)session_->settle();
            FAIL() << "two hold one row";
        } catch (const SqlError& error) {
            EXPECT_EQ(error.kind(), SqlError::Kind::contention) << error.what();
        }
        session_->rollback();
    }
    ASSERT_EQ(other->commit(), CommitOutcome::committed);
    session_->begin(Access::write);
    EXPECT_EQ(write({inserting(1)}), 0U) << "theirs stands";
    session_->rollback();
}

TEST_F(Postgresql, ACommitThatMeetsContentionSaysSo) {
    const auto other = make_postgresql_session(conninfo_);
    other->begin(Access::write);
    const Write theirs = inserting(1);
    ASSERT_FALSE(other->write({&theirs, 1}));
    session_->set_pipelining(true);
    session_->begin(Access::write);
    EXPECT_FALSE(write({inserting(1)}));
    EXPECT_EQ(session_->commit(), CommitOutcome::contended);
    EXPECT_EQ(count(), 0);
}

// Whatever the database's defaults are.
TEST_F(Postgresql, AConnectionSetsWhatTheStoreReliesOn) {
    const Rows name = session_->query("select current_database()", {});
    const std::string database = std::get<std::string>(name.at(0).at(0));
    for (const char* setting : {"synchronous_commit = off", "default_transaction_isolation = 'serializable'"})
        session_->run_script("alter database " + database + " set " + setting);
    const auto fresh = make_postgresql_session(conninfo_);
    const auto shown = [&](const char* what) {
        const Rows rows = fresh->query("select current_setting($1)", {what});
        return std::get<std::string>(rows.at(0).at(0));
    };
    fresh->begin(Access::write);
    EXPECT_EQ(shown("synchronous_commit"), "on");
    EXPECT_EQ(shown("transaction_isolation"), "read committed");
    EXPECT_EQ(shown("idle_in_transaction_session_timeout"), "5s");
    fresh->rollback();
}

TEST_F(Postgresql, NobodyThereIsAnError) {
    EXPECT_THROW((void)make_postgresql_session("host=/nowhere dbname=none"), SqlError);
}

}  // namespace
}  // namespace huitong::sql

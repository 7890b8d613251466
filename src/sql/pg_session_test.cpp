#include "sql/pg_session.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "sql/private_postgresql.hpp"

namespace huitong::sql {
namespace {

class Postgresql : public testing::Test {
  protected:
    void SetUp() override {
        conninfo_ = server().make_database();
        make_postgresql_session(conninfo_)->run_script(commit_mark_table);
        session_ = make_postgresql_session(conninfo_, Marks::kept);
        session_->run_script("create table t (a bigint primary key, b text, c bytea)");
    }
    static PrivatePostgresql& server() {
        static PrivatePostgresql server(false);
        return server;
    }
    std::optional<std::size_t> write(std::vector<Write> writes) {
        kept_.push_back(std::move(writes));
        return session_->write(kept_.back());
    }
    Write inserting(std::int64_t a) {
        return {.sql = "insert into t (a) values ($1) on conflict do nothing", .values = {a}};
    }
    std::int64_t number_of(std::string_view query) {
        return std::get<std::int64_t>(session_->query(query, {}).at(0).at(0));
    }
    std::int64_t count() { return number_of("select count(*) from t"); }
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
    ASSERT_TRUE(session_->settle());
    cut();
    EXPECT_EQ(session_->commit(), CommitOutcome::unknown);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::lost);
    session_->begin(Access::write);
    ASSERT_FALSE(write({inserting(2)}));
    ASSERT_EQ(session_->commit(), CommitOutcome::committed);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::committed);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::committed) << "asked again";
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(number_of("select count(*) from commit_mark"), 1) << "one for each writer";
}

TEST_F(Postgresql, WithoutMarksNobodyCanTell) {
    session_ = make_postgresql_session(conninfo_);
    session_->begin(Access::write);
    ASSERT_FALSE(write({inserting(1)}));
    ASSERT_TRUE(session_->settle());
    cut();
    EXPECT_EQ(session_->commit(), CommitOutcome::unknown);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::cannot_tell);
}

// A server that crashed gives numbers of transactions away again that it had not yet written down.
TEST_F(Postgresql, AnotherTransactionUnderTheSameNumberIsNotTakenForOurs) {
    session_->begin(Access::write);
    ASSERT_FALSE(write({inserting(1)}));
    ASSERT_TRUE(session_->settle());
    const Value ours = session_->query("select pg_current_xact_id()::text", {}).at(0).at(0);
    server().crash_and_start();
    const auto other = make_postgresql_session(conninfo_);
    Value theirs;
    for (int i = 0; i < 100 && theirs != ours; ++i)
        theirs = other->query("select pg_current_xact_id()::text", {}).at(0).at(0);
    ASSERT_EQ(theirs, ours) << "the number was not given away again, the test shows nothing";
    const Rows status = other->query("select pg_xact_status($1::text::xid8)", {ours});
    ASSERT_EQ(std::get<std::string>(status.at(0).at(0)), "committed");
    EXPECT_EQ(session_->commit(), CommitOutcome::unknown);
    EXPECT_EQ(session_->resolve_unknown(), Resolution::lost);
    EXPECT_EQ(count(), 0);
}

// The server has committed, and its stand-by has not heard of it: both ways of ending the wait for that one.
TEST_F(Postgresql, ACommitThatTheStandByDidNotConfirmIsUnknown) {
    const auto other = make_postgresql_session(conninfo_);
    const auto set_stand_by = [&](const std::string& name) {
        other->run_script("alter system set synchronous_standby_names = '" + name + "'");
        other->run_script("select pg_reload_conf()");
    };
    std::int64_t key = 0;
    for (const char* how :
         {"select pg_cancel_backend($1::int8::int4)", "select pg_terminate_backend($1::int8::int4)"}) {
        const Value pid = session_->query("select pg_backend_pid()", {}).at(0).at(0);
        const auto is_waiting = [&] {
            static constexpr std::string_view ask =
                "select 1 from pg_stat_activity where pid = $1::int8 and wait_event = 'SyncRep'";
            return !other->query(ask, {pid}).empty();
        };
        set_stand_by("nobody");
        std::future<CommitOutcome> outcome;
        const auto is_over = [&] {
            return outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        };
        // The server takes a while to heed the setting: the first ones may get through.
        do {
            session_->begin(Access::write);
            ASSERT_FALSE(write({inserting(++key)}));
            outcome = std::async(std::launch::async, [&] { return session_->commit(); });
            while (!is_over() && !is_waiting()) std::this_thread::yield();
        } while (is_over());
        (void)other->query(how, {pid});
        EXPECT_EQ(outcome.get(), CommitOutcome::unknown) << how;
        set_stand_by("");
        EXPECT_EQ(session_->resolve_unknown(), Resolution::committed) << how;
        EXPECT_EQ(count(), key);
    }
}

TEST_F(Postgresql, MarksOfWritersThatAreGoneAreSweptAway) {
    session_->begin(Access::write);
    ASSERT_FALSE(write({inserting(1)}));
    ASSERT_EQ(session_->commit(), CommitOutcome::committed);
    session_->run_script("update commit_mark set marked_at = now() - interval '25 hours'");
    (void)make_postgresql_session(conninfo_, Marks::kept);
    EXPECT_EQ(number_of("select count(*) from commit_mark"), 0);
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

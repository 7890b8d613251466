// How closures are grouped, committed, refused and run again. Groups are made exact with the loop executor,
// whose sizes are drawn by a Random that always says "as many as wait".
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "sql/faulty_session.hpp"
#include "store/migrations.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Code;
using core::Result;
using ports::Tx;
using sql::CommitFault;

const std::string merchant = "1680000000001";

// Always the same value: below(100) is 99, so groups take all that waits, and below(n) is fixed.
class GroupRandom final : public core::Random {
  public:
    explicit GroupRandom(std::uint64_t value) : value_(value) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(value_ >> (8 * i));
    }

  private:
    std::uint64_t value_;
};

test::WriteClosure inserting(std::int64_t n) {
    return [n](Tx& tx) -> Result<void> {
        tx.payments().insert(sample::make_intent(merchant, "order-" + std::to_string(n), n));
        return {};
    };
}

class Groups : public testing::Test {
  protected:
    Groups() : random_(99), sealer_(test::make_sealer(seal_random_)) {
        auto faulty = std::make_shared<sql::FaultySession>(sql::make_memory_session());
        EXPECT_TRUE(migrate(*faulty));
        migration_commits_ = faulty->commits();
        session_ = faulty;
        store_ = make_simulated_store(io_, random_, session_, sealer_,
                                      LoopOptions{.most_per_group = 100, .rehearse_one_in = 0});
    }

    std::vector<Result<void>> run_all(const std::vector<test::WriteClosure>& closures) {
        return test::run_all(io_, *store_, closures);
    }
    bool exists(std::int64_t n) {
        const auto found = test::run(io_, store_->read([n](Tx& tx) -> Result<bool> {
            return tx.payments().find(sample::make_sn(merchant, n)).has_value();
        }));
        return found.value();
    }
    int commits() const { return session_->commits() - migration_commits_; }
    static std::string reasons(const std::vector<Result<void>>& results) {
        std::string text;
        for (const auto& result : results) text += (text.empty() ? "" : " ") + test::reason_of(result);
        return text;
    }

    core::SeededRandom seal_random_{1};
    GroupRandom random_;  // 99 of 100: groups of 100
    crypto::Sealer sealer_;
    boost::asio::io_context io_;
    std::shared_ptr<sql::FaultySession> session_;
    int migration_commits_ = 0;
    std::unique_ptr<Store> store_;
};

TEST_F(Groups, ARefusalInsideAGroupLeavesTheOthersAlone) {
    const auto refuse = [](Tx& tx) -> Result<void> {
        tx.payments().insert(sample::make_intent(merchant, "refused", 50));
        return core::fail(Code::limit, "too_much");
    };
    EXPECT_EQ(reasons(run_all({inserting(1), refuse, inserting(1), inserting(2)})),
              "ok too_much sn_taken ok");
    EXPECT_EQ(commits(), 1);
    EXPECT_EQ(store_->counts().reruns, 0);
    EXPECT_TRUE(exists(1));
    EXPECT_TRUE(exists(2));
    EXPECT_FALSE(exists(50));
}

TEST_F(Groups, AThrowingClosureCostsOnlyItself) {
    const auto broken = [](Tx&) -> Result<void> { throw std::runtime_error("defect"); };
    EXPECT_EQ(reasons(run_all({inserting(1), broken, inserting(2)})), "ok closure_failed ok");
    EXPECT_EQ(store_->counts().reruns, 1);
    EXPECT_EQ(commits(), 2);
    EXPECT_TRUE(exists(1) && exists(2));
}

TEST_F(Groups, AStatementThatFailsOnceCostsNothing) {
    session_->fail_statement(2, sql::SqlError::Kind::unavailable);
    EXPECT_EQ(reasons(run_all({inserting(1), inserting(2)})), "ok ok");
    EXPECT_EQ(store_->counts().reruns, 1);
}

TEST_F(Groups, AStatementErrorThatStaysIsTheErrorOfItsClosure) {
    session_->fail_statement(3, sql::SqlError::Kind::statement);    // second closure, in the group
    session_->fail_statement(4, sql::SqlError::Kind::unavailable);  // first closure, alone
    session_->fail_statement(5, sql::SqlError::Kind::statement);    // second closure, alone
    EXPECT_EQ(reasons(run_all({inserting(1), inserting(2)})), "commit_failed store_error");
    EXPECT_FALSE(exists(1) || exists(2));
}

TEST_F(Groups, AFailedCommitIsUnavailableForAllRefusalsToo) {
    session_->fail_commit(1, CommitFault::fails);
    const auto results = run_all({inserting(1), inserting(1), inserting(2)});
    EXPECT_EQ(reasons(results), "commit_failed commit_failed commit_failed");
    for (const auto& result : results) EXPECT_EQ(result.error().code, Code::unavailable);
    EXPECT_FALSE(exists(1) || exists(2));
    EXPECT_EQ(reasons(run_all({inserting(1)})), "ok");
}

TEST_F(Groups, AContendedCommitIsRunAgainUntilItIsDone) {
    session_->fail_commit(1, CommitFault::contended);  // of the group
    session_->fail_commit(2, CommitFault::contended);  // of the first closure alone
    session_->fail_commit(3, CommitFault::contended);
    EXPECT_EQ(reasons(run_all({inserting(1), inserting(1), inserting(2)})), "ok sn_taken ok");
    EXPECT_EQ(store_->counts().reruns, 1);
    EXPECT_EQ(store_->counts().retries, 2);
}

TEST_F(Groups, ContentionInTheMiddleOfAClosureIsRunAgain) {
    session_->fail_statement(2, sql::SqlError::Kind::contention);
    EXPECT_EQ(reasons(run_all({inserting(1)})), "ok");
    EXPECT_EQ(store_->counts().retries, 1);
    EXPECT_EQ(commits(), 1);
}

TEST_F(Groups, ContentionThatStaysIsUnavailable) {
    for (int k = 1; k <= 6; ++k) session_->fail_statement(k, sql::SqlError::Kind::contention);
    const auto results = run_all({inserting(1)});
    EXPECT_EQ(reasons(results), "commit_failed");
    EXPECT_EQ(results.front().error().code, Code::unavailable);
    EXPECT_EQ(store_->counts().retries, 5);
    EXPECT_FALSE(exists(1));
}

TEST_F(Groups, AConnectionThatWasCutIsTriedOnceMore) {
    session_->fail_statement(1, sql::SqlError::Kind::connection);
    EXPECT_EQ(reasons(run_all({inserting(1)})), "ok");
    session_->fail_statement(1, sql::SqlError::Kind::connection);
    session_->fail_statement(2, sql::SqlError::Kind::connection);
    EXPECT_EQ(reasons(run_all({inserting(2)})), "commit_failed");
}

TEST_F(Groups, WhereNobodyAnswersTheOthersDoNotWaitOneByOne) {
    int runs = 0;
    const auto counting = [&runs](Tx& tx) -> Result<void> {
        ++runs;
        (void)tx.payments().find(sample::make_sn(merchant, 1));
        return {};
    };
    for (int k = 1; k <= 20; ++k) session_->fail_statement(k, sql::SqlError::Kind::connection);
    EXPECT_EQ(reasons(run_all({counting, counting, counting})), "commit_failed commit_failed commit_failed");
    EXPECT_EQ(runs, 3) << "the first in the group, and twice alone";
}

TEST_F(Groups, AReadThatWasCutOffIsTriedOnceMore) {
    ASSERT_EQ(reasons(run_all({inserting(1)})), "ok");
    session_->fail_statement(1, sql::SqlError::Kind::connection);
    EXPECT_TRUE(exists(1));
    session_->fail_statement(1, sql::SqlError::Kind::connection);
    session_->fail_statement(2, sql::SqlError::Kind::connection);
    const auto look = [](Tx& tx) -> Result<void> {
        (void)tx.payments().find(sample::make_sn(merchant, 1));
        return {};
    };
    EXPECT_EQ(test::reason_of(test::run(io_, store_->run_read(look))), "commit_failed");
}

TEST_F(Groups, AnUnknownCommitThatWasDoneGivesTheResults) {
    session_->fail_commit(1, CommitFault::unknown_committed);
    session_->set_unresolved_answers(3);
    EXPECT_EQ(reasons(run_all({inserting(1), inserting(1), inserting(2)})), "ok sn_taken ok");
    EXPECT_TRUE(exists(1) && exists(2));
    EXPECT_EQ(store_->counts().unknown_done, 1);
    EXPECT_EQ(store_->counts().unknown_lost, 0);
}

TEST_F(Groups, AnUnknownCommitThatWasLostIsUnavailable) {
    session_->fail_commit(1, CommitFault::unknown_lost);
    session_->set_unresolved_answers(3);
    EXPECT_EQ(reasons(run_all({inserting(1), inserting(1), inserting(2)})),
              "commit_failed commit_failed commit_failed");
    EXPECT_FALSE(exists(1) || exists(2));
    EXPECT_EQ(store_->counts().unknown_done, 0);
    EXPECT_EQ(store_->counts().unknown_lost, 1);
}

TEST_F(Groups, ACommitThatNobodyCanTellEndsTheProcess) {
    session_->fail_commit(1, CommitFault::unknown_committed);
    session_->set_unresolved_answers(1'000'000);
    EXPECT_DEATH((void)run_all({inserting(1)}), "the answer to a commit was lost");
}

TEST_F(Groups, LaterClosuresSeeWhatEarlierOnesWrote) {
    bool was_seen = false;
    const auto look = [&was_seen](Tx& tx) -> Result<void> {
        was_seen = tx.payments().find(sample::make_sn(merchant, 1)).has_value();
        return {};
    };
    EXPECT_EQ(reasons(run_all({inserting(1), look})), "ok ok");
    EXPECT_TRUE(was_seen);
    EXPECT_EQ(commits(), 1);
}

TEST_F(Groups, AReadThatWritesIsADefect) {
    const auto wrote = test::run(io_, store_->run_read(inserting(1)));
    EXPECT_EQ(test::reason_of(wrote), "closure_failed");
    EXPECT_FALSE(exists(1));
}

TEST_F(Groups, StoppedMeansUnavailable) {
    store_->stop();
    EXPECT_EQ(reasons(run_all({inserting(1)})), "stopping");
}

// Everything is run twice, the first time for nothing.
TEST(Rehearsal, ClosuresMayRunTwice) {
    core::SeededRandom random(5);
    const crypto::Sealer sealer = test::make_sealer(random);
    boost::asio::io_context io;
    const auto store = make_simulated_store(io, random, make_memory_database(), sealer,
                                            LoopOptions{.most_per_group = 4, .rehearse_one_in = 1});
    int runs = 0;
    std::vector<test::WriteClosure> closures;
    for (int n = 1; n <= 20; ++n) {
        closures.emplace_back([n, &runs](Tx& tx) {
            ++runs;
            return inserting(n % 10)(tx);
        });
    }
    const auto results = test::run_all(io, *store, closures);
    EXPECT_EQ(runs, 40);
    EXPECT_EQ(std::ranges::count_if(results, [](const auto& r) { return r.has_value(); }), 10);
    EXPECT_GT(store->counts().groups, 5);
}

// Records when its commit happens, so that a result told before it would show.
class WatchedSession final : public sql::Session {
  public:
    explicit WatchedSession(std::unique_ptr<sql::Session> inner) : inner_(std::move(inner)) {}
    sql::Engine engine() const override { return inner_->engine(); }
    void begin(sql::Access access) override { inner_->begin(access); }
    sql::CommitOutcome commit() override {
        std::unique_lock lock(mutex);
        is_waiting = true;
        changed.notify_all();
        changed.wait(lock, [this] { return may_commit; });
        return inner_->commit();
    }
    void rollback() noexcept override { inner_->rollback(); }
    sql::Resolution resolve_unknown() override { return inner_->resolve_unknown(); }
    sql::Rows query(std::string_view sql, const sql::Values& values) override {
        return inner_->query(sql, values);
    }
    std::optional<std::size_t> write(std::span<const sql::Write> writes) override {
        return inner_->write(writes);
    }
    bool settle() override { return inner_->settle(); }
    void set_pipelining(bool is_on) override { inner_->set_pipelining(is_on); }
    void run_script(const std::string& sql) override { inner_->run_script(sql); }

    std::mutex mutex;
    std::condition_variable changed;
    bool is_waiting = false;
    bool may_commit = false;

  private:
    std::unique_ptr<sql::Session> inner_;
};

class Threads : public testing::Test {
  protected:
    Threads() : sealer_(test::make_sealer(random_)) {
        auto inner = sql::make_memory_session();
        EXPECT_TRUE(migrate(*inner));
        auto watched = std::make_unique<WatchedSession>(std::move(inner));
        session_ = watched.get();
        Sessions sessions;
        sessions.writers.push_back(std::move(watched));
        sessions.readers.push_back(sql::make_memory_session());
        store_ = std::make_unique<Store>(make_thread_executor(
            std::move(sessions), sealer_, ThreadOptions{.most_waiting = 5, .most_per_group = 3}));
    }
    void submit(test::WriteClosure closure) {
        const std::size_t i = told_.size();
        told_.emplace_back("waiting");
        boost::asio::co_spawn(
            io_, store_->run_write(std::move(closure)),
            [this, i](std::exception_ptr, Result<void> result) { told_[i] = test::reason_of(result); });
    }
    void wait_for_commit() {
        std::unique_lock lock(session_->mutex);
        session_->changed.wait(lock, [this] { return session_->is_waiting; });
    }
    void allow_commits() {
        const std::lock_guard lock(session_->mutex);
        session_->may_commit = true;
        session_->changed.notify_all();
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_;
    boost::asio::io_context io_;
    WatchedSession* session_ = nullptr;
    std::vector<std::string> told_;
    std::unique_ptr<Store> store_;
};

TEST_F(Threads, NothingIsToldBeforeTheCommit) {
    submit(inserting(1));
    submit([](Tx&) -> Result<void> { return core::fail(Code::limit, "too_much"); });
    submit(inserting(1));
    io_.poll();
    wait_for_commit();
    io_.poll();
    EXPECT_EQ(told_[0], "waiting");
    allow_commits();
    io_.run();
    EXPECT_EQ(told_, (std::vector<std::string>{"ok", "too_much", "sn_taken"}));
}

TEST_F(Threads, TheQueueIsBounded) {
    submit(inserting(1));
    io_.poll();
    wait_for_commit();  // the first is in the writer's hands; five may wait
    for (int n = 2; n <= 7; ++n) submit(inserting(n));
    io_.poll();
    io_.poll();
    EXPECT_EQ(told_.back(), "overloaded");
    EXPECT_EQ(std::ranges::count(told_, "waiting"), 6);
    allow_commits();
    io_.run();
    EXPECT_EQ(std::ranges::count(told_, "ok"), 6);
}

TEST_F(Threads, StopRunsWhatWaitsAndRefusesTheRest) {
    submit(inserting(1));
    io_.poll();
    wait_for_commit();
    submit(inserting(2));
    io_.poll();
    allow_commits();
    store_->stop();
    submit(inserting(3));
    io_.restart();
    io_.run();
    EXPECT_EQ(told_, (std::vector<std::string>{"ok", "ok", "stopping"}));
}

}  // namespace
}  // namespace huitong::store

// What SQLite has committed survives a failure of the power at any write or flush, on a disk that really
// loses what was not flushed; a full disk is an error that passes.
#include "sql/crash_disk.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>

#include "sql/faulty_session.hpp"
#include "sql/sqlite_backup.hpp"
#include "sql/sqlite_database.hpp"
#include "sql/sqlite_session.hpp"

namespace huitong::sql {
namespace {

constexpr std::int64_t rows_per_transaction = 3;
constexpr int few_pages = 12;  // so that a short run copies the WAL back often

// Transaction k leaves three rows (k, 1..3), which the disk holds on different pages, and the sum of all k.
class Workload {
  public:
    explicit Workload(std::size_t filler) : filler_(filler) {}

    static void make_tables(Session& session) {
        session.run_script(
            "begin; create table if not exists entry (k integer, part integer, filler text,"
            " primary key (part, k)) strict, without rowid;"
            "create table if not exists total (id integer primary key, sum integer) strict;"
            "insert into total values (1, 0) on conflict do nothing; commit");
    }

    [[nodiscard]] CommitOutcome transact(Session& session, std::int64_t k) const {
        static constexpr std::string_view insert =
            "insert into entry (k, part, filler) values ($1, 1, $2), ($1, 2, $2), ($1, 3, $2)";
        static constexpr std::string_view add = "update total set sum = sum + $1 where id = 1";
        session.begin(Access::write);
        const std::vector<Write> writes{
            {.sql = insert, .values = {k, filler(k)}, .expected = rows_per_transaction},
            {.sql = add, .values = {k}}};
        EXPECT_FALSE(session.write(writes));
        return session.commit();
    }

    // The last transaction that is there; wrong in any way: an explanation.
    [[nodiscard]] std::int64_t last_whole(Session& session) const {
        EXPECT_EQ(session.query("pragma integrity_check", {}), (Rows{{Value{"ok"}}}));
        const Rows rows = session.query("select k, part, filler from entry order by k, part", {});
        EXPECT_EQ(static_cast<std::int64_t>(rows.size()) % rows_per_transaction, 0) << "half a transaction";
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::int64_t k = static_cast<std::int64_t>(i) / rows_per_transaction + 1;
            const std::int64_t part = static_cast<std::int64_t>(i) % rows_per_transaction + 1;
            EXPECT_EQ(rows[i], (Row{k, part, filler(k)}));
            if (part == 1) sum += k;
        }
        EXPECT_EQ(session.query("select sum from total", {}), (Rows{{Value{sum}}}));
        return static_cast<std::int64_t>(rows.size()) / rows_per_transaction;
    }

  private:
    // Of a length that leaves the ends of WAL frames and rows anywhere in a sector.
    [[nodiscard]] std::string filler(std::int64_t k) const {
        const auto n = static_cast<std::size_t>(k);
        return std::string(n % 9 == 0 ? 20 * filler_ : filler_ + n, static_cast<char>('a' + k % 26));
    }
    std::size_t filler_;
};

std::int64_t steps_of(const DiskCounts& counts) {
    return counts.writes + counts.flushes;
}

std::string pages_of(Session& session) {
    sqlite3_int64 size = 0;
    unsigned char* const bytes =
        sqlite3_serialize(dynamic_cast<SqliteSession&>(session).handle(), "main", &size, 0);
    std::string copy(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    sqlite3_free(bytes);
    return copy;
}

// A run whose power fails once at the given step, and what was done by then.
struct Progress {
    std::int64_t committed = 0;
    bool are_tables_made = false;
};

void run(CrashDisk& disk, const Workload& workload, std::int64_t first, std::int64_t last,
         Progress& progress) {
    progress.committed = first - 1;
    const auto session = disk.open(few_pages);
    Workload::make_tables(*session);
    if (disk.has_power()) progress.are_tables_made = true;
    for (std::int64_t k = first; k <= last; ++k) {
        ASSERT_EQ(workload.transact(*session, k), CommitOutcome::committed) << "the dead notice nothing";
        if (disk.has_power()) progress.committed = k;
    }
}

TEST(CrashDisk, CommittedTransactionsSurviveAFailureAtEveryStep) {
    constexpr std::int64_t transactions = 28;
    const Workload workload(300);
    core::SeededRandom calm(1);
    CrashDisk sound(calm);
    Progress whole;
    run(sound, workload, 1, transactions, whole);
    ASSERT_EQ(whole.committed, transactions);
    const auto steps = static_cast<std::uint64_t>(steps_of(sound.counts()));
    ASSERT_GT(steps, 400U);
    ASSERT_GT(sound.counts().flushes, 2 * transactions) << "and the WAL was copied back at times";

    DiskCounts all;
    for (std::uint64_t step = 1; step <= steps; ++step) {
        SCOPED_TRACE("power fails at step " + std::to_string(step));
        core::SeededRandom random(step);
        CrashDisk disk(random);
        Progress broken;
        int failures = 0;
        disk.fail_power_at(step, [&] { ++failures; });
        run(disk, workload, 1, transactions, broken);
        ASSERT_EQ(failures, 1);
        ASSERT_FALSE(disk.has_power());

        // And again, somewhere in the recovery or soon after.
        disk.fail_power_at(1 + random.below(40), [&] { ++failures; });
        std::int64_t there = 0;
        {
            const auto session = disk.open(few_pages);
            if (!broken.are_tables_made) Workload::make_tables(*session);
            there = workload.last_whole(*session);
            ASSERT_GE(there, broken.committed) << "a committed transaction is gone";
            ASSERT_LE(there, broken.committed + 1) << "one that was never begun is there";
        }
        Progress second;
        run(disk, workload, there + 1, there + 10, second);
        ASSERT_EQ(failures, 2);
        const auto session = disk.open(few_pages);
        const std::int64_t at_last = workload.last_whole(*session);
        ASSERT_GE(at_last, second.committed);
        ASSERT_LE(at_last, second.committed + 1);
        ASSERT_FALSE(HasFailure());
        all.lost_sectors += disk.counts().lost_sectors;
        all.torn_writes += disk.counts().torn_writes;
    }
    EXPECT_GT(all.lost_sectors, 1000);
    EXPECT_GT(all.torn_writes, 100);
}

TEST(CrashDisk, UntilTheFlushOfACommitHasReturnedItMayBeLost) {
    constexpr std::uint64_t seeds = 60;
    const Workload workload(300);
    bool was_flushed = false;
    for (std::uint64_t step = 1; !was_flushed; ++step) {
        SCOPED_TRACE("power fails at step " + std::to_string(step) + " of the commit");
        std::uint64_t lost = 0;
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            core::SeededRandom random(seed);
            CrashDisk disk(random);
            const auto session = disk.open(1'000'000);
            Workload::make_tables(*session);
            const std::int64_t flushes = disk.counts().flushes;
            disk.fail_power_at(step, {});
            EXPECT_EQ(workload.transact(*session, 1), CommitOutcome::committed);
            ASSERT_FALSE(disk.has_power());
            was_flushed = disk.counts().flushes > flushes;
            if (workload.last_whole(*disk.open(few_pages)) == 0) ++lost;
        }
        if (was_flushed) {
            EXPECT_EQ(lost, 0U);
        } else {
            EXPECT_GT(lost, 0U);
        }
    }
}

// What transaction is the last when power fails at this step of a run that was told to flush or not.
std::int64_t last_after_failure(std::uint64_t seed, bool is_flushed, std::int64_t& committed) {
    const Workload workload(300);
    core::SeededRandom random(seed);
    CrashDisk disk(random);
    const auto session = disk.open(1'000'000);
    Workload::make_tables(*session);
    if (!is_flushed) session->run_script("pragma synchronous=off");
    disk.fail_power_at(100 + random.below(20), {});
    for (std::int64_t k = 1; disk.has_power(); ++k) {
        EXPECT_EQ(workload.transact(*session, k), CommitOutcome::committed);
        if (disk.has_power()) committed = k;
    }
    return workload.last_whole(*disk.open(few_pages));
}

TEST(CrashDisk, WithoutFlushesCommittedTransactionsAreLost) {
    int losses = 0;
    int spared = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        std::int64_t committed = 0;
        EXPECT_GE(last_after_failure(seed, true, committed), committed);
        const std::int64_t last = last_after_failure(seed, false, committed);
        (last < committed ? losses : spared) += 1;
    }
    EXPECT_GT(losses, 10);
    EXPECT_GT(spared, 2) << "at times all of it had reached the disk by itself";
}

TEST(CrashDisk, TheSameSeedSparesTheSameBytes) {
    const auto survivors = [](std::uint64_t seed, DiskCounts& counts) {
        const Workload workload(300);
        core::SeededRandom random(seed);
        CrashDisk disk(random);
        {
            const auto session = disk.open(1'000'000);
            Workload::make_tables(*session);
            session->run_script("pragma synchronous=off");  // so that much is at stake
            for (std::int64_t k = 1; k <= 17; ++k) (void)workload.transact(*session, k);
            disk.fail_power();
        }
        counts = disk.counts();
        return pages_of(*disk.open(few_pages));
    };
    std::set<std::string> different;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        DiskCounts first;
        DiskCounts second;
        const std::string bytes = survivors(seed, first);
        EXPECT_EQ(bytes, survivors(seed, second));
        EXPECT_EQ(first.lost_sectors, second.lost_sectors);
        EXPECT_EQ(first.torn_writes, second.torn_writes);
        EXPECT_EQ(steps_of(first), steps_of(second));
        different.insert(bytes);
    }
    EXPECT_GT(different.size(), 2U);
}

TEST(CrashDisk, AProcessThatEndsWithoutPowerFailureLosesNothing) {
    core::SeededRandom random(1);
    CrashDisk disk(random);
    const Workload workload(300);
    Progress first;
    run(disk, workload, 1, 20, first);
    EXPECT_EQ(workload.last_whole(*disk.open(few_pages)), 20);
    EXPECT_EQ(disk.counts().failures, 0);
    EXPECT_EQ(disk.counts().lost_sectors, 0);
}

TEST(CrashDisk, HasOneSession) {
    core::SeededRandom random(1);
    CrashDisk disk(random);
    const auto session = disk.open(few_pages);
    Workload::make_tables(*session);
    EXPECT_THROW((void)disk.open(few_pages), SqlError);
    disk.fail_power();
    EXPECT_FALSE(disk.has_power());
    EXPECT_EQ(Workload(1).last_whole(*disk.open(few_pages)), 0) << "whoever had it is dead";
    EXPECT_TRUE(disk.has_power());
}

TEST(CrashDisk, AFullDiskFailsTheTransactionAndPasses) {
    const Workload workload(300);
    core::SeededRandom random(1);
    CrashDisk disk(random);
    auto session = disk.open(few_pages);
    Workload::make_tables(*session);
    std::int64_t k = 0;
    int failed = 0;
    for (int refusals = 1; refusals <= 30; ++refusals) {
        disk.refuse_writes(refusals);
        for (++k; workload.transact(*session, k) != CommitOutcome::committed;) {
            ++failed;
            session->rollback();
            EXPECT_EQ(workload.last_whole(*session), k - 1);
        }
        EXPECT_EQ(workload.last_whole(*session), k);
    }
    // Some refusals hit the copying back of the WAL, which is only put off.
    EXPECT_EQ(disk.counts().refused, 30 * 31 / 2);
    EXPECT_GT(failed, 300);
    EXPECT_LE(failed, 30 * 31 / 2);
    disk.fail_power();
    EXPECT_EQ(workload.last_whole(*disk.open(few_pages)), k);
}

// More pages than SQLite keeps in memory: the disk is found full before the commit.
TEST(CrashDisk, AFullDiskFailsAStatementOfALargeTransaction) {
    core::SeededRandom random(1);
    CrashDisk disk(random);
    const auto session = disk.open(few_pages);
    session->run_script("pragma cache_size=10; create table t (a integer primary key, b text) strict");
    disk.refuse_writes(1);
    session->begin(Access::write);
    static constexpr std::string_view insert = "insert into t (b) values ($1)";
    const auto fill = [&] {
        for (int i = 0; i < 200; ++i) {
            const Write write{.sql = insert, .values = {std::string(1000, 'x')}};
            EXPECT_FALSE(session->write({&write, 1}));
        }
    };
    try {
        fill();
        ADD_FAILURE() << "the disk was full";
    } catch (const SqlError& error) {
        EXPECT_EQ(error.kind(), SqlError::Kind::unavailable);
    }
    session->rollback();
    EXPECT_EQ(session->query("select count(*) from t", {}), (Rows{{Value{std::int64_t{0}}}}));
    session->begin(Access::write);
    fill();
    // Fails at its end, when much is to be undone and there are no temporary files.
    EXPECT_THROW(session->run_script("update t set a = case when a = 200 then -1 else -a end"), SqlError);
    EXPECT_EQ(session->commit(), CommitOutcome::committed);
    disk.fail_power();
    EXPECT_EQ(disk.open(few_pages)->query("select count(*), min(a) from t", {}),
              (Rows{{Value{std::int64_t{200}}, Value{std::int64_t{1}}}}));
}

TEST(CrashDisk, TakesTheFileOfAnotherDatabase) {
    const Workload workload(300);
    FaultySession memory(make_memory_session());
    Workload::make_tables(memory);
    for (std::int64_t k = 1; k <= 30; ++k) (void)workload.transact(memory, k);

    core::SeededRandom random(1);
    CrashDisk disk(random);
    Progress own;
    run(disk, workload, 1, 10, own);
    auto old = disk.open(few_pages);
    disk.put(memory);
    const auto session = disk.open(few_pages);
    EXPECT_EQ(workload.last_whole(*session), 30);
    EXPECT_EQ(workload.transact(*old, 11), CommitOutcome::committed);
    EXPECT_EQ(workload.transact(*session, 31), CommitOutcome::committed);
    EXPECT_EQ(workload.last_whole(*old), 11) << "the old file is a world of its own";
    old.reset();

    // What is only in the WAL is copied too, and the copy does not depend on this disk.
    const auto copy = copy_memory_session(*session);
    EXPECT_EQ(workload.last_whole(*copy), 31);
    EXPECT_EQ(workload.transact(*copy, 32), CommitOutcome::committed);
    EXPECT_EQ(workload.last_whole(*session), 31);

    core::SeededRandom other_random(2);
    CrashDisk other(other_random);
    other.put(*session);
    other.fail_power();
    EXPECT_EQ(workload.last_whole(*other.open(few_pages)), 31) << "what was put there was flushed";
    other.put(*copy);
    EXPECT_EQ(workload.last_whole(*other.open(few_pages)), 32);
    disk.fail_power();
    EXPECT_EQ(workload.last_whole(*disk.open(few_pages)), 31);
    disk.put(*session);
    EXPECT_EQ(workload.last_whole(*disk.open(few_pages)), 31) << "its own, from the session of the dead";
}

TEST(CrashDisk, ABegunTransactionIsNoPartOfACopy) {
    core::SeededRandom random(1);
    CrashDisk disk(random);
    const Workload workload(300);
    const auto memory = make_memory_session();
    Workload::make_tables(*memory);
    memory->begin(Access::write);
    static constexpr std::string_view add = "update total set sum = 7 where id = 1";
    const Write write{.sql = add, .values = {}};
    EXPECT_FALSE(memory->write({&write, 1}));
    disk.put(*memory);
    EXPECT_EQ(workload.last_whole(*disk.open(few_pages)), 0);
}

}  // namespace
}  // namespace huitong::sql

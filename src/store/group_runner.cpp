#include "store/group_runner.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "core/mutation.hpp"
#include "store/failure.hpp"

namespace huitong::store {

namespace {

void wait_on_thread(int attempt) {
    const auto delay = std::chrono::milliseconds(50) * (1 << std::min(attempt, 6));
    // The writer thread has nothing else to do and no loop to wait on; nobody notifies this.
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::min<std::chrono::milliseconds>(delay, std::chrono::seconds(2)));
}

// To be called in a catch block.
core::Error current_error() {
    try {
        throw;
    } catch (const Failure& failure) {
        return failure.error();
    } catch (const sql::SqlError& error) {
        if (error.kind() == sql::SqlError::Kind::statement) {
            return core::Error{core::Code::internal, "store_error", error.what()};
        }
        return core::Error{core::Code::unavailable, "commit_failed", error.what()};
    } catch (const std::exception& error) {
        return core::Error{core::Code::internal, "closure_failed", error.what()};
    }
}

void give_all(std::span<Job> jobs, const core::Error& error) {
    for (Job& job : jobs) job.result = std::unexpected(error);
}

}  // namespace

Counts sum_of(std::span<const Counts> counts) {
    Counts sum;
    for (const Counts& one : counts) {
        sum.groups += one.groups;
        sum.closures += one.closures;
        sum.reruns += one.reruns;
        sum.retries += one.retries;
        sum.unknown_done += one.unknown_done;
        sum.unknown_lost += one.unknown_lost;
        sum.group_size.add(one.group_size);
        sum.commit_us.add(one.commit_us);
    }
    return sum;
}

GroupRunner::GroupRunner(sql::Session& session, const crypto::Sealer& sealer, Patience patience,
                         const core::Clock* clock)
    : session_(session), tx_(session, sealer), patience_(std::move(patience)), clock_(clock) {
    if (!patience_.wait) patience_.wait = wait_on_thread;
}

void GroupRunner::write(std::span<Job> jobs) {
    ++counts_.groups;
    counts_.closures += static_cast<std::int64_t>(jobs.size());
    counts_.group_size.add(static_cast<std::int64_t>(jobs.size()));
    if (jobs.size() == 1) {
        write_alone(jobs.front());
        return;
    }
    for (std::span<Job> rest = jobs; !rest.empty();) {
        const std::size_t answered = write_together(rest);
        rest = rest.subspan(answered);
        if (answered > 0) continue;
        ++counts_.reruns;
        return write_one_by_one(rest);
    }
}

void GroupRunner::write_one_by_one(std::span<Job> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (write_alone(jobs[i]) != Ended::cut_off) continue;
        // Nobody answers: the others need not wait for that one after the other.
        return give_all(jobs.subspan(i + 1), jobs[i].result.error());
    }
}

// The closure, then its writes. A refusal stays in job.result; nothing of a refused closure was applied.
GroupRunner::Step GroupRunner::run(Job& job, bool may_wait) {
    tx_.reset(sql::Access::write, may_wait);
    try {
        job.result = job.closure(tx_);
    } catch (const Busy&) {
        return Step::busy;
    }
    if (!job.result) return Step::refused;
    const auto failed = tx_.flush();
    if (!failed) return Step::done;
    job.result = std::unexpected(tx_.conflict_of(*failed));
    return *failed == 0 ? Step::refused : Step::spoiled;
}

std::size_t GroupRunner::run_together(std::span<Job> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const Step step = run(jobs[i], i == 0);
        if (step == Step::spoiled) return 0;
        if (step == Step::busy) return i;
    }
    return jobs.size();
}

std::size_t GroupRunner::write_together(std::span<Job> jobs) {
    try {
        session_.begin(sql::Access::write);
    } catch (const sql::SqlError&) {
        give_all(jobs, current_error());
        session_.rollback();
        return jobs.size();
    }
    std::size_t run = 0;
    try {
        run = run_together(jobs);
        if (run > 0 && !session_.settle()) run = 0;
    } catch (...) {
        run = 0;  // alone, the one whose fault it is meets it again and is told
    }
    if (run == 0) session_.rollback();
    return run > 0 && commit(jobs.first(run)) ? run : 0;
}

GroupRunner::Ended GroupRunner::write_alone(Job& job) {
    constexpr int most_runs = 6;
    session_.set_pipelining(false);
    Ended ended = Ended::told;
    for (int runs = 1;; ++runs) {
        ended = try_alone(job);
        // An idle connection that was cut is noticed by its next use: one more run, on a new one.
        const int allowed = ended == Ended::contended ? most_runs : ended == Ended::cut_off ? 2 : 1;
        if (runs >= allowed) break;
        ++counts_.retries;
        patience_.wait(runs - 1);
    }
    session_.set_pipelining(true);
    return ended;
}

GroupRunner::Ended GroupRunner::try_alone(Job& job) {
    try {
        session_.begin(sql::Access::write);
        if (run(job) == Step::done || HUITONG_MUTATED("refusal_not_rolled_back"))
            return commit({&job, 1}) ? Ended::told : Ended::contended;
        session_.rollback();
        return Ended::told;
    } catch (const sql::SqlError& error) {
        job.result = std::unexpected(current_error());
        session_.rollback();
        if (error.kind() == sql::SqlError::Kind::contention) return Ended::contended;
        return error.kind() == sql::SqlError::Kind::connection ? Ended::cut_off : Ended::told;
    } catch (...) {
        job.result = std::unexpected(current_error());
        session_.rollback();
        return Ended::told;
    }
}

bool GroupRunner::commit(std::span<Job> jobs) {
    const sql::CommitOutcome outcome = timed_commit();
    switch (outcome) {
        case sql::CommitOutcome::committed:
            return true;
        case sql::CommitOutcome::unknown:
            if (!HUITONG_MUTATED("unknown_commit_taken_as_lost") && was_committed()) return true;
            break;
        case sql::CommitOutcome::failed:
            if (HUITONG_MUTATED("failed_commit_taken_as_done")) return true;
            break;
        case sql::CommitOutcome::contended:
            break;
    }
    // Refusals too: they may rest on what other closures of the group had written.
    give_all(jobs, core::Error{core::Code::unavailable, "commit_failed", {}});
    return outcome != sql::CommitOutcome::contended;
}

sql::CommitOutcome GroupRunner::timed_commit() {
    if (clock_ == nullptr) return session_.commit();
    const core::Instant began = clock_->now();
    const sql::CommitOutcome outcome = session_.commit();
    counts_.commit_us.add((clock_->now() - began).count());
    return outcome;
}

bool GroupRunner::was_committed() {
    for (int attempt = 0; attempt < patience_.attempts; ++attempt) {
        const sql::Resolution resolution = session_.resolve_unknown();
        if (resolution != sql::Resolution::cannot_tell) {
            const bool is_done = resolution == sql::Resolution::committed;
            ++(is_done ? counts_.unknown_done : counts_.unknown_lost);
            return is_done;
        }
        patience_.wait(attempt);
    }
    std::fprintf(
        stderr,
        "huitong: store: the answer to a commit was lost and the database cannot say what became of it; "
        "ending the process, the next start finds what was written\n");
    std::abort();
}

void GroupRunner::read(std::span<Job> jobs) {
    ++counts_.groups;
    counts_.closures += static_cast<std::int64_t>(jobs.size());
    bool is_begun = false;
    // False: the connection was cut. After a failure the transaction is not begun.
    const auto try_read = [&](Job& job) {
        bool is_cut = false;
        try {
            if (!is_begun) session_.begin(sql::Access::read);
            is_begun = true;
            tx_.reset(sql::Access::read);
            job.result = job.closure(tx_);
            if (tx_.has_writes()) throw std::logic_error("a read closure that writes");
            return true;
        } catch (const sql::SqlError& error) {
            job.result = std::unexpected(current_error());
            is_cut = error.kind() == sql::SqlError::Kind::connection;
        } catch (...) {
            job.result = std::unexpected(current_error());
        }
        session_.rollback();
        is_begun = false;
        return !is_cut;
    };
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        // An idle connection that was cut is noticed by its next use: once more, on a new one.
        if (try_read(jobs[i]) || try_read(jobs[i])) continue;
        give_all(jobs.subspan(i + 1), jobs[i].result.error());
        break;
    }
    session_.rollback();
}

void GroupRunner::rehearse(std::span<Job> jobs) {
    try {
        session_.begin(sql::Access::write);
        for (Job& job : jobs) {
            if (run(job) == Step::spoiled) break;
        }
    } catch (...) {
        // The real run meets the same and says so.
    }
    session_.rollback();
    for (Job& job : jobs) job.result = {};
}

}  // namespace huitong::store

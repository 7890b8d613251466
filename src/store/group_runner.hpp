// GroupRunner: runs waiting closures in turn inside one transaction with one COMMIT. What one closure asks in
// vain costs the others nothing; what spoils the transaction (an SQL error, a wrong row count after other
// writes) rolls it back and the closures run again one by one. What failed only because other transactions
// stood in the way is run again a few times before anybody hears of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>

#include "core/histogram.hpp"
#include "core/time.hpp"
#include "crypto/sealer.hpp"
#include "sql/session.hpp"
#include "store/job.hpp"
#include "store/tx.hpp"

namespace huitong::store {

// How long to ask what became of a commit whose answer was lost. When it is over the process ends: its
// callers can be told neither yes nor no. The waits are also those before a closure is run again.
struct Patience {
    int attempts = 40;
    std::function<void(int attempt)> wait;  // before asking again; empty: 50 ms, doubling up to 2 s
};

inline constexpr std::int64_t commit_bounds_us[] = {
    100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
inline constexpr std::int64_t group_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256};

struct Counts {
    std::int64_t groups = 0;  // transactions of more than one closure, or of one that came alone
    std::int64_t closures = 0;
    std::int64_t reruns = 0;   // groups that were rolled back and run one by one
    std::int64_t retries = 0;  // closures run again because of other transactions
    // Commits whose answer was lost: what became of them.
    std::int64_t unknown_done = 0;
    std::int64_t unknown_lost = 0;
    core::Histogram group_size{group_bounds};
    core::Histogram commit_us{commit_bounds_us};  // COMMIT alone; empty without a clock
};

// What several runners did together.
[[nodiscard]] Counts sum_of(std::span<const Counts> counts);

class GroupRunner {
  public:
    // `clock` times the commits; none: they are not timed.
    GroupRunner(sql::Session& session, const crypto::Sealer& sealer, Patience patience,
                const core::Clock* clock = nullptr);

    // Fill in the results; they may be told when this returns.
    void write(std::span<Job> jobs);
    void read(std::span<Job> jobs);
    // Runs the closures and rolls back, to show that they may run twice.
    void rehearse(std::span<Job> jobs);
    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    enum class Step { done, refused, spoiled, busy };
    enum class Ended { told, contended, cut_off };

    // How many of them, the first ones, are answered. 0: rolled back, to be run one by one.
    [[nodiscard]] std::size_t write_together(std::span<Job> jobs);
    void write_one_by_one(std::span<Job> jobs);
    // As often as it may help.
    Ended write_alone(Job& job);
    // Once. But for `told`, nothing was done and it may be run again.
    [[nodiscard]] Ended try_alone(Job& job);
    [[nodiscard]] Step run(Job& job, bool may_wait = true);
    // How many could be run in this transaction; 0: one spoiled it.
    [[nodiscard]] std::size_t run_together(std::span<Job> jobs);
    // False: contended, nothing was done.
    [[nodiscard]] bool commit(std::span<Job> jobs);
    [[nodiscard]] sql::CommitOutcome timed_commit();
    [[nodiscard]] bool was_committed();

    sql::Session& session_;
    SqlTx tx_;
    Patience patience_;
    const core::Clock* clock_;
    Counts counts_;
};

}  // namespace huitong::store

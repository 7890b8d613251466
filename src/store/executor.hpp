// Executor: where closures run. Threads for a real database, the caller's own loop for simulation.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "core/random.hpp"
#include "crypto/sealer.hpp"
#include "sql/session.hpp"
#include "store/group_runner.hpp"
#include "store/job.hpp"

namespace huitong::store {

// What /metrics shows of a store.
struct Stats {
    Counts counts{};
    std::size_t waiting_writes = 0;  // closures
    std::size_t waiting_reads = 0;
    std::int64_t refused = 0;                         // unavailable/overloaded
    core::Histogram write_wait_us{commit_bounds_us};  // from run_write to the start of the group
    core::Histogram read_wait_us{commit_bounds_us};
};

class Executor {
  public:
    Executor() = default;
    virtual ~Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    // Takes the job, or answers it at once: unavailable {overloaded, stopping}.
    virtual void write(Job job) = 0;
    virtual void read(Job job) = 0;
    // Runs what waits, then nothing more. Blocks; may be called again.
    virtual void stop() = 0;
    // Of the writes so far; exact after stop().
    [[nodiscard]] virtual Counts counts() const = 0;
    // Of this moment; may be asked from another thread.
    [[nodiscard]] virtual Stats stats() const { return Stats{.counts = counts()}; }
};

struct ThreadOptions {
    const core::Clock* clock =
        nullptr;                        // times waits and commits; outlives the executor; none: the machine's
    std::size_t most_waiting = 10'000;  // closures of one kind; beyond: unavailable/overloaded
    std::size_t most_per_group = 256;
    std::size_t connections = 4;  // that write, and as many that read; one each on SQLite
    Patience patience{};
};

// One each where the engine has one writer.
struct Sessions {
    std::vector<std::unique_ptr<sql::Session>> writers;
    std::vector<std::unique_ptr<sql::Session>> readers;
};

// A thread for each session. All that write share one queue, and all that read another: closures that wait
// for each other's rows may meet in two of them, and the order of a payment's changes is kept by its version.
// `owner` is kept until the sessions are gone.
[[nodiscard]] std::unique_ptr<Executor> make_thread_executor(Sessions sessions, const crypto::Sealer& sealer,
                                                             ThreadOptions options,
                                                             std::shared_ptr<void> owner = nullptr);

struct LoopOptions {
    std::size_t most_per_group = 8;  // each group's size is drawn from 1 up to this
    int rehearse_one_in = 4;         // groups that are run twice, the first time rolled back; 0: none
};

// Runs in `io`, at the simulated instant at which the closures came. `session`, `random` and `io` outlive it.
[[nodiscard]] std::unique_ptr<Executor> make_loop_executor(boost::asio::io_context& io, core::Random& random,
                                                           std::shared_ptr<sql::Session> session,
                                                           const crypto::Sealer& sealer, LoopOptions options);

}  // namespace huitong::store

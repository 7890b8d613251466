// The executor of a running platform. A thread that is free takes all that waits in its queue: the group
// grows with the load, and nobody waits for a timer.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "store/executor.hpp"

namespace huitong::store {

namespace {

// A bounded queue and its threads, each with work of its own.
class Lanes {
  public:
    using Work = std::function<void(std::span<Job>)>;

    Lanes(std::vector<Work> works, const core::Clock& clock, const ThreadOptions& options)
        : works_(std::move(works)),
          clock_(clock),
          most_waiting_(options.most_waiting),
          most_per_group_(options.most_per_group) {
        waiting_.reserve(options.most_per_group);
        for (const Work& work : works_) threads_.emplace_back([this, &work] { run(work); });
    }
    ~Lanes() { stop(); }
    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    struct Load {
        std::size_t waiting = 0;
        std::int64_t refused = 0;
        core::Histogram wait_us{commit_bounds_us};
    };
    Load load() const {
        const std::lock_guard lock(mutex_);
        Load load = load_;
        load.waiting = waiting_.size();
        return load;
    }

    void push(Job job) {
        job.queued_at = clock_.now();
        std::unique_lock lock(mutex_);
        if (is_stopping_ || waiting_.size() >= most_waiting_) {
            const char* reason = is_stopping_ ? "stopping" : "overloaded";
            if (!is_stopping_) ++load_.refused;
            lock.unlock();
            job.result = core::fail(core::Code::unavailable, reason);
            std::vector<Job> refused;
            refused.push_back(std::move(job));
            deliver(std::move(refused));
            return;
        }
        waiting_.push_back(std::move(job));
        const bool must_wake = asleep_ > 0;
        if (must_wake) --asleep_;
        lock.unlock();
        if (must_wake) wake_.notify_one();
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

  private:
    void run(const Work& work) {
        for (;;) {
            std::vector<Job> group = take();
            if (group.empty()) return;
            work(group);
            deliver(std::move(group));
        }
    }

    // All that waits, up to a group; empty when stopped and drained.
    std::vector<Job> take() {
        std::unique_lock lock(mutex_);
        while (waiting_.empty() && !is_stopping_) {
            ++asleep_;
            wake_.wait(lock);
        }
        std::vector<Job> group = take_group();
        const core::Instant now = clock_.now();
        for (const Job& job : group) load_.wait_us.add((now - job.queued_at).count());
        return group;
    }

    // Under the lock.
    std::vector<Job> take_group() {
        std::vector<Job> group;
        if (waiting_.size() <= most_per_group_) {
            group.swap(waiting_);
            return group;
        }
        const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(most_per_group_);
        group.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
        waiting_.erase(waiting_.begin(), end);
        return group;
    }

    const std::vector<Work> works_;
    const core::Clock& clock_;
    const std::size_t most_waiting_;
    const std::size_t most_per_group_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    Load load_;
    std::vector<Job> waiting_;
    std::size_t asleep_ = 0;  // threads that sleep and that nobody has woken; never too few
    bool is_stopping_ = false;
    std::vector<std::thread> threads_;
};

// A session with what runs closures on it, and what it has done so far for whoever asks.
class Worker {
  public:
    Worker(std::unique_ptr<sql::Session> session, const crypto::Sealer& sealer, const ThreadOptions& options,
           const core::Clock* clock)
        : session_(std::move(session)), runner_(*session_, sealer, options.patience, clock) {}

    void write(std::span<Job> jobs) {
        runner_.write(jobs);
        const std::lock_guard lock(mutex_);
        counts_ = runner_.counts();
    }
    void read(std::span<Job> jobs) { runner_.read(jobs); }
    Counts counts() const {
        const std::lock_guard lock(mutex_);
        return counts_;
    }

  private:
    std::unique_ptr<sql::Session> session_;
    GroupRunner runner_;
    mutable std::mutex mutex_;
    Counts counts_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

std::vector<Lanes::Work> works_of(const Workers& workers, void (Worker::*act)(std::span<Job>)) {
    std::vector<Lanes::Work> works;
    for (const auto& worker : workers)
        works.emplace_back([one = worker.get(), act](std::span<Job> jobs) { (one->*act)(jobs); });
    return works;
}

class ThreadExecutor final : public Executor {
  public:
    ThreadExecutor(Sessions sessions, const crypto::Sealer& sealer, const ThreadOptions& options,
                   std::shared_ptr<void> owner)
        : owner_(std::move(owner)),
          clock_(options.clock != nullptr ? *options.clock : machine_clock_),
          writers_(make_workers(std::move(sessions.writers), sealer, options, &clock_)),
          readers_(make_workers(std::move(sessions.readers), sealer, options, nullptr)),
          write_lanes_(works_of(writers_, &Worker::write), clock_, options),
          read_lanes_(works_of(readers_, &Worker::read), clock_, options) {}

    void write(Job job) override { write_lanes_.push(std::move(job)); }
    void read(Job job) override { read_lanes_.push(std::move(job)); }
    void stop() override {
        write_lanes_.stop();
        read_lanes_.stop();
    }
    Counts counts() const override {
        std::vector<Counts> counts;
        for (const auto& writer : writers_) counts.push_back(writer->counts());
        return sum_of(counts);
    }
    Stats stats() const override {
        const Lanes::Load writes = write_lanes_.load();
        const Lanes::Load reads = read_lanes_.load();
        return {.counts = counts(),
                .waiting_writes = writes.waiting,
                .waiting_reads = reads.waiting,
                .refused = writes.refused + reads.refused,
                .write_wait_us = writes.wait_us,
                .read_wait_us = reads.wait_us};
    }

  private:
    static Workers make_workers(std::vector<std::unique_ptr<sql::Session>> sessions,
                                const crypto::Sealer& sealer, const ThreadOptions& options,
                                const core::Clock* clock) {
        Workers workers;
        for (auto& session : sessions)
            workers.push_back(std::make_unique<Worker>(std::move(session), sealer, options, clock));
        return workers;
    }

    std::shared_ptr<void> owner_;
    core::SystemClock machine_clock_;
    const core::Clock& clock_;
    Workers writers_;
    Workers readers_;
    Lanes write_lanes_;
    Lanes read_lanes_;
};

}  // namespace

std::unique_ptr<Executor> make_thread_executor(Sessions sessions, const crypto::Sealer& sealer,
                                               ThreadOptions options, std::shared_ptr<void> owner) {
    return std::make_unique<ThreadExecutor>(std::move(sessions), sealer, options, std::move(owner));
}

}  // namespace huitong::store

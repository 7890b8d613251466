// The executor of a running platform. A lane is a bounded queue with a thread that takes all that waits: the
// group grows with the load, and nobody waits for a timer.
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

class Lane {
  public:
    using Work = std::function<void(std::span<Job>)>;

    Lane(Work work, const core::Clock& clock, const ThreadOptions& options)
        : work_(std::move(work)),
          clock_(clock),
          most_waiting_(options.most_waiting),
          most_per_group_(options.most_per_group) {
        waiting_.reserve(options.most_per_group);
        thread_ = std::thread([this] { run(); });
    }
    ~Lane() { stop(); }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

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
        const bool must_wake = std::exchange(is_asleep_, false);
        lock.unlock();
        if (must_wake) wake_.notify_one();
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
        }
        wake_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

  private:
    void run() {
        for (;;) {
            std::vector<Job> group = take();
            if (group.empty()) return;
            work_(group);
            deliver(std::move(group));
        }
    }

    // All that waits, up to a group; empty when stopped and drained.
    std::vector<Job> take() {
        std::unique_lock lock(mutex_);
        while (waiting_.empty() && !is_stopping_) {
            is_asleep_ = true;
            wake_.wait(lock);
        }
        is_asleep_ = false;
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

    Work work_;
    const core::Clock& clock_;
    const std::size_t most_waiting_;
    const std::size_t most_per_group_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    Load load_;
    std::vector<Job> waiting_;
    bool is_asleep_ = false;
    bool is_stopping_ = false;
    std::thread thread_;
};

class ThreadExecutor final : public Executor {
  public:
    ThreadExecutor(std::unique_ptr<sql::Session> writer, std::unique_ptr<sql::Session> reader,
                   const crypto::Sealer& sealer, const ThreadOptions& options, std::shared_ptr<void> owner)
        : owner_(std::move(owner)),
          write_session_(std::move(writer)),
          read_session_(std::move(reader)),
          clock_(options.clock != nullptr ? *options.clock : machine_clock_),
          writer_(*write_session_, sealer, options.patience, &clock_),
          reader_(*read_session_, sealer, options.patience),
          write_lane_([this](std::span<Job> jobs) { run_writes(jobs); }, clock_, options),
          read_lane_([this](std::span<Job> jobs) { reader_.read(jobs); }, clock_, options) {}

    void write(Job job) override { write_lane_.push(std::move(job)); }
    void read(Job job) override { read_lane_.push(std::move(job)); }
    void stop() override {
        write_lane_.stop();
        read_lane_.stop();
    }
    Counts counts() const override {
        const std::lock_guard lock(counts_mutex_);
        return counts_;
    }
    Stats stats() const override {
        const Lane::Load writes = write_lane_.load();
        const Lane::Load reads = read_lane_.load();
        return {.counts = counts(),
                .waiting_writes = writes.waiting,
                .waiting_reads = reads.waiting,
                .refused = writes.refused + reads.refused,
                .write_wait_us = writes.wait_us,
                .read_wait_us = reads.wait_us};
    }

  private:
    void run_writes(std::span<Job> jobs) {
        writer_.write(jobs);
        const std::lock_guard lock(counts_mutex_);
        counts_ = writer_.counts();
    }

    std::shared_ptr<void> owner_;
    std::unique_ptr<sql::Session> write_session_;
    std::unique_ptr<sql::Session> read_session_;
    core::SystemClock machine_clock_;
    const core::Clock& clock_;
    GroupRunner writer_;
    GroupRunner reader_;
    mutable std::mutex counts_mutex_;
    Counts counts_;
    Lane write_lane_;
    Lane read_lane_;
};

}  // namespace

std::unique_ptr<Executor> make_thread_executor(std::unique_ptr<sql::Session> writer,
                                               std::unique_ptr<sql::Session> reader,
                                               const crypto::Sealer& sealer, ThreadOptions options,
                                               std::shared_ptr<void> owner) {
    return std::make_unique<ThreadExecutor>(std::move(writer), std::move(reader), sealer, options,
                                            std::move(owner));
}

}  // namespace huitong::store

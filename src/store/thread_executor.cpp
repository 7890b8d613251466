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

    Lane(Work work, const ThreadOptions& options)
        : work_(std::move(work)),
          most_waiting_(options.most_waiting),
          most_per_group_(options.most_per_group) {
        waiting_.reserve(options.most_per_group);
        thread_ = std::thread([this] { run(); });
    }
    ~Lane() { stop(); }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void push(Job job) {
        std::unique_lock lock(mutex_);
        if (is_stopping_ || waiting_.size() >= most_waiting_) {
            const char* reason = is_stopping_ ? "stopping" : "overloaded";
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
    const std::size_t most_waiting_;
    const std::size_t most_per_group_;
    std::mutex mutex_;
    std::condition_variable wake_;
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
          writer_(*write_session_, sealer, options.patience),
          reader_(*read_session_, sealer, options.patience),
          write_lane_([this](std::span<Job> jobs) { run_writes(jobs); }, options),
          read_lane_([this](std::span<Job> jobs) { reader_.read(jobs); }, options) {}

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

  private:
    void run_writes(std::span<Job> jobs) {
        writer_.write(jobs);
        const std::lock_guard lock(counts_mutex_);
        counts_ = writer_.counts();
    }

    std::shared_ptr<void> owner_;
    std::unique_ptr<sql::Session> write_session_;
    std::unique_ptr<sql::Session> read_session_;
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

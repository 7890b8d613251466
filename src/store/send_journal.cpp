#include "store/send_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "store/job.hpp"
#include "store/journal_codec.hpp"
#include "store/journal_file.hpp"

namespace huitong::store {

namespace {

[[noreturn]] void throw_errno(const std::string& doing) {
    throw std::system_error(errno, std::generic_category(), doing);
}

class RealDisk final : public JournalDisk {
  public:
    void append(int file, std::string_view bytes) override {
        while (!bytes.empty()) {
            const auto written = ::write(file, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) throw_errno("write");
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    void flush(int file) override {
        if (::fdatasync(file) != 0) throw_errno("fdatasync");
    }
};

// A new file's name is on disk too.
void flush_dir(const std::string& dir) {
    const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) throw_errno("open " + dir);
    const bool is_flushed = ::fsync(fd) == 0;
    ::close(fd);
    if (!is_flushed) throw_errno("fsync " + dir);
}

// The file that is written at present. After a failure what is on disk is not known: the next group begins
// another file, and the end of this one is read as torn.
class JournalFile {
  public:
    JournalFile(const SendJournalOptions& options, const crypto::Sealer& sealer, std::string epoch,
                JournalDisk& disk)
        : options_(options), sealer_(sealer), epoch_(std::move(epoch)), disk_(disk) {}
    ~JournalFile() { close(); }
    JournalFile(const JournalFile&) = delete;
    JournalFile& operator=(const JournalFile&) = delete;

    void write(std::string_view group, core::Instant now) {
        try {
            const auto today = std::chrono::floor<std::chrono::days>(now);
            if (file_ < 0 || today != day_ || bytes_ >= options_.most_file_bytes) begin(now);
            put(group);
        } catch (...) {
            close();
            // On a full disk there would be one for each group.
            if (frames_ == 0) ::unlink((options_.dir + "/" + name_).c_str());
            throw;
        }
    }

    void begin(core::Instant now) {
        close();
        day_ = std::chrono::floor<std::chrono::days>(now);
        name_ = journal_file_name(epoch_, now, ++count_);
        const std::string path = options_.dir + "/" + name_;
        file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
        if (file_ < 0) throw_errno("open " + path);
        bytes_ = frames_ = 0;
        put(journal_head(now));
        flush_dir(options_.dir);
    }

    // Not when a process has just begun: a restored store may still have to be told what the old files hold.
    void remove_old_once() {
        if (pruned_ == day_) return;
        pruned_ = day_;
        std::error_code ignored;
        std::vector<std::pair<std::chrono::sys_days, std::filesystem::path>> old;
        for (const auto& entry : std::filesystem::directory_iterator(options_.dir, ignored)) {
            const auto day = day_of_journal(entry.path().filename().string());
            if (day && *day + std::chrono::days(options_.keep_days) < day_)
                old.emplace_back(*day, entry.path());
        }
        // The youngest of them stays: it covers the time from then on, however long nothing was sent.
        std::ranges::sort(old);
        if (!old.empty()) old.pop_back();
        for (const auto& [day, path] : old) std::filesystem::remove(path, ignored);
    }

  private:
    void put(std::string_view plain) {
        const std::string frame = make_frame(sealer_, name_, frames_, plain);
        disk_.append(file_, frame);
        disk_.flush(file_);
        ++frames_;
        bytes_ += static_cast<std::int64_t>(frame.size());
    }
    void close() {
        if (file_ >= 0) ::close(file_);
        file_ = -1;
    }

    const SendJournalOptions& options_;
    const crypto::Sealer& sealer_;
    std::string epoch_;
    JournalDisk& disk_;
    int file_ = -1;
    int count_ = 0;
    std::string name_;
    std::chrono::sys_days day_{};
    std::chrono::sys_days pruned_{};
    std::int64_t bytes_ = 0;
    std::int64_t frames_ = 0;
};

constexpr std::size_t most_per_group = 4096;

core::Error failed(const std::string& why) {
    return core::Error{core::Code::unavailable, "journal_failed", why};
}

}  // namespace

JournalDisk& real_journal_disk() {
    static RealDisk disk;
    return disk;
}

struct FileSendJournal::State {
    struct Waiting {
        std::string call;
        Job job;
    };

    State(SendJournalOptions chosen, const crypto::Sealer& sealer, const core::Clock& time, std::string epoch,
          JournalDisk& disk)
        : options(std::move(chosen)), clock(time), file(options, sealer, std::move(epoch), disk) {}

    SendJournalOptions options;
    const core::Clock& clock;
    JournalFile file;  // the thread's once it runs

    std::mutex mutex;
    std::condition_variable wake;
    std::vector<Waiting> waiting;
    bool is_stopping = false;
    std::thread thread;

    void push(Waiting one) {
        std::unique_lock lock(mutex);
        if (is_stopping || waiting.size() >= options.most_waiting) {
            lock.unlock();
            one.job.result = std::unexpected(failed("too many calls wait, or stopping"));
            std::vector<Job> refused;
            refused.push_back(std::move(one.job));
            return deliver(std::move(refused));
        }
        waiting.push_back(std::move(one));
        lock.unlock();
        wake.notify_one();
    }

    void run() {
        for (;;) {
            std::vector<Waiting> group = take();
            if (group.empty()) return;
            write(std::move(group));
        }
    }

    // All that waits, up to a group; empty when stopped and drained.
    std::vector<Waiting> take() {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return !waiting.empty() || is_stopping; });
        std::vector<Waiting> group;
        if (waiting.size() <= most_per_group) {
            group.swap(waiting);
            return group;
        }
        const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(most_per_group);
        group.assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
        waiting.erase(waiting.begin(), end);
        return group;
    }

    void write(std::vector<Waiting> group) {
        std::string bytes;
        std::vector<Job> jobs;
        for (Waiting& one : group) {
            bytes += one.call;
            jobs.push_back(std::move(one.job));
        }
        core::Result<void> result;
        try {
            file.write(bytes, clock.now());
            file.remove_old_once();
        } catch (const std::exception& problem) {
            result = std::unexpected(failed(problem.what()));
        }
        for (Job& job : jobs) job.result = result;
        deliver(std::move(jobs));
    }
};

FileSendJournal::FileSendJournal(std::unique_ptr<State> state) : state_(std::move(state)) {
    state_->thread = std::thread([raw = state_.get()] { raw->run(); });
}

FileSendJournal::~FileSendJournal() {
    stop();
}

core::Result<std::unique_ptr<FileSendJournal>> FileSendJournal::open(SendJournalOptions options,
                                                                     const crypto::Sealer& sealer,
                                                                     const core::Clock& clock,
                                                                     core::Random& random,
                                                                     JournalDisk& disk) {
    std::string epoch = random.hex(12);
    try {
        if (std::filesystem::create_directories(options.dir))
            std::filesystem::permissions(options.dir, std::filesystem::perms::owner_all);
        auto state = std::make_unique<State>(std::move(options), sealer, clock, std::move(epoch), disk);
        state->file.begin(clock.now());
        return std::unique_ptr<FileSendJournal>(new FileSendJournal(std::move(state)));
    } catch (const std::exception& problem) {
        return std::unexpected(failed(problem.what()));
    }
}

void FileSendJournal::stop() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->is_stopping = true;
    }
    state_->wake.notify_one();
    if (state_->thread.joinable()) state_->thread.join();
}

task::Task<void> FileSendJournal::append(payments::Aggregate aggregate, int seq) {
    std::string call;
    encode_call(call, state_->clock.now(), aggregate, seq);
    const auto initiate = [raw = state_.get()](auto handler, std::string bytes) {
        boost::asio::any_io_executor waiter = boost::asio::get_associated_executor(handler);
        // Keeps the waiter's loop running until its answer was posted.
        waiter = boost::asio::prefer(waiter, boost::asio::execution::outstanding_work.tracked);
        auto tell = [handler = std::move(handler)](core::Result<void> result) mutable {
            std::move(handler)(std::move(result));
        };
        raw->push({.call = std::move(bytes),
                   .job = Job{.closure = {}, .handler = std::move(tell), .executor = waiter}});
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                   void(core::Result<void>)>(
        initiate, boost::asio::use_awaitable, std::move(call));
}

}  // namespace huitong::store

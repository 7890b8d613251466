#include "sql/sqlite_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "sql/sqlite_session.hpp"

namespace huitong::sql {

namespace {

// SQLite gives -wal and -shm the mode of the database file.
bool create_private(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return errno == EEXIST;
    const bool is_private = fchmod(file, 0600) == 0;
    ::close(file);
    return is_private;
}

SqliteHandle open_file(const std::string& path, const SqliteOptions& options) {
    SqliteHandle db = open_sqlite(path);
    sqlite3_busy_timeout(db.get(), options.busy_timeout_ms);
    run_sqlite(db.get(),
               "pragma page_size=" + std::to_string(options.page_size) +
                   "; pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=off"
                   "; pragma wal_autocheckpoint=0; pragma temp_store=memory; pragma mmap_size=268435456"
                   "; pragma cache_size=-" +
                   std::to_string(options.cache_mib * 1024));
    return db;
}

}  // namespace

struct SqliteDatabase::State {
    std::string path;
    SqliteOptions options;

    std::mutex mutex;
    std::condition_variable wanted;
    bool is_wanted = false;
    bool is_stopping = false;

    std::mutex checkpoint_mutex;  // one checkpoint at a time; guards `db`
    SqliteHandle db;
    std::atomic<bool> is_nearly_copied{false};
    std::atomic<std::int64_t> checkpoints{0};
    std::thread thread;

    // PASSIVE waits for nobody; what readers still need is copied the next time.
    void checkpoint() {
        const std::lock_guard lock(checkpoint_mutex);
        int pages = 0;
        int copied = 0;
        const int code =
            sqlite3_wal_checkpoint_v2(db.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
        if (code != SQLITE_BUSY && code != SQLITE_LOCKED && code != SQLITE_FULL) {
            check_sqlite(db.get(), code, "checkpoint");
        }
        checkpoints.fetch_add(1, std::memory_order_relaxed);
    }

    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            wanted.wait(lock, [this] { return is_wanted || is_stopping; });
            if (is_stopping) return;
            lock.unlock();
            // The second copies what was committed during the first, and leaves little to the writer.
            checkpoint();
            checkpoint();
            is_nearly_copied = true;
            lock.lock();
            is_wanted = false;
        }
    }

    // A WAL starts over only when all of it was copied, and under constant writing only the writer can see to
    // that: it copies the few pages the thread has left.
    void after_commit(int wal_pages) {
        if (wal_pages >= options.checkpoint_hard_pages || is_nearly_copied.exchange(false)) {
            checkpoint();
        } else if (wal_pages >= options.checkpoint_pages) {
            const std::lock_guard lock(mutex);
            if (is_wanted) return;
            is_wanted = true;
            wanted.notify_one();
        }
    }
};

core::Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path,
                                                                   SqliteOptions options) {
    if (!create_private(path)) {
        return core::fail(core::Code::unavailable, "store_unavailable", "cannot create " + path);
    }
    try {
        auto state = std::make_unique<State>();
        state->path = path;
        state->options = options;
        state->db = open_file(path, options);
        return std::unique_ptr<SqliteDatabase>(new SqliteDatabase(std::move(state)));
    } catch (const SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

SqliteDatabase::SqliteDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {
    state_->thread = std::thread([raw = state_.get()] { raw->run(); });
}

SqliteDatabase::~SqliteDatabase() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->is_stopping = true;
    }
    state_->wanted.notify_one();
    state_->thread.join();
    state_->checkpoint();
}

std::unique_ptr<Session> SqliteDatabase::make_writer() {
    return std::make_unique<SqliteSession>(open_file(state_->path, state_->options),
                                           [raw = state_.get()](int pages) { raw->after_commit(pages); });
}

std::unique_ptr<Session> SqliteDatabase::make_reader() {
    return std::make_unique<SqliteSession>(open_file(state_->path, state_->options),
                                           std::function<void(int)>());
}

std::int64_t SqliteDatabase::checkpoints() const {
    return state_->checkpoints.load(std::memory_order_relaxed);
}

std::unique_ptr<Session> make_memory_session() {
    SqliteHandle db = open_sqlite(":memory:");
    run_sqlite(db.get(), "pragma foreign_keys=off; pragma temp_store=memory");
    return std::make_unique<SqliteSession>(std::move(db), std::function<void(int)>());
}

}  // namespace huitong::sql

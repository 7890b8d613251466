#include "sql/sqlite_backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/assert.hpp"
#include "sql/faulty_session.hpp"
#include "sql/sqlite_session.hpp"

namespace huitong::sql {

namespace {

constexpr int pages_per_step = 256;

struct FinishBackup {
    void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};
using BackupHandle = std::unique_ptr<sqlite3_backup, FinishBackup>;

struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// A damaged file must be an answer here, not the end of the process.
void demand(sqlite3* db, int code) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    throw SqlError(SqlError::Kind::unavailable, std::string("sqlite: ") + sqlite3_errmsg(db));
}

void run(sqlite3* db, const char* sql) {
    demand(db, sqlite3_exec(db, sql, nullptr, nullptr, nullptr));
}

SqliteHandle open_existing(const std::string& path) {
    if (::access(path.c_str(), R_OK) != 0)
        throw SqlError(SqlError::Kind::unavailable, path + ": " + std::strerror(errno));
    SqliteHandle db = open_sqlite(path);
    sqlite3_busy_timeout(db.get(), 5000);
    return db;
}

void copy_pages(sqlite3* from, sqlite3* to, const BackupProgress& progress) {
    const BackupHandle backup(sqlite3_backup_init(to, "main", from, "main"));
    if (!backup) demand(to, sqlite3_errcode(to));
    for (;;) {
        const int code = sqlite3_backup_step(backup.get(), pages_per_step);
        if (code != SQLITE_OK && code != SQLITE_DONE)
            throw SqlError(SqlError::Kind::unavailable, std::string("sqlite: ") + sqlite3_errstr(code));
        const int total = sqlite3_backup_pagecount(backup.get());
        if (progress) progress(total - sqlite3_backup_remaining(backup.get()), total);
        if (code == SQLITE_DONE) return;
    }
}

bool flush(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) return false;
    const bool is_flushed = ::fsync(fd) == 0;
    ::close(fd);
    return is_flushed;
}

}  // namespace

core::Result<void> back_up_sqlite(const std::string& from, const std::string& to,
                                  const BackupProgress& progress) {
    const int made = ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0 && errno == EEXIST) return core::fail(core::Code::conflict, "exists", to);
    if (made < 0)
        return core::fail(core::Code::unavailable, "backup_failed", to + ": " + std::strerror(errno));
    ::close(made);
    try {
        const SqliteHandle source = open_existing(from);
        const SqliteHandle copy = open_sqlite(to);
        // Held for the whole copy: otherwise each write of another process would begin it anew.
        run(source.get(), "begin; select count(*) from sqlite_schema");
        copy_pages(source.get(), copy.get(), progress);
        run(source.get(), "rollback");
        return {};
    } catch (const SqlError& error) {
        ::unlink(to.c_str());
        return core::fail(core::Code::unavailable, "backup_failed", error.what());
    }
}

core::Result<void> check_sqlite_file(const std::string& path, Thoroughness how) {
    try {
        const SqliteHandle db = open_existing(path);
        const char* const sql = how == Thoroughness::full ? "pragma integrity_check" : "pragma quick_check";
        sqlite3_stmt* raw = nullptr;
        const int prepared = sqlite3_prepare_v2(db.get(), sql, -1, &raw, nullptr);
        const std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement(raw);
        const int stepped = prepared == SQLITE_OK ? sqlite3_step(raw) : prepared;
        if (stepped != SQLITE_ROW) {
            const bool is_busy = (stepped & 0xff) == SQLITE_BUSY;
            return core::fail(is_busy ? core::Code::unavailable : core::Code::internal,
                              is_busy ? "store_unavailable" : "damaged",
                              path + ": " + sqlite3_errmsg(db.get()));
        }
        const std::string said = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
        if (said != "ok") return core::fail(core::Code::internal, "damaged", path + ": " + said);
        return {};
    } catch (const SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

core::Result<void> settle_sqlite_file(const std::string& path) {
    try {
        const SqliteHandle db = open_existing(path);
        run(db.get(), "pragma wal_checkpoint(truncate); pragma journal_mode=delete");
    } catch (const SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
    const auto slash = path.rfind('/');
    const std::string dir = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (!flush(path, O_RDWR) || !flush(dir, O_RDONLY | O_DIRECTORY))
        return core::fail(core::Code::unavailable, "store_unavailable", path + ": " + std::strerror(errno));
    return {};
}

std::unique_ptr<Session> copy_memory_session(Session& memory) {
    auto* const source = dynamic_cast<SqliteSession*>(&innermost(memory));
    HUITONG_ASSERT(source != nullptr, "only SQLite has databases to copy into memory");
    source->rollback();
    SqliteHandle copy = open_sqlite(":memory:");
    copy_pages(source->handle(), copy.get(), {});
    run(copy.get(), "pragma foreign_keys=off; pragma temp_store=memory");
    return std::make_unique<SqliteSession>(std::move(copy), std::function<void(int)>());
}

}  // namespace huitong::sql

#include "sql/sqlite_session.hpp"

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "core/assert.hpp"

namespace huitong::sql {

namespace {

[[noreturn]] void end_process(std::string_view doing, int code) {
    std::fprintf(stderr,
                 "huitong: store: %.*s: %s; ending the process, the file is consistent for the next start\n",
                 static_cast<int>(doing.size()), doing.data(), sqlite3_errstr(code));
    std::abort();
}

SqlError::Kind kind_of(int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_FULL:
            return SqlError::Kind::unavailable;
        default:
            return SqlError::Kind::statement;
    }
}

int bind_value(sqlite3_stmt* statement, int place, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return sqlite3_bind_int64(statement, place, *number);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    if (const auto* blob = std::get_if<Blob>(&value)) {
        return sqlite3_bind_blob64(statement, place, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
    }
    return sqlite3_bind_null(statement, place);
}

Value column_value(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return Value{static_cast<std::int64_t>(sqlite3_column_int64(statement, column))};
        case SQLITE_TEXT: {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
            return Value{
                std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)))};
        }
        case SQLITE_BLOB: {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
            return Value{Blob{size == 0 ? std::string() : std::string(bytes, size)}};
        }
        case SQLITE_NULL:
            return Value{Null{}};
        default:
            throw SqlError(SqlError::Kind::statement, "sqlite: a column holds a floating-point number");
    }
}

}  // namespace

void configure_sqlite() {
    static std::once_flag once;
    // Memory statistics would be one lock shared by the writer, the reader and the checkpoint thread.
    std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

SqliteHandle open_sqlite(const std::string& path, const char* vfs) {
    configure_sqlite();
    sqlite3* db = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(path.c_str(), &db, flags, vfs);
    SqliteHandle handle(db);
    if (code != SQLITE_OK)
        throw SqlError(SqlError::Kind::unavailable, std::string("sqlite: ") + sqlite3_errstr(code));
    sqlite3_extended_result_codes(db, 1);
    return handle;
}

void check_sqlite(sqlite3* db, int code, std::string_view doing) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    switch (code & 0xff) {
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_NOMEM:
            end_process(doing, code);
        default:
            throw SqlError(kind_of(code), "sqlite: " + std::string(doing) + ": " + sqlite3_errmsg(db));
    }
}

void run_sqlite(sqlite3* db, const std::string& sql) {
    check_sqlite(db, sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), "script");
}

SqliteSession::SqliteSession(SqliteHandle db, std::function<void(int)> after_commit)
    : db_(std::move(db)), after_commit_(std::move(after_commit)) {
    if (!after_commit_) return;
    // Called while the commit holds its lock, so only the number is kept here.
    const auto remember = [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteSession*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(db_.get(), remember, this);
}

SqliteSession::~SqliteSession() {
    rollback();
}

void SqliteSession::begin(Access access) {
    static constexpr std::string_view write_sql = "begin immediate";
    static constexpr std::string_view read_sql = "begin";
    execute(access == Access::write ? write_sql : read_sql, {});
}

CommitOutcome SqliteSession::commit() {
    static constexpr std::string_view commit_sql = "commit";
    wal_pages_ = 0;
    try {
        execute(commit_sql, {});
    } catch (const SqlError&) {
        rollback();
        return CommitOutcome::failed;
    }
    if (after_commit_ && wal_pages_ > 0) after_commit_(wal_pages_);
    return CommitOutcome::committed;
}

void SqliteSession::rollback() noexcept {
    if (sqlite3_get_autocommit(db_.get()) != 0) return;
    const int code = sqlite3_exec(db_.get(), "rollback", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK && sqlite3_get_autocommit(db_.get()) == 0) end_process("rollback", code);
}

Resolution SqliteSession::resolve_unknown() {
    HUITONG_ASSERT(false, "a commit of SQLite is never unknown");
}

SqliteSession::Prepared& SqliteSession::prepare(std::string_view sql) {
    const auto known = prepared_.find(sql);
    if (known != prepared_.end()) return known->second;
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    check_sqlite(db_.get(), code, sql);
    HUITONG_ASSERT(raw != nullptr, "an empty statement");
    Prepared prepared{.statement{raw}, .places{}};
    const int count = sqlite3_bind_parameter_count(raw);
    for (int n = 1; n <= count; ++n) {
        const int place = sqlite3_bind_parameter_index(raw, ("$" + std::to_string(n)).c_str());
        if (place == 0)
            throw SqlError(SqlError::Kind::statement, "sqlite: values are not $1..$n: " + std::string(sql));
        prepared.places.push_back(place);
    }
    // The statement keeps a copy of its text for as long as it lives.
    return prepared_.emplace(std::string_view(sqlite3_sql(raw), sql.size()), std::move(prepared))
        .first->second;
}

sqlite3_stmt* SqliteSession::bind(std::string_view sql, const Values& values) {
    Prepared& prepared = prepare(sql);
    if (values.size() != prepared.places.size()) {
        throw SqlError(SqlError::Kind::statement, "sqlite: wrong number of values: " + std::string(sql));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        check_sqlite(db_.get(), bind_value(prepared.statement.get(), prepared.places[i], values[i]), sql);
    }
    return prepared.statement.get();
}

std::int64_t SqliteSession::execute(std::string_view sql, const Values& values) {
    sqlite3_stmt* statement = bind(sql, values);
    const int code = sqlite3_step(statement);
    const std::int64_t changed = sqlite3_changes64(db_.get());
    const int reset = sqlite3_reset(statement);
    check_sqlite(db_.get(), code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : reset, sql);
    return changed;
}

Rows SqliteSession::query(std::string_view sql, const Values& values) {
    sqlite3_stmt* statement = bind(sql, values);
    const auto reset = [](sqlite3_stmt* s) { sqlite3_reset(s); };
    const std::unique_ptr<sqlite3_stmt, decltype(reset)> guard(statement, reset);
    Rows rows;
    for (;;) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) return rows;
        check_sqlite(db_.get(), code, sql);
        Row& row = rows.emplace_back();
        const int columns = sqlite3_column_count(statement);
        row.reserve(static_cast<std::size_t>(columns));
        for (int i = 0; i < columns; ++i) row.push_back(column_value(statement, i));
    }
}

std::optional<std::size_t> SqliteSession::write(std::span<const Write> writes) {
    for (std::size_t i = 0; i < writes.size(); ++i) {
        if (execute(writes[i].sql, writes[i].values) != writes[i].expected) return i;
    }
    return std::nullopt;
}

void SqliteSession::run_script(const std::string& sql) {
    run_sqlite(db_.get(), sql);
}

}  // namespace huitong::sql

// SqliteSession: a Session on one SQLite connection. An I/O error ends the process: what SQLite's memory
// holds can no longer be trusted, and the file is sound for the next start.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "sql/session.hpp"

namespace huitong::sql {

struct CloseSqlite {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseSqlite>;

// Before anything else is asked of SQLite; open_sqlite() does it too.
void configure_sqlite();
// Opens without pragmas, on the named VFS or the operating system's. Throws SqlError.
[[nodiscard]] SqliteHandle open_sqlite(const std::string& path, const char* vfs = nullptr);
// Throws SqlError; ends the process on an I/O error or a corrupt file.
void check_sqlite(sqlite3* db, int code, std::string_view doing);
void run_sqlite(sqlite3* db, const std::string& sql);

class SqliteSession final : public Session {
  public:
    // `after_commit` gets the number of pages in the WAL after each commit that wrote; may be empty.
    SqliteSession(SqliteHandle db, std::function<void(int)> after_commit);
    ~SqliteSession() override;

    [[nodiscard]] Engine engine() const override { return Engine::sqlite; }
    void begin(Access access) override;
    [[nodiscard]] CommitOutcome commit() override;
    void rollback() noexcept override;
    [[nodiscard]] Resolution resolve_unknown() override;
    [[nodiscard]] Rows query(std::string_view sql, const Values& values) override;
    [[nodiscard]] std::optional<std::size_t> write(std::span<const Write> writes) override;
    [[nodiscard]] bool settle() override { return true; }
    void set_pipelining(bool) override {}
    void run_script(const std::string& sql) override;
    // For copies of a database in memory.
    [[nodiscard]] sqlite3* handle() { return db_.get(); }

  private:
    struct FinalizeStatement {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    struct Prepared {
        std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement;
        std::vector<int> places;  // places[n - 1]: SQLite's number of $n
    };

    // Statements are long and few; their length and end tell them apart.
    struct HashOfEnd {
        std::size_t operator()(std::string_view sql) const {
            constexpr std::size_t end = 24;
            const auto tail = sql.substr(sql.size() - std::min(sql.size(), end));
            return std::hash<std::string_view>()(tail) + sql.size() * 0x9e3779b97f4a7c15ULL;
        }
    };

    Prepared& prepare(std::string_view sql);
    sqlite3_stmt* bind(std::string_view sql, const Values& values);
    std::int64_t execute(std::string_view sql, const Values& values);

    SqliteHandle db_;
    std::function<void(int)> after_commit_;
    int wal_pages_ = 0;
    // Keys point into the statements' own text.
    std::unordered_map<std::string_view, Prepared, HashOfEnd> prepared_;
};

}  // namespace huitong::sql

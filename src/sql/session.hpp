// Session: one connection to a database, used by one thread at a time. SQL is written once for both engines,
// with $1..$n for values. Input-dependent failure is a result; a failed statement or a lost connection is an
// SqlError.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sql/value.hpp"

namespace huitong::sql {

// Whatever was thrown before commit() was certainly not done once rollback() was called.
class SqlError : public std::runtime_error {
  public:
    enum class Kind {
        statement,    // the engine refused the statement: a defect of ours
        unavailable,  // disk full, locked by another process: the same may work later
        contention,   // deadlock, serialization failure, lock time-out: the same works once the others are
                      // done
        connection,   // the server is gone
    };
    SqlError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

enum class Access { write, read };
enum class Engine { sqlite, postgresql };

enum class CommitOutcome {
    committed,
    failed,     // rolled back: certainly not done
    contended,  // the same, because of other transactions: may be run again at once
    unknown,    // the connection broke after COMMIT was sent; ask resolve_unknown()
};

enum class Resolution { committed, lost, cannot_tell };

// One change of rows. `sql` must live as long as the session: its prepared statement is kept.
struct Write {
    std::string_view sql;
    Values values;
    std::int64_t expected = 1;  // rows it must change
};

class Session {
  public:
    Session() = default;
    virtual ~Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] virtual Engine engine() const = 0;

    // Access::write takes the right to write at once where the engine has only one writer.
    virtual void begin(Access access) = 0;
    [[nodiscard]] virtual CommitOutcome commit() = 0;
    // Also when nothing is begun, or the engine has rolled back by itself.
    virtual void rollback() noexcept = 0;
    // After CommitOutcome::unknown: what became of that transaction. May be asked again; reconnects when it
    // must.
    [[nodiscard]] virtual Resolution resolve_unknown() = 0;

    [[nodiscard]] virtual Rows query(std::string_view sql, const Values& values) = 0;
    // Runs the writes in order and stops at the first that changes another number of rows than expected: its
    // index. While pipelining they are only sent, and settle() tells whether all were right.
    [[nodiscard]] virtual std::optional<std::size_t> write(std::span<const Write> writes) = 0;
    // True when every write since begin() changed what it should; false: the transaction must be rolled back.
    [[nodiscard]] virtual bool settle() = 0;
    // No effect on engines without a network. A pipeline waits only briefly for the rows of others, because
    // it may hold some that they wait for.
    virtual void set_pipelining(bool is_on) = 0;
    // Statements without values or rows, separated by semicolons; for migrations.
    virtual void run_script(const std::string& sql) = 0;
};

}  // namespace huitong::sql

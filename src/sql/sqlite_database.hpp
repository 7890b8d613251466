// SqliteDatabase: one SQLite file in WAL mode with synchronous=FULL, the sessions on it, and its checkpoints.
// A thread with a connection of its own copies the WAL back, so that no commit waits for it; only when the
// WAL has outgrown its hard limit does the writer finish one between two commits (a WAL starts over only when
// it is copied completely).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "sql/session.hpp"

namespace huitong::sql {

struct SqliteOptions {
    int page_size = 4096;
    int cache_mib = 64;
    int busy_timeout_ms = 5000;         // another process (`huitong admin`) may be writing
    int checkpoint_pages = 8000;        // WAL size at which the checkpoint thread starts
    int checkpoint_hard_pages = 32000;  // WAL size at which the writer completes a checkpoint itself
};

class SqliteDatabase {
  public:
    // Creates the file (mode 0600) when it is missing. reason: store_unavailable
    [[nodiscard]] static core::Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path,
                                                                            SqliteOptions options);
    ~SqliteDatabase();  // sessions must be gone; ends the thread, copies the rest of the WAL
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    // The one session that writes in this process; its commits drive the checkpoints. Throws SqlError.
    [[nodiscard]] std::unique_ptr<Session> make_writer();
    [[nodiscard]] std::unique_ptr<Session> make_reader();
    [[nodiscard]] std::int64_t checkpoints() const;  // by the thread and by the writer, since open

  private:
    struct State;
    explicit SqliteDatabase(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A database in memory for simulation and tests: one session that reads and writes. Throws SqlError.
[[nodiscard]] std::unique_ptr<Session> make_memory_session();

}  // namespace huitong::sql

// Copies of a SQLite store: taken online from a running one, checked, and made ready to be kept as one file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "sql/session.hpp"

namespace huitong::sql {

// Pages copied so far and in all.
using BackupProgress = std::function<void(std::int64_t done, std::int64_t total)>;

// Copies the database as it stands at the call into the new file `to` (mode 0600), while others write to it:
// the copy reads one snapshot, so that the WAL is not taken over until it ends. conflict {exists};
// unavailable {backup_failed}
[[nodiscard]] core::Result<void> back_up_sqlite(const std::string& from, const std::string& to,
                                                const BackupProgress& progress);

enum class Thoroughness { quick, full };
// Reads the whole file: pages and, when full, that indexes and rows agree. internal {damaged};
// unavailable {store_unavailable}
[[nodiscard]] core::Result<void> check_sqlite_file(const std::string& path, Thoroughness how);

// One file without a WAL beside it, flushed to disk with its directory. Nobody else has it open.
// unavailable {store_unavailable}
[[nodiscard]] core::Result<void> settle_sqlite_file(const std::string& path);

// A copy in memory of a database in memory or on a CrashDisk, for simulation. Throws SqlError.
[[nodiscard]] std::unique_ptr<Session> copy_memory_session(Session& memory);

}  // namespace huitong::sql

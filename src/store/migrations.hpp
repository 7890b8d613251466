// Migrations: the tables, as numbered steps that only ever are added to. The same text serves both engines;
// what differs stands in braces.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "sql/session.hpp"

namespace huitong::store {

struct Migration {
    int number = 0;
    std::vector<std::string> statements;
};

[[nodiscard]] const std::vector<Migration>& migrations();
// Applies what is missing, each in a transaction of its own; the number of migrations applied.
// Errors: unavailable {store_unavailable}; conflict {schema_too_new: written by a newer program;
// schema_too_old: by one before the first release}.
[[nodiscard]] core::Result<int> migrate(sql::Session& session);
// The last migration applied; 0 for an empty database. Throws SqlError.
[[nodiscard]] int schema_version(sql::Session& session);

}  // namespace huitong::store

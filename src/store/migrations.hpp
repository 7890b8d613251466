// Migrations: the tables, as numbered steps that only ever are added to. The same text serves both engines;
// what differs stands in braces.
//
// Other processes, of the version before too, read and write while a migration runs. So:
// - Expand: add tables, indexes, columns (nullable, or with a constant default). The program of the version
//   before goes on working with what is there, and what it leaves out must be allowed to be missing.
// - Contract: what no released program uses any more is dropped, one release after the one that stopped using
//   it. What the expanding migration filled is filled again first: older programs have written since.
// - The statements of a migration run in one transaction and are all brief: a lock they take holds everybody
//   up. On a server they wait 100 ms for it and try again a second later.
// - What takes long stands {apart}: outside the transaction on a server and before it, so that it must bear
//   being run again. An index on a table of payments: "{apart}{server}drop index concurrently if exists i",
//   "{apart}create index {concurrently} i on …" (what was interrupted leaves an index that is not valid).
#pragma once

#include <span>
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
// Applies what is missing of `steps`, each in a transaction of its own; the number of migrations applied. Of
// several processes at one server one does it, and the others wait.
// Errors: unavailable {store_unavailable}; conflict {schema_too_new: written by a newer program;
// schema_too_old: by one before the first release}.
[[nodiscard]] core::Result<int> migrate(sql::Session& session,
                                        std::span<const Migration> steps = migrations());
// The last migration applied; 0 for an empty database. Throws SqlError.
[[nodiscard]] int schema_version(sql::Session& session);

}  // namespace huitong::store

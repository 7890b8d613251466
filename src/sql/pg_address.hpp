// The address of a PostgreSQL database, "postgresql://…" as libpq takes it: whether it can be read, and how
// to show it without what is secret in it.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace huitong::sql {

// With a password masked, fit for people and logs. invalid {bad_store_url}, which quotes nothing of the
// address.
[[nodiscard]] core::Result<std::string> shown_postgresql_address(const std::string& address);

// The same server and role, another database and, when it is not empty, a schema of it as the search path.
[[nodiscard]] std::string postgresql_address_of(const std::string& address, const std::string& database,
                                                const std::string& schema = {});

// "name=setting" of the server's settings that keep a commit from being lost and that are not as they must
// be. Throws SqlError.
[[nodiscard]] std::vector<std::string> careless_settings(const std::string& address);
// How many connections of Huitong's there are to that database. Throws SqlError.
[[nodiscard]] std::int64_t count_connections_of_ours(const std::string& address);
// True when the database holds a table of that name. Throws SqlError.
[[nodiscard]] bool has_postgresql_table(const std::string& address, const std::string& table);

}  // namespace huitong::sql

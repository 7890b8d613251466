// PgSession: a Session on one PostgreSQL connection in libpq's pipeline mode. BEGIN and writes travel without
// waiting; a query, settle() or COMMIT waits for everything sent before it. After a lost connection begin()
// reconnects.
#pragma once

#include <memory>
#include <string>

#include "sql/session.hpp"

namespace huitong::sql {

// Connects; `conninfo` as libpq takes it. Starts without pipelining. Throws SqlError (connection).
[[nodiscard]] std::unique_ptr<Session> make_postgresql_session(const std::string& conninfo);

}  // namespace huitong::sql

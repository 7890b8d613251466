// PgSession: a Session on one PostgreSQL connection in libpq's pipeline mode. BEGIN and writes travel without
// waiting; a query, settle() or COMMIT waits for everything sent before it. After a lost connection begin()
// reconnects.
#pragma once

#include <memory>
#include <string>

#include "sql/session.hpp"

namespace huitong::sql {

// Whether a transaction that writes leaves its mark in the table commit_mark (below), by which
// resolve_unknown() tells what became of it. Without marks it cannot tell.
enum class Marks { none, kept };

inline constexpr const char* commit_mark_table =
    "create table if not exists commit_mark (writer text not null, number bigint not null, is_done bigint "
    "not null,"
    " marked_at timestamptz not null default now(), primary key (writer, number))";

// Connects; `conninfo` as libpq takes it. Starts without pipelining. Throws SqlError (connection).
[[nodiscard]] std::unique_ptr<Session> make_postgresql_session(const std::string& conninfo,
                                                               Marks marks = Marks::none);

}  // namespace huitong::sql

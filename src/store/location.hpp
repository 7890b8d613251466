// Location: where a store lies, as store.url says it, and the one way to open whatever lies there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace huitong::store {

struct Location {
    sql::Engine engine = sql::Engine::sqlite;
    std::string target;  // the file's path, or an address that may hold a password
    std::string shown;   // the same for people and logs, with a password masked
};

// "sqlite:PATH", PATH relative to `dir` unless it begins with '/', or "postgresql://…" as libpq takes it.
// invalid {bad_store_url}, which quotes nothing of it.
[[nodiscard]] core::Result<Location> parse_location(std::string_view url, const std::string& dir);
[[nodiscard]] Location file_at(const std::string& path);

// Whether something was made there before. unavailable {store_unavailable}
[[nodiscard]] core::Result<bool> store_exists(const Location& location);
// Created and migrated when it must be. Errors: those of open_sqlite_store, open_postgresql_store.
[[nodiscard]] core::Result<std::unique_ptr<Store>> open_store(const Location& location,
                                                              const crypto::Sealer& sealer,
                                                              StoreOptions options = {});

}  // namespace huitong::store

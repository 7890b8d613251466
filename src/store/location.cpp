#include "store/location.hpp"

#include <filesystem>

#include "sql/pg_address.hpp"

namespace huitong::store {

core::Result<Location> parse_location(std::string_view url, const std::string& dir) {
    constexpr std::string_view file = "sqlite:";
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        std::string target(url);
        auto shown = sql::shown_postgresql_address(target);
        if (!shown) return std::unexpected(std::move(shown.error()));
        return Location{
            .engine = sql::Engine::postgresql, .target = std::move(target), .shown = std::move(*shown)};
    }
    if (!url.starts_with(file) || url.size() == file.size()) {
        return core::fail(core::Code::invalid, "bad_store_url",
                          "store.url: must be sqlite:PATH or postgresql://…");
    }
    const std::string path(url.substr(file.size()));
    return file_at(path.starts_with('/') ? path : dir + "/" + path);
}

Location file_at(const std::string& path) {
    return {.engine = sql::Engine::sqlite, .target = path, .shown = path};
}

core::Result<bool> store_exists(const Location& location) {
    if (location.engine == sql::Engine::sqlite) {
        std::error_code error;
        return std::filesystem::exists(location.target, error);
    }
    try {
        return sql::has_postgresql_table(location.target, "schema_version");
    } catch (const sql::SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

core::Result<std::unique_ptr<Store>> open_store(const Location& location, const crypto::Sealer& sealer,
                                                StoreOptions options) {
    if (location.engine == sql::Engine::sqlite)
        return open_sqlite_store(location.target, sealer, std::move(options));
    return open_postgresql_store(location.target, sealer, std::move(options.threads));
}

}  // namespace huitong::store

#include "app/store_place.hpp"

namespace huitong::app {

core::Result<store::Location> store_location(const Config& config) {
    return store::parse_location(config.store_url, config.data_dir);
}

bool is_shared(const Config& config) {
    const auto location = store_location(config);
    return location && location->engine == sql::Engine::postgresql;
}

core::Result<std::string> sqlite_path(const Config& config) {
    auto location = store_location(config);
    if (!location) return std::unexpected(std::move(location.error()));
    if (location->engine != sql::Engine::sqlite) {
        return core::fail(
            core::Code::invalid, "not_a_file",
            "store.url names a PostgreSQL server, which has backups of its own (docs/backup.md)");
    }
    return std::move(location->target);
}

store::StoreOptions serving_options(const Config& config) {
    store::StoreOptions options;
    options.threads.connections = static_cast<std::size_t>(config.store_connections);
    return options;
}

store::StoreOptions visiting_options() {
    store::StoreOptions options;
    options.threads.connections = 1;
    return options;
}

}  // namespace huitong::app

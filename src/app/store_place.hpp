// Where a configuration has its store, and how it is opened: what `serve` and every command begin with.
#pragma once

#include "app/config.hpp"
#include "store/location.hpp"

namespace huitong::app {

// Where store.url points. invalid {bad_store_url}
[[nodiscard]] core::Result<store::Location> store_location(const Config& config);
// Several processes may work on the store, and none knows whether the others live.
[[nodiscard]] bool is_shared(const Config& config);
// The path behind "sqlite:PATH", for what is done to a file. invalid {bad_store_url, not_a_file}
[[nodiscard]] core::Result<std::string> sqlite_path(const Config& config);
// As `serve` opens it.
[[nodiscard]] store::StoreOptions serving_options(const Config& config);
// As a command opens it that runs beside a `serve`.
[[nodiscard]] store::StoreOptions visiting_options();

}  // namespace huitong::app

// Reading a configuration file: TOML in, Config out; every mistake is named with its file and line.
#pragma once

#include <string>

#include "app/config.hpp"

namespace huitong::app {

// `file_name` only names the text in errors. All mistakes of a file are reported together, one line each.
// Errors: invalid {bad_config}
[[nodiscard]] core::Result<Config> parse_config(std::string_view text, std::string_view file_name);
// Errors: as parse_config; not_found {no_file}
[[nodiscard]] core::Result<Config> load_config(const std::string& path);
// A file's bytes. not_found {no_file}
[[nodiscard]] core::Result<std::string> read_file(const std::string& path);

}  // namespace huitong::app

// What terminals upload with uploadLog, kept as files of the data directory: logs/<terminal>/<time>.bin, the
// newest of each terminal.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace huitong::app {

inline constexpr std::size_t most_logs_per_terminal = 20;

// `terminal_sn`: digits. unavailable {cannot_write}
[[nodiscard]] core::Result<void> keep_terminal_log(const std::string& data_dir,
                                                   const std::string& terminal_sn, core::Instant now,
                                                   std::string_view bytes);

}  // namespace huitong::app

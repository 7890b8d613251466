// The files of a send journal: their names, their frames, and how one is read back. Internal to the journal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "crypto/sealer.hpp"

namespace huitong::store {

inline constexpr std::string_view journal_suffix = ".journal";

// "<epoch>-<yyyymmdd>-<n>.journal"; the day in UTC.
[[nodiscard]] std::string journal_file_name(const std::string& epoch, core::Instant at, int n);
// The day of a file of that name; none: no journal's name.
[[nodiscard]] std::optional<std::chrono::sys_days> day_of_journal(std::string_view file_name);

// Length, checksum and the sealed bytes of the n-th frame of that file; a frame opens in its own place only.
[[nodiscard]] std::string make_frame(const crypto::Sealer& sealer, const std::string& file_name,
                                     std::int64_t n, std::string_view plain);

struct FrameReader {
    const crypto::Sealer& sealer;
    std::string file_name;
    std::string_view rest;  // of the file
    std::int64_t next = 0;  // number of the next frame

    // The next frame's plain bytes; none at the end, also when the file ends in a frame that was not written
    // to its end. internal {journal_damaged}; denied {journal_sealed}
    [[nodiscard]] core::Result<std::optional<std::string>> take();
};

}  // namespace huitong::store

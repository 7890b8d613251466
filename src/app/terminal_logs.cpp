#include "app/terminal_logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "app/data_dir.hpp"
#include "core/assert.hpp"

namespace huitong::app {

namespace fs = std::filesystem;

namespace {

core::Result<void> remove_oldest(const fs::path& dir) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
        if (it->path().extension() == ".bin") files.push_back(it->path());
    }
    // Names begin with the time.
    std::ranges::sort(files);
    for (std::size_t i = 0; !error && i + most_logs_per_terminal < files.size(); ++i)
        fs::remove(files[i], error);
    if (error)
        return core::fail(core::Code::unavailable, "cannot_write", dir.string() + ": " + error.message());
    return {};
}

}  // namespace

core::Result<void> keep_terminal_log(const std::string& data_dir, const std::string& terminal_sn,
                                     core::Instant now, std::string_view bytes) {
    HUITONG_ASSERT(!terminal_sn.empty() && terminal_sn.find_first_not_of("0123456789") == terminal_sn.npos,
                   "a terminal's number names a directory");
    const fs::path dir = fs::path(data_dir) / "logs" / terminal_sn;
    for (const fs::path& each : {dir.parent_path(), dir}) {
        if (auto made = make_data_dir(each.string()); !made) return made;
    }
    const fs::path file = dir / fmt::format("{:020}.bin", core::to_us(now));
    if (auto written = replace_private_file(file.string(), std::string(bytes)); !written) return written;
    return remove_oldest(dir);
}

}  // namespace huitong::app

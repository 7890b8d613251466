#include "app/master_key.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>

#include "app/config_file.hpp"
#include "app/data_dir.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {

using core::Code;
using core::fail;

namespace {

core::Result<core::Secret> checked(std::string text, std::string_view origin) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    const bool is_hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (text.size() != 64 || !is_hex) {
        return fail(Code::invalid, "bad_master_key", fmt::format("{}: not 64 hex digits", origin));
    }
    return core::Secret(std::move(text));
}

}  // namespace

core::Result<core::Secret> load_master_key(const Config& config) {
    if (const char* text = std::getenv("HUITONG_MASTER_KEY")) return checked(text, "HUITONG_MASTER_KEY");
    if (!config.master_key.empty()) return config.master_key;
    const std::string path = in_data_dir(config, config.master_key_file);
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) {
        return fail(Code::not_found, "no_master_key",
                    fmt::format("{} does not exist and HUITONG_MASTER_KEY is not set", path));
    }
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(Code::denied, "key_file_open",
                    fmt::format("{}: must be readable by its owner only (0600)", path));
    }
    auto text = read_file(path);
    if (!text) return std::unexpected(std::move(text.error()));
    return checked(std::move(*text), path);
}

core::Result<void> create_master_key(const Config& config, core::Random& random) {
    return create_private_file(in_data_dir(config, config.master_key_file), random.hex(64) + "\n");
}

core::Result<crypto::Sealer> make_sealer(const core::Secret& master_key_hex, core::Random& random) {
    auto bytes = crypto::from_hex(crypto::to_lower(master_key_hex.reveal()));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    return crypto::Sealer::make({{"k1", core::Secret(std::move(*bytes))}}, "k1", random);
}

}  // namespace huitong::app

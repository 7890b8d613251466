// Where the admin API listens: admin.listen of a configuration.
#pragma once

#include "app/config.hpp"

namespace huitong::app {

struct ListenPlace {
    std::string host;
    std::uint16_t port = 0;
};
// reason: bad_config
[[nodiscard]] core::Result<ListenPlace> parse_listen(const std::string& text);
// Beyond loopback keys of operators do not travel in the clear. reason: bad_config
[[nodiscard]] core::Result<void> check_admin_listen(const Config& config);

}  // namespace huitong::app

// The terminals that `huitong load` speaks as: from a file, or fresh ones by an activation code.
#pragma once

#include <string>
#include <vector>

#include "load/face.hpp"
#include "net/http_client.hpp"

namespace huitong::app {

// A JSON array of {"terminal_sn":…,"terminal_key":…}. Errors: not_found {no_file}; invalid {bad_terminals,
// bad_json}
[[nodiscard]] core::Result<std::vector<load::Identity>> read_terminals(const std::string& path);

// What a vendor activates terminals with.
struct ActivationMeans {
    load::Identity vendor;
    std::string app_id;
    std::string code;
    int count = 0;
};
// `name` makes the device numbers unique. Errors: of the transport; denied {activation_refused}
[[nodiscard]] task::Task<std::vector<load::Identity>> activate_terminals(net::HttpTransport& transport,
                                                                         net::Origin gateway,
                                                                         ActivationMeans means,
                                                                         std::string name);

}  // namespace huitong::app

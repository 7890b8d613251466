// The admin face: /admin/v1, for the people who run the platform and their programs (docs/admin-api.md). It
// authenticates, checks and translates; what is done is the stories' (flows/), the same that `huitong admin`
// tells.
#pragma once

#include "api/admin/endpoint.hpp"
#include "net/message.hpp"

namespace huitong::api::admin {

[[nodiscard]] bool is_mine(std::string_view path);
[[nodiscard]] net::Handler make_handler(Services services);
// OpenAPI 3.1, printed from the table that serves.
[[nodiscard]] std::string openapi();

}  // namespace huitong::api::admin

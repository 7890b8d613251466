// From a signed query to its order: checks in the order of spec/upay 5.0, then the order of that client_sn,
// found or launched by the rules of precreate.
#pragma once

#include <optional>

#include "api/gateway/routes.hpp"

namespace huitong::api::gateway {

// `chosen`: the wallet that the payer picked; none: he was not asked yet.
[[nodiscard]] task::Awaitable<net::Response> checkout(const Services& services, net::Request request,
                                                      std::optional<payments::ChannelKind> chosen);

}  // namespace huitong::api::gateway

// Which channel a scanned payment code belongs to (spec/upay 4.5, spec/channels 2.3).
#pragma once

#include <optional>
#include <string_view>

#include "payments/payment.hpp"

namespace huitong::payments {

// none: no wallet that Huitong drives issues such codes.
[[nodiscard]] std::optional<ChannelKind> channel_of_code(std::string_view payment_code);

}  // namespace huitong::payments

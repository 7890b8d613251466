// What a browser tells of itself: the wallet it belongs to, and the language its reader prefers.
#pragma once

#include <optional>
#include <string_view>

#include "net/message.hpp"
#include "payments/payment.hpp"

namespace huitong::api::gateway {

enum class Language { chinese, english };

struct Browser {
    std::optional<payments::ChannelKind> wallet;  // none: no wallet's own browser
    Language language = Language::chinese;
};
[[nodiscard]] Browser browser_of(const net::Request& request);

// The one of the two that ranks higher; Chinese where neither is named.
[[nodiscard]] Language language_of(std::string_view accept_language);

}  // namespace huitong::api::gateway

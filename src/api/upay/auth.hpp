// The Authorization header of a signed request and its check: MD5 over the raw body and the signer's key
// (spec/upay 2.1, 2.2, rows 1 and 3 of 5.0).
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::api::upay {

struct Authorization {
    std::string sn;
    std::string sign;  // 32 hex characters, lower case
};

// "<sn> <sign>": blanks around are dropped, several between are one, hex in either case. reason:
// bad_authorization
[[nodiscard]] core::Result<Authorization> parse_authorization(std::string_view header);

enum class KeyMatch { none, current, previous };

// Which key signed `body`, byte for byte as it came. An empty key matches nothing. Takes the same time
// whichever key it was, and wherever the signatures differ.
[[nodiscard]] KeyMatch match_key(std::string_view body, std::string_view sign, const core::Secret& current,
                                 const core::Secret& previous);

}  // namespace huitong::api::upay

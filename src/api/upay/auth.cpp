// Parsing and checking of signatures, see auth.hpp.
#include "api/upay/auth.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::api::upay {

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t max_sn_length = 64;
constexpr std::size_t sign_length = 32;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_signed_with(std::string_view body, std::string_view sign, const core::Secret& key) {
    return !key.empty() && crypto::equal_constant_time(crypto::md5_hex(body, key.reveal()), sign);
}

}  // namespace

core::Result<Authorization> parse_authorization(std::string_view header) {
    const std::string_view text = trim(header);
    const auto gap = text.find_first_of(blanks);
    if (gap == std::string_view::npos) return core::fail(core::Code::denied, "bad_authorization");
    const std::string_view sn = text.substr(0, gap);
    const std::string_view sign = trim(text.substr(gap));
    if (sn.size() > max_sn_length || sign.size() != sign_length || !std::ranges::all_of(sign, is_hex)) {
        return core::fail(core::Code::denied, "bad_authorization");
    }
    return Authorization{std::string(sn), crypto::to_lower(sign)};
}

KeyMatch match_key(std::string_view body, std::string_view sign, const core::Secret& current,
                   const core::Secret& previous) {
    if (is_signed_with(body, sign, current)) return KeyMatch::current;
    return is_signed_with(body, sign, previous) ? KeyMatch::previous : KeyMatch::none;
}

}  // namespace huitong::api::upay

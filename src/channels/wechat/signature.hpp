// The signature of WeChat Pay v2 (spec/channels 1A.2): the same rule for what we send and for what we
// believe.
#pragma once

#include <string>
#include <string_view>

#include "codec/xml.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::channels::wechat {

enum class SignType { md5, hmac_sha256 };

// "MD5", "HMAC-SHA256"; the empty text is MD5, as at the channel. reason: bad_sign_type
[[nodiscard]] core::Result<SignType> parse_sign_type(std::string_view text);
[[nodiscard]] std::string_view to_string(SignType type);

// Every non-empty field but `sign`, sorted by its bytes: "a=1&b=2", without the key.
[[nodiscard]] std::string text_to_sign(const codec::XmlFields& fields);
// Upper-case hex: 32 characters for MD5, 64 for HMAC-SHA256.
[[nodiscard]] std::string sign(const codec::XmlFields& fields, SignType type, const core::Secret& key);
// True when `sign` is there and is the one of exactly this algorithm: an answer may not choose a weaker one
// than the request used. An empty key verifies nothing.
[[nodiscard]] bool verify(const codec::XmlFields& fields, SignType type, const core::Secret& key);

}  // namespace huitong::channels::wechat

// The simulator's own WeChat v2 signature (spec/channels 1A.2), written apart from the adapter's so that a
// mistake there cannot hide here.
#pragma once

#include <string>

#include "codec/xml.hpp"
#include "core/secret.hpp"

namespace huitong::sim::wechat {

enum class SignType : std::uint8_t { md5, hmac_sha256 };

// Upper-case hex over every field but `sign` that is not empty.
[[nodiscard]] std::string sign_fields(const std::vector<codec::XmlField>& fields, const core::Secret& key,
                                      SignType type);

}  // namespace huitong::sim::wechat

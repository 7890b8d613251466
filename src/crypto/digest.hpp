// Digests, MACs and their text forms: OpenSSL behind plain functions. MD5 and SHA-1 are here because
// protocols demand them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::crypto {

[[nodiscard]] std::string md5_hex(std::string_view data);                            // lower case
[[nodiscard]] std::string md5_hex(std::string_view first, std::string_view second);  // of the concatenation
[[nodiscard]] std::string sha1_hex(std::string_view data);                           // lower case
[[nodiscard]] std::string sha256_hex(std::string_view data);                         // lower case
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view data);
[[nodiscard]] std::string hmac_sha256_hex(const core::Secret& key, std::string_view data);  // lower case

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);    // lower case
[[nodiscard]] core::Result<std::string> from_hex(std::string_view text);  // reason: bad_hex
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] core::Result<std::string> from_base64(std::string_view text);  // strict; reason: bad_base64
[[nodiscard]] std::string to_upper(std::string_view ascii);
[[nodiscard]] std::string to_lower(std::string_view ascii);

// Time depends on the lengths only.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace huitong::crypto

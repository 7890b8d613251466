// AEAD_AES_256_GCM as WeChat Pay API v3 uses it (spec/channels 1B.3): the peer's nonce and associated data,
// the tag behind the ciphertext. What Huitong itself stores is sealed by crypto/sealer.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::crypto {

struct GcmContext {
    std::string_view nonce;  // 12 bytes
    std::string_view associated_data;
};

inline constexpr std::size_t gcm_nonce_bytes = 12;

// `key`: 32 bytes, which whoever reads it from outside has checked; another length ends the process.
// invalid {bad_ciphertext}: another key, nonce or associated data, or not what was sealed
[[nodiscard]] core::Result<std::string> open_aes256_gcm(const core::Secret& key, const GcmContext& context,
                                                        std::string_view sealed);
// `context.nonce` must be new for the key; another length than 12 ends the process.
[[nodiscard]] std::string seal_aes256_gcm(const core::Secret& key, const GcmContext& context,
                                          std::string_view plain);

}  // namespace huitong::crypto

// AES-256 in ECB mode, which WeChat Pay v2 sends the content of its refund notices in (spec/channels 1A.11).
// It hides and proves nothing: whatever is opened here has to be confirmed elsewhere. For nothing of ours.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::crypto {

// `key`: 32 bytes; another length is a defect and ends the process. PKCS#7 padding is taken off.
// reason: bad_ciphertext (length or padding)
[[nodiscard]] core::Result<std::string> open_aes256_ecb(const core::Secret& key, std::string_view ciphertext);

}  // namespace huitong::crypto

// AES-256 in ECB mode as the sender uses it: the simulated WeChat Pay v2 encrypts the content of its refund
// notices so (spec/channels 1A.11). It hides and proves nothing. For nothing of ours.
#pragma once

#include <string>
#include <string_view>

#include "core/secret.hpp"

namespace huitong::crypto {

// `key`: 32 bytes; another length is a defect and ends the process. PKCS#7 padding is added.
[[nodiscard]] std::string seal_aes256_ecb(const core::Secret& key, std::string_view plain);

}  // namespace huitong::crypto

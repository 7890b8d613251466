// The key pair of the platform, which notifications are signed with: made once, by whichever process asks
// first, and kept sealed in the store (spec/upay 2.4).
#pragma once

#include "core/time.hpp"
#include "crypto/rsa.hpp"
#include "ports/store.hpp"

namespace huitong::flows {

struct SigningKey {
    crypto::RsaPrivateKey key;
    std::string public_pem;

    // Base64 over the signature of those bytes.
    [[nodiscard]] std::string sign(std::string_view body) const;
};

// Errors: those of the store; internal {bad_key}.
[[nodiscard]] task::Task<SigningKey> find_or_make_platform_key(ports::StorePort& store, core::Instant now);
// not_found {no_platform_key}: no process has been started yet
[[nodiscard]] task::Task<ports::PlatformKey> find_platform_key(ports::StorePort& store);

}  // namespace huitong::flows

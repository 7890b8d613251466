// RSA-2048 signatures with SHA-256 (RSASSA-PKCS1-v1_5), as Alipay's RSA2 and our callbacks use them. A key is
// parsed once and kept: parsing costs four times a signature.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::crypto {

// Copies share the parsed key. Thread-safe.
class RsaPrivateKey {
  public:
    // PEM of PKCS#1 or PKCS#8, or the bare base64 of either as Alipay's tools hand it out. At least 2048
    // bits. invalid {bad_key}
    [[nodiscard]] static core::Result<RsaPrivateKey> parse(const core::Secret& text);
    // A fresh key of 2048 bits from the operating system's randomness.
    [[nodiscard]] static RsaPrivateKey generate();

    // The signature's bytes, not encoded.
    [[nodiscard]] std::string sign_sha256(std::string_view data) const;
    [[nodiscard]] core::Secret to_pkcs8_pem() const;
    [[nodiscard]] core::Secret to_pkcs1_pem() const;
    // SubjectPublicKeyInfo.
    [[nodiscard]] std::string public_pem() const;

  private:
    struct Key;
    explicit RsaPrivateKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
    std::shared_ptr<const Key> key_;
};

// Copies share the parsed key. Thread-safe.
class RsaPublicKey {
  public:
    // PEM of SubjectPublicKeyInfo or of an X.509 certificate, or the bare base64 of the former. invalid
    // {bad_key}
    [[nodiscard]] static core::Result<RsaPublicKey> parse(std::string_view text);
    [[nodiscard]] bool verify_sha256(std::string_view data, std::string_view signature) const;

  private:
    struct Key;
    explicit RsaPublicKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
    std::shared_ptr<const Key> key_;
};

// SubjectPublicKeyInfo PEM as the bare base64 on one line that Alipay's tools hand out. invalid {bad_key}
[[nodiscard]] core::Result<std::string> bare_public_key(std::string_view public_pem);

}  // namespace huitong::crypto

// What Huitong reads from X.509 certificates: the numbers by which Alipay's certificate mode names them
// (spec/channels 2.1) and WeChat's API v3 (1B.1), and how long they are good. And the certificates that a
// simulated channel makes for itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "crypto/rsa.hpp"

namespace huitong::crypto {

struct CertificateFacts {
    std::string issuer;  // "CN=…,OU=…,O=…,C=…": the order of the certificate reversed
    std::string serial_decimal;
    bool is_rsa_signed = false;
    core::Instant not_after;
    std::string serial_hex;  // upper case
};

// Every certificate of a PEM text, in its order. invalid {bad_certificate}
[[nodiscard]] core::Result<std::vector<CertificateFacts>> read_certificates(std::string_view pem);

struct CertificateWish {
    std::string_view common_name;
    std::string_view serial_hex;  // of at most 20 bytes; not 0
    core::Instant not_before;
    core::Instant not_after;
};
// PEM of a certificate of `key` that it signed itself. A wish that is none ends the process.
[[nodiscard]] std::string make_certificate(const RsaPrivateKey& key, const CertificateWish& wish);

}  // namespace huitong::crypto

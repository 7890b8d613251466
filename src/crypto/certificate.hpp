// What Huitong reads from X.509 certificates: the numbers by which Alipay's certificate mode names them
// (spec/channels 2.1), and how long they are good.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace huitong::crypto {

struct CertificateFacts {
    std::string issuer;  // "CN=…,OU=…,O=…,C=…": the order of the certificate reversed
    std::string serial_decimal;
    bool is_rsa_signed = false;
    core::Instant not_after;
};

// Every certificate of a PEM text, in its order. invalid {bad_certificate}
[[nodiscard]] core::Result<std::vector<CertificateFacts>> read_certificates(std::string_view pem);

}  // namespace huitong::crypto

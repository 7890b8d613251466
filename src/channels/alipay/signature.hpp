// RSA2 signatures of Alipay's gateway and the keys of an account (spec/channels 2.1, 2.2): what a request is
// signed over, and what must verify before an answer is believed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "codec/form.hpp"
#include "core/result.hpp"
#include "crypto/rsa.hpp"
#include "ports/directory.hpp"

namespace huitong::channels::alipay {

// Every non-empty parameter but `sign`, decoded, sorted by its bytes: "a=1&b=2". sign_type takes part.
[[nodiscard]] std::string text_to_sign(const codec::FormFields& parameters);

// The number Alipay gives a certificate: of the first one in `pem`. reason: bad_certificate
[[nodiscard]] core::Result<std::string> certificate_sn(std::string_view pem);
// Of every RSA-signed root in `pem`, joined with '_'. reason: bad_certificate, also when there is none
[[nodiscard]] core::Result<std::string> root_certificate_sn(std::string_view pem);

struct AccountKeys {
    crypto::RsaPrivateKey app;     // signs what we send
    crypto::RsaPublicKey channel;  // verifies what we believe
    std::string app_cert_sn;       // certificate mode; empty: key mode
    std::string root_cert_sn;      // certificate mode
    std::string channel_cert_sn;   // certificate mode: what an answer must name
};

// The account in certificate mode has an app_certificate_pem. reasons: bad_key, bad_certificate, key_mismatch
// (the application's certificate is not of its private key)
[[nodiscard]] core::Result<AccountKeys> parse_keys(const ports::ChannelAccount& account);

// Base64, over text_to_sign.
[[nodiscard]] std::string sign(const codec::FormFields& parameters, const crypto::RsaPrivateKey& key);
// All that is not empty with its signature, sorted and percent-encoded: what a payer's device hands to the
// gateway ("order string", spec/channels 2.1).
[[nodiscard]] std::string signed_string(codec::FormFields parameters, const crypto::RsaPrivateKey& key);

// Parsed keys by account id, parsed anew when a key's text changes. Of one thread.
class KeyRing {
  public:
    // Errors of parse_keys; they are not kept.
    [[nodiscard]] core::Result<std::shared_ptr<const AccountKeys>> find(const ports::ChannelAccount& account);

  private:
    struct Entry {
        std::string text_hash;
        std::shared_ptr<const AccountKeys> keys;
    };
    std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace huitong::channels::alipay

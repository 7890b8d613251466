// Platform: the keys by which the simulated WeChat proves that an answer or a notice of API v3 is its own:
// platform certificates, two of them while one takes over from the other, or the public key that merchants
// know by a number PUB_KEY_ID_… (spec/channels 1B.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "crypto/rsa.hpp"
#include "sim/options.hpp"

namespace huitong::sim::wechat::v3 {

struct PlatformCertificate {
    std::string serial;
    crypto::RsaPrivateKey key;
    std::string pem;
    core::Instant from;
    core::Instant until;
};

// What the headers Wechatpay-… carry.
struct Signature {
    std::string timestamp;
    std::string nonce;
    std::string serial;
    std::string value;  // base64
};

class Platform {
  public:
    // Both must outlive it. Keys are read or made when they are first used; std::invalid_argument is thrown
    // then when one of the options cannot be read.
    Platform(const Options& options, core::Random& random) : options_(options), random_(random) {}

    // Those that are live, the oldest first. `now` is when the first one begins, if it is made now.
    [[nodiscard]] const std::vector<PlatformCertificate>& certificates(core::Instant now);
    // The one that signs, unless the public key does.
    [[nodiscard]] const PlatformCertificate& signing_certificate(core::Instant now);
    [[nodiscard]] std::string public_key_id();
    [[nodiscard]] std::string public_key();  // PEM

    // The steps of a rotation. A new certificate is handed out beside the old one, which still signs.
    // conflict {already_announced}
    [[nodiscard]] core::Result<void> announce(core::Instant now);
    // The new one signs; both are handed out. conflict {nothing_announced}
    [[nodiscard]] core::Result<void> switch_over();
    // The old one is gone. conflict {not_switched}
    [[nodiscard]] core::Result<void> retire();

    // Of a body that leaves at `at`, by whatever signs at the moment.
    [[nodiscard]] Signature sign(std::string_view body, core::Instant at);

  private:
    [[nodiscard]] static PlatformCertificate make(crypto::RsaPrivateKey key, core::Instant now);
    [[nodiscard]] const crypto::RsaPrivateKey& public_key_pair();

    const Options& options_;
    core::Random& random_;
    std::optional<crypto::RsaPrivateKey> public_key_pair_;
    std::vector<PlatformCertificate> certificates_;
    std::size_t signing_ = 0;
};

}  // namespace huitong::sim::wechat::v3

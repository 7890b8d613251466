// Numbers follow from the keys, so that a simulator that is started again with them is the same platform.
#include "sim/wechat/platform.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "crypto/certificate.hpp"
#include "crypto/digest.hpp"

namespace huitong::sim::wechat::v3 {

namespace {

constexpr core::Duration life = std::chrono::hours(24 * 365 * 5);
constexpr std::size_t serial_digits = 40;
constexpr std::size_t id_digits = 30;

crypto::RsaPrivateKey read_or_make(const core::Secret& pem) {
    if (pem.empty()) return crypto::RsaPrivateKey::generate();
    auto key = crypto::RsaPrivateKey::parse(pem);
    if (!key) throw std::invalid_argument("a key of the simulated WeChat cannot be read");
    return std::move(*key);
}

// As real ones look; the first digit keeps it a positive number of full length.
std::string serial_of(const crypto::RsaPrivateKey& key) {
    std::string serial = crypto::to_upper(crypto::sha256_hex(key.public_pem()).substr(0, serial_digits));
    serial[0] = '5';
    return serial;
}

}  // namespace

PlatformCertificate Platform::make(crypto::RsaPrivateKey key, core::Instant now) {
    const std::string serial = serial_of(key);
    std::string pem = crypto::make_certificate(key, {.common_name = "Tenpay.com sign (simulated)",
                                                     .serial_hex = serial,
                                                     .not_before = now,
                                                     .not_after = now + life});
    return {serial, std::move(key), std::move(pem), now, now + life};
}

const std::vector<PlatformCertificate>& Platform::certificates(core::Instant now) {
    if (certificates_.empty()) {
        certificates_.push_back(make(read_or_make(options_.wechat_platform_key), now));
    }
    return certificates_;
}

const PlatformCertificate& Platform::signing_certificate(core::Instant now) {
    return certificates(now)[signing_];
}

const crypto::RsaPrivateKey& Platform::public_key_pair() {
    if (!public_key_pair_) public_key_pair_ = read_or_make(options_.wechat_public_key_pair);
    return *public_key_pair_;
}

std::string Platform::public_key_id() {
    std::string id = "PUB_KEY_ID_";
    for (const unsigned char c : crypto::sha256_hex(public_key()).substr(0, id_digits)) {
        id += static_cast<char>('0' + c % 10);
    }
    return id;
}

std::string Platform::public_key() {
    return public_key_pair().public_pem();
}

core::Result<void> Platform::announce(core::Instant now) {
    if (certificates(now).size() > 1) return core::fail(core::Code::conflict, "already_announced");
    certificates_.push_back(make(crypto::RsaPrivateKey::generate(), now));
    return {};
}

core::Result<void> Platform::switch_over() {
    if (certificates_.size() < 2 || signing_ == 1)
        return core::fail(core::Code::conflict, "nothing_announced");
    signing_ = 1;
    return {};
}

core::Result<void> Platform::retire() {
    if (signing_ != 1) return core::fail(core::Code::conflict, "not_switched");
    certificates_.erase(certificates_.begin());
    signing_ = 0;
    return {};
}

Signature Platform::sign(std::string_view body, core::Instant at) {
    Signature signature;
    signature.timestamp = std::to_string(core::to_ms(at) / 1000);
    signature.nonce = random_.hex(32);
    const std::string text = fmt::format("{}\n{}\n{}\n", signature.timestamp, signature.nonce, body);
    if (options_.wechat_public_key) {
        signature.serial = public_key_id();
        signature.value = crypto::to_base64(public_key_pair().sign_sha256(text));
    } else {
        const PlatformCertificate& certificate = signing_certificate(at);
        signature.serial = certificate.serial;
        signature.value = crypto::to_base64(certificate.key.sign_sha256(text));
    }
    return signature;
}

}  // namespace huitong::sim::wechat::v3

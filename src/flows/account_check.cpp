#include "flows/account_check.hpp"

#include <algorithm>

#include "crypto/certificate.hpp"
#include "crypto/rsa.hpp"
#include "ledger/fees.hpp"

namespace huitong::flows {

namespace {

using ports::ChannelAccount;

core::Result<void> refuse(const char* what) {
    return core::fail(core::Code::invalid, "bad_account", what);
}

bool is_plain(std::string_view text, std::size_t most) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    return !text.empty() && text.size() <= most && std::ranges::all_of(text, is_allowed);
}

bool is_plain_or_empty(std::string_view text, std::size_t most) {
    return text.empty() || is_plain(text, most);
}

bool is_digits(std::string_view text, std::size_t least, std::size_t most) {
    return text.size() >= least && text.size() <= most &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_certificate(std::string_view text) {
    return text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos;
}

core::Result<void> check_terms(const ChannelAccount& account) {
    const auto is_rate = [](int ppm) { return ppm >= 0 && ppm <= ledger::most_fee_ppm; };
    if (!is_plain(account.id, 32)) return refuse("id: 1 to 32 letters, digits, - or _");
    if (account.priority < 0 || account.priority > 1000) return refuse("priority: 0 to 1000");
    if (account.refund_days < 0 || account.refund_days > 3650) return refuse("refund_days: 0 to 3650");
    if (!is_rate(account.channel_fee_ppm)) return refuse("channel_fee_ppm: 0 to 1000000");
    if (!is_rate(account.merchant_fee_ppm)) return refuse("merchant_fee_ppm: 0 to 1000000");
    return {};
}

core::Result<void> check_wechat(const ChannelAccount& account) {
    if (!is_plain(account.app_id, 32)) return refuse("app_id");
    if (!is_plain(account.mch_id, 32)) return refuse("mch_id");
    if (!is_plain_or_empty(account.sub_mch_id, 32)) return refuse("sub_mch_id");
    if (!is_plain_or_empty(account.sub_app_id, 32)) return refuse("sub_app_id");
    if (account.sign_type != "MD5" && account.sign_type != "HMAC-SHA256")
        return refuse("sign_type: MD5 or HMAC-SHA256");
    if (account.api_key.reveal().size() != 32) return refuse("api_key: 32 characters");
    if (account.client_certificate_pem.empty() != account.client_key_pem.empty())
        return refuse("client certificate and key come together");
    return {};
}

// Certificate mode: the application's, the channel's and its root certificates, all or none.
core::Result<void> check_certificates(const ChannelAccount& account, const crypto::RsaPrivateKey& key) {
    const bool has_app = !account.app_certificate_pem.empty();
    const bool has_root = !account.root_certificates_pem.empty();
    if (has_app != has_root || has_app != is_certificate(account.channel_public_key)) {
        return refuse("certificate mode takes app certificate, channel certificate and root certificates");
    }
    if (!has_app) return {};
    if (!crypto::read_certificates(account.root_certificates_pem)) return refuse("root_certificates");
    if (!crypto::read_certificates(account.channel_public_key))
        return refuse("channel_public_key: certificate");
    const auto certificate = crypto::RsaPublicKey::parse(account.app_certificate_pem);
    if (!certificate || !crypto::read_certificates(account.app_certificate_pem))
        return refuse("app_certificate");
    const std::string_view probe = "huitong";
    if (!certificate->verify_sha256(probe, key.sign_sha256(probe)))
        return refuse("app_certificate is of another key than app_private_key");
    return {};
}

core::Result<void> check_alipay(const ChannelAccount& account) {
    if (!is_digits(account.app_id, 12, 20)) return refuse("app_id: 16 digits");
    if (!is_plain_or_empty(account.mch_id, 32)) return refuse("mch_id");
    if (!account.sub_mch_id.empty() || !account.sub_app_id.empty())
        return refuse("sub_mch_id, sub_app_id: Alipay acts for others by app_auth_token");
    if (account.sign_type != "RSA2") return refuse("sign_type: RSA2");
    const std::string_view token = account.app_auth_token.reveal();
    if (!is_plain_or_empty(token, 64)) return refuse("app_auth_token: letters and digits, at most 64");
    const auto key = crypto::RsaPrivateKey::parse(account.app_private_key);
    if (!key) return refuse("app_private_key: an RSA key of at least 2048 bits");
    if (!crypto::RsaPublicKey::parse(account.channel_public_key))
        return refuse("channel_public_key: an RSA public key or certificate");
    return check_certificates(account, *key);
}

}  // namespace

void fill_defaults(ChannelAccount& account) {
    const bool is_wechat = account.channel == payments::ChannelKind::wechat;
    if (account.base_url.empty())
        account.base_url =
            is_wechat ? "https://api.mch.weixin.qq.com" : "https://openapi.alipay.com/gateway.do";
    if (account.sign_type.empty()) account.sign_type = is_wechat ? "HMAC-SHA256" : "RSA2";
}

core::Result<void> check_account(const ChannelAccount& account) {
    if (auto checked = check_terms(account); !checked) return checked;
    const bool is_url = account.base_url.starts_with("https://") || account.base_url.starts_with("http://");
    if (!is_url) return refuse("base_url: https://host[:port], of Alipay with the gateway's path");
    switch (account.channel) {
        case payments::ChannelKind::wechat:
            return check_wechat(account);
        case payments::ChannelKind::alipay:
            return check_alipay(account);
    }
    return {};
}

}  // namespace huitong::flows

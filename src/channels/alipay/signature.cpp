// RSA2 and certificate numbers over the crypto library (spec/channels 2.1, 2.2).
#include "channels/alipay/signature.hpp"

#include <algorithm>
#include <vector>

#include "crypto/certificate.hpp"
#include "crypto/digest.hpp"

namespace huitong::channels::alipay {

namespace {

std::string sn_of(const crypto::CertificateFacts& certificate) {
    return crypto::md5_hex(certificate.issuer, certificate.serial_decimal);
}

// Changes with every text that parse_keys reads. Hashes are joined, so that no secret is copied.
std::string hash_of_texts(const ports::ChannelAccount& account) {
    std::string joined;
    for (const std::string_view text :
         {account.app_private_key.reveal(), std::string_view(account.channel_public_key),
          std::string_view(account.app_certificate_pem), std::string_view(account.root_certificates_pem)}) {
        joined += crypto::sha256_hex(text);
    }
    return joined;
}

core::Result<void> read_certificate_mode(const ports::ChannelAccount& account, AccountKeys& keys) {
    auto app = certificate_sn(account.app_certificate_pem);
    if (!app) return std::unexpected(std::move(app.error()));
    auto channel = certificate_sn(account.channel_public_key);
    if (!channel) return std::unexpected(std::move(channel.error()));
    auto roots = root_certificate_sn(account.root_certificates_pem);
    if (!roots) return std::unexpected(std::move(roots.error()));
    constexpr std::string_view probe = "probe";
    const auto certified = crypto::RsaPublicKey::parse(account.app_certificate_pem);
    if (!certified || !certified->verify_sha256(probe, keys.app.sign_sha256(probe)))
        return core::fail(core::Code::invalid, "key_mismatch");
    keys.app_cert_sn = std::move(*app);
    keys.channel_cert_sn = std::move(*channel);
    keys.root_cert_sn = std::move(*roots);
    return {};
}

}  // namespace

std::string text_to_sign(const codec::FormFields& parameters) {
    std::vector<const codec::FormField*> sorted;
    for (const auto& parameter : parameters) {
        if (!parameter.second.empty() && parameter.first != "sign") sorted.push_back(&parameter);
    }
    std::ranges::sort(sorted, {},
                      [](const codec::FormField* field) -> const std::string& { return field->first; });
    std::string text;
    for (const auto* parameter : sorted) {
        if (!text.empty()) text += '&';
        text.append(parameter->first).append("=").append(parameter->second);
    }
    return text;
}

core::Result<std::string> certificate_sn(std::string_view pem) {
    const auto certificates = crypto::read_certificates(pem);
    if (!certificates) return std::unexpected(certificates.error());
    return sn_of(certificates->front());
}

core::Result<std::string> root_certificate_sn(std::string_view pem) {
    const auto certificates = crypto::read_certificates(pem);
    if (!certificates) return std::unexpected(certificates.error());
    std::string joined;
    for (const auto& certificate : *certificates) {
        if (!certificate.is_rsa_signed) continue;
        if (!joined.empty()) joined += '_';
        joined += sn_of(certificate);
    }
    if (joined.empty()) return core::fail(core::Code::invalid, "bad_certificate", "no RSA root");
    return joined;
}

core::Result<AccountKeys> parse_keys(const ports::ChannelAccount& account) {
    auto app = crypto::RsaPrivateKey::parse(account.app_private_key);
    if (!app) return std::unexpected(std::move(app.error()));
    auto channel = crypto::RsaPublicKey::parse(account.channel_public_key);
    if (!channel) return std::unexpected(std::move(channel.error()));
    AccountKeys keys{std::move(*app), std::move(*channel), {}, {}, {}};
    if (account.app_certificate_pem.empty()) return keys;
    const auto read = read_certificate_mode(account, keys);
    if (!read) return std::unexpected(read.error());
    return keys;
}

std::string sign(const codec::FormFields& parameters, const crypto::RsaPrivateKey& key) {
    return crypto::to_base64(key.sign_sha256(text_to_sign(parameters)));
}

std::string signed_string(codec::FormFields parameters, const crypto::RsaPrivateKey& key) {
    std::erase_if(parameters, [](const codec::FormField& parameter) { return parameter.second.empty(); });
    parameters.emplace_back("sign", sign(parameters, key));
    std::ranges::sort(parameters, {}, &codec::FormField::first);
    return codec::write_form(parameters);
}

core::Result<std::shared_ptr<const AccountKeys>> KeyRing::find(const ports::ChannelAccount& account) {
    std::string hash = hash_of_texts(account);
    const auto found = entries_.find(account.id);
    if (found != entries_.end() && found->second.text_hash == hash) return found->second.keys;
    auto parsed = parse_keys(account);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    auto keys = std::make_shared<const AccountKeys>(std::move(*parsed));
    entries_.insert_or_assign(account.id, Entry{std::move(hash), keys});
    return keys;
}

}  // namespace huitong::channels::alipay

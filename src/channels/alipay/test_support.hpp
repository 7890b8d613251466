// What the tests of this library share: the throw-away keys of tests/vectors/alipay.json, accounts in both
// modes, and answers signed as Alipay signs them.
#pragma once

#include <string>
#include <string_view>

#include "channels/alipay/signature.hpp"
#include "channels/alipay/wire.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::channels::alipay::test {

// tests/vectors/alipay.json
const codec::Json& vectors();

inline std::string text_of(const codec::Json& json, std::string_view key) {
    return *json.find(key)->as_string();
}
// which: private_pem, public_pem, cert_pem; of: app, alipay
inline std::string key_text(std::string_view of, std::string_view which) {
    return text_of(*vectors().find("keys")->find(of), which);
}

inline ports::ChannelAccount make_account() {
    ports::ChannelAccount account;
    account.id = "ali-main";
    account.channel = payments::ChannelKind::alipay;
    account.base_url = "https://pay.example:8443/gateway.do";
    account.app_id = "2021000000000001";
    account.sign_type = "RSA2";
    account.app_private_key = core::Secret(key_text("app", "private_pem"));
    account.channel_public_key = key_text("alipay", "public_pem");
    return account;
}

inline ports::ChannelAccount make_certificate_account() {
    ports::ChannelAccount account = make_account();
    account.app_certificate_pem = key_text("app", "cert_pem");
    account.channel_public_key = key_text("alipay", "cert_pem");
    account.root_certificates_pem = key_text("app", "cert_pem") + key_text("alipay", "cert_pem");
    return account;
}

inline const AccountKeys& keys() {
    static const AccountKeys parsed = parse_keys(make_account()).value();
    return parsed;
}

inline const crypto::RsaPrivateKey& alipay_key() {
    static const auto key =
        crypto::RsaPrivateKey::parse(core::Secret(key_text("alipay", "private_pem"))).value();
    return key;
}

inline std::string signature_of(std::string_view content, const crypto::RsaPrivateKey& key = alipay_key()) {
    return crypto::to_base64(key.sign_sha256(content));
}

// The whole answer around `content`, the raw text of the inner object.
inline std::string signed_answer(std::string_view response_name, std::string_view content) {
    return "{\"" + std::string(response_name) + "\":" + std::string(content) + ",\"sign\":\"" +
           signature_of(content) + "\"}";
}
inline std::string response_name(Call call) {
    std::string name(method_of(call));
    for (char& c : name) {
        if (c == '.') c = '_';
    }
    return name + "_response";
}
inline std::string signed_answer(Call call, const codec::JsonObject& content) {
    return signed_answer(response_name(call), codec::write_json(codec::Json(content)));
}

// The body of a notice; sign_type takes no part in its signature.
inline std::string signed_notice(codec::FormFields fields, const crypto::RsaPrivateKey& key = alipay_key()) {
    const std::string signature = sign(fields, key);
    fields.emplace_back("sign_type", "RSA2");
    fields.emplace_back("sign", signature);
    return codec::write_form(fields);
}

inline codec::JsonObject with(codec::JsonObject object, std::string_view name, codec::Json value) {
    for (auto& [key, old] : object) {
        if (key != name) continue;
        old = std::move(value);
        return object;
    }
    object.emplace_back(std::string(name), std::move(value));
    return object;
}
inline codec::JsonObject without(codec::JsonObject object, std::string_view name) {
    std::erase_if(object, [&](const codec::JsonMember& member) { return member.first == name; });
    return object;
}
inline codec::JsonObject failure(std::string_view code, std::string_view sub_code) {
    return {{"code", codec::Json(code)},
            {"msg", codec::Json("Business Failed")},
            {"sub_code", codec::Json(sub_code)},
            {"sub_msg", codec::Json("原因")}};
}

}  // namespace huitong::channels::alipay::test

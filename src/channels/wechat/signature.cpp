// WeChat Pay v2 signatures over the crypto library (spec/channels 1A.2).
#include "channels/wechat/signature.hpp"

#include <algorithm>
#include <vector>

#include "crypto/digest.hpp"

namespace huitong::channels::wechat {

namespace {

constexpr std::string_view key_separator = "&key=";

}  // namespace

core::Result<SignType> parse_sign_type(std::string_view text) {
    if (text.empty() || text == "MD5") return SignType::md5;
    if (text == "HMAC-SHA256") return SignType::hmac_sha256;
    return core::fail(core::Code::invalid, "bad_sign_type");
}

std::string_view to_string(SignType type) {
    switch (type) {
        case SignType::md5:
            return "MD5";
        case SignType::hmac_sha256:
            return "HMAC-SHA256";
    }
    return "";
}

std::string text_to_sign(const codec::XmlFields& fields) {
    std::vector<const codec::XmlField*> sorted;
    for (const auto& field : fields.all()) {
        if (!field.second.empty() && field.first != "sign") sorted.push_back(&field);
    }
    std::ranges::sort(sorted, {},
                      [](const codec::XmlField* field) -> const std::string& { return field->first; });
    std::string text;
    for (const auto* field : sorted) {
        if (!text.empty()) text += '&';
        text.append(field->first).append("=").append(field->second);
    }
    return text;
}

std::string sign(const codec::XmlFields& fields, SignType type, const core::Secret& key) {
    std::string text = text_to_sign(fields).append(key_separator);
    if (type == SignType::md5) return crypto::to_upper(crypto::md5_hex(text, key.reveal()));
    std::string keyed;
    keyed.reserve(text.size() +
                  key.reveal().size());  // one buffer: Secret wipes it, and no copy stays behind
    keyed.append(text).append(key.reveal());
    const core::Secret whole(std::move(keyed));
    return crypto::to_upper(crypto::hmac_sha256_hex(key, whole.reveal()));
}

bool verify(const codec::XmlFields& fields, SignType type, const core::Secret& key) {
    const std::string* given = fields.find("sign");
    if (given == nullptr || key.empty()) return false;
    return crypto::equal_constant_time(*given, sign(fields, type, key));
}

}  // namespace huitong::channels::wechat

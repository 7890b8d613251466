// Sorts pointers, not strings, and builds the string to sign once.
#include "sim/wechat/sign.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::sim::wechat {

std::string sign_fields(const std::vector<codec::XmlField>& fields, const core::Secret& key, SignType type) {
    std::vector<const codec::XmlField*> sorted;
    sorted.reserve(fields.size());
    std::size_t length = key.reveal().size() + 4;
    for (const codec::XmlField& field : fields) {
        if (field.second.empty() || field.first == "sign") continue;
        sorted.push_back(&field);
        length += field.first.size() + field.second.size() + 2;
    }
    std::ranges::sort(sorted, [](const auto* a, const auto* b) { return a->first < b->first; });
    std::string text;
    text.reserve(length);
    for (const codec::XmlField* const field : sorted) {
        text += field->first;
        text += '=';
        text += field->second;
        text += '&';
    }
    text += "key=";
    text += key.reveal();
    return crypto::to_upper(type == SignType::md5 ? crypto::md5_hex(text)
                                                  : crypto::hmac_sha256_hex(key, text));
}

}  // namespace huitong::sim::wechat

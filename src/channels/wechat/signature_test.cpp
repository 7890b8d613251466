// Signatures against tests/vectors/wechat_v2_sign.json, which independent clients computed too
// (spec/channels 5.2).
#include "channels/wechat/signature.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "codec/json.hpp"

namespace huitong::channels::wechat {
namespace {

codec::XmlFields make_fields(std::vector<codec::XmlField> fields) {
    return codec::XmlFields(std::move(fields));
}

codec::JsonArray read_vectors() {
    std::ifstream file(HUITONG_SOURCE_DIR "/tests/vectors/wechat_v2_sign.json");
    std::ostringstream text;
    text << file.rdbuf();
    auto json = codec::parse_json(text.str());
    if (!json || json->as_array() == nullptr) return {};
    return *json->as_array();
}

std::string text_of(const codec::Json& json, std::string_view key) {
    return *json.find(key)->as_string();
}

codec::XmlFields fields_of(const codec::Json& vector) {
    codec::XmlFields fields;
    for (const auto& [name, value] : *vector.find("params")->as_object())
        fields.set(name, *value.as_string());
    return fields;
}

TEST(Signature, EqualsEveryVector) {
    const auto vectors = read_vectors();
    ASSERT_EQ(vectors.size(), 5U);
    for (const auto& vector : vectors) {
        SCOPED_TRACE(text_of(vector, "name"));
        const core::Secret key(text_of(vector, "api_key"));
        codec::XmlFields fields = fields_of(vector);
        EXPECT_EQ(text_to_sign(fields) + "&key=" + text_of(vector, "api_key"),
                  text_of(vector, "string_to_sign"));
        EXPECT_EQ(sign(fields, SignType::md5, key), text_of(vector, "md5"));
        EXPECT_EQ(sign(fields, SignType::hmac_sha256, key), text_of(vector, "hmac_sha256"));
        fields.set("sign", text_of(vector, "md5"));
        EXPECT_TRUE(verify(fields, SignType::md5, key));
        EXPECT_EQ(sign(fields, SignType::md5, key), text_of(vector, "md5")) << "sign itself takes no part";
    }
}

TEST(Signature, BelievesOnlyTheAlgorithmOfTheRequest) {
    const core::Secret key("0123456789abcdef0123456789abcdef");
    codec::XmlFields fields = make_fields({{"result_code", "SUCCESS"}});
    fields.set("sign", sign(fields, SignType::md5, key));
    EXPECT_TRUE(verify(fields, SignType::md5, key));
    EXPECT_FALSE(verify(fields, SignType::hmac_sha256, key));
    fields.set("sign", sign(fields, SignType::hmac_sha256, key));
    EXPECT_TRUE(verify(fields, SignType::hmac_sha256, key));
    EXPECT_FALSE(verify(fields, SignType::md5, key));
}

TEST(Signature, RefusesMissingForeignAndKeylessSigns) {
    const core::Secret key("0123456789abcdef0123456789abcdef");
    codec::XmlFields fields = make_fields({{"result_code", "SUCCESS"}});
    EXPECT_FALSE(verify(fields, SignType::md5, key));
    fields.set("sign", "");
    EXPECT_FALSE(verify(fields, SignType::md5, key));
    fields.set("sign", sign(fields, SignType::md5, core::Secret("another key")));
    EXPECT_FALSE(verify(fields, SignType::md5, key));
    fields.set("sign", sign(fields, SignType::md5, core::Secret()));
    EXPECT_FALSE(verify(fields, SignType::md5, core::Secret()))
        << "an account without a key believes nothing";
    fields.set("sign", sign(fields, SignType::md5, key));
    fields.set("total_fee", "1");
    EXPECT_FALSE(verify(fields, SignType::md5, key)) << "a new field takes part";
}

TEST(Signature, KnowsTwoAlgorithms) {
    EXPECT_EQ(parse_sign_type("MD5"), SignType::md5);
    EXPECT_EQ(parse_sign_type(""), SignType::md5);
    EXPECT_EQ(parse_sign_type("HMAC-SHA256"), SignType::hmac_sha256);
    EXPECT_EQ(parse_sign_type("md5").error().reason, "bad_sign_type");
}

}  // namespace
}  // namespace huitong::channels::wechat

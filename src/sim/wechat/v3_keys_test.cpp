// The platform's keys: certificates handed out sealed, their rotation, the public key instead of them, and a
// merchant's new APIv3 key (spec/channels 1B.2, 1B.3).
#include <gtest/gtest.h>

#include "crypto/certificate.hpp"
#include "sim/wechat/v3_test_support.hpp"

namespace huitong::sim {
namespace {

using Strings = std::vector<std::string>;

// Serials of what GET /v3/certificates hands out, opened and read.
Strings handed_out(V3Rig& rig, std::string_view key = apiv3_key) {
    const V3Answer answer = rig.call("GET", "/v3/certificates");
    EXPECT_TRUE(rig.is_signed_v3(answer));
    if (answer.http.status != 200) return {answer.result()};
    Strings serials;
    for (const codec::Json& one : *answer.json.find("data")->as_array()) {
        const std::string pem = V3Rig::open(*one.find("encrypt_certificate"), key);
        const auto facts = crypto::read_certificates(pem);
        serials.push_back(facts ? facts->front().serial_hex : pem);
        if (facts) EXPECT_EQ(serials.back(), text_at(one, "serial_no"));
    }
    return serials;
}

std::string signing_serial(V3Rig& rig) {
    const V3Answer answer = rig.query_v3("P1");
    EXPECT_TRUE(rig.is_signed_v3(answer));
    return std::string(answer.http.headers.find("Wechatpay-Serial").value_or(""));
}

void step(V3Rig& rig, const std::string& which) {
    rig.control_json("POST", "wechat", R"({"platform_key":")" + which + R"("})");
}

TEST(WechatV3Keys, certificates_and_their_rotation) {
    V3Rig rig;
    const std::string old_one = signing_serial(rig);
    EXPECT_EQ(handed_out(rig), Strings{old_one});
    EXPECT_EQ(rig.control("POST", "wechat", R"({"platform_key":"switch"})").status, 409);
    EXPECT_EQ(rig.control("POST", "wechat", R"({"platform_key":"retire"})").status, 409);
    step(rig, "announce");
    const Strings both = handed_out(rig);
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0], old_one);
    EXPECT_EQ(signing_serial(rig), old_one);
    EXPECT_EQ(rig.control("POST", "wechat", R"({"platform_key":"announce"})").status, 409);
    step(rig, "switch");
    EXPECT_EQ(handed_out(rig), both);
    EXPECT_EQ(signing_serial(rig), both[1]);
    step(rig, "retire");
    EXPECT_EQ(handed_out(rig), Strings{both[1]});
    EXPECT_EQ(signing_serial(rig), both[1]);
    step(rig, "announce");
    EXPECT_EQ(handed_out(rig).size(), 2U) << "and so on";
}

TEST(WechatV3Keys, the_public_key_instead) {
    V3Rig rig;
    rig.control_json("POST", "options", R"({"wechat_public_key":true})");
    const std::string id = signing_serial(rig);
    EXPECT_TRUE(id.starts_with("PUB_KEY_ID_"));
    const codec::Json view = rig.control_json("GET", "wechat");
    EXPECT_EQ(text_at(view, "mode"), "public_key");
    EXPECT_EQ(text_at(view, "public_key_id"), id);
    EXPECT_EQ(text_at(view, "public_key"), v3_keys().public_key.public_pem());
    EXPECT_EQ(handed_out(rig), Strings{"404 RESOURCE_NOT_EXISTS"});
}

TEST(WechatV3Keys, a_merchants_new_key) {
    V3Rig rig;
    const std::string fresh(32, 'n');
    rig.control_json("POST", "wechat", R"({"apiv3_key":")" + fresh + R"("})");
    EXPECT_EQ(handed_out(rig), Strings{"bad_ciphertext"});
    EXPECT_EQ(handed_out(rig, fresh), Strings{signing_serial(rig)});
    for (const char* const bad : {R"({"apiv3_key":"short"})", R"({})", R"({"platform_key":"sideways"})",
                                  R"({"apiv3_key":"12345678901234567890123456789012","mch_id":"nobody"})"}) {
        EXPECT_EQ(rig.control("POST", "wechat", bad).status, 400) << bad;
    }
}

TEST(WechatV3Keys, a_key_that_cannot_be_read) {
    V3Rig rig;
    rig.simulators.options().wechat_platform_key = core::Secret{"no key"};
    EXPECT_THROW(rig.query_v3("P1"), std::invalid_argument);
}

}  // namespace
}  // namespace huitong::sim

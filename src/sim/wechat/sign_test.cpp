// The signature against the vector that WeChat's documentation prints (spec/channels 1A.2).
#include "sim/wechat/sign.hpp"

#include <gtest/gtest.h>

namespace huitong::sim::wechat {
namespace {

TEST(Sign, official_vector) {
    const core::Secret key{"192006250b4c09247ec02edce69f6a2d"};
    const std::vector<codec::XmlField> fields{
        {"nonce_str", "ibuaiVcKdpRxkhJA"}, {"mch_id", "10000100"}, {"sign", "ignored"},
        {"device_info", "1000"},           {"attach", ""},         {"body", "test"},
        {"appid", "wxd930ea5d5a258f4f"}};
    EXPECT_EQ(sign_fields(fields, key, SignType::md5), "9A0A8659F005D6984697E2CA0A9CF3B7");
    EXPECT_EQ(sign_fields(fields, key, SignType::hmac_sha256),
              "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6");
}

TEST(Sign, byte_order_and_zero) {
    const core::Secret key{"k"};
    const std::vector<codec::XmlField> one{{"b", "1"}, {"Zeta", "0"}, {"a", "<&>"}};
    const std::vector<codec::XmlField> other{{"Zeta", "0"}, {"a", "<&>"}, {"b", "1"}};
    const std::vector<codec::XmlField> without_zero{{"a", "<&>"}, {"b", "1"}};
    EXPECT_EQ(sign_fields(one, key, SignType::md5), sign_fields(other, key, SignType::md5));
    EXPECT_NE(sign_fields(one, key, SignType::md5), sign_fields(without_zero, key, SignType::md5));
}

}  // namespace
}  // namespace huitong::sim::wechat

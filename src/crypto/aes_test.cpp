// AES-256-ECB against NIST SP 800-38A F.1.5, and what is no ciphertext.
#include "crypto/aes.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"

namespace huitong::crypto {
namespace {

std::string bytes(std::string_view hex) {
    return from_hex(hex).value();
}

const core::Secret nist_key(bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));

// The blocks of the standard, and the block of padding behind them (`openssl enc -aes-256-ecb`).
constexpr std::string_view plain_hex =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
constexpr std::string_view sealed_hex =
    "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
    "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7"
    "4c45dfb3b3b484ec35b0512dc8c1c4d6";

TEST(Aes256Ecb, OpensTheBlocksOfTheStandard) {
    EXPECT_EQ(open_aes256_ecb(nist_key, bytes(sealed_hex)).value(), bytes(plain_hex));
}

TEST(Aes256Ecb, WhatIsNoCiphertextIsRefused) {
    const std::string sealed = bytes(sealed_hex);
    for (const std::size_t length : {0, 1, 15, 17, 79}) {
        const auto opened = open_aes256_ecb(nist_key, std::string_view(sealed).substr(0, length));
        ASSERT_FALSE(opened) << length;
        EXPECT_EQ(opened.error().reason, "bad_ciphertext");
    }
    const auto unpadded = open_aes256_ecb(nist_key, std::string_view(sealed).substr(0, 64));
    EXPECT_EQ(unpadded.error().reason, "bad_ciphertext") << "the last block is no padding";
    std::string other_key(nist_key.reveal());
    other_key.back() = '?';
    EXPECT_EQ(open_aes256_ecb(core::Secret(other_key), sealed).error().reason, "bad_ciphertext");
}

// The refund notice of spec/channels 5.2 (vector wechat_v2_refund_notify), whose ciphertext other programs
// made.
constexpr std::string_view notice_plain =
    "<root><out_refund_no><![CDATA[R20240305000001]]></out_refund_no><out_trade_no><![CDATA[P"
    "20240305000001]]></out_trade_no><refund_account><![CDATA[REFUND_SOURCE_RECHARGE_FUNDS]]>"
    "</refund_account><refund_fee><![CDATA[300]]></refund_fee><refund_id><![CDATA[50300008262"
    "024030500000000001]]></refund_id><refund_recv_accout><![CDATA[支付用户零钱]]></ref"
    "und_recv_accout><refund_request_source><![CDATA[API]]></refund_request_source><refund_st"
    "atus><![CDATA[SUCCESS]]></refund_status><settlement_refund_fee><![CDATA[300]]></settleme"
    "nt_refund_fee><settlement_total_fee><![CDATA[1000]]></settlement_total_fee><success_time"
    "><![CDATA[2024-03-05 10:20:30]]></success_time><total_fee><![CDATA[1000]]></total_fee><t"
    "ransaction_id><![CDATA[4200000001202403050000000001]]></transaction_id></root>";
constexpr std::string_view notice_sealed =
    "dDo+GCOVYtgSlXn23/zEWeir8hpP+g1/smkqku4/ePJZR6kLtEXsAj+8bkq8YfOO0zX1lV8+HNm17xI3QXA0eKjf"
    "CNMMNiPTZ5QLIBQIYaxc/mvzz/ojvU+dr1gniBfgtOaBubxxLKpgl+dMLlzYWeqcSHBgetM5FL+WU87cTyrNvO/a"
    "SsLF6FZG3ws8ieN/bcIPTd/sD9KXZ34RiDGN03bgP5TBAMCCoMQJ5l9iTO0XZSuZqTAQQ6w+QPJzQwuGDH5is8yj"
    "coLt2E8IdLXqQmIVCyAsow2QqFoDSbbaXoOp8876uRzY7FNm0v7oy1fPl1f7KMbF4f7yZvSNIL8SWCQWdpQcLC/g"
    "qpIUZmYv9YDpikMchKbWRz56Dei4KpMWyS/H19wqjqeaSw9Vqg4fzOoUnTe3oWC0e21IuWV03Bre0gYvAw8bi6io"
    "KcYf1BI1pqjlyFVjfabnA3M3Dy3WzxVtcUqBWB92LSuJinoDoGSDZEMXvKfjjul687WAZZ6rmG5xRe7FZK5yUSoQ"
    "HRyb2aS+E22DK4GIh913r6eB8uGlmqS8WSrIaGXXNwqXnxKooBayCEWj+RVccb6EjdH5HBLRgpwZpC6q1Mh3pw7y"
    "o7yQSEBUmS6F3WPFP094DiJMgQGuEuzvFWKEKSoQwixcL0LoTBC6LmBwgOhh41Ft4bjvjXu0SPwoQrDpX41oFxib"
    "o13kFM2mRpQv0tMxKEy9R+6C1H9v0fPEw0dwFpC4oakuOD4At9+d2nV7k0vC9TgfuwCJgTZnUg05Egt99F+29wxL"
    "e4T/uguzBKQ2Rkimpb413tRqDpyaHwAFR9v3h7WbrOCakOBa/ESydbaCrWfEIInRTyrq91iB5ll04bF96tKGXmLs"
    "T4Hmc9PNldHoW2BchGzGzEHPRWV5Cxdg/rT5sN52a9grK5FCY3icu1hWIwenmaqjJIiuo+IrghryiZJMJA07n856"
    "GuzrpOMp9SwIgs/8HnGLMGAqQQB5oBNhghrq5pdzyt9kHfLFsW+hb5fH9NLAYJIWmZw9mtGoxH/2WQ==";

TEST(Aes256Ecb, SealsWhatOtherProgramsOpen) {
    const core::Secret key(md5_hex("0123456789abcdef0123456789abcdef"));
    EXPECT_EQ(key.reveal(), "8516ac99dc60603295de7bdb6a153530");
    EXPECT_EQ(to_base64(seal_aes256_ecb(key, notice_plain)), notice_sealed);
}

TEST(Aes256Ecb, AWholeBlockGetsABlockOfPadding) {
    const core::Secret key(std::string(32, 'k'));
    EXPECT_EQ(seal_aes256_ecb(key, std::string(16, 'x')).size(), 32U);
    EXPECT_EQ(seal_aes256_ecb(key, "").size(), 16U);
}

TEST(Aes256EcbDeathTest, AnotherKeyLengthIsADefect) {
    EXPECT_DEATH((void)open_aes256_ecb(core::Secret("short"), std::string(16, 'x')), "32 bytes");
}

}  // namespace
}  // namespace huitong::crypto

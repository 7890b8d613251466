// The refund notice of spec/channels 5.2 (vector wechat_v2_refund_notify), whose ciphertext other programs
// made.
#include "crypto/aes_ecb.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"

namespace huitong::crypto {
namespace {

constexpr std::string_view plain =
    "<root><out_refund_no><![CDATA[R20240305000001]]></out_refund_no><out_trade_no><![CDATA[P"
    "20240305000001]]></out_trade_no><refund_account><![CDATA[REFUND_SOURCE_RECHARGE_FUNDS]]>"
    "</refund_account><refund_fee><![CDATA[300]]></refund_fee><refund_id><![CDATA[50300008262"
    "024030500000000001]]></refund_id><refund_recv_accout><![CDATA[支付用户零钱]]></ref"
    "und_recv_accout><refund_request_source><![CDATA[API]]></refund_request_source><refund_st"
    "atus><![CDATA[SUCCESS]]></refund_status><settlement_refund_fee><![CDATA[300]]></settleme"
    "nt_refund_fee><settlement_total_fee><![CDATA[1000]]></settlement_total_fee><success_time"
    "><![CDATA[2024-03-05 10:20:30]]></success_time><total_fee><![CDATA[1000]]></total_fee><t"
    "ransaction_id><![CDATA[4200000001202403050000000001]]></transaction_id></root>";
constexpr std::string_view sealed =
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

TEST(AesEcb, seals_what_other_programs_open) {
    const core::Secret key(md5_hex("0123456789abcdef0123456789abcdef"));
    EXPECT_EQ(key.reveal(), "8516ac99dc60603295de7bdb6a153530");
    EXPECT_EQ(to_base64(seal_aes256_ecb(key, plain)), sealed);
}

TEST(AesEcb, a_whole_block_gets_a_block_of_padding) {
    const core::Secret key(std::string(32, 'k'));
    EXPECT_EQ(seal_aes256_ecb(key, std::string(16, 'x')).size(), 32U);
    EXPECT_EQ(seal_aes256_ecb(key, "").size(), 16U);
}

}  // namespace
}  // namespace huitong::crypto

// The signature vectors of spec/upay §11 and the tolerances of 2.1.
#include "api/upay/auth.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"

namespace huitong::api::upay {
namespace {

const std::string zeros(32, '0');

struct Vector {
    std::string body;
    std::string key;
    std::string sign;
};

TEST(upay_auth, signature_vectors) {
    const Vector vectors[] = {
        {R"({"terminal_sn":"LITVN00000001","client_sn":"LIT202605150001","total_amount":"100000",)"
         R"("payway":"2001","sub_payway":"2","subject":"LIT Merchant order","operator":"cashier01",)"
         R"("extended":{"sqb_cent_flag":"1"}})",
         "terminal_key_test_123456", "496e5b24a6cc9a6c52142223d40b5bb3"},
        {R"({"terminal_sn":"10298371039","client_sn":"MEX202605220001","total_amount":"1000",)"
         R"("dynamic_id":"130818341921441147","subject":"MUWE test order","operator":"cashier01"})",
         "68d499beda5f72116592f5c527465656", "525b9339b1697424f5c4e3527ac7ee19"},
        {R"({"terminal_sn":"100005040002756238","client_sn":"A1","total_amount":"1",)"
         R"("dynamic_id":"283161474787517528","subject":"披萨","operator":"kay"})",
         zeros, "0fe1d7cdcff000217985b9e4a0de29eb"},
        {R"({"terminal_sn":"100005040002756238","client_sn":"A1","total_amount":"1",)"
         R"("dynamic_id":"283161474787517528","subject":"\u62ab\u8428","operator":"kay"})",
         zeros, "4cbd3e7d3ff3772ccc0a72cc0ae8ee4e"},
        {R"({"terminal_sn":"100005040002756238","sn":"7894259244061958","client_sn":"22345677767776"})",
         zeros, "ad146ccdfb41360cf84086946a16604d"},
        {R"({"app_id":"2016010100000001","code":"00000008","device_id":"POS-1"})",
         "0123456789abcdef0123456789abcdef", "59f6607c9a4c7bd0d9b56679326289bb"},
        {"", zeros, "cd9e459ea708a948d5c2f5a6ca8838cf"},
    };
    for (const auto& [body, key, sign] : vectors) {
        EXPECT_EQ(match_key(body, sign, core::Secret(key), {}), KeyMatch::current) << body;
        EXPECT_EQ(match_key(body + " ", sign, core::Secret(key), {}), KeyMatch::none) << body;
        EXPECT_EQ(match_key(body, sign, core::Secret("other"), core::Secret(key)), KeyMatch::previous)
            << body;
    }
}

TEST(upay_auth, empty_key_matches_nothing) {
    const std::string sign = crypto::md5_hex("body");
    EXPECT_EQ(match_key("body", sign, core::Secret("k"), {}), KeyMatch::none);
    EXPECT_EQ(match_key("body", sign, {}, {}), KeyMatch::none);
}

TEST(upay_auth, header_is_read_with_tolerance) {
    const std::string sign = "496E5B24A6CC9A6C52142223D40B5BB3";
    for (const std::string& header : {"1000 " + sign, "  1000  \t " + sign + " \r\n"}) {
        const auto parsed = parse_authorization(header);
        ASSERT_TRUE(parsed) << header;
        EXPECT_EQ(parsed->sn, "1000");
        EXPECT_EQ(parsed->sign, "496e5b24a6cc9a6c52142223d40b5bb3");
    }
}

TEST(upay_auth, malformed_headers_are_refused) {
    const std::string sign = "496e5b24a6cc9a6c52142223d40b5bb3";
    const std::string headers[] = {"",
                                   " ",
                                   sign,
                                   " " + sign,
                                   "1000",
                                   "1000 ",
                                   "1000 " + sign.substr(1),
                                   "1000 " + sign + "0",
                                   "1000 " + sign.substr(1) + "g",
                                   "1 2 " + sign,
                                   std::string(65, '1') + " " + sign};
    for (const auto& header : headers) EXPECT_FALSE(parse_authorization(header)) << '"' << header << '"';
}

}  // namespace
}  // namespace huitong::api::upay

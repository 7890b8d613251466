// Digests against published vectors: RFC 1321, FIPS 180, RFC 4231, spec/channels 1A.2 and spec/upay §11.
#include "crypto/digest.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace huitong::crypto {
namespace {

using core::Secret;

TEST(Digest, md5_of_published_vectors) {
    EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");  // again on the reused context
    EXPECT_EQ(md5_hex("message ", "digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(md5_hex("", ""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Digest, sha1_of_published_vectors) {
    EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Digest, wechat_v2_documentation_vector) {
    const std::string key = "192006250b4c09247ec02edce69f6a2d";
    const std::string text =
        "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA&"
        "key=" +
        key;
    EXPECT_EQ(to_upper(md5_hex(text)), "9A0A8659F005D6984697E2CA0A9CF3B7");
    EXPECT_EQ(to_upper(hmac_sha256_hex(Secret(key), text)),
              "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6");
}

TEST(Digest, upay_request_signatures) {
    const std::string zeros(32, '0');
    struct Vector {
        std::string body;
        std::string key;
        std::string sign;
    };
    const std::vector<Vector> vectors = {
        {R"({"terminal_sn":"LITVN00000001","client_sn":"LIT202605150001","total_amount":"100000",)"
         R"("payway":"2001",)"
         R"("sub_payway":"2","subject":"LIT Merchant order","operator":"cashier01",)"
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
    for (const auto& [body, key, sign] : vectors) EXPECT_EQ(md5_hex(body, key), sign) << body;
}

TEST(Digest, upay_wap_signatures) {
    EXPECT_EQ(
        to_upper(md5_hex("client_sn=123&terminal_sn=123&total_amount=1&key=", "19b820737ace6937a7808c")),
        "537B0BEB5CDC3688D7B97D90BB55C001");
    EXPECT_EQ(to_upper(md5_hex("client_sn=test&operator=TEST&return_url=test&subject=TEST&terminal_sn=test"
                               "&total_amount=3&key=test")),
              "D5AFC533FFD5EE8DA62A96661D636FF7");
    EXPECT_EQ(to_upper(md5_hex("client_sn=A1&operator=kay&return_url=https://m.example.com/r?x=1"
                               "&subject=披萨"
                               "&terminal_sn=100005040002756238&total_amount=1&key=",
                               std::string(32, '0'))),
              "7383BC55B645DC442633EDECFF0A8C40");
}

TEST(Digest, sha256_of_published_vectors) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("abc")), sha256_hex("abc"));
}

// RFC 4231 cases 1, 2 and 6; the key changes on one context, from short to longer than a block to empty.
TEST(Digest, hmac_sha256_of_published_vectors) {
    EXPECT_EQ(hmac_sha256_hex(Secret(std::string(20, '\x0b')), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac_sha256_hex(Secret("Jefe"), "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac_sha256_hex(Secret(std::string(131, '\xaa')),
                              "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(hmac_sha256_hex(Secret(""), ""),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, threads_do_not_share_contexts) {
    const std::string text(1000, 'x');
    const std::string md5 = md5_hex(text);
    const std::string mac = hmac_sha256_hex(Secret("k"), text);
    std::array<int, 4> wrong{};
    std::vector<std::jthread> threads;
    for (int& count : wrong) {
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                if (md5_hex(text) != md5 || hmac_sha256_hex(Secret("k"), text) != mac) ++count;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, (std::array<int, 4>{}));
}

TEST(Hex, round_trip_and_refusals) {
    EXPECT_EQ(to_hex(std::array<std::uint8_t, 3>{0x00, 0x7f, 0xff}), "007fff");
    EXPECT_EQ(from_hex("007FfF"), std::string("\0\x7f\xff", 3));
    EXPECT_EQ(from_hex(""), "");
    for (const char* bad : {"0", "0g", "0x10", " 00", "00\n1", "+1"}) {
        const auto result = from_hex(bad);
        ASSERT_FALSE(result) << bad;
        EXPECT_EQ(result.error().reason, "bad_hex");
    }
}

TEST(Base64, rfc_4648_vectors_both_ways) {
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+"},
    };
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(from_base64(to_base64(all)), all);
}

TEST(Base64, refuses_what_has_another_text) {
    for (const char* bad : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", " Zm9", "Zm-_",
                            "Z=g=", "=Zg=", "Zm9vZg==\n"}) {
        const auto result = from_base64(bad);
        ASSERT_FALSE(result) << bad;
        EXPECT_EQ(result.error().reason, "bad_base64");
    }
}

TEST(Case, ascii_only) {
    EXPECT_EQ(to_upper("az披AZ09[`{"), "AZ披AZ09[`{");
    EXPECT_EQ(to_lower("az披AZ09@[`"), "az披az09@[`");
}

TEST(EqualConstantTime, compares) {
    EXPECT_TRUE(equal_constant_time("", ""));
    EXPECT_TRUE(equal_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_constant_time("abc", "abcd"));
    EXPECT_FALSE(equal_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace huitong::crypto

// The signature rule of spec/upay 2.3: its vectors, what clients do differently, and what no change survives.
#include "api/gateway/signature.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::gateway {
namespace {

const std::string zeros(32, '0');
const std::string ones(32, '1');

ports::Terminal terminal_with(const std::string& current, const std::string& previous = {}) {
    ports::Terminal terminal;
    terminal.current_key = core::Secret(current);
    terminal.previous_key = core::Secret(previous);
    return terminal;
}

bool is_good(const std::string& query, const std::string& key = zeros) {
    return verify(query, terminal_with(key)).has_value();
}

// As a client does it who writes the text by hand.
std::string signed_by_hand(const std::string& text, const std::string& key = zeros) {
    return crypto::md5_hex(text + "&key=" + key);
}

TEST(WapSignature, Vectors) {
    EXPECT_EQ(sign({{"terminal_sn", "123"}, {"client_sn", "123"}, {"total_amount", "1"}},
                   core::Secret("19b820737ace6937a7808c")),
              "537B0BEB5CDC3688D7B97D90BB55C001");
    EXPECT_EQ(sign({{"terminal_sn", "test"},
                    {"total_amount", "3"},
                    {"subject", "TEST"},
                    {"return_url", "test"},
                    {"operator", "TEST"},
                    {"client_sn", "test"}},
                   core::Secret("test")),
              "D5AFC533FFD5EE8DA62A96661D636FF7");
    EXPECT_EQ(sign({{"client_sn", "A1"},
                    {"operator", "kay"},
                    {"return_url", "https://m.example.com/r?x=1"},
                    {"sign", "left out"},
                    {"sign_type", "MD5"},
                    {"subject", "披萨"},
                    {"terminal_sn", "100005040002756238"},
                    {"total_amount", "1"}},
                   core::Secret(zeros)),
              "7383BC55B645DC442633EDECFF0A8C40");
}

TEST(WapSignature, WhatClientsDoDifferently) {
    const std::string sign = signed_by_hand("a=1&b=x y");
    for (const std::string& query :
         {"a=1&b=x%20y&sign=" + sign, "a=1&b=x+y&sign=" + sign, "b=x y&sign=" + sign + "&a=1",
          "a=1&b=x%20y&sign=" + crypto::to_upper(sign), "a=1&b=x%20y&sign_type=MD5&sign=" + sign,
          "&a=1&&b=x%20y&sign=" + sign})
        EXPECT_TRUE(is_good(query)) << query;
    EXPECT_TRUE(is_good("a=1&e=&sign=" + signed_by_hand("a=1&e="))) << "an empty value is signed";
    EXPECT_TRUE(is_good("a=1&e=&sign=" + signed_by_hand("a=1"))) << "or it is not";
    EXPECT_TRUE(is_good("a=披萨&sign=" + signed_by_hand("a=披萨"))) << "bytes as they are";
}

TEST(WapSignature, APlusSignIsWhatWasSigned) {
    const auto blank = verify("a=x+y&sign=" + signed_by_hand("a=x y"), terminal_with(zeros));
    ASSERT_TRUE(blank);
    EXPECT_EQ(value_of(blank->fields, "a"), "x y");
    const auto plus = verify("a=x+y&sign=" + signed_by_hand("a=x+y"), terminal_with(zeros));
    ASSERT_TRUE(plus);
    EXPECT_EQ(value_of(plus->fields, "a"), "x+y");
}

TEST(WapSignature, ClientsThatEscapeNothingMayWriteAPercentSign) {
    for (const std::string text : {"a=100 - 10%", "a=5%20off", "a=1+1%"})
        EXPECT_TRUE(is_good(text + "&sign=" + signed_by_hand(text))) << text;
}

// The signed text has no mark where a value ends: what a payer wrote into a value must not become a field.
TEST(WapSignature, NoValueCanBeCutIntoFields) {
    const std::string note = "n&return_url=https://shop/r&subject=x&terminal_sn=1&total_amount=1&z=";
    const std::string text = "client_sn=c&reflect=" + note +
                             "&return_url=https://shop/r&subject=x&terminal_sn=1&total_amount=9900";
    const std::string sign = signed_by_hand(text);
    EXPECT_FALSE(is_good(
        "client_sn=c&reflect=n&return_url=https://shop/r&subject=x&terminal_sn=1&total_amount=1&z=" +
        codec::percent_encode("&return_url=https://shop/r&subject=x&terminal_sn=1&total_amount=9900") +
        "&sign=" + sign))
        << "another amount under the merchant's signature";
    EXPECT_FALSE(is_good("client_sn=c&reflect=" + codec::percent_encode(note) +
                         "&return_url=https://shop/r&subject=x&terminal_sn=1&total_amount=9900&sign=" + sign))
        << "nor is the merchant's own reading taken, which is as good as the other";
    EXPECT_FALSE(is_good("a%3D1=2&sign=" + signed_by_hand("a=1=2")));
    const std::string url = "https://shop/r?subject=x&operator=kay";
    EXPECT_TRUE(is_good("client_sn=c&return_url=" + codec::percent_encode(url) +
                        "&sign=" + signed_by_hand("client_sn=c&return_url=" + url)))
        << "a return_url has fields of its own";
}

TEST(WapSignature, TheKeyThatSignedIsTheCurrentOrTheOneBefore) {
    const std::string query = "a=1&sign=" + signed_by_hand("a=1", ones);
    const auto by_current = verify(query, terminal_with(ones, zeros));
    ASSERT_TRUE(by_current);
    EXPECT_EQ(by_current->key.reveal(), ones);
    const auto by_previous = verify(query, terminal_with(zeros, ones));
    ASSERT_TRUE(by_previous);
    EXPECT_EQ(by_previous->key.reveal(), ones);
    EXPECT_FALSE(verify(query, terminal_with(zeros)));
    EXPECT_FALSE(verify("a=1&sign=" + signed_by_hand("a=1", ""), terminal_with(zeros))) << "no key is none";
}

TEST(WapSignature, WhatIsNotSigned) {
    const std::string sign = signed_by_hand("a=1&b=2");
    for (const std::string& query :
         {std::string(), std::string("a=1&b=2"), "a=1&b=3&sign=" + sign, "a=1&sign=" + sign,
          "a=1&b=2&c=3&sign=" + sign, "a=1&b=2&sign=" + sign.substr(1), "a=1&b=2&sign=" + sign + "0",
          std::string("a=1&b=2&sign="), "a=1&b=2&a=1&sign=" + sign, "a=1&b=%zz&sign=" + sign,
          "a=1&b=2&sign=" + crypto::md5_hex("a=1&b=2" + zeros)})
        EXPECT_FALSE(is_good(query)) << query;
}

// Whatever is signed verifies, and with one byte of one value changed it does not.
TEST(WapSignature, Property) {
    core::SeededRandom random(7);
    for (int round = 0; round < 500; ++round) {
        codec::FormFields fields;
        const auto count = 1 + random.below(6);
        for (std::uint64_t i = 0; i < count; ++i) {
            std::string value;
            for (auto left = random.below(12); left > 0; --left)
                value += static_cast<char>(1 + random.below(255));
            fields.emplace_back("p" + std::to_string(random.below(1000)) + "_" + std::to_string(i), value);
        }
        const std::string mark = sign(fields, core::Secret(zeros));
        codec::FormFields sent = fields;
        sent.emplace_back("sign", mark);
        std::ranges::reverse(sent);
        const auto verified = verify(codec::write_form(sent), terminal_with(zeros));
        ASSERT_TRUE(verified) << round;
        EXPECT_EQ(verified->fields, sent);
        EXPECT_FALSE(is_good(codec::write_form(sent), ones));
        auto& victim = fields[random.below(fields.size())].second;
        victim += 'x';
        fields.emplace_back("sign", mark);
        EXPECT_FALSE(is_good(codec::write_form(fields))) << round;
    }
}

}  // namespace
}  // namespace huitong::api::gateway

// Which wallet a code belongs to, at the edges of every range, and the waits between reversals.
#include "payments/routing.hpp"

#include <gtest/gtest.h>

#include "payments/policy.hpp"

namespace huitong::payments {
namespace {

std::string code(std::string prefix, std::size_t length) {
    prefix.resize(length, '7');
    return prefix;
}

TEST(Routing, PrefixAndLengthDecide) {
    struct Row {
        std::string code;
        std::optional<CodeIssuer> expected;
    };
    const Row rows[] = {
        {code("10", 18), CodeIssuer::wechat},
        {code("1599", 18), CodeIssuer::wechat},
        {code("09", 18), {}},
        {code("1600", 18), {}},
        {code("13", 17), {}},
        {code("13", 19), {}},
        {code("2500", 16), CodeIssuer::alipay},
        {code("3099", 24), CodeIssuer::alipay},
        {code("28", 18), CodeIssuer::alipay},
        {code("2499", 18), {}},
        {code("3100", 18), {}},
        {code("28", 15), {}},
        {code("28", 25), {}},
        {code("62", 19), CodeIssuer::unionpay},
        {code("62", 18), {}},
        {code("63", 19), {}},
        {code("91", 18), CodeIssuer::qq},
        {code("91", 19), {}},
        {code("51", 18), CodeIssuer::bestpay},
        {code("18", 18), CodeIssuer::jd},
        {code("17", 18), {}},
        {code("19", 18), {}},
        {code(std::to_string(wallet_scheme_prefix), 19), CodeIssuer::wallet},
        {code(std::to_string(wallet_scheme_prefix), 18), {}},
        {code(std::to_string(wallet_scheme_prefix + 1), 19), {}},
        {"", {}},
        {"1", {}},
        {"130", {}},
        {"13077777777777777x", {}},
        {" 13777777777777777", {}},
    };
    for (const Row& row : rows) EXPECT_EQ(issuer_of_code(row.code), row.expected) << row.code;
    EXPECT_EQ(issuer_of_code("130818341921441147"), CodeIssuer::wechat);
    EXPECT_EQ(issuer_of_code("281234305112341234"), CodeIssuer::alipay);
}

TEST(Routing, ReservedCodesHaveNoChannel) {
    EXPECT_EQ(channel_of(CodeIssuer::wechat), ChannelKind::wechat);
    EXPECT_EQ(channel_of(CodeIssuer::alipay), ChannelKind::alipay);
    for (const auto issuer :
         {CodeIssuer::unionpay, CodeIssuer::qq, CodeIssuer::bestpay, CodeIssuer::jd, CodeIssuer::wallet}) {
        EXPECT_EQ(channel_of(issuer), std::nullopt) << static_cast<int>(issuer);
    }
}

TEST(Policy, ReversalsAreRepeatedAfterTheFixedSchedule) {
    const Policy policy = default_policy(ChannelKind::wechat);
    const int seconds[] = {0, 2, 5, 10, 15, 30, 60, 300, 300, 300};
    for (int tries = 0; tries < 10; ++tries) {
        EXPECT_EQ(reverse_delay(policy, tries), std::chrono::seconds(seconds[tries])) << tries;
    }
}

TEST(Policy, WechatWaitsFifteenSecondsAlipayDoesNot) {
    EXPECT_EQ(default_policy(ChannelKind::wechat).earliest_reverse, std::chrono::milliseconds(15'500));
    EXPECT_EQ(default_policy(ChannelKind::alipay).earliest_reverse, std::chrono::seconds(0));
    EXPECT_EQ(default_policy(ChannelKind::alipay).first_query, std::chrono::seconds(3));
}

}  // namespace
}  // namespace huitong::payments

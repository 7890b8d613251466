// Which channel a code belongs to, at the edges of every range, and the waits between reversals.
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
        std::optional<ChannelKind> expected;
    };
    const Row rows[] = {
        {code("10", 18), ChannelKind::wechat},
        {code("15", 18), ChannelKind::wechat},
        {code("09", 18), {}},
        {code("16", 18), {}},
        {code("13", 17), {}},
        {code("13", 19), {}},
        {code("25", 16), ChannelKind::alipay},
        {code("30", 24), ChannelKind::alipay},
        {code("28", 18), ChannelKind::alipay},
        {code("24", 18), {}},
        {code("31", 18), {}},
        {code("28", 15), {}},
        {code("28", 25), {}},
        {code("62", 19), {}},
        {code("91", 18), {}},
        {"", {}},
        {"1", {}},
        {"13077777777777777x", {}},
        {" 13777777777777777", {}},
    };
    for (const Row& row : rows) EXPECT_EQ(channel_of_code(row.code), row.expected) << row.code;
    EXPECT_EQ(channel_of_code("130818341921441147"), ChannelKind::wechat);
    EXPECT_EQ(channel_of_code("281234305112341234"), ChannelKind::alipay);
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

// Where a browser may be sent, what it brings along, and the order's own address.
#include "api/gateway/return_url.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/gateway/signature.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::gateway {
namespace {

const core::Secret key(std::string(32, '0'));

TEST(ReturnUrl, OnlyAddressesOfTheWeb) {
    for (const std::string good :
         {"http://shop.test", "https://shop.test/a?x=1", "HTTPS://shop.test/", "http://127.0.0.1:8080/r",
          "https://shop.test/#/paid", "https://shop.test/?a=b#/x?y=z"})
        EXPECT_EQ(read_return_url(good).value_or("refused"), good);
    EXPECT_EQ(read_return_url("https://shop.test/支 付\"").value(),
              "https://shop.test/%E6%94%AF%20%E4%BB%98%22");
    for (const std::string bad :
         {"", "shop.test", "javascript:alert(1)", "data:text/html,x", "ftp://shop.test", "//shop.test",
          "/relative", "http://", "https://user@shop.test/", "https://shop.test\\@evil.test/",
          "https://shop.test/\r\nSet-Cookie: a=b", "https://shop.test/\tx", "https://shop.test/\x7f",
          "https://shop.test/?a=%zz", "https://shop.test/?sign=1", "https://shop.test/?a=1&sn=2",
          "https://shop.test/\xff"})
        EXPECT_FALSE(read_return_url(bad)) << bad;
    EXPECT_TRUE(read_return_url("http://shop.test/" + std::string(most_of_return_url - 17, 'x')));
    EXPECT_FALSE(read_return_url("http://shop.test/" + std::string(most_of_return_url - 16, 'x')));
}

// The merchant's side: the parameters as they arrive, by the rule of spec/upay 2.3.
std::string text_that_arrives(const std::string& url) {
    const auto mark = url.find('?');
    auto fields = codec::parse_form(url.substr(mark + 1, url.find('#') - mark - 1)).value();
    std::erase_if(fields, [](const auto& field) { return field.first == "sign"; });
    std::ranges::sort(fields);
    std::string text;
    for (const auto& [name, value] : fields) text += name + "=" + value + "&";
    return text + "key=" + std::string(32, '0');
}

TEST(ReturnUrl, EveryParameterThatArrivesIsSigned) {
    const codec::FormFields fields{{"is_success", "T"}, {"subject", "披萨 & co"}, {"trade_no", ""}};
    for (const auto& [url, begins] : std::initializer_list<std::pair<std::string, std::string>>{
             {"https://shop.test", "https://shop.test?is_success=T&subject="},
             {"https://shop.test/r?", "https://shop.test/r?is_success=T&subject="},
             {"https://shop.test/r?x=1", "https://shop.test/r?x=1&is_success=T&subject="},
             {"https://shop.test/r?x=a+b&", "https://shop.test/r?x=a+b&is_success=T&subject="},
             {"https://shop.test/?x=1#/paid?y=2", "https://shop.test/?x=1&is_success=T&subject="}}) {
        const std::string link = return_link(url, fields, key);
        EXPECT_TRUE(link.starts_with(begins)) << link;
        EXPECT_EQ(link.find("trade_no"), std::string::npos) << "what is empty is not sent";
        EXPECT_EQ(link.contains("#/paid?y=2"), url.contains('#')) << link;
        const std::string expected = crypto::to_upper(crypto::md5_hex(text_that_arrives(link)));
        EXPECT_TRUE(link.contains("&sign=" + expected)) << link;
    }
}

TEST(OrderAddress, IsReadBackAndOnlyWithTheKey) {
    const OrderAddress address{
        .terminal_sn = "100042000000000001", .client_sn = "A 1&", .return_url = "https://shop.test/?x=1"};
    const std::string query = write_order_query(address, key);
    const auto claimed = read_order_query(query + "&out_trade_no=added");
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->address.terminal_sn, address.terminal_sn);
    EXPECT_EQ(claimed->address.client_sn, address.client_sn);
    EXPECT_EQ(claimed->address.return_url, address.return_url);
    EXPECT_TRUE(is_token_of(*claimed, key));
    EXPECT_FALSE(is_token_of(*claimed, core::Secret(std::string(32, '1'))));
    EXPECT_FALSE(is_token_of(*claimed, core::Secret()));
    for (const auto member :
         {&OrderAddress::terminal_sn, &OrderAddress::client_sn, &OrderAddress::return_url}) {
        ClaimedAddress changed = *claimed;
        changed.address.*member += "x";
        EXPECT_FALSE(is_token_of(changed, key));
    }
    ClaimedAddress cut = *claimed;
    cut.token.pop_back();
    EXPECT_FALSE(is_token_of(cut, key));
    for (const char* const bad : {"", "t=1", "k=1", "t=1&k=%zz", "t=1&t=2&k=3"})
        EXPECT_FALSE(read_order_query(bad)) << bad;
}

// Alipay takes 256 characters.
TEST(OrderAddress, IsShortForOrdinaryMerchants) {
    const OrderAddress address{.terminal_sn = "100042000000000001",
                               .client_sn = std::string(32, '9'),
                               .return_url = "https://www.shop.example.com/orders/paid?order=12345678"};
    const std::string whole = "https://pay.example.com/gateway/order?" + write_order_query(address, key);
    EXPECT_LE(whole.size(), 256U) << whole;
}

}  // namespace
}  // namespace huitong::api::gateway

// The simulated wallet's page: what it shows, what its buttons do, and that nothing a merchant writes becomes
// part of it.
#include <gtest/gtest.h>

#include "sim/alipay/test_support.hpp"

namespace huitong::sim {
namespace {

class Wallet : public ::testing::Test {
  protected:
    std::string code_of(const std::string& number, const std::string& body = "咖啡") {
        const Fields fields{{"body", body},
                            {"out_trade_no", number},
                            {"total_fee", "1234"},
                            {"spbill_create_ip", "127.0.0.1"},
                            {"notify_url", "http://shop.test/notify"},
                            {"trade_type", "NATIVE"},
                            {"product_id", "cup"}};
        return Rig::to_answer(rig.send(Rig::request("/pay/unifiedorder", fields))).get("code_url");
    }
    static std::string query(const std::string& content, const std::string& back = "") {
        codec::FormFields fields{{"content", content}};
        if (!back.empty()) fields.emplace_back("back", back);
        return "?" + codec::write_form(fields);
    }
    net::Response page(const std::string& content, const std::string& back = "") {
        return rig.control("GET", "wallet" + query(content, back));
    }
    net::Response press(const std::string& what, const std::string& content, const std::string& back = "") {
        return rig.control("POST", "wallet/" + what + query(content, back));
    }
    static std::string location(const net::Response& response) {
        return std::string(response.headers.find("Location").value_or(""));
    }
    static bool has(const net::Response& response, std::string_view text) {
        return response.body.find(text) != std::string::npos;
    }

    AliRig rig;
};

TEST_F(Wallet, shows_the_order_and_pays_it) {
    const std::string code = code_of("W1");
    const net::Response shown = page(code);
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.headers.find("Content-Type").value_or(""), "text/html; charset=utf-8");
    for (const char* const text : {"12.34", "咖啡", "1900000109", "W1", "width=device-width",
                                   "确认付款 · Pay", "Waiting for your payment"}) {
        EXPECT_TRUE(has(shown, text)) << text;
    }
    EXPECT_FALSE(has(shown, "<script"));
    EXPECT_EQ(page(code).body, shown.body);  // a reload
    const net::Response wrong = press("wrong-password", code);
    EXPECT_EQ(wrong.status, 303);
    EXPECT_EQ(location(wrong), "/_sim/wallet" + query(code));
    EXPECT_TRUE(has(page(code), "1 wrong passwords"));
    EXPECT_EQ(press("cancel", code).status, 303);
    EXPECT_EQ(rig.state("W1"), "NOTPAY");
    EXPECT_EQ(press("pay", code).status, 303);
    EXPECT_EQ(rig.money("W1").first, 1234);
    const net::Response paid = page(code);
    EXPECT_TRUE(has(paid, "支付成功 · Paid"));
    EXPECT_FALSE(has(paid, "<form"));
    EXPECT_EQ(press("pay", code).status, 409);
    EXPECT_EQ(press("steal", code).status, 404);
    EXPECT_EQ(page("weixin://wxpay/bizpayurl?pr=unknown").status, 404);
}

TEST_F(Wallet, what_a_merchant_writes_is_text) {
    const net::Response shown = page(code_of("W2", "<b onclick=\"x\">&"), "javascript:alert(1)");
    EXPECT_TRUE(has(shown, "&lt;b onclick=&quot;x&quot;&gt;&amp;"));
    EXPECT_FALSE(has(shown, "<b "));
    EXPECT_FALSE(has(shown, "javascript:"));
}

TEST_F(Wallet, goes_back_where_it_was_sent_from) {
    const std::string code = code_of("W3");
    EXPECT_TRUE(
        has(page(code, "http://shop.test/done?a=1&b=2"), "href=\"http://shop.test/done?a=1&amp;b=2\""));
    EXPECT_EQ(location(press("cancel", code, "http://shop.test/done")), "http://shop.test/done");
    EXPECT_EQ(location(press("pay", code, "http://shop.test/done")),
              "/_sim/wallet" + query(code, "http://shop.test/done"));
}

TEST_F(Wallet, opens_what_wechat_calls_its_h5_cashier) {
    rig.simulators.options().wechat_web_url = "http://127.0.0.1:8081";
    const Fields fields{{"body", "咖啡"},
                        {"out_trade_no", "W4"},
                        {"total_fee", "100"},
                        {"spbill_create_ip", "127.0.0.1"},
                        {"notify_url", "http://shop.test/notify"},
                        {"trade_type", "MWEB"},
                        {"scene_info", "{}"}};
    const Answer made = Rig::to_answer(rig.send(Rig::request("/pay/unifiedorder", fields)));
    const std::string url = made.get("mweb_url");
    ASSERT_TRUE(url.starts_with("http://127.0.0.1:8081/cgi-bin/"));
    net::Request request;
    request.method = "GET";
    request.target = url.substr(21) + "&redirect_url=http%3A%2F%2Fshop.test%2Fdone";
    EXPECT_EQ(location(rig.send(std::move(request))),
              "/_sim/wallet" + query(made.get("prepay_id"), "http://shop.test/done"));
    EXPECT_EQ(page(url).status, 200);
}

TEST_F(Wallet, takes_a_signed_string_to_alipay_and_comes_back_signed) {
    AliRig::Params params = rig.params(
        "alipay.trade.wap.pay", codec::write_json(codec::JsonObject{{"out_trade_no", "W5"},
                                                                    {"subject", "茶"},
                                                                    {"total_amount", "1.00"},
                                                                    {"product_code", "QUICK_WAP_WAY"}}));
    params["return_url"] = "http://shop.test/back?till=7";
    AliRig::sign(params);
    const std::string text = codec::write_form(codec::FormFields(params.begin(), params.end()));
    EXPECT_TRUE(has(page(text), "支付宝 · Alipay"));
    EXPECT_FALSE(has(page(text), "href="));  // nothing is signed before he pays
    const std::string trade_no = rig.query_alipay("W5").get("trade_no");
    EXPECT_EQ(press("pay", trade_no).status, 303);
    const net::Response paid = page(trade_no);
    EXPECT_TRUE(has(paid, "href=\"http://shop.test/back?till=7&amp;charset=utf-8&amp;out_trade_no=W5"));
    EXPECT_TRUE(has(paid, "&amp;sign="));
    EXPECT_EQ(page(text + "x").status, 409);  // not what was signed
}

TEST_F(Wallet, says_what_became_of_a_closed_order) {
    const std::string code = code_of("W6");
    rig.send(Rig::request("/pay/closeorder", {{"out_trade_no", "W6"}}));
    EXPECT_TRUE(has(page(code), "订单已关闭 · Closed"));
    EXPECT_EQ(press("pay", code).status, 409);
}

}  // namespace
}  // namespace huitong::sim

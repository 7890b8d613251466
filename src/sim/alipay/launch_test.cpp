// Trades that the payer starts at the simulated Alipay: codes, trades for a named buyer, signed strings; when
// a trade exists, how long, and what closing and cancelling make of it (spec/channels 2.4 to 2.8, 3.4).
#include <gtest/gtest.h>

#include "sim/alipay/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using codec::JsonObject;

JsonObject order_content(const std::string& number, JsonObject more = {}) {
    JsonObject content{{"out_trade_no", number}, {"subject", "茶"}, {"total_amount", "1.00"}};
    content.insert(content.end(), more.begin(), more.end());
    return content;
}

class AlipayLaunch : public ::testing::Test {
  protected:
    AliAnswer precreate(const std::string& number, JsonObject more = {}) {
        return rig.call("precreate", order_content(number, std::move(more)));
    }
    AliAnswer create(const std::string& number, JsonObject more = {{"buyer_id", "2088000000000007"}}) {
        return rig.call("create", order_content(number, std::move(more)));
    }
    AliAnswer close(const std::string& number) { return rig.call("close", {{"out_trade_no", number}}); }
    net::Response scan(const std::string& content) {
        return rig.control("POST", "scan", codec::write_json(JsonObject{{"content", content}}));
    }
    net::Response act(const std::string& number, const std::string& what) {
        return rig.control("POST", "orders/alipay/" + number + "/" + what);
    }
    // "a=b&…&sign=…", as the merchant's server hands it to the app or the browser.
    std::string signed_string(const std::string& method, const JsonObject& content,
                              AliRig::Params more = {}) {
        AliRig::Params params = rig.params("alipay.trade." + method, codec::write_json(content));
        params.merge(more);
        AliRig::sign(params);
        return codec::write_form(codec::FormFields(params.begin(), params.end()));
    }

    AliRig rig;
};

TEST_F(AlipayLaunch, no_trade_before_the_scan) {
    const AliAnswer made = precreate("A1");
    EXPECT_EQ(made.result(), "10000");
    EXPECT_TRUE(made.is_signed_well());
    EXPECT_EQ(made.key, "alipay_trade_precreate_response");
    EXPECT_TRUE(made.get("qr_code").starts_with("https://qr.alipay.com/bax"));
    EXPECT_EQ(rig.status("A1"), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(close("A1").result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(rig.refund("A1", "R1", 100).result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(scan(made.get("qr_code")).status, 200);  // also after that close
    rig.wait_s(2);
    EXPECT_EQ(rig.status("A1"), "WAIT_BUYER_PAY");
    EXPECT_EQ(act("A1", "pay").status, 200);
    rig.wait_s(2);
    EXPECT_EQ(rig.status("A1"), "TRADE_SUCCESS");
    EXPECT_EQ(rig.money_of("A1"), std::pair(100L, 0L));
    EXPECT_EQ(act("A1", "pay").status, 409);
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{});
}

TEST_F(AlipayLaunch, repeated_it_gives_the_same_code) {
    const std::string code = precreate("B1").get("qr_code");
    EXPECT_EQ(precreate("B1").get("qr_code"), code);
    EXPECT_EQ(precreate("B1", {{"body", "x"}}).result(), "ACQ.CONTEXT_INCONSISTENT");
    act("B1", "pay");
    EXPECT_EQ(precreate("B1").result(), "ACQ.TRADE_HAS_SUCCESS");
    rig.refund("B1", "R1", 100);
    EXPECT_EQ(precreate("B1").result(), "ACQ.TRADE_HAS_CLOSE");
    EXPECT_EQ(precreate("B2").result(), "10000");
    EXPECT_EQ(rig.pay_alipay("B2", rig.ali_code(0)).result(), "ACQ.CONTEXT_INCONSISTENT");
}

TEST_F(AlipayLaunch, field_rules) {
    const auto refused = [&](JsonObject content) { return rig.call("precreate", content).result(); };
    const std::vector<std::pair<std::string, std::string>> bad_values{{"subject", "a=b"},
                                                                      {"subject", ""},
                                                                      {"total_amount", "0.00"},
                                                                      {"total_amount", "1.001"},
                                                                      {"out_trade_no", "a-b"},
                                                                      {"seller_id", "2088000000000000"},
                                                                      {"timeout_express", "5"},
                                                                      {"timeout_express", "16d"},
                                                                      {"qr_code_timeout_express", "0m"},
                                                                      {"time_expire", "tomorrow"}};
    for (const auto& [name, value] : bad_values) {
        JsonObject content = order_content("F1");
        std::erase_if(content, [&](const auto& member) { return member.first == name; });
        content.emplace_back(name, value);
        EXPECT_EQ(refused(content), "ACQ.INVALID_PARAMETER") << name << "=" << value;
    }
    EXPECT_EQ(precreate("F1", {{"time_expire", "2024-03-05 09:15:00"}}).result(),
              "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
    EXPECT_EQ(create("F1", {}).result(), "ACQ.INVALID_PARAMETER");
    AliRig::Params params = rig.params("alipay.trade.precreate", codec::write_json(order_content("F1")));
    params["notify_url"] = "shop.test/notify";
    EXPECT_EQ(rig.send_params(params).result(), "ACQ.INVALID_PARAMETER");
}

TEST_F(AlipayLaunch, how_long_codes_and_trades_live) {
    struct Case {
        std::string number;
        JsonObject more;
        core::Duration code, trade;  // from now; the trade's with a scan after a minute
    };
    const Case cases[] = {
        {"L1", {}, 2h, 24h * 15 + 1min},
        {"L2", {{"timeout_express", "4m"}}, 2h, 5min},
        {"L3", {{"qr_code_timeout_express", "4m"}}, 4min, 4min},
        {"L4", {{"time_expire", "2024-03-05 09:19:00"}}, 4min, 4min},
        {"L5", {{"body", "#sim{expire=240}"}}, 4min, 4min},
        {"L6", {{"timeout_express", "1c"}}, 2h, 14h + 45min},
    };
    const core::Instant start = rig.simulators.clock().now();
    for (const Case& row : cases) {
        for (const std::string which : {"c", "C", "t", "T"}) precreate(row.number + which, row.more);
        rig.simulators.clock().set(start + 1min);
        for (const std::string which : {"t", "T"}) EXPECT_EQ(act(row.number + which, "scan").status, 200);
        rig.simulators.clock().set(start + row.code - 1s);
        EXPECT_EQ(act(row.number + "c", "scan").status, 200) << row.number;
        rig.simulators.clock().set(start + row.code);
        EXPECT_EQ(act(row.number + "C", "scan").status, 409) << row.number;
        rig.simulators.clock().set(start + row.trade - 1s);
        EXPECT_EQ(act(row.number + "t", "pay").status, 200) << row.number;
        rig.simulators.clock().set(start + row.trade);
        EXPECT_EQ(rig.status(row.number + "T"), "TRADE_CLOSED") << row.number;
        EXPECT_EQ(act(row.number + "T", "pay").status, 409) << row.number;
        rig.simulators.clock().set(start);
    }
}

TEST_F(AlipayLaunch, a_code_that_ran_out_is_made_anew) {
    const std::string code = precreate("N1").get("qr_code");
    rig.wait(2h);
    EXPECT_EQ(scan(code).status, 409);
    const std::string fresh = precreate("N1").get("qr_code");
    EXPECT_NE(fresh, code);
    EXPECT_EQ(scan(fresh).status, 200);
}

TEST_F(AlipayLaunch, cancelled_unscanned_it_is_dead) {
    for (const bool has_tombstones : {true, false}) {
        rig.simulators.options().tombstones = has_tombstones;
        const std::string number = has_tombstones ? "D1" : "D2";
        const std::string code = precreate(number).get("qr_code");
        const AliAnswer cancelled = rig.cancel(number);
        EXPECT_EQ(cancelled.result(), "10000");
        EXPECT_EQ(cancelled.get("action"), "");
        EXPECT_EQ(cancelled.get("retry_flag"), "N");
        EXPECT_EQ(scan(code).status, 409);
        EXPECT_EQ(rig.status(number), "ACQ.TRADE_NOT_EXIST");
        EXPECT_EQ(precreate(number).result(), "ACQ.TRADE_HAS_CLOSE");
    }
}

TEST_F(AlipayLaunch, cancelled_scanned_or_paid) {
    precreate("E1");
    act("E1", "scan");
    EXPECT_EQ(rig.cancel("E1").get("action"), "close");
    EXPECT_EQ(rig.status("E1"), "TRADE_CLOSED");
    precreate("E2");
    act("E2", "pay");
    rig.query_alipay("E2");
    EXPECT_EQ(rig.cancel("E2").get("action"), "refund");
    EXPECT_EQ(rig.cancel("E2").get("action"), "refund");
    EXPECT_EQ(rig.money_of("E2"), std::pair(100L, 100L));
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{});
}

TEST_F(AlipayLaunch, close_is_for_what_is_unpaid) {
    precreate("C1");
    act("C1", "scan");
    EXPECT_EQ(close("C1").result(), "10000");
    rig.wait_s(1);
    EXPECT_EQ(rig.status("C1"), "TRADE_CLOSED");
    EXPECT_EQ(close("C1").result(), "ACQ.REASON_TRADE_STATUS_INVALID");
    precreate("C2");
    act("C2", "pay");
    EXPECT_EQ(close("C2").result(), "ACQ.TRADE_STATUS_ERROR");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{});
}

TEST_F(AlipayLaunch, a_trade_for_a_named_buyer_exists_at_once) {
    const AliAnswer made = create("T1");
    EXPECT_EQ(made.get("trade_no").size(), 28U);
    EXPECT_EQ(rig.status("T1"), "WAIT_BUYER_PAY");
    EXPECT_EQ(create("T1").get("trade_no"), made.get("trade_no"));
    EXPECT_EQ(scan(made.get("trade_no")).status, 200);
    act("T1", "pay");
    rig.wait_s(2);
    EXPECT_EQ(rig.query_alipay("T1").get("buyer_user_id"), "2088000000000007");
    create("T2", {{"buyer_open_id", "0a9EabXY"}});
    EXPECT_EQ(rig.query_alipay("T2").get("buyer_open_id"), "0a9EabXY");
    create("T3", {{"buyer_id", "2088000000000007"}, {"timeout_express", "4m"}});
    rig.wait(4min);
    EXPECT_EQ(rig.status("T3"), "TRADE_CLOSED");
}

TEST_F(AlipayLaunch, a_signed_string_becomes_a_trade_when_the_payer_brings_it) {
    const std::string text = signed_string("app.pay", order_content("S1"));
    EXPECT_EQ(rig.status("S1"), "ACQ.TRADE_NOT_EXIST");
    rig.wait(1h);  // the string's timestamp is old by then
    const net::Response opened = scan(text);
    EXPECT_EQ(opened.status, 200) << opened.body;
    EXPECT_EQ(rig.status("S1"), "WAIT_BUYER_PAY");
    EXPECT_EQ(scan(text).status, 200);
    EXPECT_EQ(scan(signed_string("app.pay", order_content("S1", {{"body", "x"}}))).status, 409);
    EXPECT_EQ(scan(text + "&extra=1").status, 409);  // not what was signed
    EXPECT_EQ(rig.cancel("S1").result(), "ACQ.CANCEL_NOT_ALLOWED");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{"cancel_on_launched"});
    act("S1", "pay");
    EXPECT_EQ(scan(text).status, 409);
    rig.wait_s(2);
    EXPECT_EQ(rig.status("S1"), "TRADE_SUCCESS");
}

TEST_F(AlipayLaunch, a_page_sends_the_browser_to_the_cashier) {
    const JsonObject content = order_content("W1", {{"product_code", "QUICK_WAP_WAY"}});
    net::Request request;
    request.method = "GET";
    request.target = "/gateway.do?" + signed_string("wap.pay", content);
    const net::Response answer = rig.send(std::move(request));
    EXPECT_EQ(answer.status, 302);
    const std::string location(answer.headers.find("Location").value_or(""));
    const std::string trade_no = rig.query_alipay("W1").get("trade_no");
    EXPECT_EQ(location, "/_sim/wallet?content=" + trade_no);
    EXPECT_EQ(scan(signed_string("wap.pay", order_content("W2"))).status, 409);  // no product_code
    EXPECT_EQ(
        scan(signed_string("page.pay", order_content("W3", {{"product_code", "FAST_INSTANT_TRADE_PAY"}})))
            .status,
        200);
}

TEST_F(AlipayLaunch, refunds) {
    precreate("R1", {{"body", "#sim{pay=auto}"}});
    EXPECT_EQ(rig.status("R1"), "TRADE_SUCCESS");
    EXPECT_EQ(rig.refund("R1", "RR1", 30).get("fund_change"), "Y");
    rig.wait_s(2);
    EXPECT_EQ(rig.status("R1"), "TRADE_SUCCESS");
    EXPECT_EQ(rig.refund("R1", "RR2", 70).get("fund_change"), "Y");
    rig.wait_s(2);
    EXPECT_EQ(rig.status("R1"), "TRADE_CLOSED");
    EXPECT_EQ(rig.query_refund("R1", "RR1").get("refund_status"), "REFUND_SUCCESS");
}

TEST_F(AlipayLaunch, directives) {
    precreate("P1", {{"body", "#sim{scan=10;pay=30}"}});
    precreate("P2", {{"body", "#sim{scan=10}"}});
    rig.wait_s(9);
    EXPECT_EQ(rig.status("P1"), "ACQ.TRADE_NOT_EXIST");
    rig.wait_s(1);
    EXPECT_EQ(rig.status("P1"), "WAIT_BUYER_PAY");
    rig.wait_s(20);
    EXPECT_EQ(rig.query_alipay("P1").get("send_pay_date"), "2024-03-05 09:15:30");
    EXPECT_EQ(rig.status("P2"), "WAIT_BUYER_PAY");
}

}  // namespace
}  // namespace huitong::sim

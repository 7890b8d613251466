// Orders by API v3: payment codes with every scenario, orders that the payer starts, both APIs over the same
// books, faults, and what WeChat holds against its caller (spec/channels 1B.4, 6.3).
#include <gtest/gtest.h>

#include "sim/wechat/v3_test_support.hpp"

namespace huitong::sim {
namespace {

using Strings = std::vector<std::string>;

void next_fault(V3Rig& rig, const std::string& op, const std::string& action) {
    rig.control_json("POST", "faults",
                     R"({"match":{"channel":"wechat","op":")" + op + R"("},"do":")" + action + R"("})");
}

TEST(WechatV3Pay, paid_at_once) {
    V3Rig rig;
    const V3Answer paid = rig.codepay("P1", rig.code(0), 1000);
    ASSERT_EQ(paid.result(), "200");
    EXPECT_TRUE(rig.is_signed_v3(paid));
    EXPECT_EQ(paid.get("appid"), "wx8888888888888888");
    EXPECT_EQ(paid.get("mchid"), "1900000109");
    EXPECT_EQ(paid.get("out_trade_no"), "P1");
    EXPECT_EQ(paid.get("transaction_id"), "4200000001202403050000000001");
    EXPECT_EQ(paid.get("trade_type"), "MICROPAY");
    EXPECT_EQ(paid.get("trade_state"), "SUCCESS");
    EXPECT_EQ(paid.get("trade_state_desc"), "支付成功");
    EXPECT_EQ(paid.get("attach"), "till 7");
    EXPECT_EQ(paid.get("success_time"), "2024-03-05T09:15:00+08:00");
    EXPECT_TRUE(paid.get("payer.openid").starts_with("oUpF8"));
    EXPECT_EQ(codec::write_json(*paid.json.find("amount")),
              R"({"total":1000,"payer_total":1000,"currency":"CNY","payer_currency":"CNY"})");
    EXPECT_EQ(rig.violated_rules(), Strings{});
}

TEST(WechatV3Pay, a_payer_who_must_confirm_is_a_202_and_nothing_else) {
    V3Rig rig;
    const V3Answer waiting = rig.codepay("P1", rig.code(1, 8));
    EXPECT_EQ(waiting.http.status, 202);
    EXPECT_EQ(waiting.http.body, R"({"trade_state":"USERPAYING"})");
    EXPECT_TRUE(rig.is_signed_v3(waiting));
    EXPECT_EQ(rig.state_v3("P1"), "USERPAYING");
    rig.wait_s(8);
    EXPECT_EQ(rig.state_v3("P1"), "SUCCESS");
}

TEST(WechatV3Pay, codes_that_refuse) {
    V3Rig rig;
    const std::map<int, std::string> results{
        {5, "403 NOTENOUGH"},          {6, "403 AUTHCODEEXPIRE"},    {7, "403 AUTH_CODE_ERROR"},
        {8, "403 AUTH_CODE_INVALID"},  {9, "403 TRADE_ERROR"},       {10, "500 SYSTEM_ERROR"},
        {11, "500 SYSTEM_ERROR"},      {19, "500 BANK_ERROR"},       {20, "403 RULELIMIT"},
        {44, "429 FREQUENCY_LIMITED"}, {50, "403 OUT_TRADE_NO_USED"}};
    for (const auto& [ss, result] : results) {
        const V3Answer answer = rig.codepay("P" + std::to_string(ss), rig.code(ss));
        EXPECT_EQ(answer.result(), result) << ss;
        EXPECT_NE(answer.get("message"), "") << ss;
        EXPECT_TRUE(rig.is_signed_v3(answer)) << ss;
    }
    EXPECT_EQ(rig.state_v3("P10"), "404 ORDER_NOT_EXIST");
    for (const char* const number : {"P11", "P19", "P50"})
        EXPECT_EQ(rig.state_v3(number), "SUCCESS") << number;
    EXPECT_EQ(rig.state_v3("P5"), "PAYERROR");
}

TEST(WechatV3Pay, answers_that_go_wrong_on_the_wire) {
    V3Rig rig;
    EXPECT_EQ(rig.codepay("P13", rig.code(13)).http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.codepay("P14", rig.code(14)).http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.codepay("P16", rig.code(16)).http.status, 502);
    EXPECT_EQ(rig.codepay("P17", rig.code(17)).http.delivery, net::Delivery::truncate);
    const V3Answer forged = rig.codepay("P18", rig.code(18));
    EXPECT_EQ(forged.result(), "200");
    EXPECT_FALSE(rig.is_signed_v3(forged));
    const core::Instant start = rig.time.now();
    EXPECT_TRUE(rig.is_signed_v3(rig.codepay("P15", rig.code(15, 20)))) << "signed when it leaves";
    EXPECT_EQ(rig.time.now() - start, std::chrono::seconds(20));
    const Strings states{rig.state_v3("P13"), rig.state_v3("P14"), rig.state_v3("P16"), rig.state_v3("P17")};
    EXPECT_EQ(states, (Strings{"404 ORDER_NOT_EXIST", "SUCCESS", "404 ORDER_NOT_EXIST", "SUCCESS"}));
}

TEST(WechatV3Pay, a_call_in_flight_meets_the_tombstone_of_its_reversal) {
    V3Rig rig;
    const auto flying = rig.start(
        rig.v3_request("POST", "/v3/pay/transactions/codepay", V3Rig::codepay_body("P1", rig.code(22, 30))));
    rig.wait_s(16);
    EXPECT_EQ(rig.state_v3("P1"), "404 ORDER_NOT_EXIST");
    EXPECT_EQ(rig.reverse_v3("P1").result(), "200");
    rig.wait_s(20);
    ASSERT_TRUE(flying->has_value());
    EXPECT_EQ(V3Rig::to_v3(**flying).result(), "400 ORDER_CLOSED");
    EXPECT_EQ(rig.money("P1").first, 0);
}

TEST(WechatV3Pay, the_same_number_again) {
    V3Rig rig;
    rig.codepay("P1", rig.code(0));
    EXPECT_EQ(rig.codepay("P1", rig.code(0)).result(), "403 OUT_TRADE_NO_USED");
    rig.codepay("P2", rig.code(5));
    EXPECT_EQ(rig.codepay("P2", rig.code(0)).result(), "403 OUT_TRADE_NO_USED");
    EXPECT_EQ(rig.violated_rules(), (Strings{"micropay_repeated", "micropay_repeated"}));
}

TEST(WechatV3Query, by_both_numbers_and_across_the_apis) {
    V3Rig rig;
    const std::string id = rig.codepay("P1", rig.code(0)).get("transaction_id");
    EXPECT_EQ(rig.call("GET", "/v3/pay/transactions/id/" + id + "?mchid=1900000109").get("out_trade_no"),
              "P1");
    EXPECT_EQ(rig.state("P1"), "SUCCESS") << "API v2 knows it";
    rig.pay("P2", rig.code(0), 250);
    const V3Answer of_v2 = rig.query_v3("P2");
    EXPECT_EQ(of_v2.get("trade_state"), "SUCCESS");
    EXPECT_EQ(of_v2.get("amount.total"), "250");
    EXPECT_EQ(
        rig.call("GET", "/v3/pay/transactions/id/4200000001202403050000000009?mchid=1900000109").result(),
        "404 ORDER_NOT_EXIST");
    rig.wait_s(16);
    EXPECT_EQ(rig.reverse_v3("P2").result(), "200");
    EXPECT_EQ(rig.state("P2"), "REVOKED");
    EXPECT_EQ(rig.state_v3("P2"), "REVOKED");
    EXPECT_EQ(rig.codepay("P2", rig.code(0)).result(), "400 ORDER_CLOSED");
}

TEST(WechatV3Query, scenarios_of_the_code) {
    V3Rig rig;
    rig.codepay("P40", rig.code(40, 1));
    EXPECT_EQ(rig.state_v3("P40"), "500 SYSTEM_ERROR");
    EXPECT_EQ(rig.state_v3("P40"), "SUCCESS");
    rig.codepay("P41", rig.code(41, 10));
    EXPECT_EQ(rig.state_v3("P41"), "404 ORDER_NOT_EXIST");
    rig.wait_s(10);
    EXPECT_EQ(rig.state_v3("P41"), "SUCCESS");
    rig.codepay("P42", rig.code(42, 1));
    EXPECT_EQ(rig.query_v3("P42").http.delivery, net::Delivery::drop);
    rig.codepay("P43", rig.code(43));
    const V3Answer other = rig.query_v3("P43");
    EXPECT_EQ(other.get("amount.total"), "101");
    EXPECT_TRUE(rig.is_signed_v3(other));
}

TEST(WechatV3Reverse, once_and_again) {
    V3Rig rig;
    rig.codepay("P1", rig.code(0), 900);
    rig.wait_s(16);
    for (int i = 0; i < 2; ++i) {
        const V3Answer reversed = rig.reverse_v3("P1");
        EXPECT_EQ(reversed.http.body,
                  R"({"appid":"wx8888888888888888","mchid":"1900000109","out_trade_no":"P1"})");
        EXPECT_TRUE(rig.is_signed_v3(reversed));
    }
    EXPECT_EQ(rig.money("P1"), (std::pair<std::int64_t, std::int64_t>{900, 900}));
    EXPECT_EQ(rig.violated_rules(), Strings{});
}

TEST(WechatV3Reverse, scenarios_of_the_code) {
    V3Rig rig;
    const auto reversals = [&](int ss, int tt, int times) {
        const std::string number = "P" + std::to_string(ss);
        rig.codepay(number, rig.code(ss, tt));
        rig.wait_s(16);
        Strings results;
        for (int i = 0; i < times; ++i) {
            const V3Answer answer = rig.reverse_v3(number);
            results.push_back(answer.http.delivery == net::Delivery::drop ? "lost" : answer.result());
        }
        return results;
    };
    EXPECT_EQ(reversals(30, 2, 3), (Strings{"500 SYSTEM_ERROR", "500 SYSTEM_ERROR", "200"}))
        << "there is no field that asks for the call again";
    EXPECT_EQ(reversals(31, 1, 2), (Strings{"500 SYSTEM_ERROR", "200"}));
    EXPECT_EQ(reversals(32, 1, 2), (Strings{"lost", "200"}));
    EXPECT_EQ(reversals(33, 0, 3), (Strings{"500 SYSTEM_ERROR", "500 SYSTEM_ERROR", "500 SYSTEM_ERROR"}));
    EXPECT_EQ(reversals(34, 30, 1), (Strings{"202 USERPAYING"}));
    EXPECT_EQ(reversals(35, 0, 1), (Strings{"403 NOTENOUGH"}));
    EXPECT_EQ(reversals(21, 0, 1), (Strings{"200"}));
    EXPECT_EQ(rig.money("P21"), (std::pair<std::int64_t, std::int64_t>{100, 100})) << "paid, then given back";
    EXPECT_EQ(rig.money("P33").second, 0);
}

TEST(WechatV3Reverse, manners) {
    V3Rig rig;
    rig.codepay("P1", rig.code(10));
    EXPECT_EQ(rig.reverse_v3("P1").result(), "200");
    EXPECT_EQ(rig.violated_rules(), (Strings{"reverse_too_early", "reverse_without_query"}));
    rig.simulators.violations().clear();
    rig.query_v3("P1");
    rig.query_v3("P1");
    EXPECT_EQ(rig.violated_rules(), Strings{"query_too_often"});
}

TEST(WechatV3Launch, what_opens_each) {
    V3Rig rig;
    const V3Answer native = rig.launch_v3("native", "N1");
    EXPECT_TRUE(native.get("code_url").starts_with("weixin://wxpay/bizpayurl?pr="));
    EXPECT_TRUE(rig.is_signed_v3(native));
    const std::string buyer = R"(,"payer":{"openid":"oBuyer"})";
    EXPECT_TRUE(rig.launch_v3("jsapi", "N2", "", buyer).get("prepay_id").starts_with("wx2024"));
    EXPECT_TRUE(rig.launch_v3("app", "N3").get("prepay_id").starts_with("wx2024"));
    EXPECT_TRUE(rig.launch_v3("h5", "N4", "", R"(,"scene_info":{"payer_client_ip":"1.2.3.4"})")
                    .get("h5_url")
                    .starts_with("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx"));
    EXPECT_EQ(rig.launch_v3("jsapi", "N5").get("detail.field"), "/payer/openid");
    EXPECT_EQ(rig.launch_v3("h5", "N6").get("detail.field"), "/scene_info/payer_client_ip");
    EXPECT_EQ(rig.state_v3("N1"), "NOTPAY");
    rig.act("wechat", "N2", "pay");
    const V3Answer paid = rig.query_v3("N2");
    EXPECT_EQ(paid.get("trade_type"), "JSAPI");
    EXPECT_EQ(paid.get("payer.openid"), "oBuyer");
}

TEST(WechatV3Launch, repeated_changed_paid_closed_and_known_to_v2) {
    V3Rig rig;
    const std::string code = rig.launch_v3("native", "N1").get("code_url");
    EXPECT_EQ(rig.launch_v3("native", "N1").get("code_url"), code);
    EXPECT_EQ(rig.launch_v3("app", "N1").result(), "403 OUT_TRADE_NO_USED");
    EXPECT_EQ(rig.order("N1").result(), "INVALID_REQUEST") << "API v2 asks for something else";
    EXPECT_EQ(rig.reverse_v3("N1").result(), "400 TRADE_STATE_ERROR");
    EXPECT_EQ(rig.codepay("N1", rig.code(0)).result(), "403 OUT_TRADE_NO_USED");
    EXPECT_EQ(rig.violated_rules(), Strings{"reverse_on_launched"});
    rig.act("wechat", "N1", "pay");
    EXPECT_EQ(rig.launch_v3("native", "N1").result(), "403 OUT_TRADE_NO_USED");
    EXPECT_EQ(rig.state("N1"), "SUCCESS");
    rig.order("N2");
    EXPECT_EQ(rig.close_v3("N2").http.status, 204) << "made by API v2";
    EXPECT_EQ(rig.launch_v3("native", "N2").result(), "400 ORDER_CLOSED");
}

TEST(WechatV3Launch, closes_at_its_time) {
    V3Rig rig;
    rig.launch_v3("native", "N1", "", R"(,"time_expire":"2024-03-05T09:25:00+08:00")");
    rig.launch_v3("native", "N2");
    rig.wait_s(600);
    EXPECT_EQ(rig.state_v3("N1"), "CLOSED");
    EXPECT_EQ(rig.state_v3("N2"), "NOTPAY");
    rig.wait_s(2 * 3600);
    EXPECT_EQ(rig.state_v3("N2"), "CLOSED");
    for (const char* const end : {"2024-03-05T09:15:30+08:00", "20240305091530"}) {
        const V3Answer bad = rig.launch_v3("native", "N3", "", fmt::format(R"(,"time_expire":"{}")", end));
        EXPECT_EQ(bad.get("detail.field"), "/time_expire") << end;
    }
}

TEST(WechatV3Close, is_a_signed_nothing) {
    V3Rig rig;
    rig.launch_v3("native", "N1");
    const V3Answer closed = rig.close_v3("N1");
    EXPECT_EQ(closed.http.status, 204);
    EXPECT_EQ(closed.http.body, "");
    EXPECT_TRUE(rig.is_signed_v3(closed));
    EXPECT_EQ(rig.close_v3("N1").result(), "400 ORDER_CLOSED");
    EXPECT_EQ(rig.close_v3("N9").result(), "404 ORDER_NOT_EXIST");
    rig.launch_v3("native", "N2", "#sim{pay=auto}");
    EXPECT_EQ(rig.close_v3("N2").result(), "400 ORDERPAID");
    rig.codepay("P1", rig.code(1, 60));
    EXPECT_EQ(rig.close_v3("P1").result(), "400 TRADE_STATE_ERROR");
    EXPECT_EQ(rig.violated_rules(), Strings{"close_on_barcode"});
}

TEST(WechatV3Fields, what_is_wrong_is_named) {
    V3Rig rig;
    const std::string good = V3Rig::codepay_body("P1", "130000000000000000");
    const auto field = [&](const std::string& from, const std::string& to) {
        std::string body = good;
        body.replace(body.find(from), from.size(), to);
        const V3Answer answer = rig.call("POST", "/v3/pay/transactions/codepay", body);
        EXPECT_EQ(answer.result(), "400 PARAM_ERROR") << body;
        EXPECT_TRUE(rig.is_signed_v3(answer));
        return answer.get("detail.field");
    };
    EXPECT_EQ(field(R"("description":"杯子 <&>",)", ""), "/description");
    EXPECT_EQ(field(R"("description":"杯子 <&>",)", R"("description":null,)"), "/description");
    EXPECT_EQ(field("till 7", std::string(129, 'x')), "/attach");
    EXPECT_EQ(field(R"("P1")", R"("P 1")"), "/out_trade_no");
    EXPECT_EQ(field(R"("P1")", "1"), "/out_trade_no");
    EXPECT_EQ(field(R"("total":100)", R"("total":"100")"), "/amount/total");
    EXPECT_EQ(field(R"("total":100)", R"("total":0)"), "/amount/total");
    EXPECT_EQ(field(R"("total":100)", R"("total":1.5)"), "/amount/total");
    EXPECT_EQ(field("CNY", "USD"), "/amount/currency");
    EXPECT_EQ(field("130000000000000000", "160000000000000000"), "/payer/auth_code");
    EXPECT_EQ(field(R"("store_info":{"out_id":"S1"})", ""), "/scene_info/store_info");
    EXPECT_EQ(field(R"({"out_id":"S1"})", R"("S1")"), "/scene_info/store_info");
    EXPECT_EQ(rig.call("POST", "/v3/pay/transactions/codepay", "{").result(), "400 PARAM_ERROR");
    EXPECT_EQ(rig.call("POST", "/v3/pay/transactions/codepay", "[]").result(), "400 PARAM_ERROR");
    EXPECT_EQ(rig.call("POST", "/v3/pay/transactions/codepay", good).result(), "200");
}

TEST(WechatV3Faults, all_of_them_in_its_dialect) {
    V3Rig rig;
    rig.codepay("P1", rig.code(0));
    const auto query = [&](const std::string& action) {
        rig.wait_s(1);
        next_fault(rig, "orderquery", action);
        return rig.query_v3("P1");
    };
    for (const auto& [code, result] :
         std::map<std::string, std::string>{{"SYSTEM_ERROR", "500 SYSTEM_ERROR"},
                                            {"SYSTEMERROR", "500 SYSTEMERROR"},
                                            {"ORDERNOTEXIST", "404 ORDERNOTEXIST"},
                                            {"RATELIMIT_EXCEEDED", "429 RATELIMIT_EXCEEDED"},
                                            {"SOMETHING_NEW", "403 SOMETHING_NEW"}}) {
        const V3Answer answer = query("code:" + code);
        EXPECT_EQ(answer.result(), result);
        EXPECT_TRUE(rig.is_signed_v3(answer));
    }
    EXPECT_EQ(query("not_found").result(), "404 ORDER_NOT_EXIST");
    EXPECT_EQ(query("http:503").http.status, 503);
    EXPECT_FALSE(rig.is_signed_v3(query("badsign")));
    EXPECT_EQ(query("body:{}").http.body, "{}");
    EXPECT_EQ(query("timeout").http.delivery, net::Delivery::drop);
    EXPECT_EQ(query("reset_before").http.delivery, net::Delivery::drop);
    const V3Answer other = query("amount:7");
    EXPECT_EQ(other.get("amount.total"), "7");
    EXPECT_TRUE(rig.is_signed_v3(other));
    next_fault(rig, "micropay", "code:USERPAYING");
    EXPECT_EQ(rig.codepay("P2", rig.code(0)).result(), "202 USERPAYING") << "as an error, nothing executed";
    EXPECT_EQ(rig.state_v3("P2"), "404 ORDER_NOT_EXIST");
    EXPECT_EQ(rig.violated_rules(), Strings{});
}

TEST(WechatV3Journal, shows_what_the_call_was) {
    V3Rig rig;
    rig.codepay("P1", rig.code(0));
    rig.query_v3("P1");
    const auto& entries = rig.simulators.journal().entries();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].op, "micropay");
    EXPECT_EQ(entries[0].out_trade_no, "P1");
    EXPECT_TRUE(entries[0].request.starts_with("POST /v3/pay/transactions/codepay\n{\"appid\""));
    EXPECT_EQ(entries[1].request, "GET /v3/pay/transactions/out-trade-no/P1?mchid=1900000109\n");
    EXPECT_EQ(entries[1].op, "orderquery");
}

TEST(WechatV3Refund, accepted_then_settled) {
    V3Rig rig;
    rig.codepay("P1", rig.code(0), 1000);
    const V3Answer accepted = rig.refund_v3("P1", "R1", 300, 1000);
    ASSERT_EQ(accepted.result(), "200");
    EXPECT_TRUE(rig.is_signed_v3(accepted));
    EXPECT_EQ(accepted.get("status"), "PROCESSING");
    EXPECT_EQ(accepted.get("success_time"), "");
    EXPECT_EQ(accepted.get("create_time"), "2024-03-05T09:15:00+08:00");
    EXPECT_EQ(codec::write_json(*accepted.json.find("amount")),
              R"({"total":1000,"refund":300,"payer_total":1000,"payer_refund":300,"settlement_refund":300,)"
              R"("settlement_total":1000,"discount_refund":0,"currency":"CNY"})");
    const V3Answer settled = rig.refund_query_v3("R1");
    EXPECT_EQ(settled.get("status"), "SUCCESS");
    EXPECT_EQ(settled.get("success_time"), "2024-03-05T09:15:00+08:00");
    EXPECT_EQ(settled.get("refund_id"), accepted.get("refund_id"));
    EXPECT_EQ(rig.refund_v3("P1", "R1", 300, 1000).get("refund_id"), accepted.get("refund_id"));
    EXPECT_EQ(rig.refund_v3("P1", "R1", 301, 1000).result(), "400 INVALID_REQUEST");
    EXPECT_EQ(rig.refund_query_v3("R2").result(), "404 RESOURCE_NOT_EXISTS");
    EXPECT_EQ(rig.money("P1"), (std::pair<std::int64_t, std::int64_t>{1000, 300}));
    EXPECT_EQ(rig.state_v3("P1"), "REFUND");
    EXPECT_EQ(Rig::to_answer(rig.send(Rig::request("/pay/refundquery", {{"out_refund_no", "R1"}})))
                  .get("refund_status_0"),
              "SUCCESS")
        << "API v2 knows it";
}

TEST(WechatV3Refund, refused) {
    V3Rig rig;
    rig.codepay("P1", rig.code(0), 1000);
    EXPECT_EQ(rig.refund_v3("P1", "R1", 300, 999).result(), "400 INVALID_REQUEST");
    EXPECT_EQ(rig.refund_v3("P1", "R1", 1001, 1000).get("detail.field"), "/amount/refund");
    EXPECT_EQ(rig.refund_v3("P9", "R1", 1, 1000).result(), "404 ORDER_NOT_EXIST");
    rig.refund_v3("P1", "R1", 300, 1000);
    EXPECT_EQ(rig.refund_v3("P1", "R2", 300, 1000).result(), "429 FREQUENCY_LIMITED");
    EXPECT_EQ(rig.violated_rules(), Strings{"refund_too_soon"});
    rig.wait_s(61);
    EXPECT_EQ(rig.refund_v3("P1", "R2", 701, 1000).result(), "400 INVALID_REQUEST");
    EXPECT_EQ(rig.call("POST", "/v3/refund/domestic/refunds",
                       R"({"out_refund_no":"R3","amount":{"refund":1,"total":1000,"currency":"CNY"}})")
                  .get("detail.field"),
              "/out_trade_no");
}

TEST(WechatV3Refund, as_its_reason_asks) {
    V3Rig rig;
    const auto refund = [&](const std::string& number, const std::string& play) {
        rig.codepay("P" + number, rig.code(0, 0, number[0]));  // a payer of its own
        const V3Answer answer = rig.refund_v3("P" + number, "R" + number, 100, 100,
                                              R"(,"reason":"#sim{refund=)" + play + R"(}")");
        return answer.http.delivery == net::Delivery::drop ? "lost" : answer.result();
    };
    const auto status = [&](const std::string& number) {
        return rig.refund_query_v3("R" + number).get("status");
    };
    EXPECT_EQ(refund("1", "syserr:1"), "500 SYSTEM_ERROR");
    EXPECT_EQ(refund("2", "needretry"), "500 BIZERR_NEED_RETRY");
    EXPECT_EQ(refund("3", "lost"), "lost");
    EXPECT_EQ(status("3"), "SUCCESS");
    EXPECT_EQ(refund("4", "abnormal"), "200");
    EXPECT_EQ(status("4"), "ABNORMAL");
    EXPECT_EQ(refund("5", "close"), "200");
    EXPECT_EQ(status("5"), "CLOSED");
    EXPECT_EQ(refund("6", "processing:60"), "200");
    EXPECT_EQ(status("6"), "PROCESSING");
    rig.wait_s(60);
    EXPECT_EQ(status("6"), "SUCCESS");
}

}  // namespace
}  // namespace huitong::sim

// What the simulated Alipay refuses, how its answers look, what numbers and cancels come to, what it holds
// against a client's manners, and its side of the control plane.
#include "sim/alipay/channel.hpp"

#include <gtest/gtest.h>

#include "sim/alipay/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Rules = std::vector<std::string>;
using Money = std::pair<std::int64_t, std::int64_t>;

TEST(AlipayAnswer, has_the_shape_of_the_gateway) {
    AliRig rig;
    const AliAnswer paid = rig.pay_alipay("A1", rig.ali_code(0), 1050);
    EXPECT_EQ(paid.http.status, 200);
    EXPECT_EQ(paid.http.headers.find("content-type").value_or(""), "text/html;charset=utf-8");
    EXPECT_FALSE(paid.http.headers.find("trace_id").value_or("").empty());
    EXPECT_EQ(paid.key, "alipay_trade_pay_response");
    EXPECT_TRUE(paid.is_signed_well());
    EXPECT_EQ(codec::raw_members(paid.http.body)->back().first, "sign");
    EXPECT_EQ(paid.result(), "10000");
    EXPECT_EQ(paid.get("msg"), "Success");
    EXPECT_EQ(paid.get("out_trade_no"), "A1");
    EXPECT_EQ(paid.get("trade_no"), "2024030522001434500000000001");
    EXPECT_EQ(paid.get("gmt_payment"), "2024-03-05 09:15:00");
    for (const char* const name : {"total_amount", "receipt_amount", "buyer_pay_amount", "invoice_amount"}) {
        EXPECT_EQ(paid.get(name), "10.50") << name;
    }
    EXPECT_NE(paid.object.find(R"("fund_bill_list":[{"amount":"10.50","fund_channel":"ALIPAYACCOUNT"}])"),
              std::string::npos);
    const AliAnswer query = rig.query_alipay("A1");
    EXPECT_EQ(query.key, "alipay_trade_query_response");
    EXPECT_EQ(query.get("trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(query.get("send_pay_date"), "2024-03-05 09:15:00");
    EXPECT_EQ(query.get("buyer_user_id"), paid.get("buyer_user_id"));
}

TEST(AlipayAnswer, escapes_slashes_and_signs_them_so) {
    AliRig rig;
    rig.simulators.add_fault(Fault{.action = FaultAction::code, .text = "ACQ.A/B"});
    const AliAnswer refused = rig.pay_alipay("A1", rig.ali_code(0));
    EXPECT_NE(refused.object.find(R"(ACQ.A\/B)"), std::string::npos);
    EXPECT_TRUE(refused.is_signed_well());
    EXPECT_EQ(refused.result(), "ACQ.A/B");
}

TEST(AlipayGateway, takes_parameters_from_query_body_or_both) {
    AliRig rig;
    const auto split_at = [&](const std::string& number, const std::string& method, bool body_has_content) {
        auto params =
            rig.params("alipay.trade.pay", codec::write_json(AliRig::pay_content(number, rig.ali_code(0))));
        AliRig::sign(params);
        codec::FormFields query;
        codec::FormFields body;
        for (const auto& field : params) {
            const bool is_body = body_has_content && field.first == "biz_content";
            (is_body ? body : query).push_back(field);
        }
        net::Request request;
        request.method = method;
        request.target = "/gateway.do?" + codec::write_form(query);
        request.body = codec::write_form(body);
        return AliRig::to_ali(rig.send(request)).result();
    };
    EXPECT_EQ(split_at("A1", "POST", true), "10000");
    EXPECT_EQ(split_at("A2", "POST", false), "10000");
    EXPECT_EQ(split_at("A3", "GET", false), "10000");
    net::Request twice = AliRig::to_request(rig.params("alipay.trade.query", "{}"));
    twice.target = "/gateway.do?app_id=1";
    EXPECT_EQ(AliRig::to_ali(rig.send(twice)).result(), "isv.invalid-parameter");
    twice.method = "PUT";
    EXPECT_EQ(rig.send(twice).status, 405);
}

TEST(AlipayGateway, refuses_wrong_public_parameters) {
    AliRig rig;
    const auto with = [&](const std::string& name, const std::string& value) {
        auto params = rig.params("alipay.trade.query", R"({"out_trade_no":"A1"})");
        params[name] = value;
        if (value.empty()) params.erase(name);
        return rig.send_params(params);
    };
    EXPECT_EQ(with("nothing", "").result(), "ACQ.TRADE_NOT_EXIST") << "otherwise good";
    const std::tuple<const char*, const char*, const char*, const char*> cases[] = {
        {"app_id", "", "40001", "isv.missing-app-id"},
        {"app_id", "2021999999999999", "40002", "isv.invalid-app-id"},
        {"method", "", "40001", "isv.missing-method"},
        {"method", "alipay.trade.royalty", "40002", "isv.invalid-method"},
        {"sign_type", "", "40001", "isv.missing-signature-type"},
        {"sign_type", "RSA", "40002", "isv.invalid-signature-type"},
        {"charset", "", "40002", "isv.invalid-charset"},
        {"charset", "gbk", "40002", "isv.invalid-charset"},
        {"format", "XML", "40002", "isv.invalid-format"},
        {"version", "", "40001", "isv.missing-version"},
        {"version", "2.0", "40002", "isv.invalid-version"},
        {"timestamp", "", "40001", "isv.missing-timestamp"},
        {"timestamp", "20240305091500", "40002", "isv.invalid-timestamp"},
        {"timestamp", "2024-03-05 09:04:59", "40002", "isv.invalid-timestamp"},
        {"timestamp", "2024-03-05 09:25:01", "40002", "isv.invalid-timestamp"},
        {"app_auth_token", "no-such-token", "20001", "aop.invalid-app-auth-token"},
        {"biz_content", "", "40001", "isv.missing-biz-content"},
        {"biz_content", "{", "40002", "isv.invalid-parameter"},
        {"biz_content", "[]", "40002", "isv.invalid-parameter"},
    };
    for (const auto& [name, value, code, sub_code] : cases) {
        const AliAnswer answer = with(name, value);
        EXPECT_EQ(answer.get("code"), code) << name << "=" << value;
        EXPECT_EQ(answer.result(), sub_code) << name << "=" << value;
        const bool is_known = std::string_view(name) != "app_id";
        EXPECT_EQ(answer.is_signed_well(), is_known) << name;
    }
    EXPECT_EQ(with("timestamp", "2024-03-05 09:05:00").result(), "ACQ.TRADE_NOT_EXIST")
        << "within the window";
    EXPECT_EQ(with("method", "alipay.trade.royalty").key, "error_response");
    rig.simulators.options().alipay_timestamp_window_s = 0;
    EXPECT_EQ(with("timestamp", "2023-03-05 09:05:00").result(), "ACQ.TRADE_NOT_EXIST");
}

TEST(AlipayGateway, verifies_the_signature_over_everything_sent) {
    AliRig rig;
    auto params = rig.params("alipay.trade.query", R"({"out_trade_no":"A1"})");
    params["extra"] = "a b+c&d=e%";
    params["return_url"] = "";
    AliRig::sign(params);
    EXPECT_EQ(rig.send_params(params).result(), "ACQ.TRADE_NOT_EXIST");
    auto changed = params;
    changed["extra"] = "other";
    EXPECT_EQ(rig.send_params(changed).result(), "isv.invalid-signature");
    changed = params;
    changed["sign"] = "not base64";
    EXPECT_EQ(rig.send_params(changed).result(), "isv.invalid-signature");
    changed["sign"] = "";
    EXPECT_EQ(rig.send_params(changed).result(), "isv.missing-signature");
    auto without_type = params;
    without_type.erase("sign_type");
    AliRig::sign(without_type);
    without_type["sign_type"] = "RSA2";
    EXPECT_EQ(rig.send_params(without_type).result(), "isv.invalid-signature") << "sign_type takes part";
}

TEST(AlipayGateway, certificate_mode) {
    AliRig rig;
    auto params = rig.params("alipay.trade.query", R"({"out_trade_no":"A1"})");
    params["app_id"] = cert_app;
    EXPECT_EQ(rig.send_params(params).result(), "isv.missing-app-cert-sn");
    params["app_cert_sn"] = "app-sn";
    params["alipay_root_cert_sn"] = "other";
    EXPECT_EQ(rig.send_params(params).result(), "isv.invalid-alipay-root-cert-sn");
    params["alipay_root_cert_sn"] = "root-sn";
    const AliAnswer good = rig.send_params(params);
    EXPECT_EQ(good.result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_TRUE(good.is_signed_well());
    const auto members = codec::raw_members(good.http.body).value();
    ASSERT_EQ(members.size(), 3U);
    EXPECT_EQ(members[1].first, "alipay_cert_sn");
    EXPECT_EQ(members[1].second, "\"alipay-sn\"");
}

TEST(AlipayGateway, service_provider_names_a_known_sub_merchant) {
    AliRig rig;
    const auto send = [&](const std::string& method, const codec::JsonObject& content,
                          const std::string& token) {
        auto params = rig.params("alipay.trade." + method, codec::write_json(content));
        params["app_id"] = provider_app;
        if (!token.empty()) params["app_auth_token"] = token;
        return rig.send_params(params);
    };
    EXPECT_EQ(send("pay", AliRig::pay_content("A1", rig.ali_code(0)), "").get("code"), "40006");
    EXPECT_EQ(send("pay", AliRig::pay_content("A1", rig.ali_code(0)), "no-token").get("code"), "20001");
    EXPECT_EQ(send("pay", AliRig::pay_content("A1", rig.ali_code(0)), "token-of-shop-2").result(), "10000");
    const codec::JsonObject lookup{{"out_trade_no", "A1"}};
    EXPECT_EQ(send("query", lookup, "token-of-shop-1").result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(send("query", lookup, "token-of-shop-2").get("trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(rig.pay_alipay("A1", rig.ali_code(0)).result(), "10000") << "another application's number";
}

TEST(AlipayContent, pay_fields) {
    AliRig rig;
    const auto with = [&](const std::string& name, codec::Json value) {
        auto content = AliRig::pay_content("A1", rig.ali_code(0));
        std::erase_if(content, [&](const auto& member) { return member.first == name; });
        content.emplace_back(name, std::move(value));
        const AliAnswer answer = rig.call("pay", content);
        EXPECT_TRUE(answer.is_signed_well());
        return answer.result();
    };
    for (const char* const required : {"out_trade_no", "scene", "auth_code", "subject", "total_amount"}) {
        EXPECT_EQ(with(required, ""), "ACQ.INVALID_PARAMETER") << required;
    }
    for (const char* const bad : {"0", "0.00", "-1", "1.001", "100000000.01", "1,00", " 1"}) {
        EXPECT_EQ(with("total_amount", bad), "ACQ.INVALID_PARAMETER") << bad;
    }
    EXPECT_EQ(with("out_trade_no", "A-1"), "ACQ.INVALID_PARAMETER");
    EXPECT_EQ(with("out_trade_no", std::string(65, 'A')), "ACQ.INVALID_PARAMETER");
    EXPECT_EQ(with("subject", "a/b"), "ACQ.INVALID_PARAMETER");
    EXPECT_EQ(with("scene", "qr_code"), "ACQ.INVALID_PARAMETER");
    EXPECT_EQ(with("seller_id", "2088000000000000"), "ACQ.INVALID_PARAMETER");
    for (const char* const bad : {"280000000000000", "2800000000000000000000000", "240000000000000000",
                                  "130000000000000000", "28000000000000000a"}) {
        EXPECT_EQ(with("auth_code", bad), "ACQ.PAYMENT_AUTH_CODE_INVALID") << bad;
    }
    EXPECT_EQ(rig.simulators.alipay().totals().pay_calls, 0);
    EXPECT_EQ(with("out_trade_no", std::string(64, 'A')), "10000");
    EXPECT_EQ(with("total_amount", codec::Json(codec::JsonNumber{"1.5"})), "10000");
    EXPECT_EQ(rig.money_of("A1"), (Money{150, 0}));
    EXPECT_EQ(rig.call("query", {}).result(), "ACQ.INVALID_PARAMETER");
}

TEST(AlipayNumbers, are_decided_for_ever) {
    AliRig rig;
    const std::string code = rig.ali_code(0);
    EXPECT_EQ(rig.pay_alipay("A1", code).result(), "10000");
    EXPECT_EQ(rig.pay_alipay("A1", code).result(), "ACQ.TRADE_HAS_SUCCESS");
    EXPECT_EQ(rig.pay_alipay("A2", code).result(), "ACQ.PAYMENT_AUTH_CODE_INVALID");
    EXPECT_EQ(rig.cancel("A1").get("action"), "refund");
    EXPECT_EQ(rig.pay_alipay("A1", rig.ali_code(0)).result(), "ACQ.TRADE_HAS_CLOSE");
    EXPECT_EQ(rig.pay_alipay("A3", rig.ali_code(2), 300).result(), "10003");
    EXPECT_EQ(rig.pay_alipay("A3", rig.ali_code(0), 301).result(), "ACQ.CONTEXT_INCONSISTENT");
    EXPECT_EQ(rig.pay_alipay("A3", rig.ali_code(0), 300).result(), "10003");
    EXPECT_EQ(rig.pay_alipay("A3", rig.ali_code(0, 0, 99), 300).result(), "ACQ.TRADE_BUYER_NOT_MATCH");
    EXPECT_EQ(rig.simulators.alipay().totals().paid_fen, 100);
    EXPECT_EQ(rig.simulators.wechat().totals().orders, 0) << "books of their own";
}

TEST(AlipayLookup, trade_no_wins_and_is_unforgeable) {
    AliRig rig;
    const std::string id = rig.pay_alipay("A1", rig.ali_code(0)).get("trade_no");
    std::string other = id;
    other[9] = '9';
    const auto ask = [&](const std::string& method, const std::string& trade_no) {
        return rig.call(method, {{"trade_no", trade_no}, {"out_trade_no", "A9"}});
    };
    EXPECT_EQ(ask("query", id).get("out_trade_no"), "A1");
    EXPECT_EQ(ask("query", other).result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(ask("cancel", other).result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(ask("cancel", id).get("action"), "refund");
}

TEST(AlipayCancel, of_a_number_never_seen_leaves_a_tombstone) {
    AliRig rig;
    for (int i = 0; i < 2; ++i) {
        const AliAnswer done = rig.cancel("A1");
        EXPECT_EQ(done.result(), "10000");
        EXPECT_EQ(done.get("retry_flag"), "N");
        EXPECT_EQ(done.json.find("action"), nullptr);
        EXPECT_EQ(done.json.find("trade_no"), nullptr);
    }
    EXPECT_EQ(rig.status("A1"), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(rig.pay_alipay("A1", rig.ali_code(0)).result(), "ACQ.TRADE_HAS_CLOSE");
    rig.simulators.options().tombstones = false;
    EXPECT_EQ(rig.cancel("A2").result(), "10000");
    EXPECT_EQ(rig.pay_alipay("A2", rig.ali_code(0)).result(), "10000");
    EXPECT_EQ(rig.money_of("A2"), (Money{100, 0}));
}

TEST(AlipayCancel, closes_or_refunds_once) {
    AliRig rig;
    rig.pay_alipay("A1", rig.ali_code(0));
    rig.pay_alipay("A2", rig.ali_code(2));
    for (int i = 0; i < 2; ++i) {
        const AliAnswer refunded = rig.cancel("A1");
        EXPECT_EQ(refunded.get("action"), "refund");
        EXPECT_EQ(refunded.get("retry_flag"), "N");
        EXPECT_EQ(rig.cancel("A2").get("action"), "close");
    }
    EXPECT_EQ(rig.money_of("A1"), (Money{100, 100}));
    const AliAnswer after = rig.query_alipay("A1");
    EXPECT_EQ(after.get("trade_status"), "TRADE_CLOSED");
    EXPECT_FALSE(after.get("send_pay_date").empty()) << "it was paid";
    const AliAnswer unpaid = rig.query_alipay("A2");
    EXPECT_EQ(unpaid.get("trade_status"), "TRADE_CLOSED");
    EXPECT_EQ(unpaid.json.find("send_pay_date"), nullptr);
    EXPECT_EQ(rig.query_refund("A1", "A1").get("refund_status"), "REFUND_SUCCESS");
    EXPECT_EQ(rig.query_refund("A2", "A2").get("refund_status"), "");
}

TEST(AlipayCancel, only_on_the_trades_beijing_day_and_15_minutes) {
    AliRig rig;
    rig.pay_alipay("A1", rig.ali_code(0));
    rig.pay_alipay("A2", rig.ali_code(0));
    rig.simulators.clock().set(core::parse_rfc3339("2024-03-06T00:14:59+08:00").value());
    EXPECT_EQ(rig.cancel("A1").get("action"), "refund");
    EXPECT_EQ(rig.violated_rules(), Rules{});
    rig.wait_s(1);
    EXPECT_EQ(rig.cancel("A2").result(), "ACQ.TRADE_CANCEL_TIME_OUT");
    EXPECT_EQ(rig.violated_rules(), Rules{"cancel_other_day"});
    EXPECT_EQ(rig.money_of("A2"), (Money{100, 0}));
    EXPECT_EQ(rig.cancel("A1").get("action"), "refund") << "what is done stays done";
}

TEST(AlipayClose, only_what_is_unpaid) {
    AliRig rig;
    EXPECT_EQ(rig.call("close", {{"out_trade_no", "A1"}}).result(), "ACQ.TRADE_NOT_EXIST");
    rig.pay_alipay("A1", rig.ali_code(0));
    rig.pay_alipay("A2", rig.ali_code(2));
    EXPECT_EQ(rig.call("close", {{"out_trade_no", "A1"}}).result(), "ACQ.TRADE_STATUS_ERROR");
    EXPECT_EQ(rig.call("close", {{"out_trade_no", "A2"}}).result(), "10000");
    EXPECT_EQ(rig.status("A2"), "TRADE_CLOSED");
    EXPECT_EQ(rig.violated_rules(), (Rules{"close_on_barcode", "close_on_barcode"}));
}

TEST(AlipayViolations, good_manners_leave_none_and_each_rule_shows) {
    AliRig rig;
    rig.pay_alipay("A1", rig.ali_code(2));
    for (int i = 0; i < 3; ++i) {
        rig.wait_s(3);
        EXPECT_EQ(rig.status("A1"), "WAIT_BUYER_PAY");
    }
    rig.cancel("A1");
    rig.cancel("A1");
    rig.pay_alipay("A2", rig.ali_code(0));
    rig.cancel("A2");
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "no minimum before a cancel, and a known payment";
    rig.pay_alipay("A3", rig.ali_code(2));
    rig.status("A3");
    rig.wait(999ms);
    rig.status("A3");
    EXPECT_EQ(rig.violated_rules(), Rules{"query_too_often"});
    rig.simulators.violations().clear();
    rig.pay_alipay("A4", rig.ali_code(13));
    rig.pay_alipay("A4", rig.ali_code(0));
    EXPECT_EQ(rig.violated_rules(), Rules{"pay_repeated"});
    EXPECT_EQ(rig.simulators.violations().all().at(0).channel, "alipay");
    for (const int ss : {2, 10, 11, 14, 18, 50}) {
        rig.simulators.violations().clear();
        const std::string number = fmt::format("B{}", ss);
        rig.pay_alipay(number, rig.ali_code(ss));
        rig.cancel(number);
        EXPECT_EQ(rig.violated_rules(), Rules{"cancel_without_query"}) << ss;
    }
    rig.simulators.violations().clear();
    rig.pay_alipay("A5", rig.ali_code(5));
    rig.cancel("A5");
    rig.pay_alipay("A6", rig.ali_code(44));
    rig.cancel("A6");
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "a definite refusal is known";
}

TEST(AlipayControl, orders_faults_journal_and_summary) {
    AliRig rig;
    rig.pay_alipay("A1", rig.ali_code(2), 250);
    EXPECT_EQ(rig.control("POST", "orders/alipay/A1/dance").status, 404);
    EXPECT_EQ(rig.control("GET", "orders/unionpay/A1").status, 404);
    const auto paid = rig.control_json("POST", "orders/alipay/A1/pay");
    EXPECT_EQ(*paid.find("state")->as_string(), "TRADE_SUCCESS");
    EXPECT_EQ(*paid.find("app_id")->as_string(), own_app);
    EXPECT_EQ(paid.find("pay_calls")->as_number()->text, "1");
    EXPECT_EQ(rig.status("A1"), "TRADE_SUCCESS");
    EXPECT_EQ(rig.control("GET", "orders/alipay/A1?app_id=other").status, 404);
    rig.control_json("POST", "faults", R"({"match":{"channel":"alipay","op":"cancel"},"do":"http:503"})");
    EXPECT_EQ(rig.cancel("A1").http.status, 503);
    rig.refund("A1", "R1", 100);
    EXPECT_EQ(
        rig.control("POST", "faults", R"({"match":{"channel":"alipay","op":"micropay"},"do":"timeout"})")
            .status,
        400);
    const auto summary = rig.control_json("GET", "summary");
    EXPECT_EQ(summary.find("orders")->as_number()->text, "0") << "WeChat's";
    const codec::Json& alipay = *summary.find("alipay");
    const std::pair<const char*, const char*> expected[] = {
        {"orders", "1"},       {"paid_fen", "250"}, {"refunded_fen", "100"}, {"net_fen", "150"},
        {"cancel_calls", "1"}, {"pay_calls", "1"},  {"refund_calls", "1"},   {"refunds_succeeded", "1"}};
    for (const auto& [name, value] : expected) EXPECT_EQ(alipay.find(name)->as_number()->text, value) << name;
    const auto& entry = rig.simulators.journal().entries().front();
    EXPECT_EQ(entry.channel, "alipay");
    EXPECT_EQ(entry.op, "pay");
    EXPECT_EQ(entry.out_trade_no, "A1");
    rig.control_json("POST", "options", R"({"alipay_auto_close_s":0})");
    rig.control_json("POST", "reset");
    EXPECT_EQ(rig.status("A1"), "ACQ.TRADE_NOT_EXIST");
}

TEST(AlipayFault, shows_in_answers) {
    AliRig rig;
    const auto pay_with = [&](const std::string& number, const char* action) {
        rig.control_json("POST", "faults", std::string(R"({"do":")") + action + R"("})");
        return rig.pay_alipay(number, rig.ali_code(0));
    };
    EXPECT_FALSE(pay_with("A1", "badsign").is_signed_well());
    const AliAnswer other = pay_with("A2", "amount:7");
    EXPECT_EQ(other.get("total_amount"), "0.07");
    EXPECT_TRUE(other.is_signed_well());
    EXPECT_EQ(pay_with("A3", "reset_after").http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.money_of("A3").first, 100);
    EXPECT_EQ(pay_with("A4", "code:20000").get("code"), "20000");
    EXPECT_EQ(pay_with("A5", "code:ACQ.TOTAL_FEE_EXCEED").result(), "ACQ.TOTAL_FEE_EXCEED");
    EXPECT_EQ(rig.money_of("A5").first, 0);
    EXPECT_EQ(pay_with("A6", "not_found").result(), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(rig.money_of("A6").first, 0);
}

}  // namespace
}  // namespace huitong::sim

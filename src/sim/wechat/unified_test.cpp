// Orders that the payer starts at the simulated WeChat: unifiedorder's field rules, repetition, closing,
// queries, refunds, and what becomes of an order that nobody pays (spec/channels 1A.5, 1A.7, 1A.8, 3.2).
#include <gtest/gtest.h>

#include "sim/wechat/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;

Fields order_fields(const std::string& number, const std::string& trade_type = "NATIVE") {
    Fields fields{{"body", "咖啡"},
                  {"out_trade_no", number},
                  {"total_fee", "100"},
                  {"spbill_create_ip", "127.0.0.1"},
                  {"notify_url", "http://shop.test/notify"},
                  {"trade_type", trade_type}};
    if (trade_type == "NATIVE") fields["product_id"] = "cup";
    if (trade_type == "JSAPI") fields["openid"] = "oABC";
    if (trade_type == "MWEB") fields["scene_info"] = R"({"h5_info":{"type":"Wap"}})";
    return fields;
}

class UnifiedOrder : public ::testing::Test {
  protected:
    Answer create(const Fields& fields) {
        return Rig::to_answer(rig.send(Rig::request("/pay/unifiedorder", fields)));
    }
    Answer create(const std::string& number) { return create(order_fields(number)); }
    Answer close(const std::string& number) {
        return Rig::to_answer(rig.send(Rig::request("/pay/closeorder", {{"out_trade_no", number}})));
    }
    Answer refund(const std::string& number, const std::string& refund_number, int fen) {
        return Rig::to_answer(
            rig.send(Rig::request("/secapi/pay/refund", {{"out_trade_no", number},
                                                         {"out_refund_no", refund_number},
                                                         {"total_fee", "100"},
                                                         {"refund_fee", std::to_string(fen)}})));
    }
    codec::Json act(const std::string& number, const std::string& what) {
        return rig.control_json("POST", "orders/wechat/" + number + "/" + what);
    }
    int act_status(const std::string& number, const std::string& what) {
        return rig.control("POST", "orders/wechat/" + number + "/" + what).status;
    }

    Rig rig;
};

TEST_F(UnifiedOrder, each_trade_type_gets_what_opens_it) {
    const Answer native = create("N1");
    EXPECT_EQ(native.result(), "SUCCESS");
    EXPECT_TRUE(native.is_signed_well());
    EXPECT_EQ(native.get("trade_type"), "NATIVE");
    EXPECT_TRUE(native.get("code_url").starts_with("weixin://wxpay/bizpayurl?pr="));
    EXPECT_EQ(native.get("prepay_id").size(), 36U);
    EXPECT_TRUE(native.get("prepay_id").starts_with("wx20240305091500"));
    for (const std::string trade_type : {"JSAPI", "APP"}) {
        const Answer answer = create(order_fields("O" + trade_type, trade_type));
        EXPECT_EQ(answer.get("trade_type"), trade_type);
        EXPECT_EQ(answer.get("prepay_id").size(), 36U);
        EXPECT_EQ(answer.get("code_url"), "");
    }
    const Answer page = create(order_fields("M1", "MWEB"));
    EXPECT_TRUE(page.get("mweb_url")
                    .starts_with("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=" +
                                 page.get("prepay_id")));
}

TEST_F(UnifiedOrder, field_rules) {
    struct Case {
        std::string name, value, code;
        std::string trade_type = "NATIVE";
    };
    const Case cases[] = {
        {"body", "", "LACK_PARAMS"},
        {"notify_url", "", "LACK_PARAMS"},
        {"spbill_create_ip", "", "LACK_PARAMS"},
        {"trade_type", "", "LACK_PARAMS"},
        {"product_id", "", "LACK_PARAMS"},
        {"openid", "", "LACK_PARAMS", "JSAPI"},
        {"scene_info", "", "LACK_PARAMS", "MWEB"},
        {"trade_type", "MICROPAY", "PARAM_ERROR"},
        {"total_fee", "0", "PARAM_ERROR"},
        {"total_fee", "1.00", "PARAM_ERROR"},
        {"fee_type", "USD", "PARAM_ERROR"},
        {"limit_pay", "credit", "PARAM_ERROR"},
        {"scene_info", "Wap", "PARAM_ERROR"},
        {"out_trade_no", "N 1", "PARAM_ERROR"},
        {"out_trade_no", std::string(33, '1'), "PARAM_ERROR"},
        {"body", std::string(129, 'b'), "PARAM_ERROR"},
        {"product_id", std::string(33, 'p'), "PARAM_ERROR"},
        {"notify_url", "shop.test/notify", "PARAM_ERROR"},
        {"notify_url", "http://shop.test/notify?a=b", "PARAM_ERROR"},
        {"notify_url", "http:///notify", "PARAM_ERROR"},
        {"time_expire", "20240305", "PARAM_ERROR"},
        {"time_expire", "20240305091559", "PARAM_ERROR"},  // 59 s from now
        {"time_start", "yesterday", "PARAM_ERROR"},
    };
    for (const Case& row : cases) {
        Fields fields = order_fields("F1", row.trade_type);
        fields[row.name] = row.value;
        const Answer answer = create(fields);
        EXPECT_EQ(answer.result(), row.code) << row.name << "=" << row.value;
        EXPECT_TRUE(answer.is_signed_well()) << row.name;
    }
    EXPECT_EQ(rig.state("F1"), "ORDERNOTEXIST");
    Fields good = order_fields("F1");
    good["time_expire"] = "20240305091600";
    EXPECT_EQ(create(good).result(), "SUCCESS");
    Fields by_start = order_fields("F2");
    by_start["time_start"] = "20240305091500";
    by_start["time_expire"] = "20240305091559";
    EXPECT_EQ(create(by_start).result(), "PARAM_ERROR");
}

TEST_F(UnifiedOrder, repeated_it_gives_the_same_and_nothing_else) {
    const Answer first = create("R1");
    const Answer again = create("R1");
    EXPECT_EQ(again.get("prepay_id"), first.get("prepay_id"));
    EXPECT_EQ(again.get("code_url"), first.get("code_url"));
    for (const auto& [name, value] : Fields{{"total_fee", "101"}, {"body", "茶"}, {"product_id", "pot"}}) {
        Fields other = order_fields("R1");
        other[name] = value;
        EXPECT_EQ(create(other).result(), "INVALID_REQUEST") << name;
    }
    act("R1", "pay");
    EXPECT_EQ(create("R1").result(), "ORDERPAID");
    create("R2");
    close("R2");
    EXPECT_EQ(create("R2").result(), "ORDERCLOSED");
    rig.pay("B1", rig.code(1, 60));
    EXPECT_EQ(create("B1").result(), "OUT_TRADE_NO_USED");
    rig.pay("B2", rig.code(0));
    EXPECT_EQ(create("B2").result(), "ORDERPAID");
    EXPECT_EQ(rig.money("R1"), std::pair(100L, 0L));
}

TEST_F(UnifiedOrder, a_payment_code_does_not_pay_its_number) {
    create("C1");
    EXPECT_EQ(rig.pay("C1", rig.code(0)).result(), "INVALID_REQUEST");
    EXPECT_EQ(rig.state("C1"), "NOTPAY");
    close("C1");
    EXPECT_EQ(rig.pay("C1", rig.code(0)).result(), "ORDERCLOSED");
}

TEST_F(UnifiedOrder, scanned_and_paid_by_its_code) {
    const std::string code = create("S1").get("code_url");
    EXPECT_EQ(rig.state("S1"), "NOTPAY");
    const codec::Json scanned = rig.control_json("POST", "scan", R"({"content":")" + code + R"("})");
    EXPECT_EQ(*scanned.find("channel")->as_string(), "wechat");
    EXPECT_EQ(*scanned.find("order")->find("out_trade_no")->as_string(), "S1");
    EXPECT_EQ(*scanned.find("order")->find("launch")->find("content")->as_string(), code);
    act("S1", "wrong-password");
    act("S1", "cancel");  // the payer left the cashier, and comes back
    rig.wait_s(2);
    EXPECT_EQ(rig.state("S1"), "NOTPAY");
    act("S1", "pay");
    rig.wait_s(2);
    const Answer paid = rig.query("S1");
    EXPECT_EQ(paid.get("trade_state"), "SUCCESS");
    EXPECT_EQ(paid.get("trade_type"), "NATIVE");
    EXPECT_EQ(paid.get("total_fee"), "100");
    EXPECT_TRUE(paid.get("transaction_id").starts_with("42000"));
    EXPECT_EQ(act_status("S1", "pay"), 409);
    EXPECT_EQ(rig.control("POST", "scan", R"({"content":"weixin://wxpay/bizpayurl?pr=0"})").status, 404);
    EXPECT_EQ(rig.control("POST", "scan", R"({"code":"x"})").status, 400);
}

TEST_F(UnifiedOrder, a_page_in_the_wallet_is_paid_by_whom_it_names) {
    const Answer made = create(order_fields("J1", "JSAPI"));
    const std::string content = R"({"content":"prepay_id=)" + made.get("prepay_id") + R"("})";
    EXPECT_EQ(*rig.control_json("POST", "scan", content).find("channel")->as_string(), "wechat");
    act("J1", "pay");
    const Answer paid = rig.query("J1");
    EXPECT_EQ(paid.get("trade_type"), "JSAPI");
    EXPECT_EQ(paid.get("openid"), "oABC");
}

TEST_F(UnifiedOrder, closes_by_itself) {
    Fields fields = order_fields("T1");
    fields["time_expire"] = "20240305091900";
    create(fields);
    create("T2");  // two hours
    rig.wait(4min - 1s);
    EXPECT_EQ(rig.state("T1"), "NOTPAY");
    rig.wait_s(1);
    EXPECT_EQ(rig.state("T1"), "CLOSED");
    EXPECT_EQ(act_status("T1", "pay"), 409);
    rig.wait(2h - 4min - 1s);
    EXPECT_EQ(rig.state("T2"), "NOTPAY");
    rig.wait_s(1);
    EXPECT_EQ(rig.state("T2"), "CLOSED");
}

TEST_F(UnifiedOrder, closeorder) {
    create("K1");
    EXPECT_EQ(close("K1").result(), "SUCCESS");
    EXPECT_EQ(close("K1").result(), "ORDERCLOSED");
    EXPECT_EQ(rig.state("K1"), "CLOSED");
    create("K2");
    act("K2", "pay");
    EXPECT_EQ(close("K2").result(), "ORDERPAID");
    EXPECT_EQ(close("K3").result(), "ORDERNOTEXIST");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{});
    rig.pay("K4", rig.code(1, 60));
    EXPECT_EQ(close("K4").result(), "TRADE_STATE_ERROR");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{"close_on_barcode"});
}

TEST_F(UnifiedOrder, an_early_close_is_held_against_the_client_only_when_asked_for) {
    create("E1");
    close("E1");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{});
    rig.control_json("POST", "options", R"({"forbids_early_close":true})");
    create("E2");
    rig.wait(5min - 1s);
    EXPECT_EQ(close("E2").result(), "SUCCESS");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>{"close_too_early"});
    create("E3");
    rig.wait(5min);
    close("E3");
    EXPECT_EQ(rig.violated_rules().size(), 1U);
}

TEST_F(UnifiedOrder, is_not_reversed) {
    create("V1");
    EXPECT_EQ(rig.reverse("V1").result(), "TRADE_STATE_ERROR");
    act("V1", "pay");
    EXPECT_EQ(rig.reverse("V1").result(), "TRADE_STATE_ERROR");
    EXPECT_EQ(rig.state("V1"), "SUCCESS");
    EXPECT_EQ(rig.violated_rules(), std::vector<std::string>(2, "reverse_on_launched"));
}

TEST_F(UnifiedOrder, refunds) {
    create("U1");
    EXPECT_EQ(refund("U1", "UR0", 30).result(), "ORDERNOTEXIST");
    act("U1", "pay");
    EXPECT_EQ(refund("U1", "UR1", 30).result(), "SUCCESS");
    rig.wait_s(2);
    EXPECT_EQ(rig.state("U1"), "REFUND");
    rig.wait_s(60);
    EXPECT_EQ(refund("U1", "UR2", 71).result(), "ERROR");
    EXPECT_EQ(refund("U1", "UR3", 70).result(), "SUCCESS");
    const Answer found = Rig::to_answer(rig.send(Rig::request("/pay/refundquery", {{"out_trade_no", "U1"}})));
    EXPECT_EQ(found.get("refund_count"), "2");
    EXPECT_EQ(found.get("refund_status_0"), "SUCCESS");
    EXPECT_EQ(rig.money("U1"), std::pair(100L, 100L));
}

TEST_F(UnifiedOrder, directives_in_the_body) {
    const auto with = [&](const std::string& number, const std::string& directive) {
        Fields fields = order_fields(number);
        fields["body"] = "咖啡 #sim{" + directive + "}";
        return create(fields).result();
    };
    EXPECT_EQ(with("D1", "pay=auto"), "SUCCESS");
    EXPECT_EQ(rig.state("D1"), "SUCCESS");
    with("D2", "pay=30;notify=none");
    with("D3", "pay=never");
    with("D4", "expire=10;pay=30");
    rig.wait_s(29);
    EXPECT_EQ(rig.state("D2"), "NOTPAY");
    rig.wait_s(1);
    EXPECT_EQ(rig.query("D2").get("time_end"), "20240305091530");
    EXPECT_EQ(rig.state("D3"), "NOTPAY");
    EXPECT_EQ(rig.state("D4"), "CLOSED");
    rig.control_json("POST", "options", R"({"magic":false})");
    with("D5", "pay=auto");
    EXPECT_EQ(rig.state("D5"), "NOTPAY");
}

TEST_F(UnifiedOrder, faults_meet_it_too) {
    rig.control_json("POST", "faults", R"({"match":{"op":"unifiedorder"},"do":"code:SYSTEMERROR"})");
    EXPECT_EQ(create("X1").result(), "SYSTEMERROR");
    EXPECT_EQ(rig.state("X1"), "ORDERNOTEXIST");
    EXPECT_EQ(create("X1").result(), "SUCCESS");
}

TEST_F(UnifiedOrder, of_a_service_provider_belongs_to_its_sub_merchant) {
    Fields fields = order_fields("P1");
    fields.insert({{"appid", "wx9999999999999999"}, {"mch_id", "1900000200"}});
    EXPECT_EQ(Rig::to_answer(rig.send(Rig::request("/pay/unifiedorder", fields, provider_key))).result(),
              "LACK_PARAMS");
    fields["sub_mch_id"] = "1800000001";
    EXPECT_EQ(Rig::to_answer(rig.send(Rig::request("/pay/unifiedorder", fields, provider_key))).result(),
              "SUCCESS");
    fields["sub_mch_id"] = "1800000002";
    EXPECT_EQ(Rig::to_answer(rig.send(Rig::request("/pay/unifiedorder", fields, provider_key))).result(),
              "INVALID_REQUEST");
}

}  // namespace
}  // namespace huitong::sim

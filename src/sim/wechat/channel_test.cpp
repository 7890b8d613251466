// What the simulated WeChat refuses, how numbers and codes are used up, what it holds against a client's
// manners.
#include "sim/wechat/channel.hpp"

#include <gtest/gtest.h>

#include "sim/wechat/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Rules = std::vector<std::string>;

std::string refusal(Rig& rig, net::Request request) {
    const Answer answer = Rig::to_answer(rig.send(std::move(request)));
    EXPECT_EQ(answer.http.status, 200);
    EXPECT_EQ(answer.get("return_code"), "FAIL");
    EXPECT_EQ(answer.get("sign"), "");
    EXPECT_FALSE(answer.get("return_msg").empty());
    return answer.get("err_code");
}

TEST(Checks, form) {
    Rig rig;
    auto request = Rig::request("/pay/micropay", Rig::pay_fields("P1", rig.code(0)));
    const std::string body = request.body;
    request.method = "GET";
    EXPECT_EQ(refusal(rig, request), "REQUIRE_POST_METHOD");
    request.method = "POST";
    request.body = "";
    EXPECT_EQ(refusal(rig, request), "POST_DATA_EMPTY");
    request.body = "<xml><a>\xff</a></xml>";
    EXPECT_EQ(refusal(rig, request), "NOT_UTF8");
    request.body = "<xml><a>1</a>";
    EXPECT_EQ(refusal(rig, request), "XML_FORMAT_ERROR");
    request.body = "<!DOCTYPE xml [<!ENTITY x \"1\">]>" + body;
    EXPECT_EQ(refusal(rig, request), "XML_FORMAT_ERROR");
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    request.body = "<?xml version=\"1.0\"?>\n" + body;
    EXPECT_EQ(Rig::to_answer(rig.send(request)).result(), "SUCCESS");
}

TEST(Checks, identity_and_signature) {
    Rig rig;
    const auto with = [&](const std::string& name, const std::string& value) {
        auto fields = Rig::pay_fields("P1", rig.code(0));
        fields[name] = value;
        return refusal(rig, Rig::request("/pay/micropay", fields));
    };
    EXPECT_EQ(with("appid", "wx0000000000000000"), "APPID_NOT_EXIST");
    EXPECT_EQ(with("mch_id", "1900000000"), "MCHID_NOT_EXIST");
    EXPECT_EQ(with("appid", "wx9999999999999999"), "APPID_MCHID_NOT_MATCH");
    EXPECT_EQ(with("nonce_str", ""), "LACK_PARAMS");
    EXPECT_EQ(with("nonce_str", std::string(33, 'n')), "PARAM_ERROR");
    EXPECT_EQ(with("sign", ""), "LACK_PARAMS");
    EXPECT_EQ(with("sign", std::string(32, 'A')), "SIGNERROR");
    EXPECT_EQ(with("sign_type", "SHA1"), "PARAM_ERROR");
    EXPECT_EQ(with("sign_type", "HMAC-SHA256"), "SIGNERROR") << "announced HMAC, signed MD5";
    auto lower = Rig::request("/pay/micropay", Rig::pay_fields("P1", rig.code(0)), provider_key);
    EXPECT_EQ(refusal(rig, lower), "SIGNERROR") << "another merchant's key";
    EXPECT_EQ(rig.simulators.wechat().totals().orders, 0);
}

TEST(Checks, answers_use_the_algorithm_of_the_request) {
    Rig rig;
    auto fields = Rig::pay_fields("P1", rig.code(0));
    fields["sign_type"] = "HMAC-SHA256";
    const Answer answer = Rig::to_answer(rig.send(Rig::request("/pay/micropay", fields, api_key, true)));
    EXPECT_EQ(answer.result(), "SUCCESS");
    EXPECT_EQ(answer.get("sign").size(), 64U);
    EXPECT_TRUE(answer.is_signed_well(api_key, true));
}

TEST(Checks, unknown_fields_are_signed_and_ignored) {
    Rig rig;
    auto fields = Rig::pay_fields("P1", rig.code(0));
    fields["Zeta"] = "0";
    fields["empty"] = "";
    EXPECT_EQ(Rig::to_answer(rig.send(Rig::request("/pay/micropay", fields))).result(), "SUCCESS");
}

TEST(Checks, micropay_fields) {
    Rig rig;
    const auto with = [&](const std::string& name, const std::string& value) {
        auto fields = Rig::pay_fields("P1", rig.code(0));
        fields[name] = value;
        const Answer answer = Rig::to_answer(rig.send(Rig::request("/pay/micropay", fields)));
        EXPECT_EQ(answer.get("return_code"), "SUCCESS");
        EXPECT_TRUE(answer.is_signed_well());
        return answer.result();
    };
    for (const char* const required :
         {"body", "out_trade_no", "total_fee", "spbill_create_ip", "auth_code"}) {
        EXPECT_EQ(with(required, ""), "LACK_PARAMS") << required;
    }
    for (const char* const bad : {"0", "-1", "1.00", "100000001", "007", "99999999999999999999", "1 "}) {
        EXPECT_EQ(with("total_fee", bad), "PARAM_ERROR") << bad;
    }
    EXPECT_EQ(with("out_trade_no", std::string(33, 'P')), "PARAM_ERROR");
    EXPECT_EQ(with("out_trade_no", "P 1"), "PARAM_ERROR");
    EXPECT_EQ(with("out_trade_no", "单"), "PARAM_ERROR");
    EXPECT_EQ(with("attach", std::string(128, 'a')), "PARAM_ERROR");
    EXPECT_EQ(with("fee_type", "USD"), "PARAM_ERROR");
    for (const char* const bad : {"13000000000000000", "1300000000000000000", "160000000000000000",
                                  "280000000000000000", "13000000000000000a"}) {
        EXPECT_EQ(with("auth_code", bad), "AUTH_CODE_INVALID") << bad;
    }
    EXPECT_EQ(rig.simulators.wechat().totals().pay_calls, 0);
    std::string long_body;
    for (int i = 0; i < 128; ++i) long_body += "字";
    EXPECT_EQ(with("body", long_body + "字"), "PARAM_ERROR");
    EXPECT_EQ(with("body", long_body), "SUCCESS");
}

TEST(Checks, reverse_wants_a_certificate_when_told_so) {
    Options options = test_options();
    options.require_client_cert = true;
    Rig rig(std::move(options));
    rig.pay("P1", rig.code(0));
    auto request = Rig::request("/secapi/pay/reverse", {{"out_trade_no", "P1"}});
    const Answer refused = Rig::to_answer(rig.send(request));
    EXPECT_EQ(refused.get("return_code"), "FAIL");
    EXPECT_EQ(refused.get("return_msg"), "证书出错，请登录微信支付商户平台下载证书");
    EXPECT_EQ(rig.state("P1"), "SUCCESS");
    request.has_client_certificate = true;
    EXPECT_EQ(Rig::to_answer(rig.send(request)).result(), "SUCCESS");
}

TEST(Checks, service_provider_names_a_known_sub_merchant) {
    Rig rig;
    const auto send = [&](const std::string& path, Fields fields, const std::string& sub) {
        fields["appid"] = "wx9999999999999999";
        fields["mch_id"] = "1900000200";
        fields["sub_mch_id"] = sub;
        const Answer answer = Rig::to_answer(rig.send(Rig::request(path, fields, provider_key)));
        EXPECT_TRUE(answer.is_signed_well(provider_key));
        return answer;
    };
    EXPECT_EQ(send("/pay/micropay", Rig::pay_fields("P1", rig.code(0)), "").result(), "LACK_PARAMS");
    EXPECT_EQ(send("/pay/micropay", Rig::pay_fields("P1", rig.code(0)), "1800000009").result(),
              "MCHID_NOT_EXIST");
    const Answer paid = send("/pay/micropay", Rig::pay_fields("P1", rig.code(0)), "1800000002");
    EXPECT_EQ(paid.result(), "SUCCESS");
    EXPECT_EQ(paid.get("sub_mch_id"), "1800000002");
    EXPECT_EQ(send("/pay/orderquery", {{"out_trade_no", "P1"}}, "1800000001").result(), "ORDERNOTEXIST");
    EXPECT_EQ(send("/secapi/pay/reverse", {{"out_trade_no", "P1"}}, "1800000001").result(), "ORDERNOTEXIST");
    EXPECT_EQ(send("/pay/orderquery", {{"out_trade_no", "P1"}}, "1800000002").get("trade_state"), "SUCCESS");
    EXPECT_EQ(rig.pay("P1", rig.code(0)).result(), "SUCCESS") << "another merchant may use the number";
}

TEST(Numbers, are_decided_for_ever) {
    Rig rig;
    const std::string code = rig.code(0);
    EXPECT_EQ(rig.pay("P1", code).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P1", code).result(), "ORDERPAID");
    EXPECT_EQ(rig.pay("P1", rig.code(0)).result(), "ORDERPAID");
    EXPECT_EQ(rig.pay("P2", code).result(), "AUTH_CODE_ERROR");
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P1", rig.code(0)).result(), "ORDERREVERSED");

    EXPECT_EQ(rig.pay("P3", rig.code(2), 300).result(), "USERPAYING");
    EXPECT_EQ(rig.pay("P3", rig.code(0), 301).result(), "OUT_TRADE_NO_USED");
    EXPECT_EQ(rig.pay("P3", rig.code(0), 300).result(), "USERPAYING");
    EXPECT_EQ(rig.pay("P3", rig.code(0, 0, 99), 300).result(), "BUYER_MISMATCH");
    EXPECT_EQ(rig.pay("P4", rig.code(5)).result(), "NOTENOUGH");
    EXPECT_EQ(rig.pay("P4", rig.code(0)).result(), "INVALID_REQUEST");
    EXPECT_EQ(rig.simulators.wechat().totals().paid_fen, 100);
}

TEST(Lookup, transaction_id_wins_and_is_unforgeable) {
    Rig rig;
    const std::string id = rig.pay("P1", rig.code(0)).get("transaction_id");
    ASSERT_EQ(id.size(), 28U);
    const auto ask = [&](const std::string& path, const std::string& transaction_id) {
        Fields fields{{"transaction_id", transaction_id}, {"out_trade_no", "P9"}};
        return Rig::to_answer(rig.send(Rig::request(path, fields)));
    };
    EXPECT_EQ(ask("/pay/orderquery", id).get("out_trade_no"), "P1");
    std::string other = id;
    other[12] = '5';
    EXPECT_EQ(ask("/pay/orderquery", other).result(), "ORDERNOTEXIST");
    EXPECT_EQ(ask("/secapi/pay/reverse", other).result(), "INVALID_TRANSACTIONID");
    EXPECT_EQ(ask("/secapi/pay/reverse", id).result(), "SUCCESS");
    EXPECT_EQ(rig.state("P1"), "REVOKED");
    EXPECT_EQ(Rig::to_answer(rig.send(Rig::request("/pay/orderquery", {}))).result(), "LACK_PARAMS");
}

TEST(Reverse, is_idempotent_and_expires_after_seven_days) {
    Rig rig;
    rig.pay("P1", rig.code(0));
    rig.pay("P2", rig.code(0));
    rig.simulators.clock().advance(7 * 24h);
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    rig.simulators.clock().advance(1s);
    const Answer late = rig.reverse("P2");
    EXPECT_EQ(late.result(), "REVERSE_EXPIRE");
    EXPECT_EQ(late.get("recall"), "N");
    EXPECT_EQ(rig.state("P2"), "SUCCESS");
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), (std::pair<std::int64_t, std::int64_t>{100, 100}));
}

TEST(Reverse, tombstone_bars_a_number_never_seen) {
    Rig rig;
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.state("P1"), "REVOKED");
    EXPECT_EQ(rig.pay("P1", rig.code(0)).result(), "ORDERREVERSED");
    rig.simulators.options().tombstones = false;
    EXPECT_EQ(rig.reverse("P2").result(), "ORDERNOTEXIST");
    EXPECT_EQ(rig.pay("P2", rig.code(0)).result(), "SUCCESS");
}

TEST(Violations, good_manners_leave_none) {
    Rig rig;
    rig.pay("P1", rig.code(2));
    for (int i = 0; i < 6; ++i) {
        rig.wait_s(5);
        EXPECT_EQ(rig.state("P1"), "USERPAYING");
    }
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    rig.pay("P2", rig.code(0));
    rig.wait_s(15);
    EXPECT_EQ(rig.reverse("P2").result(), "SUCCESS") << "known to be paid: no query needed";
    EXPECT_EQ(rig.violated_rules(), Rules{});
}

TEST(Violations, each_rule) {
    Rig rig;
    rig.pay("P1", rig.code(0));
    rig.wait(14999ms);
    rig.reverse("P1");
    EXPECT_EQ(rig.violated_rules(), Rules{"reverse_too_early"});
    rig.simulators.violations().clear();

    rig.pay("P2", rig.code(2));
    rig.state("P2");
    rig.wait(999ms);
    rig.state("P2");
    rig.wait(1s);
    rig.state("P2");
    EXPECT_EQ(rig.violated_rules(), Rules{"query_too_often"});
    rig.simulators.violations().clear();

    rig.pay("P3", rig.code(13));
    rig.pay("P3", rig.code(0));
    EXPECT_EQ(rig.violated_rules(), Rules{"micropay_repeated"});
    rig.simulators.violations().clear();

    for (const int ss : {2, 11, 14, 16, 18}) {
        const std::string number = fmt::format("Q{}", ss);
        rig.pay(number, rig.code(ss));
        rig.wait_s(20);
        rig.reverse(number);
        EXPECT_EQ(rig.violated_rules(), Rules{"reverse_without_query"}) << ss;
        EXPECT_EQ(rig.simulators.violations().all().at(0).out_trade_no, number);
        rig.simulators.violations().clear();
    }
    rig.pay("P5", rig.code(5));
    rig.wait_s(20);
    rig.reverse("P5");
    rig.pay("P6", rig.code(44));
    rig.wait_s(20);
    rig.reverse("P6");
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "a definite refusal is known";
}

}  // namespace
}  // namespace huitong::sim

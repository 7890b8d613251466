// What API v3 tells merchants: sealed, signed, on WeChat's schedule, and the ways a notice goes wrong
// (spec/channels 1B.2 to 1B.4, 6.5).
#include <gtest/gtest.h>

#include "sim/wechat/v3_test_support.hpp"

namespace huitong::sim {
namespace {

using Strings = std::vector<std::string>;

class WechatV3Notices : public ::testing::Test {
  protected:
    WechatV3Notices() { rig.receiver.status = 204; }
    const std::vector<Received>& got() const { return rig.receiver.received; }
    static codec::Json envelope_of(const Received& notice) {
        return codec::parse_json(notice.request.body).value_or(codec::Json());
    }
    // What it says, or why it cannot be read.
    static codec::Json content_of(const Received& notice) {
        const codec::Json envelope = envelope_of(notice);
        const codec::Json* const resource = envelope.find("resource");
        if (resource == nullptr) return "no resource";
        const std::string text = V3Rig::open(*resource);
        return codec::parse_json(text).value_or(codec::Json(text));
    }
    bool is_signed(const Received& notice) {
        return rig.is_signed_v3(notice.request.headers, notice.request.body);
    }
    void pay(const std::string& number, const std::string& directive = "") {
        rig.launch_v3("native", number, directive);
        rig.act("wechat", number, "pay");
        rig.wait_s(1);
    }

    V3Rig rig;
};

TEST_F(WechatV3Notices, a_payment) {
    pay("N1");
    ASSERT_EQ(got().size(), 1U);
    const Received& notice = got().front();
    EXPECT_EQ(notice.origin + notice.request.target, "http://shop.test:8000/v3/notify");
    EXPECT_EQ(notice.request.headers.find("Content-Type").value_or(""), "application/json");
    EXPECT_TRUE(is_signed(notice));
    const codec::Json envelope = envelope_of(notice);
    EXPECT_EQ(text_at(envelope, "event_type"), "TRANSACTION.SUCCESS");
    EXPECT_EQ(text_at(envelope, "resource_type"), "encrypt-resource");
    EXPECT_EQ(text_at(envelope, "resource.algorithm"), "AEAD_AES_256_GCM");
    EXPECT_EQ(text_at(envelope, "resource.original_type"), "transaction");
    const codec::Json content = content_of(notice);
    EXPECT_EQ(text_at(content, "mchid"), "1900000109");
    EXPECT_EQ(text_at(content, "appid"), "wx8888888888888888");
    EXPECT_EQ(text_at(content, "out_trade_no"), "N1");
    EXPECT_EQ(text_at(content, "trade_type"), "NATIVE");
    EXPECT_EQ(text_at(content, "trade_state"), "SUCCESS");
    EXPECT_EQ(text_at(content, "attach"), "till 7");
    EXPECT_EQ(text_at(content, "amount.total"), "100");
    EXPECT_EQ(rig.notices("wechat", "N1"), Strings{"paid 1 ack"});
}

TEST_F(WechatV3Notices, payment_codes_are_never_told) {
    rig.codepay("P1", rig.code(0));
    rig.wait_s(3600);
    EXPECT_EQ(got().size(), 0U);
}

TEST_F(WechatV3Notices, refunds_in_the_dialect_of_their_call) {
    pay("N1");
    const std::string url = R"(,"notify_url":"http://shop.test/refund")";
    for (const auto& [number, play] :
         std::map<std::string, std::string>{{"R1", "ok"}, {"R2", "abnormal"}, {"R3", "close"}}) {
        rig.refund_v3("N1", number, 10, 100, url + R"(,"reason":"#sim{refund=)" + play + R"(}")");
        rig.wait_s(61);
    }
    ASSERT_EQ(got().size(), 4U);
    Strings events;
    for (const Received& notice : got()) {
        EXPECT_TRUE(is_signed(notice));
        events.push_back(text_at(envelope_of(notice), "event_type"));
    }
    EXPECT_EQ(events, (Strings{"TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"}));
    const codec::Json refund = content_of(got()[1]);
    EXPECT_EQ(text_at(refund, "out_refund_no"), "R1");
    EXPECT_EQ(text_at(refund, "refund_status"), "SUCCESS");
    EXPECT_EQ(text_at(refund, "amount.refund"), "10");
    EXPECT_EQ(text_at(refund, "amount.payer_refund"), "10");
    EXPECT_EQ(text_at(refund, "success_time"), "2024-03-05T09:15:01+08:00");
    rig.refund_wechat("N1", "R4", 10, "http://shop.test/refund");
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 5U);
    EXPECT_NE(got()[4].get("req_info"), "") << "API v2 asked for this one";
}

TEST_F(WechatV3Notices, until_200_or_204) {
    rig.receiver.status = 500;
    rig.receiver.answer = R"({"code":"FAIL","message":"no"})";
    pay("N1");
    rig.wait_s(14);
    rig.receiver.status = 302;
    rig.wait_s(15);
    EXPECT_EQ(rig.notices("wechat", "N1"), Strings{"paid 3 open"});
    rig.receiver.status = 200;
    rig.receiver.answer = "";
    rig.wait_s(60);
    EXPECT_EQ(rig.notices("wechat", "N1"), Strings{"paid 4 ack"});
    EXPECT_EQ(rig.outcomes("N1"), (Strings{"refused", "refused", "refused", "acknowledged"}));
    EXPECT_EQ(text_at(envelope_of(got()[0]), "id"), text_at(envelope_of(got()[3]), "id"));
    EXPECT_TRUE(is_signed(got()[3])) << "anew, when it was sent";
}

TEST_F(WechatV3Notices, first_deliveries_that_are_not_good) {
    struct Case {
        std::string play;
        bool is_signed = false;
        std::string out_trade_no = "N";
        std::string total = "100";
    };
    int n = 0;
    for (const Case& one : std::vector<Case>{{"forged"},
                                             {"badsign"},
                                             {"siginit"},
                                             {"expired"},
                                             {"serial"},
                                             {"signtest"},
                                             {"amount:1", true, "N", "1"},
                                             {"aad", true, "", ""},
                                             {"xxe", false, "", ""}}) {
        const std::string number = "N" + std::to_string(n++);
        rig.receiver.received.clear();
        pay(number, "#sim{notify=" + one.play + "}");
        ASSERT_EQ(got().size(), 1U) << one.play;
        EXPECT_EQ(is_signed(got()[0]), one.is_signed) << one.play;
        const codec::Json content = content_of(got()[0]);
        EXPECT_EQ(text_at(content, "out_trade_no"), one.out_trade_no.empty() ? "" : number) << one.play;
        EXPECT_EQ(text_at(content, "amount.total"), one.total) << one.play;
        rig.wait_s(15);
        ASSERT_EQ(got().size(), 2U) << one.play;
        EXPECT_TRUE(is_signed(got()[1])) << one.play;
        EXPECT_EQ(text_at(content_of(got()[1]), "amount.total"), "100") << one.play;
    }
}

TEST_F(WechatV3Notices, how_each_signature_is_wrong) {
    pay("N1");
    const auto headers = [&](const std::string& play) {
        rig.control_json("POST", "notify/wechat/N1/resend", R"({"as":")" + play + R"("})");
        rig.wait_s(1);
        const net::Headers& all = got().back().request.headers;
        const auto get = [&](const char* name) { return std::string(all.find(name).value_or("")); };
        return std::tuple(get("Wechatpay-Serial"), get("Wechatpay-Signature"),
                          rig.unix_now() - core::parse_minor(get("Wechatpay-Timestamp")).value_or(0));
    };
    const auto [serial, signature, age] = headers("badsign");
    EXPECT_NE(rig.platform_pem(serial), "");
    EXPECT_LE(age, 1);
    EXPECT_TRUE(std::get<1>(headers("signtest")).starts_with("WECHATPAY/SIGNTEST/"));
    EXPECT_GT(std::get<2>(headers("expired")), 300);
    EXPECT_EQ(rig.platform_pem(std::get<0>(headers("serial"))), "");
    EXPECT_EQ(std::get<1>(headers("siginit")), "");
}

TEST_F(WechatV3Notices, elsewhere_these_are_wrong_signatures) {
    rig.receiver.answer = wechat_ack;
    rig.order("N1", "#sim{notify=signtest}");
    rig.act("wechat", "N1", "pay");
    rig.wait_s(1);
    const Fields fields = got().back().fields();
    EXPECT_NE(fields.at("sign"), sign_for_test(fields, api_key));
}

}  // namespace
}  // namespace huitong::sim

// What the simulated WeChat tells merchants by itself: payments and refunds of orders that payers start, its
// schedule, what it takes for an answer, and the ways a notice goes wrong (spec/channels 1A.11, 6.5).
#include <gtest/gtest.h>

#include "crypto/aes.hpp"
#include "sim/notice_test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Seconds = std::vector<std::int64_t>;

class WechatNotices : public ::testing::Test {
  protected:
    WechatNotices() { rig.receiver.answer = wechat_ack; }
    const std::vector<Received>& got() const { return rig.receiver.received; }
    static bool is_signed_well(const Received& notice, bool hmac = false) {
        const Fields fields = notice.fields();
        return fields.contains("sign") && fields.at("sign") == sign_for_test(fields, api_key, hmac);
    }

    NoticeRig rig;
};

TEST_F(WechatNotices, a_payment_is_told_at_once) {
    rig.order("N1");
    EXPECT_EQ(got().size(), 0U);
    rig.act("wechat", "N1", "pay");
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 1U);
    const Received& notice = got()[0];
    EXPECT_EQ(notice.origin, "http://shop.test:8000");
    EXPECT_EQ(notice.request.method, "POST");
    EXPECT_EQ(notice.request.target, "/wechat/notify");
    EXPECT_TRUE(is_signed_well(notice));
    const Answer asked = rig.query("N1");
    for (const char* const name :
         {"openid", "trade_type", "total_fee", "cash_fee", "transaction_id", "out_trade_no", "attach",
          "time_end", "appid", "mch_id", "return_code", "result_code"}) {
        EXPECT_EQ(notice.get(name), asked.get(name)) << name;
        EXPECT_NE(notice.get(name), "") << name;
    }
    rig.wait(48h);
    EXPECT_EQ(got().size(), 1U);
    EXPECT_EQ(rig.notices("wechat", "N1"), Strings{"paid 1 ack"});
    EXPECT_EQ(rig.outcomes("N1"), Strings{"acknowledged"});
}

TEST_F(WechatNotices, is_signed_as_the_order_was) {
    rig.order("H1", "#sim{pay=auto}", {{"sign_type", "HMAC-SHA256"}});
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 1U);
    EXPECT_EQ(got()[0].get("sign").size(), 64U);
    EXPECT_TRUE(is_signed_well(got()[0], true));
}

TEST_F(WechatNotices, the_schedule_and_its_end) {
    rig.receiver.answer = "<xml><return_code>FAIL</return_code></xml>";
    const core::Instant start = rig.simulators.clock().now();
    rig.order("S1", "#sim{pay=auto}");
    rig.wait(30h);
    const Seconds gaps{15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600};
    Seconds expected{0};
    for (const std::int64_t gap : gaps) expected.push_back(expected.back() + gap);
    EXPECT_EQ(rig.receiver.seconds_after(start), expected);
    EXPECT_EQ(expected.back(), 24 * 3600 + 4 * 60);
    EXPECT_EQ(rig.notices("wechat", "S1"), Strings{"paid 16 over"});
    for (const Received& notice : got()) EXPECT_TRUE(is_signed_well(notice));
}

TEST_F(WechatNotices, what_is_an_answer) {
    struct Case {
        int status;
        std::string answer;
        core::Duration takes;
        bool is_there;
        std::string outcome;
        core::Duration connects_in{0};
    };
    const Case cases[] = {
        {200, wechat_ack, 4s, true, "acknowledged"},
        {200, "<xml><return_code>SUCCESS</return_code></xml>", 0s, true, "acknowledged"},
        {200, "SUCCESS", 0s, true, "refused"},
        {200, "<xml><return_code>Success</return_code></xml>", 0s, true, "refused"},
        {201, wechat_ack, 0s, true, "refused"},
        {302, wechat_ack, 0s, true, "refused"},
        {500, wechat_ack, 0s, true, "refused"},
        {200, wechat_ack, 6s, true, "no_answer read_timeout"},
        {200, wechat_ack, 2s, true, "acknowledged", 3s},
        {200, wechat_ack, 3s, true, "late", 3s},
        {200, wechat_ack, 0s, false, "no_answer connect_failed"},
    };
    int i = 0;
    for (const Case& row : cases) {
        rig.receiver.status = row.status;
        rig.receiver.answer = row.answer;
        rig.receiver.takes = row.takes;
        rig.receiver.is_there = row.is_there;
        rig.receiver.connects_in = row.connects_in;
        const std::string number = "A" + std::to_string(i++);
        rig.order(number, "#sim{pay=auto}");
        rig.wait_s(10);
        EXPECT_EQ(rig.outcomes(number), Strings{row.outcome}) << number;
        rig.simulators.reset();
    }
}

TEST_F(WechatNotices, later_acts_are_told_when_they_happen) {
    const core::Instant start = rig.simulators.clock().now();
    rig.order("L1", "#sim{scan=5;pay=30}");
    rig.wait_s(60);
    EXPECT_EQ(rig.receiver.seconds_after(start), Seconds{30});
}

TEST_F(WechatNotices, one_comes_before_the_answer_to_the_order) {
    rig.control_json("POST", "faults", R"({"match":{"op":"unifiedorder"},"do":"delay:3000"})");
    const auto answer =
        rig.start(Rig::request("/pay/unifiedorder", {{"body", "#sim{pay=auto}"},
                                                     {"out_trade_no", "Q1"},
                                                     {"total_fee", "100"},
                                                     {"spbill_create_ip", "127.0.0.1"},
                                                     {"notify_url", "http://shop.test/notify"},
                                                     {"trade_type", "APP"}}));
    rig.wait_s(2);
    EXPECT_EQ(got().size(), 1U);
    EXPECT_FALSE(answer->has_value());
    rig.wait_s(2);
    EXPECT_TRUE(answer->has_value());
}

TEST_F(WechatNotices, never_of_a_payment_code) {
    rig.pay("B1", rig.code(0));
    rig.refund_wechat("B1", "BR1", 40, "http://shop.test/refund");
    rig.wait_s(60);
    EXPECT_EQ(got().size(), 0U);
}

TEST_F(WechatNotices, a_refund_is_told_encrypted_where_its_call_says) {
    rig.order("R1", "#sim{pay=auto}");
    rig.wait_s(1);
    rig.refund_wechat("R1", "RR1", 40, "http://shop.test/refund");
    rig.wait_s(61);
    rig.refund_wechat("R1", "RR2", 10, "");
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 2U);
    const Received& notice = got()[1];
    EXPECT_EQ(notice.request.target, "/refund");
    EXPECT_EQ(notice.get("sign"), "");
    EXPECT_EQ(notice.get("mch_id"), "1900000109");
    const std::string sealed = crypto::from_base64(notice.get("req_info")).value();
    const Answer found =
        Rig::to_answer(rig.send(Rig::request("/pay/refundquery", {{"out_refund_no", "RR1"}})));
    const std::string plain =
        "<root><transaction_id>" + found.get("transaction_id") +
        "</transaction_id><out_trade_no><![CDATA[R1]]>" + "</out_trade_no><refund_id>" +
        found.get("refund_id_0") + "</refund_id><out_refund_no><![CDATA[RR1]]>" +
        "</out_refund_no><total_fee>100</total_fee><settlement_total_fee>100</settlement_total_fee>" +
        "<refund_fee>40</refund_fee><settlement_refund_fee>40</settlement_refund_fee>" +
        "<refund_status><![CDATA[SUCCESS]]></refund_status><success_time><![CDATA[" +
        found.get("refund_success_time_0") + "]]></success_time>" +
        "<refund_recv_accout><![CDATA[支付用户零钱]]></refund_recv_accout>" +
        "<refund_account><![CDATA[REFUND_SOURCE_UNSETTLED_FUNDS]]></refund_account>" +
        "<refund_request_source><![CDATA[API]]></refund_request_source></root>";
    EXPECT_EQ(sealed, crypto::seal_aes256_ecb(core::Secret(crypto::md5_hex(api_key)), plain));
    EXPECT_EQ(rig.notices("wechat", "R1"), (Strings{"paid 1 ack", "refunded 1 ack"}));
}

TEST_F(WechatNotices, a_refund_that_takes_time_is_told_when_it_settles) {
    const core::Instant start = rig.simulators.clock().now();
    rig.order("T1", "#sim{pay=auto;notify=none}");
    rig.refund_wechat("T1", "TR1", 40, "http://shop.test/refund", "#sim{refund=processing:90;notify=ok}");
    rig.wait_s(120);
    EXPECT_EQ(rig.receiver.seconds_after(start), Seconds{90});
    rig.refund_wechat("T1", "TR2", 40, "http://shop.test/refund", "#sim{refund=abnormal;notify=ok}");
    rig.wait_s(1);
    EXPECT_EQ(got().size(), 2U);
}

TEST_F(WechatNotices, late_doubled_or_never) {
    const core::Instant start = rig.simulators.clock().now();
    rig.order("D1", "#sim{pay=auto;notify=none}");
    rig.order("D2", "#sim{pay=auto;notify=delay:100}");
    rig.wait_s(120);
    EXPECT_EQ(rig.receiver.seconds_after(start), Seconds{100});
    EXPECT_EQ(rig.notices("wechat", "D1"), Strings{"paid 0 over"});
    rig.receiver.takes = 2s;
    rig.order("D3", "#sim{pay=auto;notify=dup:3}");
    EXPECT_EQ(got().size(), 5U);  // all at once, none waits for another's answer
    rig.wait(1h);
    EXPECT_EQ(rig.notices("wechat", "D3"), Strings{"paid 4 ack"});
}

TEST_F(WechatNotices, a_refund_overtakes_its_payment) {
    rig.order("O1", "#sim{pay=auto;notify=reorder}");
    rig.wait_s(5);
    EXPECT_EQ(got().size(), 0U);
    rig.refund_wechat("O1", "OR1", 40, "http://shop.test/refund");
    rig.wait_s(5);
    ASSERT_EQ(got().size(), 2U);
    EXPECT_EQ(got()[0].request.target, "/refund");
    EXPECT_EQ(got()[1].request.target, "/wechat/notify");
    rig.order("O2", "#sim{pay=auto;notify=reorder}");
    rig.wait(10min - 1s);
    EXPECT_EQ(got().size(), 2U);
    rig.wait_s(2);
    EXPECT_EQ(got().size(), 3U);
}

TEST_F(WechatNotices, the_first_is_spoiled_and_the_second_is_true) {
    // Receivers that believe anything: the schedule goes on all the same.
    for (const std::string play : {"forged", "badsign", "siginit", "amount:1", "xxe"}) {
        rig.receiver.received.clear();
        const std::string number = "F" + play.substr(0, 5);
        rig.order(number, "#sim{pay=auto;notify=" + play + "}", {{"sign_type", "HMAC-SHA256"}});
        rig.wait_s(20);
        ASSERT_EQ(got().size(), 2U) << play;
        EXPECT_EQ(is_signed_well(got()[0], true), play == "amount:1") << play;
        EXPECT_TRUE(is_signed_well(got()[1], true)) << play;
        EXPECT_EQ(got()[1].get("total_fee"), "100") << play;
        if (play == "amount:1") EXPECT_EQ(got()[0].get("total_fee"), "1");
        if (play == "siginit") EXPECT_TRUE(is_signed_well(got()[0], false));
        if (play == "xxe") EXPECT_NE(got()[0].request.body.find("<!ENTITY file SYSTEM"), std::string::npos);
    }
}

TEST_F(WechatNotices, once_more_by_hand) {
    rig.order("H1");
    EXPECT_EQ(rig.control("POST", "notify/wechat/H1/resend").status, 404);
    EXPECT_EQ(rig.control("POST", "notify/wechat/H1/resend", R"({"as":"dup:2"})").status, 400);
    // What a stranger makes up about an order that nobody paid.
    EXPECT_EQ(rig.control("POST", "notify/wechat/H1/resend", R"({"as":"forged"})").status, 200);
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 1U);
    EXPECT_EQ(got()[0].get("result_code"), "SUCCESS");
    EXPECT_FALSE(is_signed_well(got()[0]));
    EXPECT_EQ(rig.state("H1"), "NOTPAY");
    rig.act("wechat", "H1", "pay");
    rig.wait_s(1);
    EXPECT_EQ(got().size(), 2U);
    EXPECT_EQ(rig.control("POST", "notify/wechat/H1/resend").status, 200);
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 3U);
    EXPECT_EQ(got()[2].get("transaction_id"), got()[1].get("transaction_id"));
    EXPECT_TRUE(is_signed_well(got()[2]));
}

TEST_F(WechatNotices, follow_the_simulators_clock_and_end_with_a_reset) {
    rig.receiver.is_there = false;
    rig.order("C1", "#sim{pay=auto}");
    rig.wait_s(1);
    rig.simulators.clock().set_scale(0);
    rig.wait(1h);
    EXPECT_EQ(got().size(), 1U);
    rig.control("POST", "clock", R"({"advance_s":15})");
    rig.wait_s(0);
    EXPECT_EQ(got().size(), 2U);
    rig.simulators.clock().set_scale(1);
    rig.simulators.reset();
    rig.wait(48h);
    EXPECT_EQ(got().size(), 2U);
}

TEST_F(WechatNotices, an_address_that_is_none_is_an_answer_that_does_not_come) {
    rig.order("U1", "#sim{pay=auto}", {{"notify_url", "http://user@shop.test/x"}});
    rig.wait_s(1);
    EXPECT_EQ(rig.outcomes("U1"), Strings{"no_answer bad_url"});
    EXPECT_EQ(got().size(), 0U);
}

}  // namespace
}  // namespace huitong::sim

// What the simulated Alipay tells merchants by itself: payments, refunds and ends of trades that payers
// start, by its own schedule and signature rule (spec/channels 2.10, 6.5).
#include <gtest/gtest.h>

#include "sim/notice_test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Seconds = std::vector<std::int64_t>;

class AlipayNotices : public ::testing::Test {
  protected:
    AlipayNotices() { rig.receiver.answer = "success"; }
    const std::vector<Received>& got() const { return rig.receiver.received; }
    // All but sign and sign_type, sorted, raw.
    static bool is_signed_well(const Fields& fields) {
        std::string text;
        for (const auto& [name, value] : fields) {
            if (name == "sign" || name == "sign_type" || value.empty()) continue;
            text += (text.empty() ? "" : "&") + name + "=" + value;
        }
        const auto key = crypto::RsaPublicKey::parse(test_keys().alipay.public_pem());
        const auto sign = fields.find("sign");
        if (sign == fields.end()) return false;
        const auto bytes = crypto::from_base64(sign->second);
        return bytes && key->verify_sha256(text, *bytes);
    }

    NoticeRig rig;
};

TEST_F(AlipayNotices, a_payment_is_told_at_once) {
    rig.ali_order("N1");
    rig.act("alipay", "N1", "scan");
    rig.wait_s(1);
    EXPECT_EQ(got().size(), 0U);
    rig.act("alipay", "N1", "pay");
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 1U);
    EXPECT_EQ(got()[0].origin, "http://shop.test:80");
    EXPECT_EQ(got()[0].request.target, "/alipay/notify?shop=7");
    const Fields fields = got()[0].fields();
    EXPECT_TRUE(is_signed_well(fields));
    const AliAnswer asked = rig.query_alipay("N1");
    EXPECT_EQ(fields.at("trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(fields.at("trade_no"), asked.get("trade_no"));
    EXPECT_EQ(fields.at("buyer_id"), asked.get("buyer_user_id"));
    EXPECT_EQ(fields.at("total_amount"), "1.00");
    EXPECT_EQ(fields.at("app_id"), own_app);
    EXPECT_EQ(fields.at("seller_id"), "2088021109625633");
    EXPECT_EQ(fields.at("sign_type"), "RSA2");
    EXPECT_EQ(fields.at("notify_type"), "trade_status_sync");
    EXPECT_EQ(fields.at("body"), "壶 100%+1");
    EXPECT_EQ(fields.at("passback_params"), "a=1&b=2");
    EXPECT_EQ(fields.at("gmt_payment"), "2024-03-05 09:15:01");
    EXPECT_EQ(fields.at("fund_bill_list"), R"([{"amount":"1.00","fundChannel":"ALIPAYACCOUNT"}])");
    rig.wait(48h);
    EXPECT_EQ(got().size(), 1U);
}

TEST_F(AlipayNotices, the_schedule_and_its_end) {
    rig.receiver.answer = "Success";
    const core::Instant start = rig.simulators.clock().now();
    rig.ali_order("S1", "#sim{pay=auto}");
    rig.wait(30h);
    const Seconds gaps{240, 600, 600, 3600, 7200, 21600, 54000};
    Seconds expected{0};
    for (const std::int64_t gap : gaps) expected.push_back(expected.back() + gap);
    EXPECT_EQ(rig.receiver.seconds_after(start), expected);
    EXPECT_EQ(rig.notices("alipay", "S1"), Strings{"paid 8 over"});
    const Fields first = got().front().fields();
    const Fields last = got().back().fields();
    EXPECT_EQ(first.at("notify_id"), last.at("notify_id"));
    EXPECT_NE(first.at("notify_time"), last.at("notify_time"));
    EXPECT_TRUE(is_signed_well(last));
}

TEST_F(AlipayNotices, what_is_an_answer) {
    int i = 0;
    for (const auto& [answer, outcome] : std::map<std::string, std::string>{{"success", "acknowledged"},
                                                                            {"success\n", "acknowledged"},
                                                                            {"SUCCESS", "refused"},
                                                                            {" success", "refused"},
                                                                            {"success!", "refused"},
                                                                            {"", "refused"}}) {
        rig.receiver.answer = answer;
        const std::string number = "A" + std::to_string(i++);
        rig.ali_order(number, "#sim{pay=auto}");
        rig.wait_s(10);
        EXPECT_EQ(rig.outcomes(number), Strings{outcome}) << answer;
    }
}

TEST_F(AlipayNotices, refunds_are_told_with_what_was_refunded_so_far) {
    rig.ali_order("R1", "#sim{pay=auto}");
    rig.wait_s(1);
    rig.refund("R1", "RR1", 30);
    rig.wait_s(1);
    rig.refund("R1", "RR2", 70);
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 3U);
    const Fields part = got()[1].fields();
    EXPECT_EQ(part.at("trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(part.at("refund_fee"), "0.30");
    EXPECT_EQ(part.at("out_biz_no"), "RR1");
    EXPECT_TRUE(part.contains("gmt_refund"));
    const Fields whole = got()[2].fields();
    EXPECT_EQ(whole.at("trade_status"), "TRADE_CLOSED");
    EXPECT_EQ(whole.at("refund_fee"), "1.00");
    EXPECT_EQ(whole.at("out_biz_no"), "RR2");
    for (const Received& notice : got()) EXPECT_TRUE(is_signed_well(notice.fields()));
}

TEST_F(AlipayNotices, an_unpaid_end_is_told_only_where_the_payer_was_in_an_app_or_on_a_page) {
    rig.ali_order("E1");
    rig.act("alipay", "E1", "scan");
    rig.call("close", {{"out_trade_no", "E1"}});
    rig.wait_s(1);
    EXPECT_EQ(got().size(), 0U);
    AliRig::Params params = rig.params(
        "alipay.trade.app.pay",
        codec::write_json(codec::JsonObject{
            {"out_trade_no", "E2"}, {"subject", "茶"}, {"total_amount", "1.00"}, {"timeout_express", "4m"}}));
    params["notify_url"] = "http://shop.test/alipay/notify";
    AliRig::sign(params);
    const std::string text = codec::write_form(codec::FormFields(params.begin(), params.end()));
    EXPECT_EQ(rig.control("POST", "scan", codec::write_json(codec::JsonObject{{"content", text}})).status,
              200);
    rig.wait(4min - 1s);
    EXPECT_EQ(got().size(), 0U);
    rig.wait_s(2);
    ASSERT_EQ(got().size(), 1U);
    const Fields fields = got()[0].fields();
    EXPECT_EQ(fields.at("trade_status"), "TRADE_CLOSED");
    EXPECT_FALSE(fields.contains("refund_fee"));
    EXPECT_TRUE(fields.contains("gmt_close"));
}

TEST_F(AlipayNotices, a_cancel_that_refunds_is_told) {
    rig.ali_order("C1", "#sim{pay=auto}");
    rig.wait_s(1);
    rig.cancel("C1");
    rig.wait_s(1);
    ASSERT_EQ(got().size(), 2U);
    EXPECT_EQ(got()[1].get("trade_status"), "TRADE_CLOSED");
    EXPECT_EQ(got()[1].get("refund_fee"), "1.00");
}

TEST_F(AlipayNotices, the_first_is_spoiled_and_the_second_is_true) {
    for (const std::string play : {"forged", "badsign", "siginit", "amount:1", "xxe"}) {
        rig.receiver.received.clear();
        rig.ali_order("F" + std::to_string(play.size()) + play.substr(0, 3),
                      "#sim{pay=auto;notify=" + play + "}");
        rig.wait_s(241);
        ASSERT_EQ(got().size(), 2U) << play;
        EXPECT_EQ(is_signed_well(got()[0].fields()), play == "amount:1") << play;
        EXPECT_TRUE(is_signed_well(got()[1].fields())) << play;
        EXPECT_EQ(got()[1].get("total_amount"), "1.00");
        if (play == "amount:1") EXPECT_EQ(got()[0].get("total_amount"), "0.01");
    }
}

TEST_F(AlipayNotices, a_closing_overtakes_the_payment) {
    rig.ali_order("O1", "#sim{pay=auto;notify=reorder}");
    rig.wait_s(1);
    rig.refund("O1", "OR1", 100);
    rig.wait_s(5);
    ASSERT_EQ(got().size(), 2U);
    EXPECT_EQ(got()[0].get("trade_status"), "TRADE_CLOSED");
    EXPECT_EQ(got()[1].get("trade_status"), "TRADE_SUCCESS");
}

TEST_F(AlipayNotices, never_of_a_payment_code) {
    rig.pay_alipay("B1", rig.ali_code(0));
    rig.refund("B1", "BR1", 40);
    rig.wait_s(60);
    EXPECT_EQ(got().size(), 0U);
}

}  // namespace
}  // namespace huitong::sim

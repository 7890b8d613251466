// Refunds at the simulated Alipay (spec/channels 2.7): the money moves once, whatever was called, and the
// answers say when.
#include <gtest/gtest.h>

#include "sim/alipay/test_support.hpp"

namespace huitong::sim {
namespace {

using Rules = std::vector<std::string>;
using Money = std::pair<std::int64_t, std::int64_t>;

// A trade A1 of 10.00, paid.
struct PaidRig : AliRig {
    PaidRig() { pay_alipay("A1", ali_code(0), 1000); }
};

TEST(AlipayRefund, partial_refunds_cumulate_to_the_whole_and_close_the_trade) {
    PaidRig rig;
    const AliAnswer first = rig.refund("A1", "R1", 300, "质量问题");
    EXPECT_EQ(first.result(), "10000");
    EXPECT_EQ(first.get("fund_change"), "Y");
    EXPECT_EQ(first.get("refund_fee"), "3.00");
    EXPECT_EQ(first.get("gmt_refund_pay"), "2024-03-05 09:15:00");
    EXPECT_EQ(rig.status("A1"), "TRADE_SUCCESS");
    EXPECT_EQ(rig.refund("A1", "R2", 701).result(), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    EXPECT_EQ(rig.refund("A1", "R3", 700).get("refund_fee"), "10.00") << "cumulative";
    EXPECT_EQ(rig.money_of("A1"), (Money{1000, 1000}));
    const AliAnswer closed = rig.query_alipay("A1");
    EXPECT_EQ(closed.get("trade_status"), "TRADE_CLOSED");
    EXPECT_FALSE(closed.get("send_pay_date").empty());
    EXPECT_EQ(rig.refund("A1", "R4", 1).result(), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    EXPECT_EQ(rig.pay_alipay("A1", rig.ali_code(0), 1000).result(), "ACQ.TRADE_HAS_CLOSE");
}

TEST(AlipayRefund, same_number_moves_money_once) {
    PaidRig rig;
    EXPECT_EQ(rig.refund("A1", "R1", 300).get("fund_change"), "Y");
    for (int i = 0; i < 3; ++i) {
        const AliAnswer repeat = rig.refund("A1", "R1", 300);
        EXPECT_EQ(repeat.result(), "10000");
        EXPECT_EQ(repeat.get("fund_change"), "N");
        EXPECT_EQ(repeat.get("refund_fee"), "3.00");
    }
    EXPECT_EQ(rig.refund("A1", "R1", 301).result(), "ACQ.DISCORDANT_REPEAT_REQUEST");
    EXPECT_EQ(rig.money_of("A1"), (Money{1000, 300}));
    rig.pay_alipay("A2", rig.ali_code(0), 1000);
    EXPECT_EQ(rig.refund("A2", "R1", 500).get("fund_change"), "Y") << "numbers belong to their trade";
}

TEST(AlipayRefund, default_number_is_for_the_whole_only) {
    PaidRig rig;
    EXPECT_EQ(rig.refund("A1", "", 999).result(), "ACQ.INVALID_PARAMETER");
    EXPECT_EQ(rig.refund("A1", "", 1000).get("fund_change"), "Y");
    EXPECT_EQ(rig.query_refund("A1", "A1").get("refund_status"), "REFUND_SUCCESS");
}

TEST(AlipayRefund, query_says_success_or_nothing) {
    PaidRig rig;
    rig.refund("A1", "R1", 300, "质量问题");
    const AliAnswer found = rig.query_refund("A1", "R1");
    EXPECT_EQ(found.key, "alipay_trade_fastpay_refund_query_response");
    EXPECT_EQ(found.get("refund_status"), "REFUND_SUCCESS");
    EXPECT_EQ(found.get("refund_amount"), "3.00");
    EXPECT_EQ(found.get("total_amount"), "10.00");
    EXPECT_EQ(found.get("refund_reason"), "质量问题");
    const AliAnswer absent = rig.query_refund("A1", "R2");
    EXPECT_EQ(absent.result(), "10000");
    EXPECT_EQ(absent.json.find("refund_status"), nullptr);
    EXPECT_EQ(rig.query_refund("A9", "R1").result(), "ACQ.TRADE_NOT_EXIST");
}

TEST(AlipayRefund, refuses_what_cannot_be_refunded) {
    PaidRig rig;
    EXPECT_EQ(rig.refund("A9", "R1", 100).result(), "ACQ.TRADE_NOT_EXIST");
    rig.pay_alipay("A2", rig.ali_code(2));
    EXPECT_EQ(rig.refund("A2", "R1", 100).result(), "ACQ.TRADE_STATUS_ERROR");
    rig.cancel("A2");
    EXPECT_EQ(rig.refund("A2", "R1", 100).result(), "ACQ.TRADE_HAS_CLOSE");
    for (const char* const bad : {"0", "-1.00", "1.001", "x", ""}) {
        const AliAnswer answer =
            rig.call("refund", {{"out_trade_no", "A1"}, {"out_request_no", "R1"}, {"refund_amount", bad}});
        EXPECT_EQ(answer.result(), "ACQ.INVALID_PARAMETER") << bad;
    }
    rig.refund("A1", "R1", 100);
    EXPECT_EQ(rig.cancel("A1").result(), "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    rig.simulators.clock().advance(std::chrono::hours(24 * 90) + std::chrono::seconds(1));
    EXPECT_EQ(rig.status("A1"), "TRADE_FINISHED");
    EXPECT_EQ(rig.refund("A1", "R2", 100).result(), "ACQ.TRADE_HAS_FINISHED");
    EXPECT_EQ(rig.refund("A1", "R1", 100).get("fund_change"), "N") << "a repeat is answered all the same";
    EXPECT_EQ(rig.money_of("A1"), (Money{1000, 100}));
}

TEST(AlipayRefund, directives) {
    PaidRig rig;
    EXPECT_EQ(rig.refund("A1", "R1", 100, "退货#sim{refund=processing:20}").get("fund_change"), "N");
    EXPECT_EQ(rig.query_refund("A1", "R1").json.find("refund_status"), nullptr);
    rig.wait_s(20);
    EXPECT_EQ(rig.query_refund("A1", "R1").get("refund_status"), "REFUND_SUCCESS");
    EXPECT_EQ(rig.refund("A1", "R1", 100).get("fund_change"), "N");

    EXPECT_EQ(rig.refund("A1", "R2", 100, "#sim{x=1;refund=syserr:1}").result(), "ACQ.SYSTEM_ERROR");
    EXPECT_EQ(rig.refund("A1", "R2", 100, "#sim{x=1;refund=syserr:1}").get("fund_change"), "Y");
    EXPECT_EQ(rig.refund("A1", "R3", 100, "#sim{refund=needretry}").get("code"), "20000");
    EXPECT_EQ(rig.refund("A1", "R3", 100, "#sim{refund=needretry}").get("fund_change"), "Y");
    EXPECT_EQ(rig.refund("A1", "R4", 100, "#sim{refund=lost}").http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.money_of("A1").second, 400) << "lost, but done";
    EXPECT_EQ(rig.refund("A1", "R4", 100, "#sim{refund=lost}").get("fund_change"), "N");

    EXPECT_EQ(rig.refund("A1", "R5", 100, "#sim{refund=abnormal}").get("fund_change"), "N");
    EXPECT_EQ(rig.refund("A1", "R5", 100, "#sim{refund=abnormal}").get("fund_change"), "N");
    EXPECT_EQ(rig.query_refund("A1", "R5").json.find("refund_status"), nullptr);
    EXPECT_EQ(rig.refund("A1", "R6", 100, "#sim{refund=close}").get("fund_change"), "N");
    EXPECT_EQ(rig.money_of("A1").second, 400);
    EXPECT_EQ(rig.refund("A1", "R6", 100, "#sim{refund=close}").get("fund_change"), "Y");
    EXPECT_EQ(rig.refund("A1", "R7", 500).result(), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL") << "R5 is held";
    EXPECT_EQ(rig.refund("A1", "R7", 400).get("fund_change"), "Y");
    rig.simulators.options().magic = false;
    rig.pay_alipay("A2", rig.ali_code(0), 1000);
    EXPECT_EQ(rig.refund("A2", "R1", 100, "#sim{refund=abnormal}").get("fund_change"), "Y");
}

TEST(AlipayRefund, faults_order_outcomes) {
    PaidRig rig;
    const auto next = [&](const std::string& op, const std::string& action) {
        rig.control_json("POST", "faults",
                         R"({"match":{"channel":"alipay","op":")" + op + R"("},"do":")" + action + R"("})");
    };
    next("refund", "refund:processing:20");
    EXPECT_EQ(rig.refund("A1", "R1", 100).get("fund_change"), "N");
    rig.wait_s(20);
    EXPECT_EQ(rig.query_refund("A1", "R1").get("refund_status"), "REFUND_SUCCESS");
    next("refund", "code:ACQ.SELLER_BALANCE_NOT_ENOUGH");
    EXPECT_EQ(rig.refund("A1", "R2", 100).result(), "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    next("refund", "reset_after");
    EXPECT_EQ(rig.refund("A1", "R2", 100).http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.money_of("A1").second, 200);
    next("refundquery", "not_found");
    EXPECT_EQ(rig.query_refund("A1", "R2").result(), "ACQ.TRADE_NOT_EXIST");
    next("refundquery", "amount:7");
    EXPECT_EQ(rig.query_refund("A1", "R2").get("refund_amount"), "0.07");
    EXPECT_EQ(rig.violated_rules(), Rules{});
    for (const char* const bad :
         {"refund:", "refund:explode", "refund:processing", "refund:lost:1", "code:"}) {
        EXPECT_EQ(rig.control("POST", "faults", std::string(R"({"do":")") + bad + R"("})").status, 400)
            << bad;
    }
}

TEST(AlipayRefund, new_number_after_an_unknown_refund) {
    PaidRig rig;
    rig.refund("A1", "R1", 100, "#sim{refund=lost}");
    rig.refund("A1", "R1", 100);
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "the same number may be repeated";
    rig.refund("A1", "R2", 100);
    EXPECT_EQ(rig.violated_rules(), Rules{"refund_number_changed"}) << "fund_change=N proves nothing";
    rig.simulators.violations().clear();
    rig.query_refund("A1", "R1");
    rig.refund("A1", "R3", 100);
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "its fate was asked for";
}

}  // namespace
}  // namespace huitong::sim

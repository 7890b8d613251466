// Refunds and closeorder at the simulated WeChat (spec/channels 1A.8 to 1A.10): accepted is not refunded, a
// number refunds once.
#include <gtest/gtest.h>

#include "sim/wechat/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Rules = std::vector<std::string>;
using Money = std::pair<std::int64_t, std::int64_t>;

// An order P1 of 10.00, paid.
struct PaidRig : Rig {
    explicit PaidRig(Options options = test_options()) : Rig(std::move(options)) { pay("P1", code(0), 1000); }

    static Fields refund_fields(const std::string& number, std::int64_t fen, const std::string& reason = "") {
        Fields fields{{"out_trade_no", "P1"},
                      {"out_refund_no", number},
                      {"total_fee", "1000"},
                      {"refund_fee", std::to_string(fen)}};
        if (!reason.empty()) fields["refund_desc"] = reason;
        return fields;
    }
    Answer send_refund(Fields fields) {
        return to_answer(send(request("/secapi/pay/refund", std::move(fields))));
    }
    Answer refund(const std::string& number, std::int64_t fen, const std::string& reason = "") {
        return send_refund(refund_fields(number, fen, reason));
    }
    // The same a minute after the one before.
    Answer next_refund(const std::string& number, std::int64_t fen, const std::string& reason = "") {
        wait_s(60);
        return refund(number, fen, reason);
    }
    Answer query_refund(Fields fields) {
        return to_answer(send(request("/pay/refundquery", std::move(fields))));
    }
    // PROCESSING, SUCCESS … or the err_code.
    std::string refund_state(const std::string& number) {
        const Answer answer = query_refund({{"out_refund_no", number}});
        return answer.result() == "SUCCESS" ? answer.get("refund_status_0") : answer.result();
    }
};

TEST(WechatRefund, is_accepted_then_found_refunded) {
    PaidRig rig;
    const std::string transaction_id = rig.query("P1").get("transaction_id");
    const Answer accepted = rig.refund("R1", 300);
    EXPECT_EQ(accepted.result(), "SUCCESS");
    EXPECT_TRUE(accepted.is_signed_well());
    EXPECT_EQ(accepted.get("refund_id").size(), 29U);
    EXPECT_TRUE(accepted.get("refund_id").starts_with("503"));
    EXPECT_EQ(accepted.get("refund_fee"), "300");
    EXPECT_EQ(accepted.get("total_fee"), "1000");
    EXPECT_EQ(accepted.get("transaction_id"), transaction_id);
    const Answer found = rig.query_refund({{"out_refund_no", "R1"}});
    EXPECT_EQ(found.get("refund_count"), "1");
    EXPECT_EQ(found.get("refund_status_0"), "SUCCESS");
    EXPECT_EQ(found.get("refund_id_0"), accepted.get("refund_id"));
    EXPECT_EQ(found.get("refund_fee_0"), "300");
    EXPECT_EQ(found.get("refund_success_time_0"), "2024-03-05 09:15:00");
    const Answer order = rig.query("P1");
    EXPECT_EQ(order.get("trade_state"), "REFUND");
    EXPECT_EQ(order.get("total_fee"), "1000") << "the payment's fields are repeated";
    EXPECT_EQ(rig.money("P1"), (Money{1000, 300}));
}

TEST(WechatRefund, settles_after_the_configured_time) {
    Options options = test_options();
    options.refund_settles_after_s = 30;
    PaidRig rig(std::move(options));
    rig.refund("R1", 300);
    rig.wait(29'999ms);
    const Answer pending = rig.query_refund({{"out_refund_no", "R1"}});
    EXPECT_EQ(pending.get("refund_status_0"), "PROCESSING");
    EXPECT_EQ(pending.get("refund_success_time_0"), "");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 0}));
    EXPECT_EQ(rig.state("P1"), "REFUND");
    rig.wait(1ms);
    EXPECT_EQ(rig.refund_state("R1"), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 300}));
}

TEST(WechatRefund, same_number_refunds_once) {
    PaidRig rig;
    const std::string id = rig.refund("R1", 300).get("refund_id");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.refund("R1", 300).get("refund_id"), id);
    EXPECT_EQ(rig.refund("R1", 301).result(), "INVALID_REQUEST");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 300}));
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "a repeat is no second refund";
    rig.pay("P2", rig.code(0), 1000);
    Fields other = PaidRig::refund_fields("R1", 300);
    other["out_trade_no"] = "P2";
    EXPECT_EQ(rig.send_refund(other).result(), "INVALID_REQUEST") << "unique per merchant, not per order";
    const Totals totals = rig.simulators.wechat().totals();
    EXPECT_EQ(totals.refund_calls, 6);
    EXPECT_EQ(totals.max_refund_calls, 6);
    EXPECT_EQ(totals.refunds, 1);
    EXPECT_EQ(totals.refunded_fen, 300);
}

TEST(WechatRefund, never_more_than_was_paid) {
    PaidRig rig;
    EXPECT_EQ(rig.refund("R1", 600).result(), "SUCCESS");
    EXPECT_EQ(rig.next_refund("R2", 401).result(), "ERROR");
    EXPECT_EQ(rig.next_refund("R3", 400).result(), "SUCCESS");
    EXPECT_EQ(rig.next_refund("R4", 1).result(), "ERROR");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 1000}));
    EXPECT_EQ(rig.state("P1"), "REFUND");
}

TEST(WechatRefund, fifty_of_an_order_a_minute_apart) {
    PaidRig rig;
    EXPECT_EQ(rig.refund("R0", 1).result(), "SUCCESS");
    rig.wait(59'999ms);
    EXPECT_EQ(rig.refund("R1", 1).result(), "FREQUENCY_LIMITED");
    EXPECT_EQ(rig.refund_state("R1"), "REFUNDNOTEXIST") << "not executed";
    EXPECT_EQ(rig.violated_rules(), Rules{"refund_too_soon"});
    rig.wait(1ms);
    EXPECT_EQ(rig.refund("R1", 1).result(), "SUCCESS");
    for (int i = 2; i < 50; ++i) {
        EXPECT_EQ(rig.next_refund(fmt::format("R{}", i), 1).result(), "SUCCESS") << i;
    }
    EXPECT_EQ(rig.next_refund("R50", 1).result(), "ERROR");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 50}));
    const Answer page = rig.query_refund({{"out_trade_no", "P1"}});
    EXPECT_EQ(page.get("total_refund_count"), "50");
    EXPECT_EQ(page.get("refund_count"), "10");
    const Answer last = rig.query_refund({{"out_trade_no", "P1"}, {"offset", "45"}});
    EXPECT_EQ(last.get("refund_count"), "5");
    EXPECT_EQ(last.get("out_refund_no_4"), "R49");
}

TEST(WechatRefund, refuses_what_cannot_be_refunded) {
    PaidRig rig;
    const auto refund_of = [&](const std::string& order) {
        Fields fields = PaidRig::refund_fields("R_" + order, 100);
        fields["out_trade_no"] = order;
        fields["total_fee"] = "100";
        return rig.send_refund(fields).result();
    };
    EXPECT_EQ(refund_of("P9"), "ORDERNOTEXIST");
    rig.pay("P2", rig.code(2));
    EXPECT_EQ(refund_of("P2"), "ORDERNOTEXIST") << "unpaid";
    rig.reverse("P2");
    EXPECT_EQ(refund_of("P2"), "TRADE_STATE_ERROR");
    EXPECT_EQ(refund_of("P1"), "INVALID_REQUEST") << "another total_fee";
    EXPECT_EQ(rig.refund("R1", 100).result(), "SUCCESS");
    const Answer reverse = rig.reverse("P1");
    EXPECT_EQ(reverse.result(), "TRADE_STATE_ERROR");
    EXPECT_EQ(reverse.get("recall"), "N");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 100}));
    rig.pay("P3", rig.code(0));
    rig.simulators.clock().advance(365 * 24h + 1s);
    EXPECT_EQ(refund_of("P3"), "TRADE_OVERDUE");
}

TEST(WechatRefund, fields) {
    PaidRig rig;
    const auto with = [&](const std::string& name, const std::string& value) {
        Fields fields = PaidRig::refund_fields("R1", 100);
        fields[name] = value;
        return rig.send_refund(fields).result();
    };
    for (const char* const required : {"out_trade_no", "out_refund_no", "total_fee", "refund_fee"}) {
        EXPECT_EQ(with(required, ""), "LACK_PARAMS") << required;
    }
    for (const char* const bad : {"0", "-1", "1.00", "1001", "x"})
        EXPECT_EQ(with("refund_fee", bad), "PARAM_ERROR");
    EXPECT_EQ(with("out_refund_no", std::string(65, 'R')), "PARAM_ERROR");
    EXPECT_EQ(with("out_refund_no", "R 1"), "PARAM_ERROR");
    EXPECT_EQ(with("refund_account", "MINE"), "PARAM_ERROR");
    EXPECT_EQ(with("refund_fee_type", "USD"), "PARAM_ERROR");
    EXPECT_EQ(with("transaction_id", std::string(28, '4')), "INVALID_TRANSACTIONID");
    EXPECT_EQ(with("out_refund_no", std::string(64, 'R')), "SUCCESS");
    EXPECT_EQ(rig.query_refund({}).result(), "LACK_PARAMS");
    EXPECT_EQ(rig.query_refund({{"out_refund_no", "R"}, {"offset", "-1"}}).result(), "PARAM_ERROR");

    Options options = test_options();
    options.require_client_cert = true;
    PaidRig strict(std::move(options));
    const Answer refused = strict.refund("R1", 100);
    EXPECT_EQ(refused.get("return_msg"), "证书出错，请登录微信支付商户平台下载证书");
    auto request = Rig::request("/secapi/pay/refund", PaidRig::refund_fields("R1", 100));
    request.has_client_certificate = true;
    EXPECT_EQ(Rig::to_answer(strict.send(request)).result(), "SUCCESS");
}

TEST(WechatRefund, query_by_any_of_four_numbers) {
    PaidRig rig;
    const Answer accepted = rig.refund("R1", 300);
    const auto count = [&](Fields fields) {
        const Answer answer = rig.query_refund(std::move(fields));
        return answer.result() == "SUCCESS" ? answer.get("refund_count") : answer.result();
    };
    EXPECT_EQ(count({{"refund_id", accepted.get("refund_id")}, {"out_refund_no", "other"}}), "1");
    EXPECT_EQ(count({{"out_refund_no", "R1"}, {"out_trade_no", "other"}}), "1");
    EXPECT_EQ(count({{"transaction_id", accepted.get("transaction_id")}}), "1");
    EXPECT_EQ(count({{"out_trade_no", "P1"}}), "1");
    EXPECT_EQ(count({{"out_refund_no", "R2"}, {"out_trade_no", "P1"}}), "REFUNDNOTEXIST");
    std::string forged = accepted.get("refund_id");
    forged[5] = '9';
    EXPECT_EQ(count({{"refund_id", forged}}), "REFUNDNOTEXIST");
    rig.pay("P2", rig.code(0));
    EXPECT_EQ(count({{"out_trade_no", "P2"}}), "REFUNDNOTEXIST");
}

TEST(WechatRefund, directives) {
    PaidRig rig;
    rig.refund("R1", 100, "退货 #sim{refund=processing:20}");
    rig.wait_s(19);
    EXPECT_EQ(rig.refund_state("R1"), "PROCESSING");
    rig.wait_s(1);
    EXPECT_EQ(rig.refund_state("R1"), "SUCCESS");
    EXPECT_EQ(rig.next_refund("R2", 100, "#sim{refund=syserr:2}").result(), "SYSTEMERROR");
    EXPECT_EQ(rig.refund("R2", 100).result(), "SYSTEMERROR");
    EXPECT_EQ(rig.refund_state("R2"), "REFUNDNOTEXIST");
    EXPECT_EQ(rig.refund("R2", 100).result(), "SUCCESS");
    EXPECT_EQ(rig.next_refund("R3", 100, "#sim{refund=needretry}").result(), "BIZERR_NEED_RETRY");
    EXPECT_EQ(rig.refund("R3", 100).result(), "SUCCESS");
    EXPECT_EQ(rig.next_refund("R4", 100, "#sim{refund=lost}").http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.refund_state("R4"), "SUCCESS");
    EXPECT_EQ(rig.refund("R4", 100).result(), "SUCCESS");
    EXPECT_EQ(rig.next_refund("R5", 100, "#sim{refund=abnormal}").result(), "SUCCESS");
    EXPECT_EQ(rig.refund_state("R5"), "CHANGE");
    EXPECT_EQ(rig.next_refund("R6", 100, "#sim{refund=close}").result(), "SUCCESS");
    EXPECT_EQ(rig.refund_state("R6"), "REFUNDCLOSE");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 400})) << "neither abnormal nor closed reached the payer";
    EXPECT_EQ(rig.next_refund("R7", 501).result(), "ERROR") << "the abnormal one is held";
    EXPECT_EQ(rig.next_refund("R8", 500).result(), "SUCCESS") << "the closed one was given back";
    EXPECT_EQ(rig.violated_rules(), Rules{});
}

TEST(WechatRefund, closed_refund_leaves_the_order_paid) {
    PaidRig rig;
    rig.refund("R1", 1000, "#sim{refund=close}");
    EXPECT_EQ(rig.refund_state("R1"), "REFUNDCLOSE");
    EXPECT_EQ(rig.state("P1"), "SUCCESS");
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), (Money{1000, 1000}));
}

TEST(WechatRefund, faults_order_outcomes) {
    PaidRig rig;
    const auto next = [&](const std::string& op, const std::string& action) {
        rig.control_json("POST", "faults",
                         R"({"match":{"channel":"wechat","op":")" + op + R"("},"do":")" + action + R"("})");
    };
    next("refund", "refund:abnormal");
    EXPECT_EQ(rig.refund("R1", 100).result(), "SUCCESS");
    EXPECT_EQ(rig.refund_state("R1"), "CHANGE");
    next("refund", "code:NOTENOUGH");
    const Answer poor = rig.next_refund("R2", 100);
    EXPECT_EQ(poor.result(), "NOTENOUGH");
    EXPECT_TRUE(poor.is_signed_well());
    EXPECT_EQ(rig.refund_state("R2"), "REFUNDNOTEXIST");
    next("refund", "timeout");
    EXPECT_EQ(rig.refund("R2", 100).http.delivery, net::Delivery::drop);
    next("refundquery", "not_found");
    EXPECT_EQ(rig.refund_state("R2"), "REFUNDNOTEXIST");
    EXPECT_EQ(rig.refund_state("R2"), "SUCCESS");
    next("refundquery", "amount:7");
    EXPECT_EQ(rig.query_refund({{"out_refund_no", "R2"}}).get("refund_fee_0"), "7");
    next("refundquery", "badsign");
    EXPECT_FALSE(rig.query_refund({{"out_refund_no", "R2"}}).is_signed_well());
    next("refund", "reset_before");
    rig.next_refund("R3", 100);
    EXPECT_EQ(rig.refund_state("R3"), "REFUNDNOTEXIST");
    next("refund", "http:502");
    EXPECT_EQ(rig.refund("R3", 100).http.status, 502);
    EXPECT_EQ(rig.money("P1"), (Money{1000, 100}));
}

TEST(WechatRefund, new_number_after_an_unknown_refund) {
    PaidRig rig;
    rig.refund("R1", 100, "#sim{refund=syserr:1}");
    rig.refund("R2", 100);
    EXPECT_EQ(rig.violated_rules(), Rules{"refund_number_changed"});
    rig.simulators.violations().clear();
    rig.refund_state("R1");
    rig.next_refund("R3", 100, "#sim{refund=lost}");
    rig.refund_state("R3");
    rig.next_refund("R4", 100);
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "their fates were asked for";
    rig.next_refund("R5", 100);
    EXPECT_EQ(rig.violated_rules(), Rules{}) << "accepted is known";
}

TEST(WechatClose, barcode_orders_are_not_closed) {
    Rig rig;
    const auto close = [&](const std::string& number) {
        return Rig::to_answer(rig.send(Rig::request("/pay/closeorder", {{"out_trade_no", number}}))).result();
    };
    EXPECT_EQ(close("P1"), "ORDERNOTEXIST");
    EXPECT_EQ(rig.violated_rules(), Rules{});
    rig.pay("P1", rig.code(2));
    EXPECT_EQ(close("P1"), "TRADE_STATE_ERROR");
    EXPECT_EQ(rig.state("P1"), "USERPAYING");
    rig.pay("P2", rig.code(0));
    EXPECT_EQ(close("P2"), "ORDERPAID");
    EXPECT_EQ(close(""), "LACK_PARAMS");
    EXPECT_EQ(rig.violated_rules(), (Rules{"close_on_barcode", "close_on_barcode"}));
}

}  // namespace
}  // namespace huitong::sim

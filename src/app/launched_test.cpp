// Orders that the payer begins, on the whole platform under simulated time and on both wallets: till, HTTP
// face, flows, rules, store, adapter, simulator and its notices (spec/channels 6.7: 22 to 24;
// spec/upay 5.2, 5.4).
#include "app/acceptance_test_support.hpp"

namespace huitong::app {

class Launched : public OnBothWallets {
  protected:
    // `directive`: what the simulated payer and channel do, as spec/channels 6.4 writes it.
    TillAnswer precreate(const std::string& directive = {}, std::string sub_payway = "2",
                         std::string payer_uid = {}) {
        return must(platform.run(platform.till().precreate(
            {.client_sn = next_client_sn(),
             .amount_fen = 100,
             .payway = is_wechat() ? "3" : "1",
             .sub_payway = std::move(sub_payway),
             .payer_uid = std::move(payer_uid),
             .subject = directive.empty() ? "coffee" : "#sim{" + directive + "}"})));
    }
    // The payer does that with the order.
    int payer(const std::string& act) {
        const std::string path = "/_sim/orders/" + std::string(payments::to_string(channel_kind())) + "/" +
                                 payment().payment.channel_number + "/" + act;
        net::Request request;
        request.target = path;
        return platform.run(platform.simulators().control_handler()(request)).status;
    }
    std::int64_t kept_by_channel() { return channel_net(payment()); }
};
INSTANTIATE_TEST_SUITE_P(Wallets, Launched, both_wallets, wallet_name);

TEST_P(Launched, a_code_that_is_scanned_and_paid_is_paid) {
    const TillAnswer made = precreate();
    EXPECT_EQ(made.biz_result_code, "PRECREATE_SUCCESS");
    EXPECT_EQ(made.get("order_status"), "CREATED");
    EXPECT_TRUE(made.get("qr_code").starts_with(is_wechat() ? "weixin://" : "https://qr.alipay.com/"));
    platform.run_for(seconds(32));
    EXPECT_EQ(query().get("order_status"), "CREATED");
    ASSERT_EQ(payer("scan"), 200);
    ASSERT_EQ(payer("pay"), 200);
    platform.run_for(seconds(2));
    const TillAnswer paid = query();
    EXPECT_EQ(paid.get("order_status"), "PAID") << "a notice comes before the next query";
    EXPECT_EQ(paid.get("sub_payway"), "2");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Launched, without_any_notice_the_query_finds_it) {
    (void)precreate("scan:1;pay:20;notify:none");
    platform.run_for(seconds(30));
    EXPECT_EQ(query().get("order_status"), "PAID");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Launched, S24_a_code_that_nobody_pays_is_closed_and_cannot_be_paid_any_more) {
    (void)precreate();
    platform.run_for(minutes(3));
    EXPECT_EQ(query().get("order_status"), "CREATED");
    platform.run_for(minutes(3));
    const TillAnswer over = query();
    EXPECT_EQ(over.get("order_status"), "PAY_CANCELED");
    EXPECT_EQ(over.get("status"), "FAIL_CANCELED");
    EXPECT_EQ(over.error_code, "TRADE_TIMEOUT");
    EXPECT_NE(payer("pay"), 200);
    EXPECT_EQ(payment().payment.state, PaymentState::closed);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Launched, S24_what_the_channel_takes_after_that_is_refunded_once) {
    if (is_wechat()) GTEST_SKIP() << "WeChat knows the order from the first moment, so its close is certain";
    (void)precreate("expire:900");
    platform.run_for(minutes(6));
    ASSERT_EQ(query().get("order_status"), "PAY_CANCELED");
    ASSERT_EQ(payer("scan"), 200);
    ASSERT_EQ(payer("pay"), 200);
    platform.run_for(minutes(2));
    EXPECT_EQ(query().get("order_status"), "PAY_CANCELED") << "the merchant goes on seeing what it was told";
    EXPECT_TRUE(has_alarm("paid_after_close"));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(kept_by_channel(), 0);
    expect_books_agree();
}

TEST_P(Launched, cancel_of_an_unpaid_one_closes_it) {
    (void)precreate();
    platform.run_for(seconds(20));
    const TillAnswer cancelled = cancel();
    EXPECT_EQ(cancelled.biz_result_code, "CANCEL_ABORT_SUCCESS");
    EXPECT_EQ(cancelled.get("order_status"), "CANCELED");
    EXPECT_EQ(cancelled.get("net_amount"), "0");
    EXPECT_NE(payer("pay"), 200);
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_ORDER_NOOP");
    platform.run_for(hours(2));
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Launched, cancel_of_a_paid_one_refunds_it_and_shows_it_cancelled) {
    (void)precreate("scan:1;pay:3");
    platform.run_for(seconds(10));
    ASSERT_EQ(query().get("order_status"), "PAID");
    const TillAnswer cancelled = cancel();
    EXPECT_EQ(cancelled.biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(cancelled.get("order_status"), "CANCELED");
    EXPECT_EQ(cancelled.get("net_amount"), "0");
    EXPECT_EQ(payment().automatic_refund()->number, "A" + payment().payment.channel_number.substr(1));
    EXPECT_EQ(kept_by_channel(), 0);
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 0);
    EXPECT_EQ(entries, 2U);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Launched, refunds_in_parts_like_any_other) {
    (void)precreate("scan:1;pay:3");
    platform.run_for(seconds(10));
    EXPECT_EQ(refund("r1", 40).biz_result_code, "REFUND_SUCCESS");
    platform.run_for(minutes(2));
    EXPECT_EQ(refund("r2", 60).biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(query().get("order_status"), "REFUNDED");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Launched, S23_notices_doubled_late_reordered_forged_and_wrong_are_one_outcome) {
    const char* const modes[] = {"dup:4", "delay:90", "reorder", "forged", "amount:1", "badsign", "xxe"};
    for (const char* const mode : modes) {
        SCOPED_TRACE(mode);
        (void)precreate("scan:1;pay:8;notify:" + std::string(mode));
        platform.run_for(minutes(3));
        EXPECT_EQ(query().get("order_status"), "PAID");
        std::size_t entries = 0;
        EXPECT_EQ(ledger_net(payment(), &entries), 100);
        EXPECT_EQ(entries, 1U);
        EXPECT_EQ(has_alarm("amount_mismatch"), std::string_view(mode).starts_with("amount"));
    }
    expect_books_agree();
}

TEST_P(Launched, a_lost_answer_to_the_launch_is_asked_for_again) {
    add_fault(Op::launch, sim::FaultAction::reset_after);
    const TillAnswer made = precreate();
    EXPECT_EQ(made.biz_result_code, "PRECREATE_SUCCESS");
    EXPECT_FALSE(made.get("qr_code").empty());
    expect_no_violations();
}

TEST_P(Launched, a_crash_after_the_launch_closes_what_nobody_was_given) {
    const auto pending = platform.begin(platform.till().precreate({.client_sn = next_client_sn(),
                                                                   .amount_fen = 100,
                                                                   .payway = is_wechat() ? "3" : "1",
                                                                   .payer_uid = {}}));
    platform.run_until([&] { return !platform.simulators().journal().entries().empty(); });
    platform.crash();
    ASSERT_TRUE(platform.restart());
    platform.run_for(minutes(8));
    EXPECT_EQ(query().get("order_status"), "PAY_CANCELED");
    EXPECT_NE(payer("pay"), 200);
    expect_books_agree();
}

}  // namespace huitong::app

// The acceptance scenarios of spec/channels 6.7 that concern pay, query and reverse, by number and name, on
// both wallets and on the whole platform under simulated time: till, HTTP face, flows, rules, store, adapter,
// simulator. Refunds are in refunds_test.cpp.
#include "app/acceptance_test_support.hpp"

namespace huitong::app {

TEST_P(OnBothWallets, S01_immediate_success) {
    const TillAnswer answer = pay(0);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(answer.get("order_status"), "PAID");
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    EXPECT_TRUE(calls(Op::query).empty());
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S02_password_then_success_at_8_s) {
    const TillAnswer answer = pay(1, 8);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    const auto queries = calls(Op::query);
    const std::vector<double> expected =
        is_wechat() ? std::vector<double>{5, 10} : std::vector<double>{3, 6, 9};
    ASSERT_EQ(queries.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(queries[i], expected[i], 0.5);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S03_never_pays_is_reversed_at_30_s) {
    const TillAnswer answer = pay(2);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.error_code, "TRADE_TIMEOUT");
    EXPECT_EQ(answer.get("order_status"), "PAY_CANCELED");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(payment().payment.effect, is_wechat() ? payments::Effect::not_known : payments::Effect::unpaid);
    ASSERT_EQ(calls(Op::reverse).size(), 1U);
    EXPECT_GE(calls(Op::reverse)[0], 29.9);
    EXPECT_LT(calls(Op::reverse)[0], 31);
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 0);
    EXPECT_EQ(entries, 0U) << "nothing is booked while it is not known whether anything was paid";
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S04_pays_between_the_last_query_and_the_reversal) {
    const TillAnswer answer = pay(21);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(channel().totals().refunded_count, 1);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S05_lost_answer_after_success_is_found_by_query) {
    const TillAnswer answer = pay(14);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S06_system_error_and_never_created) {
    const TillAnswer answer = pay(10);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.error_code, "TRADE_TIMEOUT");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S07_execution_delayed_until_after_the_reversal) {
    const TillAnswer answer = pay(22, 40);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL_IN_PROGRESS");
    EXPECT_NEAR(seconds_since_start(), 35, 0.5) << "the call answers at 35 s at the latest";
    EXPECT_EQ(payment().payment.state, PaymentState::reversing) << "absence proves nothing before the bound";
    platform.run_for(minutes(2));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(query().get("order_status"), "PAY_CANCELED");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S08_reversal_with_recall_three_times) {
    EXPECT_EQ(pay(30, 3).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(calls(Op::reverse).size(), 4U);
    EXPECT_EQ(payment().payment.effect, payments::Effect::refunded);
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 0);
    EXPECT_EQ(entries, 2U);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S09_answer_of_the_reversal_is_lost) {
    EXPECT_EQ(pay(32, 1).biz_result_code, "PAY_SUCCESS");
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(answer.get("net_amount"), "0");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S10_reversal_never_succeeds_goes_to_manual_review) {
    EXPECT_EQ(pay(33).biz_result_code, "PAY_SUCCESS");
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_IN_PROGRESS");
    platform.run_for(minutes(40));
    EXPECT_EQ(payment().payment.state, PaymentState::manual_review);
    EXPECT_TRUE(has_alarm("manual_review"));
    EXPECT_EQ(query().get("order_status"), "CANCEL_ERROR");
    EXPECT_EQ(ledger_net(payment()), 100) << "the money is still at the channel, and the book says so";
    expect_books_agree(1);
    expect_no_violations();
}

// WeChat's alone: Alipay cancels while the payer types.
TEST_F(Acceptance, S11_user_paying_on_reversal_is_a_retry) {
    const TillAnswer answer = pay(34, 45);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL_IN_PROGRESS");
    platform.run_for(minutes(2));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_GE(calls(Op::reverse).size(), 3U);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S12_answer_with_a_bad_signature_is_not_trusted) {
    const TillAnswer answer = pay(18);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(calls(Op::query).size(), 1U) << "paid by the query's word, not by the forged answer's";
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S13_amount_mismatch_raises_an_alarm_and_is_no_success) {
    const TillAnswer answer = pay(43);
    EXPECT_NE(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_TRUE(has_alarm("amount_mismatch"));
    platform.run_for(minutes(3));
    EXPECT_NE(payment().payment.state, PaymentState::paid);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S15_two_pollers_give_exactly_one_success) {
    EXPECT_EQ(pay(1, 8).biz_result_code, "PAY_SUCCESS");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(query().get("order_status"), "PAID");
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 100);
    EXPECT_EQ(entries, 1U);
}

TEST_P(OnBothWallets, S16_duplicate_request_charges_once) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    const TillAnswer again = must(platform.run(platform.till().pay(
        {.client_sn = last_client_sn(), .amount_fen = 100, .payment_code = payment_code()})));
    EXPECT_EQ(again.biz_result_code, "FAIL");
    EXPECT_EQ(again.error_code, "CLIENT_SN_CONFLICT");
    EXPECT_EQ(channel().totals().pay_calls, 1);
    expect_books_agree();
}

TEST_P(OnBothWallets, S17_new_attempt_is_refused_while_the_earlier_is_pending) {
    const auto waiting = begin_pay(1, 20);
    platform.run_for(seconds(3));
    const TillAnswer again = must(platform.run(platform.till().pay(
        {.client_sn = last_client_sn(), .amount_fen = 100, .payment_code = payment_code()})));
    EXPECT_EQ(again.error_code, "CLIENT_SN_CONFLICT");
    platform.run_for(seconds(40));
    ASSERT_TRUE(waiting->is_done());
    EXPECT_EQ((**waiting->value).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(channel().totals().pay_calls, 1);
    expect_books_agree();
}

TEST_P(OnBothWallets, S18_expired_code_then_rescan_under_a_new_number) {
    const TillAnswer answer = pay(6);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.error_code, is_wechat() ? "EXPIRED_BARCODE" : "INVALID_BARCODE")
        << "Alipay has one code";
    EXPECT_LT(seconds_since_start(), 1) << "a refusal is reported at once";
    EXPECT_TRUE(calls(Op::reverse).empty()) << "no order was created";
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S27_channel_down_for_ten_minutes) {
    const core::Instant back_at = platform.time().now() + minutes(10);
    platform.network().set_faults([this, back_at](const net::Origin& origin, const net::Request&) {
        const bool is_down = origin == channel_origin() && platform.time().now() < back_at;
        return is_down ? NetworkFault::lose_request : NetworkFault::none;
    });
    for (int i = 0; i < 5; ++i) (void)begin_pay(0);
    platform.run_for(minutes(1));
    const TillAnswer refused = pay(0);
    EXPECT_EQ(refused.error_code, "EXTERNAL_SERVICE_EXCEPTION") << "the outage is known by now";
    EXPECT_EQ(query().error_code, "UPAY_ORDER_NOT_EXISTS") << "refused before anything was written or sent";
    platform.run_for(minutes(8));
    for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(payment("c" + std::to_string(i)).payment.state, PaymentState::reversing)
            << "nothing is marked failed";
    }
    platform.run_for(minutes(20));
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS") << "the channel answers again";
    expect_books_agree();
    expect_no_violations();
}

TEST_P(OnBothWallets, S29_rate_limit_means_not_executed) {
    const TillAnswer answer = pay(44);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(payment().payment.state, PaymentState::failed);
    expect_books_agree();
    expect_no_violations();
}

INSTANTIATE_TEST_SUITE_P(Wallets, OnBothWallets, both_wallets, wallet_name);

}  // namespace huitong::app

// The acceptance scenarios of spec/channels 6.7 that concern pay, query and reverse on WeChat, by number and
// name, on the whole platform under simulated time: till, HTTP face, flows, rules, store, adapter, simulator.
#include "app/acceptance_test_support.hpp"

namespace huitong::app {

TEST_F(Acceptance, S01_immediate_success) {
    const TillAnswer answer = pay(0);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(answer.get("order_status"), "PAID");
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    EXPECT_TRUE(calls("orderquery").empty());
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S02_password_then_success_at_8_s) {
    const TillAnswer answer = pay(1, 8);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    const auto queries = calls("orderquery");
    ASSERT_EQ(queries.size(), 2U);
    EXPECT_NEAR(queries[0], 5, 0.5);
    EXPECT_NEAR(queries[1], 10, 0.5);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S03_never_pays_is_reversed_at_30_s) {
    const TillAnswer answer = pay(2);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.error_code, "TRADE_TIMEOUT");
    EXPECT_EQ(answer.get("order_status"), "PAY_CANCELED");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(payment().payment.effect, payments::Effect::not_known);
    ASSERT_EQ(calls("reverse").size(), 1U);
    EXPECT_GE(calls("reverse")[0], 29.9);
    EXPECT_LT(calls("reverse")[0], 31);
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 0);
    EXPECT_EQ(entries, 0U) << "nothing is booked while it is not known whether anything was paid";
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S04_pays_between_the_last_query_and_the_reversal) {
    const TillAnswer answer = pay(21);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(platform.simulators().wechat().totals().refunded_count, 1);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S05_lost_answer_after_success_is_found_by_query) {
    const TillAnswer answer = pay(14);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S06_system_error_and_never_created) {
    const TillAnswer answer = pay(10);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.error_code, "TRADE_TIMEOUT");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S07_execution_delayed_until_after_the_reversal) {
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

TEST_F(Acceptance, S08_reversal_with_recall_three_times) {
    EXPECT_EQ(pay(30, 3).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(calls("reverse").size(), 4U);
    EXPECT_EQ(payment().payment.effect, payments::Effect::refunded);
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 0);
    EXPECT_EQ(entries, 2U);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S09_answer_of_the_reversal_is_lost) {
    EXPECT_EQ(pay(32, 1).biz_result_code, "PAY_SUCCESS");
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(answer.get("net_amount"), "0");
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S10_reversal_never_succeeds_goes_to_manual_review) {
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

TEST_F(Acceptance, S11_user_paying_on_reversal_is_a_retry) {
    const TillAnswer answer = pay(34, 45);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL_IN_PROGRESS");
    platform.run_for(minutes(2));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_GE(calls("reverse").size(), 3U);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S12_answer_with_a_bad_signature_is_not_trusted) {
    const TillAnswer answer = pay(18);
    EXPECT_EQ(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(calls("orderquery").size(), 1U) << "paid by the query's word, not by the forged answer's";
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S13_amount_mismatch_raises_an_alarm_and_is_no_success) {
    const TillAnswer answer = pay(43);
    EXPECT_NE(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_TRUE(has_alarm("amount_mismatch"));
    platform.run_for(minutes(3));
    EXPECT_NE(payment().payment.state, PaymentState::paid);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S15_two_pollers_give_exactly_one_success) {
    EXPECT_EQ(pay(1, 8).biz_result_code, "PAY_SUCCESS");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(query().get("order_status"), "PAID");
    std::size_t entries = 0;
    EXPECT_EQ(ledger_net(payment(), &entries), 100);
    EXPECT_EQ(entries, 1U);
}

TEST_F(Acceptance, S16_duplicate_request_charges_once) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    const TillAnswer again = must(platform.run(platform.till().pay(
        {.client_sn = last_client_sn(), .amount_fen = 100, .payment_code = platform.payment_code()})));
    EXPECT_EQ(again.biz_result_code, "FAIL");
    EXPECT_EQ(again.error_code, "CLIENT_SN_CONFLICT");
    EXPECT_EQ(platform.simulators().wechat().totals().micropay_calls, 1);
    expect_books_agree();
}

TEST_F(Acceptance, S17_new_attempt_is_refused_while_the_earlier_is_pending) {
    const auto waiting = begin_pay(1, 20);
    platform.run_for(seconds(3));
    const TillAnswer again = must(platform.run(platform.till().pay(
        {.client_sn = last_client_sn(), .amount_fen = 100, .payment_code = platform.payment_code()})));
    EXPECT_EQ(again.error_code, "CLIENT_SN_CONFLICT");
    platform.run_for(seconds(40));
    ASSERT_TRUE(waiting->is_done());
    EXPECT_EQ((**waiting->value).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(platform.simulators().wechat().totals().micropay_calls, 1);
    expect_books_agree();
}

TEST_F(Acceptance, S18_expired_code_then_rescan_under_a_new_number) {
    const TillAnswer answer = pay(6);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.error_code, "EXPIRED_BARCODE");
    EXPECT_LT(seconds_since_start(), 1) << "a refusal is reported at once";
    EXPECT_TRUE(calls("reverse").empty()) << "no order was created";
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S27_channel_down_for_ten_minutes) {
    const core::Instant back_at = platform.time().now() + minutes(10);
    platform.network().set_faults([this, back_at](const net::Origin& origin, const net::Request&) {
        const bool is_down = origin == SimPlatform::wechat_origin() && platform.time().now() < back_at;
        return is_down ? NetworkFault::lose_request : NetworkFault::none;
    });
    for (int i = 0; i < 5; ++i) (void)begin_pay(0);
    platform.run_for(minutes(9));
    for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(payment("c" + std::to_string(i)).payment.state, PaymentState::reversing)
            << "nothing is marked failed";
    }
    platform.run_for(minutes(20));
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, S29_rate_limit_means_not_executed) {
    const TillAnswer answer = pay(44);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(payment().payment.state, PaymentState::failed);
    expect_books_agree();
    expect_no_violations();
}

}  // namespace huitong::app

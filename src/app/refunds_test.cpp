// Refunds through the whole platform under simulated time, on both wallets: the acceptance scenarios 19 to
// 21, 24 and 25 of spec/channels 6.7 by number and name, and what tills may meet besides (spec/upay 5.3).
#include "app/acceptance_test_support.hpp"
#include "flows/decide.hpp"

namespace huitong::app {

namespace {

constexpr std::int64_t price = 10'000;  // dear enough for fees that do not divide

}  // namespace

class Refunds : public OnBothWallets {
  protected:
    // Two refunds of one payment keep the channel's distance; the till is told "in progress" meanwhile.
    void let_turn_come() { platform.run_for(minutes(4)); }

    void decide_refund(const std::string& request_no, payments::RefundVerdict verdict) {
        payments::RefundDecision decision{
            .seq = 0, .verdict = verdict, .operator_name = "ann", .reason = "asked the channel", .owner = {}};
        const auto decided = platform.run(
            flows::decide_refund_beside(platform.store(), payment().payment.sn, request_no,
                                        std::move(decision), platform.time().now(), GatewayOptions{}.engine));
        ASSERT_TRUE(decided.has_value()) << decided.error().reason;
    }
};
INSTANTIATE_TEST_SUITE_P(Wallets, Refunds, both_wallets, wallet_name);

TEST_P(Refunds, S19_three_partial_refunds_and_an_over_refund_refused) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    const TillAnswer first = refund("r1", 3333);
    EXPECT_EQ(first.biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(first.get("order_status"), "PARTIAL_REFUNDED");
    EXPECT_EQ(first.get("net_amount"), "6667");
    EXPECT_EQ(first.get("client_tsn"), last_client_sn() + "-r1");
    const TillAnswer second = refund("r2", 3333);
    EXPECT_EQ(second.biz_result_code, is_wechat() ? "REFUND_IN_PROGRESS" : "REFUND_SUCCESS");
    EXPECT_EQ(refund("r3", 3335).error_code, "REFUNDABLE_AMOUNT_NOT_ENOUGH")
        << "a running refund holds its amount";
    let_turn_come();
    EXPECT_EQ(query().get("order_status"), "PARTIAL_REFUNDED");
    EXPECT_EQ(refund("r3", 3335).error_code, "REFUNDABLE_AMOUNT_NOT_ENOUGH");
    EXPECT_EQ(refund("r3", 3334).biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(query().get("order_status"), "REFUNDED");
    EXPECT_EQ(query().get("net_amount"), "0");
    EXPECT_EQ(refund("r4", 1).error_code, "UPAY_REFUND_INVALID_ORDER_STATE");
    EXPECT_EQ(refund("r1", 3333).error_code, "UPAY_REFUND_ORDER_NOOP");
    EXPECT_EQ(refund("r1", 3332).error_code, "REFUND_REQUEST_CONFLICT");
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_INVALID_ORDER_STATE");
    EXPECT_EQ(channel().totals().refunds, 3);
    EXPECT_TRUE(balances(payment()).empty()) << "every fee is back to zero after the last refund";
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Refunds, S20_lost_answer_is_refunded_once_under_the_same_number) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    add_fault(Op::refund, sim::FaultAction::reset_after);
    add_fault(Op::refund_query, sim::FaultAction::not_found);  // so that the call itself is repeated
    const TillAnswer answer = refund("r1", 2500);
    EXPECT_TRUE(answer.biz_result_code == "REFUND_ERROR" || answer.biz_result_code == "REFUND_IN_PROGRESS" ||
                answer.biz_result_code == "REFUND_SUCCESS")
        << answer.body;
    let_turn_come();
    const TillAnswer shown = query_refund("r1");
    EXPECT_EQ(shown.get("status"), "SUCCESS") << shown.body;
    EXPECT_EQ(shown.get("refund_amount"), "2500");
    EXPECT_EQ(refund("r1", 2500).error_code, "UPAY_REFUND_ORDER_NOOP");
    EXPECT_GE(calls(Op::refund).size(), 2U);
    EXPECT_EQ(channel().totals().refunds, 1);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Refunds, S20_unknown_refund_asked_for_again_is_driven_on_and_made_once) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    add_fault(Op::refund, sim::FaultAction::timeout);
    add_fault(Op::refund_query, sim::FaultAction::timeout);
    const TillAnswer answer = refund("r1", price);
    EXPECT_EQ(answer.biz_result_code, "REFUND_ERROR");
    EXPECT_EQ(answer.get("order_status"), "REFUND_ERROR");
    EXPECT_EQ(refund("r2", price).error_code, "REFUNDABLE_AMOUNT_NOT_ENOUGH")
        << "another number would refund twice";
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_INVALID_ORDER_STATE");
    platform.run_for(seconds(20));  // the look that is under way goes unanswered too
    const TillAnswer again = refund("r1", price);
    EXPECT_TRUE(again.biz_result_code == "REFUND_SUCCESS" || again.error_code == "UPAY_REFUND_ORDER_NOOP")
        << again.body;
    let_turn_come();
    EXPECT_EQ(query().get("order_status"), "REFUNDED");
    EXPECT_EQ(channel().totals().refunds, 1);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Refunds, RefusedRefundReleasesItsAmountAndMayBeAskedForAgain) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    add_fault(Op::refund, sim::FaultAction::code,
              is_wechat() ? "NOTENOUGH" : "ACQ.SELLER_BALANCE_NOT_ENOUGH");
    const TillAnswer answer = refund("r1", price);
    EXPECT_EQ(answer.biz_result_code, "REFUND_FAIL");
    EXPECT_EQ(answer.error_code, "SELLER_BALANCE_NOT_ENOUGH");
    EXPECT_EQ(answer.get("order_status"), "PAID");
    EXPECT_EQ(answer.get("net_amount"), std::to_string(price));
    const std::string number = payment().find_refund("r1")->number;
    platform.run_for(minutes(2));
    EXPECT_EQ(refund("r1", price).biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(payment().find_refund("r1")->number, number) << "a new number could refund twice";
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Refunds, AcceptedIsNotRefunded) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    platform.simulators().options().refund_settles_after_s = 600;
    const TillAnswer answer = refund("r1", 100);
    if (!is_wechat()) {
        EXPECT_EQ(answer.biz_result_code, "REFUND_SUCCESS") << "fund_change=Y is proof";
    } else {
        EXPECT_EQ(answer.biz_result_code, "REFUND_IN_PROGRESS");
        EXPECT_EQ(answer.get("order_status"), "REFUND_INPROGRESS");
        EXPECT_EQ(answer.get("net_amount"), std::to_string(price));
    }
    platform.run_for(hours(1));
    EXPECT_EQ(query().get("order_status"), "PARTIAL_REFUNDED");
    EXPECT_EQ(query().get("net_amount"), "9900");
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Refunds, ChannelDownWhileRefundingEndsInOneRefund) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    const core::Instant back_at = platform.time().now() + minutes(10);
    platform.network().set_faults([this, back_at](const net::Origin& origin, const net::Request&) {
        const bool is_down = origin == channel_origin() && platform.time().now() < back_at;
        return is_down ? NetworkFault::lose_answer : NetworkFault::none;
    });
    EXPECT_EQ(refund("r1", 700).biz_result_code, "REFUND_ERROR");
    platform.run_for(hours(1));
    EXPECT_EQ(query().get("net_amount"), "9300");
    EXPECT_EQ(channel().totals().refunds, 1);
    expect_books_agree();
}

TEST_P(Refunds, RefundByTheChannelsNumberAndFromAnotherTill) {
    const std::string trade_no = pay(0, 0, price).get("trade_no");
    ASSERT_FALSE(trade_no.empty());
    const auto other = platform.make_till();
    const TillAnswer answer =
        must(platform.run(other->post("/upay/v2/refund", {{"terminal_sn", other->identity().sn},
                                                          {"sn", trade_no},
                                                          {"refund_request_no", "r1"},
                                                          {"refund_amount", "10000"},
                                                          {"operator", "ann"}})));
    EXPECT_EQ(answer.biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(answer.get("order_status"), "REFUNDED");
    EXPECT_EQ(answer.get("terminal_sn"), other->identity().sn);
    expect_books_agree();
}

// WeChat's alone: Alipay refunds at once or not at all.
class WechatRefunds : public Acceptance {};

TEST_F(WechatRefunds, S21_processing_then_abnormal_is_a_persons_turn) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    add_fault(Op::refund, sim::FaultAction::refund, "abnormal");
    (void)refund("r1", 500);
    platform.run_for(minutes(5));
    EXPECT_EQ(query_refund("r1").get("status"), "REFUND_ERROR");
    EXPECT_EQ(payment().find_refund("r1")->state, payments::OperationState::manual);
    EXPECT_TRUE(has_alarm("manual_review"));
    EXPECT_EQ(payment().payment.state, PaymentState::paid) << "the payment itself is not in doubt";
    EXPECT_EQ(payment().refundable().minor(), price - 500) << "what may have gone back stays reserved";
}

TEST_F(WechatRefunds, S21_closed_refund_is_refused_and_begins_again_under_a_new_number) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    add_fault(Op::refund, sim::FaultAction::refund, "close");
    const TillAnswer closed = refund("r1", 500);
    EXPECT_EQ(closed.biz_result_code, "REFUND_FAIL") << closed.body;
    const std::string number = payment().find_refund("r1")->number;
    platform.run_for(minutes(2));
    EXPECT_EQ(refund("r1", 500).biz_result_code, "REFUND_SUCCESS");
    EXPECT_NE(payment().find_refund("r1")->number, number) << "the channel closed that number for good";
    expect_books_agree();
    expect_no_violations();
}

class LateEvening : public OnBothWallets {
  protected:
    static SimOptions at_night() {
        SimOptions options;
        options.start = *core::parse_rfc3339("2026-03-05T23:55:00+08:00");
        return options;
    }
    LateEvening() : OnBothWallets(at_night()) {}

    void cut_off(core::Duration time) {
        const core::Instant back_at = platform.time().now() + time;
        platform.network().set_faults([this, back_at](const net::Origin& origin, const net::Request&) {
            const bool is_down = origin == channel_origin() && platform.time().now() < back_at;
            return is_down ? NetworkFault::lose_request : NetworkFault::none;
        });
    }
};
INSTANTIATE_TEST_SUITE_P(Wallets, LateEvening, both_wallets, wallet_name);

// Alipay cancels on the day of payment only (and a quarter of an hour more): what it refuses as late is
// refunded.
TEST_P(LateEvening, S25_reversal_that_comes_too_late_becomes_one_refund) {
    EXPECT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    cut_off(minutes(23));
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_IN_PROGRESS");
    platform.run_for(minutes(40));
    EXPECT_EQ(query().get("order_status"), "CANCELED");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(channel().totals().refunds, is_wechat() ? 0 : 1);
    EXPECT_TRUE(balances(payment()).empty());
    expect_books_agree();
}

// WeChat reverses for a week. What was paid unseen, and a person asks to reverse after that, is refunded.
TEST_P(LateEvening, S25_reversal_by_a_person_after_the_channels_time_becomes_one_refund) {
    const auto waiting = begin_pay(1, 20, price);
    platform.run_for(seconds(2));
    cut_off(hours(1));
    platform.run_for(minutes(45));
    // It was pending to the end of the wait on one wallet, being undone on the other.
    EXPECT_EQ((**waiting->value).biz_result_code, is_wechat() ? "PAY_FAIL_IN_PROGRESS" : "PAY_IN_PROGRESS");
    EXPECT_EQ(payment().payment.state, PaymentState::manual_review);
    platform.run_for(minutes(30));
    platform.simulators().options().alipay_timestamp_window_s = 0;  // the channel's clock alone goes on
    platform.simulators().clock().advance(hours(24 * 8));
    payments::Decision decision{.verdict = payments::Verdict::reverse_again,
                                .operator_name = "ann",
                                .reason = "the line is back",
                                .owner = {}};
    const auto decided =
        platform.run(flows::decide_beside(platform.store(), payment().payment.sn, std::move(decision),
                                          platform.time().now(), GatewayOptions{}.engine));
    ASSERT_TRUE(decided.has_value()) << decided.error().reason;
    platform.run_for(minutes(10));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(channel().totals().refunds, 1);
    expect_books_agree();
}

}  // namespace huitong::app

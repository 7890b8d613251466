// Each rule about what leaves for the channels finds what it is there for.
#include "auditor/test_support.hpp"

namespace huitong::auditor {
namespace {

using Sent = Day;

TEST_F(Sent, pay_call_twice) {
    const Sale sale;
    ask_pay(sale);
    hear_nothing(micropay(sale));
    micropay(sale);
    expect_only("pay_sent_twice");
}

TEST_F(Sent, what_never_left_may_be_sent) {
    const Sale sale;
    ask_pay(sale);
    auditor.on_heard(micropay(sale), core::fail(core::Code::unavailable, "connect_failed"));
    micropay(sale);
    expect_clean();
}

TEST_F(Sent, what_nobody_can_read) {
    orderquery({});
    expect_clean();
    send("/pay/shorturl", {{"out_trade_no", "P1"}});
    expect_only("channel_call_unreadable");
}

TEST_F(Sent, account_of_another_merchant) {
    const Sale sale;
    know_account("1900000001");
    ask_pay(sale);
    const Fields paid{
        {"out_trade_no", "P1"}, {"total_fee", "1000"}, {"body", "coffee"}, {"auth_code", sale.code}};
    const auto sent_by = [](Fields fields, const std::string& mch_id) {
        fields.emplace_back("mch_id", mch_id);
        return fields;
    };
    send("/pay/micropay", sent_by(paid, "1900000001"));
    send("/pay/orderquery", sent_by({{"out_trade_no", "P1"}}, "1900000001"));
    expect_clean();
    pass(15s);
    send("/pay/orderquery", sent_by({{"out_trade_no", "P1"}}, "1900000002"));
    expect_only("wrong_account");
}

TEST_F(Sent, pay_call_to_the_account_of_another_merchant) {
    const Sale sale;
    know_account("1900000001");
    ask_pay(sale);
    send("/pay/micropay", {{"mch_id", "1900000002"},
                           {"out_trade_no", "P1"},
                           {"total_fee", "1000"},
                           {"body", "coffee"},
                           {"auth_code", sale.code}});
    expect_only("wrong_account");
}

TEST_F(Sent, alipay_application_of_another_merchant) {
    auditor.know_account(
        {.id = "ali-1", .merchant_sn = "M1", .side = Side::alipay, .at_channel = "2021000000000001"});
    const auto pay_by = [this](const Sale& sale, const std::string& app_id) {
        ask_pay(sale);
        net::Request request;
        request.target =
            "/gateway.do?" + codec::write_form({{"method", "alipay.trade.pay"}, {"app_id", app_id}});
        request.body = codec::write_form({{"biz_content", R"({"out_trade_no":")" + sale.number +
                                                              R"(","total_amount":"10.00","auth_code":")" +
                                                              sale.code + R"(","subject":"coffee"})"}});
        auditor.on_sent(++calls, alipay, request);
    };
    pay_by({.code = "280000000000001111"}, "2021000000000001");
    expect_clean();
    pay_by({.client_sn = "c2", .code = "280000000000002222", .number = "P2"}, "2021000000000002");
    expect_only("wrong_account");
}

TEST_F(Sent, two_numbers_for_one_order) {
    Sale sale;
    ask_pay(sale);
    micropay(sale);
    sale.number = "P2";
    micropay(sale);
    expect_only("two_numbers");
}

TEST_F(Sent, code_that_two_orders_showed) {
    const Sale sale;
    const Sale second{.client_sn = "c2", .number = "P2"};
    ask_pay(sale);
    ask_pay(second);
    micropay(sale);
    micropay(second);
    expect_clean();
}

TEST_F(Sent, code_that_nobody_showed) {
    micropay({});
    expect_only("pay_unasked");
}

TEST_F(Sent, other_terms_than_the_till_asked) {
    const Sale sale;
    ask_pay(sale);
    send("/pay/micropay", {{"out_trade_no", "P1"},
                           {"total_fee", "1001"},
                           {"body", "tea"},
                           {"device_info", "T9"},
                           {"auth_code", sale.code}});
    EXPECT_EQ(rules(), (std::vector<std::string>{"pay_amount", "pay_subject", "pay_terminal"})) << all();
}

TEST_F(Sent, wallet_of_another_channel) {
    const Sale sale{.code = "280000000000001111"};
    ask_pay(sale);
    micropay(sale);
    expect_only("pay_wrong_channel");
}

TEST_F(Sent, pay_call_that_is_too_late) {
    const Sale sale;
    ask_pay(sale);
    pass(7s);
    micropay(sale);
    expect_only("pay_sent_late");
}

TEST_F(Sent, pay_call_after_it_was_told_over) {
    const Sale sale;
    tell(ask_pay(sale), biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    micropay(sale);
    expect_only("pay_after_over");
}

TEST_F(Sent, pay_call_before_the_catch_up_is_over) {
    const Sale sale;
    const Sale next{.client_sn = "c2", .code = "130000000000002222", .number = "P2"};
    pay_and_tell(sale);
    pass(1min);
    auditor.on_restore(clock.now() - 1h);
    ask_pay(next);
    micropay(next);
    expect_only("begun_before_caught_up");
}

TEST_F(Sent, pay_call_after_the_catch_up) {
    const Sale sale;
    const Sale next{.client_sn = "c2", .code = "130000000000002222", .number = "P2"};
    pay_and_tell(sale);
    pass(1min);
    auditor.on_restore(clock.now() - 1h);
    say(orderquery(sale), wx_paid(sale));
    ask_pay(next);
    micropay(next);
    expect_clean();
}

TEST_F(Sent, refund_of_what_was_never_paid) {
    const Sale sale;
    ask_pay(sale);
    hear_nothing(micropay(sale));
    ask_refund(sale, "r1", 300);
    send_refund(sale, "R1", 300);
    expect_only("refund_of_unpaid");
}

TEST_F(Sent, reversal_within_15_s) {
    const Sale sale;
    ask_pay(sale);
    micropay(sale);
    ask_cancel(sale);
    pass(14'900ms);
    orderquery(sale);
    reverse(sale);
    expect_only("reversal_too_early");
}

TEST_F(Sent, queries_within_a_second) {
    const Sale sale;
    ask_pay(sale);
    micropay(sale);
    pass(5s);
    orderquery(sale);
    pass(1s);
    orderquery(sale);
    expect_clean();
    pass(999ms);
    orderquery(sale);
    expect_only("queries_too_near");
}

TEST_F(Sent, blind_reversal) {
    const Sale sale;
    ask_pay(sale);
    hear_nothing(micropay(sale));
    pass(31s);
    reverse(sale);
    expect_only("reversal_blind");
}

TEST_F(Sent, blind_reversal_after_an_answer_that_nobody_could_read) {
    const Sale sale;
    ask_pay(sale);
    say(micropay(sale), "<html>busy</html>");
    pass(31s);
    reverse(sale);
    expect_only("reversal_blind");
}

TEST_F(Sent, reversal_after_a_refusal_is_not_blind) {
    const Sale sale;
    ask_pay(sale);
    say(micropay(sale), wx_fail("NOTENOUGH"));
    pass(15s);
    reverse(sale);
    expect_clean();
}

TEST_F(Sent, reversal_on_another_day) {
    const Sale sale;
    pay_and_tell(sale);
    ask_cancel(sale);
    pass(24h);
    reverse(sale);
    pass(1min);
    reverse(sale);
    expect_only("reversal_other_day");
}

TEST_F(Sent, reversal_asked_on_the_day_and_held_back_for_half_an_hour) {
    const Sale sale;
    clock.at = std::chrono::ceil<std::chrono::days>(clock.at) + 15h + 50min;  // 23:50 in UTC+8
    pay_and_tell(sale);
    ask_cancel(sale);
    pass(29min);
    reverse(sale);
    expect_clean();
}

TEST_F(Sent, reversal_that_goes_on_on_another_day) {
    const Sale sale;
    pay_and_tell(sale);
    ask_cancel(sale);
    pass(1min);
    reverse(sale);
    pass(24h);
    reverse(sale);
    expect_clean();
}

TEST_F(Sent, reversal_on_another_day_that_a_person_decided) {
    const Sale sale;
    pay_and_tell(sale);
    pass(24h);
    auditor.on_decision("M1", "c1", "reverse");
    reverse(sale);
    expect_clean();
}

TEST_F(Sent, reversal_across_midnight) {
    const Sale sale;
    clock.at = std::chrono::ceil<std::chrono::days>(clock.at) + 15h + 59min + 50s;  // 23:59:50 in UTC+8
    ask_pay(sale);
    hear_nothing(micropay(sale));
    pass(31s);
    orderquery(sale);
    reverse(sale);
    expect_clean();
}

TEST_F(Sent, reversal_on_the_day_of_what_was_paid_after_midnight) {
    const Sale sale;
    clock.at = std::chrono::ceil<std::chrono::days>(clock.at) + 15h + 59min + 50s;
    ask_pay(sale);
    say(micropay(sale), wx_fail("USERPAYING"));
    pass(15s);
    say(orderquery(sale), wx_paid(sale));
    pass(3h);
    ask_cancel(sale);
    reverse(sale);
    expect_clean();
}

TEST_F(Sent, reversal_that_nobody_asked_for) {
    const Sale sale;
    const Sale second{
        .client_sn = "c2", .code = "130000000000002222", .number = "P2", .sn = "7800000000000002"};
    pay_and_tell(sale);
    ask_pay(second);
    micropay(second);
    pass(16s);
    orderquery(second);
    reverse(second);
    pass(30s);
    reverse(sale);
    EXPECT_EQ(rules(), (std::vector<std::string>(2, "reversal_unasked"))) << all();
}

TEST_F(Sent, cancel_that_was_lost_on_the_way_was_not_asked) {
    const Sale sale;
    pay_and_tell(sale);
    pass(31s);
    send_till("cancel", {{"client_sn", "c1"}});
    reverse(sale);
    expect_only("reversal_unasked");
}

TEST_F(Sent, refund_that_nobody_asked_for) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    send_refund(sale, "R1", 301);
    expect_only("refund_unasked");
}

TEST_F(Sent, automatic_refund_of_what_was_told_paid) {
    const Sale sale;
    pay_and_tell(sale);
    send_refund(sale, "A1", 1000);
    expect_only("refund_unasked");
}

TEST_F(Sent, automatic_refund_twice_or_in_part) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("NOTENOUGH"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    send_refund(sale, "A1", 400);
    pass(61s);
    send_refund(sale, "A2", 600);
    EXPECT_EQ(rules(), (std::vector<std::string>{"automatic_refund_amount", "automatic_refund_amount",
                                                 "two_automatic_refunds"}))
        << all();
}

TEST_F(Sent, refund_number_with_another_amount) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    send_refund(sale, "R1", 300);
    send_refund(sale, "R1", 200);
    expect_only("refund_amount");
}

TEST_F(Sent, one_request_under_two_numbers) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    send_refund(sale, "R1", 300);
    pass(61s);
    send_refund(sale, "R2", 300);
    expect_only("two_refund_numbers");
}

TEST_F(Sent, number_that_the_channel_did_not_close_is_not_replaced) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    say(send_refund(sale, "R1", 300), wx_refund_accepted("R1", 300));
    const auto query = refundquery("R1");
    answer(query, wx_refund_state("R1", 300, "PROCESSING"));
    hear(query, wx_refund_state("R1", 300, "REFUNDCLOSE"));
    pass(61s);
    send_refund(sale, "R1n1", 300);
    expect_only("two_refund_numbers");
}

TEST_F(Sent, refunds_above_the_amount) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 600);
    ask_refund(sale, "r2", 500);
    send_refund(sale, "R1", 600);
    pass(61s);
    send_refund(sale, "R2", 500);
    expect_only("refunds_above_amount");
}

TEST_F(Sent, what_was_refused_is_free_again) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 600);
    ask_refund(sale, "r2", 500);
    say(send_refund(sale, "R1", 600), wx_fail("NOTENOUGH"));
    pass(61s);
    send_refund(sale, "R2", 500);
    expect_clean();
}

// A refund whose first call had no answer that counts, asked after `wait` later and absent.
class SentAndAbsent : public Sent {
  protected:
    void send_and_miss(const Sale& sale, core::Duration wait) {
        pay_and_tell(sale);
        ask_refund(sale, "r1", 600);
        ask_refund(sale, "r2", 500);
        hear_nothing(send_refund(sale, "R1", 600));
        pass(wait);
        say(refundquery("R1"), wx_fail("REFUNDNOTEXIST"));
        pass(61s);
        say(send_refund(sale, "R1", 600), wx_fail("NOTENOUGH"));
        pass(61s);
    }
};

TEST_F(SentAndAbsent, long_after_its_call_and_refused_since_is_free_again) {
    const Sale sale;
    send_and_miss(sale, 90s);
    send_refund(sale, "R2", 500);
    expect_clean();
}

TEST_F(SentAndAbsent, soon_after_its_call_is_not_free) {
    const Sale sale;
    send_and_miss(sale, 60s);
    send_refund(sale, "R2", 500);
    expect_only("refunds_above_amount");
}

TEST_F(Sent, what_a_person_called_not_refunded_is_free_again_until_it_is_sent_again) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 600);
    ask_refund(sale, "r2", 500);
    say(send_refund(sale, "R1", 600), wx_refund_accepted("R1", 600));
    say(refundquery("R1"), wx_refund_state("R1", 600, "CHANGE"));
    auditor.on_refund_decision("M1", "c1", "r1", "not_refunded");
    pass(61s);
    say(send_refund(sale, "R2", 500), wx_refund_accepted("R2", 500));
    expect_clean();
    pass(61s);
    send_refund(sale, "R1", 600);
    expect_only("refunds_above_amount");
}

TEST_F(Sent, refunds_within_a_minute) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    ask_refund(sale, "r2", 400);
    send_refund(sale, "R1", 300);
    pass(59s);
    send_refund(sale, "R2", 400);
    expect_only("refunds_too_near");
}

TEST_F(Sent, refund_of_another_total_and_number_of_two_orders) {
    const Sale sale;
    const Sale second{.client_sn = "c2",
                      .amount = 500,
                      .code = "130000000000002222",
                      .number = "P2",
                      .sn = "7800000000000002"};
    pay_and_tell(sale);
    pay_and_tell(second);
    ask_refund(sale, "r1", 300);
    ask_refund(second, "r1", 300);
    send_refund(sale, "R1", 300);
    Sale wrong = second;
    wrong.amount = 1000;
    send_refund(wrong, "R1", 300);
    EXPECT_EQ(rules(), (std::vector<std::string>{"refund_total", "refund_number_of_two"})) << all();
}

TEST_F(Sent, reversal_beside_a_refund) {
    const Sale sale;
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    hear_nothing(send_refund(sale, "R1", 300));
    pass(1min);
    ask_cancel(sale);
    reverse(sale);
    expect_only("reversal_beside_refund");
}

TEST_F(Sent, refund_beside_a_reversal) {
    const Sale sale;
    pay_and_tell(sale);
    pass(1min);
    ask_cancel(sale);
    hear_nothing(reverse(sale));
    ask_refund(sale, "r1", 300);
    send_refund(sale, "R1", 300);
    expect_only("refund_beside_reversal");
}

}  // namespace
}  // namespace huitong::auditor

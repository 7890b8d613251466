// Each rule about what tills are told finds what it is there for.
#include "auditor/test_support.hpp"

namespace huitong::auditor {
namespace {

using Told = Day;

TEST_F(Told, paid_without_the_channels_word) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("USERPAYING"));
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    expect_only("told_paid_unproven");
}

TEST_F(Told, paid_on_an_answer_that_was_tampered_with) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("USERPAYING"));
    const auto query = orderquery(sale);
    answer(query, wx_state(sale, "NOTPAY"));
    hear(query, wx_paid(sale));
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    expect_only("told_paid_unproven");
}

TEST_F(Told, paid_on_another_amount) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    Sale other = sale;
    other.amount = 999;
    say(micropay(sale), wx_paid(other));
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    expect_only("told_paid_unproven");
}

TEST_F(Told, paid_on_an_answer_that_a_dead_process_heard) {
    const Sale sale;
    ask_pay(sale);
    const auto pay = micropay(sale);
    auditor.on_crash("killed");
    say(pay, wx_paid(sale));
    told(sale, "PAID");
    expect_only("told_paid_unproven");
}

TEST_F(Told, failed_without_proof) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("SYSTEMERROR"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    expect_only("told_over_unproven");
}

TEST_F(Told, over_while_the_pay_call_may_still_arrive) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    hear_nothing(micropay(sale));
    pass(31s);
    hear_nothing(orderquery(sale));
    say(reverse(sale), wx_reversed());
    pass(2s);
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    expect_only("told_over_unproven");
}

TEST_F(Told, over_on_a_denial_that_lagged_behind) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("SYSTEMERROR"));
    pass(2s);
    say(orderquery(sale), wx_fail("ORDERNOTEXIST"));
    pass(5s);
    say(orderquery(sale), wx_state(sale, "USERPAYING"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    expect_only("told_over_unproven");
}

TEST_F(Told, over_on_an_end_that_a_look_from_before_it_does_not_refute) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("USERPAYING"));
    pass(31s);
    const auto slow = orderquery(sale);
    pass(1s);
    say(reverse(sale), wx_reversed());
    say(slow, wx_state(sale, "USERPAYING"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    expect_clean();
}

TEST_F(Told, over_stays_over_while_what_is_found_paid_is_refunded) {
    const Sale sale;
    ask_pay(sale);
    hear_nothing(micropay(sale));
    time_out(sale);
    pass(1min);
    say(orderquery(sale), wx_state(sale, "REVOKED"));
    told(sale, "PAY_CANCELED");
    pass(1h);
    say(orderquery(sale), wx_paid(sale));
    told(sale, "PAY_CANCELED");
    send_refund(sale, "AP1", sale.amount);
    expect_clean();
}

TEST_F(Told, over_on_a_pay_answer_that_nobody_could_read) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), "<html>busy</html>");
    pass(31s);
    hear_nothing(orderquery(sale));
    say(reverse(sale), wx_reversed());
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    expect_only("told_over_unproven");
}

TEST_F(Told, cancelled_without_proof) {
    const Sale sale;
    pay_and_tell(sale);
    pass(1min);
    const auto asked = ask_cancel(sale);
    say(reverse(sale), xml({{"result_code", "SUCCESS"}, {"recall", "Y"}}));
    tell(asked, biz(sale, "CANCEL_SUCCESS", "CANCELED"));
    expect_only("told_over_unproven");
}

TEST_F(Told, going_back_from_paid) {
    const Sale sale;
    pay_and_tell(sale);
    pass(3s);
    told(sale, "CREATED");
    expect_only("told_backwards");
}

TEST_F(Told, failed_after_paid) {
    const Sale sale;
    pay_and_tell(sale);
    pass(31s);
    say(orderquery(sale), wx_state(sale, "REVOKED"));
    told(sale, "PAY_CANCELED");
    expect_only("told_backwards");
}

TEST_F(Told, paid_after_it_was_over) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("NOTENOUGH"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    pass(5s);
    say(orderquery(sale), wx_paid(sale));
    told(sale, "PAID");
    expect_only("told_paid_after_over");
}

TEST_F(Told, answers_on_their_way_at_once_may_cross) {
    const Sale sale;
    ask_pay(sale);
    const auto early = ask_query(sale);
    say(micropay(sale), wx_paid(sale));
    told(sale, "PAID");
    tell(early, biz(sale, "SUCCESS", "CREATED"));
    expect_clean();
}

TEST_F(Told, refund_done_without_the_channels_word) {
    const Sale sale;
    pay_and_tell(sale);
    const auto asked = ask_refund(sale, "r1", 300);
    say(send_refund(sale, "R1", 300), wx_refund_accepted("R1", 300));
    tell(asked, biz(sale, "REFUND_SUCCESS", "PARTIAL_REFUNDED", {{"net_amount", "700"}}));
    expect_found("refund_told_unproven");
}

TEST_F(Told, one_proof_is_not_enough_for_two_refunds) {
    const Sale sale;
    pay_and_tell(sale);
    refund_and_tell(sale, "r1", "R1", 300, 700);
    pass(61s);
    tell(ask_refund(sale, "r2", 300), fail("UPAY_REFUND_ORDER_NOOP"));
    expect_only("refund_told_unproven");
}

TEST_F(Told, refund_running_after_it_was_done) {
    const Sale sale;
    pay_and_tell(sale);
    refund_and_tell(sale, "r1", "R1", 300, 700);
    pass(3s);
    tell(ask_refund(sale, "r1", 300),
         biz(sale, "REFUND_IN_PROGRESS", "REFUND_INPROGRESS", {{"net_amount", "700"}}));
    expect_only("refund_told_backwards");
}

TEST_F(Told, order_and_refund_forgotten) {
    const Sale sale;
    pay_and_tell(sale);
    refund_and_tell(sale, "r1", "R1", 300, 700);
    pass(1s);
    tell(ask_query(sale), fail("UPAY_ORDER_NOT_EXISTS"));
    tell(ask("query", {{"client_sn", "c1"}, {"refund_request_no", "r1"}}), fail("UPAY_ORDER_NOT_EXISTS"));
    EXPECT_EQ(rules(), (std::vector<std::string>{"order_forgotten", "refund_forgotten"})) << all();
}

TEST_F(Told, order_whose_call_had_left_is_not_lost_by_a_restore) {
    const Sale sale;
    pay_and_tell(sale);
    pass(1s);
    auditor.on_restore(clock.now() - 1h);
    tell(ask_query(sale), fail("UPAY_ORDER_NOT_EXISTS"));
    expect_only("order_forgotten");
}

TEST_F(Told, wrong_amounts) {
    const Sale sale;
    pay_and_tell(sale);
    told(sale, "PAID", {{"total_amount", "1001"}, {"net_amount", "1001"}});
    told(sale, "PAID", {{"net_amount", "999"}});
    EXPECT_EQ(rules(), (std::vector<std::string>{"total_told", "net_told"})) << all();
}

TEST_F(Told, net_that_forgets_a_refund) {
    const Sale sale;
    pay_and_tell(sale);
    refund_and_tell(sale, "r1", "R1", 300, 700);
    pass(3s);
    told(sale, "PARTIAL_REFUNDED", {{"net_amount", "800"}});
    expect_only("net_told");
}

TEST_F(Told, refund_amount_nobody_asked_for) {
    const Sale sale;
    pay_and_tell(sale);
    refund_and_tell(sale, "r1", "R1", 300, 700);
    tell(ask("query", {{"client_sn", "c1"}, {"refund_request_no", "r1"}}),
         biz(sale, "SUCCESS", "PARTIAL_REFUNDED",
             {{"net_amount", "700"}, {"refund_request_no", "r1"}, {"refund_amount", "301"}}));
    expect_only("refund_told");
}

TEST_F(Told, numbers_that_do_not_stay) {
    const Sale sale;
    pay_and_tell(sale);
    Sale other = sale;
    other.sn = "7800000000000002";
    told(other, "PAID");
    const Sale second{.client_sn = "c2", .code = "130000000000002222", .number = "P2"};
    pay_and_tell(second);
    EXPECT_EQ(rules(), (std::vector<std::string>{"two_sn", "sn_of_two_orders"})) << all();
}

TEST_F(Told, another_order_and_another_terminal) {
    const Sale sale;
    const Sale second{
        .client_sn = "c2", .code = "130000000000002222", .number = "P2", .sn = "7800000000000002"};
    pay_and_tell(sale);
    pay_and_tell(second);
    told(sale, "PAID", {{"terminal_sn", "T9"}});
    tell(ask_query(sale), biz(second, "SUCCESS", "PAID"));
    expect_found("terminal_told");
    expect_found("other_order_told");
}

TEST_F(Told, order_of_somebody_else) {
    const Sale sale;
    auditor.know_terminal({.sn = "T1", .merchant_sn = "M2", .store_sn = "S2"});
    pay_and_tell(sale);
    auditor.know_terminal({.sn = "T1", .merchant_sn = "M1", .store_sn = "S1"});
    told(sale, "PAID");
    expect_only("unknown_order_told");
}

TEST_F(Told, too_late) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_paid(sale));
    pass(38s);
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    expect_only("answered_late");
}

TEST_F(Told, counts_what_is_no_finding) {
    tell(ask_query({}), R"({"result_code":"500","error_code":"UNKNOWN_SYSTEM_ERROR","error_message":"x"})");
    const auto id = ask_query({});
    auditor.on_answered(id, net::make_response(503, "text/plain", "away"), false);
    expect_clean();
    EXPECT_EQ(auditor.counts().at("gateway_500_UNKNOWN_SYSTEM_ERROR"), 1U);
    EXPECT_EQ(auditor.counts().at("gateway_http_503"), 1U);
}

TEST_F(Told, what_is_no_envelope) {
    for (const std::string body :
         {"<html>", R"({"result_code":200})", R"({"result_code":"200"})", R"({"result_code":"400"})",
          R"({"result_code":"200","biz_response":{"result_code":"WELL"}})",
          R"({"result_code":"200","biz_response":{"result_code":"SUCCESS"}})",
          R"({"result_code":"200","biz_response":{"result_code":"FAIL"}})"}) {
        tell(ask("query", {{"client_sn", "x" + body}}), body);
    }
    EXPECT_EQ(rules(), std::vector<std::string>(7, "bad_envelope")) << all();
}

TEST_F(Told, code_and_status_that_contradict) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_paid(sale));
    tell(asked, biz(sale, "PAY_IN_PROGRESS", "PAID"));
    expect_only("bad_envelope");
}

TEST_F(Told, conflict_with_nothing) {
    tell(ask_pay({}), fail("CLIENT_SN_CONFLICT"));
    expect_only("conflict_unfounded");
}

TEST_F(Told, second_pay_without_a_conflict) {
    const Sale sale;
    pay_and_tell(sale);
    tell(ask_pay(sale), biz(sale, "PAY_SUCCESS", "PAID"));
    expect_only("conflict_not_told");
}

TEST_F(Told, refused_although_a_call_left) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    micropay(sale);
    tell(asked, fail("UPAY_STORE_OVER_DAILY_LIMIT"));
    expect_only("refused_but_sent");
}

TEST_F(Told, story_tells_what_happened) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    pass(100ms);
    say(micropay(sale), wx_fail("USERPAYING"));
    pass(1s);
    auditor.on_crash("power failed in a commit");
    pass(1s);
    told(sale, "PAID");
    auditor.on_heard(asked, core::fail(core::Code::unknown_outcome, "reset"));
    ASSERT_EQ(auditor.findings().size(), 1U);
    const std::vector<std::string> lines = auditor.story(auditor.findings().front());
    const std::vector<std::string> wanted{
        "+0:00:00.000 till→gateway pay c1 10.00 CNY code …7781",
        "+0:00:00.100 gateway→wechat pay P1 10.00 CNY code …7781",
        "+0:00:00.100 wechat answered the pay USERPAYING",
        "+0:00:01.100 crash: power failed in a commit",
        "+0:00:02.100 till→gateway query c1",
        "+0:00:02.100 told SUCCESS PAID",
        "+0:00:02.100 till heard nothing of its pay (reset)",
    };
    EXPECT_EQ(lines, wanted);
    for (const std::string& line : lines) EXPECT_EQ(line.find("130000000000007781"), std::string::npos);
}

}  // namespace
}  // namespace huitong::auditor

// Days on which nothing is wrong: the witness must find nothing.
#include "auditor/test_support.hpp"

namespace huitong::auditor {
namespace {

using CleanStories = Day;

TEST_F(CleanStories, plain_payment) {
    const Sale sale;
    pay_and_tell(sale);
    told(sale, "PAID");
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_clean();
}

TEST_F(CleanStories, password_with_polling) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("USERPAYING"));
    for (int i = 0; i < 3; ++i) {
        pass(5s);
        say(orderquery(sale), wx_state(sale, "USERPAYING"));
        told(sale, "CREATED", {{"status", "IN_PROG"}});
    }
    pass(5s);
    say(orderquery(sale), wx_paid(sale));
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_clean();
}

TEST_F(CleanStories, lost_answer_then_reversal) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    const auto pay = micropay(sale);
    answer(pay, wx_paid(sale));
    pass(10s);
    hear_nothing(pay);
    const auto query = orderquery(sale);
    answer(query, wx_paid(sale));
    hear_nothing(query);
    pass(21s);
    const auto undo = reverse(sale);
    answer(undo, wx_reversed());
    hear_nothing(undo);
    tell(asked, biz(sale, "PAY_FAIL_IN_PROGRESS", "CREATED"));
    pass(2s);
    say(reverse(sale), wx_reversed());
    pass(70s);
    say(orderquery(sale), wx_state(sale, "REVOKED"));
    told(sale, "PAY_CANCELED");
    store(sale, {.state = "reversed"}, {{"reverse", "succeeded", "V1"}});
    state(sale, sale.amount);
    compare();
    expect_clean();
}

TEST_F(CleanStories, duplicates_of_everything) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    auditor.on_arrived(asked, true);
    const auto pay = micropay(sale);
    auditor.on_arrived(pay, true);
    answer(pay, wx_paid(sale));
    auditor.on_answered(pay, response(wx_fail("ORDERPAID")), true);
    hear(pay, wx_paid(sale));
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    auditor.on_answered(asked, response(fail("CLIENT_SN_CONFLICT")), true);
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_clean();
}

TEST_F(CleanStories, refused) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("AUTHCODEEXPIRE"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    store(sale, {.state = "failed", .is_limited = true});
    compare();
    expect_clean();
}

TEST_F(CleanStories, cancel_of_a_paid_order) {
    const Sale sale;
    pay_and_tell(sale);
    pass(1min);
    const auto asked = ask_cancel(sale);
    say(reverse(sale), wx_reversed());
    tell(asked, biz(sale, "CANCEL_SUCCESS", "CANCELED"));
    tell(ask_cancel(sale), fail("UPAY_CANCEL_ORDER_NOOP"));
    told(sale, "CANCELED");
    const auto id = store(sale, {.state = "reversed"}, {{"reverse", "succeeded", "V1"}});
    book_payment(id, sale.amount);
    pass(1us);
    book(id, "reversal", 1, "merchant_payable:M1", "channel_receivable:wx-1", sale.amount);
    state(sale, sale.amount);
    compare();
    expect_clean();
}

TEST_F(CleanStories, cancel_refused_then_refund) {
    const Sale sale;
    pay_and_tell(sale);
    pass(1min);
    const auto asked = ask_cancel(sale);
    say(reverse(sale), wx_fail("NOTENOUGH"));
    say(orderquery(sale), wx_paid(sale));
    tell(asked, biz(sale, "CANCEL_ERROR", "PAID", {{"status", "CANCEL_ERROR"}}));
    pass(1min);
    refund_and_tell(sale, "r1", "R1", 1000, 0);
    expect_clean();
}

TEST_F(CleanStories, partial_refunds_with_fees) {
    const Sale sale{.amount = 1001};
    pay_and_tell(sale);
    const auto id =
        store(sale, {.state = "refunded", .refunded = 1001, .fee_ppm = 6000},
              {{"refund", "succeeded", "R1", "r1", 333}, {"refund", "succeeded", "R2", "r2", 668}});
    // 6.006 fen of fee are 6; a third of them 2.
    book_payment(id, 1001);
    book(id, "payment", 1, "merchant_payable:M1", "fee_income:M1", 6);
    book(id, "payment", 1, "channel_fee:wx-1", "channel_receivable:wx-1", 6);
    std::int64_t ordinal = 1;
    std::int64_t net = 1001;
    for (const std::int64_t amount : {333, 668}) {
        pass(61s);
        net -= amount;
        ++ordinal;
        const std::string n = std::to_string(ordinal - 1);
        refund_and_tell(sale, "r" + n, "R" + n, amount, net);
        const std::int64_t fee = ordinal == 2 ? 2 : 4;
        book_refund(id, ordinal, amount);
        book(id, "refund", ordinal, "fee_income:M1", "merchant_payable:M1", fee);
        book(id, "refund", ordinal, "channel_receivable:wx-1", "channel_fee:wx-1", fee);
    }
    tell(ask_refund(sale, "r1", 333), fail("UPAY_REFUND_ORDER_NOOP"));
    tell(ask_refund(sale, "r3", 1), fail("UPAY_REFUND_INVALID_ORDER_STATE"));
    told(sale, "REFUNDED", {{"net_amount", "0"}});
    state(sale, 1001).refunds = {
        {.number = "R1", .amount_fen = 333, .state = ChannelRefund::State::succeeded},
        {.number = "R2", .amount_fen = 668, .state = ChannelRefund::State::succeeded}};
    compare();
    expect_clean();
}

TEST_F(CleanStories, refund_lost_refused_and_closed) {
    const Sale sale;
    pay_and_tell(sale);
    const auto asked = ask_refund(sale, "r1", 400);
    const auto first = send_refund(sale, "R1", 400);
    answer(first, wx_refund_accepted("R1", 400));
    hear_nothing(first);
    tell(asked, biz(sale, "REFUND_ERROR", "REFUND_ERROR", {{"status", "REFUND_ERROR"}}));
    pass(10s);
    say(refundquery("R1"), wx_refund_state("R1", 400, "PROCESSING"));
    pass(60s);
    say(refundquery("R1"), wx_refund_state("R1", 400, "REFUNDCLOSE"));
    tell(ask_refund(sale, "r1", 400), biz(sale, "REFUND_IN_PROGRESS", "REFUND_INPROGRESS"));
    say(send_refund(sale, "R1n2", 400), wx_fail("NOTENOUGH"));
    tell(ask_refund(sale, "r1", 400), biz(sale, "REFUND_FAIL", "PAID"));
    pass(61s);
    const auto again = ask_refund(sale, "r1", 400);
    say(send_refund(sale, "R1n2", 400), wx_refund_accepted("R1n2", 400));
    say(refundquery("R1n2"), wx_refund_state("R1n2", 400, "SUCCESS"));
    tell(again, biz(sale, "REFUND_SUCCESS", "PARTIAL_REFUNDED", {{"net_amount", "600"}}));
    const auto id = store(sale, {.state = "partially_refunded", .refunded = 400},
                          {{"refund", "succeeded", "R1n2", "r1", 400}});
    book_payment(id, 1000);
    pass(1us);
    book_refund(id, 2, 400);
    state(sale, 400).refunds = {
        {.number = "R1", .amount_fen = 400, .state = ChannelRefund::State::closed},
        {.number = "R1n2", .amount_fen = 400, .state = ChannelRefund::State::succeeded}};
    compare();
    expect_clean();
}

TEST_F(CleanStories, late_success_is_refunded_automatically) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    const auto pay = micropay(sale);
    pass(10s);
    hear_nothing(pay);
    pass(21s);
    say(orderquery(sale), wx_fail("ORDERNOTEXIST"));
    say(reverse(sale), wx_fail("ORDERNOTEXIST"));
    tell(asked, biz(sale, "PAY_FAIL_IN_PROGRESS", "CREATED"));
    pass(60s);
    say(orderquery(sale), wx_fail("ORDERNOTEXIST"));
    told(sale, "PAY_CANCELED");
    pass(1h);
    say(orderquery(sale), wx_paid(sale));
    say(send_refund(sale, "A1", 1000), wx_refund_accepted("A1", 1000));
    told(sale, "PAY_CANCELED");
    pass(1s);
    say(refundquery("A1"), wx_refund_state("A1", 1000, "SUCCESS"));
    told(sale, "PAY_CANCELED");
    const auto id = store(sale, {.state = "reversed", .is_reopened = true},
                          {{"reverse", "succeeded", "V1"}, {"refund", "succeeded", "A1", "", 1000}});
    book_payment(id, 1000);
    book(id, "reversal", 1, "merchant_payable:M1", "channel_receivable:wx-1", 1000);
    state(sale, 1000).refunds = {
        {.number = "A1", .amount_fen = 1000, .state = ChannelRefund::State::succeeded}};
    write("insert into alert values ('a','paid_after_close',$1,null,0,$1,$2)",
          {core::to_us(clock.now()), id});
    compare();
    expect_clean();
}

TEST_F(CleanStories, restore_that_forgets_for_a_while) {
    const Sale sale;
    pay_and_tell(sale);
    refund_and_tell(sale, "r1", "R1", 300, 700);
    pass(1min);
    auditor.on_restore(clock.now() - 10min);
    told(sale, "CREATED", {{"status", "IN_PROG"}});
    say(orderquery(sale), xml({{"result_code", "SUCCESS"},
                               {"out_trade_no", "P1"},
                               {"total_fee", "1000"},
                               {"trade_state", "REFUND"}}));
    told(sale, "REFUND_ERROR", {{"status", "REFUND_ERROR"}});
    say(refundquery("R1"), wx_refund_state("R1", 300, "SUCCESS"));
    told(sale, "PARTIAL_REFUNDED", {{"net_amount", "700"}});
    const auto id = store(sale, {.state = "partially_refunded", .refunded = 300},
                          {{"refund", "succeeded", "R1", "r1", 300}});
    book_payment(id, 1000);
    pass(1us);
    book_refund(id, 2, 300);
    state(sale, 300).refunds = {
        {.number = "R1", .amount_fen = 300, .state = ChannelRefund::State::succeeded}};
    compare();
    expect_clean();
}

TEST_F(CleanStories, order_lost_before_anything_left) {
    Sale sale;
    const auto asked = ask_pay(sale);
    told(sale, "CREATED", {{"status", "IN_PROG"}});
    pass(1s);
    auditor.on_crash("disk lost");
    auditor.on_heard(asked, core::fail(core::Code::unknown_outcome, "reset"));
    auditor.on_restore(clock.now() - 1h);
    tell(ask_query(sale), fail("UPAY_ORDER_NOT_EXISTS"));
    sale.sn = "7800000000000009";
    pay_and_tell(sale);
    expect_clean();
}

TEST_F(CleanStories, manual_decision) {
    const Sale sale;
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("SYSTEMERROR"));
    pass(31s);
    say(reverse(sale), wx_fail("SYSTEMERROR"));
    tell(asked, biz(sale, "PAY_FAIL_IN_PROGRESS", "CREATED"));
    pass(30min);
    told(sale, "PAY_ERROR");
    decide("paid");
    told(sale, "PAID");
    book_payment(store(sale, {}, {{"reverse", "manual", "V1"}}), 1000);
    state(sale);
    const std::int64_t now = core::to_us(clock.now());
    write("insert into alert values ('a','manual_review',$1,$1,1,$1,1)", {now});
    auditor.on_alert_delivered("a");
    compare();
    expect_clean();
    database->run_script("delete from alert");
    compare();
    expect_only("review_without_alert");
}

TEST_F(CleanStories, alipay_pay_cancel_and_refund) {
    const auto send_alipay = [this](const std::string& method, const std::string& content) {
        net::Request request;
        request.target = "/gateway.do?" + codec::write_form({{"method", method}});
        request.body = codec::write_form({{"biz_content", content}});
        auditor.on_sent(++calls, alipay, request);
        auditor.on_arrived(calls, false);
        return calls;
    };
    const Sale sale{.amount = 1234, .code = "280000000000001111"};
    const auto asked = ask_pay(sale);
    say(send_alipay("alipay.trade.pay", R"({"out_trade_no":"P1","total_amount":"12.34",)"
                                        R"("auth_code":"280000000000001111","subject":"coffee"})"),
        R"({"alipay_trade_pay_response":{"code":"10003","out_trade_no":"P1"},"sign":"x"})");
    pass(3s);
    say(send_alipay("alipay.trade.query", R"({"out_trade_no":"P1"})"),
        R"({"alipay_trade_query_response":{"code":"10000","out_trade_no":"P1",)"
        R"("trade_status":"TRADE_SUCCESS","total_amount":"12.34"},"sign":"x"})");
    tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    const auto refund = ask_refund(sale, "r1", 234);
    say(send_alipay("alipay.trade.refund",
                    R"({"out_trade_no":"P1","refund_amount":"2.34","out_request_no":"R1"})"),
        R"({"alipay_trade_refund_response":{"code":"10000","out_trade_no":"P1",)"
        R"("fund_change":"Y"},"sign":"x"})");
    tell(refund, biz(sale, "REFUND_SUCCESS", "PARTIAL_REFUNDED", {{"net_amount", "1000"}}));
    expect_clean();
}

}  // namespace
}  // namespace huitong::auditor

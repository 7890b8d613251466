// Orders that the payer begins, in the witness's eyes: the platform as it should be, and its mistakes.
#include "auditor/test_support.hpp"

namespace huitong::auditor {

namespace {

class Launches : public Day {
  protected:
    std::uint64_t ask_precreate() {
        return ask("precreate", {{"client_sn", sale.client_sn},
                                 {"total_amount", std::to_string(sale.amount)},
                                 {"payway", "3"},
                                 {"subject", "tea17 #sim{pay:3}"}});
    }
    std::uint64_t unifiedorder(std::int64_t amount = 1000, const std::string& number = "P1") {
        return send(
            "/pay/unifiedorder",
            {{"out_trade_no", number}, {"total_fee", std::to_string(amount)}, {"body", "tea17 #sim{pay:3}"}});
    }
    std::uint64_t closeorder() { return send("/pay/closeorder", {{"out_trade_no", sale.number}}); }
    static std::string wx_launched() {
        return xml({{"result_code", "SUCCESS"}, {"prepay_id", "wx1"}, {"code_url", "weixin://1"}});
    }
    static std::string wx_closed() { return xml({{"result_code", "SUCCESS"}}); }
    void launch() {
        const auto asked = ask_precreate();
        say(unifiedorder(), wx_launched());
        tell(asked, biz(sale, "PRECREATE_SUCCESS", "CREATED", {{"qr_code", "weixin://1"}}));
    }
    void launch_and_pay() {
        launch();
        pass(20s);
        say(orderquery(sale), wx_paid(sale));
        told(sale, "PAID");
    }
    Sale sale;
};

TEST_F(Launches, launched_and_paid) {
    launch_and_pay();
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_clean();
}

TEST_F(Launches, told_paid_by_nobody_but_a_notice) {
    launch();
    told(sale, "PAID");
    expect_only("told_paid_unproven");
}

TEST_F(Launches, launched_again_under_its_number) {
    const auto asked = ask_precreate();
    hear_nothing(unifiedorder());
    pass(6s);
    say(unifiedorder(), wx_launched());
    tell(asked, biz(sale, "PRECREATE_SUCCESS", "CREATED", {{"qr_code", "weixin://1"}}));
    expect_clean();
}

TEST_F(Launches, launched_again_over_another_amount_or_number) {
    ask_precreate();
    hear_nothing(unifiedorder());
    unifiedorder(999);
    unifiedorder(1000, "P2");
    EXPECT_EQ(rules(), (std::vector<std::string>{"launch_differs", "pay_unasked"})) << all();
}

TEST_F(Launches, launched_although_nobody_asked) {
    unifiedorder();
    expect_only("pay_unasked");
}

TEST_F(Launches, launched_too_late) {
    ask_precreate();
    pass(7s);
    unifiedorder();
    expect_only("pay_sent_late");
}

TEST_F(Launches, answered_without_anything_to_begin_with) {
    const auto asked = ask_precreate();
    say(unifiedorder(), wx_launched());
    tell(asked, biz(sale, "PRECREATE_SUCCESS", "CREATED"));
    expect_only("bad_envelope");
}

TEST_F(Launches, closed_when_its_time_is_over) {
    launch();
    pass(300s);
    say(orderquery(sale), wx_state(sale, "NOTPAY"));
    say(closeorder(), wx_closed());
    told(sale, "PAY_CANCELED");
    store(sale, {.state = "closed"});
    state_unpaid(sale);
    compare();
    expect_clean();
}

TEST_F(Launches, closed_before_its_time) {
    launch();
    pass(200s);
    closeorder();
    expect_only("closed_early");
}

TEST_F(Launches, closed_before_its_time_because_a_till_asked) {
    launch();
    const auto asked = ask_cancel(sale);
    say(closeorder(), wx_closed());
    tell(asked, biz(sale, "CANCEL_ABORT_SUCCESS", "CANCELED"));
    expect_clean();
}

TEST_F(Launches, told_over_while_the_payer_may_still_begin) {
    launch();
    pass(100s);
    say(orderquery(sale), wx_fail("ORDERNOTEXIST"));
    told(sale, "PAY_CANCELED");
    expect_only("told_over_unproven");
}

TEST_F(Launches, told_over_when_a_close_was_refused) {
    launch();
    pass(300s);
    say(closeorder(), wx_fail("ORDERPAID"));
    told(sale, "PAY_CANCELED");
    expect_only("told_over_unproven");
}

TEST_F(Launches, refused_once_and_then_launched_is_not_over) {
    const auto asked = ask_precreate();
    say(unifiedorder(), wx_fail("FREQUENCY_LIMITED"));
    pass(2s);
    say(unifiedorder(), wx_launched());
    tell(asked, biz(sale, "PRECREATE_FAIL", "PAY_CANCELED"));
    expect_only("told_over_unproven");
}

TEST_F(Launches, refused_for_good) {
    const auto asked = ask_precreate();
    say(unifiedorder(), wx_fail("NOAUTH"));
    tell(asked, biz(sale, "PRECREATE_FAIL", "PAY_CANCELED"));
    expect_clean();
}

TEST_F(Launches, cancel_of_a_paid_one_is_one_refund) {
    launch_and_pay();
    const auto asked = ask_cancel(sale);
    say(send_refund(sale, "A1", sale.amount), wx_refund_accepted("A1", sale.amount));
    pass(1s);
    say(refundquery("A1"), wx_refund_state("A1", sale.amount, "SUCCESS"));
    tell(asked, biz(sale, "CANCEL_SUCCESS", "CANCELED"));
    expect_clean();
}

TEST_F(Launches, refund_of_a_paid_one_that_nobody_asked_for) {
    launch_and_pay();
    send_refund(sale, "A1", sale.amount);
    EXPECT_EQ(rules(), (std::vector<std::string>{"refund_unasked"})) << all();
}

TEST_F(Launches, string_for_a_wallet_is_an_order_at_alipay) {
    const auto asked = ask("precreate", {{"client_sn", sale.client_sn},
                                         {"total_amount", "1000"},
                                         {"payway", "1"},
                                         {"sub_payway", "5"},
                                         {"subject", "tea"}});
    const std::string content = codec::percent_encode(R"({"out_trade_no":"P1","total_amount":"9.99"})");
    tell(asked, biz(sale, "PRECREATE_SUCCESS", "CREATED",
                    {{"wap_pay_request", "app_id=2021&method=alipay.trade.app.pay&biz_content=" + content}}));
    EXPECT_EQ(rules(), (std::vector<std::string>{"pay_amount", "total_told"})) << all();
}

TEST_F(Launches, error_told_of_what_nobody_was_given_is_no_review) {
    ask_precreate();
    hear_nothing(unifiedorder());
    told(sale, "PAY_ERROR");
    pass(10s);
    say(closeorder(), wx_closed());
    told(sale, "PAY_CANCELED");
    store(sale, {.state = "closed"});
    state_unpaid(sale);
    compare();
    expect_clean();
}

TEST_F(Launches, error_told_of_what_a_payer_was_given_is_a_review) {
    launch();
    told(sale, "PAY_ERROR");
    pass(301s);
    say(closeorder(), wx_closed());
    told(sale, "PAY_CANCELED");
    store(sale, {.state = "closed"});
    state_unpaid(sale);
    compare();
    expect_only("review_without_alert");
}

}  // namespace

}  // namespace huitong::auditor

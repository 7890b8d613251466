// Refunds through the whole face over faked stories: field rules, what the stories are asked, waits, and the
// query of one refund (spec/upay 3.6, 3.7).
#include "api/upay/test_support.hpp"

namespace huitong::api::upay {
namespace {

class UpayRefunds : public UpayFace {
  protected:
    UpayRefunds() {
        order_.payment.amount = core::fen(100);
        refund_.order = with_refund(order_, OperationState::succeeded, "R1", 40);
        refund_.order.payment.state = PaymentState::partially_refunded;
        refund_.order.payment.refunded = core::fen(40);
        refund_.seq = 2;
    }
    static std::string refund_body(const std::string& more = {}) {
        return body(R"(,"sn":"7842000000000001","refund_request_no":"R1","refund_amount":"40")" + more);
    }
    std::string refund(const std::string& request) { return call("/upay/v2/refund", request); }
};

TEST_F(UpayRefunds, PassesOnWhatWasSaid) {
    terminal_.terminal.sn = terminal_sn;
    order_.payment.terminal_sn = "another till of the merchant";
    const std::string answer = refund(refund_body(
        R"(,"client_sn":"A1","operator":"boss","refund_reason":"cold","reflect":{"a":"b"},"client_tsn":"x",)"
        R"("extended":{"k":"v"},"goods_details":[{"goods_id":"1","goods_name":"n","quantity":1,"price":40,)"
        R"("promotion_type":0}],"unknown":1)"));
    EXPECT_TRUE(answer.starts_with(
        R"({"result_code":"200","error_code":"","error_message":"",)"
        R"("biz_response":{"result_code":"REFUND_SUCCESS","error_code":"","error_message":"",)"
        R"("data":{"terminal_sn":"100042000000000001","sn":"7842000000000001","client_sn":"A1",)"
        R"("client_tsn":"A1-R1",)"))
        << answer;
    EXPECT_EQ(looked_up_.back(), "1680000000001|7842000000000001|A1");
    ASSERT_TRUE(refunded_);
    EXPECT_EQ(refunded_->sn, order_.payment.sn);
    EXPECT_EQ(refunded_->request_no, "R1");
    EXPECT_EQ(refunded_->amount, core::fen(40));
    EXPECT_EQ(refunded_->operator_name, "boss");
    EXPECT_EQ(refunded_->terminal_sn, terminal_sn);
    EXPECT_EQ(refunded_->reason, "cold");
    EXPECT_EQ(refunded_->wait_until, now + 15s);
}

TEST_F(UpayRefunds, TheSnMayBeTheChannelsTradeNumber) {
    EXPECT_TRUE(has(refund(body(R"(,"sn":"4200000001","refund_request_no":"R1","refund_amount":40)")),
                    "REFUND_SUCCESS"));
    EXPECT_EQ(refunded_->sn, order_.payment.sn);
}

TEST_F(UpayRefunds, TheWaitIsBounded) {
    refund_wait_ = 20s;
    (void)refund(refund_body());
    EXPECT_EQ(refunded_->wait_until, now + 20s);
    refund_wait_ = 60s;
    (void)refund(refund_body());
    EXPECT_EQ(refunded_->wait_until, now + 35s);
}

TEST_F(UpayRefunds, BadInput) {
    const std::string amount_text = "refund_amount金额为整数，长度不超过10位，以分为单位";
    const auto with = [](const std::string& number, const std::string& amount) {
        return body(R"(,"client_sn":"A1","refund_request_no":)" + number + R"(,"refund_amount":)" + amount);
    };
    const std::pair<std::string, std::string> rows[] = {
        {with(R"("R1")", R"("0")"), amount_text},
        {with(R"("R1")", R"("-1")"), amount_text},
        {with(R"("R1")", R"("1.0")"), amount_text},
        {with(R"("R1")", R"("abc")"), amount_text},
        {with(R"("R1")", R"("12345678901")"), amount_text},
        {with(R"("R1")", "1.5"), amount_text},
        {with(R"("R1")", "[]"), amount_text},
        {with(R"("R1")", "null"), "refund_amount不可以为空"},
        {with("\"\"", "1"), "refund_request_no不可以为空"},
        {with("null", "1"), "refund_request_no不可以为空"},
        {with("\"" + std::string(21, '1') + "\"", "1"), "refund_request_no长度不超过20字节"},
        {with(R"("退款退款退款退")", "1"), "refund_request_no长度不超过20字节"},
        {with(R"("a\u0000b")", "1"), "refund_request_no含有控制字符"},
        {with("{}", "1"), "refund_request_no应为字符串"},
        {body(R"(,"refund_request_no":"R1","refund_amount":"1")"), "sn与client_sn不能同时为空"},
        {refund_body(R"(,"operator":")" + std::string(65, 'o') + "\""), "operator长度不超过64位"},
        {refund_body(R"(,"reflect":")" + std::string(65, 'o') + "\""), "reflect长度不超过64位"},
        {refund_body(R"(,"extended":"x")"), "extended应为JSON对象"},
        {refund_body(R"(,"goods_details":[{"goods_id":"1"}])"), "goods_details: goods_name"},
    };
    for (const auto& [request, text] : rows) {
        const std::string answer = refund(request);
        EXPECT_EQ(outer_code(answer), "400 INVALID_PARAMS") << request;
        EXPECT_TRUE(has(answer, text)) << answer;
    }
    EXPECT_FALSE(refunded_);
    EXPECT_TRUE(looked_up_.empty()) << "field rules come before every look-up";
    EXPECT_TRUE(has(refund(with("\"" + std::string(20, '1') + "\"", "9999999999")), "REFUND_SUCCESS"));
    EXPECT_EQ(refunded_->amount, core::fen(9'999'999'999));
    EXPECT_EQ(refunded_->operator_name, "") << "lenient";
}

TEST_F(UpayRefunds, InactiveTerminalsDoNotRefund) {
    terminal_.terminal.is_active = false;
    EXPECT_TRUE(has(refund(refund_body()), "UPAY_TERMINAL_STATUS_ABNORMAL"));
    EXPECT_FALSE(refunded_);
}

TEST_F(UpayRefunds, AlreadyRefundedTellsOfThatRefund) {
    order_ = with_refund(refund_.order, OperationState::refused, "R2", 60);
    fail_with(core::Code::conflict, "already_refunded");
    const std::string answer = refund(refund_body());
    EXPECT_TRUE(has(answer, R"("result_code":"FAIL","error_code":"UPAY_REFUND_ORDER_NOOP")")) << answer;
    EXPECT_TRUE(has(answer, R"("client_tsn":"A1-R1","status":"SUCCESS","order_status":"PARTIAL_REFUNDED")"))
        << answer;
    EXPECT_TRUE(has(answer, R"("net_amount":"60")")) << answer;
}

TEST_F(UpayRefunds, FaultsOfOurs) {
    fail_with(core::Code::unavailable, "store");
    EXPECT_EQ(outer_code(refund(refund_body())), "500 REQUEST_FAIL");
    fail_with(core::Code::unavailable, "catching_up");
    EXPECT_EQ(outer_code(refund(refund_body())), "500 MAINTENANCE_INPROGRESS");
    fail_with(core::Code::conflict, "something_else");
    EXPECT_EQ(outer_code(refund(refund_body())), "500 UNKNOWN_SYSTEM_ERROR");
    failure_.reset();
    refund_.seq = 9;
    EXPECT_EQ(outer_code(refund(refund_body())), "500 UNKNOWN_SYSTEM_ERROR");
}

TEST_F(UpayRefunds, QueryOfOneRefund) {
    refund_.order = with_refund(refund_.order, OperationState::refused, "R2", 60);
    refund_.order.find(2)->channel_at = now + 30s;
    refund_.order.payment.terminal_sn = "pay till";
    const std::string request = body(R"(,"client_sn":"A1","refund_request_no":"R1")");
    std::string answer = call("/upay/v2/query", request);
    EXPECT_EQ(looked_up_.back(), "1680000000001||A1|R1");
    for (const char* part :
         {R"("result_code":"SUCCESS","error_code":"")", R"("terminal_sn":"pay till")",
          R"("client_tsn":"A1-R1","status":"SUCCESS","order_status":"PARTIAL_REFUNDED")",
          R"("operator":"boss")", R"("finish_time":"1700000040000","channel_finish_time":"1700000030000")",
          R"("refund_request_no":"R1","refund_amount":"40")", R"("net_amount":"60")",
          R"("payment_list":[)"}) {
        EXPECT_TRUE(has(answer, part)) << part << " in " << answer;
    }
    refund_.seq = 3;
    refund_.order.find(3)->refusal = Refusal::merchant_funds;
    answer = call("/upay/v2/query", request);
    EXPECT_TRUE(has(answer, R"("result_code":"SUCCESS","error_code":"SELLER_BALANCE_NOT_ENOUGH")")) << answer;
    EXPECT_TRUE(has(answer, R"("client_tsn":"A1-R2","status":"FAIL_CANCELED",)")) << answer;
    EXPECT_FALSE(has(answer, R"("finish_time")")) << answer;
    EXPECT_TRUE(has(answer, R"("refund_request_no":"R2","refund_amount":"60")")) << answer;
}

TEST_F(UpayRefunds, QueryByTheRefundsNumberAlone) {
    const std::string request = body(R"(,"refund_request_no":"R1")");
    EXPECT_TRUE(has(call("/upay/v2/query", request), R"("refund_request_no":"R1")"));
    EXPECT_EQ(looked_up_.back(), "1680000000001|||R1");
    fail_with(core::Code::conflict, "ambiguous");
    const std::string answer = call("/upay/v2/query", request);
    EXPECT_EQ(outer_code(answer), "400 INVALID_PARAMS");
    EXPECT_TRUE(has(answer, "refund_request_no对应多笔订单")) << answer;
    for (const char* reason : {"no_refund", "no_payment"}) {
        fail_with(core::Code::not_found, reason);
        EXPECT_TRUE(has(call("/upay/v2/query", request),
                        R"("biz_response":{"result_code":"FAIL","error_code":"UPAY_ORDER_NOT_EXISTS")"));
    }
}

}  // namespace
}  // namespace huitong::api::upay

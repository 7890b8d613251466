// The whole face over faked stories: the order of checks (spec/upay 5.0), the envelopes, and what the stories
// are asked.
#include "api/upay/test_support.hpp"

namespace huitong::api::upay {
namespace {

class UpayRoutes : public UpayFace {};

TEST_F(UpayRoutes, paths_and_methods) {
    net::Request get = signed_request("/upay/v2/pay", "", terminal_sn, key);
    get.method = "GET";
    EXPECT_EQ(send(get).status, 405);
    EXPECT_EQ(send(signed_request("/upay/v2/nothing", "{}", terminal_sn, key)).status, 404);
    EXPECT_TRUE(has(call("/upay/v2/pay?a=b", pay_body()), "PAY_SUCCESS")) << "a query string does not matter";
}

TEST_F(UpayRoutes, checks_come_in_their_order) {
    // Each request breaks one rule and every later one.
    net::Request request = signed_request("/upay/v2/pay", "[", "unknown", "wrong");
    request.headers.set("Authorization", "unknown");
    EXPECT_EQ(outer_code(send(request).body), "400 ILLEGAL_SIGN");
    request.headers = {};
    EXPECT_EQ(outer_code(send(request).body), "400 ILLEGAL_SIGN");
    EXPECT_EQ(outer_code(send(signed_request("/upay/v2/pay", "[", "unknown", "wrong")).body),
              "400 INVALID_TERMINAL");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", "[", "wrong")), "400 ILLEGAL_SIGN");
    terminal_.terminal.is_active = false;
    EXPECT_EQ(outer_code(call("/upay/v2/pay", "[]")), "400 INVALID_PARAMS");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", R"({"terminal_sn":"other"})")), "400 INVALID_TERMINAL");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", "{}")), "400 INVALID_TERMINAL");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", body(""))), "400 INVALID_PARAMS");
    EXPECT_TRUE(has(call("/upay/v2/pay", pay_body(R"(,"payway":"77")")), "UPAY_TERMINAL_STATUS_ABNORMAL"));
    terminal_.terminal.is_active = true;
    terminal_.is_store_active = false;
    EXPECT_TRUE(has(call("/upay/v2/query", body(R"(,"client_sn":"A1")")), "UPAY_TERMINAL_STATUS_ABNORMAL"));
    terminal_.is_merchant_active = false;
    EXPECT_EQ(outer_code(call("/upay/v2/cancel", body(R"(,"client_sn":"A1")"))), "500 PAY_STATUS_CLOSED");
    EXPECT_FALSE(paid_ || cancelled_ || !looked_up_.empty());
}

TEST_F(UpayRoutes, faults_of_ours) {
    is_draining_ = true;
    EXPECT_EQ(outer_code(call("/upay/v2/pay", pay_body())), "500 MAINTENANCE_INPROGRESS");
    is_draining_ = false;
    store_failure_ = core::fail(core::Code::unavailable, "store");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", pay_body())), "500 REQUEST_FAIL");
    store_failure_.reset();
    fail_with(core::Code::unavailable, "store");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", pay_body())), "500 REQUEST_FAIL");
    fail_with(core::Code::unknown_outcome, "store");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", pay_body())), "500 UNKNOWN_SYSTEM_ERROR");
    fail_with(core::Code::unavailable, "catching_up");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", pay_body())), "500 MAINTENANCE_INPROGRESS");
    fail_with(core::Code::unavailable, "channel_down");
    const std::string down = call("/upay/v2/pay", pay_body());
    EXPECT_EQ(outer_code(down), "500 EXTERNAL_SERVICE_EXCEPTION");
    EXPECT_TRUE(has(down, "没有扣款")) << down;
}

TEST_F(UpayRoutes, activate) {
    const std::string good =
        R"({"app_id":"2016010100000001","code":"00000008","device_id":"POS-1","type":"2"})";
    EXPECT_EQ(activate_call(good),
              R"({"result_code":"200","biz_response":{"terminal_sn":"100042000000000001","terminal_key":")" +
                  key +
                  R"(","merchant_sn":"1680000000001","merchant_name":"",)"
                  R"("store_sn":"1580000000001","store_name":""}})");
    EXPECT_EQ(activated_->vendor_sn, "91000001");
    EXPECT_EQ(activated_->app_id, "2016010100000001");
    EXPECT_EQ(outer_code(activate_call(good, terminal_sn, key)), "400 INVALID_TERMINAL")
        << "a terminal may not";
    EXPECT_EQ(outer_code(activate_call(good, "91000001", key)), "400 ILLEGAL_SIGN");
    EXPECT_EQ(outer_code(activate_call(R"({"code":"1","device_id":"2"})")), "400 INVALID_PARAMS");
    for (const auto& [reason, text] :
         std::initializer_list<std::pair<const char*, const char*>>{{"no_code", "激活码不存在"},
                                                                    {"code_expired", "激活码过期"},
                                                                    {"code_used_up", "激活码已经被使用"},
                                                                    {"client_sn_taken", "外部终端号重复"}}) {
        fail_with(core::Code::conflict, reason);
        const std::string answer = activate_call(good);
        EXPECT_EQ(outer_code(answer), "400 INVALID_PARAMS");
        EXPECT_TRUE(has(answer, text)) << answer;
    }
}

TEST_F(UpayRoutes, checkin_tells_which_key_signed) {
    const std::string good = body(R"(,"device_id":null)");
    EXPECT_TRUE(
        has(call("/terminal/checkin", good), R"({"result_code":"200","biz_response":{"terminal_sn":)"));
    EXPECT_FALSE(checked_in_->used_previous_key);
    (void)call("/terminal/checkin", good, old_key);
    EXPECT_TRUE(checked_in_->used_previous_key);
    EXPECT_EQ(outer_code(call("/terminal/checkin", good, vendor_key)), "400 ILLEGAL_SIGN");
    fail_with(core::Code::denied, "device_changed");
    EXPECT_EQ(outer_code(call("/terminal/checkin", good)), "400 INVALID_TERMINAL");
    terminal_.is_store_active = false;
    EXPECT_EQ(outer_code(call("/terminal/checkin", good)), "400 INVALID_TERMINAL");
}

TEST_F(UpayRoutes, pay_passes_on_what_was_said) {
    net::Request request = signed_request("/upay/v2/pay",
                                          pay_body(R"(,"operator":"kay","reflect":{ "tips":"200" },)"
                                                   R"("extended":"{\"goods_tag\":\"G\",\"attach\":\"T\"}")"),
                                          terminal_sn, old_key);
    request.headers.set("X-Forwarded-For", "203.0.113.7, 10.0.0.1");
    const std::string answer = send(request).body;
    EXPECT_TRUE(answer.starts_with(
        R"({"result_code":"200","error_code":"","error_message":"",)"
        R"("biz_response":{"result_code":"PAY_SUCCESS","error_code":"","error_message":"",)"
        R"("data":{"terminal_sn":"100042000000000001",)"))
        << answer;
    ASSERT_TRUE(paid_);
    EXPECT_EQ(paid_->order.merchant_sn, "1680000000001");
    EXPECT_EQ(paid_->order.store_sn, "1580000000001");
    EXPECT_EQ(paid_->order.client_sn, "A1");
    EXPECT_EQ(paid_->order.amount, core::fen(1));
    EXPECT_EQ(paid_->payment_code, "130818341921441147");
    EXPECT_EQ(paid_->order.channel, payments::ChannelKind::wechat);
    EXPECT_EQ(paid_->order.reflect, R"({"tips":"200"})");
    EXPECT_EQ(paid_->order.goods_tag, "G");
    EXPECT_EQ(paid_->order.attach, "T");
    EXPECT_EQ(paid_->order.terminal_ip, "203.0.113.7");
    EXPECT_EQ(paid_->order.arrived_at, now);
    EXPECT_EQ(paid_->order.wait_until, now + 35s);
    request.headers.set("X-Forwarded-For", "<script>");
    (void)send(request);
    EXPECT_EQ(paid_->order.terminal_ip, "10.0.0.9");
}

TEST_F(UpayRoutes, pay_refuses_before_anything_is_created) {
    const std::pair<std::string, std::string> rows[] = {
        {R"(,"payway":"77")", "UNEXPECTED_PROVIDER_ERROR"},
        {R"(,"payway":4)", "UNEXPECTED_PROVIDER_ERROR"},
        {R"(,"payway":"abc")", "INVALID_PARAMS"},
        {R"(,"longitude":"121.6")", "longitude与latitude必须同时出现"},
        {R"(,"latitude":31.2)", "longitude与latitude必须同时出现"},
        {R"(,"notify_url":")" + std::string(129, 'u') + "\"", "notify_url"},
        {R"(,"reflect":")" + std::string(65, 'u') + "\"", "reflect"},
        {R"(,"extended":{"k":")" + std::string(257, 'v') + "\"}", "extended"},
    };
    for (const auto& [more, expected] : rows) {
        const std::string answer = call("/upay/v2/pay", pay_body(more));
        EXPECT_TRUE(has(answer, expected)) << answer;
        EXPECT_FALSE(has(answer, "data")) << answer;
    }
    for (const char* code : {"999", "abc"}) {
        const std::string request = body(
            R"(,"client_sn":"A1","total_amount":1,"subject":"s","dynamic_id":")" + std::string(code) + "\"");
        EXPECT_TRUE(
            has(call("/upay/v2/pay", request), R"("result_code":"FAIL","error_code":"INVALID_BARCODE")"));
    }
    EXPECT_EQ(outer_code(call("/upay/v2/pay",
                              body(R"(,"client_sn":"A1","total_amount":1,"subject":"s","dynamic_id":" ")"))),
              "400 INVALID_PARAMS");
    const std::string long_sn = body(R"(,"total_amount":1,"subject":"s","dynamic_id":"1","client_sn":")" +
                                     std::string(33, '1') + "\"");
    EXPECT_EQ(outer_code(call("/upay/v2/pay", long_sn)), "400 INVALID_PARAMS");
    EXPECT_FALSE(paid_);
}

TEST_F(UpayRoutes, payway_overrides_the_code) {
    const std::string odd =
        body(R"(,"client_sn":"A1","total_amount":1,"subject":"s","dynamic_id":"283161474787517528")");
    (void)call("/upay/v2/pay", odd);
    EXPECT_EQ(paid_->order.channel, payments::ChannelKind::alipay);
    const std::string as_wechat = odd.substr(0, odd.size() - 1) + R"(,"payway":"3"})";
    (void)call("/upay/v2/pay", as_wechat);
    EXPECT_EQ(paid_->order.channel, payments::ChannelKind::wechat);
    EXPECT_EQ(paid_->payment_code, "283161474787517528");
}

TEST_F(UpayRoutes, pay_refused_by_the_engine) {
    fail_with(core::Code::conflict, "client_sn_taken");
    EXPECT_EQ(
        call("/upay/v2/pay", pay_body()),
        R"({"result_code":"200","error_code":"","error_message":"","biz_response":{"result_code":"FAIL",)"
        R"("error_code":"CLIENT_SN_CONFLICT","error_message":"client_sn A1 在系统中已经存在"}})");
    fail_with(core::Code::not_found, "no_channel_account");
    EXPECT_TRUE(has(call("/upay/v2/pay", pay_body()),
                    R"("result_code":"FAIL","error_code":"UNEXPECTED_PROVIDER_ERROR")"));
}

TEST_F(UpayRoutes, query) {
    EXPECT_TRUE(
        has(call("/upay/v2/query", body(R"(,"sn":"7842000000000001")")), R"("result_code":"SUCCESS")"));
    EXPECT_TRUE(
        has(call("/upay/v2/query", body(R"(,"sn":"1","client_sn":"A1")")), R"("order_status":"PAID")"));
    EXPECT_EQ(looked_up_.back(), "1680000000001|1|A1");
    EXPECT_TRUE(has(call("/upay/v2/query", body(R"(,"client_sn":"B")")),
                    R"("biz_response":{"result_code":"FAIL","error_code":"UPAY_ORDER_NOT_EXISTS")"));
    EXPECT_EQ(outer_code(call("/upay/v2/query", body(R"(,"sn":"","client_sn":null)"))), "400 INVALID_PARAMS");
    const std::string sn64 = body(R"(,"client_sn":")" + std::string(64, '1') + "\"");
    EXPECT_TRUE(has(call("/upay/v2/query", sn64), "UPAY_ORDER_NOT_EXISTS"));
}

TEST_F(UpayRoutes, cancel_and_revoke_are_the_same) {
    answer_.payment.state = PaymentState::reversed;
    answer_.payment.reversal_by = payments::ReversalBy::merchant;
    answer_.payment.was_paid_before_reversal = true;
    const std::string request = body(R"(,"client_sn":"A1")");
    const std::string answer = call("/upay/v2/cancel", request);
    EXPECT_TRUE(has(answer, R"("result_code":"CANCEL_SUCCESS","error_code":"")")) << answer;
    EXPECT_TRUE(has(answer, R"("net_amount":"0")")) << answer;
    EXPECT_EQ(cancelled_->sn, order_.payment.sn);
    EXPECT_EQ(cancelled_->wait_until, now + 35s);
    EXPECT_EQ(call("/upay/v2/revoke", request), answer);
    EXPECT_TRUE(has(call("/upay/v2/cancel", body(R"(,"client_sn":"B")")), "UPAY_ORDER_NOT_EXISTS"));
    EXPECT_EQ(outer_code(call("/upay/v2/cancel", body(""))), "400 INVALID_PARAMS");
}

TEST_F(UpayRoutes, cancel_refused_by_the_state) {
    const std::string request = body(R"(,"sn":"7842000000000001")");
    order_.payment.state = PaymentState::refunded;
    fail_with(core::Code::conflict, "not_cancellable");
    EXPECT_TRUE(has(call("/upay/v2/cancel", request),
                    R"("result_code":"FAIL","error_code":"UPAY_CANCEL_INVALID_ORDER_STATE",)"
                    R"("error_message":"当前的订单7842000000000001状态是REFUNDED")"));
    order_.payment.state = PaymentState::paid;
    fail_with(core::Code::conflict, "not_same_day");
    EXPECT_TRUE(has(call("/upay/v2/cancel", request), "状态是PAID"));
    order_.payment.state = PaymentState::failed;
    fail_with(core::Code::conflict, "already_reversed");
    const std::string noop = call("/upay/v2/cancel", request);
    EXPECT_TRUE(has(noop, R"("result_code":"FAIL","error_code":"UPAY_CANCEL_ORDER_NOOP")")) << noop;
    EXPECT_TRUE(has(noop, R"("order_status":"PAY_CANCELED")")) << noop;
    fail_with(core::Code::unavailable, "store");
    EXPECT_EQ(outer_code(call("/upay/v2/cancel", request)), "500 REQUEST_FAIL");
}

}  // namespace
}  // namespace huitong::api::upay

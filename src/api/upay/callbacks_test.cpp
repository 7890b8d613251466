// What part 2.4 of spec/upay asks of the face: the body of a notification, the key that verifies it, the
// switches of an application, and a terminal's log (3.3).
#include <gtest/gtest.h>

#include "api/upay/notification.hpp"
#include "api/upay/test_support.hpp"
#include "crypto/rsa.hpp"
#include "payments/notify.hpp"

namespace huitong::api::upay {
namespace {

class Callbacks : public UpayFace {};

TEST_F(Callbacks, BodyIsTheOrderAsAQueryShowsItFlat) {
    order_.payment.reflect = "r";
    order_.payment.subject = "披萨";
    order_.payment.finished_at = now + 3s;
    order_.payment.trade.payer_id = "payer";
    const auto body = codec::parse_json(notification_body(order_));
    ASSERT_TRUE(body);
    const auto text = [&](std::string_view name) {
        const codec::Json* const member = body->find(name);
        return member == nullptr || member->as_string() == nullptr ? "none" : *member->as_string();
    };
    EXPECT_EQ(text("sn"), order_.payment.sn.text());
    EXPECT_EQ(text("client_sn"), "A1");
    EXPECT_EQ(text("terminal_sn"), terminal_sn);
    EXPECT_EQ(text("order_status"), "PAID");
    EXPECT_EQ(text("status"), "SUCCESS");
    EXPECT_EQ(text("total_amount"), "1");
    EXPECT_EQ(text("net_amount"), "1");
    EXPECT_EQ(text("subject"), "披萨");
    EXPECT_EQ(text("reflect"), "r");
    EXPECT_EQ(text("trade_no"), "4200000001");
    EXPECT_EQ(text("payer_uid"), "payer");
    EXPECT_EQ(text("finish_time"), std::to_string(core::to_ms(now + 3s)));
    for (const auto& [name, value] : *body->as_object()) {
        if (name == "payment_list") continue;  // a list, as a query shows it
        EXPECT_NE(value.as_string(), nullptr) << name;
        EXPECT_NE(name, "result_code");
        EXPECT_NE(name, "store_id");
    }
}

TEST_F(Callbacks, PublicKeyIsGivenAsPemAndBare) {
    const auto get = [this](std::string target) {
        net::Request request;
        request.method = "GET";
        request.target = std::move(target);
        return send(request);
    };
    EXPECT_EQ(get("/upay/v2/public_key").status, 404);
    public_key_ = crypto::RsaPrivateKey::generate().public_pem();
    EXPECT_EQ(get("/upay/v2/public_key").body, public_key_);
    const std::string bare = get("/upay/v2/public_key?format=base64").body;
    EXPECT_EQ(bare, *crypto::bare_public_key(public_key_) + "\n");
    EXPECT_TRUE(crypto::RsaPublicKey::parse(bare.substr(0, bare.size() - 1)));
    EXPECT_EQ(send(signed_request("/upay/v2/public_key", "", terminal_sn, key)).status, 405);
}

TEST_F(Callbacks, OrderCarriesWhatItsApplicationWants) {
    const std::string url = R"(,"notify_url":"merchant.example/n?a=1")";
    call("/upay/v2/pay", pay_body(url));
    ASSERT_TRUE(paid_);
    EXPECT_EQ(paid_->order.notify_url, "http://merchant.example/n?a=1");
    EXPECT_EQ(paid_->order.notify_flags, 0);
    terminal_.switches = {.notify_header = ports::NotifyHeader::sn_prefixed, .notify_refunded = true};
    call("/upay/v2/pay", pay_body(url));
    EXPECT_EQ(paid_->order.notify_flags, payments::notify_refunded | payments::notify_sn_prefixed);
    terminal_.switches = {.notify_canceled = true};
    call("/upay/v2/pay", pay_body(url));
    EXPECT_EQ(paid_->order.notify_flags, payments::notify_canceled);
    EXPECT_EQ(outer_code(call("/upay/v2/pay", pay_body(R"(,"notify_url":"http://a b/")"))),
              "400 INVALID_PARAMS");
}

TEST_F(Callbacks, LongClientSnIsASwitch) {
    const auto code_of = [this](std::size_t length) {
        return outer_code(
            call("/upay/v2/pay", body(R"(,"client_sn":")" + std::string(length, 'x') +
                                      R"(","total_amount":"1","dynamic_id":"130818341921441147",)"
                                      R"("subject":"s","operator":"o")")));
    };
    EXPECT_EQ(code_of(33), "400 INVALID_PARAMS");
    terminal_.switches.long_client_sn = true;
    (void)call("/upay/v2/pay",
               body(R"(,"client_sn":")" + std::string(64, 'x') +
                    R"(","total_amount":"1","dynamic_id":"130818341921441147","subject":"s")"));
    ASSERT_TRUE(paid_);
    EXPECT_EQ(paid_->order.client_sn.size(), 64U);
    EXPECT_EQ(code_of(65), "400 INVALID_PARAMS");
}

TEST_F(Callbacks, ADeviceThatIsTakenIsToldByItsText) {
    fail_with(core::Code::conflict, "device_taken");
    const std::string answer = activate_call(R"({"app_id":"1","code":"2","device_id":"3"})");
    EXPECT_EQ(outer_code(answer), "400 INVALID_PARAMS");
    EXPECT_TRUE(has(answer, "设备号重复")) << answer;
}

TEST_F(Callbacks, ALogIsKeptAsItsBytes) {
    const std::string bytes("\x1f\x8b\0\xff{", 5);
    EXPECT_EQ(call("/terminal/uploadLog", bytes),
              R"({"result_code":"200","error_code":"SUCCESS","error_message":"ok"})");
    ASSERT_EQ(logs_.size(), 1U);
    EXPECT_EQ(logs_[0], std::pair(terminal_sn, bytes));
    EXPECT_EQ(outer_code(call("/terminal/uploadLog", bytes, "wrong")), "400 ILLEGAL_SIGN");
    EXPECT_EQ(outer_code(call("/terminal/uploadLog", "a=1&key=")), "400 ILLEGAL_SIGN") << "a WAP query's";
    EXPECT_EQ(outer_code(call("/terminal/uploadLog", "")), "400 INVALID_PARAMS");
    EXPECT_EQ(outer_code(call("/terminal/uploadLog", std::string((10 << 20) + 1, 'x'))),
              "400 INVALID_PARAMS");
    EXPECT_EQ(logs_.size(), 1U);
    EXPECT_TRUE(has(call("/terminal/uploadLog", std::string(10 << 20, 'x')), "SUCCESS"));
}

}  // namespace
}  // namespace huitong::api::upay

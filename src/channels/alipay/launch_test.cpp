// Launched payments on Alipay: which call a product needs, what it carries, and the strings that only the
// payer's device sends.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "channels/alipay/channel.hpp"
#include "channels/alipay/test_support.hpp"
#include "net/playback_test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using codec::FormFields;
using codec::Json;
using payments::Outcome;
using payments::Product;
using payments::Refusal;
using test::make_account;
using test::text_of;

ports::LaunchCall make_call(Product product, std::string payer_id = "") {
    ports::LaunchCall call;
    call.number = "P20240305000005";
    call.amount = core::fen(1);
    call.product = product;
    call.payer_id = std::move(payer_id);
    call.subject = "苹果 + 梨";
    call.terminal_sn = "100078000000000001";
    call.attach = "a=1";
    call.notify_url = "https://gateway.example/notice/ali-main";
    call.created_at = core::parse_beijing_text("2024-03-05 10:00:00").value();
    call.expires_at = call.created_at + std::chrono::minutes(4);
    call.timeout = std::chrono::seconds(3);
    return call;
}

// What a gateway reads, wherever it stood.
struct Sent {
    FormFields all;
    Json content;

    [[nodiscard]] std::string get(std::string_view name) const {
        const auto found = std::ranges::find(all, name, &codec::FormField::first);
        return found == all.end() ? std::string() : found->second;
    }
    [[nodiscard]] std::string in_content(std::string_view name) const {
        return content.find(name) == nullptr ? std::string() : text_of(content, name);
    }
};

Sent read(FormFields fields) {
    Sent sent;
    sent.all = std::move(fields);
    sent.content = codec::parse_json(sent.get("biz_content")).value();
    const auto app = crypto::RsaPublicKey::parse(test::key_text("app", "public_pem")).value();
    EXPECT_TRUE(
        app.verify_sha256(text_to_sign(sent.all), crypto::from_base64(sent.get("sign")).value_or("")));
    return sent;
}
Sent read(std::string_view query, std::string_view body) {
    FormFields all = codec::parse_form(query).value();
    for (auto& field : codec::parse_form(body).value()) all.push_back(std::move(field));
    return read(std::move(all));
}

class AlipayLaunch : public testing::Test {
  protected:
    payments::LaunchAnswer launch(const ports::LaunchCall& call) {
        boost::asio::io_context io;
        std::optional<payments::LaunchAnswer> result;
        const auto keep = [&](const std::exception_ptr& error, payments::LaunchAnswer answer) {
            if (error) std::rethrow_exception(error);
            result = std::move(answer);
        };
        boost::asio::co_spawn(io, channel.launch(account, call), keep);
        io.run();
        return std::move(result.value());
    }
    void answer_with(Call call, std::string_view name, std::string_view value) {
        const codec::JsonObject content{{"code", Json("10000")},
                                        {"msg", Json("Success")},
                                        {"out_trade_no", Json("P20240305000005")},
                                        {std::string(name), Json(value)}};
        transport.answer = net::make_response(200, "text/html", test::signed_answer(call, content));
    }
    Sent sent() { return read(transport.request_.query(), transport.request_.body); }
    void expect_no_secret(const payments::LaunchAnswer& answer) {
        const std::string& kept = answer.exchange.request;
        EXPECT_EQ(kept.find("202403BBtoken"), kept.npos);
        EXPECT_TRUE(kept.ends_with("&sign=***"));
        EXPECT_NE(kept.find("P20240305000005"), kept.npos);
    }

    net::PlaybackClock clock;
    net::PlaybackTransport transport{clock};
    AlipayChannel channel{transport, clock};
    ports::ChannelAccount account = make_account();
};

TEST_F(AlipayLaunch, ACodeIsPrecreated) {
    account.mch_id = "2088021109625633";
    account.app_auth_token = core::Secret("202403BBtoken");
    answer_with(Call::precreate, "qr_code", "https://qr.alipay.com/bax1");
    const auto answer = launch(make_call(Product::qr));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_TRUE(answer.is_authentic);
    EXPECT_FALSE(answer.is_trade_made) << "it exists when the code is scanned";
    EXPECT_EQ(answer.launch, "https://qr.alipay.com/bax1");
    EXPECT_EQ(answer.exchange.call, "alipay.trade.precreate");
    EXPECT_TRUE(transport.options_.must_not_repeat);
    EXPECT_EQ(transport.options_.read_timeout, std::chrono::seconds(3));
    const Sent asked = sent();
    EXPECT_EQ(asked.get("method"), "alipay.trade.precreate");
    EXPECT_EQ(asked.get("notify_url"), "https://gateway.example/notice/ali-main");
    EXPECT_EQ(asked.get("app_auth_token"), "202403BBtoken");
    EXPECT_EQ(asked.in_content("out_trade_no"), "P20240305000005");
    EXPECT_EQ(asked.in_content("total_amount"), "0.01");
    EXPECT_EQ(asked.in_content("subject"), "苹果 + 梨");
    EXPECT_EQ(asked.in_content("seller_id"), "2088021109625633");
    EXPECT_EQ(asked.in_content("terminal_id"), "100078000000000001");
    EXPECT_EQ(asked.in_content("passback_params"), "a%3D1");
    EXPECT_EQ(asked.in_content("time_expire"), "2024-03-05 10:04:00");
    EXPECT_EQ(asked.in_content("product_code"), "FACE_TO_FACE_PAYMENT");
    for (const char* other : {"auth_code", "scene", "buyer_id", "buyer_open_id"})
        EXPECT_EQ(asked.content.find(other), nullptr) << other;
    expect_no_secret(answer);
}

TEST_F(AlipayLaunch, AKnownPayersTradeIsCreated) {
    answer_with(Call::create, "trade_no", "2024030522001434500000000001");
    for (const Product product : {Product::wap, Product::mini_program}) {
        const auto answer = launch(make_call(product, "2088302495431234"));
        EXPECT_EQ(answer.outcome, Outcome::done);
        EXPECT_TRUE(answer.is_trade_made);
        EXPECT_EQ(answer.launch, R"({"tradeNO":"2024030522001434500000000001"})");
        EXPECT_EQ(answer.exchange.call, "alipay.trade.create");
        EXPECT_EQ(sent().get("notify_url"), "https://gateway.example/notice/ali-main");
        EXPECT_EQ(sent().in_content("buyer_id"), "2088302495431234");
        EXPECT_EQ(sent().content.find("buyer_open_id"), nullptr);
        EXPECT_EQ(sent().in_content("time_expire"), "2024-03-05 10:04:00");
    }
    for (const char* open_id : {"074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", "208830249543123",
                                "2089302495431234", "20883024954312345", "208830249543123x"}) {
        (void)launch(make_call(Product::mini_program, open_id));
        EXPECT_EQ(sent().in_content("buyer_open_id"), open_id);
        EXPECT_EQ(sent().content.find("buyer_id"), nullptr);
    }
    EXPECT_EQ(launch(make_call(Product::mini_program)).code, "no_payer");
    EXPECT_FALSE(channel.needs_payer(Product::wap));
}

TEST_F(AlipayLaunch, WhatLacksItsPartIsUnknown) {
    answer_with(Call::create, "qr_code", "https://qr.alipay.com/bax1");
    const auto create = launch(make_call(Product::wap, "2088302495431234"));
    EXPECT_EQ(create.outcome, Outcome::unknown);
    EXPECT_EQ(create.code, "incomplete");
    EXPECT_FALSE(create.is_trade_made);
    answer_with(Call::precreate, "trade_no", "2024030522001434500000000001");
    EXPECT_EQ(launch(make_call(Product::qr)).code, "incomplete");
    answer_with(Call::precreate, "qr_code", "");
    EXPECT_EQ(launch(make_call(Product::qr)).launch, "");
    answer_with(Call::pay, "qr_code", "https://qr.alipay.com/bax1");
    EXPECT_EQ(launch(make_call(Product::qr)).code, "mismatch");
}

TEST_F(AlipayLaunch, PagesAreAddressesSignedHere) {
    account.app_auth_token = core::Secret("202403BBtoken");
    for (const Product product : {Product::wap, Product::h5}) {
        const auto answer = launch(make_call(product));
        EXPECT_EQ(answer.outcome, Outcome::done);
        EXPECT_FALSE(answer.is_authentic) << "nobody was asked";
        EXPECT_FALSE(answer.is_trade_made);
        EXPECT_FALSE(answer.may_exist);
        EXPECT_EQ(answer.exchange.call, "alipay.trade.wap.pay");
        EXPECT_EQ(answer.exchange.response, "");
        EXPECT_EQ(answer.exchange.started_at, clock.now());
        expect_no_secret(answer);
        const std::string gateway = "https://pay.example:8443/gateway.do?";
        ASSERT_TRUE(answer.launch.starts_with(gateway)) << answer.launch;
        const Sent page = read(answer.launch.substr(gateway.size()), "");
        EXPECT_EQ(page.get("method"), "alipay.trade.wap.pay");
        EXPECT_EQ(page.get("timestamp"), core::to_beijing_text(clock.now()));
        EXPECT_EQ(page.get("notify_url"), "https://gateway.example/notice/ali-main");
        EXPECT_EQ(page.get("app_auth_token"), "202403BBtoken");
        EXPECT_EQ(page.in_content("product_code"), "QUICK_WAP_WAY");
        EXPECT_EQ(page.in_content("total_amount"), "0.01");
        EXPECT_EQ(page.in_content("time_expire"), "2024-03-05 10:04:00");
    }
    EXPECT_EQ(transport.sends, 0);
}

TEST_F(AlipayLaunch, OnlyAPageLeadsBack) {
    const std::string gateway = "https://pay.example:8443/gateway.do?";
    auto call = make_call(Product::wap);
    call.return_url = "https://gateway.example/gateway/order?t=1&k=2";
    EXPECT_EQ(read(launch(call).launch.substr(gateway.size()), "").get("return_url"), call.return_url);
    call.return_url += std::string(max_return_url_bytes - call.return_url.size(), 'x');
    EXPECT_EQ(read(launch(call).launch.substr(gateway.size()), "").get("return_url"), call.return_url);
    call.return_url += 'x';
    EXPECT_EQ(read(launch(call).launch.substr(gateway.size()), "").get("return_url"), "")
        << "what Alipay would refuse is left out";
    call = make_call(Product::app);
    call.return_url = "https://gateway.example/";
    EXPECT_EQ(read(launch(call).launch, "").get("return_url"), "");
}

TEST_F(AlipayLaunch, AppsGetAnOrderStringInEitherMode) {
    account = test::make_certificate_account();
    const auto answer = launch(make_call(Product::app, "2088302495431234"));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.exchange.call, "alipay.trade.app.pay");
    const Sent order = read(answer.launch, "");
    EXPECT_EQ(order.get("method"), "alipay.trade.app.pay");
    EXPECT_EQ(order.get("app_cert_sn"), text_of(*test::vectors().find("cert_sn"), "md5_of_concat"));
    EXPECT_EQ(order.in_content("product_code"), "QUICK_MSECURITY_PAY");
    EXPECT_EQ(order.content.find("buyer_id"), nullptr);
    EXPECT_EQ(answer.launch.find_first_of(" +"), std::string::npos) << "percent-encoded throughout";
    EXPECT_EQ(transport.sends, 0);
}

TEST_F(AlipayLaunch, DefectsAreToldAndNothingIsSigned) {
    const ports::ChannelAccount good = account;
    const auto expect_unsent = [&](const ports::LaunchCall& call, std::string_view code) {
        const auto answer = launch(call);
        EXPECT_EQ(answer.outcome, Outcome::not_sent);
        EXPECT_EQ(answer.refusal, Refusal::configuration);
        EXPECT_EQ(answer.code, code);
        EXPECT_EQ(answer.launch, "");
        EXPECT_NE(answer.exchange.call, "");
    };
    for (const Product product : {Product::qr, Product::wap, Product::app, Product::h5}) {
        account = good;
        auto call = make_call(product);
        call.number = "P-1";
        expect_unsent(call, "bad_number");
        account.app_id.clear();
        expect_unsent(make_call(product), "bad_account");
        account = good;
        account.base_url = "pay.example";
        expect_unsent(make_call(product), "bad_url");
        account = good;
        account.app_private_key = core::Secret("no key");
        expect_unsent(make_call(product), "bad_key");
    }
    EXPECT_EQ(transport.sends, 0);
}

TEST_F(AlipayLaunch, WithoutAPlaceForNoticesNoneIsNamed) {
    auto call = make_call(Product::app);
    call.notify_url.clear();
    EXPECT_EQ(launch(call).launch.find("notify_url"), std::string::npos);
}

TEST(AlipayLaunchDeathTest, APaymentCodeIsNotLaunched) {
    EXPECT_DEATH((void)launch_call_of(make_call(Product::barcode)), "not launched");
}

// The vector writes blanks as '+'; both are read alike.
TEST(OrderString, EqualsTheVector) {
    const Json& vector = *test::vectors().find("app_orderstr");
    std::string expected = text_of(vector, "order_string");
    FormFields fields = codec::parse_form(expected).value();
    for (std::size_t at = expected.find('+'); at != expected.npos; at = expected.find('+'))
        expected.replace(at, 1, "%20");
    std::erase_if(fields, [](const codec::FormField& field) { return field.first == "sign"; });
    EXPECT_EQ(text_to_sign(fields), text_of(vector, "string_to_sign"));
    EXPECT_EQ(sign(fields, test::keys().app), text_of(vector, "sign"));
    std::ranges::reverse(fields);
    fields.emplace_back("app_auth_token", "");
    EXPECT_EQ(signed_string(fields, test::keys().app), expected) << "sorted, nothing empty";
}

}  // namespace
}  // namespace huitong::channels::alipay

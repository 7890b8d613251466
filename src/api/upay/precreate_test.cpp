// POST /upay/v2/precreate and the picture of its code (spec/upay 3.5), table 5.2 row by row, and table 5.4
// for orders that the payer begins.
#include <set>

#include "api/upay/test_support.hpp"

namespace huitong::api::upay {
namespace {

using payments::Product;

constexpr std::string_view code_url = "weixin://wxpay/bizpayurl?pr=a b";

class Precreate : public UpayFace {
  protected:
    Precreate() {
        answer_.payment.product = Product::qr;
        answer_.payment.state = PaymentState::pending;
        answer_.payment.launch = code_url;
        order_ = answer_;
    }
    std::string request(std::string_view more = R"(,"payway":"3")") {
        return body(R"(,"client_sn":"A1","total_amount":"1","subject":"s","operator":"kay")" +
                    std::string(more));
    }
    std::string precreate(std::string_view more = R"(,"payway":"3")") {
        return call("/upay/v2/precreate", request(more));
    }
    codec::Json parsed(std::string_view more = R"(,"payway":"3")") {
        return codec::parse_json(precreate(more)).value();
    }
};

TEST_F(Precreate, PassesOnWhatWasSaid) {
    (void)precreate(R"(,"payway":3,"sub_payway":"4","payer_uid":"oX","notify_url":"www.baidu.com/n?a=1")");
    ASSERT_TRUE(launched_);
    EXPECT_EQ(launched_->product, Product::mini_program);
    EXPECT_EQ(launched_->payer_id, "oX");
    EXPECT_EQ(launched_->order.client_sn, "A1");
    EXPECT_EQ(launched_->order.amount, core::fen(1));
    EXPECT_EQ(launched_->order.channel, payments::ChannelKind::wechat);
    EXPECT_EQ(launched_->order.notify_url, "http://www.baidu.com/n?a=1");
    EXPECT_EQ(launched_->order.arrived_at, now);
}

TEST_F(Precreate, EverySubPaywayIsAProduct) {
    const std::pair<std::string, Product> rows[] = {{"", Product::qr},
                                                    {R"(,"sub_payway":"2")", Product::qr},
                                                    {R"(,"sub_payway":3)", Product::wap},
                                                    {R"(,"sub_payway":"4")", Product::mini_program},
                                                    {R"(,"sub_payway":"5")", Product::app},
                                                    {R"(,"sub_payway":"6")", Product::h5}};
    for (const auto& [more, product] : rows) {
        (void)precreate(R"(,"payway":"1")" + more);
        EXPECT_EQ(launched_->product, product) << more;
        EXPECT_EQ(launched_->order.channel, payments::ChannelKind::alipay);
    }
}

TEST_F(Precreate, BadInputChangesNothing) {
    const std::pair<std::string, std::string> rows[] = {
        {"", "payway"},
        {R"(,"payway":"3","sub_payway":"1")", "sub_payway"},
        {R"(,"payway":"3","sub_payway":"7")", "sub_payway"},
        {R"(,"payway":"3","payer_uid":")" + std::string(65, 'x') + "\"", "payer_uid"},
        {R"(,"payway":"3","notify_url":"ftp://x")", "notify_url"},
        {R"(,"payway":"3","notify_url":"http://a b/")", "notify_url"},
    };
    for (const auto& [more, named] : rows) {
        const std::string answer = precreate(more);
        EXPECT_EQ(outer_code(answer), "400 INVALID_PARAMS") << more;
        EXPECT_TRUE(has(answer, named)) << answer;
    }
    EXPECT_TRUE(has(precreate(R"(,"payway":"6")"), "UNEXPECTED_PROVIDER_ERROR"));
    EXPECT_FALSE(launched_);
}

TEST_F(Precreate, ACodeComesWithItsPicture) {
    const codec::Json answer = parsed();
    EXPECT_EQ(biz_text(answer, "result_code"), "PRECREATE_SUCCESS");
    EXPECT_EQ(data_text(answer, "status"), "CREATED");
    EXPECT_EQ(data_text(answer, "order_status"), "CREATED");
    EXPECT_EQ(data_text(answer, "sub_payway"), "2");
    EXPECT_EQ(data_text(answer, "net_amount"), "1");
    EXPECT_EQ(data_text(answer, "qr_code"), code_url);
    EXPECT_EQ(data_text(answer, "qr_code_image_url"),
              "https://pay.example.com/upay/qrcode?content=weixin%3A%2F%2Fwxpay%2Fbizpayurl%3Fpr%3Da%20b");
    EXPECT_EQ(data_text(answer, "wap_pay_request"), "");
}

TEST_F(Precreate, TheOthersComeWithTheirParametersAsText) {
    answer_.payment.product = Product::wap;
    answer_.payment.launch = R"({"appId":"wx1"})";
    const codec::Json answer = parsed(R"(,"payway":"3","sub_payway":"3","payer_uid":"oX")");
    EXPECT_EQ(data_text(answer, "wap_pay_request"), R"({"appId":"wx1"})");
    EXPECT_EQ(data_text(answer, "sub_payway"), "3");
    EXPECT_EQ(data_text(answer, "qr_code"), "");
}

struct Row {
    std::string_view words;
    PaymentState state;
    ReversalBy by;
    Refusal refusal;
    bool is_launched;
    std::string_view result;
    std::string_view error;
    std::string_view status;
    std::string_view order_status;
};

TEST_F(Precreate, Table52) {
    using S = PaymentState;
    using B = ReversalBy;
    using enum Refusal;
    const Row rows[] = {
        {"ok", S::pending, B::nobody, none, true, "PRECREATE_SUCCESS", "", "CREATED", "CREATED"},
        {"channel refused", S::failed, B::nobody, trade_refused, false, "PRECREATE_FAIL", "TRADE_FAILED",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"unknown", S::pending, B::nobody, none, false, "PRECREATE_FAIL_ERROR", "TRADE_FAILED", "FAIL_ERROR",
         "PAY_ERROR"},
        {"unknown, being closed", S::reversing, B::engine, none, false, "PRECREATE_FAIL_ERROR",
         "TRADE_FAILED", "FAIL_ERROR", "PAY_ERROR"},
        {"cancelled meanwhile", S::closed, B::merchant, none, false, "PRECREATE_FAIL", "TRADE_FAILED",
         "FAIL_CANCELED", "CANCELED"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.words);
        answer_.payment.state = row.state;
        answer_.payment.reversal_by = row.by;
        answer_.payment.refusal = row.refusal;
        answer_.payment.launch = row.is_launched ? code_url : "";
        const codec::Json answer = parsed();
        EXPECT_EQ(biz_text(answer, "result_code"), row.result);
        EXPECT_EQ(biz_text(answer, "error_code"), row.error);
        EXPECT_EQ(data_text(answer, "status"), row.status);
        EXPECT_EQ(data_text(answer, "order_status"), row.order_status);
        EXPECT_EQ(data_text(answer, "qr_code").empty(), !row.is_launched);
    }
}

TEST_F(Precreate, Table52ExpiryAsTheQueryTellsIt) {
    order_.payment.state = PaymentState::closed;
    order_.payment.reversal_by = ReversalBy::engine;
    order_.payment.finished_at = now;
    const auto answer = codec::parse_json(call("/upay/v2/query", body(R"(,"client_sn":"A1")"))).value();
    EXPECT_EQ(biz_text(answer, "result_code"), "SUCCESS");
    EXPECT_EQ(biz_text(answer, "error_code"), "TRADE_TIMEOUT");
    EXPECT_EQ(data_text(answer, "status"), "FAIL_CANCELED");
    EXPECT_EQ(data_text(answer, "order_status"), "PAY_CANCELED");
}

TEST_F(Precreate, WhatALostDiskHeldMayStillBePaid) {
    order_.payment.launch.clear();
    const auto status = [this] {
        const auto answer = codec::parse_json(call("/upay/v2/query", body(R"(,"client_sn":"A1")"))).value();
        return data_text(answer, "order_status");
    };
    EXPECT_EQ(status(), "PAY_ERROR");
    order_.operations.front().is_restored = true;
    EXPECT_EQ(status(), "CREATED");
}

TEST_F(Precreate, Table52ConflictAndMissingThings) {
    fail_with(core::Code::conflict, "client_sn_taken");
    EXPECT_TRUE(has(precreate(), R"("result_code":"FAIL","error_code":"CLIENT_SN_CONFLICT")"));
    fail_with(core::Code::not_found, "no_channel_account");
    EXPECT_TRUE(has(precreate(), R"("result_code":"FAIL","error_code":"UNEXPECTED_PROVIDER_ERROR")"));
    fail_with(core::Code::invalid, "payer_needed");
    EXPECT_EQ(outer_code(precreate()), "400 INVALID_PARAMS");
    EXPECT_TRUE(has(precreate(), "payer_uid"));
    fail_with(core::Code::limit, "store_day_limit");
    EXPECT_TRUE(has(precreate(), "UPAY_STORE_OVER_DAILY_LIMIT"));
    fail_with(core::Code::unavailable, "channel_down");
    EXPECT_EQ(outer_code(precreate()), "500 EXTERNAL_SERVICE_EXCEPTION");
}

TEST_F(Precreate, Table54OfOrdersThatThePayerBegins) {
    struct CancelRow {
        std::string_view words;
        PaymentState state;
        bool was_paid;
        std::string_view result;
        std::string_view order_status;
    };
    const CancelRow rows[] = {
        {"unpaid, closed", PaymentState::closed, false, "CANCEL_ABORT_SUCCESS", "CANCELED"},
        {"unpaid, close running", PaymentState::reversing, false, "CANCEL_ABORT_IN_PROGRESS",
         "CANCEL_INPROGRESS"},
        {"unpaid, close not proven", PaymentState::manual_review, false, "CANCEL_ABORT_ERROR",
         "CANCEL_ERROR"},
        {"paid, refunded", PaymentState::reversed, true, "CANCEL_SUCCESS", "CANCELED"},
        {"paid, refund running", PaymentState::reversing, true, "CANCEL_IN_PROGRESS", "CANCEL_INPROGRESS"},
        {"paid, refund not proven", PaymentState::manual_review, true, "CANCEL_ERROR", "CANCEL_ERROR"},
        {"paid, refund refused", PaymentState::paid, true, "CANCEL_ERROR", "PAID"},
    };
    for (const CancelRow& row : rows) {
        SCOPED_TRACE(row.words);
        answer_.payment.state = row.state;
        answer_.payment.was_paid_before_reversal = row.was_paid;
        answer_.payment.reversal_by =
            row.state == PaymentState::paid ? ReversalBy::nobody : ReversalBy::merchant;
        const auto answer = codec::parse_json(call("/upay/v2/cancel", body(R"(,"client_sn":"A1")"))).value();
        EXPECT_EQ(biz_text(answer, "result_code"), row.result);
        EXPECT_EQ(data_text(answer, "order_status"), row.order_status);
        if (row.order_status == "CANCELED") EXPECT_EQ(data_text(answer, "net_amount"), "0");
    }
}

TEST_F(Precreate, ThePictureIsForAnybody) {
    net::Request request;
    request.method = "GET";
    request.target = "/upay/qrcode?content=weixin%3A%2F%2Fwxpay%2Fbizpayurl%3Fpr%3D1";
    const net::Response png = send(request);
    EXPECT_EQ(png.status, 200);
    EXPECT_EQ(png.headers.find("Content-Type"), "image/png");
    EXPECT_TRUE(png.body.starts_with("\x89PNG"));
    request.target += "&format=svg";
    const net::Response svg = send(request);
    EXPECT_EQ(svg.headers.find("Content-Type"), "image/svg+xml");
    EXPECT_TRUE(svg.body.starts_with("<svg "));
    for (const char* const bad : {"/upay/qrcode", "/upay/qrcode?content=", "/upay/qrcode?content=%zz"}) {
        request.target = bad;
        EXPECT_EQ(send(request).status, 400) << bad;
    }
    request.target = "/upay/qrcode?content=" + std::string(1025, 'x');
    EXPECT_EQ(send(request).status, 400);
    request.method = "POST";
    EXPECT_EQ(send(request).status, 405);
}

}  // namespace
}  // namespace huitong::api::upay

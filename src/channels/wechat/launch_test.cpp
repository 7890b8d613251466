// Launched payments on WeChat Pay v2: what unifiedorder is asked for each product, and what the payer gets.
#include "channels/wechat/launch.hpp"

#include <gtest/gtest.h>

#include "channels/wechat/wire.hpp"
#include "codec/json.hpp"

namespace huitong::channels::wechat {
namespace {

using codec::XmlFields;
using payments::Outcome;
using payments::Product;

constexpr const char* prepay_id = "wx201410272009395522657a690389285100";
constexpr const char* nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";

ports::ChannelAccount make_account(std::string sign_type = "MD5") {
    ports::ChannelAccount account;
    account.id = "wx-main";
    account.app_id = "wx8888888888888888";
    account.mch_id = "1900000109";
    account.sign_type = std::move(sign_type);
    account.api_key = core::Secret("0123456789abcdef0123456789abcdef");
    account.server_ip = "10.0.0.1";
    return account;
}

ports::ChannelAccount make_provider_account() {
    ports::ChannelAccount account = make_account();
    account.sub_app_id = "wx7777777777777777";
    account.sub_mch_id = "1900000777";
    return account;
}

ports::LaunchCall make_call(Product product) {
    ports::LaunchCall call;
    call.number = "P1";
    call.amount = core::fen(1000);
    call.product = product;
    call.payer_id = "oUpF8";
    call.subject = "测试商品";
    call.terminal_sn = "100078000000000001";
    call.terminal_ip = "192.0.2.7";
    call.attach = "a=1";
    call.goods_tag = "WXG";
    call.notify_url = "https://gateway.example:8443/notice/wx-main";
    call.created_at = core::parse_beijing_text("2024-03-05 08:53:20").value();  // 1709600000
    call.expires_at = call.created_at + std::chrono::minutes(4);
    return call;
}

XmlFields asked(const ports::LaunchCall& call, const ports::ChannelAccount& account = make_account()) {
    const CallText text = build_unifiedorder(account, call, "n");
    EXPECT_EQ(text.body, text.masked) << "nothing in it is a secret";
    XmlFields fields = codec::parse_flat_xml(text.body).value();
    EXPECT_TRUE(verify(fields, sign_type_of(account), account.api_key));
    return fields;
}

XmlFields made(const std::string& trade_type, const ports::ChannelAccount& account = make_account()) {
    XmlFields fields({{"return_code", "SUCCESS"},
                      {"appid", account.app_id},
                      {"mch_id", account.mch_id},
                      {"result_code", "SUCCESS"},
                      {"trade_type", trade_type},
                      {"prepay_id", prepay_id}});
    if (!account.sub_mch_id.empty()) fields.set("sub_mch_id", account.sub_mch_id);
    if (trade_type == "NATIVE") fields.set("code_url", "weixin://wxpay/bizpayurl?pr=1");
    if (trade_type == "MWEB") fields.set("mweb_url", "https://wx.tenpay.example/pay?prepay_id=1&package=2");
    return fields;
}

payments::LaunchAnswer answer_of(XmlFields fields, Product product,
                                 const ports::ChannelAccount& account = make_account()) {
    fields.set("sign", sign(fields, sign_type_of(account), account.api_key));
    return parse_unifiedorder_answer(codec::write_flat_xml(fields), account, make_call(product), nonce);
}

XmlFields without(const XmlFields& fields, std::string_view name) {
    std::vector<codec::XmlField> kept;
    for (const auto& field : fields.all()) {
        if (field.first != name) kept.push_back(field);
    }
    return XmlFields(std::move(kept));
}

XmlFields with(XmlFields fields, std::string name, std::string value) {
    fields.set(std::move(name), std::move(value));
    return fields;
}

std::string in(const std::string& json, std::string_view name) {
    const auto parsed = codec::parse_json(json).value();
    const auto* value = parsed.find(name);
    return value == nullptr ? "" : *value->as_string();
}

TEST(UnifiedOrder, AsksForTheProductWithEveryField) {
    const XmlFields fields = asked(make_call(Product::qr));
    EXPECT_EQ(path_of(Call::unifiedorder), "/pay/unifiedorder");
    for (const auto& [name, value] :
         std::vector<codec::XmlField>{{"appid", "wx8888888888888888"},
                                      {"mch_id", "1900000109"},
                                      {"nonce_str", "n"},
                                      {"sign_type", "MD5"},
                                      {"device_info", "100078000000000001"},
                                      {"body", "测试商品"},
                                      {"attach", "a=1"},
                                      {"goods_tag", "WXG"},
                                      {"out_trade_no", "P1"},
                                      {"total_fee", "1000"},
                                      {"fee_type", "CNY"},
                                      {"spbill_create_ip", "192.0.2.7"},
                                      {"trade_type", "NATIVE"},
                                      {"product_id", "P1"},
                                      {"notify_url", "https://gateway.example:8443/notice/wx-main"},
                                      {"time_start", "20240305085320"},
                                      {"time_expire", "20240305085720"}}) {
        EXPECT_EQ(fields.get(name), value) << name;
    }
    for (const char* other : {"auth_code", "openid", "sub_openid", "scene_info", "sub_mch_id"}) {
        EXPECT_EQ(fields.find(other), nullptr) << other;
    }
}

TEST(UnifiedOrder, EveryProductHasItsTypeAndWhatItNeeds) {
    for (const Product product : {Product::wap, Product::mini_program}) {
        const XmlFields fields = asked(make_call(product));
        EXPECT_EQ(fields.get("trade_type"), "JSAPI");
        EXPECT_EQ(fields.get("openid"), "oUpF8");
        EXPECT_EQ(fields.find("product_id"), nullptr);
        const XmlFields provided = asked(make_call(product), make_provider_account());
        EXPECT_EQ(provided.get("sub_openid"), "oUpF8") << "as the sub-merchant's application knows him";
        EXPECT_EQ(provided.find("openid"), nullptr);
        EXPECT_EQ(provided.get("sub_appid"), "wx7777777777777777");
    }
    auto odd = make_call(Product::wap);
    odd.payer_id = "o\x01U\xFF";
    EXPECT_EQ(asked(odd).get("openid"), "o U") << "what XML cannot carry is not sent";
    ports::ChannelAccount without_app = make_provider_account();
    without_app.sub_app_id.clear();
    EXPECT_EQ(asked(make_call(Product::wap), without_app).get("openid"), "oUpF8");
    const XmlFields app = asked(make_call(Product::app));
    EXPECT_EQ(app.get("trade_type"), "APP");
    EXPECT_EQ(app.find("openid"), nullptr);
    const XmlFields h5 = asked(make_call(Product::h5), make_account("HMAC-SHA256"));
    EXPECT_EQ(h5.get("trade_type"), "MWEB");
    EXPECT_EQ(h5.get("scene_info"),
              R"({"h5_info":{"type":"Wap","wap_url":"https://gateway.example:8443","wap_name":"测试商品"}})");
}

TEST(UnifiedOrder, WhatCannotBeAskedIsADefect) {
    const ports::ChannelAccount account = make_account();
    ports::LaunchCall call = make_call(Product::wap);
    EXPECT_EQ(launch_defect(account, call), "");
    call.payer_id.clear();
    EXPECT_EQ(launch_defect(account, call), "no_payer");
    call.product = Product::qr;
    EXPECT_EQ(launch_defect(account, call), "");
    for (const char* url : {"", "gateway.example/notice", "https://gateway.example/notice?account=1"}) {
        call.notify_url = url;
        EXPECT_EQ(launch_defect(account, call), "bad_notify_url") << url;
    }
    ports::ChannelAccount nowhere = account;
    nowhere.server_ip.clear();
    EXPECT_EQ(launch_defect(nowhere, make_call(Product::qr)), "");
    call = make_call(Product::qr);
    call.terminal_ip.clear();
    EXPECT_EQ(launch_defect(nowhere, call), "no_terminal_ip");
    EXPECT_EQ(asked(call).get("spbill_create_ip"), "10.0.0.1");
}

TEST(UnifiedOrderDeathTest, APaymentCodeIsNotLaunched) {
    EXPECT_DEATH((void)build_unifiedorder(make_account(), make_call(Product::barcode), "n"), "not launched");
}

TEST(Launch, CodesAndAddressesAreTheChannelsOwn) {
    const auto qr = answer_of(made("NATIVE"), Product::qr);
    EXPECT_EQ(qr.outcome, Outcome::done);
    EXPECT_TRUE(qr.is_authentic);
    EXPECT_TRUE(qr.is_trade_made);
    EXPECT_EQ(qr.launch, "weixin://wxpay/bizpayurl?pr=1");
    EXPECT_EQ(answer_of(made("MWEB"), Product::h5).launch,
              "https://wx.tenpay.example/pay?prepay_id=1&package=2");
}

TEST(Launch, WeChatsPageIsToldTheWayBack) {
    auto call = make_call(Product::h5);
    call.return_url = "https://gateway.example/gateway/order?t=1&k=2";
    EXPECT_EQ(launch_text(made("MWEB"), make_account(), call, nonce),
              "https://wx.tenpay.example/pay?prepay_id=1&package=2&redirect_url="
              "https%3A%2F%2Fgateway.example%2Fgateway%2Forder%3Ft%3D1%26k%3D2");
    EXPECT_EQ(launch_text(without(made("MWEB"), "mweb_url"), make_account(), call, nonce), "");
    call.product = Product::qr;
    EXPECT_EQ(launch_text(made("NATIVE"), make_account(), call, nonce), "weixin://wxpay/bizpayurl?pr=1");
}

// The signatures are those of tests/vectors/wechat_v2_sign.json.
TEST(Launch, JsapiParametersUnderBothKindsOfNames) {
    for (const Product product : {Product::wap, Product::mini_program}) {
        XmlFields answered = made("JSAPI");
        auto call = make_call(product);
        const std::string json =
            launch_text(answered, make_account(), call, "e61463f8efa94090b1f366cccfbbb444");
        EXPECT_EQ(in(json, "appId"), "wx8888888888888888");
        EXPECT_EQ(in(json, "timeStamp"), "1709600000");
        EXPECT_EQ(in(json, "nonceStr"), "e61463f8efa94090b1f366cccfbbb444");
        EXPECT_EQ(in(json, "package"), std::string("prepay_id=") + prepay_id);
        EXPECT_EQ(in(json, "signType"), "MD5");
        EXPECT_EQ(in(json, "paySign"), "22EAF7699A6EF93F4B00328EBB9283F2");
        EXPECT_EQ(in(json, "appid"), in(json, "appId"));
        EXPECT_EQ(in(json, "timestamp"), in(json, "timeStamp"));
        EXPECT_EQ(in(json, "noncestr"), in(json, "nonceStr"));
        EXPECT_EQ(in(json, "prepayid"), prepay_id);
        EXPECT_EQ(in(json, "sign"), in(json, "paySign"));
        EXPECT_LE(json.size(), 1024U) << "spec/upay 3.5: String(1024)";
        const auto answer = answer_of(made("JSAPI"), product);
        EXPECT_EQ(in(answer.launch, "nonceStr"), nonce);
        EXPECT_TRUE(answer.is_trade_made);
    }
    const std::string hmac =
        launch_text(made("JSAPI"), make_account("HMAC-SHA256"), make_call(Product::wap), nonce);
    EXPECT_EQ(in(hmac, "signType"), "HMAC-SHA256");
    EXPECT_EQ(in(hmac, "paySign").size(), 64U);
    EXPECT_LE(hmac.size(), 1024U);
}

TEST(Launch, AppParametersAreSignedWithTheAccountsAlgorithm) {
    const std::string json = answer_of(made("APP"), Product::app).launch;
    EXPECT_EQ(in(json, "appid"), "wx8888888888888888");
    EXPECT_EQ(in(json, "partnerid"), "1900000109");
    EXPECT_EQ(in(json, "prepayid"), prepay_id);
    EXPECT_EQ(in(json, "package"), "Sign=WXPay");
    EXPECT_EQ(in(json, "noncestr"), nonce);
    EXPECT_EQ(in(json, "timestamp"), "1709600000");
    EXPECT_EQ(in(json, "sign"), "69E5A6DB5D8D378959C203E65B619436");
    const std::string hmac = answer_of(made("APP"), Product::app, make_account("HMAC-SHA256")).launch;
    EXPECT_EQ(in(hmac, "sign"), "BD2212DEFE507407EE917BC702E6C7AE3AF14B672D8DD69CC2DBB28612931B4F");
}

TEST(Launch, TheSubMerchantsApplicationCallsTheWallet) {
    const ports::ChannelAccount account = make_provider_account();
    const std::string jsapi = answer_of(made("JSAPI", account), Product::wap, account).launch;
    EXPECT_EQ(in(jsapi, "appId"), "wx7777777777777777");
    EXPECT_EQ(in(jsapi, "appid"), "wx7777777777777777");
    const std::string app = answer_of(made("APP", account), Product::app, account).launch;
    EXPECT_EQ(in(app, "appid"), "wx7777777777777777");
    EXPECT_EQ(in(app, "partnerid"), "1900000777");
}

TEST(Launch, WhatLacksItsPartIsUnknown) {
    const std::pair<Product, XmlFields> cases[] = {
        {Product::qr, without(made("NATIVE"), "code_url")},
        {Product::h5, without(made("MWEB"), "mweb_url")},
        {Product::wap, without(made("JSAPI"), "prepay_id")},
        {Product::mini_program, with(made("JSAPI"), "prepay_id", "")},
        {Product::app, without(made("APP"), "prepay_id")}};
    for (const auto& [product, fields] : cases) {
        const auto answer = answer_of(fields, product);
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_EQ(answer.code, "incomplete");
        EXPECT_EQ(answer.launch, "");
        EXPECT_FALSE(answer.is_trade_made);
        EXPECT_TRUE(answer.is_authentic);
    }
}

TEST(Launch, AnAnswerToSomethingElseIsNoLaunch) {
    for (const XmlFields& other :
         {made("JSAPI"), without(made("NATIVE"), "trade_type"), with(made("NATIVE"), "out_trade_no", "P2"),
          with(made("NATIVE"), "trade_state", "NOTPAY"), with(made("NATIVE"), "time_end", "20240305091501"),
          with(made("NATIVE"), "mch_id", "1900000110"), without(made("NATIVE"), "appid")}) {
        const auto answer = answer_of(other, Product::qr);
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_EQ(answer.code, "mismatch");
        EXPECT_EQ(answer.launch, "");
        EXPECT_FALSE(answer.is_trade_made);
        EXPECT_FALSE(answer.is_authentic);
    }
}

// ---- what becomes of a launched order

std::string signed_text(XmlFields fields) {
    const ports::ChannelAccount account = make_account();
    fields.set("sign", sign(fields, sign_type_of(account), account.api_key));
    return codec::write_flat_xml(fields);
}

XmlFields said(std::string result_code) {
    return XmlFields({{"return_code", "SUCCESS"},
                      {"appid", "wx8888888888888888"},
                      {"mch_id", "1900000109"},
                      {"result_code", std::move(result_code)}});
}

TEST(LaunchedOrder, IsFoundUnpaidClosedOrPaidWhateverItsType) {
    const auto query = [](const XmlFields& fields) {
        return parse_orderquery_answer(signed_text(fields), make_account(), "P1");
    };
    const XmlFields found = with(said("SUCCESS"), "out_trade_no", "P1");
    for (const auto& [state, expected] : {std::pair{"NOTPAY", payments::TradeState::pending},
                                          {"CLOSED", payments::TradeState::closed},
                                          {"PAYERROR", payments::TradeState::pay_failed}}) {
        const auto answer = query(with(found, "trade_state", state));  // nothing but the state is said
        EXPECT_EQ(answer.outcome, Outcome::done) << state;
        EXPECT_EQ(answer.state, expected) << state;
        EXPECT_EQ(answer.trade, payments::TradeFacts{});
    }
    XmlFields paid = with(with(found, "trade_state", "SUCCESS"), "total_fee", "1000");
    paid = with(with(paid, "transaction_id", "42"), "time_end", "20240305085500");
    for (const char* type : {"NATIVE", "JSAPI", "APP", "MWEB"}) {
        const auto answer = query(with(paid, "trade_type", type));
        EXPECT_EQ(answer.state, payments::TradeState::paid) << type;
        EXPECT_EQ(answer.trade.amount, core::fen(1000));
    }
    EXPECT_EQ(query(with(said("FAIL"), "err_code", "ORDERNOTEXIST")).state, payments::TradeState::not_found);
}

TEST(LaunchedOrder, IsClosedUnlessItIsPaid) {
    const auto close = [](const XmlFields& fields) {
        return parse_closeorder_answer(signed_text(fields), make_account(), "P1");
    };
    const auto refused = [](std::string code) { return with(said("FAIL"), "err_code", std::move(code)); };
    EXPECT_EQ(close(said("SUCCESS")).outcome, Outcome::done);
    EXPECT_EQ(close(refused("ORDERCLOSED")).outcome, Outcome::done);
    EXPECT_FALSE(close(refused("ORDERCLOSED")).has_no_trade);
    EXPECT_EQ(close(refused("ORDERNOTEXIST")).outcome, Outcome::done);
    EXPECT_TRUE(close(refused("ORDERNOTEXIST")).has_no_trade);
    EXPECT_EQ(close(refused("ORDERPAID")).refusal, payments::Refusal::wrong_state);
    EXPECT_EQ(close(refused("ORDERPAID")).outcome, Outcome::refused);
    EXPECT_EQ(close(refused("SYSTEMERROR")).outcome, Outcome::unknown);
}

}  // namespace
}  // namespace huitong::channels::wechat

// The requests of Alipay's gateway: what is signed, what is sent and what is kept.
#include <gtest/gtest.h>

#include <algorithm>

#include "channels/alipay/test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using codec::FormFields;
using test::make_account;
using test::text_of;

const core::Instant now = core::parse_beijing_text("2024-03-05 10:00:00").value();

ports::PayByCode make_call() {
    ports::PayByCode call;
    call.number = "P20240305000003";
    call.amount = core::fen(1000);
    call.payment_code = "28763443825664394";
    call.subject = "苹果 + 梨";
    call.terminal_sn = "100078000000000001";
    return call;
}

ports::RefundRef make_refund() {
    ports::RefundRef refund;
    refund.trade_number = "P1";
    refund.refund_number = "R1";
    refund.trade_amount = core::fen(1000);
    refund.amount = core::fen(305);
    return refund;
}

struct Sent {
    FormFields all;  // query and body merged, as the gateway does
    codec::Json content;

    [[nodiscard]] std::string get(std::string_view name) const {
        const auto found = std::ranges::find(all, name, &codec::FormField::first);
        return found == all.end() ? std::string() : found->second;
    }
    [[nodiscard]] std::string in_content(std::string_view name) const {
        return content.find(name) == nullptr ? std::string() : text_of(content, name);
    }
};

Sent read(const CallText& text) {
    Sent sent;
    sent.all = codec::parse_form(text.query).value();
    for (auto& field : codec::parse_form(text.body).value()) sent.all.push_back(std::move(field));
    sent.content = codec::parse_json(sent.get("biz_content")).value();
    return sent;
}

bool is_well_signed(const Sent& sent) {
    const auto app = crypto::RsaPublicKey::parse(test::key_text("app", "public_pem")).value();
    return app.verify_sha256(text_to_sign(sent.all), crypto::from_base64(sent.get("sign")).value());
}

TEST(Build, PayCarriesEveryParameterAndAGoodSignature) {
    auto account = make_account();
    account.mch_id = "2088021109625633";
    const CallText text = build_pay({account, test::keys(), now}, make_call());
    const Sent sent = read(text);
    EXPECT_TRUE(text.body.starts_with("biz_content="));
    EXPECT_EQ(text.query.find("biz_content"), text.query.npos);
    EXPECT_EQ(sent.get("app_id"), "2021000000000001");
    EXPECT_EQ(sent.get("method"), "alipay.trade.pay");
    EXPECT_EQ(sent.get("charset"), "utf-8");
    EXPECT_EQ(sent.get("sign_type"), "RSA2");
    EXPECT_EQ(sent.get("timestamp"), "2024-03-05 10:00:00");
    EXPECT_EQ(sent.get("version"), "1.0");
    EXPECT_EQ(sent.get("app_auth_token"), "");
    EXPECT_EQ(sent.get("app_cert_sn"), "");
    EXPECT_EQ(sent.in_content("out_trade_no"), "P20240305000003");
    EXPECT_EQ(sent.in_content("scene"), "bar_code");
    EXPECT_EQ(sent.in_content("auth_code"), "28763443825664394");
    EXPECT_EQ(sent.in_content("subject"), "苹果 + 梨");
    EXPECT_EQ(sent.in_content("total_amount"), "10.00");
    EXPECT_EQ(sent.in_content("seller_id"), "2088021109625633");
    EXPECT_EQ(sent.in_content("terminal_id"), "100078000000000001");
    EXPECT_EQ(sent.content.find("passback_params"), nullptr);
    EXPECT_TRUE(is_well_signed(sent));
}

TEST(Build, WithoutASellerNoneIsNamed) {
    EXPECT_EQ(read(build_pay({make_account(), test::keys(), now}, make_call())).content.find("seller_id"),
              nullptr);
}

TEST(Build, KeptRequestHidesCodeSignatureAndToken) {
    auto account = make_account();
    account.app_auth_token = core::Secret("202403BBtoken");
    const CallText text = build_pay({account, test::keys(), now}, make_call());
    EXPECT_EQ(read(text).get("app_auth_token"), "202403BBtoken");
    for (const std::string_view secret :
         {std::string_view("28763443825664394"), std::string_view("202403BBtoken")}) {
        EXPECT_EQ(text.masked.find(secret), text.masked.npos);
    }
    EXPECT_EQ(text.masked.find(read(text).get("sign").substr(0, 20)), text.masked.npos);
    EXPECT_NE(text.masked.find("28***********4394"), text.masked.npos);
    EXPECT_NE(text.masked.find("\"out_trade_no\":\"P20240305000003\""), text.masked.npos);
    EXPECT_NE(text.masked.find("app_auth_token=***"), text.masked.npos);
    EXPECT_TRUE(text.masked.ends_with("&sign=***"));
}

TEST(Build, SubjectsLoseWhatAlipayDoesNotTake) {
    const auto subject_of = [](std::string subject) {
        ports::PayByCode call = make_call();
        call.subject = std::move(subject);
        const Sent sent = read(build_pay({make_account(), test::keys(), now}, call));
        EXPECT_TRUE(is_well_signed(sent));
        return sent.in_content("subject");
    };
    EXPECT_EQ(subject_of("a/b=c&d\r\n\"e\""), "a b c d  \"e\"");
    EXPECT_EQ(subject_of("caf\xE9"), "caf");
    EXPECT_EQ(subject_of("/&="), "P20240305000003") << "it may not be blank";
    std::string longest;
    for (int i = 0; i < 100; ++i) longest += "果";
    EXPECT_EQ(subject_of(longest).size(), 255U) << "85 whole characters of three bytes";
}

TEST(Build, AttachGoesWhereItFitsAndIsEncoded) {
    ports::PayByCode call = make_call();
    call.attach = "a=1&b";
    EXPECT_EQ(read(build_pay({make_account(), test::keys(), now}, call)).in_content("passback_params"),
              "a%3D1%26b");
    call.attach = std::string(600, 'x');
    EXPECT_EQ(read(build_pay({make_account(), test::keys(), now}, call)).content.find("passback_params"),
              nullptr);
}

TEST(Build, CertificateModeNamesBothCertificatesInEveryCall) {
    const auto account = test::make_certificate_account();
    const auto keys = parse_keys(account).value();
    const Sender sender{account, keys, now};
    for (const CallText& text :
         {build_pay(sender, make_call()), build_query(sender, "P1"), build_cancel(sender, "P1"),
          build_close(sender, "P1"), build_refund(sender, make_refund()),
          build_refund_query(sender, make_refund())}) {
        const Sent sent = read(text);
        EXPECT_EQ(sent.get("app_cert_sn"), keys.app_cert_sn);
        EXPECT_EQ(sent.get("alipay_root_cert_sn"), keys.root_cert_sn);
        EXPECT_TRUE(is_well_signed(sent));
    }
}

TEST(Build, ServiceProvidersSendTheirTokenInEveryCall) {
    auto account = make_account();
    account.app_auth_token = core::Secret("202403BBtoken");
    const Sender sender{account, test::keys(), now};
    for (const CallText& text :
         {build_query(sender, "P1"), build_cancel(sender, "P1"), build_close(sender, "P1"),
          build_refund(sender, make_refund()), build_refund_query(sender, make_refund())}) {
        EXPECT_EQ(read(text).get("app_auth_token"), "202403BBtoken");
        EXPECT_TRUE(is_well_signed(read(text)));
        EXPECT_EQ(text.masked.find("202403BBtoken"), text.masked.npos);
    }
}

TEST(Build, EveryOtherCallAsksByOurNumbers) {
    const auto account = make_account();
    const Sender sender{account, test::keys(), now};
    const std::pair<CallText, std::string_view> by_number[] = {
        {build_query(sender, "P1"), "alipay.trade.query"},
        {build_cancel(sender, "P1"), "alipay.trade.cancel"},
        {build_close(sender, "P1"), "alipay.trade.close"},
        {build_refund(sender, make_refund()), "alipay.trade.refund"},
        {build_refund_query(sender, make_refund()), "alipay.trade.fastpay.refund.query"}};
    for (const auto& [text, method] : by_number) {
        EXPECT_EQ(read(text).get("method"), method);
        EXPECT_EQ(read(text).in_content("out_trade_no"), "P1");
        EXPECT_TRUE(is_well_signed(read(text)));
    }
    ports::RefundRef refund = make_refund();
    refund.reason = "不要了 a/b";
    const Sent sent = read(build_refund(sender, refund));
    EXPECT_EQ(sent.in_content("refund_amount"), "3.05");
    EXPECT_EQ(sent.in_content("out_request_no"), "R1");
    EXPECT_EQ(sent.in_content("refund_reason"), "不要了 a b");
    EXPECT_EQ(read(build_refund_query(sender, refund)).in_content("out_request_no"), "R1");
}

TEST(BuildDeathTest, AnotherCurrencyIsADefect) {
    ports::PayByCode call = make_call();
    call.amount = core::Money{1000, core::Currency::USD};
    EXPECT_DEATH((void)build_pay({make_account(), test::keys(), now}, call), "CNY only");
}

TEST(Build, NumbersAndAccountsThatCannotBeSent) {
    EXPECT_TRUE(is_number("P7842_k3f9z"));
    EXPECT_TRUE(is_number(std::string(64, 'a')));
    for (const std::string& number :
         {std::string(), std::string(65, 'a'), std::string("P-1"), std::string("P|1"), std::string("号")}) {
        EXPECT_FALSE(is_number(number));
    }
    auto account = make_account();
    EXPECT_EQ(account_defect(account), "");
    account.sign_type = "RSA";
    EXPECT_EQ(account_defect(account), "bad_sign_type");
    account = make_account();
    account.channel_public_key.clear();
    EXPECT_EQ(account_defect(account), "bad_account");
}

}  // namespace
}  // namespace huitong::channels::alipay

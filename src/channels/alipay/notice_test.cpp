// Notices of Alipay: the vector, and what is refused for which reason.
#include "channels/alipay/notice.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "channels/alipay/test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using codec::FormFields;
using test::make_account;
using test::signed_notice;
using test::text_of;

FormFields paid() {
    return {{"app_id", "2021000000000001"},
            {"auth_app_id", "2021000000000001"},
            {"buyer_id", "2088302495431234"},
            {"charset", "utf-8"},
            {"gmt_payment", "2024-03-05 10:10:08"},
            {"notify_id", "2024030500222101008031234500000001"},
            {"notify_type", "trade_status_sync"},
            {"out_trade_no", "P1"},
            {"seller_id", "2088021109625633"},
            {"subject", "100% 苹果"},
            {"total_amount", "10.00"},
            {"trade_no", "2024030522001431234500000002"},
            {"trade_status", "TRADE_SUCCESS"}};
}

FormFields with(FormFields fields, std::string name, std::string value) {
    const auto found = std::ranges::find(fields, name, &codec::FormField::first);
    if (found == fields.end()) {
        fields.emplace_back(std::move(name), std::move(value));
    } else {
        found->second = std::move(value);
    }
    return fields;
}
FormFields without(FormFields fields, std::string_view name) {
    std::erase_if(fields, [&](const codec::FormField& field) { return field.first == name; });
    return fields;
}

core::Result<payments::Notice> read(std::string_view body,
                                    const ports::ChannelAccount& account = make_account()) {
    return read_notice(account, parse_keys(account).value(), body);
}
std::string reason_of(std::string_view body, const ports::ChannelAccount& account = make_account()) {
    const auto notice = read(body, account);
    return notice ? "" : notice.error().reason;
}

TEST(Notice, TheVectorIsRead) {
    const codec::Json& vector = *test::vectors().find("notify");
    const std::string body = text_of(vector, "form_body");
    const auto notice = read(body).value();
    EXPECT_EQ(notice.number, "P20240305000004");
    EXPECT_EQ(notice.refund_number, "");
    EXPECT_EQ(notice.code, "TRADE_SUCCESS");
    EXPECT_EQ(notice.amount, core::fen(1000));
    EXPECT_EQ(notice.trade_no, "2024030522001431234500000002");
    EXPECT_EQ(notice.body, text_of(vector, "string_to_sign") + "&sign=***")
        << "decoded once, without sign and sign_type";
    auto seller = make_account();
    seller.mch_id = "2088021109625633";
    EXPECT_EQ(reason_of(body, seller), "");
}

TEST(Notice, WhatARefundSaysNamesIt) {
    const auto refund_number = [](const FormFields& fields) {
        return read(signed_notice(fields)).value().refund_number;
    };
    const FormFields named = with(paid(), "out_biz_no", "R1");
    EXPECT_EQ(refund_number(named), "") << "nothing was refunded";
    EXPECT_EQ(refund_number(with(named, "refund_fee", "0.00")), "");
    EXPECT_EQ(refund_number(with(named, "refund_fee", "3.00")), "R1");
    EXPECT_EQ(refund_number(with(named, "gmt_refund", "2024-03-05 12:00:00.123")), "R1");
    const auto closed = with(with(named, "refund_fee", "10.00"), "trade_status", "TRADE_CLOSED");
    EXPECT_EQ(refund_number(closed), "R1");
    EXPECT_EQ(read(signed_notice(closed)).value().code, "TRADE_CLOSED");
    EXPECT_EQ(refund_number(with(paid(), "refund_fee", "3.00")), "");
}

TEST(Notice, ABadSignatureIsRefused) {
    const std::string good = signed_notice(paid());
    EXPECT_EQ(reason_of(good), "");
    EXPECT_EQ(reason_of(codec::write_form(paid())), "bad_signature");
    EXPECT_EQ(reason_of(codec::write_form(with(paid(), "sign_type", "RSA2"))), "bad_signature");
    EXPECT_EQ(reason_of(good + "&extra=1"), "bad_signature");
    EXPECT_EQ(reason_of(signed_notice(paid(), test::keys().app)), "bad_signature") << "our own key";
    FormFields sent = codec::parse_form(good).value();
    for (const char* other : {"RSA", "", "rsa2"}) {
        EXPECT_EQ(reason_of(codec::write_form(with(sent, "sign_type", other))), "bad_signature") << other;
    }
    EXPECT_EQ(reason_of(codec::write_form(with(sent, "sign", "AA=="))), "bad_signature");
    EXPECT_EQ(reason_of(codec::write_form(with(sent, "sign", ""))), "bad_signature");
    EXPECT_EQ(reason_of(codec::write_form(with(sent, "total_amount", "0.01"))), "bad_signature");
    EXPECT_EQ(reason_of(""), "bad_signature");
    // Signed as a request is, with sign_type: not how a trade's notice is signed.
    FormFields as_request = with(paid(), "sign_type", "RSA2");
    as_request.emplace_back("sign", sign(as_request, test::alipay_key()));
    EXPECT_EQ(reason_of(codec::write_form(as_request)), "bad_signature");
}

TEST(Notice, WhatIsNoFormIsUnreadable) {
    EXPECT_EQ(reason_of(signed_notice(paid()) + "&out_trade_no=P2"), "unreadable") << "a name twice";
    EXPECT_EQ(reason_of(signed_notice(paid()) + "&x=%zz"), "unreadable");
}

TEST(Notice, OfAnotherAccountIsRefused) {
    EXPECT_EQ(reason_of(signed_notice(with(paid(), "app_id", "2021000000000009"))), "other_account");
    EXPECT_EQ(reason_of(signed_notice(without(paid(), "app_id"))), "other_account");
    auto seller = make_account();
    seller.mch_id = "2088021109625634";
    EXPECT_EQ(reason_of(signed_notice(paid()), seller), "other_account");
    EXPECT_EQ(reason_of(signed_notice(without(paid(), "seller_id")), seller), "");
    seller.mch_id = "2088021109625633";
    EXPECT_EQ(reason_of(signed_notice(paid()), seller), "");
}

TEST(Notice, InCertificateModeTheKeyIsTheCertificates) {
    const auto account = test::make_certificate_account();
    EXPECT_EQ(reason_of(signed_notice(paid()), account), "");
    const std::string ours = certificate_sn(account.channel_public_key).value();
    EXPECT_EQ(reason_of(signed_notice(with(paid(), "alipay_cert_sn", ours)), account), "");
    EXPECT_EQ(reason_of(signed_notice(with(paid(), "alipay_cert_sn", "other")), account), "bad_signature");
    EXPECT_EQ(reason_of(signed_notice(paid(), test::keys().app), account), "bad_signature");
}

TEST(Notice, WhatIsNoResultIsSaidSo) {
    for (const FormFields& other : {with(paid(), "notify_type", "servicemarket_order_notify"),
                                    without(paid(), "notify_type"), without(paid(), "out_trade_no"),
                                    with(paid(), "out_trade_no", ""), without(paid(), "trade_status")}) {
        EXPECT_EQ(reason_of(signed_notice(other)), "not_a_result");
    }
    EXPECT_EQ(read(signed_notice(with(paid(), "total_amount", "ten"))).value().amount, std::nullopt);
}

TEST(Notice, HeardOrAgain) {
    EXPECT_EQ(reply_to_notice(true).body, "success");
    EXPECT_EQ(reply_to_notice(false).body, "fail");
    EXPECT_EQ(reply_to_notice(true).status, 200);
    EXPECT_EQ(reply_to_notice(true).content_type, "text/plain");
}

}  // namespace
}  // namespace huitong::channels::alipay

// What of a channel account is refused at the desk, field by field.
#include "flows/account_check.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/rsa.hpp"

namespace huitong::flows {
namespace {

using ports::ChannelAccount;

ChannelAccount wechat() {
    ChannelAccount account;
    account.id = "wx-main";
    account.merchant_sn = "1680000000001";
    account.base_url = "https://api.mch.weixin.qq.com";
    account.app_id = "wx0123456789abcdef";
    account.mch_id = "1900000109";
    account.sign_type = "HMAC-SHA256";
    account.api_key = core::Secret(std::string(32, 'k'));
    return account;
}

const crypto::RsaPrivateKey& key() {
    static const crypto::RsaPrivateKey made = crypto::RsaPrivateKey::generate();
    return made;
}

ChannelAccount alipay() {
    ChannelAccount account;
    account.id = "ali-main";
    account.channel = payments::ChannelKind::alipay;
    account.merchant_sn = "1680000000001";
    account.base_url = "https://openapi.alipay.com/gateway.do";
    account.app_id = "2021000000000001";
    account.sign_type = "RSA2";
    account.app_private_key = key().to_pkcs8_pem();
    account.channel_public_key = key().public_pem();
    return account;
}

// The field that is refused, or "" when the account is taken.
std::string refused(ChannelAccount account, const std::function<void(ChannelAccount&)>& spoil = {}) {
    if (spoil) spoil(account);
    const auto checked = check_account(account);
    if (checked) return "";
    EXPECT_EQ(checked.error().code, core::Code::invalid);
    EXPECT_EQ(checked.error().reason, "bad_account");
    return checked.error().detail.substr(0, checked.error().detail.find_first_of(": ,"));
}

TEST(AccountCheck, TermsOfEveryAccount) {
    for (const ChannelAccount& account : {wechat(), alipay()}) {
        EXPECT_EQ(refused(account), "");
        EXPECT_EQ(refused(account, [](auto& a) { a.id = "no spaces"; }), "id");
        EXPECT_EQ(refused(account, [](auto& a) { a.base_url = "api.example.com"; }), "base_url");
        EXPECT_EQ(refused(account, [](auto& a) { a.priority = 1001; }), "priority");
        EXPECT_EQ(refused(account, [](auto& a) { a.refund_days = -1; }), "refund_days");
        EXPECT_EQ(refused(account, [](auto& a) { a.refund_days = 3651; }), "refund_days");
        EXPECT_EQ(refused(account, [](auto& a) { a.channel_fee_ppm = 1'000'001; }), "channel_fee_ppm");
        EXPECT_EQ(refused(account, [](auto& a) { a.merchant_fee_ppm = -1; }), "merchant_fee_ppm");
        EXPECT_EQ(refused(account,
                          [](auto& a) {
                              a.priority = 1000;
                              a.refund_days = 3650;
                              a.channel_fee_ppm = a.merchant_fee_ppm = 1'000'000;
                          }),
                  "");
    }
}

TEST(AccountCheck, WeChat) {
    EXPECT_EQ(refused(wechat(), [](auto& a) { a.app_id.clear(); }), "app_id");
    EXPECT_EQ(refused(wechat(), [](auto& a) { a.mch_id.clear(); }), "mch_id");
    EXPECT_EQ(refused(wechat(), [](auto& a) { a.sign_type = "RSA2"; }), "sign_type");
    EXPECT_EQ(refused(wechat(), [](auto& a) { a.api_key = core::Secret("short"); }), "api_key");
    EXPECT_EQ(refused(wechat(), [](auto& a) { a.client_certificate_pem = "x"; }), "client");
    EXPECT_EQ(refused(wechat(), [](auto& a) { a.sub_mch_id = "1900000110"; }), "");
}

TEST(AccountCheck, AlipayWithKeys) {
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.app_id = "2021 0000"; }), "app_id");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.app_id = "wx0123456789abcdef"; }), "app_id");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.sign_type = "RSA"; }), "sign_type");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.mch_id = "2088000000000001"; }), "");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.sub_mch_id = "1900000110"; }), "sub_mch_id");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.app_private_key = core::Secret("nonsense"); }),
              "app_private_key");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.app_private_key = core::Secret(a.channel_public_key); }),
              "app_private_key");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.channel_public_key.clear(); }), "channel_public_key");
    EXPECT_EQ(refused(alipay(),
                      [](auto& a) {
                          a.channel_public_key =
                              *crypto::bare_public_key(a.channel_public_key);  // as it is handed out
                          a.app_auth_token = core::Secret("201611BB08f0eb5e3a1c4d5e9b6b7f1c2d3e4f5a");
                      }),
              "");
    EXPECT_EQ(refused(alipay(), [](auto& a) { a.app_auth_token = core::Secret("no spaces"); }),
              "app_auth_token");
}

// With whole sets of certificates: tests/e2e/test_desk.py.
TEST(AccountCheck, AlipayCertificatesComeTogether) {
    const std::string begin = "-----BEGIN CERTIFICATE-----\n";
    EXPECT_EQ(refused(alipay(), [&](auto& a) { a.app_certificate_pem = begin; }), "certificate");
    EXPECT_EQ(refused(alipay(), [&](auto& a) { a.root_certificates_pem = begin; }), "certificate");
    EXPECT_EQ(refused(alipay(), [&](auto& a) { a.app_certificate_pem = a.root_certificates_pem = begin; }),
              "certificate");  // the channel's is a bare key
}

}  // namespace
}  // namespace huitong::flows

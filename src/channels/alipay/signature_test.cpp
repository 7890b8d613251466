// Signatures and certificate numbers against tests/vectors/alipay.json, which independent clients computed
// too (spec/channels 5.2), and the keys of accounts.
#include "channels/alipay/signature.hpp"

#include <gtest/gtest.h>

#include "channels/alipay/test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using test::make_account;
using test::make_certificate_account;
using test::text_of;

codec::FormFields request_parameters() {
    codec::FormFields parameters;
    for (const auto& [name, value] : *test::vectors().find("request")->find("params")->as_object())
        parameters.emplace_back(name, *value.as_string());
    return parameters;
}

TEST(Signature, RequestEqualsTheVector) {
    const codec::Json& vector = *test::vectors().find("request");
    auto parameters = request_parameters();
    EXPECT_EQ(text_to_sign(parameters), text_of(vector, "string_to_sign"));
    EXPECT_EQ(sign(parameters, test::keys().app), text_of(vector, "sign"));
    parameters.emplace_back("sign", "whatever");
    EXPECT_EQ(sign(parameters, test::keys().app), text_of(vector, "sign")) << "the signature is not signed";
    auto sent = codec::parse_form(text_of(vector, "form_body")).value();
    EXPECT_EQ(text_to_sign(sent), text_of(vector, "string_to_sign")) << "decoded values are signed";
}

TEST(Signature, CertificateNumbersEqualTheVector) {
    const std::string app = test::key_text("app", "cert_pem");
    const std::string alipay = test::key_text("alipay", "cert_pem");
    EXPECT_EQ(certificate_sn(app).value(), text_of(*test::vectors().find("cert_sn"), "md5_of_concat"));
    const std::string both = certificate_sn(app).value() + "_" + certificate_sn(alipay).value();
    EXPECT_EQ(root_certificate_sn(app + alipay).value(), both);
    EXPECT_EQ(root_certificate_sn("none").error().reason, "bad_certificate");
    // Roots that RSA did not sign do not count.
    constexpr std::string_view ec = R"(-----BEGIN CERTIFICATE-----
MIIBxTCCAWugAwIBAgIUNvW7axen+8E2+seVU2WEUb+xYeAwCgYIKoZIzj0EAwIw
ODELMAkGA1UEBhMCQ04xFzAVBgNVBAoMDua1i+ivlSwg5YWs5Y+4MRAwDgYDVQQD
DAdyb290IGVjMB4XDTI2MTEyMTExMzA1NVoXDTM2MTExODExMzA1NVowODELMAkG
A1UEBhMCQ04xFzAVBgNVBAoMDua1i+ivlSwg5YWs5Y+4MRAwDgYDVQQDDAdyb290
IGVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjJZ05EVaRKwM4/54qXFRdEVb
1eLpBUsqytv0Px1hVfge6ezPjtbe8CCekllVEwfogtzsoQ4JJbvoCge4y64IrKNT
MFEwHQYDVR0OBBYEFCUvqq9Mn2785hYj7QUaTnMlB9xHMB8GA1UdIwQYMBaAFCUv
qq9Mn2785hYj7QUaTnMlB9xHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SAAwRQIhAPjHTN5VCgjLZzwiAPih8OwbqO0KqnRozby9DNRimnIZAiBbjXQiLVo7
WWbwvQbOB3Yk2wMWNwE0lDh9sOpoB0ZX6w==
-----END CERTIFICATE-----
)";
    EXPECT_EQ(root_certificate_sn(std::string(ec) + app).value(), certificate_sn(app).value());
    EXPECT_EQ(root_certificate_sn(ec).error().reason, "bad_certificate");
}

TEST(Keys, BothModes) {
    const auto plain = parse_keys(make_account()).value();
    EXPECT_EQ(plain.app_cert_sn, "");
    EXPECT_EQ(plain.channel_cert_sn, "");
    const auto certified = parse_keys(make_certificate_account()).value();
    EXPECT_EQ(certified.app_cert_sn, certificate_sn(test::key_text("app", "cert_pem")).value());
    EXPECT_EQ(certified.channel_cert_sn, certificate_sn(test::key_text("alipay", "cert_pem")).value());
    EXPECT_EQ(certified.root_cert_sn, certified.app_cert_sn + "_" + certified.channel_cert_sn);
    EXPECT_TRUE(certified.channel.verify_sha256("x", test::alipay_key().sign_sha256("x")));
}

TEST(Keys, Defects) {
    const auto reason = [](const ports::ChannelAccount& account) {
        const auto parsed = parse_keys(account);
        return parsed ? std::string("none") : parsed.error().reason;
    };
    auto account = make_account();
    account.app_private_key = core::Secret("x");
    EXPECT_EQ(reason(account), "bad_key");
    account = make_account();
    account.channel_public_key = "x";
    EXPECT_EQ(reason(account), "bad_key");
    account = make_certificate_account();
    account.channel_public_key = test::key_text("alipay", "public_pem");
    EXPECT_EQ(reason(account), "bad_certificate");
    account = make_certificate_account();
    account.root_certificates_pem.clear();
    EXPECT_EQ(reason(account), "bad_certificate");
    account = make_certificate_account();
    account.app_certificate_pem = test::key_text("alipay", "cert_pem");
    EXPECT_EQ(reason(account), "key_mismatch");
}

TEST(KeyRing, ParsesOnceAndAnewWhenAKeyChanges) {
    KeyRing ring;
    auto account = make_account();
    const auto first = ring.find(account).value();
    EXPECT_EQ(ring.find(account).value(), first);
    account.channel_public_key = test::key_text("app", "public_pem");
    const auto changed = ring.find(account).value();
    EXPECT_NE(changed, first);
    EXPECT_FALSE(changed->channel.verify_sha256("x", test::alipay_key().sign_sha256("x")));
    account.app_private_key = core::Secret("broken");
    EXPECT_EQ(ring.find(account).error().reason, "bad_key") << "the old key is not used in its place";
    auto other = make_account();
    other.id = "ali-second";
    EXPECT_NE(ring.find(other).value(), first);
    EXPECT_EQ(ring.find(make_certificate_account()).value()->app_cert_sn.size(), 32U);
}

}  // namespace
}  // namespace huitong::channels::alipay

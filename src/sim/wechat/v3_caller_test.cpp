// Who may call API v3: the header Authorization over the bytes as they came, and what else a call must show
// (spec/channels 1B.1).
#include <gtest/gtest.h>

#include "sim/wechat/v3_test_support.hpp"

namespace huitong::sim {
namespace {

const std::string query_target = "/v3/pay/transactions/out-trade-no/P1?mchid=1900000109";

// The request of spec/channels 5.2 (vector wechat_v3_request), which other programs signed.
constexpr std::string_view vector_key =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyQrkfKF9XGpDlkcvWvb5EjKqV7jPBbzmXhWPru9rKCw1+6tf"
    "0o6B2xGnogqSPHuEnNUibv5gPhBIlG47d12RmM2KSc/2RoU6Ea1y/UmHCtmgU4gwH/9Dkzvxx/izkTplgK3M6EeS/5xk"
    "sqsxoKjZp20Cls0x4HNMB2RTkUZsNcIrken5UtD/wT2UCnpv6gFLSAw1GhcjFCL/PPn+dLBgcQKruQXcPfBGnPAl23Jp"
    "nQFa7O89p49LM0qC0I3jOsxdCTbCpp3QhmmieiBFFvwzp93azAMkNgkmjLrgEifVdFrY9DnEKfCpLJZs6JVT2Oy6rHPG"
    "yCyqutMVuv6wdzKtEQIDAQAB";
constexpr std::string_view vector_signature =
    "q5df6roqLN3HMJlSEN1Acccz77rnNrBrj6Y+cGwQtO3BbGhZo6NGSrpscAc2vVf2M98vzdLsaFCjFEim0B9gFTc5uIKf"
    "bO7p14jTOdFU2y4MDP7NCSnqrwbeLfq2/r+Xd1o/VEmMaZq63OTkNZPwzGEEayR6gsioG43bergxZujiiqS3Q2lM4Oje"
    "b1iktCIkimbQS7uuYfUhaoWz2TXPNs1Rn0X/l+91DcBhRuLxPFkLihUCSprymmRlmw/InKsIYpKAAXJmt/O4fm2RX5gp"
    "HjK6jlRQL2g9tauWzRx6RsGVWTkR3sF4+9pPUigQuFj9BGACahomXBIg0VNyjqlVVA==";

TEST(WechatV3Caller, a_call_that_another_program_signed) {
    V3Rig rig;
    WechatMerchant& merchant = rig.simulators.options().wechat_merchants.front();
    merchant.public_key = vector_key;
    merchant.certificate_serial = "01EC69E5F16439AFE9884293CED985555B8B5845";
    rig.simulators.clock().set(core::Instant(std::chrono::seconds(1709600001)));
    net::Request request =
        rig.v3_request("GET", "/v3/pay/transactions/out-trade-no/P20240305000001?mchid=1900000109");
    const auto authorize = [&](std::string_view timestamp) {
        request.headers.set(
            "Authorization",
            fmt::format(
                "WECHATPAY2-SHA256-RSA2048 "
                "mchid=\"1900000109\",nonce_str=\"593BEC0C930BF1AFEB40B4A08C8FB243\","
                "timestamp=\"{}\",serial_no=\"01EC69E5F16439AFE9884293CED985555B8B5845\",signature=\"{}\"",
                timestamp, vector_signature));
        return V3Rig::to_v3(rig.send(request)).result();
    };
    EXPECT_EQ(authorize("1709600001"), "404 ORDER_NOT_EXIST") << "understood";
    EXPECT_EQ(authorize("1709600002"), "401 SIGN_ERROR");
}

TEST(WechatV3Caller, a_good_call_is_answered_and_signed) {
    V3Rig rig;
    const V3Answer answer = rig.call("GET", query_target);
    EXPECT_EQ(answer.result(), "404 ORDER_NOT_EXIST");
    EXPECT_TRUE(rig.is_signed_v3(answer));
    EXPECT_FALSE(answer.http.headers.find("Request-ID").value_or("").empty());
    EXPECT_FALSE(rig.is_signed_v3(answer.http.headers, answer.http.body + " ")) << "the test looks";
}

TEST(WechatV3Caller, whoever_is_not_proven_is_refused_unsigned) {
    struct Case {
        std::string what;
        std::function<void(net::Request&)> spoil;
        std::string result = "401 SIGN_ERROR";
    };
    const auto replace = [](std::string from, std::string to) {
        return [=](net::Request& request) {
            std::string header(request.headers.find("Authorization").value());
            header.replace(header.find(from), from.size(), to);
            request.headers.set("Authorization", header);
        };
    };
    const auto set = [](std::string name, std::string value) {
        return [=](net::Request& request) { request.headers.set(name, value); };
    };
    const std::vector<Case> cases = {
        {"nothing", set("Authorization", "")},
        {"another scheme", replace("WECHATPAY2-SHA256", "WECHATPAY2-SM2")},
        {"a member missing", replace("nonce_str=\"n0nce\",", "")},
        {"a member twice", replace("nonce_str", "mchid")},
        {"an unknown member", replace("nonce_str", "nonce")},
        {"something behind it", replace("serial_no=\"" + std::string(merchant_serial) + "\"",
                                        "serial_no=\"" + std::string(merchant_serial) + "\",")},
        {"an empty member", replace("n0nce", "")},
        {"another nonce", replace("n0nce", "n1nce")},
        {"a nonce too long", replace("n0nce", std::string(33, 'n'))},
        {"another serial", replace(std::string(merchant_serial), "4A02")},
        {"another target", [](net::Request& request) { request.target += "&x=1"; }},
        {"another body", [](net::Request& request) { request.body = "{}"; }},
        {"another method", [](net::Request& request) { request.method = "PUT"; }},
        {"nobody's number", replace("1900000109", "1900000110"), "400 MCH_NOT_EXISTS"},
        {"no Accept", set("Accept", ""), "400 PARAM_ERROR"},
        {"reads no JSON", set("Accept", "text/html"), "400 PARAM_ERROR"},
        {"no User-Agent", set("User-Agent", ""), "400 PARAM_ERROR"},
    };
    V3Rig rig;
    for (const Case& one : cases) {
        net::Request request = rig.v3_request("GET", query_target);
        one.spoil(request);
        const V3Answer answer = V3Rig::to_v3(rig.send(request));
        EXPECT_EQ(answer.result(), one.result) << one.what;
        EXPECT_FALSE(answer.http.headers.find("Wechatpay-Signature").has_value()) << one.what;
    }
}

TEST(WechatV3Caller, clocks_may_differ_by_five_minutes) {
    V3Rig rig;
    const auto late = [&](std::int64_t seconds) {
        V3Rig::Signer signer;
        signer.late_s = seconds;
        return V3Rig::to_v3(rig.send(rig.v3_request("GET", query_target, "", signer))).http.status;
    };
    EXPECT_EQ(late(-300), 404);
    EXPECT_EQ(late(300), 404);
    EXPECT_EQ(late(-301), 401);
    EXPECT_EQ(late(301), 401);
    rig.control_json("POST", "options", R"({"wechat_timestamp_window_s":0})");
    EXPECT_EQ(late(-100'000), 404);
}

TEST(WechatV3Caller, a_merchant_without_a_certificate_and_a_provider) {
    V3Rig rig;
    V3Rig::Signer provider;
    provider.mchid = "1900000200";
    EXPECT_EQ(V3Rig::to_v3(rig.send(rig.v3_request("GET", query_target, "", provider))).result(),
              "403 NO_AUTH");
    rig.simulators.options().wechat_merchants.front().certificate_serial = "";
    EXPECT_EQ(rig.call("GET", query_target).result(), "401 SIGN_ERROR");
}

TEST(WechatV3Caller, another_method_and_no_such_path) {
    V3Rig rig;
    EXPECT_EQ(rig.call("POST", query_target, "{}").http.status, 405);
    EXPECT_EQ(rig.call("GET", "/v3/pay/transactions/out-trade-no/a/b").http.status, 404);
    EXPECT_EQ(rig.call("GET", "/v3/pay/transactions/out-trade-no/").http.status, 404);
}

TEST(WechatV3Caller, the_merchant_in_the_call_is_the_one_that_signed) {
    V3Rig rig;
    EXPECT_EQ(rig.call("GET", "/v3/pay/transactions/out-trade-no/P1").result(), "400 PARAM_ERROR");
    const V3Answer other = rig.call("GET", "/v3/pay/transactions/out-trade-no/P1?mchid=1900000200");
    EXPECT_EQ(other.result(), "400 PARAM_ERROR");
    EXPECT_EQ(other.get("detail.location"), "query");
    const V3Answer close =
        rig.call("POST", V3Rig::number_target("P1", "/close"), R"({"mchid":"1900000200"})");
    EXPECT_EQ(close.result(), "400 PARAM_ERROR");
    EXPECT_EQ(close.get("detail.field"), "/mchid");
    EXPECT_EQ(rig.call("POST", V3Rig::number_target("P1", "/reverse"),
                       R"({"appid":"wx9999999999999999","mchid":"1900000109"})")
                  .result(),
              "400 APPID_MCHID_NOT_MATCH");
}

}  // namespace
}  // namespace huitong::sim

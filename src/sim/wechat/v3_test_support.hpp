// V3Rig: the simulators, a client of WeChat's API v3 that signs and verifies for itself, and a merchant's
// server; shared by the tests of API v3.
#pragma once

#include "core/money.hpp"
#include "crypto/gcm.hpp"
#include "crypto/rsa.hpp"
#include "sim/notice_test_support.hpp"

namespace huitong::sim {

inline constexpr std::string_view apiv3_key = "apiv3_key_of_32_characters_long!";
inline constexpr std::string_view merchant_serial = "4A00000000000000000000000000000000000001";

// Making a pair takes longer than a test.
struct V3Keys {
    crypto::RsaPrivateKey merchant = crypto::RsaPrivateKey::generate();
    crypto::RsaPrivateKey platform = crypto::RsaPrivateKey::generate();
    crypto::RsaPrivateKey public_key = crypto::RsaPrivateKey::generate();
};
inline const V3Keys& v3_keys() {
    static const V3Keys keys;
    return keys;
}

// The text at "amount.total"; numbers as they are written, "" when there is none.
inline std::string text_at(const codec::Json& json, std::string_view path) {
    const codec::Json* member = &json;
    while (member != nullptr && !path.empty()) {
        const auto dot = path.find('.');
        member = member->find(path.substr(0, dot));
        path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
    }
    if (member == nullptr) return "";
    if (member->as_number() != nullptr) return member->as_number()->text;
    return member->as_string() == nullptr ? "" : *member->as_string();
}

struct V3Answer {
    net::Response http;
    codec::Json json;  // null when the body is none
    std::string get(std::string_view path) const { return text_at(json, path); }
    // "200", "404 ORDER_NOT_EXIST"
    std::string result() const {
        const std::string code = get("code");
        return std::to_string(http.status) + (code.empty() ? "" : " " + code);
    }
};

class V3Rig : public NoticeRig {
  public:
    V3Rig() {
        Options& options = simulators.options();
        options.wechat_platform_key = v3_keys().platform.to_pkcs8_pem();
        options.wechat_public_key_pair = v3_keys().public_key.to_pkcs8_pem();
        for (WechatMerchant& merchant : options.wechat_merchants) {
            merchant.apiv3_key = core::Secret{std::string(apiv3_key)};
            merchant.certificate_serial = merchant_serial;
            merchant.public_key = v3_keys().merchant.public_pem();
        }
    }

    std::int64_t unix_now() { return core::to_ms(simulators.clock().now()) / 1000; }

    struct Signer {
        std::string mchid = "1900000109";
        std::string serial = std::string(merchant_serial);
        std::int64_t late_s = 0;  // its clock
    };
    net::Request v3_request(const std::string& method, const std::string& target, const std::string& body,
                            const Signer& signer) {
        net::Request request;
        request.method = method;
        request.target = target;
        request.body = body;
        const std::string timestamp = std::to_string(unix_now() + signer.late_s);
        const std::string text = method + "\n" + target + "\n" + timestamp + "\nn0nce\n" + body + "\n";
        const std::string signature = crypto::to_base64(v3_keys().merchant.sign_sha256(text));
        request.headers.set(
            "Authorization",
            fmt::format("WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"n0nce\",signature=\""
                        "{}\",timestamp=\"{}\",serial_no=\"{}\"",
                        signer.mchid, signature, timestamp, signer.serial));
        request.headers.set("Accept", "application/json");
        request.headers.set("User-Agent", "test");
        if (!body.empty()) request.headers.set("Content-Type", "application/json");
        return request;
    }
    net::Request v3_request(const std::string& method, const std::string& target,
                            const std::string& body = "") {
        return v3_request(method, target, body, Signer{});
    }

    static V3Answer to_v3(net::Response response) {
        auto json = codec::parse_json(response.body);
        return {std::move(response), json ? std::move(*json) : codec::Json()};
    }
    V3Answer call(const std::string& method, const std::string& target, const std::string& body = "") {
        return to_v3(send(v3_request(method, target, body)));
    }

    static std::string codepay_body(const std::string& number, const std::string& code,
                                    std::int64_t fen = 100) {
        return fmt::format(R"({{"appid":"wx8888888888888888","mchid":"1900000109","description":"杯子 <&>",)"
                           R"("out_trade_no":"{}","attach":"till 7","payer":{{"auth_code":"{}"}},)"
                           R"("amount":{{"total":{},"currency":"CNY"}},)"
                           R"("scene_info":{{"store_info":{{"out_id":"S1"}}}}}})",
                           number, code, fen);
    }
    V3Answer codepay(const std::string& number, const std::string& code, std::int64_t fen = 100) {
        return call("POST", "/v3/pay/transactions/codepay", codepay_body(number, code, fen));
    }
    static std::string number_target(const std::string& number, const std::string& act = "") {
        return "/v3/pay/transactions/out-trade-no/" + number + act;
    }
    V3Answer query_v3(const std::string& number) {
        return call("GET", number_target(number) + "?mchid=1900000109");
    }
    // SUCCESS, USERPAYING … or "404 ORDER_NOT_EXIST".
    std::string state_v3(const std::string& number) {
        const V3Answer answer = query_v3(number);
        return answer.http.status == 200 ? answer.get("trade_state") : answer.result();
    }
    V3Answer reverse_v3(const std::string& number) {
        return call("POST", number_target(number, "/reverse"),
                    R"({"appid":"wx8888888888888888","mchid":"1900000109"})");
    }
    V3Answer close_v3(const std::string& number) {
        return call("POST", number_target(number, "/close"), R"({"mchid":"1900000109"})");
    }
    // `more`: members from the comma on.
    V3Answer launch_v3(const std::string& way, const std::string& number, const std::string& directive = "",
                       const std::string& more = "") {
        return call(
            "POST", "/v3/pay/transactions/" + way,
            fmt::format(R"({{"appid":"wx8888888888888888","mchid":"1900000109","description":"咖啡{}",)"
                        R"("out_trade_no":"{}","notify_url":"http://shop.test:8000/v3/notify",)"
                        R"("attach":"till 7","amount":{{"total":100,"currency":"CNY"}}{}}})",
                        directive, number, more));
    }
    V3Answer refund_v3(const std::string& number, const std::string& refund_number, int fen, int total = 100,
                       const std::string& more = "") {
        return call(
            "POST", "/v3/refund/domestic/refunds",
            fmt::format(R"({{"out_trade_no":"{}","out_refund_no":"{}","amount":{{"refund":{},"total":{},)"
                        R"("currency":"CNY"}}{}}})",
                        number, refund_number, fen, total, more));
    }
    V3Answer refund_query_v3(const std::string& refund_number) {
        return call("GET", "/v3/refund/domestic/refunds/" + refund_number);
    }

    // The platform's PEM of that serial, as the control plane knows it; empty: nobody's.
    std::string platform_pem(std::string_view serial) {
        const codec::Json view = control_json("GET", "wechat");
        if (text_at(view, "public_key_id") == serial) return text_at(view, "public_key");
        for (const codec::Json& one : *view.find("platform_certificates")->as_array()) {
            if (text_at(one, "serial") == serial) return text_at(one, "certificate");
        }
        return "";
    }
    // By the rules of a careful client: headers, time, serial, signature over the raw bytes.
    bool is_signed_v3(const net::Headers& headers, std::string_view body) {
        const auto get = [&](std::string_view name) { return std::string(headers.find(name).value_or("")); };
        const auto at = core::parse_minor(get("Wechatpay-Timestamp"));
        if (!at || std::abs(*at - unix_now()) > 300) return false;
        const auto key = crypto::RsaPublicKey::parse(platform_pem(get("Wechatpay-Serial")));
        const auto signature = crypto::from_base64(get("Wechatpay-Signature"));
        if (!key || !signature) return false;
        const std::string text =
            fmt::format("{}\n{}\n{}\n", get("Wechatpay-Timestamp"), get("Wechatpay-Nonce"), body);
        return key->verify_sha256(text, *signature);
    }
    bool is_signed_v3(const V3Answer& answer) { return is_signed_v3(answer.http.headers, answer.http.body); }

    // What a resource {algorithm, nonce, associated_data, ciphertext} says; the reason when it does not open.
    static std::string open(const codec::Json& resource, std::string_view key = apiv3_key) {
        const std::string nonce = text_at(resource, "nonce");
        const std::string data = text_at(resource, "associated_data");
        const auto sealed = crypto::from_base64(text_at(resource, "ciphertext"));
        const auto plain = crypto::open_aes256_gcm(core::Secret{std::string(key)},
                                                   {.nonce = nonce, .associated_data = data}, sealed.value());
        return plain ? *plain : plain.error().reason;
    }
};

}  // namespace huitong::sim

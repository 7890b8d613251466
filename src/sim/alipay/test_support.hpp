// AliRig: the Rig with applications at the simulated Alipay and a caller that signs for itself.
#pragma once

#include "codec/form.hpp"
#include "core/money.hpp"
#include "crypto/rsa.hpp"
#include "sim/wechat/test_support.hpp"

namespace huitong::sim {

struct TestKeys {
    crypto::RsaPrivateKey app = crypto::RsaPrivateKey::generate();
    crypto::RsaPrivateKey alipay = crypto::RsaPrivateKey::generate();
};

inline const TestKeys& test_keys() {
    static const TestKeys keys;
    return keys;
}

inline AlipayMerchant alipay_merchant(const std::string& app_id) {
    AlipayMerchant merchant;
    merchant.app_id = app_id;
    merchant.app_public_key = test_keys().app.public_pem();
    merchant.alipay_private_key = test_keys().alipay.to_pkcs8_pem();
    merchant.seller_id = "2088021109625633";
    return merchant;
}

inline constexpr const char* own_app = "2021000000000001";
inline constexpr const char* provider_app = "2021000000000002";
inline constexpr const char* cert_app = "2021000000000003";

inline Options alipay_options() {
    Options options = test_options();
    options.alipay_merchants = {alipay_merchant(own_app), alipay_merchant(provider_app),
                                alipay_merchant(cert_app)};
    options.alipay_merchants[1].app_auth_tokens = {"token-of-shop-1", "token-of-shop-2"};
    options.alipay_merchants[2].certificates = {"app-sn", "root-sn", "alipay-sn"};
    return options;
}

struct AliAnswer {
    net::Response http;
    std::string key;     // "alipay_trade_pay_response"
    std::string object;  // exact text
    std::string sign;
    codec::Json json;
    std::string get(std::string_view name) const {
        const codec::Json* const member = json.find(name);
        return member == nullptr || member->as_string() == nullptr ? "" : *member->as_string();
    }
    // "10000", "10003" …, or the sub_code.
    std::string result() const { return get("sub_code").empty() ? get("code") : get("sub_code"); }
    bool is_signed_well() const {
        const auto signature = crypto::from_base64(sign);
        const auto key_of_alipay = crypto::RsaPublicKey::parse(test_keys().alipay.public_pem());
        return !sign.empty() && signature && key_of_alipay->verify_sha256(object, *signature);
    }
};

class AliRig : public Rig {
  public:
    explicit AliRig(Options options = alipay_options()) : Rig(std::move(options)) {}

    using Params = std::map<std::string, std::string>;

    Params params(const std::string& method, const std::string& biz_content) {
        return {{"app_id", own_app},         {"method", method},
                {"charset", "utf-8"},        {"sign_type", "RSA2"},
                {"version", "1.0"},          {"timestamp", core::to_beijing_text(simulators.clock().now())},
                {"biz_content", biz_content}};
    }
    static void sign(Params& params) {
        std::string text;
        for (const auto& [name, value] : params) {
            if (name == "sign" || value.empty()) continue;
            if (!text.empty()) text += "&";
            text += name + "=" + value;
        }
        params["sign"] = crypto::to_base64(test_keys().app.sign_sha256(text));
    }
    static net::Request to_request(const Params& params) {
        net::Request request;
        request.target = "/gateway.do";
        request.body = codec::write_form(codec::FormFields(params.begin(), params.end()));
        return request;
    }
    static AliAnswer to_ali(net::Response response) {
        AliAnswer answer{.http = std::move(response), .key = {}, .object = {}, .sign = {}, .json = {}};
        const auto members = codec::raw_members(answer.http.body);
        if (!members) return answer;
        for (const auto& [name, text] : *members) {
            if (name.ends_with("_response")) answer.key = name;
            if (name.ends_with("_response")) answer.object = text;
            if (name == "sign") answer.sign = text.substr(1, text.size() - 2);
        }
        answer.json = codec::parse_json(answer.object).value();
        return answer;
    }
    AliAnswer send_params(Params params) {
        if (!params.contains("sign")) sign(params);
        return to_ali(send(to_request(params)));
    }
    AliAnswer call(const std::string& method, const codec::JsonObject& content) {
        return send_params(params("alipay.trade." + method, codec::write_json(content)));
    }

    static codec::JsonObject pay_content(const std::string& number, const std::string& code,
                                         std::int64_t fen = 100) {
        return {{"out_trade_no", number},
                {"scene", "bar_code"},
                {"auth_code", code},
                {"subject", "杯子"},
                {"total_amount", core::to_decimal(core::fen(fen))}};
    }
    AliAnswer pay_alipay(const std::string& number, const std::string& code, std::int64_t fen = 100) {
        return call("pay", pay_content(number, code, fen));
    }
    Pending start_alipay(const std::string& number, const std::string& code) {
        Params all = params("alipay.trade.pay", codec::write_json(pay_content(number, code)));
        sign(all);
        return start(to_request(all));
    }
    AliAnswer query_alipay(const std::string& number) { return call("query", {{"out_trade_no", number}}); }
    AliAnswer cancel(const std::string& number) { return call("cancel", {{"out_trade_no", number}}); }
    AliAnswer refund(const std::string& number, const std::string& request_no, std::int64_t fen,
                     const std::string& reason = "") {
        return call("refund", {{"out_trade_no", number},
                               {"out_request_no", request_no},
                               {"refund_amount", core::to_decimal(core::fen(fen))},
                               {"refund_reason", reason}});
    }
    AliAnswer query_refund(const std::string& number, const std::string& request_no) {
        return call("fastpay.refund.query", {{"out_trade_no", number}, {"out_request_no", request_no}});
    }
    // TRADE_SUCCESS … or the sub_code.
    std::string status(const std::string& number) {
        const AliAnswer answer = query_alipay(number);
        return answer.result() == "10000" ? answer.get("trade_status") : answer.result();
    }
    // A fresh code of scenario `ss`.
    std::string ali_code(int ss, int tt = 0, int payer = 7) {
        return fmt::format("28{:06}{:06}{:02}{:02}", payer, next_code++, ss, tt);
    }
    std::pair<std::int64_t, std::int64_t> money_of(const std::string& number) {
        const Order* const order = simulators.alipay().find_order("", number);
        if (order == nullptr) return {0, 0};
        return {order->was_paid() ? order->amount_fen : 0, order->refunded_fen};
    }
};

}  // namespace huitong::sim

// Rig: the simulators under SimTime and a caller that signs for itself, shared by this library's tests.
#pragma once

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <stdexcept>

#include "codec/json.hpp"
#include "crypto/digest.hpp"
#include "sim/simulators.hpp"

namespace huitong::sim {

using Fields = std::map<std::string, std::string>;

inline constexpr std::string_view api_key = "0123456789abcdef0123456789abcdef";
inline constexpr std::string_view provider_key = "fedcba9876543210fedcba9876543210";

inline std::string sign_for_test(const Fields& fields, std::string_view key, bool hmac = false) {
    std::string text;
    for (const auto& [name, value] : fields) {
        if (name != "sign" && !value.empty()) text += name + "=" + value + "&";
    }
    text += "key=" + std::string(key);
    const core::Secret secret{std::string(key)};
    return crypto::to_upper(hmac ? crypto::hmac_sha256_hex(secret, text) : crypto::md5_hex(text));
}

inline std::string to_xml(const Fields& fields) {
    std::string xml = "<xml>";
    for (const auto& [name, value] : fields) xml += "<" + name + "><![CDATA[" + value + "]]></" + name + ">";
    return xml + "</xml>";
}

inline Options test_options() {
    Options options;
    options.wechat_merchants.push_back({.appid = "wx8888888888888888",
                                        .mch_id = "1900000109",
                                        .api_key = core::Secret{std::string(api_key)},
                                        .sub_mch_ids = {}});
    options.wechat_merchants.push_back({.appid = "wx9999999999999999",
                                        .mch_id = "1900000200",
                                        .api_key = core::Secret{std::string(provider_key)},
                                        .sub_mch_ids = {"1800000001", "1800000002"}});
    return options;
}

struct Answer {
    net::Response http;
    Fields fields;  // empty when the body is no XML
    std::string get(const std::string& name) const {
        const auto found = fields.find(name);
        return found == fields.end() ? "" : found->second;
    }
    // "SUCCESS" or the err_code.
    std::string result() const { return get("result_code") == "SUCCESS" ? "SUCCESS" : get("err_code"); }
    bool is_signed_well(std::string_view key = api_key, bool hmac = false) const {
        return !get("sign").empty() && get("sign") == sign_for_test(fields, key, hmac);
    }
};

class Rig {
  public:
    explicit Rig(Options options = test_options()) : simulators(time, random, std::move(options)) {}

    using Pending = std::shared_ptr<std::optional<net::Response>>;

    Pending start(net::Request request) {
        auto slot = std::make_shared<std::optional<net::Response>>();
        boost::asio::co_spawn(io, simulators.handler()(std::move(request)),
                              [slot](std::exception_ptr error, net::Response response) {
                                  if (error) std::rethrow_exception(error);
                                  *slot = std::move(response);
                              });
        time.run_until(time.now());
        return slot;
    }

    net::Response send(net::Request request) {
        const Pending pending = start(std::move(request));
        time.run_until([&] { return pending->has_value(); });
        if (!*pending) throw std::runtime_error("no answer");
        return **pending;
    }

    static Answer to_answer(net::Response response) {
        Answer answer{.http = std::move(response), .fields = {}};
        if (const auto parsed = codec::parse_flat_xml(answer.http.body)) {
            for (const auto& [name, value] : parsed->all()) answer.fields[name] = value;
        }
        return answer;
    }

    static net::Request request(std::string path, Fields fields, std::string_view key = api_key,
                                bool hmac = false) {
        fields.try_emplace("appid", "wx8888888888888888");
        fields.try_emplace("mch_id", "1900000109");
        fields.try_emplace("nonce_str", "n0nce");
        fields.try_emplace("sign", sign_for_test(fields, key, hmac));
        net::Request request;
        request.target = std::move(path);
        request.body = to_xml(fields);
        return request;
    }

    static Fields pay_fields(const std::string& number, const std::string& code, std::int64_t fen = 100) {
        return {{"body", "杯子 <&> test"},
                {"out_trade_no", number},
                {"total_fee", std::to_string(fen)},
                {"spbill_create_ip", "127.0.0.1"},
                {"auth_code", code}};
    }

    Answer pay(const std::string& number, const std::string& code, std::int64_t fen = 100) {
        return to_answer(send(request("/pay/micropay", pay_fields(number, code, fen))));
    }
    Pending start_pay(const std::string& number, const std::string& code) {
        return start(request("/pay/micropay", pay_fields(number, code)));
    }
    Answer query(const std::string& number) {
        return to_answer(send(request("/pay/orderquery", {{"out_trade_no", number}})));
    }
    Answer reverse(const std::string& number) {
        return to_answer(send(request("/secapi/pay/reverse", {{"out_trade_no", number}})));
    }
    // SUCCESS, USERPAYING … or the err_code.
    std::string state(const std::string& number) {
        const Answer answer = query(number);
        return answer.result() == "SUCCESS" ? answer.get("trade_state") : answer.result();
    }

    // A fresh code of scenario `ss`.
    std::string code(int ss, int tt = 0, int payer = 7) {
        return fmt::format("13{:06}{:06}{:02}{:02}", payer, next_code++, ss, tt);
    }

    void wait(core::Duration duration) { time.run_until(time.now() + duration); }
    void wait_s(int seconds) { wait(std::chrono::seconds(seconds)); }

    // Paid and refunded fen of a number, without asking through the channel's API.
    std::pair<std::int64_t, std::int64_t> money(const std::string& number) {
        const wechat::Order* const order = simulators.wechat().find_order("", number);
        if (order == nullptr) return {0, 0};
        return {order->was_paid() ? order->amount_fen : 0, order->refunded_fen};
    }

    net::Response control(std::string method, std::string target, std::string body = "") {
        net::Request request;
        request.method = std::move(method);
        request.target = "/_sim/" + std::move(target);
        request.body = std::move(body);
        return send(std::move(request));
    }
    codec::Json control_json(std::string method, std::string target, std::string body = "") {
        const net::Response response = control(std::move(method), std::move(target), std::move(body));
        if (response.status != 200) throw std::runtime_error(response.body);
        return codec::parse_json(response.body).value();
    }
    std::vector<std::string> violated_rules() {
        std::vector<std::string> rules;
        for (const Violation& violation : simulators.violations().all()) rules.push_back(violation.rule);
        return rules;
    }

    boost::asio::io_context io;
    task::SimTime time{io, core::parse_rfc3339("2024-03-05T09:15:00+08:00").value()};
    core::SeededRandom random{1};
    Simulators simulators;
    int next_code = 0;
};

}  // namespace huitong::sim

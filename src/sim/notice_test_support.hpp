// Receiver: a merchant's server as the simulators' notices meet it, and what it got.
#pragma once

#include "net/http_client.hpp"
#include "sim/alipay/test_support.hpp"

namespace huitong::sim {

struct Received {
    core::Instant at;  // virtual
    std::string origin;
    net::Request request;
    // The fields of its XML or form.
    Fields fields() const {
        Fields fields;
        if (const auto xml = codec::parse_flat_xml(request.body)) {
            for (const auto& [name, value] : xml->all()) fields[name] = value;
        } else if (const auto form = codec::parse_form(request.body)) {
            for (const auto& [name, value] : *form) fields[name] = value;
        }
        return fields;
    }
    std::string get(const std::string& name) const {
        const Fields all = fields();
        const auto found = all.find(name);
        return found == all.end() ? "" : found->second;
    }
};

class Receiver final : public net::HttpTransport {
  public:
    explicit Receiver(Rig& rig) : rig_(rig) {}

    task::Task<net::Response> send(net::Origin origin, net::Request request,
                                   net::CallOptions options) override {
        received.push_back({rig_.simulators.clock().now(), origin.text(), request});
        if (!is_there) co_return core::fail(core::Code::unavailable, "connect_failed");
        co_await rig_.time.sleep_for(connects_in);
        co_await rig_.time.sleep_for(std::min(takes, options.read_timeout));
        if (takes > options.read_timeout) co_return core::fail(core::Code::unknown_outcome, "read_timeout");
        co_return net::make_response(status, "text/plain", answer);
    }

    // Seconds after `start` at which they arrived.
    std::vector<std::int64_t> seconds_after(core::Instant start) const {
        std::vector<std::int64_t> seconds;
        for (const Received& one : received) {
            seconds.push_back(std::chrono::duration_cast<std::chrono::seconds>(one.at - start).count());
        }
        return seconds;
    }

    bool is_there = true;
    int status = 200;
    std::string answer;
    core::Duration connects_in{0};
    core::Duration takes{0};  // from there on
    std::vector<Received> received;

  private:
    Rig& rig_;
};

inline constexpr const char* wechat_ack =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

// An AliRig whose simulators tell merchants; both channels.
class NoticeRig : public AliRig {
  public:
    NoticeRig() : receiver(*this) { simulators.start_notices(io.get_executor(), receiver); }
    ~NoticeRig() {
        simulators.stop_notices();
        time.run_until_idle();
    }

    Answer order(const std::string& number, const std::string& directive = "", Fields more = {}) {
        Fields fields{{"body", "咖啡" + directive},
                      {"out_trade_no", number},
                      {"total_fee", "100"},
                      {"spbill_create_ip", "127.0.0.1"},
                      {"notify_url", "http://shop.test:8000/wechat/notify"},
                      {"trade_type", "NATIVE"},
                      {"attach", "till 7"},
                      {"product_id", "cup"}};
        for (const auto& [name, value] : more) fields[name] = value;
        const bool hmac = fields.contains("sign_type") && fields.at("sign_type") == "HMAC-SHA256";
        return to_answer(send(request("/pay/unifiedorder", fields, api_key, hmac)));
    }
    AliAnswer ali_order(const std::string& number, const std::string& directive = "",
                        const std::string& method = "precreate") {
        Params all = params("alipay.trade." + method,
                            codec::write_json(codec::JsonObject{{"out_trade_no", number},
                                                                {"subject", "茶"},
                                                                {"total_amount", "1.00"},
                                                                {"body", "壶 100%+1" + directive},
                                                                {"passback_params", "a=1&b=2"},
                                                                {"buyer_id", "2088000000000007"}}));
        all["notify_url"] = "http://shop.test/alipay/notify?shop=7";
        return send_params(all);
    }
    net::Response act(const std::string& channel, const std::string& number, const std::string& what) {
        return control("POST", "orders/" + channel + "/" + number + "/" + what);
    }
    Answer refund_wechat(const std::string& number, const std::string& refund_number, int fen,
                         const std::string& url, const std::string& reason = "") {
        return to_answer(send(request("/secapi/pay/refund", {{"out_trade_no", number},
                                                             {"out_refund_no", refund_number},
                                                             {"total_fee", "100"},
                                                             {"refund_fee", std::to_string(fen)},
                                                             {"refund_desc", reason},
                                                             {"notify_url", url}})));
    }
    // "news attempts ack|open|over" of each of the order's notices.
    std::vector<std::string> notices(const std::string& channel, const std::string& number) {
        std::vector<std::string> shown;
        const codec::Json view = control_json("GET", "orders/" + channel + "/" + number);
        for (const codec::Json& notice : *view.find("notices")->as_array()) {
            const bool is_heard = *notice.find("is_acknowledged")->as_bool();
            const bool is_over = *notice.find("is_over")->as_bool();
            shown.push_back(*notice.find("news")->as_string() + " " +
                            notice.find("attempts")->as_number()->text +
                            (is_heard  ? " ack"
                             : is_over ? " over"
                                       : " open"));
        }
        return shown;
    }
    // The outcomes that the journal holds of the notices of a number.
    std::vector<std::string> outcomes(const std::string& number) {
        std::vector<std::string> found;
        for (const JournalEntry& entry : simulators.journal().entries()) {
            if (entry.out_trade_no == number && entry.op.ends_with("notify")) found.push_back(entry.outcome);
        }
        return found;
    }

    Receiver receiver;
};

}  // namespace huitong::sim

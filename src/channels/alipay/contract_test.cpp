// Alipay under the contract of all channels: what its gateway says in each situation.
#include "channels/alipay/channel.hpp"
#include "channels/alipay/test_support.hpp"
#include "net/playback_test_support.hpp"
#include "ports/launch_contract_test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using codec::Json;
using codec::JsonObject;
using ports::ContractCall;
using ports::Saying;

Call to_call(ContractCall call) {
    switch (call) {
        case ContractCall::pay:
            return Call::pay;
        case ContractCall::launch:
            return Call::precreate;
        case ContractCall::query:
            return Call::query;
        case ContractCall::reverse:
            return Call::cancel;
        case ContractCall::close:
            return Call::close;
        case ContractCall::refund:
            return Call::refund;
        case ContractCall::query_refund:
            return Call::refund_query;
    }
    return Call::query;
}

class ScriptedAlipay final : public ports::ScriptedChannel {
  public:
    ScriptedAlipay() { account_.app_auth_token = core::Secret("202403BBtoken"); }
    ports::Channel& channel() override { return channel_; }
    const ports::ChannelAccount& account() override { return account_; }
    std::string payment_code() override { return "28763443825664394"; }
    std::optional<std::string> body(ContractCall call, Saying saying, std::string_view trade) override {
        const bool is_of_a_refund =
            saying == Saying::underway || saying == Saying::closed || saying == Saying::abnormal;
        if (is_of_a_refund) return std::nullopt;  // a refund is there when it is done, or it is not there
        if (call == ContractCall::reverse && saying == Saying::absent) {
            const JsonObject done = content(call, saying, trade);
            return test::signed_answer(Call::cancel, test::without(done, "action"));
        }
        if (saying == Saying::misconfigured) {
            return test::signed_answer("error_response",
                                       codec::write_json(Json(test::failure("40002", "isv.invalid-app-id"))));
        }
        const std::string_view sub_code = sub_code_of(call, saying);
        if (saying == Saying::rate_limited)
            return test::signed_answer(to_call(call), test::failure("40005", "isv.app-call-limited"));
        return test::signed_answer(to_call(call), sub_code.empty() ? content(call, saying, trade)
                                                                   : test::failure("40004", sub_code));
    }
    bool names_its_trade(ContractCall) override { return true; }
    std::string launch_text() override { return "https://qr.alipay.com/bax00000"; }
    std::optional<ports::RawNotice> notice(ports::NoticeSaying saying, std::string_view trade) override {
        using ports::NoticeSaying;
        const bool is_other_business = saying == NoticeSaying::other_business;
        codec::FormFields fields{
            {"app_id", saying == NoticeSaying::other_account ? "2021000000000009" : account_.app_id},
            {"notify_type", is_other_business ? "servicemarket_order_notify" : "trade_status_sync"},
            {"notify_id", "2024030500222101008031234500000001"},
            {"out_trade_no", std::string(trade)},
            {"trade_no", "2024030522001434500000000001"},
            {"trade_status", "TRADE_SUCCESS"},
            {"total_amount", "10.00"}};
        if (saying == NoticeSaying::refunded) {
            fields.emplace_back("out_biz_no", refund_number);
            fields.emplace_back("refund_fee", "3.00");
            fields.emplace_back("gmt_refund", "2024-03-05 12:00:00.123");
        }
        static const auto stranger = crypto::RsaPrivateKey::generate();
        const bool is_foreign = saying == NoticeSaying::foreign;
        return ports::RawNotice{
            .headers = {},
            .body = test::signed_notice(std::move(fields), is_foreign ? stranger : test::alipay_key())};
    }
    std::string with_foreign_signature(const std::string& body) override {
        static const auto stranger = crypto::RsaPrivateKey::generate();
        const auto members = codec::raw_members(body).value();
        std::string text = body;
        const std::size_t at = text.rfind("\"sign\":\"");
        return text.substr(0, at) + "\"sign\":\"" + test::signature_of(members[0].second, stranger) + "\"}";
    }
    void play(int status, std::string body) override {
        transport_.answer = net::make_response(status, "text/html;charset=utf-8", std::move(body));
    }
    void play(core::Error error) override { transport_.answer = std::unexpected(std::move(error)); }
    int sends() override { return transport_.sends; }
    bool was_sent_once_only() override { return transport_.options_.must_not_repeat; }

  private:
    // "" when the answer is a success.
    static std::string_view sub_code_of(ContractCall call, Saying saying) {
        switch (saying) {
            case Saying::no_money:
                return "ACQ.BUYER_BALANCE_NOT_ENOUGH";
            case Saying::bad_code:
                return "ACQ.PAYMENT_AUTH_CODE_INVALID";
            case Saying::number_taken:
                return "ACQ.TRADE_HAS_SUCCESS";
            case Saying::number_closed:
                return "ACQ.TRADE_HAS_CLOSE";
            case Saying::system_error:
                return "ACQ.SYSTEM_ERROR";
            case Saying::unlisted:
                return "ACQ.NEVER_HEARD_OF";
            case Saying::absent:
                return "ACQ.TRADE_NOT_EXIST";
            case Saying::too_late:
                return call == ContractCall::reverse ? "ACQ.TRADE_CANCEL_TIME_OUT" : "ACQ.TRADE_HAS_FINISHED";
            case Saying::no_funds:
                return "ACQ.SELLER_BALANCE_NOT_ENOUGH";
            case Saying::is_paid:
                return "ACQ.TRADE_STATUS_ERROR";
            default:
                return "";
        }
    }
    static JsonObject content(ContractCall call, Saying saying, std::string_view trade) {
        if (call == ContractCall::launch) {
            JsonObject made{{"code", Json("10000")}, {"msg", Json("Success")}, {"out_trade_no", Json(trade)}};
            if (saying != Saying::half_said)
                made.emplace_back("qr_code", Json("https://qr.alipay.com/bax00000"));
            return made;
        }
        const bool is_asked = saying == Saying::payer_asked;
        JsonObject object{{"code", Json(is_asked && call == ContractCall::pay ? "10003" : "10000")},
                          {"msg", Json("Success")},
                          {"out_trade_no", Json(trade)},
                          {"trade_no", Json("2024030522001434500000000001")}};
        const auto add = [&](const char* name, std::string_view value) {
            object.emplace_back(name, Json(value));
        };
        if (call == ContractCall::pay || call == ContractCall::query) {
            add("total_amount", saying == Saying::other_amount ? "0.01" : "10.00");
            add("buyer_user_id", "2088302495431234");
            const bool is_paid = !is_asked && saying != Saying::undone;
            if (is_paid)
                add(call == ContractCall::pay ? "gmt_payment" : "send_pay_date", "2024-03-05 09:15:02");
        }
        if (call == ContractCall::query) {
            add("trade_status", is_asked                   ? "WAIT_BUYER_PAY"
                                : saying == Saying::undone ? "TRADE_CLOSED"
                                                           : "TRADE_SUCCESS");
        } else if (call == ContractCall::reverse) {
            add("retry_flag", saying == Saying::must_repeat ? "Y" : "N");
            add("action", "refund");
        } else if (call == ContractCall::refund) {
            add("fund_change", "Y");
            add("refund_fee", "3.00");
        } else if (call == ContractCall::query_refund) {
            add("out_request_no", refund_number);
            add("refund_amount", "3.00");
            add("refund_status", "REFUND_SUCCESS");
        }
        return object;
    }

    net::PlaybackClock clock_;
    net::PlaybackTransport transport_{clock_};
    AlipayChannel channel_{transport_, clock_};
    ports::ChannelAccount account_ = test::make_account();
};

std::unique_ptr<ports::ScriptedChannel> make_scripted_alipay() {
    return std::make_unique<ScriptedAlipay>();
}

}  // namespace
}  // namespace huitong::channels::alipay

namespace huitong::ports {
INSTANTIATE_TEST_SUITE_P(Alipay, ChannelContract, testing::Values(&channels::alipay::make_scripted_alipay));
}  // namespace huitong::ports

// WeChat Pay v2 under the contract of all channels: what its system says in each situation.
#include "channels/wechat/channel.hpp"
#include "channels/wechat/signature.hpp"
#include "net/playback_test_support.hpp"
#include "ports/launch_contract_test_support.hpp"

namespace huitong::channels::wechat {
namespace {

using codec::XmlFields;
using ports::ContractCall;
using ports::Saying;

class ScriptedWechat final : public ports::ScriptedChannel {
  public:
    ScriptedWechat() {
        account_.id = "wx-main";
        account_.base_url = "https://pay.example";
        account_.app_id = "wx8888888888888888";
        account_.mch_id = "1900000109";
        account_.sign_type = "HMAC-SHA256";
        account_.api_key = core::Secret("0123456789abcdef0123456789abcdef");
    }
    ports::Channel& channel() override { return channel_; }
    const ports::ChannelAccount& account() override { return account_; }
    std::string payment_code() override { return "134567890123456789"; }
    std::optional<std::string> body(ContractCall call, Saying saying, std::string_view trade) override {
        const std::string_view code = error_code(call, saying);
        if (code.empty()) return done_body(call, saying, trade);
        XmlFields fields = common("FAIL");
        fields.set("err_code", std::string(code));
        if (call == ContractCall::reverse && saying == Saying::must_repeat) fields.set("recall", "Y");
        return signed_text(std::move(fields), account_.api_key);
    }
    bool names_its_trade(ContractCall call) override {
        return call != ContractCall::launch && call != ContractCall::reverse && call != ContractCall::close;
    }
    std::string launch_text() override { return code_url; }
    std::optional<ports::RawNotice> notice(ports::NoticeSaying saying, std::string_view trade) override {
        using ports::NoticeSaying;
        XmlFields fields = common("SUCCESS");
        if (saying == NoticeSaying::other_account) fields.set("appid", "wx9999999999999999");
        if (saying == NoticeSaying::refunded) {
            fields.set("req_info", sealed_refund(trade));
            return ports::RawNotice{.headers = {}, .body = codec::write_flat_xml(fields)};
        }
        if (saying != NoticeSaying::other_business) fields.set("out_trade_no", std::string(trade));
        set_trade(fields, Saying::done);
        std::string body = signed_text(std::move(fields), account_.api_key);
        if (saying == NoticeSaying::foreign) body = with_foreign_signature(body);
        return ports::RawNotice{.headers = {}, .body = std::move(body)};
    }
    std::string with_foreign_signature(const std::string& body) override {
        return signed_text(codec::parse_flat_xml(body).value(),
                           core::Secret("ffffffffffffffffffffffffffffffff"));
    }
    void play(int status, std::string body) override {
        transport_.answer = net::make_response(status, "text/plain", std::move(body));
    }
    void play(core::Error error) override { transport_.answer = std::unexpected(std::move(error)); }
    int sends() override { return transport_.sends; }
    bool was_sent_once_only() override { return transport_.options_.must_not_repeat; }

  private:
    static constexpr const char* code_url = "weixin://wxpay/bizpayurl?pr=3z1C0Ab";

    // Of "<root>" with out_trade_no (number), out_refund_no (refund_number), transaction_id and
    // refund_status=SUCCESS under the key of this account (`openssl enc -aes-256-ecb`).
    static std::string sealed_refund(std::string_view trade) {
        EXPECT_EQ(trade, number);
        return "dDo+GCOVYtgSlXn23/zEWR4cjGTsHr2cEWTue42M5AzDTRDl33Jc4/3ImamA09rSSIR3PIpR/AKeoujY5XKI/OVJ"
               "SJirSnor7uMjQg2891v204CYBz2s9lZ1wJ/z6D5Fw00Q5d9yXOP9yJmpgNPa0jSl/YCceVHTgfzvhBUASIvS3PIO"
               "nIvwhbIuE0h5drkjIWcZC9iebjpBCHszPR+hddfe74rKS2qRtphGhrCsTUX4hDueAJluJmJoVldwFQjt0jI7sBrX"
               "+HN/Zd+fjZo8HLexkW35Uh3K5GvtlW+sp1tUQ2B4Uk18x2jy2sv2dL8sereIgXkq+dNgO52j3OUtJtH02uT5E4TA"
               "rNilrGLdwhY=";
    }
    static std::string signed_text(XmlFields fields, const core::Secret& key) {
        fields.set("sign", sign(fields, SignType::hmac_sha256, key));
        return codec::write_flat_xml(fields);
    }
    XmlFields common(std::string result_code) const {
        return XmlFields({{"return_code", "SUCCESS"},
                          {"appid", account_.app_id},
                          {"mch_id", account_.mch_id},
                          {"result_code", std::move(result_code)}});
    }
    // "" when the answer is a success.
    static std::string_view error_code(ContractCall call, Saying saying) {
        switch (saying) {
            case Saying::payer_asked:
                return call == ContractCall::pay ? "USERPAYING" : "";
            case Saying::no_money:
            case Saying::no_funds:
                return "NOTENOUGH";
            case Saying::bad_code:
                return "AUTH_CODE_INVALID";
            case Saying::number_closed:
                return "ORDERCLOSED";
            case Saying::number_taken:
            case Saying::is_paid:
                return "ORDERPAID";
            case Saying::system_error:
            case Saying::must_repeat:
                return "SYSTEMERROR";
            case Saying::rate_limited:
                return "FREQUENCY_LIMITED";
            case Saying::misconfigured:
                return "SIGNERROR";
            case Saying::unlisted:
                return "NEVER_HEARD_OF";
            case Saying::absent:
                return call == ContractCall::query_refund ? "REFUNDNOTEXIST" : "ORDERNOTEXIST";
            case Saying::too_late:
                return call == ContractCall::refund ? "TRADE_OVERDUE" : "REVERSE_EXPIRE";
            default:
                return "";
        }
    }
    std::string done_body(ContractCall call, Saying saying, std::string_view trade) const {
        XmlFields fields = common("SUCCESS");
        if (call == ContractCall::reverse) fields.set("recall", "N");
        if (call == ContractCall::pay || call == ContractCall::query) set_trade(fields, saying);
        if (call == ContractCall::launch) {
            fields.set("trade_type", "NATIVE");
            fields.set("prepay_id", "wx201410272009395522657a690389285100");
            if (saying != Saying::half_said) fields.set("code_url", code_url);
        }
        if (call == ContractCall::query) fields.set("trade_state", std::string(trade_state(saying)));
        if (call == ContractCall::refund) set_refund(fields, "", saying);
        if (call == ContractCall::query_refund) set_refund(fields, "_0", saying);
        const bool is_numberless =
            call == ContractCall::launch || call == ContractCall::reverse || call == ContractCall::close;
        if (!is_numberless) fields.set("out_trade_no", std::string(trade));
        return signed_text(std::move(fields), account_.api_key);
    }
    static std::string_view trade_state(Saying saying) {
        if (saying == Saying::payer_asked) return "USERPAYING";
        return saying == Saying::undone ? "REVOKED" : "SUCCESS";
    }
    static void set_trade(XmlFields& fields, Saying saying) {
        if (saying == Saying::payer_asked || saying == Saying::undone) return;
        fields.set("openid", "oUpF8");
        fields.set("total_fee", saying == Saying::other_amount ? "1" : "1000");
        fields.set("transaction_id", "4200000001202403050000000001");
        fields.set("time_end", "20240305091501");
    }
    static void set_refund(XmlFields& fields, const std::string& suffix, Saying saying) {
        fields.set("out_refund_no" + suffix, std::string(refund_number));
        fields.set("refund_id" + suffix, "50300008262024030500000000001");
        fields.set("refund_fee" + suffix, "300");
        if (suffix.empty()) return;
        const char* status = "SUCCESS";
        if (saying == Saying::underway) status = "PROCESSING";
        if (saying == Saying::closed) status = "REFUNDCLOSE";
        if (saying == Saying::abnormal) status = "CHANGE";
        fields.set("refund_status" + suffix, status);
        fields.set("refund_success_time" + suffix, "2024-03-05 12:00:03");
    }

    net::PlaybackClock clock_;
    net::PlaybackTransport transport_{clock_};
    core::SeededRandom random_{7};
    WechatChannel channel_{transport_, random_, clock_};
    ports::ChannelAccount account_;
};

std::unique_ptr<ports::ScriptedChannel> make_scripted_wechat() {
    return std::make_unique<ScriptedWechat>();
}

}  // namespace
}  // namespace huitong::channels::wechat

namespace huitong::ports {
INSTANTIATE_TEST_SUITE_P(Wechat, ChannelContract, testing::Values(&channels::wechat::make_scripted_wechat));
}  // namespace huitong::ports

// Fuzz target: answers of WeChat Pay v2, as they came and signed again so that the layers behind the
// signature are reached. The three answers must stay three: nothing is proven without a good signature of the
// right algorithm and key, and nothing is done that does not say so (spec/channels 0, 1A.4–1A.10, 3.7).
#include <array>

#include "channels/wechat/signature.hpp"
#include "channels/wechat/wire.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;
namespace wx = channels::wechat;
using payments::Outcome;
using payments::Refusal;
using payments::TradeState;

constexpr std::string_view number = "P7842000000000001k3f9z";

const ports::RefundRef& refund_ref() {
    static const ports::RefundRef made{.trade_number = std::string(number),
                                       .trade_amount = core::fen(1000),
                                       .refund_number = "R7842000000000001k3f9z",
                                       .amount = core::fen(300),
                                       .reason = {},
                                       .notify_url = {},
                                       .timeout = std::chrono::seconds(10)};
    return made;
}

ports::ChannelAccount make_account(std::string_view sign_type, bool has_sub_merchant) {
    ports::ChannelAccount account;
    account.id = "wx-fuzz";
    account.app_id = "wx8888888888888888";
    account.mch_id = "1900000109";
    account.sign_type = sign_type;
    account.api_key = core::Secret(std::string(32, 'k'));
    if (has_sub_merchant) account.sub_mch_id = "1900000110";
    return account;
}

const std::array<ports::ChannelAccount, 3>& accounts() {
    static const std::array made{make_account("MD5", false), make_account("HMAC-SHA256", false),
                                 make_account("HMAC-SHA256", true)};
    return made;
}

wx::SignType type_of(const ports::ChannelAccount& account) {
    return *wx::parse_sign_type(account.sign_type);
}

// An answer, read once.
struct Said {
    explicit Said(std::string_view text) : bytes(text) {
        if (auto read = codec::parse_flat_xml(text)) {
            fields = std::move(*read);
            is_xml = true;
        }
    }
    [[nodiscard]] std::string_view get(std::string_view name) const { return fields.get(name); }
    [[nodiscard]] bool is_signed(const ports::ChannelAccount& account) const {
        return is_xml && get("sign") == wx::sign(fields, type_of(account), account.api_key);
    }

    std::string_view bytes;
    codec::XmlFields fields;
    bool is_xml = false;
};

// What holds for the answer to any call.
void check_answer(const payments::Answer& answer, const Said& said, const ports::ChannelAccount& account) {
    require(!answer.code.empty() || said.get("return_code") == "FAIL", "an answer has a code");
    require(answer.message.size() <= 256, "a message is short");
    if (answer.is_authentic) {
        require(said.is_signed(account), "authentic only with a good signature");
        require(said.get("return_code") == "SUCCESS", "authentic only when the call was taken");
        require(said.get("mch_id").empty() || said.get("mch_id") == account.mch_id,
                "authentic only for our merchant");
        require(said.get("out_trade_no").empty() || said.get("out_trade_no") == number,
                "authentic only for our number");
    }
    switch (answer.outcome) {
        case Outcome::done:
            require(answer.is_authentic, "done only with a good signature");
            require(answer.refusal == Refusal::none, "done is no refusal");
            break;
        case Outcome::pending:
            require(answer.is_authentic && answer.refusal == Refusal::none, "pending only when signed");
            break;
        case Outcome::refused:
            require(answer.refusal != Refusal::none, "a refusal says why");
            require(answer.is_authentic || answer.refusal == Refusal::configuration,
                    "refused without a signature only at the door");
            break;
        case Outcome::not_sent:
            require(answer.is_authentic && answer.refusal == Refusal::rate_limited,
                    "not executed only when the channel signs that it was too much");
            break;
        case Outcome::unknown:
            require(answer.refusal == Refusal::none, "unknown is no refusal");
            break;
    }
}

void check_paid(const payments::TradeFacts& trade) {
    require(!trade.trade_no.empty() && trade.amount && trade.paid_at, "paid with number, amount and time");
}

void check_micropay(const Said& said, const ports::ChannelAccount& account) {
    const auto answer = wx::parse_micropay_answer(said.bytes, account, number);
    check_answer(answer, said, account);
    if (answer.outcome == Outcome::done) {
        check_paid(answer.trade);
        require(said.get("result_code") == "SUCCESS", "done only when it says so");
        require(said.get("out_trade_no") == number, "done only by its number");
    } else {
        require(answer.trade == payments::TradeFacts{}, "no facts of a trade that is not done");
    }
    require(!answer.may_exist || answer.outcome == Outcome::refused,
            "an order may stand after a refusal only");
}

void check_orderquery(const Said& said, const ports::ChannelAccount& account) {
    const auto answer = wx::parse_orderquery_answer(said.bytes, account, number);
    check_answer(answer, said, account);
    require(answer.outcome != Outcome::pending, "a query is not pending");
    require((answer.outcome == Outcome::done) == (answer.state != TradeState::unknown),
            "a state is known exactly when the query is done");
    if (answer.state == TradeState::paid || answer.state == TradeState::paid_and_refunded) {
        check_paid(answer.trade);
    }
    if (answer.state == TradeState::not_found) {
        require(answer.code == "ORDERNOTEXIST", "not found only when the channel says so");
    }
}

void check_reverse(const Said& said, const ports::ChannelAccount& account) {
    const auto answer = wx::parse_reverse_answer(said.bytes, account, number);
    check_answer(answer, said, account);
    require(answer.outcome != Outcome::pending, "a reversal is not pending");
    require(answer.must_repeat == (answer.outcome == Outcome::unknown || answer.outcome == Outcome::not_sent),
            "repeated until yes or no");
    if (answer.outcome == Outcome::done) {
        require(said.get("result_code") == "SUCCESS" && said.get("recall") != "Y",
                "reversed only with SUCCESS and no recall");
    }
}

void check_closeorder(const Said& said, const ports::ChannelAccount& account) {
    const auto answer = wx::parse_closeorder_answer(said.bytes, account, number);
    check_answer(answer, said, account);
    require(answer.outcome != Outcome::pending, "closing is not pending");
}

void check_unifiedorder(const Said& said, const ports::ChannelAccount& account, payments::Product product) {
    ports::LaunchCall call;
    call.number = number;
    call.product = product;
    const auto answer = wx::parse_unifiedorder_answer(said.bytes, account, call, "n");
    check_answer(answer, said, account);
    require(answer.outcome != Outcome::pending, "a launch is not pending");
    require((answer.outcome == Outcome::done) == !answer.launch.empty(),
            "done exactly with what the payer begins with");
    require(answer.is_trade_made == (answer.outcome == Outcome::done), "a trade is made when it is done");
    if (answer.outcome == Outcome::done) {
        require(said.get("trade_type") == wx::trade_type_of(product), "done only the way it was asked for");
    }
    require(!answer.may_exist || answer.outcome == Outcome::refused,
            "an order may stand after a refusal only");
}

// Which of the entries of a refundquery answer, or of the plain fields of a refund's, is about our refund.
bool has_entry(const codec::XmlFields& fields, std::string_view status) {
    for (const auto& [name, value] : fields.all()) {
        if (!name.starts_with("out_refund_no_") || value != refund_ref().refund_number) continue;
        const std::string suffix = name.substr(std::string_view("out_refund_no").size());
        if (fields.get("refund_status" + suffix) == status) return true;
    }
    return false;
}

void check_refund(const Said& said, const ports::ChannelAccount& account) {
    const auto answer = wx::parse_refund_answer(said.bytes, account, refund_ref());
    check_answer(answer, said, account);
    require(answer.outcome != Outcome::done, "accepted is not refunded");
    require(!answer.refunded_at, "accepted has no time of refund");
    if (answer.outcome == Outcome::pending) {
        require(!answer.refund_no.empty() && answer.amount, "an accepted refund has number and amount");
        require(said.get("out_refund_no") == refund_ref().refund_number, "accepted only by its number");
    }
}

void check_refundquery(const Said& said, const ports::ChannelAccount& account) {
    const auto answer = wx::parse_refundquery_answer(said.bytes, account, refund_ref());
    check_answer(answer, said, account);
    if (answer.outcome == Outcome::done) {
        require(has_entry(said.fields, "SUCCESS"), "refunded only when our refund says so");
        require(answer.amount.has_value(), "refunded with its amount");
    }
    if (answer.outcome == Outcome::pending) {
        require(has_entry(said.fields, "PROCESSING"), "pending only when our refund is");
    }
    if (answer.refusal == Refusal::refund_closed) {
        require(has_entry(said.fields, "REFUNDCLOSE"), "given up only when our refund is");
    }
    if (answer.is_absent) {
        require(answer.is_authentic && answer.code == "REFUNDNOTEXIST",
                "absent only when the channel signs it");
    }
}

void check_all(const Said& said, const ports::ChannelAccount& account) {
    check_micropay(said, account);
    check_orderquery(said, account);
    check_reverse(said, account);
    check_closeorder(said, account);
    check_refund(said, account);
    check_refundquery(said, account);
    check_unifiedorder(said, account, payments::Product::qr);
    check_unifiedorder(said, account, payments::Product::wap);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Said said(text_of(data, size));
    for (const auto& account : accounts()) check_all(said, account);
    if (!said.is_xml) return 0;
    // Signed for one account, read by all: another algorithm or key must not pass.
    const std::size_t plain = size % 2;
    const auto& signer = accounts()[said.get("sub_mch_id").empty() ? plain : accounts().size() - 1];
    said.fields.set("sign", wx::sign(said.fields, type_of(signer), signer.api_key));
    const std::string written = codec::write_flat_xml(said.fields);
    const Said again(written);
    require(again.is_signed(signer), "a signed answer is read as signed");
    for (const auto& account : accounts()) check_all(again, account);
    return 0;
}

// Fuzz target: answers of Alipay's gateway, as they came and signed again so that the layers behind the
// signature are reached. Nothing is proven without a good signature over the exact bytes, and nothing is done
// that does not say so (spec/channels 2.2–2.8, 3.7).
#include <array>

#include "channels/alipay/signature.hpp"
#include "channels/alipay/wire.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;
namespace ali = channels::alipay;
using payments::Outcome;
using payments::Refusal;
using payments::TradeState;

constexpr std::string_view number = "P7842000000000001k3f9z";
constexpr std::string_view refund_number = "R7842000000000001k3f9z";

// Made at the start: no key is kept in the source tree. They change no decision, only bytes of signatures.
struct Gateway {
    crypto::RsaPrivateKey key = crypto::RsaPrivateKey::generate();
    crypto::RsaPublicKey public_key = *crypto::RsaPublicKey::parse(key.public_pem());
    ali::AccountKeys keys{
        .app = key, .channel = public_key, .app_cert_sn = {}, .root_cert_sn = {}, .channel_cert_sn = {}};
    ali::AccountKeys certificate_mode{.app = key,
                                      .channel = public_key,
                                      .app_cert_sn = "a1",
                                      .root_cert_sn = "b2",
                                      .channel_cert_sn = "c3"};
};

const Gateway& gateway() {
    static const Gateway made;
    return made;
}

const ports::RefundRef& refund_ref() {
    static const ports::RefundRef made{.trade_number = std::string(number),
                                       .trade_amount = core::fen(1000),
                                       .refund_number = std::string(refund_number),
                                       .amount = core::fen(300),
                                       .reason = {},
                                       .notify_url = {},
                                       .timeout = std::chrono::seconds(10)};
    return made;
}

// An envelope read apart from the adapter: every top-level object that `sign` is good for.
struct Envelope {
    bool is_signed = false;  // `sign` is good for one of the objects
    codec::Json content;     // that object

    [[nodiscard]] std::string_view get(std::string_view name) const {
        const auto* value = content.find(name);
        const auto* text = value == nullptr ? nullptr : value->as_string();
        return text == nullptr ? std::string_view{} : std::string_view(*text);
    }
};

Envelope read(std::string_view bytes) {
    Envelope envelope;
    const auto members = codec::raw_members(bytes);
    if (!members) return envelope;
    std::string sign;
    for (const auto& [name, raw] : *members) {
        const auto value = codec::parse_json(raw);
        if (name == "sign" && value && value->as_string()) sign = *value->as_string();
    }
    const auto signature = crypto::from_base64(sign);
    if (!signature || signature->empty()) return envelope;
    for (const auto& [name, raw] : *members) {
        if (!name.ends_with("_response") || !gateway().public_key.verify_sha256(raw, *signature)) continue;
        envelope.is_signed = true;
        envelope.content = *codec::parse_json(raw);
    }
    return envelope;
}

// What holds for the answer to any call.
void check_answer(const payments::Answer& answer, const Envelope& said) {
    require(!answer.code.empty(), "an answer has a code");
    require(answer.message.size() <= 256, "a message is short");
    if (answer.is_authentic) {
        require(said.is_signed, "authentic only with a good signature over the raw bytes");
        require(said.get("out_trade_no").empty() || said.get("out_trade_no") == number,
                "authentic only for our number");
    }
    switch (answer.outcome) {
        case Outcome::done:
            require(answer.is_authentic && said.get("code") == "10000", "done only with a signed 10000");
            require(answer.refusal == Refusal::none, "done is no refusal");
            break;
        case Outcome::pending:
            require(answer.is_authentic && said.get("code") == "10003", "pending only with a signed 10003");
            require(answer.refusal == Refusal::none, "pending is no refusal");
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

void check_absent(const payments::Answer& answer, const Envelope& said) {
    require(answer.is_authentic && said.is_signed && said.get("sub_code") == "ACQ.TRADE_NOT_EXIST",
            "no trade only when the channel signs it");
    require(answer.outcome == Outcome::done && answer.refusal == Refusal::none, "no trade is no refusal");
}

void check_paid(const payments::TradeFacts& trade) {
    require(!trade.trade_no.empty() && trade.amount && trade.paid_at, "paid with number, amount and time");
}

void check_pay(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said) {
    const auto answer = ali::parse_pay_answer(bytes, keys, number);
    check_answer(answer, said);
    if (answer.outcome == Outcome::done) {
        check_paid(answer.trade);
        require(said.get("out_trade_no") == number, "paid only by its number");
    } else {
        require(answer.trade == payments::TradeFacts{}, "no facts of a trade that is not done");
    }
}

void check_query(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said) {
    const auto answer = ali::parse_query_answer(bytes, keys, number);
    const bool is_missing = answer.state == TradeState::not_found;
    // A query that finds nothing has its answer all the same.
    if (is_missing) {
        check_absent(answer, said);
    } else {
        check_answer(answer, said);
    }
    const bool was_paid = answer.state == TradeState::paid || answer.state == TradeState::paid_and_closed;
    if (was_paid) {
        check_paid(answer.trade);
        require(said.get("out_trade_no") == number, "paid only by its number");
    }
    if (answer.state == TradeState::paid) {
        require(said.get("trade_status") == "TRADE_SUCCESS" || said.get("trade_status") == "TRADE_FINISHED",
                "paid only when it says so");
    }
    require(answer.state == TradeState::unknown || answer.is_authentic, "a state is signed");
}

void check_cancel(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said) {
    const auto answer = ali::parse_cancel_answer(bytes, keys, number);
    check_answer(answer, said);
    require(answer.outcome != Outcome::pending, "a cancel is not pending");
    require(answer.must_repeat == (answer.outcome == Outcome::unknown || answer.outcome == Outcome::not_sent),
            "repeated until yes or no");
    if (answer.outcome == Outcome::done) {
        require(said.get("retry_flag") == "N", "cancelled only with retry_flag=N");
        require((answer.effect == payments::Effect::refunded) == (said.get("action") == "refund"),
                "refunded only when the action says so");
    }
}

void check_refund(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said) {
    const auto answer = ali::parse_refund_answer(bytes, keys, refund_ref());
    check_answer(answer, said);
    if (answer.outcome == Outcome::done) {
        require(said.get("fund_change") == "Y", "refunded only with fund_change=Y");
    }
}

void check_refund_query(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said) {
    const auto answer = ali::parse_refund_query_answer(bytes, keys, refund_ref());
    check_answer(answer, said);
    if (answer.outcome == Outcome::done) {
        require(said.get("refund_status") == "REFUND_SUCCESS" && answer.amount,
                "refunded only with status and amount");
        require(said.get("out_request_no") == refund_number && said.get("out_trade_no") == number,
                "refunded only by its numbers");
    }
    require(!answer.is_absent || (answer.is_authentic && answer.outcome != Outcome::done),
            "absent only when the channel signs it");
}

void check_close(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said) {
    const auto answer = ali::parse_close_answer(bytes, keys, number);
    // What was never there cannot be paid either.
    if (answer.has_no_trade) return check_absent(answer, said);
    check_answer(answer, said);
    require(answer.outcome != Outcome::pending, "closing is not pending");
}

void check_launch(std::string_view bytes, const ali::AccountKeys& keys, const Envelope& said,
                  payments::Product product) {
    ports::LaunchCall call;
    call.number = number;
    call.product = product;
    const bool is_code = product == payments::Product::qr;
    const auto answer = ali::parse_launch_answer(bytes, keys, call);
    check_answer(answer, said);
    require(answer.outcome != Outcome::pending, "a launch is not pending");
    require((answer.outcome == Outcome::done) == !answer.launch.empty(),
            "done exactly with what the payer begins with");
    require(!answer.is_trade_made || (answer.outcome == Outcome::done && !is_code),
            "a trade is made by create only");
    if (is_code && answer.outcome == Outcome::done) {
        require(answer.launch == said.get("qr_code"), "the code is the signed one");
    }
    require(!answer.may_exist || answer.outcome == Outcome::refused,
            "a trade may stand after a refusal only");
}

void check_all(std::string_view bytes, const ali::AccountKeys& keys) {
    const Envelope said = read(bytes);
    check_pay(bytes, keys, said);
    check_query(bytes, keys, said);
    check_cancel(bytes, keys, said);
    check_refund(bytes, keys, said);
    check_refund_query(bytes, keys, said);
    check_close(bytes, keys, said);
    check_launch(bytes, keys, said, payments::Product::qr);
    check_launch(bytes, keys, said, payments::Product::mini_program);
}

// The same members with a good signature of the first object that could be an answer, in the order they came.
std::string sign_again(std::string_view bytes) {
    const auto members = codec::raw_members(bytes);
    if (!members) return {};
    std::string text = "{";
    std::string signature;
    for (const auto& [name, raw] : *members) {
        if (name == "sign") continue;
        text.append(codec::write_json(codec::Json(name))).append(":").append(raw).append(",");
        if (signature.empty() && name.ends_with("_response")) {
            signature = crypto::to_base64(gateway().key.sign_sha256(raw));
        }
    }
    return signature.empty() ? signature : text + "\"sign\":\"" + signature + "\"}";
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = text_of(data, size);
    const bool names_certificate = bytes.contains("alipay_cert_sn");
    const auto& keys = names_certificate ? gateway().certificate_mode : gateway().keys;
    check_all(bytes, keys);
    std::string again = sign_again(bytes);
    if (again.empty()) return 0;
    check_all(again, keys);
    // One byte more inside the object that was signed.
    again.insert(again.find('{', 1) + 1, " ");
    check_all(again, keys);
    return 0;
}

// The answers of Alipay's gateway, layer by layer: JSON, signature over the raw bytes, code, sub_code, whose
// answer it is, and for a query trade_status (spec/channels 0, 2.2–2.8, 3.7). Every layer that fails leaves
// the outcome unknown.
#include <algorithm>
#include <array>
#include <optional>

#include "channels/alipay/wire.hpp"
#include "codec/json.hpp"
#include "core/mutation.hpp"
#include "crypto/digest.hpp"

namespace huitong::channels::alipay {

namespace {

using codec::Json;
using payments::Outcome;
using payments::TradeState;

constexpr std::size_t max_message_bytes = 256;

struct Judged {
    Json fields;
    Meaning meaning;
    bool is_authentic = false;
    std::string code;
    std::string message;

    // The text of a member; "" when it is absent or no text.
    [[nodiscard]] std::string_view get(std::string_view name) const {
        const Json* const value = fields.find(name);
        const std::string* const text = value == nullptr ? nullptr : value->as_string();
        return text == nullptr ? std::string_view() : std::string_view(*text);
    }
    // An empty text says nothing; anything else does, readable or not.
    [[nodiscard]] bool is_said(std::string_view name) const {
        const Json* const value = fields.find(name);
        return value != nullptr && !value->is_null() && (value->as_string() == nullptr || !get(name).empty());
    }
};

void make_unknown(Judged& judged, std::string_view code) {
    judged.meaning = {};
    judged.code = code;
}

void make_mismatch(Judged& judged) {
    judged.is_authentic = false;
    make_unknown(judged, "mismatch");
}

// A message of the channel, short enough to keep.
std::string short_text(std::string_view text) {
    if (text.size() <= max_message_bytes) return std::string(text);
    std::size_t end = max_message_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end));
}

// The parts of the envelope. The slices live as long as the bytes.
struct Envelope {
    std::string_view content;  // the raw object that is signed
    bool is_error = false;     // it came as error_response
    std::string sign;
    std::string cert_sn;
};

std::string string_of(std::string_view raw) {
    const auto json = codec::parse_json(raw);
    return json && json->as_string() ? *json->as_string() : std::string();
}

core::Result<Envelope> open_envelope(std::string_view bytes, Call call) {
    if (bytes.empty()) return core::fail(core::Code::invalid, "empty_answer");
    const auto members = codec::raw_members(bytes);
    if (!members) return std::unexpected(members.error());
    std::string ours(method_of(call));
    std::ranges::replace(ours, '.', '_');
    ours += "_response";
    Envelope envelope;
    for (const auto& [name, raw] : *members) {
        const bool is_content = name == ours || name == "error_response";
        if (is_content && !envelope.content.empty()) return core::fail(core::Code::invalid, "mismatch");
        if (is_content) {
            envelope.content = raw;
            envelope.is_error = name == "error_response";
        } else if (name == "sign") {
            envelope.sign = string_of(raw);
        } else if (name == "alipay_cert_sn") {
            envelope.cert_sn = string_of(raw);
        }
    }
    if (envelope.content.empty()) return core::fail(core::Code::invalid, "mismatch");
    return envelope;
}

// Why the signature proves nothing; "" when it is good.
std::string_view sign_defect(const Envelope& envelope, const AccountKeys& keys) {
    if (envelope.sign.empty()) return "unsigned";
    if (envelope.cert_sn != keys.channel_cert_sn && !keys.channel_cert_sn.empty()) return "bad_cert_sn";
    const auto signature = crypto::from_base64(envelope.sign);
    const bool is_signed = signature && keys.channel.verify_sha256(envelope.content, *signature);
    if (!is_signed && !HUITONG_MUTATED("alipay_bad_sign_trusted")) return "bad_sign";
    return "";
}

// Nothing is signed: only the gateway turning the call away at its door is believed.
void judge_unsigned(Judged& judged) {
    const std::string_view sub_code = judged.get("sub_code");
    const std::string_view code = judged.get("code");
    const bool is_door = std::ranges::find(door_sub_codes, sub_code) != door_sub_codes.end() &&
                         (code == "40001" || code == "40002");
    make_unknown(judged, "unsigned");
    if (!is_door) return;
    judged.meaning = detail::misconfigured;
    judged.code = sub_code;
}

bool is_same_if_said(const Judged& judged, std::string_view name, std::string_view ours) {
    return !judged.is_said(name) || judged.get(name) == ours;
}

void judge_code(Judged& judged, const Envelope& envelope, Call call, std::string_view number) {
    const std::string_view code = judged.get("code");
    const std::string_view sub_code = judged.get("sub_code");
    const bool is_success = code == "10000" || code == "10003";
    // An absent refund is answered with a bare success.
    const bool must_name = is_success && call != Call::refund_query;
    if (!is_same_if_said(judged, "out_trade_no", number) || (is_success && envelope.is_error) ||
        (must_name && judged.get("out_trade_no").empty()))
        return make_mismatch(judged);
    judged.is_authentic = true;
    judged.code = short_text(sub_code.empty() ? code : sub_code);
    if (judged.code.empty()) judged.code = "unlisted";
    const bool is_refusal = HUITONG_MUTATED("unlisted_code_is_refusal_alipay");
    judged.meaning = find_meaning(call, code, sub_code)
                         .value_or(Meaning{.outcome = is_refusal ? Outcome::refused : Outcome::unknown});
}

Judged judge(std::string_view bytes, const AccountKeys& keys, std::string_view number, Call call) {
    Judged judged;
    const auto envelope = open_envelope(bytes, call);
    if (!envelope) {
        make_unknown(judged, envelope.error().reason);
        return judged;
    }
    auto fields = codec::parse_json(envelope->content);
    if (!fields || fields->as_object() == nullptr) {
        make_unknown(judged, "bad_json");
        return judged;
    }
    judged.fields = std::move(*fields);
    const std::string_view defect = sign_defect(*envelope, keys);
    const std::string_view sub_msg = judged.get("sub_msg");
    judged.message = short_text(sub_msg.empty() ? judged.get("msg") : sub_msg);
    if (defect == "unsigned") {
        judge_unsigned(judged);
    } else if (!defect.empty()) {
        make_unknown(judged, defect);
    } else {
        judge_code(judged, *envelope, call, number);
    }
    return judged;
}

template <class Answer>
Answer make_answer(const Judged& judged) {
    Answer answer;
    answer.outcome = judged.meaning.outcome;
    answer.refusal = judged.meaning.refusal;
    answer.is_authentic = judged.is_authentic;
    answer.code = judged.code;
    answer.message = judged.message;
    return answer;
}

void make_unknown(payments::Answer& answer, std::string_view code) {
    answer.outcome = Outcome::unknown;
    answer.refusal = payments::Refusal::none;
    answer.code = code;
}

// The first of the payer's means. Alipay's own notifications name the member fundChannel.
std::string funding_of(const Judged& judged) {
    const Json* const bills = judged.fields.find("fund_bill_list");
    const codec::JsonArray* const items = bills == nullptr ? nullptr : bills->as_array();
    if (items == nullptr || items->empty()) return {};
    const Json* const channel = items->front().find("fund_channel");
    return channel != nullptr && channel->as_string() ? *channel->as_string() : std::string();
}

// The facts that are there and readable; the rest stays absent.
payments::TradeFacts read_facts(const Judged& judged, std::string_view time_name) {
    payments::TradeFacts facts;
    facts.trade_no = judged.get("trade_no");
    if (const auto amount = core::parse_decimal(judged.get("total_amount"), core::Currency::CNY))
        facts.amount = *amount;
    if (const auto at = core::parse_beijing_text(judged.get(time_name))) facts.paid_at = *at;
    const std::string_view user = judged.get("buyer_user_id");
    facts.payer_id = user.empty() ? judged.get("buyer_open_id") : user;
    facts.payer_login = judged.get("buyer_logon_id");
    facts.funding = funding_of(judged);
    return facts;
}

bool is_complete(const payments::TradeFacts& facts) {
    return !facts.trade_no.empty() && facts.amount.has_value() && facts.paid_at.has_value();
}

// TRADE_CLOSED of a trade that had been paid names when (spec/channels 3.7 [O]).
std::optional<TradeState> parse_trade_status(std::string_view text, bool was_paid) {
    if (text == "WAIT_BUYER_PAY") return TradeState::pending;
    if (text == "TRADE_SUCCESS" || text == "TRADE_FINISHED") return TradeState::paid;
    if (text == "TRADE_CLOSED") return was_paid ? TradeState::paid_and_closed : TradeState::closed;
    return std::nullopt;
}

void read_action(payments::ReverseAnswer& answer, const Judged& judged) {
    const std::string_view action = judged.get("action");
    if (!judged.is_said("action")) {
        answer.has_no_trade = true;
        answer.effect = payments::Effect::unpaid;
    } else if (action == "refund") {
        answer.effect = payments::Effect::refunded;
    } else if (action == "close") {
        answer.effect = payments::Effect::unpaid;
    } else {
        make_unknown(answer, "unlisted");
    }
}

}  // namespace

payments::PayAnswer parse_pay_answer(std::string_view bytes, const AccountKeys& keys,
                                     std::string_view number) {
    const Judged judged = judge(bytes, keys, number, Call::pay);
    auto answer = make_answer<payments::PayAnswer>(judged);
    answer.may_exist = judged.meaning.may_exist;
    answer.may_be_older = judged.meaning.may_be_older;
    if (answer.outcome != Outcome::done) return answer;
    auto facts = read_facts(judged, "gmt_payment");
    if (is_complete(facts)) {
        answer.trade = std::move(facts);
    } else {
        make_unknown(answer, "incomplete");
    }
    return answer;
}

payments::LaunchAnswer parse_launch_answer(std::string_view bytes, const AccountKeys& keys,
                                           const ports::LaunchCall& call) {
    const Call method = launch_call_of(call);
    const Judged judged = judge(bytes, keys, call.number, method);
    auto answer = make_answer<payments::LaunchAnswer>(judged);
    answer.may_exist = judged.meaning.may_exist;
    if (answer.outcome != Outcome::done) return answer;
    // A trade of precreate exists when its code is scanned.
    answer.is_trade_made = method == Call::create;
    const std::string_view said = judged.get(answer.is_trade_made ? "trade_no" : "qr_code");
    if (said.empty()) {
        make_unknown(answer, "incomplete");
        answer.is_trade_made = false;
    } else if (answer.is_trade_made) {
        answer.launch = codec::write_json(Json(codec::JsonObject{{"tradeNO", Json(said)}}));
    } else {
        answer.launch = said;
    }
    return answer;
}

payments::QueryAnswer parse_query_answer(std::string_view bytes, const AccountKeys& keys,
                                         std::string_view number) {
    const Judged judged = judge(bytes, keys, number, Call::query);
    auto answer = make_answer<payments::QueryAnswer>(judged);
    if (judged.meaning.has_no_trade) answer.state = TradeState::not_found;
    if (answer.outcome != Outcome::done || judged.meaning.has_no_trade) return answer;
    const std::string_view said = judged.get("trade_status");
    const auto state = parse_trade_status(said, judged.is_said("send_pay_date"));
    auto facts = read_facts(judged, "send_pay_date");
    const bool was_paid = state == TradeState::paid || state == TradeState::paid_and_closed;
    if (!state) {
        make_unknown(answer, said.empty() ? "incomplete" : "unlisted");
    } else if (was_paid && !is_complete(facts)) {
        make_unknown(answer, "incomplete");
    } else {
        answer.code = said;
        answer.state = *state;
        if (was_paid) answer.trade = std::move(facts);
    }
    return answer;
}

payments::ReverseAnswer parse_cancel_answer(std::string_view bytes, const AccountKeys& keys,
                                            std::string_view number) {
    const Judged judged = judge(bytes, keys, number, Call::cancel);
    auto answer = make_answer<payments::ReverseAnswer>(judged);
    const std::string_view retry_flag = judged.get("retry_flag");
    if (judged.is_authentic && retry_flag == "Y" && !HUITONG_MUTATED("retry_flag_dropped")) {
        make_unknown(answer, judged.code == "10000" ? "retry_flag" : judged.code);
    } else if (judged.meaning.has_no_trade) {
        answer.has_no_trade = true;
        answer.effect = payments::Effect::unpaid;
    } else if (answer.outcome == Outcome::done && retry_flag != "N" &&
               !HUITONG_MUTATED("retry_flag_dropped")) {
        make_unknown(answer, "incomplete");
    } else if (answer.outcome == Outcome::done) {
        read_action(answer, judged);
    }
    // The same call again is required until the channel has said yes or no (3.9).
    answer.must_repeat = answer.outcome == Outcome::unknown || answer.outcome == Outcome::not_sent;
    return answer;
}

payments::CloseAnswer parse_close_answer(std::string_view bytes, const AccountKeys& keys,
                                         std::string_view number) {
    const Judged judged = judge(bytes, keys, number, Call::close);
    auto answer = make_answer<payments::CloseAnswer>(judged);
    answer.has_no_trade = judged.meaning.has_no_trade;
    return answer;
}

payments::RefundAnswer parse_refund_answer(std::string_view bytes, const AccountKeys& keys,
                                           const ports::RefundRef& refund) {
    const Judged judged = judge(bytes, keys, refund.trade_number, Call::refund);
    auto answer = make_answer<payments::RefundAnswer>(judged);
    if (answer.outcome != Outcome::done) return answer;
    // N: nothing moved now, a repetition. refund_fee is cumulative, so it says nothing about this refund.
    if (judged.get("fund_change") != "Y" && !HUITONG_MUTATED("accepted_is_refunded_alipay")) {
        make_unknown(answer, "fund_change");
    } else if (const auto at = core::parse_beijing_text(judged.get("gmt_refund_pay"))) {
        answer.refunded_at = *at;
    }
    return answer;
}

payments::RefundAnswer parse_refund_query_answer(std::string_view bytes, const AccountKeys& keys,
                                                 const ports::RefundRef& refund) {
    Judged judged = judge(bytes, keys, refund.trade_number, Call::refund_query);
    if (judged.is_authentic && !is_same_if_said(judged, "out_request_no", refund.refund_number))
        make_mismatch(judged);
    auto answer = make_answer<payments::RefundAnswer>(judged);
    answer.is_absent = judged.meaning.has_no_trade;
    if (answer.outcome != Outcome::done) return answer;
    const std::string_view status = judged.get("refund_status");
    if (HUITONG_MUTATED("bare_refund_query_is_success") && status.empty()) return answer;
    const auto amount = core::parse_decimal(judged.get("refund_amount"), core::Currency::CNY);
    if (!judged.is_said("refund_status")) {
        make_unknown(answer, "no_refund");
        answer.is_absent = true;
    } else if (status != "REFUND_SUCCESS") {
        make_unknown(answer, "unlisted");
    } else if (judged.get("out_trade_no").empty() || judged.get("out_request_no").empty()) {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
    } else if (!amount) {
        make_unknown(answer, "incomplete");
    } else {
        answer.code = status;
        answer.amount = *amount;
        if (const auto at = core::parse_beijing_text(judged.get("gmt_refund_pay"))) answer.refunded_at = *at;
    }
    return answer;
}

}  // namespace huitong::channels::alipay

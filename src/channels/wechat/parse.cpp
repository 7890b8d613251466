// The answers of WeChat Pay v2, layer by layer: XML, return_code, signature, whose answer it is, result_code,
// and for a query trade_state or refund_status (spec/channels 0, 1A.4–1A.10, 3.7). Every layer
// that fails leaves the outcome unknown.
#include <algorithm>
#include <array>
#include <optional>

#include "channels/wechat/launch.hpp"
#include "channels/wechat/wire.hpp"
#include "core/mutation.hpp"

namespace huitong::channels::wechat {

namespace {

using codec::XmlFields;
using payments::Outcome;
using payments::TradeState;

constexpr std::size_t max_message_bytes = 256;

struct Judged {
    XmlFields fields;
    Meaning meaning;
    bool is_authentic = false;
    std::string code;
    std::string message;
};

void make_unknown(Judged& judged, std::string_view code) {
    judged.meaning = {};
    judged.code = code;
}

// A message of the channel, short enough to keep.
std::string short_text(std::string_view text) {
    if (text.size() <= max_message_bytes) return std::string(text);
    std::size_t end = max_message_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end));
}

bool is_same_if_said(const XmlFields& fields, std::string_view name, std::string_view ours) {
    const std::string_view said = fields.get(name);
    return said.empty() || said == ours;
}

// Whatever an answer says about itself must be about what was asked.
bool is_ours(const XmlFields& fields, const ports::ChannelAccount& account, std::string_view number) {
    return is_same_if_said(fields, "appid", account.app_id) &&
           is_same_if_said(fields, "mch_id", account.mch_id) &&
           is_same_if_said(fields, "sub_mch_id", account.sub_mch_id) &&
           (account.sub_app_id.empty() || is_same_if_said(fields, "sub_appid", account.sub_app_id)) &&
           is_same_if_said(fields, "out_trade_no", number) && is_same_if_said(fields, "fee_type", "CNY");
}

// A success has to say whose it is; answers to unifiedorder, reverse and closeorder carry no number.
bool is_success_named(const XmlFields& fields, const ports::ChannelAccount& account, Call call) {
    const bool is_numberless =
        call == Call::unifiedorder || call == Call::reverse || call == Call::closeorder;
    return !fields.get("appid").empty() && !fields.get("mch_id").empty() &&
           (account.sub_mch_id.empty() || !fields.get("sub_mch_id").empty()) &&
           (is_numberless || !fields.get("out_trade_no").empty());
}

// return_code is not SUCCESS: nothing is signed. Only the channel turning the call away at its door is
// believed.
void judge_unsigned(Judged& judged, Call call) {
    const std::string_view return_code = judged.fields.get("return_code");
    const std::string_view return_msg = judged.fields.get("return_msg");
    const std::string_view err_code = judged.fields.get("err_code");
    std::string_view code = err_code.empty() ? return_msg : err_code;
    for (const KnownText& text : known_texts) {
        if (err_code.empty() && return_msg.starts_with(text.beginning)) code = text.code;
    }
    judged.message = short_text(return_msg);
    const auto meaning = find_meaning(call, code);
    if (return_code == "FAIL" && meaning && meaning->may_be_unsigned) {
        judged.meaning = *meaning;
        judged.code = code;
    } else if (return_code == "SYSTEMERROR") {
        make_unknown(judged, return_code);
    } else {
        make_unknown(judged, "unsigned");
    }
}

void judge_result(Judged& judged, const ports::ChannelAccount& account, Call call) {
    const std::string_view result_code = judged.fields.get("result_code");
    if (result_code == "SUCCESS") {
        if (!is_success_named(judged.fields, account, call)) {
            judged.is_authentic = false;
            return make_unknown(judged, "mismatch");
        }
        judged.code = "SUCCESS";
        judged.meaning = {.outcome = Outcome::done};
    } else if (result_code == "FAIL") {
        const std::string_view err_code = judged.fields.get("err_code");
        judged.message = short_text(judged.fields.get("err_code_des"));
        judged.code = err_code.empty() ? "unlisted" : short_text(err_code);
        const bool is_refusal = HUITONG_MUTATED("unlisted_code_is_refusal_wechat");
        judged.meaning = find_meaning(call, err_code)
                             .value_or(Meaning{.outcome = is_refusal ? Outcome::refused : Outcome::unknown});
    } else {
        make_unknown(judged, "bad_result_code");
    }
}

Judged judge(std::string_view bytes, const ports::ChannelAccount& account, std::string_view number,
             Call call) {
    Judged judged;
    if (bytes.empty()) {
        make_unknown(judged, "empty_answer");
        return judged;
    }
    auto fields = codec::parse_flat_xml(bytes);
    if (!fields) {
        make_unknown(judged, fields.error().reason);
        return judged;
    }
    judged.fields = std::move(*fields);
    if (judged.fields.get("return_code") != "SUCCESS") {
        judge_unsigned(judged, call);
        return judged;
    }
    const auto type = parse_sign_type(account.sign_type);
    const bool is_signed = type && verify(judged.fields, *type, account.api_key);
    if (!is_signed && !HUITONG_MUTATED("wechat_bad_sign_trusted")) {
        make_unknown(judged, "bad_sign");
    } else if (!is_ours(judged.fields, account, number)) {
        make_unknown(judged, "mismatch");
    } else {
        judged.is_authentic = true;
        judge_result(judged, account, call);
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

// The facts that are there and readable; the rest stays absent.
payments::TradeFacts read_facts(const XmlFields& fields) {
    payments::TradeFacts facts;
    facts.trade_no = fields.get("transaction_id");
    if (const auto fen = core::parse_minor(fields.get("total_fee"))) facts.amount = core::fen(*fen);
    if (const auto at = core::parse_beijing_compact(fields.get("time_end"))) facts.paid_at = *at;
    facts.payer_id = fields.get("openid");
    facts.funding = fields.get("bank_type");
    return facts;
}

bool is_complete(const payments::TradeFacts& facts) {
    return !facts.trade_no.empty() && facts.amount.has_value() && facts.paid_at.has_value();
}

std::optional<TradeState> parse_trade_state(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, TradeState>, 8> states{{
        {"SUCCESS", TradeState::paid},
        {"REFUND", TradeState::paid_and_refunded},
        {"NOTPAY", TradeState::pending},
        {"USERPAYING", TradeState::pending},
        {"ACCEPT", TradeState::pending},
        {"PAYERROR", TradeState::pay_failed},
        {"CLOSED", TradeState::closed},
        {"REVOKED", TradeState::reversed},
    }};
    for (const auto& [name, state] : states) {
        if (name == text) return state;
    }
    return std::nullopt;
}

// Answers to reverse and closeorder are nearly bare: one that tells of money, or of another state than the
// one asked for, was given to another call and proves nothing.
bool is_of_another_call(const XmlFields& fields, std::string_view state_after) {
    constexpr std::array<std::string_view, 5> foreign{"out_refund_no", "refund_id", "refund_count",
                                                      "time_end", "trade_type"};
    const std::string_view trade_state = fields.get("trade_state");
    const bool tells_of_money =
        trade_state.empty() &&
        std::ranges::any_of(foreign, [&](std::string_view name) { return fields.find(name) != nullptr; });
    return tells_of_money || (!trade_state.empty() && trade_state != state_after);
}

// The suffix of the entry of a refundquery answer that is about this refund: "_0"; "" when none is.
std::string suffix_of_refund(const XmlFields& fields, std::string_view refund_number) {
    constexpr std::string_view prefix = "out_refund_no_";
    for (const auto& [name, value] : fields.all()) {
        if (name.starts_with(prefix) && value == refund_number) return name.substr(prefix.size() - 1);
    }
    return "";
}

void read_refund(payments::RefundAnswer& answer, const XmlFields& fields, const std::string& suffix) {
    answer.refund_no = fields.get("refund_id" + suffix);
    if (const auto fen = core::parse_minor(fields.get("refund_fee" + suffix)))
        answer.amount = core::fen(*fen);
    if (const auto at = core::parse_beijing_text(fields.get("refund_success_time" + suffix)))
        answer.refunded_at = *at;
}

}  // namespace

payments::PayAnswer parse_micropay_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                          std::string_view number) {
    const Judged judged = judge(bytes, account, number, Call::micropay);
    auto answer = make_answer<payments::PayAnswer>(judged);
    answer.may_exist = judged.meaning.may_exist;
    answer.may_be_older = judged.meaning.may_be_older;
    if (answer.outcome != Outcome::done) return answer;
    // A query's answer to a pay call would otherwise pass with a trade that was refunded since.
    const std::string_view trade_state = judged.fields.get("trade_state");
    auto facts = read_facts(judged.fields);
    if (!trade_state.empty() && trade_state != "SUCCESS") {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
    } else if (!is_complete(facts)) {
        make_unknown(answer, "incomplete");
    } else {
        answer.trade = std::move(facts);
    }
    return answer;
}

payments::LaunchAnswer parse_unifiedorder_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                                 const ports::LaunchCall& call, std::string nonce) {
    const Judged judged = judge(bytes, account, call.number, Call::unifiedorder);
    auto answer = make_answer<payments::LaunchAnswer>(judged);
    answer.may_exist = judged.meaning.may_exist;
    if (answer.outcome != Outcome::done) return answer;
    // It names no trade: what else it says must be of an order that was just made, the way we asked for.
    if (judged.fields.get("trade_type") != trade_type_of(call.product) ||
        judged.fields.find("trade_state") != nullptr || judged.fields.find("time_end") != nullptr) {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
        return answer;
    }
    answer.launch = launch_text(judged.fields, account, call, std::move(nonce));
    answer.is_trade_made = !answer.launch.empty();
    if (answer.launch.empty()) make_unknown(answer, "incomplete");
    return answer;
}

payments::QueryAnswer parse_orderquery_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                              std::string_view number) {
    const Judged judged = judge(bytes, account, number, Call::orderquery);
    auto answer = make_answer<payments::QueryAnswer>(judged);
    if (judged.meaning.has_no_trade) answer.state = TradeState::not_found;
    if (answer.outcome != Outcome::done || judged.meaning.has_no_trade) return answer;
    const std::string_view said = judged.fields.get("trade_state");
    const auto state = parse_trade_state(said);
    auto facts = read_facts(judged.fields);
    const bool is_paid = state == TradeState::paid || state == TradeState::paid_and_refunded;
    answer.message = short_text(judged.fields.get("trade_state_desc"));
    if (!state) {
        make_unknown(answer, said.empty() ? "incomplete" : "unlisted");
    } else if (is_paid && !is_complete(facts)) {
        make_unknown(answer, "incomplete");
    } else {
        answer.code = said;
        answer.state = *state;
        answer.trade = std::move(facts);
    }
    return answer;
}

payments::ReverseAnswer parse_reverse_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                             std::string_view number) {
    const Judged judged = judge(bytes, account, number, Call::reverse);
    auto answer = make_answer<payments::ReverseAnswer>(judged);
    answer.has_no_trade = judged.meaning.has_no_trade;
    if (judged.fields.get("recall") == "Y" && !HUITONG_MUTATED("recall_dropped")) {
        make_unknown(answer, judged.code == "SUCCESS" ? "recall" : judged.code);
        answer.has_no_trade = false;
    } else if (answer.outcome == Outcome::done && is_of_another_call(judged.fields, "REVOKED")) {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
    }
    // The same call again is required until the channel has said yes or no (3.9).
    answer.must_repeat = answer.outcome == Outcome::unknown || answer.outcome == Outcome::not_sent;
    answer.effect = answer.has_no_trade ? payments::Effect::unpaid : payments::Effect::not_known;
    return answer;
}

payments::CloseAnswer parse_closeorder_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                              std::string_view number) {
    const Judged judged = judge(bytes, account, number, Call::closeorder);
    auto answer = make_answer<payments::CloseAnswer>(judged);
    answer.has_no_trade = judged.meaning.has_no_trade;
    const bool is_done = answer.outcome == Outcome::done;
    if (is_done && (is_of_another_call(judged.fields, "CLOSED") || judged.fields.find("recall") != nullptr)) {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
    }
    return answer;
}

payments::RefundAnswer parse_refund_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                           const ports::RefundRef& refund) {
    const Judged judged = judge(bytes, account, refund.trade_number, Call::refund);
    auto answer = make_answer<payments::RefundAnswer>(judged);
    const std::string_view said = judged.fields.get("out_refund_no");
    const bool is_other = !said.empty() && said != refund.refund_number;
    if (judged.is_authentic && (is_other || (answer.outcome == Outcome::done && said.empty()))) {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
    } else if (answer.outcome == Outcome::done) {
        read_refund(answer, judged.fields, "");
        answer.refunded_at.reset();
        // Accepted is not refunded.
        answer.outcome = HUITONG_MUTATED("accepted_is_refunded_wechat") ? Outcome::done : Outcome::pending;
        if (answer.refund_no.empty() || !answer.amount) make_unknown(answer, "incomplete");
    }
    return answer;
}

payments::RefundAnswer parse_refundquery_answer(std::string_view bytes, const ports::ChannelAccount& account,
                                                const ports::RefundRef& refund) {
    const Judged judged = judge(bytes, account, refund.trade_number, Call::refundquery);
    auto answer = make_answer<payments::RefundAnswer>(judged);
    answer.is_absent = judged.meaning.has_no_trade;
    if (answer.outcome != Outcome::done) return answer;
    const std::string suffix = suffix_of_refund(judged.fields, refund.refund_number);
    if (suffix.empty()) {
        make_unknown(answer, "mismatch");
        answer.is_authentic = false;
        return answer;
    }
    read_refund(answer, judged.fields, suffix);
    const std::string_view status = judged.fields.get("refund_status" + suffix);
    answer.code = status;
    if (status == "PROCESSING") {
        answer.outcome = Outcome::pending;
    } else if (status == "REFUNDCLOSE") {
        answer.outcome = Outcome::refused;
        answer.refusal = payments::Refusal::refund_closed;
    } else if (status == "CHANGE") {
        answer.outcome = Outcome::unknown;
        answer.is_abnormal = true;
    } else if (status != "SUCCESS") {
        make_unknown(answer, "unlisted");
    } else if (!answer.amount) {
        make_unknown(answer, "incomplete");
    }
    return answer;
}

}  // namespace huitong::channels::wechat

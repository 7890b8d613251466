// What a channel's answer decides, as far as spec/channels says so (1A.4–1A.10, 2.3–2.8, 3.7). Signatures are
// not checked here: the witness sees what the channel really answered.
#include <algorithm>

#include "auditor/messages.hpp"
#include "codec/json.hpp"
#include "codec/xml.hpp"
#include "core/money.hpp"

namespace huitong::auditor {

namespace {

using Texts = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view text, Texts texts) {
    return std::ranges::find(texts, text) != texts.end();
}

std::optional<std::int64_t> fen_of(std::string_view minor) {
    const auto fen = core::parse_minor(minor);
    return fen ? std::optional(*fen) : std::nullopt;
}

std::optional<std::int64_t> fen_of_yuan(std::string_view yuan) {
    const auto money = core::parse_decimal(yuan, core::Currency::CNY);
    return money ? std::optional(money->minor()) : std::nullopt;
}

// Our keys, numbers or permissions are wrong, or too many calls came: the call was not executed.
bool is_turned_away(std::string_view code) {
    return is_one_of(
        code, {"SIGNERROR", "PARAM_ERROR", "LACK_PARAMS", "XML_FORMAT_ERROR", "POST_DATA_EMPTY", "NOT_UTF8",
               "REQUIRE_POST_METHOD", "NOAUTH", "APPID_NOT_EXIST", "MCHID_NOT_EXIST", "APPID_MCHID_NOT_MATCH",
               "FREQUENCY_LIMITED", "RATELIMIT", "INVALID_REQ_TOO_MUCH"});
}

bool is_pay_refusal(std::string_view code) {
    return is_turned_away(code) ||
           is_one_of(code, {"NOTENOUGH", "AUTHCODEEXPIRE", "AUTH_CODE_ERROR", "AUTH_CODE_INVALID",
                            "NOTSUPORTCARD", "TRADE_ERROR", "RULELIMIT", "USER_ACCOUNT_ABNORMAL",
                            "BUYER_MISMATCH", "ORDERREVERSED", "ORDERCLOSED"});
}

bool is_reverse_refusal(std::string_view code) {
    return is_turned_away(code) ||
           is_one_of(code, {"REVERSE_EXPIRE", "TRADE_STATE_ERROR", "NOTENOUGH", "INVALID_TRANSACTIONID"});
}

bool is_refund_refusal(std::string_view code) {
    return is_turned_away(code) ||
           is_one_of(code, {"NOTENOUGH", "TRADE_OVERDUE", "USER_ACCOUNT_ABNORMAL", "ERROR", "ORDERNOTEXIST",
                            "INVALID_TRANSACTIONID", "TRADE_STATE_ERROR"});
}

ChannelAnswer wechat_failure(ChannelOp op, std::string_view code, std::string_view recall) {
    ChannelAnswer answer{.code = std::string(code)};
    const bool is_absent = code == "ORDERNOTEXIST" || code == "REFUNDNOTEXIST";
    switch (op) {
        case ChannelOp::pay:
            if (code == "USERPAYING") answer.says = Says::waiting;
            if (is_pay_refusal(code)) answer.says = Says::refused;
            break;
        case ChannelOp::launch:
            if (is_pay_refusal(code)) answer.says = Says::refused;
            break;
        case ChannelOp::query:
        case ChannelOp::refund_query:
            if (is_absent) answer.says = Says::absent;
            break;
        case ChannelOp::reverse:
            if (recall == "Y") break;
            if (is_reverse_refusal(code)) answer.says = Says::refused;
            if (is_absent) answer.says = Says::absent;
            break;
        case ChannelOp::refund:
            if (is_refund_refusal(code)) answer.says = Says::refused;
            break;
        case ChannelOp::close:
            if (is_one_of(code, {"ORDERPAID", "TRADE_STATE_ERROR"})) answer.says = Says::refused;
            if (code == "ORDERCLOSED") answer.says = Says::undone;
            if (is_absent) answer.says = Says::absent;
            break;
    }
    return answer;
}

Says says_of_trade_state(std::string_view state) {
    if (state == "SUCCESS") return Says::paid;
    if (state == "REFUND") return Says::paid_and_back;
    if (is_one_of(state, {"NOTPAY", "USERPAYING", "ACCEPT"})) return Says::waiting;
    if (state == "PAYERROR") return Says::pay_failed;
    if (is_one_of(state, {"CLOSED", "REVOKED"})) return Says::undone;
    return Says::unknown;
}

// The entry of a refundquery answer that is about this refund.
void read_wechat_refund(ChannelAnswer& answer, const codec::XmlFields& fields, std::string_view number) {
    for (const auto& [name, value] : fields.all()) {
        if (!name.starts_with("out_refund_no_") || value != number) continue;
        const std::string suffix = name.substr(std::string_view("out_refund_no").size());
        const std::string_view status = fields.get("refund_status" + suffix);
        answer.code = status;
        answer.amount = fen_of(fields.get("refund_fee" + suffix));
        if (status == "SUCCESS") answer.says = Says::refunded;
        if (status == "PROCESSING") answer.says = Says::accepted;
        if (status == "REFUNDCLOSE") answer.says = Says::refund_closed;
        if (status == "CHANGE") answer.says = Says::abnormal;
        return;
    }
}

ChannelAnswer wechat_success(const ChannelCall& call, const codec::XmlFields& fields) {
    ChannelAnswer answer{.code = "SUCCESS"};
    const std::string_view named = fields.get("out_trade_no");
    const bool is_ours = call.number.empty() || named == call.number;
    switch (call.op) {
        case ChannelOp::pay:
            answer.amount = fen_of(fields.get("total_fee"));
            if (is_ours) answer.says = Says::paid;
            break;
        case ChannelOp::launch:
            answer.says = Says::waiting;
            break;
        case ChannelOp::query:
            answer.code = fields.get("trade_state");
            answer.amount = fen_of(fields.get("total_fee"));
            if (is_ours) answer.says = says_of_trade_state(answer.code);
            break;
        case ChannelOp::reverse:
            if (fields.get("recall") != "Y") answer.says = Says::undone;
            break;
        case ChannelOp::refund:
            answer.amount = fen_of(fields.get("refund_fee"));
            if (fields.get("out_refund_no") == call.refund_number) answer.says = Says::accepted;
            break;
        case ChannelOp::refund_query:
            read_wechat_refund(answer, fields, call.refund_number);
            break;
        case ChannelOp::close:
            answer.says = Says::undone;
            break;
    }
    return answer;
}

ChannelAnswer read_wechat_answer(const ChannelCall& call, std::string_view body) {
    const auto fields = codec::parse_flat_xml(body);
    if (!fields) return {.code = "unreadable", .is_signed = false};
    if (fields->get("return_code") != "SUCCESS") {
        // Unsigned: only that the call was turned away at the door is believed.
        const std::string_view err_code = fields->get("err_code");
        const std::string_view message = fields->get("return_msg");
        bool is_door = is_turned_away(err_code.empty() ? message : err_code);
        for (const std::string_view text : {"签名", "证书出错", "缺少参数", "参数格式校验错误"}) {
            is_door = is_door || (err_code.empty() && message.starts_with(text));
        }
        is_door = is_door && fields->get("return_code") == "FAIL";
        return {.says = is_door ? Says::refused : Says::unknown,
                .code = std::string(message),
                .is_signed = false};
    }
    if (fields->get("result_code") == "SUCCESS") return wechat_success(call, *fields);
    return wechat_failure(call.op, fields->get("err_code"), fields->get("recall"));
}

using Members = codec::Json;

std::string_view text_of(const Members& object, std::string_view name) {
    const codec::Json* const member = object.find(name);
    const std::string* const text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

// spec/channels 2.3: what was refused for good; everything unlisted decides nothing.
bool is_alipay_pay_refusal(std::string_view code) {
    static constexpr Texts refusals = {"ACQ.TRADE_HAS_CLOSE",
                                       "ACQ.PAYMENT_AUTH_CODE_INVALID",
                                       "ACQ.BUYER_BALANCE_NOT_ENOUGH",
                                       "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
                                       "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
                                       "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
                                       "ACQ.BUYER_SELLER_EQUAL",
                                       "ACQ.TRADE_BUYER_NOT_MATCH",
                                       "ACQ.BUYER_ENABLE_STATUS_FORBID",
                                       "ACQ.PULL_MOBILE_CASHIER_FAIL",
                                       "ACQ.MOBILE_PAYMENT_SWITCH_OFF",
                                       "ACQ.USER_FACE_PAYMENT_SWITCH_OFF",
                                       "ACQ.PAYMENT_FAIL",
                                       "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
                                       "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
                                       "ACQ.BEYOND_PAY_RESTRICTION",
                                       "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
                                       "ACQ.PAYMENT_REQUEST_HAS_RISK",
                                       "ACQ.INVALID_PARAMETER",
                                       "ACQ.ACCESS_FORBIDDEN",
                                       "ACQ.EXIST_FORBIDDEN_WORD",
                                       "ACQ.PARTNER_ERROR",
                                       "ACQ.TOTAL_FEE_EXCEED",
                                       "ACQ.SELLER_BEEN_BLOCKED",
                                       "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"};
    return is_one_of(code, refusals);
}

ChannelAnswer alipay_failure(ChannelOp op, std::string_view code, std::string_view sub_code) {
    ChannelAnswer answer{.code = std::string(sub_code.empty() ? code : sub_code)};
    const bool is_system_error = sub_code.ends_with("SYSTEM_ERROR") || sub_code.ends_with("unknow-error");
    if (code == "20000" || is_system_error) return answer;
    if (code != "40004") {
        const bool is_known = is_one_of(code, {"20001", "40001", "40002", "40003", "40005", "40006"});
        const bool is_question = op == ChannelOp::query || op == ChannelOp::refund_query;
        if (is_known && !is_question) answer.says = Says::refused;
        return answer;
    }
    const bool is_absent = sub_code == "ACQ.TRADE_NOT_EXIST";
    switch (op) {
        case ChannelOp::pay:
        case ChannelOp::launch:
            if (is_alipay_pay_refusal(sub_code)) answer.says = Says::refused;
            break;
        case ChannelOp::query:
        case ChannelOp::refund_query:
            if (is_absent) answer.says = Says::absent;
            break;
        case ChannelOp::reverse:
        case ChannelOp::close:
            answer.says = is_absent ? Says::absent : Says::refused;
            break;
        case ChannelOp::refund:
            if (sub_code != "ACQ.REFUND_CHARGE_ERROR") answer.says = Says::refused;
            break;
    }
    return answer;
}

Says says_of_trade_status(std::string_view status, bool was_paid) {
    if (status == "WAIT_BUYER_PAY") return Says::waiting;
    if (status == "TRADE_SUCCESS" || status == "TRADE_FINISHED") return Says::paid;
    if (status == "TRADE_CLOSED") return was_paid ? Says::paid_and_back : Says::undone;
    return Says::unknown;
}

ChannelAnswer alipay_success(const ChannelCall& call, const Members& members) {
    ChannelAnswer answer{.code = "10000"};
    const bool is_ours = text_of(members, "out_trade_no") == call.number;
    switch (call.op) {
        case ChannelOp::pay:
            answer.amount = fen_of_yuan(text_of(members, "total_amount"));
            if (is_ours) answer.says = Says::paid;
            break;
        case ChannelOp::launch:
            if (is_ours) answer.says = Says::waiting;
            break;
        case ChannelOp::query:
            answer.code = text_of(members, "trade_status");
            answer.amount = fen_of_yuan(text_of(members, "total_amount"));
            if (is_ours)
                answer.says = says_of_trade_status(answer.code, !text_of(members, "send_pay_date").empty());
            break;
        case ChannelOp::reverse:
            if (!is_ours || text_of(members, "retry_flag") != "N") break;
            answer.code = text_of(members, "action");
            answer.says = answer.code.empty() ? Says::absent : Says::undone;
            break;
        case ChannelOp::refund: {
            if (!is_ours) break;
            const bool has_moved = text_of(members, "fund_change") == "Y";
            answer.code = has_moved ? "fund_change=Y" : "fund_change=N";
            answer.says = has_moved ? Says::refunded : Says::accepted;
            break;
        }
        case ChannelOp::refund_query: {
            const std::string_view number = text_of(members, "out_request_no");
            const bool is_of_another = !number.empty() && number != call.refund_number;
            answer.code = text_of(members, "refund_status");
            answer.amount = fen_of_yuan(text_of(members, "refund_amount"));
            if (answer.code.empty() && !is_of_another) answer.says = Says::absent;
            if (answer.code == "REFUND_SUCCESS" && is_ours && number == call.refund_number)
                answer.says = Says::refunded;
            break;
        }
        case ChannelOp::close:
            if (is_ours) answer.says = Says::undone;
            break;
    }
    return answer;
}

ChannelAnswer read_alipay_answer(const ChannelCall& call, std::string_view body) {
    const auto json = codec::parse_json(body);
    if (!json || json->as_object() == nullptr) return {.code = "unreadable", .is_signed = false};
    for (const auto& [name, members] : *json->as_object()) {
        if (!name.ends_with("_response") || members.as_object() == nullptr) continue;
        const std::string_view code = text_of(members, "code");
        if (code == "10000") return alipay_success(call, members);
        if (code == "10003" && call.op == ChannelOp::pay) return {.says = Says::waiting, .code = "10003"};
        return alipay_failure(call.op, code, text_of(members, "sub_code"));
    }
    return {.code = "unreadable", .is_signed = false};
}

}  // namespace

ChannelAnswer read_channel_answer(const ChannelCall& call, const net::Response& answer) {
    if (answer.status != 200) return {.code = "http " + std::to_string(answer.status), .is_signed = false};
    return call.side == Side::wechat ? read_wechat_answer(call, answer.body)
                                     : read_alipay_answer(call, answer.body);
}

}  // namespace huitong::auditor

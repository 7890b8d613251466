// The terminal API's calls and answers (spec/upay §1.2, §3, §4), and what makes an answer no envelope.
#include <algorithm>
#include <array>

#include "auditor/messages.hpp"
#include "codec/json.hpp"
#include "core/money.hpp"

namespace huitong::auditor {

namespace {

using codec::Json;
using Texts = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view text, Texts texts) {
    return std::ranges::find(texts, text) != texts.end();
}

std::string text_of(const Json* object, std::string_view name) {
    const Json* const member = object == nullptr ? nullptr : object->find(name);
    if (member == nullptr) return {};
    if (const auto* text = member->as_string()) return *text;
    if (const auto* number = member->as_number()) return number->text;
    return {};
}

std::optional<std::int64_t> fen_of(const std::string& text) {
    const auto fen = core::parse_minor(text);
    return fen ? std::optional(*fen) : std::nullopt;
}

TillOp op_of(std::string_view name) {
    if (name == "pay") return TillOp::pay;
    if (name == "precreate") return TillOp::precreate;
    if (name == "query") return TillOp::query;
    if (name == "cancel" || name == "revoke") return TillOp::cancel;
    if (name == "refund") return TillOp::refund;
    if (name == "activate") return TillOp::activate;
    return TillOp::other;
}

bool is_amount(const Json& member) {
    const auto* text = member.as_string();
    return text != nullptr && fen_of(*text).has_value();
}

// spec/upay 1.2: every scalar is a string; closed lists; amounts are never empty.
std::string data_defect(const Json& data) {
    const auto* members = data.as_object();
    if (members == nullptr) return data.is_null() ? "" : "data is no object";
    for (const auto& [name, value] : *members) {
        const bool is_scalar = value.as_object() == nullptr && value.as_array() == nullptr;
        if (is_scalar && value.as_string() == nullptr) return name + " is no string";
        const bool is_money = name == "total_amount" || name == "net_amount" || name == "refund_amount";
        if (is_money && !is_amount(value)) return name + " is no amount";
    }
    static constexpr Texts order_statuses = {"CREATED",           "PAID",
                                             "PAY_CANCELED",      "PAY_ERROR",
                                             "REFUNDED",          "PARTIAL_REFUNDED",
                                             "REFUND_INPROGRESS", "REFUND_ERROR",
                                             "CANCELED",          "CANCEL_ERROR",
                                             "CANCEL_INPROGRESS"};
    const std::string order_status = text_of(&data, "order_status");
    if (!is_one_of(order_status, order_statuses)) return "order_status " + order_status;
    for (const std::string_view name : {"sn", "client_sn", "status", "total_amount", "net_amount"}) {
        if (text_of(&data, name).empty()) return "no " + std::string(name);
    }
    return {};
}

bool is_biz_code_of(TillOp op, std::string_view code) {
    if (code == "FAIL") return true;
    switch (op) {
        case TillOp::pay:
            return is_one_of(code, {"PAY_SUCCESS", "PAY_FAIL", "PAY_IN_PROGRESS", "PAY_FAIL_ERROR",
                                    "PAY_FAIL_IN_PROGRESS"});
        case TillOp::precreate:
            return is_one_of(code, {"PRECREATE_SUCCESS", "PRECREATE_FAIL", "PRECREATE_FAIL_ERROR",
                                    "PRECREATE_FAIL_IN_PROGRESS"});
        case TillOp::query:
            return code == "SUCCESS";
        case TillOp::cancel:
            return is_one_of(code,
                             {"CANCEL_SUCCESS", "CANCEL_ERROR", "CANCEL_IN_PROGRESS", "CANCEL_ABORT_SUCCESS",
                              "CANCEL_ABORT_ERROR", "CANCEL_ABORT_IN_PROGRESS"});
        case TillOp::refund:
            return is_one_of(code, {"REFUND_SUCCESS", "REFUND_FAIL", "REFUND_ERROR", "REFUND_IN_PROGRESS"});
        case TillOp::activate:
        case TillOp::other:
            return true;
    }
    return false;
}

// What the code and the status of one answer may say together (spec/upay 5.1, 5.3, 5.4).
bool fits(std::string_view biz, std::string_view status) {
    static constexpr Texts paid = {"PAID", "PARTIAL_REFUNDED", "REFUNDED", "REFUND_INPROGRESS",
                                   "REFUND_ERROR"};
    if (biz == "PAY_SUCCESS") return is_one_of(status, paid);
    if (biz == "PAY_FAIL" || biz == "PRECREATE_FAIL") return is_one_of(status, {"PAY_CANCELED", "CANCELED"});
    if (biz == "PRECREATE_SUCCESS") return is_one_of(status, {"CREATED", "PAID"});
    if (biz == "PAY_IN_PROGRESS") return status == "CREATED";
    if (biz == "CANCEL_SUCCESS") return status == "CANCELED";
    if (biz == "CANCEL_ABORT_SUCCESS") return is_one_of(status, {"PAY_CANCELED", "CANCELED"});
    if (biz == "REFUND_SUCCESS") return is_one_of(status, {"REFUNDED", "PARTIAL_REFUNDED"});
    return true;
}

void read_biz(TillAnswer& answer, TillOp op, const Json& biz) {
    answer.biz = text_of(&biz, "result_code");
    answer.error_code = text_of(&biz, "error_code");
    const Json* const inner = biz.find("data");
    const bool is_flat = op == TillOp::activate || op == TillOp::other;
    const Json* const data = inner == nullptr && is_flat ? &biz : inner;
    answer.terminal_sn = text_of(data, "terminal_sn");
    answer.merchant_sn = text_of(data, "merchant_sn");
    answer.store_sn = text_of(data, "store_sn");
    if (is_flat) return;
    answer.sn = text_of(data, "sn");
    answer.client_sn = text_of(data, "client_sn");
    answer.trade_no = text_of(data, "trade_no");
    answer.order_status = text_of(data, "order_status");
    answer.status = text_of(data, "status");
    answer.request_no = text_of(data, "refund_request_no");
    answer.total = fen_of(text_of(data, "total_amount"));
    answer.net = fen_of(text_of(data, "net_amount"));
    answer.refund = fen_of(text_of(data, "refund_amount"));
    answer.launch = text_of(data, "qr_code") + text_of(data, "wap_pay_request");
    const bool is_launched = op == TillOp::precreate && answer.order_status == "CREATED";
    if (is_launched && answer.biz == "PRECREATE_SUCCESS" && answer.launch.empty())
        answer.defect = "an order that nobody can begin";
    if (!is_biz_code_of(op, answer.biz)) answer.defect = "biz result_code " + answer.biz;
    if (answer.biz == "FAIL" && answer.error_code.empty()) answer.defect = "FAIL without error_code";
    if (data == nullptr || data->is_null()) {
        const bool needs_data =
            is_one_of(answer.biz, {"PAY_SUCCESS", "PAY_FAIL", "PAY_IN_PROGRESS", "PAY_FAIL_IN_PROGRESS",
                                   "PRECREATE_SUCCESS", "SUCCESS", "REFUND_SUCCESS", "CANCEL_SUCCESS",
                                   "CANCEL_ABORT_SUCCESS"});
        if (needs_data) answer.defect = answer.biz + " without data";
        return;
    }
    if (answer.defect.empty()) answer.defect = data_defect(*data);
    if (answer.defect.empty() && !fits(answer.biz, answer.order_status))
        answer.defect = answer.biz + " with " + answer.order_status;
}

}  // namespace

std::optional<TillCall> read_till_call(const net::Request& request) {
    const std::string_view path = request.path();
    const bool is_ours = path.starts_with("/upay/v2/") || path.starts_with("/terminal/");
    if (!is_ours) return std::nullopt;
    TillCall call;
    call.name = path.substr(path.rfind('/') + 1);
    call.op = op_of(call.name);
    const auto json = codec::parse_json(request.body);
    if (!json) return call;
    call.terminal_sn = text_of(&*json, "terminal_sn");
    call.client_sn = text_of(&*json, "client_sn");
    call.sn = text_of(&*json, "sn");
    call.request_no = text_of(&*json, "refund_request_no");
    call.code = text_of(&*json, "dynamic_id");
    call.payway = text_of(&*json, "payway");
    call.subject = text_of(&*json, "subject");
    call.amount = fen_of(text_of(&*json, call.op == TillOp::refund ? "refund_amount" : "total_amount"));
    return call;
}

TillAnswer read_till_answer(TillOp op, std::string_view body) {
    TillAnswer answer;
    const auto json = codec::parse_json(body);
    if (!json || json->as_object() == nullptr) {
        answer.defect = "no JSON object";
        return answer;
    }
    const Json* const code = json->find("result_code");
    answer.result_code = text_of(&*json, "result_code");
    answer.error_code = text_of(&*json, "error_code");
    const bool is_text = code != nullptr && code->as_string() != nullptr;
    if (!is_text || !is_one_of(answer.result_code, {"200", "400", "500"})) {
        answer.defect = "result_code " + answer.result_code;
        return answer;
    }
    const Json* const biz = json->find("biz_response");
    if (answer.result_code != "200") {
        if (biz != nullptr && !biz->is_null()) answer.defect = "biz_response beside an error";
        if (answer.error_code.empty()) answer.defect = "an error without error_code";
        return answer;
    }
    if (biz != nullptr && biz->as_object() != nullptr) {
        read_biz(answer, op, *biz);
    } else if (op != TillOp::other) {
        answer.defect = "no biz_response";
    }
    return answer;
}

Word TillAnswer::word() const {
    const std::string_view said = order_status;
    if (said.empty()) return biz == "PAY_FAIL" || biz == "PRECREATE_FAIL" ? Word::over : Word::none;
    if (is_one_of(said, {"CREATED", "CANCEL_INPROGRESS"})) return Word::open;
    if (is_one_of(said, {"PAY_CANCELED", "CANCELED"})) return Word::over;
    if (is_one_of(said, {"PAY_ERROR", "CANCEL_ERROR"})) return Word::trouble;
    return Word::paid;
}

std::string TillAnswer::text() const {
    std::string line = biz.empty() ? result_code : biz;
    for (const std::string* const part : {&error_code, &order_status}) {
        if (!part->empty()) line += " " + *part;
    }
    if (net && total && *net != *total) line += " net " + core::to_decimal(core::fen(*net));
    return line;
}

}  // namespace huitong::auditor

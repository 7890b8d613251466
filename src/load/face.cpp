#include "load/face.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::load {

namespace {

std::string text_of(const codec::Json* object, std::string_view name) {
    const codec::Json* const member = object == nullptr ? nullptr : object->find(name);
    const std::string* const text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string() : *text;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
    return std::ranges::find(all, text) != all.end();
}

// The codes of the communication level: only an unknown error leaves open what was done (spec/upay 1.3).
Verdict outer_verdict(const Answer& answer) {
    if (answer.result_code == "400") return Verdict::refused;
    const bool is_certain = is_one_of(answer.error_code, {"MAINTENANCE_INPROGRESS", "REQUEST_FAIL",
                                                          "PAY_STATUS_CLOSED", "EXTERNAL_SERVICE_EXCEPTION"});
    return is_certain ? Verdict::refused : Verdict::unknown;
}

Verdict pay_verdict(const Answer& answer) {
    if (is_one_of(answer.biz_result_code, {"PAY_SUCCESS", "PAY_FAIL"})) return Verdict::definite;
    return answer.biz_result_code == "FAIL" ? Verdict::refused : Verdict::unknown;
}

Verdict query_verdict(const Answer& answer) {
    const bool is_absent = answer.error_code == "UPAY_ORDER_NOT_EXISTS";
    const bool is_final = is_absent || is_final_status(answer.get("order_status"));
    return is_final ? Verdict::definite : Verdict::unknown;
}

Verdict cancel_verdict(const Answer& answer) {
    // Refused because it is over already, which the order beside it shows, or because nothing may be done.
    if (answer.error_code == "UPAY_CANCEL_ORDER_NOOP") return Verdict::definite;
    if (answer.biz_result_code == "FAIL") return Verdict::refused;
    return is_final_status(answer.get("order_status")) ? Verdict::definite : Verdict::unknown;
}

Verdict refund_verdict(const Answer& answer) {
    const bool is_told = is_one_of(answer.biz_result_code, {"REFUND_SUCCESS", "REFUND_FAIL"});
    if (is_told || answer.error_code == "UPAY_REFUND_ORDER_NOOP") return Verdict::definite;
    return answer.biz_result_code == "FAIL" ? Verdict::refused : Verdict::unknown;
}

Verdict business_verdict(Operation operation, const Answer& answer) {
    switch (operation) {
        case Operation::pay:
            return pay_verdict(answer);
        case Operation::query:
            return query_verdict(answer);
        case Operation::cancel:
            return cancel_verdict(answer);
        case Operation::refund:
            return refund_verdict(answer);
    }
    return Verdict::unknown;
}

}  // namespace

std::string Answer::get(std::string_view name) const {
    return text_of(&data, name);
}

net::Request make_request(const Identity& signer, std::string path, codec::JsonObject body) {
    net::Request request;
    request.target = std::move(path);
    request.body = codec::write_json(codec::Json(std::move(body)));
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Authorization", signer.sn + " " + crypto::md5_hex(request.body, signer.key));
    return request;
}

core::Result<Answer> read_answer(net::Response response) {
    if (response.status != 200) {
        return core::fail(core::Code::unknown_outcome, "bad_answer",
                          "HTTP " + std::to_string(response.status));
    }
    auto json = codec::parse_json(response.body);
    if (!json || !json->as_object()) return core::fail(core::Code::unknown_outcome, "bad_answer");
    Answer answer;
    const codec::Json* const biz = json->find("biz_response");
    answer.result_code = text_of(&*json, "result_code");
    answer.biz_result_code = text_of(biz, "result_code");
    answer.error_code = text_of(&*json, "error_code");
    if (answer.error_code.empty()) answer.error_code = text_of(biz, "error_code");
    if (biz != nullptr) {
        const codec::Json* const data = biz->find("data");
        answer.data = data != nullptr ? *data : *biz;
    }
    answer.body = std::move(response.body);
    return answer;
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::definite:
            return "definite";
        case Verdict::refused:
            return "refused";
        case Verdict::unknown:
            return "unknown";
    }
    return "";
}

Outcome classify(Operation operation, const core::Result<Answer>& answer) {
    if (!answer) {
        const bool is_unsent = answer.error().code == core::Code::unavailable;
        return {is_unsent ? Verdict::refused : Verdict::unknown, answer.error().reason};
    }
    if (answer->result_code != "200") {
        const std::string& code = answer->error_code;
        return {outer_verdict(*answer), code.empty() ? "result_code " + answer->result_code : code};
    }
    const bool is_query = operation == Operation::query;
    const std::string status = answer->get("order_status");
    std::string word = is_query && !status.empty() ? status : answer->biz_result_code;
    if (!answer->error_code.empty()) word += " " + answer->error_code;
    return {business_verdict(operation, *answer), std::move(word)};
}

bool is_final_status(std::string_view order_status) {
    return is_one_of(order_status, {"PAID", "PAY_CANCELED", "CANCELED", "PARTIAL_REFUNDED", "REFUNDED"});
}

}  // namespace huitong::load

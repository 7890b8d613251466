// The signature covers the object's exact text and comes last, as the official SDK expects.
#include "sim/alipay/answers.hpp"

#include <algorithm>

#include "codec/json.hpp"

namespace huitong::sim::alipay {

namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

struct Code {
    std::string_view code;
    std::string_view msg;
    std::string_view sub_code = {};  // where the caller does not give one
};

constexpr Code codes[] = {
    {"10000", "Success"},
    {"10003", " order success pay inprocess"},
    {"20000", "Service Currently Unavailable", "aop.unknow-error"},
    {"20001", "Insufficient Token Permissions", "aop.invalid-app-auth-token"},
    {"40001", "Missing Required Arguments"},
    {"40002", "Invalid Arguments"},
    {"40004", "Business Failed"},
    {"40005", "Call Limited", "isv.app-call-limited"},
    {"40006", "Insufficient Permissions", "isv.insufficient-isv-permissions"},
};

const Code& code_of(std::string_view text) {
    const auto* const row = std::ranges::find_if(
        codes, [&](const Code& one) { return one.code == text || (!text.empty() && one.sub_code == text); });
    if (row != std::end(codes)) return *row;
    std::string_view code = "40004";
    if (text.starts_with("isv.")) code = text.starts_with("isv.missing") ? "40001" : "40002";
    if (text.starts_with("isp.") || text.starts_with("aop.")) code = "20000";
    return *std::ranges::find(codes, code, &Code::code);
}

Outcome begin(const Call& call, const Code& code) {
    Outcome outcome;
    outcome.signer = call.caller;
    outcome.key = call.answer_key.empty() ? "error_response" : call.answer_key;
    outcome.fields.reserve(20);
    outcome.add("code", code.code);
    outcome.add("msg", code.msg);
    return outcome;
}

// Alipay writes "/" as "\/"; compact JSON has it only inside strings.
std::string escape_slashes(std::string_view json) {
    std::string out;
    out.reserve(json.size() + 8);
    for (const char c : json) {
        if (c == '/') out += '\\';
        out += c;
    }
    return out;
}

std::string write_object(Outcome& outcome) {
    JsonObject members;
    for (auto& [name, value] : outcome.fields) members.emplace_back(std::move(name), Json(std::move(value)));
    if (!outcome.fund_amount.empty()) {
        JsonArray funds;
        funds.emplace_back(JsonObject{{"amount", outcome.fund_amount}, {"fund_channel", "ALIPAYACCOUNT"}});
        members.emplace_back("fund_bill_list", Json(std::move(funds)));
    }
    return escape_slashes(codec::write_json(Json(std::move(members))));
}

std::string write_body(Outcome& outcome) {
    const std::string object = write_object(outcome);
    std::string body = "{\"" + outcome.key + "\":" + object;
    if (outcome.signer == nullptr) return body + "}";
    const std::string& cert_sn = outcome.signer->merchant->certificates.alipay_cert_sn;
    if (!cert_sn.empty()) body += ",\"alipay_cert_sn\":\"" + cert_sn + "\"";
    std::string signature = sign(*outcome.signer, object);
    if (outcome.has_bad_sign) signature[0] = signature[0] == 'A' ? 'B' : 'A';
    return body + ",\"sign\":\"" + signature + "\"}";
}

}  // namespace

Outcome succeed(const Call& call) {
    return begin(call, codes[0]);
}

Outcome fail(const Call& call, std::string_view code, std::string_view text) {
    const Code& row = code_of(code);
    Outcome outcome = begin(call, row);
    const std::string_view sub_code = row.code == code ? row.sub_code : code;
    if (sub_code.empty()) return outcome;
    outcome.add("sub_code", sub_code);
    outcome.add("sub_msg", text);
    return outcome;
}

net::Response render(Outcome outcome, std::string trace_id) {
    if (!outcome.location.empty()) {
        auto redirect = net::make_response(302, "text/html;charset=utf-8", {});
        redirect.headers.set("Location", std::move(outcome.location));
        redirect.delivery = outcome.delivery;
        return redirect;
    }
    std::string body = outcome.raw_body ? std::move(*outcome.raw_body) : write_body(outcome);
    auto response = net::make_response(outcome.status, "text/html;charset=utf-8", std::move(body));
    response.headers.set("trace_id", std::move(trace_id));
    response.delivery = outcome.delivery;
    return response;
}

}  // namespace huitong::sim::alipay

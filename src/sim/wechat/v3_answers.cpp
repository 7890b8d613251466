// One table says which HTTP status and which spelling a code has.
#include "sim/wechat/v3_answers.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::sim::wechat::v3 {

namespace {

struct CodeRow {
    std::string_view err_code;  // of API v2
    int status;
    std::string_view code;  // of API v3
};

constexpr int status_of_others = 403;

constexpr CodeRow code_rows[] = {
    {"USERPAYING", 202, "USERPAYING"},
    {"PARAM_ERROR", 400, "PARAM_ERROR"},
    {"LACK_PARAMS", 400, "PARAM_ERROR"},
    {"INVALID_REQUEST", 400, "INVALID_REQUEST"},
    {"ERROR", 400, "INVALID_REQUEST"},
    {"ORDERPAID", 400, "ORDERPAID"},
    {"ORDERCLOSED", 400, "ORDER_CLOSED"},
    {"ORDERREVERSED", 400, "ORDER_CLOSED"},
    {"TRADE_STATE_ERROR", 400, "TRADE_STATE_ERROR"},
    {"REVERSE_EXPIRE", 400, "REVERSE_EXPIRE"},
    {"MCHID_NOT_EXIST", 400, "MCH_NOT_EXISTS"},
    {"APPID_MCHID_NOT_MATCH", 400, "APPID_MCHID_NOT_MATCH"},
    {"NO_STATEMENT_EXIST", 400, "NO_STATEMENT_EXIST"},
    {"SIGNERROR", 401, "SIGN_ERROR"},
    {"NOAUTH", 403, "NO_AUTH"},
    {"ORDERNOTEXIST", 404, "ORDER_NOT_EXIST"},
    {"REFUNDNOTEXIST", 404, "RESOURCE_NOT_EXISTS"},
    {"RESOURCE_NOT_EXISTS", 404, "RESOURCE_NOT_EXISTS"},
    {"FREQUENCY_LIMITED", 429, "FREQUENCY_LIMITED"},
    {"RATELIMIT_EXCEEDED", 429, "RATELIMIT_EXCEEDED"},
    {"RATE_LIMITED", 429, "RATE_LIMITED"},
    {"SYSTEMERROR", 500, "SYSTEM_ERROR"},
    {"BANKERROR", 500, "BANK_ERROR"},
    {"BIZERR_NEED_RETRY", 500, "BIZERR_NEED_RETRY"},
    {"INVALID_TRANSACTIONID", 500, "INVALID_TRANSACTIONID"},
    {"OPENID_MISMATCH", 500, "OPENID_MISMATCH"},
};

// The same code is spelled with and without underscores.
bool is_same_code(std::string_view a, std::string_view b) {
    const auto bare = [](std::string_view code) {
        std::string text(code);
        std::erase(text, '_');
        return text;
    };
    return bare(a) == bare(b);
}

CodeRow row_of(std::string_view err_code) {
    const auto* const row = std::ranges::find(code_rows, err_code, &CodeRow::err_code);
    return row != std::end(code_rows) ? *row : CodeRow{err_code, status_of_others, err_code};
}

// What a number that is taken meets when it is to pay or to be prepared.
bool is_number_taken(const Call& call, std::string_view err_code) {
    const bool is_begun = call.op == Op::pay || call.op == Op::launch;
    return is_begun && (err_code == "ORDERPAID" || err_code == "INVALID_REQUEST");
}

bool is_amount(std::string_view name) {
    return name.starts_with("amount.") && !name.ends_with("currency");
}

codec::Json to_value(const std::pair<std::string, std::string>& field) {
    if (is_amount(field.first)) return codec::JsonNumber{field.second};
    return field.second;
}

// What only the simulator itself reads.
constexpr std::string_view inner_name = "err_code";

Outcome begin(const CodeRow& row, std::string_view text) {
    Outcome outcome;
    outcome.api = Api::v3;
    outcome.status = row.status;
    outcome.add(inner_name, row.err_code);
    outcome.add("code", row.code);
    outcome.add("message", text);
    return outcome;
}

void sign(net::Response& response, const Pen& pen, bool is_bad) {
    Signature signature = pen.platform.sign(response.body, pen.now);
    if (is_bad) signature.value[0] = signature.value[0] == 'A' ? 'B' : 'A';
    response.headers.set("Wechatpay-Timestamp", std::move(signature.timestamp));
    response.headers.set("Wechatpay-Nonce", std::move(signature.nonce));
    response.headers.set("Wechatpay-Serial", std::move(signature.serial));
    response.headers.set("Wechatpay-Signature", std::move(signature.value));
    response.headers.set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048");
}

}  // namespace

codec::Json to_json(const Fields& fields) {
    codec::JsonObject object;
    for (auto at = fields.begin(); at != fields.end();) {
        const auto dot = at->first.find('.');
        if (dot == std::string::npos) {
            if (at->first != inner_name) object.emplace_back(at->first, to_value(*at));
            ++at;
            continue;
        }
        const std::string prefix = at->first.substr(0, dot + 1);
        codec::JsonObject inner;
        for (; at != fields.end() && at->first.starts_with(prefix); ++at) {
            inner.emplace_back(at->first.substr(dot + 1), to_value(*at));
        }
        object.emplace_back(prefix.substr(0, dot), std::move(inner));
    }
    return object;
}

void show_amount(Fields& fields, std::int64_t fen) {
    const bool is_refund =
        std::ranges::find(fields, "amount.refund", &Fields::value_type::first) != fields.end();
    for (auto& [name, value] : fields) {
        const bool is_total = name == "amount.total" || name == "amount.payer_total";
        const bool is_refunded = name == "amount.refund" || name == "amount.payer_refund";
        if (is_refund ? is_refunded : is_total) value = std::to_string(fen);
    }
}

Outcome refuse_call(std::string_view err_code, std::string_view text) {
    return begin(row_of(err_code), text);
}

Outcome succeed(const Call& call) {
    Outcome outcome;
    outcome.api = Api::v3;
    outcome.signer = call.merchant;
    if (call.op == Op::close) outcome.status = 204;
    if (call.op != Op::pay && call.op != Op::query && call.op != Op::reverse) return outcome;
    outcome.add("appid", call.merchant->appid);
    outcome.add("mchid", call.merchant->mch_id);
    return outcome;
}

Outcome fail(const Call& call, std::string_view err_code, std::string_view text) {
    if (call.op == Op::pay && err_code == "USERPAYING") {
        Outcome waiting = succeed(call);
        waiting.status = 202;
        waiting.fields = {{std::string(inner_name), "USERPAYING"}, {"trade_state", "USERPAYING"}};
        return waiting;
    }
    Outcome outcome = begin(row_of(is_number_taken(call, err_code) ? "OUT_TRADE_NO_USED" : err_code), text);
    outcome.signer = call.merchant;
    return outcome;
}

Outcome fail_verbatim(const Call& call, std::string_view code) {
    const auto* const row = std::ranges::find_if(code_rows, [&](const CodeRow& known) {
        return is_same_code(known.err_code, code) || is_same_code(known.code, code);
    });
    const bool is_known = row != std::end(code_rows);
    Outcome outcome =
        begin({is_known ? row->err_code : code, is_known ? row->status : status_of_others, code}, code);
    outcome.signer = call.merchant;
    return outcome;
}

Outcome fail_field(const Call& call, const BadField& bad) {
    Outcome outcome = fail(call, "PARAM_ERROR", "参数错误");
    outcome.add("detail.field", bad.field);
    outcome.add("detail.value", bad.value);
    outcome.add("detail.issue", bad.issue);
    outcome.add("detail.location", bad.location);
    return outcome;
}

net::Response render(Outcome outcome, const Pen& pen) {
    std::string body;
    if (outcome.raw_body) {
        body = std::move(*outcome.raw_body);
    } else if (outcome.json) {
        body = std::move(*outcome.json);
    } else if (outcome.status != 204) {
        body = codec::write_json(to_json(outcome.fields));
    }
    const bool is_file = outcome.raw_body && outcome.status == 200;
    const bool is_page = outcome.raw_body && !is_file;
    auto response = net::make_response(outcome.status,
                                       is_file   ? "application/octet-stream"
                                       : is_page ? "text/html"
                                                 : "application/json; charset=utf-8",
                                       std::move(body));
    response.delivery = outcome.delivery;
    response.headers.set("Request-ID", crypto::to_upper(pen.random.hex(32)));
    if (outcome.signer != nullptr && !outcome.raw_body) sign(response, pen, outcome.has_bad_sign);
    return response;
}

}  // namespace huitong::sim::wechat::v3

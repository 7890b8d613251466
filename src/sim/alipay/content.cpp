// biz_content: a table of rules per method, then what needs more than a length.
#include <algorithm>

#include "core/money.hpp"
#include "sim/alipay/checks.hpp"

namespace huitong::sim::alipay {

namespace {

constexpr std::int64_t max_total_fen = 10'000'000'000;

struct Rule {
    std::string_view name;
    bool is_required;
    std::size_t max_length;  // characters
};

constexpr Rule pay_rules[] = {
    {"out_trade_no", true, 64}, {"scene", true, 32},         {"auth_code", true, 64},
    {"subject", true, 256},     {"total_amount", true, 12},  {"seller_id", false, 28},
    {"body", false, 128},       {"operator_id", false, 28},  {"store_id", false, 32},
    {"terminal_id", false, 32}, {"product_code", false, 64}, {"timeout_express", false, 6},
};

constexpr Rule launch_rules[] = {
    {"out_trade_no", true, 64},
    {"subject", true, 256},
    {"total_amount", true, 12},
    {"seller_id", false, 28},
    {"body", false, 128},
    {"operator_id", false, 28},
    {"store_id", false, 32},
    {"terminal_id", false, 32},
    {"product_code", false, 64},
    {"timeout_express", false, 6},
    {"qr_code_timeout_express", false, 6},
    {"time_expire", false, 32},
    {"passback_params", false, 512},
    {"buyer_id", false, 28},
    {"buyer_open_id", false, 128},
    {"quit_url", false, 400},
};

constexpr Rule lookup_rules[] = {{"out_trade_no", false, 64}, {"trade_no", false, 64}};

constexpr Rule refund_rules[] = {
    {"out_trade_no", false, 64},   {"trade_no", false, 64},       {"refund_amount", true, 12},
    {"out_request_no", false, 64}, {"refund_reason", false, 256}, {"operator_id", false, 30},
    {"store_id", false, 32},       {"terminal_id", false, 32},
};

constexpr Rule refund_query_rules[] = {
    {"out_trade_no", false, 64}, {"trade_no", false, 64}, {"out_request_no", true, 64}};

std::span<const Rule> rules_of(Op op) {
    switch (op) {
        case Op::pay:
            return pay_rules;
        case Op::query:
        case Op::reverse:
        case Op::close:
            return lookup_rules;
        case Op::refund:
            return refund_rules;
        case Op::refund_query:
            return refund_query_rules;
        case Op::launch:
        case Op::create:
        case Op::open:
            return launch_rules;
        case Op::bill:
        case Op::bill_file:
        case Op::certificates:
            break;
    }
    return {};
}

bool is_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_trade_number(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
}

// ^(2[5-9]|30)\d{14,22}$
bool is_auth_code(std::string_view text) {
    if (text.size() < 16 || text.size() > 24 || !is_digits(text)) return false;
    return text.starts_with("30") || (text[0] == '2' && text[1] >= '5');
}

std::optional<Outcome> read_pay(Call& call, const codec::Json& content) {
    constexpr std::string_view scenes[] = {"bar_code", "wave_code", "security_code"};
    if (std::ranges::find(scenes, text_of(content, "scene")) == std::end(scenes))
        return bad_parameter(call, "scene");
    if (auto refused = read_sale(call, content)) return refused;
    call.auth_code = text_of(content, "auth_code");
    if (is_auth_code(call.auth_code)) return std::nullopt;
    return fail(call, "ACQ.PAYMENT_AUTH_CODE_INVALID", "支付授权码无效");
}

}  // namespace

std::optional<std::int64_t> parse_amount(std::string_view text) {
    const auto money = core::parse_decimal(text, core::Currency::CNY);
    if (!money || money->minor() < 1 || money->minor() > max_total_fen) return std::nullopt;
    return money->minor();
}

Outcome bad_parameter(const Call& call, std::string_view name) {
    return fail(call, "ACQ.INVALID_PARAMETER", std::string("参数无效：").append(name));
}

std::optional<Outcome> read_sale(Call& call, const codec::Json& content) {
    if (text_of(content, "subject").find_first_of("/=&") != std::string_view::npos) {
        return bad_parameter(call, "subject");
    }
    const auto amount = parse_amount(text_of(content, "total_amount"));
    if (!amount) return bad_parameter(call, "total_amount");
    call.amount_fen = *amount;
    const std::string_view seller = text_of(content, "seller_id");
    const std::string& own = call.caller->merchant->seller_id;
    if (!seller.empty() && !own.empty() && seller != own) return bad_parameter(call, "seller_id");
    return std::nullopt;
}

std::optional<Outcome> read_content(Call& call, const codec::Json& content) {
    for (const Rule& rule : rules_of(call.op)) {
        const std::string_view value = text_of(content, rule.name);
        if (value.empty() && rule.is_required) return bad_parameter(call, rule.name);
        if (value.size() > rule.max_length && codec::utf8_length(value) > rule.max_length) {
            return bad_parameter(call, rule.name);
        }
    }
    call.number = text_of(content, "out_trade_no");
    call.trade_id = text_of(content, "trade_no");
    if (!is_trade_number(call.number)) return bad_parameter(call, "out_trade_no");
    if (call.number.empty() && call.trade_id.empty()) return bad_parameter(call, "out_trade_no");
    if (call.op == Op::pay) return read_pay(call, content);
    call.refund_number = text_of(content, "out_request_no");
    call.reason = text_of(content, "refund_reason");
    if (call.op != Op::refund) return std::nullopt;
    const auto amount = parse_amount(text_of(content, "refund_amount"));
    if (!amount) return bad_parameter(call, "refund_amount");
    call.refund_fen = *amount;
    return std::nullopt;
}

}  // namespace huitong::sim::alipay

// The order of the checks is part of the behaviour: a caller that is not recognised learns nothing about
// fields.
#include "sim/wechat/checks.hpp"

#include <algorithm>
#include <span>

#include "codec/json.hpp"
#include "core/money.hpp"
#include "crypto/digest.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr std::int64_t max_total_fee = 100'000'000;

struct FieldRule {
    std::string_view name;
    bool is_required;
    std::size_t max_length;  // characters
};

constexpr FieldRule micropay_rules[] = {
    {"body", true, 128},        {"out_trade_no", true, 32},
    {"total_fee", true, 9},     {"spbill_create_ip", true, 64},
    {"auth_code", true, 128},   {"device_info", false, 32},
    {"detail", false, 6000},    {"attach", false, 127},
    {"fee_type", false, 16},    {"goods_tag", false, 32},
    {"limit_pay", false, 32},   {"time_start", false, 14},
    {"time_expire", false, 14}, {"receipt", false, 8},
    {"scene_info", false, 256}, {"profit_sharing", false, 16},
    {"sub_appid", false, 32},
};

constexpr FieldRule unified_rules[] = {
    {"body", true, 128},        {"out_trade_no", true, 32},
    {"total_fee", true, 9},     {"spbill_create_ip", true, 64},
    {"notify_url", true, 256},  {"trade_type", true, 16},
    {"device_info", false, 32}, {"detail", false, 6000},
    {"attach", false, 127},     {"fee_type", false, 16},
    {"goods_tag", false, 32},   {"limit_pay", false, 32},
    {"time_start", false, 14},  {"time_expire", false, 14},
    {"product_id", false, 32},  {"openid", false, 128},
    {"sub_openid", false, 128}, {"receipt", false, 8},
    {"scene_info", false, 256}, {"profit_sharing", false, 16},
    {"sub_appid", false, 32},
};

constexpr FieldRule lookup_rules[] = {
    {"out_trade_no", false, 32},
    {"transaction_id", false, 32},
    {"sub_appid", false, 32},
};

constexpr FieldRule close_rules[] = {
    {"out_trade_no", true, 32},
    {"sub_appid", false, 32},
};

constexpr FieldRule refund_rules[] = {
    {"out_trade_no", false, 32}, {"transaction_id", false, 32}, {"out_refund_no", true, 64},
    {"total_fee", true, 9},      {"refund_fee", true, 9},       {"refund_fee_type", false, 8},
    {"refund_desc", false, 80},  {"refund_account", false, 30}, {"notify_url", false, 256},
    {"sub_appid", false, 32},
};

constexpr FieldRule refund_query_rules[] = {
    {"out_trade_no", false, 32}, {"transaction_id", false, 32}, {"out_refund_no", false, 64},
    {"refund_id", false, 32},    {"offset", false, 9},          {"sub_appid", false, 32},
};

constexpr FieldRule bill_rules[] = {
    {"bill_date", false, 32},  // the bill's own words say what is wrong with these
    {"bill_type", false, 32},
    {"tar_type", false, 32},
};

std::span<const FieldRule> rules_of(Op op) {
    switch (op) {
        case Op::pay:
            return micropay_rules;
        case Op::query:
        case Op::reverse:
            return lookup_rules;
        case Op::refund:
            return refund_rules;
        case Op::refund_query:
            return refund_query_rules;
        case Op::close:
            return close_rules;
        case Op::launch:
            return unified_rules;
        case Op::bill:
            return bill_rules;
        case Op::bill_file:
        case Op::certificates:
        case Op::create:
        case Op::open:
            break;
    }
    return {};
}

struct Path {
    std::string_view path;
    Op op;
};

constexpr Path paths[] = {
    {"/pay/micropay", Op::pay},
    {"/pay/orderquery", Op::query},
    {"/secapi/pay/reverse", Op::reverse},
    {"/secapi/pay/refund", Op::refund},
    {"/pay/refundquery", Op::refund_query},
    {"/pay/closeorder", Op::close},
    {"/pay/unifiedorder", Op::launch},
    {"/pay/downloadbill", Op::bill},
};

bool is_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Finds who calls. Fills merchant and account.
std::optional<Outcome> identify(Call& call, const Options& options) {
    for (const char* const name : {"appid", "mch_id", "nonce_str", "sign"}) {
        const std::string_view value = call.fields.get(name);
        if (value.empty()) return refuse_call("LACK_PARAMS", std::string("缺少参数") + name);
        const std::size_t longest = std::string_view(name) == "sign" ? 64 : 32;
        if (value.size() > longest) return refuse_call("PARAM_ERROR", std::string("参数长度超限 ") + name);
    }
    const auto& merchants = options.wechat_merchants;
    const auto found = std::ranges::find(merchants, call.fields.get("mch_id"), &WechatMerchant::mch_id);
    if (found == merchants.end()) return refuse_call("MCHID_NOT_EXIST", "商户号mch_id不存在");
    const std::string_view appid = call.fields.get("appid");
    if (std::ranges::find(merchants, appid, &WechatMerchant::appid) == merchants.end()) {
        return refuse_call("APPID_NOT_EXIST", "APPID不存在");
    }
    if (found->appid != appid) return refuse_call("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配");
    call.merchant = &*found;
    call.account = static_cast<std::size_t>(found - merchants.begin());
    return std::nullopt;
}

std::optional<Outcome> verify_signature(Call& call) {
    const std::string_view type = call.fields.get("sign_type");
    if (!type.empty() && type != "MD5" && type != "HMAC-SHA256") {
        return refuse_call("PARAM_ERROR", "签名类型sign_type不支持");
    }
    call.sign_type = type == "HMAC-SHA256" ? SignType::hmac_sha256 : SignType::md5;
    const std::string expected = sign_fields(call.fields.all(), call.merchant->api_key, call.sign_type);
    if (!crypto::equal_constant_time(expected, call.fields.get("sign")))
        return refuse_call("SIGNERROR", "签名错误");
    return std::nullopt;
}

std::optional<Outcome> find_sub_merchant(Call& call, core::Random& random) {
    const auto& subs = call.merchant->sub_mch_ids;
    const std::string_view sub = call.fields.get("sub_mch_id");
    if (sub.empty() && subs.empty()) return std::nullopt;
    if (sub.empty()) return fail(call, random, "LACK_PARAMS", "缺少参数sub_mch_id");
    const auto found = std::ranges::find(subs, sub);
    if (found == subs.end()) return fail(call, random, "MCHID_NOT_EXIST", "子商户号sub_mch_id不存在");
    call.sub = static_cast<std::uint16_t>(found - subs.begin() + 1);
    return std::nullopt;
}

std::optional<Outcome> check_fields(const Call& call, core::Random& random) {
    const auto bad = [&](std::string_view code, std::string_view what, std::string_view name) {
        return fail(call, random, code, std::string(what).append(name));
    };
    for (const FieldRule& rule : rules_of(call.op)) {
        const std::string_view value = call.fields.get(rule.name);
        if (value.empty() && rule.is_required) return bad("LACK_PARAMS", "缺少参数", rule.name);
        // Bytes are at least as many as characters.
        if (value.size() > rule.max_length && codec::utf8_length(value) > rule.max_length) {
            return bad("PARAM_ERROR", "参数长度超限 ", rule.name);
        }
    }
    const std::string_view number = call.fields.get("out_trade_no");
    if (!number.empty() && !is_trade_number(number, 32))
        return bad("PARAM_ERROR", "参数错误 ", "out_trade_no");
    const std::string_view refund = call.fields.get("out_refund_no");
    if (!refund.empty() && !is_trade_number(refund, 64))
        return bad("PARAM_ERROR", "参数错误 ", "out_refund_no");
    const bool names_refund =
        call.op == Op::refund_query && !(refund.empty() && call.fields.get("refund_id").empty());
    const bool names_order = !number.empty() || !call.fields.get("transaction_id").empty();
    if (speaks_of_order(call.op) && !names_order && !names_refund) {
        return bad("LACK_PARAMS", "缺少参数", "out_trade_no");
    }
    return std::nullopt;
}

std::optional<Outcome> read_amounts(Call& call, core::Random& random) {
    const auto bad = [&](std::string_view name) {
        return fail(call, random, "PARAM_ERROR", std::string("参数错误 ").append(name));
    };
    const auto total = parse_fee(call.fields.get("total_fee"));
    if (!total) return bad("total_fee");
    call.amount_fen = *total;
    for (const char* const name : {"fee_type", "refund_fee_type"}) {
        const std::string_view currency = call.fields.get(name);
        if (!currency.empty() && currency != "CNY") return bad(name);
    }
    if (call.op != Op::refund) return std::nullopt;
    const auto refund = parse_fee(call.fields.get("refund_fee"));
    if (!refund || *refund > *total) return bad("refund_fee");
    call.refund_fen = *refund;
    const std::string_view account = call.fields.get("refund_account");
    const bool is_known = account.empty() || account == "REFUND_SOURCE_UNSETTLED_FUNDS" ||
                          account == "REFUND_SOURCE_RECHARGE_FUNDS";
    if (!is_known) return bad("refund_account");
    return std::nullopt;
}

std::optional<Outcome> check_content(Call& call, core::Instant now, core::Random& random) {
    if (auto refused = check_fields(call, random)) return refused;
    if (call.op == Op::refund_query && !is_digits(call.fields.get("offset"))) {
        return fail(call, random, "PARAM_ERROR", "参数错误 offset");
    }
    const bool has_amount = call.op == Op::pay || call.op == Op::refund || call.op == Op::launch;
    if (!has_amount) return std::nullopt;
    if (auto refused = read_amounts(call, random)) return refused;
    if (call.op == Op::launch) return read_launch(call, now, random);
    if (call.op == Op::pay && !is_auth_code(call.fields.get("auth_code"))) {
        return fail(call, random, "AUTH_CODE_INVALID",
                    "请扫描微信支付授权码(以10/11/12/13/14/15为前缀的18位数字)");
    }
    return std::nullopt;
}

}  // namespace

bool is_trade_number(std::string_view text, std::size_t longest) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("_-|*@").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, allowed);
}

bool is_auth_code(std::string_view text) {
    return text.size() == 18 && is_digits(text) && text[0] == '1' && text[1] <= '5';
}

bool is_notify_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!url.starts_with(scheme)) continue;
        const std::string_view rest = url.substr(scheme.size());
        return !rest.empty() && rest.front() != '/' && rest.find_first_of("?# ") == rest.npos;
    }
    return false;
}

std::optional<std::int64_t> parse_fee(std::string_view text) {
    const auto amount = core::parse_minor(text);
    if (!amount || text[0] == '0' || *amount > max_total_fee) return std::nullopt;
    return *amount;
}

void fill(Call& call) {
    const std::pair<std::string_view, std::string sim::Call::*> texts[] = {
        {"out_trade_no", &sim::Call::number},         {"transaction_id", &sim::Call::trade_id},
        {"auth_code", &sim::Call::auth_code},         {"refund_id", &sim::Call::refund_id},
        {"out_refund_no", &sim::Call::refund_number}, {"refund_desc", &sim::Call::reason},
        {"notify_url", &sim::Call::notify_url},
    };
    for (const auto& [name, member] : texts) call.*member = call.fields.get(name);
}

std::optional<Op> find_op(std::string_view path) {
    const auto* const row = std::ranges::find(paths, path, &Path::path);
    if (row == std::end(paths)) return std::nullopt;
    return row->op;
}

std::expected<Call, Outcome> check_request(const Asked& asked, std::string& seen_number) {
    const auto& [op, request, now, options, random] = asked;
    const bool wants_cert = options.require_client_cert && request.path().starts_with("/secapi/");
    if (wants_cert && !request.has_client_certificate) {
        Outcome outcome;
        outcome.add("return_code", "FAIL");
        outcome.add("return_msg", "证书出错，请登录微信支付商户平台下载证书");
        return std::unexpected(std::move(outcome));
    }
    if (request.method != "POST")
        return std::unexpected(refuse_call("REQUIRE_POST_METHOD", "请使用post方法"));
    if (request.body.empty()) return std::unexpected(refuse_call("POST_DATA_EMPTY", "post数据为空"));
    auto fields = codec::parse_flat_xml(request.body);
    if (!fields && fields.error().reason == "bad_utf8") {
        return std::unexpected(refuse_call("NOT_UTF8", "编码格式错误，请使用UTF-8编码格式"));
    }
    if (!fields) return std::unexpected(refuse_call("XML_FORMAT_ERROR", "XML格式错误"));
    Call call;
    call.op = op;
    call.fields = std::move(*fields);
    seen_number = call.fields.get("out_trade_no").substr(0, 64);
    if (auto refused = identify(call, options)) return std::unexpected(std::move(*refused));
    if (auto refused = verify_signature(call)) return std::unexpected(std::move(*refused));
    if (auto refused = find_sub_merchant(call, random)) return std::unexpected(std::move(*refused));
    if (auto refused = check_content(call, now, random)) return std::unexpected(std::move(*refused));
    fill(call);
    if (const auto header = request.headers.find("Wechatpay-Negative-Test")) call.negative_test = *header;
    return call;
}

}  // namespace huitong::sim::wechat

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

constexpr FieldRule lookup_rules[] = {
    {"out_trade_no", false, 32},
    {"transaction_id", false, 32},
    {"sub_appid", false, 32},
};

bool is_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_trade_number(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("_-|*@").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, allowed);
}

bool is_auth_code(std::string_view text) {
    return text.size() == 18 && is_digits(text) && text[0] == '1' && text[1] <= '5';
}

// Finds who calls. Fills merchant and merchant_index.
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
    call.merchant_index = static_cast<std::size_t>(found - merchants.begin());
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
    const std::span<const FieldRule> rules = call.op == Op::micropay
                                                 ? std::span<const FieldRule>(micropay_rules)
                                                 : std::span<const FieldRule>(lookup_rules);
    for (const FieldRule& rule : rules) {
        const std::string_view value = call.fields.get(rule.name);
        if (value.empty() && rule.is_required) return bad("LACK_PARAMS", "缺少参数", rule.name);
        // Bytes are at least as many as characters.
        if (value.size() > rule.max_length && codec::utf8_length(value) > rule.max_length) {
            return bad("PARAM_ERROR", "参数长度超限 ", rule.name);
        }
    }
    const std::string_view number = call.fields.get("out_trade_no");
    if (!number.empty() && !is_trade_number(number)) return bad("PARAM_ERROR", "参数错误 ", "out_trade_no");
    if (call.op != Op::micropay && number.empty() && call.fields.get("transaction_id").empty()) {
        return bad("LACK_PARAMS", "缺少参数", "out_trade_no");
    }
    return std::nullopt;
}

std::optional<Outcome> check_micropay(Call& call, core::Random& random) {
    const std::string_view fee = call.fields.get("total_fee");
    const auto amount = core::parse_minor(fee);
    if (!amount || fee[0] == '0' || *amount > max_total_fee) {
        return fail(call, random, "PARAM_ERROR", "参数错误 total_fee");
    }
    call.total_fee = *amount;
    const std::string_view currency = call.fields.get("fee_type");
    if (!currency.empty() && currency != "CNY") return fail(call, random, "PARAM_ERROR", "参数错误 fee_type");
    if (!is_auth_code(call.fields.get("auth_code"))) {
        return fail(call, random, "AUTH_CODE_INVALID",
                    "请扫描微信支付授权码(以10/11/12/13/14/15为前缀的18位数字)");
    }
    return std::nullopt;
}

}  // namespace

std::expected<Call, Outcome> check_request(Op op, const net::Request& request, const Options& options,
                                           core::Random& random, std::string& seen_number) {
    if (op == Op::reverse && options.require_client_cert && !request.has_client_certificate) {
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
    if (auto refused = check_fields(call, random)) return std::unexpected(std::move(*refused));
    if (op != Op::micropay) return call;
    if (auto refused = check_micropay(call, random)) return std::unexpected(std::move(*refused));
    if (const auto header = request.headers.find("Wechatpay-Negative-Test")) call.negative_test = *header;
    return call;
}

}  // namespace huitong::sim::wechat

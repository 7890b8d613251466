// The public parameters. Whoever is not recognised by app_id learns nothing else, and unsigned.
#include "sim/alipay/checks.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::sim::alipay {

namespace {

struct Method {
    std::string_view name;
    Op op;
    std::string_view seen_op;
    Way way = Way::precreate;  // of what the payer starts
};

constexpr Method methods[] = {
    {"alipay.trade.pay", Op::pay, "pay"},
    {"alipay.trade.query", Op::query, "query"},
    {"alipay.trade.cancel", Op::reverse, "cancel"},
    {"alipay.trade.refund", Op::refund, "refund"},
    {"alipay.trade.fastpay.refund.query", Op::refund_query, "refundquery"},
    {"alipay.trade.close", Op::close, "close"},
    {"alipay.trade.precreate", Op::launch, "precreate"},
    {"alipay.trade.create", Op::create, "create", Way::create},
    {"alipay.trade.app.pay", Op::open, "open", Way::app_pay},
    {"alipay.trade.wap.pay", Op::open, "open", Way::wap_pay},
    {"alipay.trade.page.pay", Op::open, "open", Way::page_pay},
};

class Params {
  public:
    explicit Params(codec::FormFields fields) : fields_(std::move(fields)) {}
    [[nodiscard]] const codec::FormFields& all() const { return fields_; }
    [[nodiscard]] std::string_view get(std::string_view name) const {
        const auto found = std::ranges::find(fields_, name, &codec::FormField::first);
        return found == fields_.end() ? std::string_view() : std::string_view(found->second);
    }

  private:
    codec::FormFields fields_;
};

// Query and body as one; none: unreadable, or a parameter in both.
std::optional<Params> read_params(const net::Request& request) {
    auto fields = codec::parse_form(request.query());
    auto body = codec::parse_form(request.body);
    if (!fields || !body) return std::nullopt;
    for (codec::FormField& field : *body) {
        const bool is_twice =
            std::ranges::find(*fields, field.first, &codec::FormField::first) != fields->end();
        if (is_twice) return std::nullopt;
        fields->push_back(std::move(field));
    }
    return Params(std::move(*fields));
}

std::optional<Outcome> identify(Call& call, const Params& params, std::span<const Account> accounts) {
    const std::string_view app_id = params.get("app_id");
    if (app_id.empty()) return fail(call, "isv.missing-app-id", "缺少AppID参数");
    const auto found = std::ranges::find_if(
        accounts, [&](const Account& account) { return account.merchant->app_id == app_id; });
    if (found == accounts.end()) return fail(call, "isv.invalid-app-id", "无效的AppID参数");
    call.caller = &*found;
    call.account = static_cast<std::size_t>(found - accounts.begin());
    return std::nullopt;
}

std::optional<Outcome> verify_signature(const Call& call, const Params& params) {
    const std::string_view type = params.get("sign_type");
    if (type.empty()) return fail(call, "isv.missing-signature-type", "缺少签名类型参数");
    if (type != "RSA2") return fail(call, "isv.invalid-signature-type", "无效签名类型");
    if (params.get("sign").empty()) return fail(call, "isv.missing-signature", "缺少签名参数");
    if (!verify(*call.caller, params.all(), params.get("sign"))) {
        return fail(call, "isv.invalid-signature",
                    "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配");
    }
    return std::nullopt;
}

std::optional<Outcome> check_form(const Call& call, const Params& params) {
    if (crypto::to_lower(params.get("charset")) != "utf-8") {
        return fail(call, "isv.invalid-charset", "字符集错误");
    }
    const std::string_view format = params.get("format");
    if (!format.empty() && crypto::to_upper(format) != "JSON") {
        return fail(call, "isv.invalid-format", "无效数据格式");
    }
    if (params.get("version").empty()) return fail(call, "isv.missing-version", "缺少版本参数");
    if (params.get("version") != "1.0") return fail(call, "isv.invalid-version", "无效的版本参数");
    return std::nullopt;
}

std::optional<Outcome> check_time(const Call& call, const Params& params, core::Instant now,
                                  std::int64_t window_s) {
    const std::string_view text = params.get("timestamp");
    if (text.empty()) return fail(call, "isv.missing-timestamp", "缺少时间戳参数");
    const auto sent_at = core::parse_beijing_text(text);
    const core::Duration window = std::chrono::seconds(window_s);
    const bool is_near = sent_at && (window_s == 0 || (*sent_at >= now - window && *sent_at <= now + window));
    if (!is_near) return fail(call, "isv.invalid-timestamp", "非法的时间戳参数");
    return std::nullopt;
}

// Alipay documents no codes for wrong certificate numbers; these are ours.
std::optional<Outcome> check_certificates(const Call& call, const Params& params) {
    const AlipayCertificates& wanted = call.caller->merchant->certificates;
    const std::tuple<std::string_view, const std::string*, std::string_view> numbers[] = {
        {"app_cert_sn", &wanted.app_cert_sn, "app-cert-sn"},
        {"alipay_root_cert_sn", &wanted.alipay_root_cert_sn, "alipay-root-cert-sn"}};
    for (const auto& [name, sn, token] : numbers) {
        if (sn->empty() || params.get(name) == *sn) continue;
        const std::string_view kind = params.get(name).empty() ? "isv.missing-" : "isv.invalid-";
        return fail(call, std::string(kind).append(token), "证书序列号不匹配");
    }
    return std::nullopt;
}

std::optional<Outcome> find_sub_merchant(Call& call, const Params& params) {
    const auto& tokens = call.caller->merchant->app_auth_tokens;
    const std::string_view token = params.get("app_auth_token");
    if (token.empty() && tokens.empty()) return std::nullopt;
    if (token.empty()) return fail(call, "40006", "ISV权限不足，请传入app_auth_token");
    const auto found = std::ranges::find(tokens, token);
    if (found == tokens.end()) return fail(call, "20001", "无效的应用授权令牌");
    call.sub = static_cast<std::uint16_t>(found - tokens.begin() + 1);
    return std::nullopt;
}

std::optional<Outcome> find_method(Call& call, const Params& params, Seen& seen) {
    const std::string_view name = params.get("method");
    const auto* const row = std::ranges::find(methods, name, &Method::name);
    seen.op = row == std::end(methods) ? name.substr(0, 64) : row->seen_op;
    if (name.empty()) return fail(call, "isv.missing-method", "缺少方法名参数");
    if (row == std::end(methods)) return fail(call, "isv.invalid-method", "不存在的方法名");
    call.op = row->op;
    call.launch.way = row->way;
    call.answer_key = name;
    std::ranges::replace(call.answer_key, '.', '_');
    call.answer_key += "_response";
    return std::nullopt;
}

}  // namespace

std::string_view text_of(const codec::Json& content, std::string_view name) {
    const codec::Json* const member = content.find(name);
    if (member == nullptr) return {};
    if (member->as_number() != nullptr) return member->as_number()->text;
    return member->as_string() != nullptr ? std::string_view(*member->as_string()) : std::string_view();
}

std::expected<Call, Outcome> check_request(const net::Request& request, core::Instant now,
                                           const Options& options, std::span<const Account> accounts,
                                           Seen& seen) {
    Call call;
    std::optional<Outcome> refused;
    if (request.method != "POST" && request.method != "GET") refused.emplace().become_page(405);
    if (refused) return std::unexpected(std::move(*refused));
    const auto params = read_params(request);
    if (!params) return std::unexpected(fail(call, "isv.invalid-parameter", "参数无效"));
    const auto content = codec::parse_json(params->get("biz_content"));
    if (content) seen.number = text_of(*content, "out_trade_no").substr(0, max_number_size);
    const auto method = find_method(call, *params, seen);
    refused = identify(call, *params, accounts);
    if (!refused && method) refused = fail(call, method->get("sub_code"), method->get("sub_msg"));
    if (!refused) refused = verify_signature(call, *params);
    if (!refused) refused = check_form(call, *params);
    // A payer may bring a signed string long after it was signed.
    if (!refused && call.op != Op::open)
        refused = check_time(call, *params, now, options.alipay_timestamp_window_s);
    if (!refused) refused = check_certificates(call, *params);
    if (!refused) refused = find_sub_merchant(call, *params);
    if (!refused && params->get("biz_content").empty()) {
        refused = fail(call, "isv.missing-biz-content", "缺少biz_content参数");
    }
    if (!refused && (!content || content->as_object() == nullptr)) {
        refused = fail(call, "isv.invalid-parameter", "biz_content不是合法的JSON");
    }
    if (!refused) refused = read_content(call, *content);
    const bool is_launch = call.op == Op::launch || call.op == Op::create || call.op == Op::open;
    if (!refused && is_launch) {
        refused = read_launch(
            call, *content,
            {params->get("biz_content"), params->get("notify_url"), params->get("return_url"), now});
    }
    if (refused) return std::unexpected(std::move(*refused));
    return call;
}

}  // namespace huitong::sim::alipay

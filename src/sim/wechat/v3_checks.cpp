// Which call it is and whether its fields are good. Fields are kept under the names that API v2 has for them.
#include "sim/wechat/v3_checks.hpp"

#include <algorithm>
#include <span>

#include "codec/form.hpp"
#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "sim/books.hpp"

namespace huitong::sim::wechat::v3 {

namespace {

using codec::Json;

constexpr core::Duration usual_life = std::chrono::hours(2);
constexpr core::Duration shortest_life = std::chrono::minutes(1);

constexpr Route routes[] = {
    {.method = "POST", .prefix = "/v3/pay/transactions/codepay", .op = Op::pay},
    {.method = "POST", .prefix = "/v3/pay/transactions/native", .op = Op::launch, .way = Way::native},
    {.method = "POST", .prefix = "/v3/pay/transactions/jsapi", .op = Op::launch, .way = Way::jsapi},
    {.method = "POST", .prefix = "/v3/pay/transactions/app", .op = Op::launch, .way = Way::app},
    {.method = "POST", .prefix = "/v3/pay/transactions/h5", .op = Op::launch, .way = Way::mweb},
    {.method = "GET", .prefix = "/v3/pay/transactions/id/", .field = "transaction_id", .op = Op::query},
    {.method = "GET",
     .prefix = "/v3/pay/transactions/out-trade-no/",
     .field = "out_trade_no",
     .op = Op::query},
    {.method = "POST",
     .prefix = "/v3/pay/transactions/out-trade-no/",
     .field = "out_trade_no",
     .suffix = "/close",
     .op = Op::close},
    {.method = "POST",
     .prefix = "/v3/pay/transactions/out-trade-no/",
     .field = "out_trade_no",
     .suffix = "/reverse",
     .op = Op::reverse},
    {.method = "POST", .prefix = "/v3/refund/domestic/refunds", .op = Op::refund},
    {.method = "GET",
     .prefix = "/v3/refund/domestic/refunds/",
     .field = "out_refund_no",
     .op = Op::refund_query},
    {.method = "GET", .prefix = "/v3/bill/tradebill", .op = Op::bill},
    {.method = "GET", .prefix = "/v3/billdownload/file", .op = Op::bill_file},
    {.method = "GET", .prefix = "/v3/certificates", .op = Op::certificates},
};

enum class Kind : std::uint8_t { text, whole, object };

struct Rule {
    std::string_view path;  // of a member: "amount.total"
    Kind kind = Kind::text;
    bool is_required = false;
    std::size_t max_length = 0;   // characters of a text
    std::string_view field = {};  // where it is kept; empty: under its own name
};

constexpr Rule pay_rules[] = {
    {.path = "appid", .is_required = true, .max_length = 32},
    {.path = "mchid", .is_required = true, .max_length = 32},
    {.path = "description", .is_required = true, .max_length = 127, .field = "body"},
    {.path = "out_trade_no", .is_required = true, .max_length = 32},
    {.path = "attach", .max_length = 128},
    {.path = "goods_tag", .max_length = 32},
    {.path = "payer.auth_code", .is_required = true, .max_length = 32, .field = "auth_code"},
    {.path = "amount.total", .kind = Kind::whole, .is_required = true, .field = "total_fee"},
    {.path = "amount.currency", .max_length = 16, .field = "fee_type"},
    {.path = "scene_info.store_info", .kind = Kind::object, .is_required = true},
};

constexpr Rule launch_rules[] = {
    {.path = "appid", .is_required = true, .max_length = 32},
    {.path = "mchid", .is_required = true, .max_length = 32},
    {.path = "description", .is_required = true, .max_length = 127, .field = "body"},
    {.path = "out_trade_no", .is_required = true, .max_length = 32},
    {.path = "time_expire", .max_length = 64},
    {.path = "attach", .max_length = 128},
    {.path = "notify_url", .is_required = true, .max_length = 256},
    {.path = "goods_tag", .max_length = 32},
    {.path = "amount.total", .kind = Kind::whole, .is_required = true, .field = "total_fee"},
    {.path = "amount.currency", .max_length = 16, .field = "fee_type"},
    {.path = "payer.openid", .max_length = 128, .field = "openid"},
    {.path = "scene_info.payer_client_ip", .max_length = 45, .field = "spbill_create_ip"},
};

constexpr Rule close_rules[] = {{.path = "mchid", .is_required = true, .max_length = 32}};

constexpr Rule reverse_rules[] = {
    {.path = "appid", .is_required = true, .max_length = 32},
    {.path = "mchid", .is_required = true, .max_length = 32},
};

constexpr Rule refund_rules[] = {
    {.path = "transaction_id", .max_length = 32},
    {.path = "out_trade_no", .max_length = 32},
    {.path = "out_refund_no", .is_required = true, .max_length = 64},
    {.path = "reason", .max_length = 80, .field = "refund_desc"},
    {.path = "notify_url", .max_length = 256},
    {.path = "funds_account", .max_length = 32},
    {.path = "amount.refund", .kind = Kind::whole, .is_required = true, .field = "refund_fee"},
    {.path = "amount.total", .kind = Kind::whole, .is_required = true, .field = "total_fee"},
    {.path = "amount.currency", .is_required = true, .max_length = 16, .field = "fee_type"},
};

std::span<const Rule> rules_of(Op op) {
    switch (op) {
        case Op::pay:
            return pay_rules;
        case Op::launch:
            return launch_rules;
        case Op::close:
            return close_rules;
        case Op::reverse:
            return reverse_rules;
        case Op::refund:
            return refund_rules;
        case Op::query:
        case Op::refund_query:
        case Op::create:
        case Op::open:
        case Op::bill:
        case Op::bill_file:
        case Op::certificates:
            break;
    }
    return {};
}

// What its path names: "/a/NAME/b".
std::string_view named_in(const Route& route, std::string_view path) {
    if (path.size() <= route.prefix.size() + route.suffix.size()) return {};
    if (!path.starts_with(route.prefix) || !path.ends_with(route.suffix)) return {};
    path.remove_prefix(route.prefix.size());
    path.remove_suffix(route.suffix.size());
    return path.find('/') == path.npos ? path : std::string_view();
}

// "amount.total" as the answers name it: "/amount/total".
std::string pointer_to(std::string_view path) {
    std::string pointer = "/" + std::string(path);
    std::ranges::replace(pointer, '.', '/');
    return pointer;
}

// Null members are as good as none.
const Json* find_member(const Json& body, std::string_view path) {
    const auto dot = path.find('.');
    const Json* const member = body.find(path.substr(0, dot));
    if (member == nullptr || member->is_null() || dot == path.npos) {
        return member != nullptr && member->is_null() ? nullptr : member;
    }
    return find_member(*member, path.substr(dot + 1));
}

std::optional<Outcome> refuse_field(const Call& call, std::string_view path, std::string_view value,
                                    std::string_view issue) {
    return fail_field(call, {.field = pointer_to(path), .value = value, .issue = issue});
}

std::optional<Outcome> read_member(Call& call, const Json& body, const Rule& rule) {
    const Json* const member = find_member(body, rule.path);
    if (member == nullptr) {
        if (rule.is_required) return refuse_field(call, rule.path, "", "缺少必填参数");
        return std::nullopt;
    }
    std::string value;
    if (rule.kind == Kind::object) {
        if (member->as_object() != nullptr) return std::nullopt;
        return refuse_field(call, rule.path, "", "类型应为对象");
    }
    if (rule.kind == Kind::whole) {
        if (member->as_number() == nullptr) return refuse_field(call, rule.path, "", "类型应为整数");
        value = member->as_number()->text;
    } else {
        if (member->as_string() == nullptr) return refuse_field(call, rule.path, "", "类型应为字符串");
        value = *member->as_string();
        const bool is_missing = rule.is_required && value.empty();
        if (is_missing || codec::utf8_length(value) > rule.max_length) {
            return refuse_field(call, rule.path, value, "长度不符合要求");
        }
    }
    call.fields.set(std::string(rule.field.empty() ? rule.path : rule.field), std::move(value));
    return std::nullopt;
}

std::optional<Outcome> read_body(Call& call, const net::Request& request, std::string& seen_number) {
    const auto body = codec::parse_json(request.body);
    if (!body || body->as_object() == nullptr) return fail(call, "PARAM_ERROR", "请求体不是合法的JSON");
    const Json* const number = body->find("out_trade_no");
    if (number != nullptr && number->as_string() != nullptr) {
        seen_number = number->as_string()->substr(0, max_number_size);
    }
    for (const Rule& rule : rules_of(call.op)) {
        if (auto refused = read_member(call, *body, rule)) return refused;
    }
    for (const auto& [name, is] : {std::pair("appid", std::string_view(call.merchant->appid)),
                                   std::pair("mchid", std::string_view(call.merchant->mch_id))}) {
        const std::string* const said = call.fields.find(name);
        if (said == nullptr || *said == is) continue;
        if (name == std::string_view("appid"))
            return fail(call, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配");
        return refuse_field(call, name, *said, "与Authorization中的商户号不一致");
    }
    call.launch.fingerprint = crypto::sha256_hex(request.target + "\n" + codec::write_json(*body));
    return std::nullopt;
}

std::optional<Outcome> read_query(Call& call, const net::Request& request) {
    const auto bad = [&](std::string_view name, std::string_view value, std::string_view issue) {
        return fail_field(call, {.field = name, .value = value, .issue = issue, .location = "query"});
    };
    const auto query = codec::parse_form(request.query());
    if (!query) return bad("", request.query(), "格式错误");
    for (const auto& [name, value] : *query) {
        // What the path names is not named otherwise by the query.
        if (call.fields.find(name) == nullptr) call.fields.set(name, value);
    }
    const std::string_view mchid = call.fields.get("mchid");
    const bool must_say = call.op == Op::query;
    if ((must_say || !mchid.empty()) && mchid != call.merchant->mch_id) {
        return bad("mchid", mchid, "与Authorization中的商户号不一致");
    }
    return std::nullopt;
}

std::optional<Outcome> check_numbers(const Call& call) {
    const auto number = call.fields.get("out_trade_no");
    if (!number.empty() && !is_trade_number(number, 32)) {
        return refuse_field(call, "out_trade_no", number, "不符合规则");
    }
    const auto refund = call.fields.get("out_refund_no");
    if (!refund.empty() && !is_trade_number(refund, 64)) {
        return refuse_field(call, "out_refund_no", refund, "不符合规则");
    }
    const bool is_named = !number.empty() || !call.fields.get("transaction_id").empty();
    if (call.op == Op::refund && !is_named) return refuse_field(call, "out_trade_no", "", "缺少必填参数");
    return std::nullopt;
}

std::optional<Outcome> read_amounts(Call& call) {
    const std::string_view currency = call.fields.get("fee_type");
    if (!currency.empty() && currency != "CNY") {
        return refuse_field(call, "amount.currency", currency, "只支持CNY");
    }
    const auto total = parse_fee(call.fields.get("total_fee"));
    if (!total) return refuse_field(call, "amount.total", call.fields.get("total_fee"), "最小值为1");
    call.amount_fen = *total;
    if (call.op != Op::refund) return std::nullopt;
    const auto refund = parse_fee(call.fields.get("refund_fee"));
    if (!refund || *refund > *total) {
        return refuse_field(call, "amount.refund", call.fields.get("refund_fee"), "应为1到订单金额");
    }
    call.refund_fen = *refund;
    const std::string_view url = call.fields.get("notify_url");
    if (!url.empty() && !is_notify_url(url)) return refuse_field(call, "notify_url", url, "不符合规则");
    return std::nullopt;
}

std::optional<Outcome> read_launch(Call& call, const Route& route, core::Instant now) {
    const auto get = [&](std::string_view name) { return call.fields.get(name); };
    Launch& launch = call.launch;
    launch.way = route.way;
    launch.is_v3 = true;
    launch.buyer = get("openid");
    if (launch.way == Way::jsapi && launch.buyer.empty()) {
        return refuse_field(call, "payer.openid", "", "缺少必填参数");
    }
    if (launch.way == Way::mweb && get("spbill_create_ip").empty()) {
        return refuse_field(call, "scene_info.payer_client_ip", "", "缺少必填参数");
    }
    if (!is_notify_url(get("notify_url"))) {
        return refuse_field(call, "notify_url", get("notify_url"), "不符合规则");
    }
    launch.ends_at = now + usual_life;
    if (const std::string_view text = get("time_expire"); !text.empty()) {
        const auto end = core::parse_rfc3339(text);
        if (!end || *end < now + shortest_life) return refuse_field(call, "time_expire", text, "不符合规则");
        launch.ends_at = *end;
    }
    launch.code_lives = usual_life;
    launch.body = get("body");
    launch.subject = launch.body;
    launch.notify_url = get("notify_url");
    return std::nullopt;
}

std::optional<Outcome> check_content(Call& call, const Route& route, core::Instant now) {
    if (auto refused = check_numbers(call)) return refused;
    const bool has_amount = call.op == Op::pay || call.op == Op::refund || call.op == Op::launch;
    if (!has_amount) return std::nullopt;
    if (auto refused = read_amounts(call)) return refused;
    if (call.op == Op::launch) return read_launch(call, route, now);
    const std::string_view code = call.fields.get("auth_code");
    if (call.op == Op::pay && !is_auth_code(code)) {
        return refuse_field(call, "payer.auth_code", code, "应为以10至15开头的18位数字");
    }
    return std::nullopt;
}

}  // namespace

const Route* find_route(std::string_view path) {
    const auto* const found = std::ranges::find_if(routes, [&](const Route& route) {
        return route.field.empty() ? path == route.prefix : !named_in(route, path).empty();
    });
    return found == std::end(routes) ? nullptr : found;
}

std::expected<Call, Outcome> check_request(const Route& route, const Asked& asked, std::string& seen_number) {
    const net::Request& request = asked.request;
    Call call;
    call.api = Api::v3;
    call.op = route.op;
    if (!route.field.empty()) {
        const auto named = codec::parse_form("v=" + std::string(named_in(route, request.path())));
        if (!named) return std::unexpected(refuse_call("PARAM_ERROR", "URL格式错误"));
        call.fields.set(std::string(route.field), named->front().second);
        if (route.field == "out_trade_no") seen_number = named->front().second.substr(0, max_number_size);
    }
    if (auto refused = verify_caller(call, asked)) return std::unexpected(std::move(*refused));
    if (request.method != route.method) {
        Outcome refused = fail(call, "INVALID_REQUEST", "请求方法错误");
        refused.status = 405;
        return std::unexpected(std::move(refused));
    }
    auto refused = route.method == "POST" ? read_body(call, request, seen_number) : read_query(call, request);
    if (!refused) refused = check_content(call, route, asked.now);
    if (refused) return std::unexpected(std::move(*refused));
    fill(call);
    if (const auto header = request.headers.find("Wechatpay-Negative-Test")) call.negative_test = *header;
    return call;
}

}  // namespace huitong::sim::wechat::v3

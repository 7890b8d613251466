// unifiedorder: orders that the payer starts, from a code, a page or an app (spec/channels 1A.7, 3.2).
#include <fmt/format.h>

#include <algorithm>

#include "codec/json.hpp"
#include "crypto/digest.hpp"
#include "sim/wechat/checks.hpp"
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr core::Duration usual_life = std::chrono::hours(2);  // of an order and of what opens it
constexpr core::Duration shortest_life = std::chrono::minutes(1);

struct Kind {
    std::string_view trade_type;
    Way way;
    std::string_view demands;  // the field that this one needs
};

constexpr Kind kinds[] = {
    {"NATIVE", Way::native, "product_id"},
    {"JSAPI", Way::jsapi, "openid"},
    {"APP", Way::app, ""},
    {"MWEB", Way::mweb, "scene_info"},
};

// Everything a repetition must repeat: all but what is new in every request.
std::string fingerprint(const codec::XmlFields& fields) {
    std::vector<codec::XmlField> sorted = fields.all();
    std::erase_if(sorted, [](const codec::XmlField& field) {
        return field.second.empty() || field.first == "nonce_str" || field.first == "sign";
    });
    std::ranges::sort(sorted);
    std::string text;
    for (const auto& [name, value] : sorted) text += fmt::format("{}={}:{}\n", name, value.size(), value);
    return crypto::sha256_hex(text);
}

// When the order closes by itself; none: the times do not fit.
std::optional<core::Instant> read_end(const codec::XmlFields& fields, core::Instant now) {
    const std::string_view start = fields.get("time_start");
    const std::string_view expire = fields.get("time_expire");
    core::Instant from = now;
    if (!start.empty()) {
        const auto time = core::parse_beijing_compact(start);
        if (!time) return std::nullopt;
        from = *time;
    }
    if (expire.empty()) return now + usual_life;
    const auto end = core::parse_beijing_compact(expire);
    if (!end || *end < from + shortest_life || *end <= now) return std::nullopt;
    return *end;
}

}  // namespace

std::optional<Outcome> read_launch(Call& call, core::Instant now, core::Random& random) {
    const auto bad = [&](std::string_view name) {
        return fail(call, random, "PARAM_ERROR", std::string("参数错误 ").append(name));
    };
    const auto get = [&](std::string_view name) { return call.fields.get(name); };
    const auto* const kind = std::ranges::find(kinds, get("trade_type"), &Kind::trade_type);
    if (kind == std::end(kinds)) return bad("trade_type");
    Launch& launch = call.launch;
    launch.way = kind->way;
    launch.buyer = get("openid").empty() ? get("sub_openid") : get("openid");
    const bool lacks =
        kind->way == Way::jsapi ? launch.buyer.empty() : !kind->demands.empty() && get(kind->demands).empty();
    if (lacks) return fail(call, random, "LACK_PARAMS", std::string("缺少参数").append(kind->demands));
    if (!is_notify_url(get("notify_url"))) return bad("notify_url");
    if (!get("limit_pay").empty() && get("limit_pay") != "no_credit") return bad("limit_pay");
    if (!get("scene_info").empty()) {
        const auto scene = codec::parse_json(get("scene_info"));
        if (!scene || scene->as_object() == nullptr) return bad("scene_info");
    }
    const auto end = read_end(call.fields, now);
    if (!end) return fail(call, random, "PARAM_ERROR", "time_expire时间过短，刷卡至少1分钟，其他5分钟");
    launch.ends_at = *end;
    launch.code_lives = usual_life;
    launch.fingerprint = fingerprint(call.fields);
    launch.body = get("body");
    launch.subject = launch.body;
    launch.notify_url = get("notify_url");
    launch.wants_hmac = call.sign_type == SignType::hmac_sha256;
    return std::nullopt;
}

void Desk::name_launch(Order& order, core::Instant now) {
    Launch& launch = *order.launch;
    const std::string prepay_id = "wx" + core::to_beijing_compact(now) + random_.hex(20);
    launch.content = launch.way == Way::native ? "weixin://wxpay/bizpayurl?pr=" + random_.hex(9) : prepay_id;
    launch.link = prepay_id;
    if (launch.way == Way::mweb) {
        launch.link = fmt::format("{}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={}&package={}",
                                  options_.wechat_web_url, prepay_id, random_.digits(10));
    }
    for (const std::string& text : {launch.content, launch.link, prepay_id, "prepay_id=" + prepay_id}) {
        books().launches().name(launch, text);
    }
}

Outcome Desk::unifiedorder(const Call& call, Order& order, core::Instant now) {
    switch (take_launch(call, order, now, true)) {
        case LaunchEnd::made:
            books().keep_attach(order, std::string(call.fields.get("attach")));
            books().keep_subject(order, call.fields.get("body"));
            name_launch(order, now);
            break;
        case LaunchEnd::repeated:
            break;
        case LaunchEnd::other_content:
            return fail(call, random_, "INVALID_REQUEST", "201 商户订单号重复");
        case LaunchEnd::other_product:
            return fail(call, random_, "OUT_TRADE_NO_USED", "商户订单号重复");
        case LaunchEnd::already_paid:
            return fail(call, random_, "ORDERPAID", "该订单已支付");
        case LaunchEnd::already_ended:
            return fail(call, random_, "ORDERCLOSED", "该订单已关闭");
    }
    const Launch& launch = *order.launch;
    Outcome outcome = succeed(call, random_);
    if (call.api == Api::v3) {
        add_launch_v3(outcome, launch);
        return outcome;
    }
    outcome.add("trade_type", to_string(launch.way));
    outcome.add("prepay_id", launch.way == Way::native ? launch.link : launch.content);
    if (launch.way == Way::native) outcome.add("code_url", launch.content);
    if (launch.way == Way::mweb) outcome.add("mweb_url", launch.link);
    return outcome;
}

}  // namespace huitong::sim::wechat

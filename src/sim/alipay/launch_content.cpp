// What a request says of an order that its payer starts: who pays, how long it lives, who is told
// (spec/channels 2.4).
#include <fmt/format.h>

#include <algorithm>

#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "sim/alipay/checks.hpp"

namespace huitong::sim::alipay {

namespace {

constexpr core::Duration usual_code_life = std::chrono::hours(2);
constexpr core::Duration usual_trade_life = std::chrono::hours(24 * 15);

struct Product {
    Way way;
    std::string_view code;
    bool is_required;
};

constexpr Product products[] = {
    {Way::app_pay, "QUICK_MSECURITY_PAY", false},
    {Way::wap_pay, "QUICK_WAP_WAY", true},
    {Way::page_pay, "FAST_INSTANT_TRADE_PAY", true},
};

// "90m", "2h", "1d". None: not a time that Alipay accepts.
std::optional<core::Duration> parse_timeout(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    const auto count = core::parse_minor(text.substr(0, text.size() - 1));
    if (!count || *count < 1 || *count > 21'600) return std::nullopt;
    core::Duration length{0};
    if (text.back() == 'm') length = std::chrono::minutes(*count);
    if (text.back() == 'h') length = std::chrono::hours(*count);
    if (text.back() == 'd') length = std::chrono::hours(24 * *count);
    if (length == core::Duration{0} || length > usual_trade_life) return std::nullopt;
    return length;
}

bool is_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/') return true;
    }
    return false;
}

std::optional<Outcome> read_lives(Call& call, const codec::Json& content, core::Instant now) {
    Launch& launch = call.launch;
    launch.code_lives = usual_code_life;
    launch.trade_lives = usual_trade_life;
    const std::string_view timeout = text_of(content, "timeout_express");
    if (timeout == "1c") {
        // The end of the day.
        launch.ends_at = core::start_of_beijing_day(core::to_beijing_date(now + std::chrono::hours(24)));
    } else if (!timeout.empty()) {
        const auto life = parse_timeout(timeout);
        if (!life) return bad_parameter(call, "timeout_express");
        launch.trade_lives = *life;
    }
    // Counts from the making of the code, for the trade as well.
    if (const auto text = text_of(content, "qr_code_timeout_express"); !text.empty()) {
        const auto life = parse_timeout(text);
        if (!life) return bad_parameter(call, "qr_code_timeout_express");
        launch.code_lives = *life;
        launch.ends_at = std::min(launch.ends_at, now + *life);
    }
    if (const auto text = text_of(content, "time_expire"); !text.empty()) {
        const auto end = core::parse_beijing_text(text);
        if (!end) return bad_parameter(call, "time_expire");
        if (*end <= now)
            return fail(call, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "当前时间已经超过允许支付的时间");
        launch.ends_at = std::min(launch.ends_at, *end);
    }
    return std::nullopt;
}

std::optional<Outcome> check_product(const Call& call, const codec::Json& content) {
    const auto* const row = std::ranges::find(products, call.launch.way, &Product::way);
    if (row == std::end(products)) return std::nullopt;
    const std::string_view code = text_of(content, "product_code");
    const bool is_good = code.empty() ? !row->is_required : code == row->code;
    if (!is_good) return bad_parameter(call, "product_code");
    return std::nullopt;
}

}  // namespace

std::optional<Outcome> read_launch(Call& call, const codec::Json& content, const LaunchTexts& texts) {
    if (auto refused = read_sale(call, content)) return refused;
    if (auto refused = check_product(call, content)) return refused;
    if (auto refused = read_lives(call, content, texts.now)) return refused;
    Launch& launch = call.launch;
    const std::string_view buyer = text_of(content, "buyer_id");
    launch.buyer = buyer.empty() ? text_of(content, "buyer_open_id") : buyer;
    if (launch.way == Way::create && launch.buyer.empty()) return bad_parameter(call, "buyer_id");
    for (const auto& [name, url] :
         {std::pair("notify_url", texts.notify_url), {"return_url", texts.return_url}}) {
        if (!url.empty() && (!is_url(url) || url.size() > 256)) return bad_parameter(call, name);
    }
    launch.subject = text_of(content, "subject");
    launch.body = text_of(content, "body");
    launch.passback = text_of(content, "passback_params");
    launch.notify_url = texts.notify_url;
    launch.return_url = texts.return_url;
    launch.fingerprint = crypto::sha256_hex(fmt::format(
        "{}\n{}\n{}\n{}", to_string(launch.way), texts.biz_content, texts.notify_url, texts.return_url));
    return std::nullopt;
}

}  // namespace huitong::sim::alipay

#include "api/gateway/page.hpp"

#include <fmt/format.h>

#include <array>

#include "api/gateway/page_parts.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::gateway {

namespace {

using payments::ChannelKind;

struct Words {
    std::string_view chinese;
    std::string_view english;
};

struct StateRow {
    PageState state;
    std::string_view token;
    Words title;
    Words hint;
};

using enum PageState;
constexpr std::array rows{
    StateRow{
        elsewhere,
        "elsewhere",
        {"请在浏览器中付款", "Please pay in your browser"},
        {"点右上角菜单，选择“在浏览器打开”", "Open the menu at the top right and choose “Open in browser”"}},
    StateRow{choosing, "choosing", {"请选择付款方式", "How would you like to pay?"}, {"", ""}},
    StateRow{preparing, "preparing", {"正在准备付款", "Preparing your payment"}, {"", ""}},
    StateRow{waiting,
             "waiting",
             {"等待付款", "Waiting for your payment"},
             {"付款后自动返回商户", "You return to the merchant when it is paid"}},
    StateRow{checking,
             "checking",
             {"正在确认结果", "Checking the result"},
             {"已不能付款；如已付款请勿重复支付", "No longer payable. If you have paid, do not pay again"}},
    StateRow{paid, "paid", {"支付成功", "Paid"}, {"", ""}},
    StateRow{expired,
             "expired",
             {"订单已过期", "This order has expired"},
             {"请返回商户重新下单", "Go back to the merchant to order again"}},
    StateRow{failed,
             "failed",
             {"付款失败", "The payment failed"},
             {"请返回商户重新下单", "Go back to the merchant to order again"}},
    StateRow{cancelled, "cancelled", {"订单已取消", "This order was cancelled"}, {"", ""}},
};
static_assert(static_cast<std::size_t>(cancelled) + 1 == rows.size());
static_assert([] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].state != static_cast<PageState>(i)) return false;
    }
    return true;
}());

constexpr const StateRow& row_of(PageState state) {
    return rows[static_cast<std::size_t>(state)];
}

std::string_view in(Language language, Words words) {
    return language == Language::english ? words.english : words.chinese;
}

std::string_view class_of(ChannelKind channel) {
    return channel == ChannelKind::wechat ? "wechat" : "alipay";
}

Words name_of(ChannelKind channel) {
    if (channel == ChannelKind::wechat) return {"微信支付", "WeChat Pay"};
    return {"支付宝", "Alipay"};
}

Words pay_words_of(ChannelKind channel) {
    if (channel == ChannelKind::wechat) return {"微信支付", "Pay with WeChat"};
    return {"支付宝支付", "Pay with Alipay"};
}

std::string hash_source(std::string_view text) {
    const auto digest = crypto::sha256(text);
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
    return "'sha256-" + crypto::to_base64(bytes) + "'";
}

struct Frame {
    Language language;
    std::string_view body_class;
    std::string data;  // attributes of the body, escaped
    std::string inside;
    bool is_asked_after = false;
};

std::string write_frame(const Frame& frame) {
    const std::string_view refresh =
        frame.is_asked_after ? "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>" : "";
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<meta name=\"robots\" content=\"noindex\">{}"
        "<title>{}</title><style>{}</style></head>\n"
        "<body class=\"{}\"{}><main>\n{}</main><script>{}</script></body></html>\n",
        frame.language == Language::english ? "en" : "zh-CN", refresh,
        in(frame.language, {"收银台", "Checkout"}), page_style, frame.body_class, frame.data, frame.inside,
        page_script);
}

std::string back_button(Language language, const std::string& url) {
    if (url.empty()) return {};
    return fmt::format("<a class=\"act\" id=\"back\" href=\"{}\">{}</a>\n", escape_html(url),
                       in(language, {"返回商户", "Back to the merchant"}));
}

std::string clock_text(core::Duration left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

void add_row(std::string& html, std::string_view name, std::string_view id, std::string_view value) {
    html += fmt::format("<dt>{}</dt><dd id=\"{}\">{}</dd>\n", name, id, escape_html(value));
}

std::string details(const Page& page) {
    const auto say = [&](Words words) { return in(page.language, words); };
    std::string html = "<section><dl>\n";
    add_row(html, say({"商品", "For"}), "subject", page.subject);
    add_row(html, say({"商户订单号", "Merchant's order"}), "client_sn", page.client_sn);
    if (!page.sn.empty()) add_row(html, say({"平台订单号", "Platform's order"}), "sn", page.sn);
    if (page.channel) add_row(html, say({"付款方式", "Wallet"}), "channel", say(name_of(*page.channel)));
    if (page.state == waiting) add_row(html, say({"剩余时间", "Time left"}), "left", clock_text(page.left));
    return html + "</dl></section>\n";
}

std::string buttons(const Page& page) {
    std::string html;
    for (const auto& [channel, action] : page.choices) {
        html += fmt::format(
            "<form method=\"post\" action=\"{}\"><button class=\"act {}\" id=\"{}\">{}</button></form>\n",
            escape_html(action), class_of(channel), class_of(channel),
            in(page.language, pay_words_of(channel)));
    }
    if (!page.channel || page.state != waiting) return html;
    const std::string_view words = in(page.language, pay_words_of(*page.channel));
    const std::string_view look = class_of(*page.channel);
    if (page.start == Start::link)
        html += fmt::format("<a class=\"act {}\" id=\"pay\" href=\"{}\">{}</a>\n", look,
                            escape_html(page.launch), words);
    if (page.start == Start::bridge)
        html += fmt::format("<button class=\"act {}\" id=\"pay\" type=\"button\">{}</button>\n", look, words);
    return html;
}

std::string state_section(Language language, PageState state) {
    const StateRow& row = row_of(state);
    std::string html =
        fmt::format("<section role=\"status\"><p id=\"state\">{}</p>", in(language, row.title));
    const std::string_view hint = in(language, row.hint);
    if (!hint.empty()) html += fmt::format("<p class=\"hint\">{}</p>", hint);
    html += fmt::format("<p class=\"hint\" id=\"offline\" hidden>{}</p></section>\n",
                        in(language, {"网络不通，正在重试", "No connection, trying again"}));
    return html;
}

}  // namespace

std::string_view to_string(PageState state) {
    return row_of(state).token;
}

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string write_page(const Page& page) {
    const std::string head = fmt::format(
        "<header><h1 id=\"merchant\">{}</h1><p class=\"amount\" id=\"amount\">"
        "<small>¥</small>{}</p></header>\n",
        escape_html(page.merchant), core::to_decimal(page.amount));
    std::string data;
    if (!page.status_url.empty()) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(page.left).count();
        data += fmt::format(" data-status=\"{}\" data-left=\"{}\"", escape_html(page.status_url), left);
    }
    if (page.start == Start::bridge) data += fmt::format(" data-bridge=\"{}\"", escape_html(page.launch));
    return write_frame({.language = page.language,
                        .body_class = to_string(page.state),
                        .data = std::move(data),
                        .inside = head + state_section(page.language, page.state) + buttons(page) +
                                  details(page) + back_button(page.language, page.back_url),
                        .is_asked_after = !page.status_url.empty()});
}

std::string write_page(const ErrorPage& page) {
    std::string inside = fmt::format(
        "<header><h1>{}</h1></header>\n<section role=\"alert\"><p id=\"state\">{}</p>"
        "<p class=\"hint\" id=\"code\">{}</p></section>\n",
        in(page.language, {"无法付款", "This cannot be paid"}), escape_html(page.message),
        escape_html(page.code));
    inside += back_button(page.language, page.back_url);
    return write_frame(
        {.language = page.language, .body_class = "error", .data = {}, .inside = std::move(inside)});
}

const std::string& content_security_policy() {
    // A choice may end at the merchant's, by way of our redirect and his own.
    static const std::string policy = fmt::format(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; "
        "form-action 'self' http: https:; "
        "base-uri 'none'; frame-ancestors 'none'",
        hash_source(page_style), hash_source(page_script));
    return policy;
}

}  // namespace huitong::api::gateway

// The page works without scripts: its buttons are forms, and every answer to one is a redirect to the page.
#include "sim/wallet.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/form.hpp"
#include "core/money.hpp"
#include "sim/control_views.hpp"
#include "sim/simulators.hpp"

namespace huitong::sim {

namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::string_view scan_path = "/_sim/scan";
constexpr std::string_view page_path = "/_sim/wallet";
constexpr std::string_view h5_path = "/cgi-bin/mmpayweb-bin/checkmweb";

struct Found {
    Service* channel = nullptr;
    Order* order = nullptr;
};

std::string get(const codec::FormFields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &codec::FormField::first);
    return found == fields.end() ? std::string() : found->second;
}

core::Result<Found> find_content(Simulators& simulators, const std::string& content) {
    for (Service* const channel :
         {static_cast<Service*>(&simulators.wechat()), static_cast<Service*>(&simulators.alipay())}) {
        if (Order* const order = channel->find_content(content)) return Found{channel, order};
    }
    return core::fail(core::Code::not_found, "no_such_code", content);
}

// Also a string signed by the merchant, which the payer's wallet takes to Alipay.
task::Task<Found> read_content(Simulators& simulators, std::string content) {
    if (content.find("method=alipay.trade.") == content.npos) co_return find_content(simulators, content);
    net::Request request;
    request.method = "GET";
    request.target = "/gateway.do?" + content.substr(content.find('?') + 1);
    const net::Response answer = co_await simulators.alipay().serve(std::move(request));
    const auto location = answer.headers.find("Location");
    if (!location) co_return core::fail(core::Code::conflict, "refused", answer.body);
    co_return find_content(simulators, std::string(location->substr(location->find('=') + 1)));
}

net::Response to_error(const core::Error& error) {
    const int status = error.code == core::Code::not_found  ? 404
                       : error.code == core::Code::conflict ? 409
                                                            : 400;
    const JsonObject body{{"error", error.reason}, {"detail", error.detail}};
    return net::make_response(status, "application/json", codec::write_json(body) + "\n");
}

task::Awaitable<net::Response> scan(Simulators& simulators, net::Request request) {
    const auto body = codec::parse_json(request.body);
    const Json* const content = body ? body->find("content") : nullptr;
    if (request.method != "POST" || content == nullptr || content->as_string() == nullptr) {
        co_return to_error({core::Code::invalid, "bad_scan", "POST {\"content\": text}"});
    }
    const auto found = co_await read_content(simulators, *content->as_string());
    if (!found) co_return to_error(found.error());
    if (auto done = found->channel->scan(*found->order); !done) co_return to_error(done.error());
    const JsonObject view{{"channel", found->channel->desk().profile().channel},
                          {"order", view_order(*found->order, *found->channel)}};
    co_return net::make_response(200, "application/json", codec::write_json(view) + "\n");
}

std::string escape_html(std::string_view text) {
    std::string out;
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
            default:
                out += c;
        }
    }
    return out;
}

bool is_web_url(std::string_view url) {
    return url.starts_with("http://") || url.starts_with("https://");
}

net::Response redirect(int status, std::string location) {
    net::Response response = net::make_response(status, "text/html; charset=utf-8", {});
    response.headers.set("Location", std::move(location));
    return response;
}

std::string page_address(const std::string& content, const std::string& back) {
    codec::FormFields fields{{"content", content}};
    if (is_web_url(back)) fields.emplace_back("back", back);
    return std::string(page_path) + "?" + codec::write_form(fields);
}

struct StateWords {
    std::string_view token;  // class of the page's body, for tests
    std::string_view text;
};

StateWords words_of(const Order& order) {
    if (order.state == State::paid && order.refunded_fen > 0) return {"refunded", "已退款 · Refunded"};
    if (order.state == State::paid) return {"paid", "支付成功 · Paid"};
    if (order.state == State::revoked) return {"closed", "订单已关闭 · Closed"};
    return {"waiting", "等待付款 · Waiting for your payment"};
}

constexpr std::string_view style =
    "body{font:16px/1.5 sans-serif;margin:0;background:#f2f2f2;color:#111}"
    "main{max-width:26rem;margin:0 auto;padding:1rem}"
    ".amount{font-size:2.4rem;margin:.5rem 0}dl{background:#fff;border-radius:.5rem;padding:1rem;margin:1rem "
    "0}"
    "dt{color:#666;font-size:.85rem}dd{margin:0 0 .6rem;overflow-wrap:anywhere}form{margin:.6rem 0}"
    "button,.back{display:block;box-sizing:border-box;width:100%;padding:.8rem;border:0;border-radius:.5rem;"
    "font-size:1rem;text-align:center;text-decoration:none;background:#ddd;color:#111}"
    ".pay button{background:#06772f;color:#fff}";

std::string write_page(std::string_view body_class, const std::string& inside) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>模拟钱包 · Simulated wallet</title><style>{}</style></head>\n"
        "<body class=\"{}\"><main><h1>模拟钱包 · Simulated wallet</h1>\n{}</main></body></html>\n",
        style, body_class, inside);
}

net::Response to_page(int status, std::string body) {
    net::Response response = net::make_response(status, "text/html; charset=utf-8", std::move(body));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:");
    return response;
}

net::Response error_page(const core::Error& error) {
    const bool is_unknown = error.code == core::Code::not_found;
    const std::string text =
        fmt::format("<p id=\"state\">{}</p><p>{}</p>\n",
                    is_unknown ? "二维码无效 · Unknown code" : "无法付款 · Cannot be paid",
                    escape_html(error.reason + " " + error.detail));
    return to_page(is_unknown ? 404 : 409, write_page("error", text));
}

std::string buttons(const std::string& content, const std::string& back) {
    struct Button {
        std::string_view act;
        std::string_view text;
    };
    constexpr Button all[] = {
        {"pay", "确认付款 · Pay"},
        {"wrong-password", "输错密码 · Wrong password"},
        {"cancel", "取消 · Cancel"},
    };
    const std::string query = page_address(content, back).substr(page_path.size());
    std::string html;
    for (const auto& [act, text] : all) {
        html += fmt::format(
            "<form class=\"{0}\" method=\"post\" action=\"{1}/{0}{2}\"><button "
            "id=\"{0}\">{3}</button></form>\n",
            act, page_path, escape_html(query), text);
    }
    return html;
}

std::string order_page(const Found& found, const std::string& content, const std::string& back) {
    const Order& order = *found.order;
    Desk& desk = found.channel->desk();
    const bool is_wechat = desk.profile().channel == "wechat";
    const StateWords words = words_of(order);
    std::string html = fmt::format(
        "<p>{}</p>\n<p class=\"amount\" id=\"amount\">¥ {}</p>\n<p id=\"state\">{}</p>\n"
        "<dl><dt>商户 · Merchant</dt><dd>{}</dd><dt>商品 · For</dt><dd id=\"subject\">{}</dd>"
        "<dt>订单号 · Order</dt><dd>{}</dd></dl>\n",
        is_wechat ? "微信支付 · WeChat Pay" : "支付宝 · Alipay",
        core::to_decimal(core::fen(order.amount_fen)), words.text,
        escape_html(desk.account_name(order.account())), escape_html(order.launch->subject),
        escape_html(order.number()));
    if (order.wrong_passwords > 0 && order.state == State::paying) {
        html += fmt::format("<p id=\"passwords\">密码错误 {0} 次 · {0} wrong passwords</p>\n",
                            order.wrong_passwords);
    }
    if (order.state == State::paying) html += buttons(content, back);
    const std::string signed_back = desk.return_link(order, found.channel->now());
    const std::string& way_back = signed_back.empty() ? back : signed_back;
    if (is_web_url(way_back)) {
        html += fmt::format("<a class=\"back\" id=\"back\" href=\"{}\">返回商户 · Back to the merchant</a>\n",
                            escape_html(way_back));
    }
    return write_page(words.token, html);
}

// Errors: not_found {no_act}, and those of the acts.
core::Result<void> act(const Found& found, std::string_view name) {
    if (name == "pay") return found.channel->pay(*found.order);
    if (name == "cancel") return found.channel->cancel(*found.order);
    if (name == "wrong-password") return found.channel->enter_wrong_password(*found.order);
    return core::fail(core::Code::not_found, "no_act", std::string(name));
}

task::Awaitable<net::Response> page(Simulators& simulators, net::Request request) {
    const auto fields = codec::parse_form(request.query());
    if (!fields) co_return error_page(fields.error());
    const std::string content = get(*fields, "content");
    const std::string back = get(*fields, "back");
    const auto found = co_await read_content(simulators, content);
    if (!found) co_return error_page(found.error());
    if (request.method == "POST") {
        const std::string_view name =
            request.path().substr(std::min(page_path.size() + 1, request.path().size()));
        if (auto done = act(*found, name); !done) co_return error_page(done.error());
        const bool has_left = name == "cancel" && is_web_url(back);
        co_return redirect(303, has_left ? back : page_address(content, back));
    }
    // Whoever comes too late sees how it ended.
    const bool is_open = found->order->state == State::absent || found->order->state == State::paying;
    if (is_open) {
        if (auto done = found->channel->scan(*found->order); !done) co_return error_page(done.error());
    }
    co_return to_page(200, order_page(*found, content, back));
}

}  // namespace

bool is_wallet_path(std::string_view path) {
    return path == scan_path || path == page_path || path == h5_path ||
           path.starts_with(std::string(page_path) + "/");
}

task::Awaitable<net::Response> wallet(Simulators& simulators, net::Request request) {
    if (request.path() == scan_path) co_return co_await scan(simulators, std::move(request));
    if (request.path() != h5_path) co_return co_await page(simulators, std::move(request));
    const auto fields = codec::parse_form(request.query());
    if (!fields) co_return error_page(fields.error());
    co_return redirect(302, page_address(get(*fields, "prepay_id"), get(*fields, "redirect_url")));
}

}  // namespace huitong::sim

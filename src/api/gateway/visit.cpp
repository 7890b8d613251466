#include "api/gateway/visit.hpp"

#include <fmt/format.h>

#include <chrono>

#include "api/gateway/return_url.hpp"
#include "api/upay/order_view.hpp"
#include "codec/json.hpp"
#include "net/http_client.hpp"

namespace huitong::api::gateway {

namespace {

using payments::Aggregate;
using payments::ChannelKind;
using payments::Product;
using upay::Shown;

constexpr std::string_view html_type = "text/html;charset=utf-8";

void protect(net::Response& response) {
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Content-Security-Policy", content_security_policy());
    response.headers.set("X-Content-Type-Options", "nosniff");
    // The query is signed for this page only; a channel's page wants to know the site.
    response.headers.set("Referrer-Policy", "strict-origin");
}

// Of what the payer is told, what return_url has a word for.
std::string_view return_status(PageState state) {
    switch (state) {
        case PageState::paid:
            return "SUCCESS";
        case PageState::expired:
        case PageState::failed:
        case PageState::cancelled:
            return "FAIL";
        case PageState::elsewhere:
        case PageState::choosing:
        case PageState::preparing:
        case PageState::waiting:
        case PageState::checking:
            return "";
    }
    return "";
}

std::string link_back(const Visit& visit, const Aggregate& order, PageState state) {
    const payments::Payment& payment = order.payment;
    const bool is_paid = upay::is_paid_to_the_client(payment);
    return return_link(visit.return_url,
                       {{"is_success", "T"},
                        {"terminal_sn", payment.terminal_sn},
                        {"sn", payment.sn.text()},
                        {"trade_no", is_paid ? payment.trade.trade_no : std::string()},
                        {"client_sn", payment.client_sn},
                        {"status", std::string(return_status(state))},
                        {"total_amount", std::to_string(payment.amount.minor())},
                        {"subject", payment.subject},
                        {"operator", payment.operator_name},
                        {"reflect", payment.reflect}},
                       visit.key);
}

std::string order_query(const Visit& visit) {
    return write_order_query({.terminal_sn = visit.terminal.terminal.sn,
                              .client_sn = visit.client_sn,
                              .return_url = visit.return_url},
                             visit.key);
}

core::Duration left_of(const payments::Payment& payment, core::Instant now) {
    return payment.expires_at ? std::max(core::Duration{0}, *payment.expires_at - now) : core::Duration{0};
}

// What WeChat's own browser takes; the terminal API has the same values under other names, too.
std::string bridge_parameters(const std::string& launch) {
    const auto all = codec::parse_json(launch);
    codec::JsonObject wanted;
    for (const char* const name : {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}) {
        const codec::Json* const value = all ? all->find(name) : nullptr;
        if (value != nullptr) wanted.emplace_back(name, *value);
    }
    return codec::write_json(wanted);
}

void add_start(Page& page, const Visit& visit, const payments::Payment& payment) {
    if (page.state != PageState::waiting) return;
    const bool is_bridge = payment.channel == ChannelKind::wechat && payment.product == Product::wap;
    // That order's payer is known to WeChat's own browser and to no other.
    if (is_bridge && visit.browser.wallet != ChannelKind::wechat) return;
    const bool is_link = payment.launch.starts_with("http://") || payment.launch.starts_with("https://");
    if (is_bridge) page.start = Start::bridge;
    if (!is_bridge && is_link) page.start = Start::link;
    page.launch = is_bridge ? bridge_parameters(payment.launch) : payment.launch;
}

bool is_open(PageState state) {
    return state == PageState::preparing || state == PageState::waiting || state == PageState::checking;
}

int http_status_of(const upay::Rejection& rejection) {
    const auto* const outer = std::get_if<upay::OuterError>(&rejection.error);
    if (outer == nullptr) return 409;
    switch (*outer) {
        case upay::OuterError::invalid_params:
            return 400;
        case upay::OuterError::illegal_sign:
        case upay::OuterError::pay_status_closed:
            return 403;
        case upay::OuterError::invalid_terminal:
            return 404;
        case upay::OuterError::maintenance:
        case upay::OuterError::request_fail:
        case upay::OuterError::external_service:
            return 503;
        case upay::OuterError::unknown_system_error:
            return 500;
    }
    return 500;
}

}  // namespace

const std::string& merchant_of(const Visit& visit) {
    const ports::TerminalView& terminal = visit.terminal;
    return terminal.merchant_name.empty() ? terminal.store_name : terminal.merchant_name;
}

PageState state_of(const Aggregate& order, core::Instant now) {
    const payments::Payment& payment = order.payment;
    if (payment.state == payments::PaymentState::created) return PageState::preparing;
    switch (upay::shown_as(order)) {
        case Shown::awaiting: {
            const bool may_begin = payment.expires_at && now < *payment.expires_at;
            return may_begin && !payment.launch.empty() ? PageState::waiting : PageState::checking;
        }
        case Shown::paid:
        case Shown::cancel_refused:
        case Shown::partially_refunded:
        case Shown::refunded:
        case Shown::refunding:
        case Shown::refund_error:
            return PageState::paid;
        case Shown::timed_out:
            return PageState::expired;
        case Shown::failed:
            return PageState::failed;
        case Shown::cancelled:
            return PageState::cancelled;
        case Shown::paying:
        case Shown::reversing:
        case Shown::pay_error:
        case Shown::cancelling:
        case Shown::cancel_error:
            return PageState::checking;
    }
    return PageState::checking;
}

std::string local_address(const Services& services, std::string_view path_below, std::string_view query) {
    // A proxy may have put the gateway below a path of its own.
    const auto base = net::parse_base_url(services.public_url);
    return fmt::format("{}{}{}?{}", base ? base->path : std::string(), path, path_below, query);
}

std::string public_address(const Services& services, const Visit& visit) {
    return fmt::format("{}{}/order?{}", services.public_url, path, order_query(visit));
}

net::Response page_response(int status, std::string html) {
    net::Response response = net::make_response(status, html_type, std::move(html));
    protect(response);
    return response;
}

net::Response redirect_response(int status, std::string location, std::string html) {
    net::Response response = page_response(status, std::move(html));
    response.headers.set("Location", std::move(location));
    return response;
}

net::Response show_order(const Services& services, const Visit& visit, const Aggregate& order) {
    const payments::Payment& payment = order.payment;
    const core::Instant now = services.clock->now();
    Page page{.language = visit.browser.language,
              .state = state_of(order, now),
              .merchant = merchant_of(visit),
              .subject = payment.subject,
              .amount = payment.amount,
              .client_sn = payment.client_sn,
              .sn = payment.sn.text(),
              .channel = payment.channel,
              .choices = {},
              .launch = {},
              .status_url = {},
              .back_url = {},
              .left = left_of(payment, now)};
    page.back_url = link_back(visit, order, page.state);
    if (is_open(page.state)) page.status_url = local_address(services, "/status", order_query(visit));
    add_start(page, visit, payment);
    std::string html = write_page(page);
    if (page.state == PageState::paid)
        return redirect_response(302, std::move(page.back_url), std::move(html));
    return page_response(200, std::move(html));
}

net::Response show_status(const Services& services, const Visit& visit, const Aggregate& order) {
    const core::Instant now = services.clock->now();
    const PageState state = state_of(order, now);
    const auto left = std::chrono::ceil<std::chrono::seconds>(left_of(order.payment, now)).count();
    codec::JsonObject answer;
    answer.emplace_back("state", to_string(state));
    answer.emplace_back("left_s", codec::Json::number(left));
    if (state == PageState::paid) answer.emplace_back("next", link_back(visit, order, state));
    net::Response response =
        net::make_response(200, "application/json;charset=utf-8", codec::write_json(std::move(answer)));
    protect(response);
    return response;
}

net::Response show_rejection(Language language, const upay::Rejection& rejection, std::string location) {
    std::string html = write_page(ErrorPage{
        .language = language, .code = rejection.code(), .message = rejection.text(), .back_url = location});
    if (location.empty()) return page_response(http_status_of(rejection), std::move(html));
    return redirect_response(302, std::move(location), std::move(html));
}

}  // namespace huitong::api::gateway

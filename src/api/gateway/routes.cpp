#include "api/gateway/routes.hpp"

#include <memory>
#include <utility>

#include "api/gateway/checkout.hpp"
#include "api/gateway/return_url.hpp"
#include "api/gateway/visit.hpp"

namespace huitong::api::gateway {

namespace {

using payments::Aggregate;
using payments::ChannelKind;
using upay::BizError;
using upay::OuterError;

// What is no page of ours, or not asked for in this way.
net::Response refuse(Language language, int status, std::string message) {
    net::Response response =
        show_rejection(language, {.error = OuterError::invalid_params, .message = std::move(message)});
    response.status = status;
    return response;
}

net::Response wrong_method(Language language, std::string allowed) {
    net::Response response = refuse(language, 405, "不支持的请求方法");
    response.headers.set("Allow", std::move(allowed));
    return response;
}

using Show = net::Response (*)(const Services&, const Visit&, const Aggregate&);

// An order by its address: who has it was given it by us.
task::Awaitable<net::Response> serve_address(const Services& services, net::Request request, Show show) {
    Visit visit;
    visit.browser = browser_of(request);
    const Language language = visit.browser.language;
    auto claimed = read_order_query(request.query());
    if (!claimed) co_return show_rejection(language, {.error = OuterError::illegal_sign});
    auto terminal = co_await services.stories.find_terminal(claimed->address.terminal_sn);
    if (!terminal && terminal.error().code != core::Code::not_found)
        co_return show_rejection(language, upay::story_rejection(terminal.error()));
    if (!terminal) co_return show_rejection(language, {.error = OuterError::invalid_terminal});
    for (const core::Secret& key : {terminal->terminal.current_key, terminal->terminal.previous_key}) {
        if (is_token_of(*claimed, key)) visit.key = key;
    }
    if (visit.key.empty()) co_return show_rejection(language, {.error = OuterError::illegal_sign});
    visit.terminal = std::move(*terminal);
    visit.client_sn = std::move(claimed->address.client_sn);
    visit.return_url = std::move(claimed->address.return_url);
    const auto order = co_await services.stories.find(visit.terminal.terminal.merchant_sn, visit.client_sn);
    if (!order && order.error().code == core::Code::not_found)
        co_return show_rejection(language, {.error = BizError::order_not_exists});
    if (!order) co_return show_rejection(language, upay::story_rejection(order.error()));
    co_return show(services, visit, *order);
}

task::Awaitable<net::Response> serve(std::shared_ptr<const Services> services, net::Request request) {
    const std::string below(request.path().substr(path.size()));
    const Language language = browser_of(request).language;
    const bool is_choice = below == "/wechat" || below == "/alipay";
    const bool is_view = below.empty() || below == "/order" || below == "/status";
    if (!is_choice && !is_view) co_return refuse(language, 404, "页面不存在");
    const bool is_got = request.method == "GET" || request.method == "HEAD";
    if (is_view && !is_got) co_return wrong_method(language, "GET, HEAD");
    if (is_choice && request.method != "POST") co_return wrong_method(language, "POST");
    if (services->is_draining && services->is_draining())
        co_return show_rejection(language, {.error = OuterError::maintenance});
    if (below == "/order") co_return co_await serve_address(*services, std::move(request), show_order);
    if (below == "/status") co_return co_await serve_address(*services, std::move(request), show_status);
    std::optional<ChannelKind> chosen;
    if (is_choice) chosen = below == "/wechat" ? ChannelKind::wechat : ChannelKind::alipay;
    co_return co_await checkout(*services, std::move(request), chosen);
}

}  // namespace

bool is_mine(std::string_view request_path) {
    return request_path == path || request_path.starts_with(std::string(path) + "/");
}

net::Handler make_handler(Services services) {
    return [shared = std::make_shared<const Services>(std::move(services))](net::Request request) {
        return serve(shared, std::move(request));
    };
}

}  // namespace huitong::api::gateway

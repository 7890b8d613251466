#include "api/gateway/checkout.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "api/gateway/return_url.hpp"
#include "api/gateway/signature.hpp"
#include "api/gateway/visit.hpp"
#include "api/upay/endpoint.hpp"
#include "api/upay/order_fields.hpp"

namespace huitong::api::gateway {

namespace {

using payments::Aggregate;
using payments::ChannelKind;
using payments::Product;
using upay::BizError;
using upay::OuterError;
using upay::Rejection;

struct Checkout {
    Visit visit;
    codec::FormFields fields;
    upay::OrderFields order;
    std::string payer_uid;
    std::optional<ChannelKind> forced;  // by payway
    std::string query;                  // as it came, as it can stand in a header
    std::string client_ip;
    core::Instant arrived_at;
    bool is_safe = false;  // HEAD: nothing may be begun
};

// is_success=F, and of the order what was said of it (spec/upay 3.9).
net::Response reject(const Checkout& checkout, const Rejection& rejection) {
    constexpr std::size_t most_of_echo = 256;
    codec::FormFields fields{{"is_success", "F"},
                             {"error_code", std::string(rejection.code())},
                             {"error_message", std::string(rejection.text())},
                             {"terminal_sn", checkout.visit.terminal.terminal.sn}};
    for (const char* const name : {"client_sn", "total_amount", "subject", "operator", "reflect"}) {
        std::string value = value_of(checkout.fields, name);
        if (value.size() <= most_of_echo) fields.emplace_back(name, std::move(value));
    }
    const Visit& visit = checkout.visit;
    return show_rejection(visit.browser.language, rejection,
                          return_link(visit.return_url, std::move(fields), visit.key));
}

// Rows 4 to 7 of spec/upay 5.0, the way back first: none: go on.
std::optional<net::Response> read_fields(Checkout& checkout) {
    Visit& visit = checkout.visit;
    auto return_url = read_return_url(value_of(checkout.fields, "return_url"));
    if (!return_url)
        return show_rejection(visit.browser.language, upay::params_rejection(return_url.error()));
    visit.return_url = std::move(*return_url);
    codec::JsonObject members;
    for (const auto& [name, value] : checkout.fields) {
        if (!codec::is_utf8(name) || !codec::is_utf8(value))
            return reject(checkout,
                          {.error = OuterError::invalid_params, .message = "参数不是合法的UTF-8编码"});
        members.emplace_back(name, value);
    }
    const codec::Json body(std::move(members));
    upay::Fields fields(body);
    checkout.order = upay::read_order(fields, upay::Need::optional, visit.terminal.switches);
    checkout.payer_uid = fields.text("payer_uid", {.most = 64});
    if (const auto checked = fields.check(); !checked)
        return reject(checkout, upay::params_rejection(checked.error()));
    visit.client_sn = checkout.order.client_sn;
    if (checkout.order.payway.empty()) return std::nullopt;
    checkout.forced = upay::channel_of_payway(checkout.order.payway);
    if (!checkout.forced) return reject(checkout, {.error = BizError::unexpected_provider});
    return std::nullopt;
}

// Whether the order found is the one of this query, and not another under its number.
bool is_same(const Checkout& checkout, const payments::Payment& payment) {
    const bool is_web = payment.product == Product::wap || payment.product == Product::h5;
    return is_web && payment.terminal_sn == checkout.visit.terminal.terminal.sn &&
           payment.amount == core::fen(checkout.order.amount_fen) &&
           payment.subject == checkout.order.subject &&
           (!checkout.forced || payment.channel == *checkout.forced);
}

// The order of that client_sn. none: there is none.
task::Awaitable<std::optional<net::Response>> show_found(const Services& services, const Checkout& checkout,
                                                         bool leads_to_page) {
    const Visit& visit = checkout.visit;
    const auto found = co_await services.stories.find(visit.terminal.terminal.merchant_sn, visit.client_sn);
    if (!found && found.error().code == core::Code::not_found) co_return std::nullopt;
    if (!found) co_return reject(checkout, upay::story_rejection(found.error()));
    if (!is_same(checkout, found->payment)) {
        const core::Error taken{core::Code::conflict, "client_sn_taken", {}};
        co_return reject(checkout, upay::begin_rejection(taken, visit.client_sn));
    }
    if (leads_to_page) co_return redirect_response(303, local_address(services, "", checkout.query), {});
    co_return show_order(services, visit, *found);
}

net::Response show_unbegun(const Services& services, const Checkout& checkout, PageState state,
                           const std::vector<ChannelKind>& offered) {
    const Visit& visit = checkout.visit;
    Page page{.language = visit.browser.language,
              .state = state,
              .merchant = merchant_of(visit),
              .subject = checkout.order.subject,
              .amount = core::fen(checkout.order.amount_fen),
              .client_sn = visit.client_sn,
              .sn = {},
              .channel = {},
              .choices = {},
              .launch = {},
              .status_url = {},
              .back_url = {}};
    for (const ChannelKind channel : offered) {
        const bool is_wechat = channel == ChannelKind::wechat;
        page.choices.push_back(
            {.channel = channel,
             .action = local_address(services, is_wechat ? "/wechat" : "/alipay", checkout.query)});
    }
    return page_response(200, write_page(page));
}

// WeChat's browser opens no page of Alipay's, and pays itself only for whom the merchant names; Alipay's
// opens no WeChat.
bool can_pay_here(const Checkout& checkout, ChannelKind channel) {
    const auto& wallet = checkout.visit.browser.wallet;
    if (!wallet) return true;
    if (*wallet != channel) return false;
    return channel == ChannelKind::alipay || !checkout.payer_uid.empty();
}

task::Awaitable<net::Response> begin(const Services& services, Checkout checkout, ChannelKind channel,
                                     bool leads_to_page) {
    const Visit& visit = checkout.visit;
    const bool is_wechat = channel == ChannelKind::wechat;
    const bool is_inside = is_wechat && visit.browser.wallet == ChannelKind::wechat;
    const upay::Call call{.body = {},
                          .raw_body = {},
                          .vendor = {},
                          .terminal = visit.terminal,
                          .terminal_ip = checkout.client_ip,
                          .arrived_at = checkout.arrived_at};
    flows::LaunchCommand command{
        .order = upay::order_command(checkout.order, call, channel, core::Duration{0}),
        .product = is_wechat && !is_inside ? Product::h5 : Product::wap,
        .payer_id = is_inside ? checkout.payer_uid : std::string(),
        .return_url = public_address(services, visit)};
    const auto launched = co_await services.stories.launch(std::move(command));
    // Of two that ask at once one comes first; both see its order.
    const bool is_taken = !launched && launched.error().reason == "client_sn_taken";
    if (!launched && !is_taken)
        co_return reject(checkout, upay::begin_rejection(launched.error(), visit.client_sn));
    auto shown = co_await show_found(services, checkout, leads_to_page);
    if (shown) co_return std::move(*shown);
    co_return reject(checkout, {.error = OuterError::unknown_system_error});
}

task::Awaitable<net::Response> choose(const Services& services, Checkout checkout,
                                      std::optional<ChannelKind> chosen) {
    const bool leads_to_page = chosen.has_value();
    auto channel = checkout.forced ? checkout.forced : chosen;
    if (!channel) channel = checkout.visit.browser.wallet;
    if (!channel) {
        const auto offered =
            co_await services.stories.find_channels(checkout.visit.terminal.terminal.merchant_sn);
        if (!offered) co_return reject(checkout, upay::story_rejection(offered.error()));
        if (offered->empty()) co_return reject(checkout, {.error = BizError::unexpected_provider});
        if (offered->size() > 1) co_return show_unbegun(services, checkout, PageState::choosing, *offered);
        channel = offered->front();
    }
    if (!can_pay_here(checkout, *channel))
        co_return show_unbegun(services, checkout, PageState::elsewhere, {});
    if (checkout.is_safe) co_return page_response(200, {});
    co_return co_await begin(services, std::move(checkout), *channel, leads_to_page);
}

Rejection terminal_rejection(const core::Error& error) {
    if (error.code == core::Code::not_found) return {.error = OuterError::invalid_terminal};
    return upay::story_rejection(error);
}

}  // namespace

task::Awaitable<net::Response> checkout(const Services& services, net::Request request,
                                        std::optional<ChannelKind> chosen) {
    Checkout made;
    made.arrived_at = services.clock->now();
    made.query = escape_url(request.query());
    made.client_ip = upay::client_ip_of(request);
    made.is_safe = request.method == "HEAD";
    made.visit.browser = browser_of(request);
    const Language language = made.visit.browser.language;
    const std::string terminal_sn = claimed_value(made.query, "terminal_sn");
    const bool is_shaped = !terminal_sn.empty() && !claimed_value(made.query, "sign").empty();
    if (!is_shaped) co_return show_rejection(language, {.error = OuterError::illegal_sign});
    auto terminal = co_await services.stories.find_terminal(terminal_sn);
    if (!terminal) co_return show_rejection(language, terminal_rejection(terminal.error()));
    auto verified = verify(made.query, terminal->terminal);
    if (!verified) co_return show_rejection(language, {.error = OuterError::illegal_sign});
    made.visit.terminal = std::move(*terminal);
    made.visit.key = std::move(verified->key);
    made.fields = std::move(verified->fields);
    if (auto refused = read_fields(made)) co_return std::move(*refused);
    if (auto shown = co_await show_found(services, made, chosen.has_value())) co_return std::move(*shown);
    // Whoever has paid is told so, whatever became of the terminal since.
    if (const auto inactivity = upay::inactivity_of(made.visit.terminal)) co_return reject(made, *inactivity);
    co_return co_await choose(services, std::move(made), chosen);
}

}  // namespace huitong::api::gateway

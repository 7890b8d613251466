// POST /upay/v2/pay (spec/upay 3.4, 5.1): charge a payer's scanned code and wait for the outcome.
#include <algorithm>
#include <optional>
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/order_data.hpp"
#include "api/upay/order_fields.hpp"
#include "core/mutation.hpp"
#include "payments/routing.hpp"

namespace huitong::api::upay {

namespace {

struct PayRequest {
    OrderFields order;
    std::string dynamic_id;
};

// Scanners end a code with a line end; some tills pass it on.
std::string trimmed(std::string text) {
    constexpr std::string_view blanks = " \t\r\n";
    text.erase(text.find_last_not_of(blanks) + 1);
    text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

core::Result<PayRequest> read_pay(const codec::Json& body, const ports::AppSwitches& switches) {
    Fields fields(body);
    PayRequest request;
    request.order = read_order(fields, Need::optional, switches);
    request.dynamic_id = trimmed(fields.text("dynamic_id", {Need::required, 32}));
    if (request.dynamic_id.empty()) fields.refuse("dynamic_id不可以为空");
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    return request;
}

struct Chosen {
    std::optional<payments::ChannelKind> channel;
    BizError error = BizError::none;  // why there is none
};

// A payway overrules what the code looks like (spec/upay 4.4). Whether the merchant has an account there is
// the engine's question.
Chosen choose_channel(const PayRequest& request) {
    constexpr auto unexpected = BizError::unexpected_provider;
    if (!request.order.payway.empty()) return {channel_of_payway(request.order.payway), unexpected};
    const auto issuer = payments::issuer_of_code(request.dynamic_id);
    if (!issuer) return {std::nullopt, BizError::invalid_barcode};
    return {payments::channel_of(*issuer), unexpected};
}

}  // namespace

task::Awaitable<std::string> pay(const Services& services, Call call) {
    auto request = read_pay(call.body, call.terminal.switches);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);
    const Chosen chosen = choose_channel(*request);
    if (!chosen.channel) co_return biz_refusal(chosen.error);

    const std::string client_sn = request->order.client_sn;
    auto paid = co_await services.stories.pay(
        {.order = order_command(std::move(request->order), call, *chosen.channel, services.wait),
         .payment_code = std::move(request->dynamic_id)});
    if (HUITONG_MUTATED("client_sn_conflict_told_as_success") && !paid &&
        paid.error().reason == "client_sn_taken")
        paid = co_await services.stories.find(call.terminal.terminal.merchant_sn, {}, client_sn);
    if (!paid) co_return not_begun(paid.error(), client_sn);
    Verdict verdict = pay_verdict(*paid);
    co_return biz_answer({.result_code = verdict.result_code,
                          .error = verdict.error,
                          .message = std::move(verdict.message),
                          .data = order_data(*paid, Purpose::pay, paid->payment.terminal_sn)});
}

}  // namespace huitong::api::upay

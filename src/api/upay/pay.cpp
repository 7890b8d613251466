// POST /upay/v2/pay (spec/upay 3.4, 5.1): charge a payer's scanned code and wait for the outcome.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/fields.hpp"
#include "api/upay/order_data.hpp"
#include "core/mutation.hpp"
#include "payments/routing.hpp"

namespace huitong::api::upay {

namespace {

struct PayRequest {
    std::string client_sn;
    std::int64_t amount_fen = 0;
    std::string payway;  // digits, or empty: the code tells
    std::string dynamic_id;
    std::string subject;
    std::string operator_name;
    std::string reflect;
    std::string attach;
    std::string goods_tag;
};

// Scanners end a code with a line end; some tills pass it on.
std::string trimmed(std::string text) {
    constexpr std::string_view blanks = " \t\r\n";
    text.erase(text.find_last_not_of(blanks) + 1);
    text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

std::string member_text(const codec::Json& object, std::string_view key) {
    const codec::Json* member = object.find(key);
    const auto* text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string{} : *text;
}

core::Result<PayRequest> read_pay(const codec::Json& body) {
    Fields fields(body);
    PayRequest request;
    request.client_sn = fields.text("client_sn", {Need::required, 32, Unit::bytes});
    request.amount_fen = fields.amount("total_amount");
    request.payway = fields.digits("payway", {.most = 32});
    request.dynamic_id = trimmed(fields.text("dynamic_id", {Need::required, 32}));
    if (request.dynamic_id.empty()) fields.refuse("dynamic_id不可以为空");
    request.subject = fields.text("subject", {Need::required, 64});
    request.operator_name = fields.text("operator", {.most = 64});
    (void)fields.text("description", {.most = 256});
    const std::string longitude = fields.text("longitude", {.most = 32});
    const std::string latitude = fields.text("latitude", {.most = 32});
    if (longitude.empty() != latitude.empty()) fields.refuse("longitude与latitude必须同时出现");
    (void)fields.text("device_id", {.most = 128});
    const codec::Json extended = fields.object_or_text("extended");
    check_extended(fields, extended);
    request.attach = member_text(extended, "attach");
    request.goods_tag = member_text(extended, "goods_tag");
    check_goods_details(fields, fields.array_or_text("goods_details"));
    request.reflect = fields.text_or_json("reflect", 64);
    (void)fields.text("notify_url", {.most = 128});
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
    if (request.payway.empty()) {
        const auto issuer = payments::issuer_of_code(request.dynamic_id);
        if (!issuer) return {std::nullopt, BizError::invalid_barcode};
        return {payments::channel_of(*issuer), unexpected};
    }
    if (request.payway == "3") return {payments::ChannelKind::wechat};
    if (request.payway == "1" || request.payway == "2") return {payments::ChannelKind::alipay};
    return {std::nullopt, unexpected};
}

// The limits a payment may run into before it exists (spec/upay 1.4).
BizError limit_error_of(std::string_view reason) {
    if (reason == "payment_limit") return BizError::buyer_over_transaction_limit;
    if (reason == "terminal_day_limit") return BizError::store_over_daily_limit;
    if (reason == "store_day_limit") return BizError::store_over_daily_limit;
    if (reason == "merchant_day_limit") return BizError::seller_over_daily_limit;
    return BizError::none;
}

std::string not_paid(const core::Error& error, std::string_view client_sn) {
    if (error.reason == "client_sn_taken") {
        return biz_refusal(BizError::client_sn_conflict,
                           fmt::format("client_sn {} 在系统中已经存在", client_sn));
    }
    if (error.reason == "no_channel_account") return biz_refusal(BizError::unexpected_provider);
    const BizError limit = limit_error_of(error.reason);
    return limit == BizError::none ? story_failure(error) : biz_refusal(limit);
}

flows::PayCommand command_of(PayRequest request, const Call& call, payments::ChannelKind channel,
                             core::Duration wait) {
    const ports::Terminal& terminal = call.terminal.terminal;
    return flows::PayCommand{
        .merchant_sn = terminal.merchant_sn,
        .store_sn = terminal.store_sn,
        .terminal_sn = terminal.sn,
        .terminal_ip = call.terminal_ip,
        .client_sn = std::move(request.client_sn),
        .amount = core::fen(request.amount_fen),
        .channel = channel,
        .payment_code = std::move(request.dynamic_id),
        .subject = std::move(request.subject),
        .operator_name = std::move(request.operator_name),
        .reflect = std::move(request.reflect),
        .attach = std::move(request.attach),
        .goods_tag = std::move(request.goods_tag),
        .arrived_at = call.arrived_at,
        .wait_until = call.arrived_at + wait,
    };
}

}  // namespace

task::Awaitable<std::string> pay(const Services& services, Call call) {
    auto request = read_pay(call.body);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);
    const Chosen chosen = choose_channel(*request);
    if (!chosen.channel) co_return biz_refusal(chosen.error);

    const std::string client_sn = request->client_sn;
    auto paid =
        co_await services.stories.pay(command_of(std::move(*request), call, *chosen.channel, services.wait));
    if (HUITONG_MUTATED("client_sn_conflict_told_as_success") && !paid &&
        paid.error().reason == "client_sn_taken")
        paid = co_await services.stories.find(call.terminal.terminal.merchant_sn, {}, client_sn);
    if (!paid) co_return not_paid(paid.error(), client_sn);
    Verdict verdict = pay_verdict(*paid);
    co_return biz_answer({.result_code = verdict.result_code,
                          .error = verdict.error,
                          .message = std::move(verdict.message),
                          .data = order_data(*paid, Purpose::pay, paid->payment.terminal_sn)});
}

}  // namespace huitong::api::upay

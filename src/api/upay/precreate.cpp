// POST /upay/v2/precreate (spec/upay 3.5, 5.2): an order that the payer begins, and what the payer begins it
// with.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/order_data.hpp"
#include "api/upay/order_fields.hpp"
#include "codec/form.hpp"

namespace huitong::api::upay {

namespace {

using payments::Product;

struct PrecreateRequest {
    OrderFields order;
    Product product = Product::qr;
    std::string payer_uid;
};

// none: no such sub_payway for a payer who begins.
std::optional<Product> product_of(std::string_view sub_payway) {
    constexpr std::array products{Product::qr, Product::wap, Product::mini_program, Product::app,
                                  Product::h5};
    if (sub_payway.empty()) return Product::qr;
    for (const Product product : products) {
        if (sub_payway == sub_payway_of(product)) return product;
    }
    return std::nullopt;
}

core::Result<PrecreateRequest> read_precreate(const codec::Json& body, const ports::AppSwitches& switches) {
    Fields fields(body);
    PrecreateRequest request;
    request.order = read_order(fields, Need::required, switches);
    const auto product = product_of(fields.digits("sub_payway", {.most = 32}));
    if (!product) fields.refuse("不支持的sub_payway");
    request.payer_uid = fields.text("payer_uid", {.most = 64});
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    request.product = *product;
    return request;
}

// What the payer begins with.
void add_launch(codec::JsonObject& data, const payments::Payment& payment, const Services& services,
                const ports::AppSwitches& switches) {
    if (payment.product != Product::qr) {
        // Some launches are no JSON but a link: they stay text.
        auto object = switches.wap_as_object ? codec::parse_json(payment.launch)
                                             : core::Result<codec::Json>(codec::Json(payment.launch));
        data.emplace_back("wap_pay_request", object ? std::move(*object) : codec::Json(payment.launch));
        return;
    }
    data.emplace_back("qr_code", payment.launch);
    data.emplace_back("qr_code_image_url", fmt::format("{}/upay/qrcode?content={}", services.public_url,
                                                       codec::percent_encode(payment.launch)));
}

}  // namespace

task::Awaitable<std::string> precreate(const Services& services, Call call) {
    auto request = read_precreate(call.body, call.terminal.switches);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);
    const auto channel = channel_of_payway(request->order.payway);
    if (!channel) co_return biz_refusal(BizError::unexpected_provider);

    const std::string client_sn = request->order.client_sn;
    auto launched = co_await services.stories.launch(
        {.order = order_command(std::move(request->order), call, *channel, services.wait),
         .product = request->product,
         .payer_id = std::move(request->payer_uid)});
    if (!launched) co_return not_begun(launched.error(), client_sn);
    Verdict verdict = precreate_verdict(*launched);
    codec::JsonObject data = order_data(*launched, Purpose::pay, launched->payment.terminal_sn);
    if (shown_as(*launched) == Shown::awaiting)
        add_launch(data, launched->payment, services, call.terminal.switches);
    co_return biz_answer({.result_code = verdict.result_code,
                          .error = verdict.error,
                          .message = std::move(verdict.message),
                          .data = std::move(data)});
}

}  // namespace huitong::api::upay

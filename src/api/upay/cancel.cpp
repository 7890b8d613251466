// POST /upay/v2/cancel and /upay/v2/revoke (spec/upay 3.8, 5.4): undo an order in full. Both are the same;
// only what a client wants with them differs.
#include <fmt/format.h>

#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/look_up.hpp"
#include "api/upay/order_data.hpp"

namespace huitong::api::upay {

namespace {

struct CancelRequest {
    LookUp order;
    std::string operator_name;  // not documented here, but some clients say who cancels
};

core::Result<CancelRequest> read_cancel(const codec::Json& body) {
    Fields fields(body);
    CancelRequest request;
    request.order = read_look_up(fields);
    request.operator_name = fields.text("operator", {.most = 64});
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    return request;
}

// A failure on which the order itself has to be read again for the answer.
bool is_about_state(const core::Error& error) {
    return error.reason == "already_reversed" || error.reason == "not_cancellable" ||
           error.reason == "not_same_day";
}

std::string refused_by_state(const core::Error& error, const payments::Aggregate& order,
                             std::string_view terminal_sn) {
    BizAnswer answer{.result_code = "FAIL", .error = BizError::cancel_order_noop, .message = {}, .data = {}};
    answer.data = order_data(order, Purpose::cancel, terminal_sn);
    if (error.reason == "already_reversed") return biz_answer(std::move(answer));
    answer.error = BizError::cancel_invalid_order_state;
    answer.message =
        fmt::format("当前的订单{}状态是{}", order.payment.sn.text(), order_status(shown_as(order)));
    return biz_answer(std::move(answer));
}

}  // namespace

task::Awaitable<std::string> cancel(const Services& services, Call call) {
    auto request = read_cancel(call.body);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);

    const ports::Terminal& terminal = call.terminal.terminal;
    auto order = co_await services.stories.find(terminal.merchant_sn, std::move(request->order.sn),
                                                std::move(request->order.client_sn));
    if (!order) co_return order_failure(order.error());
    const core::PaymentSn sn = order->payment.sn;
    auto cancelled = co_await services.stories.cancel({.sn = sn,
                                                       .operator_name = std::move(request->operator_name),
                                                       .terminal_sn = terminal.sn,
                                                       .wait_until = call.arrived_at + services.wait});
    if (!cancelled) {
        const core::Error error = cancelled.error();
        if (!is_about_state(error)) co_return order_failure(error);
        order = co_await services.stories.find(terminal.merchant_sn, sn.text(), {});
        if (!order) co_return order_failure(order.error());
        co_return refused_by_state(error, *order, terminal.sn);
    }
    Verdict verdict = cancel_verdict(*cancelled);
    co_return biz_answer({.result_code = verdict.result_code,
                          .error = verdict.error,
                          .message = std::move(verdict.message),
                          .data = order_data(*cancelled, Purpose::cancel, terminal.sn)});
}

}  // namespace huitong::api::upay

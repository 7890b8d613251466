// POST /upay/v2/refund (spec/upay 3.7, 5.3): pay back all or part of an order. The same refund_request_no
// never refunds twice; only the channel's proof is told as REFUND_SUCCESS.
#include <algorithm>
#include <optional>
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/look_up.hpp"
#include "api/upay/order_data.hpp"
#include "api/upay/refund_view.hpp"

namespace huitong::api::upay {

namespace {

constexpr core::Duration longest_wait = std::chrono::seconds(35);

struct RefundRequest {
    LookUp order;
    std::string request_no;
    std::int64_t amount_fen = 0;
    std::string operator_name;
    std::string reason;
};

// client_tsn is not read: our own number of a refund is client_sn and refund_request_no.
core::Result<RefundRequest> read_refund(const codec::Json& body) {
    Fields fields(body);
    RefundRequest request;
    request.order = read_look_up(fields);
    request.request_no = fields.text("refund_request_no", {Need::required, 20, Unit::bytes});
    request.amount_fen = fields.amount("refund_amount");
    request.operator_name = fields.text("operator", {.most = 64});
    request.reason = fields.text("refund_reason", {.most = 256});
    check_extended(fields, fields.object_or_text("extended"));
    check_goods_details(fields, fields.array_or_text("goods_details"));
    (void)fields.text_or_json("reflect", 64);
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    return request;
}

// 5.3: the rows without an effect. none: no row of it.
std::optional<std::string> refused_by_rule(std::string_view reason) {
    constexpr auto state = BizError::refund_invalid_order_state;
    if (reason == "request_conflict") return biz_refusal(BizError::refund_request_conflict);
    if (reason == "nothing_left") return biz_refusal(state, "订单已全额退款,可退金额不足");
    if (reason == "not_enough_left") return biz_refusal(BizError::refundable_amount_not_enough);
    if (reason == "not_refundable") return biz_refusal(state);
    if (reason == "too_late") return biz_refusal(state, "当前订单状态不可退款，已超过退款期限");
    if (reason == "too_many_refunds") return biz_refusal(state, "当前订单状态不可退款，退款次数已达上限");
    return std::nullopt;
}

// The order is read again for the answer: that refund was done before, by this request or an earlier one.
task::Awaitable<std::string> already_refunded(const Services& services, core::PaymentSn sn,
                                              std::string request_no, const ports::Terminal& terminal) {
    auto order = co_await services.stories.find(terminal.merchant_sn, sn.text(), {});
    if (!order) co_return order_failure(order.error());
    BizAnswer answer{.result_code = "FAIL", .error = BizError::refund_order_noop, .message = {}, .data = {}};
    const payments::Operation* const refund = order->find_refund(request_no);
    if (refund != nullptr) answer.data = refund_data(*order, *refund, terminal.sn);
    co_return biz_answer(std::move(answer));
}

std::string refund_answer(const flows::FoundRefund& found, std::string_view terminal_sn) {
    const payments::Operation* const refund = found.order.find(found.seq);
    if (refund == nullptr) return outer_error(OuterError::unknown_system_error);
    Verdict verdict = refund_verdict(found.order, *refund);
    BizAnswer answer{.result_code = verdict.result_code,
                     .error = verdict.error,
                     .message = std::move(verdict.message),
                     .data = {}};
    if (verdict.result_code != "FAIL") answer.data = refund_data(found.order, *refund, terminal_sn);
    return biz_answer(std::move(answer));
}

}  // namespace

task::Awaitable<std::string> refund(const Services& services, Call call) {
    auto request = read_refund(call.body);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);

    const ports::Terminal& terminal = call.terminal.terminal;
    auto order = co_await services.stories.find_for_refund(terminal.merchant_sn, std::move(request->order.sn),
                                                           std::move(request->order.client_sn));
    if (!order) co_return order_failure(order.error());
    const core::PaymentSn sn = order->payment.sn;
    auto refunded = co_await services.stories.refund(
        {.sn = sn,
         .request_no = request->request_no,
         .amount = core::fen(request->amount_fen),
         .operator_name = std::move(request->operator_name),
         .terminal_sn = terminal.sn,
         .reason = std::move(request->reason),
         .wait_until = call.arrived_at + std::min(services.refund_wait, longest_wait)});
    if (refunded) co_return refund_answer(*refunded, terminal.sn);

    const core::Error& error = refunded.error();
    if (error.reason == "already_refunded") {
        co_return co_await already_refunded(services, sn, std::move(request->request_no), terminal);
    }
    if (auto refusal = refused_by_rule(error.reason)) co_return std::move(*refusal);
    co_return order_failure(error);
}

}  // namespace huitong::api::upay

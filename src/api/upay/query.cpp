// POST /upay/v2/query (spec/upay 3.6): an order of the signer's merchant as it stands, or one refund of it.
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/look_up.hpp"
#include "api/upay/order_data.hpp"
#include "api/upay/refund_view.hpp"

namespace huitong::api::upay {

namespace {

struct QueryRequest {
    LookUp order;
    std::string refund_request_no;
};

core::Result<QueryRequest> read_query(const codec::Json& body) {
    Fields fields(body);
    QueryRequest request;
    request.refund_request_no = fields.text("refund_request_no", {.most = 64});
    request.order = read_look_up(fields, !request.refund_request_no.empty());
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    return request;
}

std::string found_answer(Verdict verdict, codec::JsonObject data) {
    return biz_answer({.result_code = verdict.result_code,
                       .error = verdict.error,
                       .message = std::move(verdict.message),
                       .data = std::move(data)});
}

task::Awaitable<std::string> query_refund(const Services& services, QueryRequest request,
                                          std::string merchant_sn) {
    auto found = co_await services.stories.find_refund(std::move(merchant_sn), std::move(request.order.sn),
                                                       std::move(request.order.client_sn),
                                                       std::move(request.refund_request_no));
    if (!found) {
        if (found.error().reason != "ambiguous") co_return order_failure(found.error());
        co_return outer_error(OuterError::invalid_params,
                              "refund_request_no对应多笔订单，请同时提供sn或client_sn");
    }
    const payments::Operation* const refund = found->order.find(found->seq);
    if (refund == nullptr) co_return outer_error(OuterError::unknown_system_error);
    co_return found_answer(refund_query_verdict(*refund),
                           refund_query_data(found->order, *refund, found->order.payment.terminal_sn));
}

}  // namespace

task::Awaitable<std::string> query(const Services& services, Call call) {
    auto request = read_query(call.body);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);
    std::string merchant_sn = call.terminal.terminal.merchant_sn;
    if (!request->refund_request_no.empty()) {
        co_return co_await query_refund(services, std::move(*request), std::move(merchant_sn));
    }
    auto found = co_await services.stories.find(std::move(merchant_sn), std::move(request->order.sn),
                                                std::move(request->order.client_sn));
    if (!found) co_return order_failure(found.error());
    co_return found_answer(query_verdict(*found),
                           order_data(*found, Purpose::query, found->payment.terminal_sn));
}

}  // namespace huitong::api::upay

// POST /upay/v2/query (spec/upay 3.6): an order of the signer's merchant as it stands.
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/look_up.hpp"
#include "api/upay/order_view.hpp"

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

std::string unknown_order() {
    return biz_answer(
        {.result_code = "FAIL", .error = BizError::order_not_exists, .message = {}, .data = {}});
}

}  // namespace

task::Awaitable<std::string> query(const Services& services, Call call) {
    auto request = read_query(call.body);
    if (!request) co_return params_failure(request.error());
    if (auto inactive = check_active(call.terminal)) co_return std::move(*inactive);
    // No refund has been made here, so none is known by that number.
    if (!request->refund_request_no.empty()) co_return unknown_order();

    auto found =
        co_await services.stories.find(call.terminal.terminal.merchant_sn, std::move(request->order.sn),
                                       std::move(request->order.client_sn));
    if (!found) {
        if (found.error().code == core::Code::not_found) co_return unknown_order();
        co_return story_failure(found.error());
    }
    const Verdict verdict = query_verdict(*found);
    co_return biz_answer({.result_code = verdict.result_code,
                          .error = verdict.error,
                          .message = std::string(verdict.message),
                          .data = order_data(*found, Purpose::query, found->payment.terminal_sn)});
}

}  // namespace huitong::api::upay

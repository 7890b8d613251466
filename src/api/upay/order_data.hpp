// The data object of upay answers (spec/upay 3.4, 3.6, 3.7, 3.8): the order, and the operation the answer
// speaks of. Pure functions of the payment.
#pragma once

#include <string_view>

#include "api/upay/order_view.hpp"
#include "codec/json.hpp"

namespace huitong::api::upay {

// How upay calls the way the payer comes to pay (spec/upay 4.4).
[[nodiscard]] std::string_view sub_payway_of(payments::Product product);

// biz_response.data of pay, precreate, query and cancel. `terminal_sn` is the terminal the answer speaks of:
// the order's for pay and query, the requester's for cancel and refund (spec/upay 6.2).
[[nodiscard]] codec::JsonObject order_data(const payments::Aggregate& aggregate, Purpose purpose,
                                           std::string_view terminal_sn);
// Of the answer to a refund: that refund, and the order as it left it.
[[nodiscard]] codec::JsonObject refund_data(const payments::Aggregate& aggregate,
                                            const payments::Operation& refund, std::string_view terminal_sn);
// Of a query for one refund: the order as it stands, told of that refund, with its number and amount.
[[nodiscard]] codec::JsonObject refund_query_data(const payments::Aggregate& aggregate,
                                                  const payments::Operation& refund,
                                                  std::string_view terminal_sn);

}  // namespace huitong::api::upay

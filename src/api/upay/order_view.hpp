// How a payment looks to a upay client: order_status, the status of its last operation, result codes and the
// data object. Pure functions of the payment and the time, so the decision tables 5.1 and 5.4 are tested as
// tables.
#pragma once

#include <string>
#include <string_view>

#include "api/upay/codes.hpp"
#include "codec/json.hpp"
#include "payments/payment.hpp"

namespace huitong::api::upay {

// Everything a client can tell apart (spec/upay 4.1, 5.1, 5.4); each value is one row of the table of
// statuses.
enum class Shown {
    paying,
    paid,
    cancel_refused,  // paid, and the last cancel of it was refused by the channel
    failed,
    timed_out,  // given up and reversed by the server
    reversing,  // the same, still running
    pay_error,
    cancelling,
    cancelled,  // by the merchant
    cancel_error,
    partially_refunded,
    refunded,
};
[[nodiscard]] Shown shown_as(const payments::Aggregate& aggregate);

[[nodiscard]] std::string_view order_status(Shown shown);

// For which endpoint the order is described: they differ in whose operation `status` speaks of.
enum class Purpose { pay, query, cancel };
[[nodiscard]] std::string_view operation_status(Shown shown, Purpose purpose);

struct Verdict {
    std::string_view result_code;
    BizError error = BizError::none;
    std::string_view message = {};  // instead of the table's, when not empty
};
// 5.1: what the pay request is told at the end of its wait.
[[nodiscard]] Verdict pay_verdict(const payments::Aggregate& aggregate, core::Instant now);
// 5.4: what an accepted cancel is told at the end of its wait.
[[nodiscard]] Verdict cancel_verdict(const payments::Aggregate& aggregate);
// 3.6: SUCCESS, with the reason when the order failed.
[[nodiscard]] Verdict query_verdict(const payments::Aggregate& aggregate);

// biz_response.data. `terminal_sn` is the terminal the answer speaks of: the order's for pay and query, the
// requester's for cancel (spec/upay 6.2).
[[nodiscard]] codec::JsonObject order_data(const payments::Aggregate& aggregate, Purpose purpose,
                                           std::string_view terminal_sn);

// payment_list[].type of what the channel says the payer paid with (spec/upay 4.6).
[[nodiscard]] std::string_view funding_type(payments::ChannelKind channel, std::string_view funding);

}  // namespace huitong::api::upay

// How a payment looks to a upay client: order_status, the status of its last operation and result codes. Pure
// functions of the payment and the time, so the decision tables 5.1 and 5.4 are tested as tables.
#pragma once

#include <string>
#include <string_view>

#include "api/upay/codes.hpp"
#include "payments/payment.hpp"

namespace huitong::api::upay {

// Everything a client can tell apart (spec/upay 4.1, 5.1, 5.3, 5.4); each value is one row of the table of
// statuses.
enum class Shown {
    paying,
    awaiting,  // launched; the payer has not paid yet
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
    refunding,     // paid, and the newest unfinished refund of it is on its way
    refund_error,  // paid, and nobody knows what became of that refund
};
[[nodiscard]] Shown shown_as(const payments::Aggregate& aggregate);
// The same without the refunds that are not proven: what a refund that was refused leaves standing.
[[nodiscard]] Shown shown_without_open_refunds(const payments::Aggregate& aggregate);

[[nodiscard]] std::string_view order_status(Shown shown);

// For which endpoint the order is described: they differ in whose operation `status` speaks of.
enum class Purpose { pay, query, cancel };
[[nodiscard]] std::string_view operation_status(Shown shown, Purpose purpose);

struct Verdict {
    std::string_view result_code;
    BizError error = BizError::none;
    std::string message = {};  // instead of the table's, when not empty
};
// 5.1: what the pay request is told at the end of its wait.
[[nodiscard]] Verdict pay_verdict(const payments::Aggregate& aggregate);
// 5.2: the same of precreate.
[[nodiscard]] Verdict precreate_verdict(const payments::Aggregate& aggregate);
// 5.4: what an accepted cancel is told at the end of its wait.
[[nodiscard]] Verdict cancel_verdict(const payments::Aggregate& aggregate);
// 3.6: SUCCESS, with the reason when the order failed.
[[nodiscard]] Verdict query_verdict(const payments::Aggregate& aggregate);

// What an order that its promotion protects is answered with (spec/upay 1.4).
[[nodiscard]] std::string not_refundable_text(const payments::Payment& payment);

// Whether the client is told that the order was paid; then it is told by whom.
[[nodiscard]] bool is_paid_to_the_client(const payments::Payment& payment);
// Whether the payment's own end is told with its time.
[[nodiscard]] bool has_finish_time(Shown shown);
// The last reversal, whoever asked for it, or null.
[[nodiscard]] const payments::Operation* last_reversal(const payments::Aggregate& aggregate);

}  // namespace huitong::api::upay

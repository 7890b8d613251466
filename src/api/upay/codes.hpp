// The codes and texts of the upay face: one table for each level of the envelope, and one that maps every
// refusal of a channel onto them. Clients match on the codes and show the texts (spec/upay 1.3, 1.4).
#pragma once

#include <string_view>

#include "payments/answers.hpp"

namespace huitong::api::upay {

// Errors of the communication level: there is no biz_response beside them (spec/upay 1.3).
enum class OuterError {
    invalid_params,
    invalid_terminal,
    illegal_sign,
    unknown_system_error,
    maintenance,        // this node is being drained, or still asks the channels about a lost window
    request_fail,       // overload: certainly nothing was done
    pay_status_closed,  // the merchant is closed
    external_service,   // no channel answers at present: certainly nothing was charged
};

struct OuterRow {
    std::string_view result_code;  // "400" the client's fault, "500" ours
    std::string_view error_code;
    std::string_view message;
};
[[nodiscard]] const OuterRow& row_of(OuterError error);

// Errors of the business level (spec/upay 1.4).
enum class BizError {
    none,
    invalid_barcode,
    expired_barcode,
    insufficient_fund,
    buyer_over_daily_limit,
    buyer_over_transaction_limit,
    seller_over_daily_limit,
    store_over_daily_limit,
    seller_balance_not_enough,
    refund_amount_invalid,
    trade_failed,
    unexpected_provider,
    trade_timeout,
    client_sn_conflict,
    order_not_exists,
    refundable_amount_not_enough,
    refund_request_conflict,
    terminal_status_abnormal,
    cancel_order_noop,
    cancel_invalid_order_state,
    refund_order_noop,
    refund_invalid_order_state,
    order_not_refundable,  // its promotion or contract forbids refunds and cancels
};

struct BizRow {
    std::string_view error_code;
    std::string_view message;
};
[[nodiscard]] const BizRow& row_of(BizError error);

// Why a payment failed, as the till is told.
[[nodiscard]] BizError pay_error_of(payments::Refusal refusal);
// Why a cancel of a paid order was refused.
[[nodiscard]] BizError cancel_error_of(payments::Refusal refusal);
// Why the channel refused a refund.
[[nodiscard]] BizError refund_error_of(payments::Refusal refusal);

}  // namespace huitong::api::upay

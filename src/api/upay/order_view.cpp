// Tables of order_view.hpp.
#include "api/upay/order_view.hpp"

#include <fmt/format.h>

#include <array>
#include <ranges>

#include "api/upay/refund_view.hpp"
#include "core/mutation.hpp"

namespace huitong::api::upay {

namespace {

using payments::OperationKind;
using payments::OperationState;
using payments::PaymentState;
using payments::ReversalBy;

struct StatusRow {
    Shown shown;
    std::string_view order_status;
    std::string_view last_status;  // of the last operation
    std::string_view pay_status;   // of the payment itself
    std::string_view pay_result;
    BizError pay_error = BizError::none;  // where it does not come from the refusal
    bool has_finish_time = false;
};

constexpr auto none = BizError::none;
constexpr auto trade_failed = BizError::trade_failed;
constexpr std::array<StatusRow, 15> rows{{
    {Shown::paying, "CREATED", "IN_PROG", "IN_PROG", "PAY_IN_PROGRESS", none, false},
    {Shown::awaiting, "CREATED", "CREATED", "CREATED", "PAY_IN_PROGRESS", none, false},
    {Shown::paid, "PAID", "SUCCESS", "SUCCESS", "PAY_SUCCESS", none, true},
    {Shown::cancel_refused, "PAID", "CANCEL_ERROR", "SUCCESS", "PAY_SUCCESS", none, true},
    {Shown::failed, "PAY_CANCELED", "FAIL_CANCELED", "FAIL_CANCELED", "PAY_FAIL", none, true},
    {Shown::timed_out, "PAY_CANCELED", "FAIL_CANCELED", "FAIL_CANCELED", "PAY_FAIL", BizError::trade_timeout,
     true},
    {Shown::reversing, "CREATED", "IN_PROG", "IN_PROG", "PAY_FAIL_IN_PROGRESS", none, false},
    {Shown::pay_error, "PAY_ERROR", "FAIL_ERROR", "FAIL_ERROR", "PAY_FAIL_ERROR", trade_failed, false},
    {Shown::cancelling, "CANCEL_INPROGRESS", "IN_PROG", "IN_PROG", "PAY_FAIL_IN_PROGRESS", none, false},
    {Shown::cancelled, "CANCELED", "SUCCESS", "FAIL_CANCELED", "PAY_FAIL", trade_failed, true},
    {Shown::cancel_error, "CANCEL_ERROR", "CANCEL_ERROR", "FAIL_ERROR", "PAY_FAIL_ERROR", trade_failed,
     false},
    {Shown::partially_refunded, "PARTIAL_REFUNDED", "SUCCESS", "SUCCESS", "PAY_SUCCESS", none, true},
    {Shown::refunded, "REFUNDED", "SUCCESS", "SUCCESS", "PAY_SUCCESS", none, true},
    {Shown::refunding, "REFUND_INPROGRESS", "IN_PROG", "SUCCESS", "PAY_SUCCESS", none, true},
    {Shown::refund_error, "REFUND_ERROR", "REFUND_ERROR", "SUCCESS", "PAY_SUCCESS", none, true},
}};
static_assert(static_cast<std::size_t>(Shown::refund_error) + 1 == rows.size());
static_assert([] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].shown != static_cast<Shown>(i)) return false;
    }
    return true;
}());

constexpr const StatusRow& row_of(Shown shown) {
    return rows[static_cast<std::size_t>(shown)];
}

// A payment found paid after it was final is undone unseen: the client goes on reading what it was told.
Shown shown_as_before(const payments::Payment& payment) {
    if (payment.reversal_by == ReversalBy::merchant) return Shown::cancelled;
    const bool has_failed =
        payment.reversal_by == ReversalBy::nobody || payment.refusal != payments::Refusal::none;
    return has_failed ? Shown::failed : Shown::timed_out;
}

// Whether the channel knows the order is not known, and nobody was given anything to pay it with. What was
// given out may have been lost with a disk: such an order may still be paid, so its client hears of no error.
bool is_unlaunched(const payments::Aggregate& aggregate) {
    const payments::Payment& payment = aggregate.payment;
    return payments::is_launched(payment) && payment.launch.empty() && !aggregate.pay().is_restored;
}

}  // namespace

const payments::Operation* last_reversal(const payments::Aggregate& aggregate) {
    for (const auto& operation : std::views::reverse(aggregate.operations)) {
        if (operation.kind == OperationKind::reverse) return &operation;
    }
    return nullptr;
}

bool is_paid_to_the_client(const payments::Payment& payment) {
    switch (payment.state) {
        case PaymentState::paid:
        case PaymentState::partially_refunded:
        case PaymentState::refunded:
            return true;
        case PaymentState::created:
        case PaymentState::pending:
        case PaymentState::reversing:
        case PaymentState::reversed:
        case PaymentState::closed:
        case PaymentState::failed:
        case PaymentState::manual_review:
            return payment.was_paid_before_reversal;
    }
    return false;
}

bool has_finish_time(Shown shown) {
    return row_of(shown).has_finish_time;
}

Shown shown_as(const payments::Aggregate& aggregate) {
    const PaymentState state = aggregate.payment.state;
    const bool is_refundable = state == PaymentState::paid || state == PaymentState::partially_refunded;
    const auto* const refund = is_refundable ? last_refund(aggregate) : nullptr;
    if (refund != nullptr && stage_of(*refund) == RefundStage::running) return Shown::refunding;
    if (refund != nullptr && stage_of(*refund) == RefundStage::unknown) return Shown::refund_error;
    return shown_without_open_refunds(aggregate);
}

Shown shown_without_open_refunds(const payments::Aggregate& aggregate) {
    const payments::Payment& payment = aggregate.payment;
    const bool is_by_merchant = payment.reversal_by == ReversalBy::merchant;
    switch (payment.state) {
        case PaymentState::created:
        case PaymentState::pending:
            if (!payments::is_launched(payment)) return Shown::paying;
            return is_unlaunched(aggregate) ? Shown::pay_error : Shown::awaiting;
        case PaymentState::paid: {
            const auto* reversal = last_reversal(aggregate);
            const bool is_refused = payment.was_paid_before_reversal && reversal != nullptr &&
                                    reversal->state == OperationState::refused;
            return is_refused ? Shown::cancel_refused : Shown::paid;
        }
        case PaymentState::partially_refunded:
            return Shown::partially_refunded;
        case PaymentState::refunded:
            return Shown::refunded;
        case PaymentState::reversing:
            if (payment.is_reopened) return shown_as_before(payment);
            if (is_by_merchant) return Shown::cancelling;
            return is_unlaunched(aggregate) ? Shown::pay_error : Shown::reversing;
        case PaymentState::reversed:
        case PaymentState::closed:
            if (payment.is_reopened) return shown_as_before(payment);
            return is_by_merchant ? Shown::cancelled : Shown::timed_out;
        case PaymentState::failed:
            return Shown::failed;
        case PaymentState::manual_review:
            if (payment.is_reopened) return shown_as_before(payment);
            if (HUITONG_MUTATED("review_told_as_failed")) return Shown::timed_out;
            return is_by_merchant ? Shown::cancel_error : Shown::pay_error;
    }
    return Shown::pay_error;
}

std::string_view order_status(Shown shown) {
    return row_of(shown).order_status;
}

std::string_view operation_status(Shown shown, Purpose purpose) {
    if (purpose == Purpose::pay) return row_of(shown).pay_status;
    const bool is_undone_by_server = shown == Shown::timed_out || shown == Shown::failed;
    if (purpose == Purpose::cancel && is_undone_by_server) return "SUCCESS";
    return row_of(shown).last_status;
}

Verdict pay_verdict(const payments::Aggregate& aggregate) {
    const Shown shown = shown_as(aggregate);
    const StatusRow& row = row_of(shown);
    const bool is_open = shown == Shown::paying || shown == Shown::reversing;
    if (HUITONG_MUTATED("open_payment_told_as_failed") && is_open) return {"PAY_FAIL", trade_failed};
    if (shown == Shown::failed) return {row.pay_result, pay_error_of(aggregate.payment.refusal)};
    if (shown == Shown::cancelled) return {row.pay_result, row.pay_error, "订单已撤销"};
    return {row.pay_result, row.pay_error};
}

Verdict precreate_verdict(const payments::Aggregate& aggregate) {
    Verdict verdict = pay_verdict(aggregate);
    static constexpr std::array<std::array<std::string_view, 2>, 5> codes{{
        {"PAY_SUCCESS", "PRECREATE_SUCCESS"},
        {"PAY_IN_PROGRESS", "PRECREATE_SUCCESS"},
        {"PAY_FAIL", "PRECREATE_FAIL"},
        {"PAY_FAIL_ERROR", "PRECREATE_FAIL_ERROR"},
        {"PAY_FAIL_IN_PROGRESS", "PRECREATE_FAIL_IN_PROGRESS"},
    }};
    for (const auto& [of_pay, of_precreate] : codes) {
        if (verdict.result_code == of_pay) {
            verdict.result_code = of_precreate;
            break;
        }
    }
    return verdict;
}

Verdict cancel_verdict(const payments::Aggregate& aggregate) {
    const payments::Payment& payment = aggregate.payment;
    const bool was_paid = payment.was_paid_before_reversal;
    switch (shown_as(aggregate)) {
        case Shown::cancelled:
        case Shown::timed_out:
        case Shown::failed:
            return {was_paid ? "CANCEL_SUCCESS" : "CANCEL_ABORT_SUCCESS"};
        case Shown::paying:
        case Shown::awaiting:
        case Shown::reversing:
        case Shown::cancelling:
            if (HUITONG_MUTATED("open_cancel_told_as_done"))
                return {was_paid ? "CANCEL_SUCCESS" : "CANCEL_ABORT_SUCCESS"};
            return {was_paid ? "CANCEL_IN_PROGRESS" : "CANCEL_ABORT_IN_PROGRESS"};
        case Shown::pay_error:
        case Shown::cancel_error:
            return {was_paid ? "CANCEL_ERROR" : "CANCEL_ABORT_ERROR"};
        case Shown::paid:
        case Shown::cancel_refused:
        case Shown::partially_refunded:
        case Shown::refunded:
        case Shown::refunding:
        case Shown::refund_error: {
            const BizError error = cancel_error_of(payment.refusal);
            const bool is_protected = error == BizError::order_not_refundable;
            return {"CANCEL_ERROR", error, is_protected ? not_refundable_text(payment) : std::string{}};
        }
    }
    return {"CANCEL_ERROR"};
}

Verdict query_verdict(const payments::Aggregate& aggregate) {
    const Shown shown = shown_as(aggregate);
    if (shown == Shown::failed) return {"SUCCESS", pay_error_of(aggregate.payment.refusal)};
    if (shown == Shown::timed_out || shown == Shown::pay_error) return {"SUCCESS", row_of(shown).pay_error};
    return {"SUCCESS"};
}

std::string not_refundable_text(const payments::Payment& payment) {
    return fmt::format("订单{}参与了活动并且无法撤销", payment.sn.text());
}

}  // namespace huitong::api::upay

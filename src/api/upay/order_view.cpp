// Tables and data object of order_view.hpp.
#include "api/upay/order_view.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

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
    bool is_final = false;
};

constexpr auto none = BizError::none;
constexpr auto trade_failed = BizError::trade_failed;
constexpr std::array<StatusRow, 12> rows{{
    {Shown::paying, "CREATED", "IN_PROG", "IN_PROG", "PAY_IN_PROGRESS", none, false},
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
}};
static_assert(static_cast<std::size_t>(Shown::refunded) + 1 == rows.size());
static_assert([] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].shown != static_cast<Shown>(i)) return false;
    }
    return true;
}());

constexpr const StatusRow& row_of(Shown shown) {
    return rows[static_cast<std::size_t>(shown)];
}

// The last reversal, whoever asked for it, or null.
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

// A payment found paid after it was final is undone unseen: the client goes on reading what it was told.
Shown shown_as_before(const payments::Payment& payment) {
    if (payment.reversal_by == ReversalBy::merchant) return Shown::cancelled;
    const bool has_failed =
        payment.reversal_by == ReversalBy::nobody || payment.refusal != payments::Refusal::none;
    return has_failed ? Shown::failed : Shown::timed_out;
}

std::string ms_text(core::Instant at) {
    return std::to_string(core::to_ms(at));
}

// When what the client is shown became final. For a merchant's cancel that is the end of the reversal that
// did it.
std::optional<core::Instant> finish_time(const payments::Aggregate& aggregate, Shown shown) {
    if (!row_of(shown).is_final) return std::nullopt;
    if (shown == Shown::cancelled) {
        for (const auto& operation : aggregate.operations) {
            if (operation.kind != OperationKind::reverse || !operation.finished_at) continue;
            if (operation.state == OperationState::succeeded) return operation.finished_at;
        }
    }
    return aggregate.payment.finished_at;
}

std::string net_amount(const payments::Payment& payment, Shown shown) {
    const bool is_gone = shown == Shown::cancelled || shown == Shown::refunded;
    return is_gone ? "0" : std::to_string(payment.amount.minor());
}

std::string_view operator_of(const payments::Aggregate& aggregate, Purpose purpose) {
    const auto* reversal = purpose == Purpose::pay ? nullptr : last_reversal(aggregate);
    if (reversal != nullptr && !reversal->operator_name.empty()) return reversal->operator_name;
    return aggregate.payment.operator_name;
}

void add_payer_and_funds(codec::JsonObject& data, const payments::Payment& payment) {
    if (!is_paid_to_the_client(payment)) {
        data.emplace_back("payment_list", codec::JsonArray{});
        return;
    }
    const auto& trade = payment.trade;
    if (!trade.trade_no.empty()) data.emplace_back("trade_no", trade.trade_no);
    if (!trade.payer_id.empty()) data.emplace_back("payer_uid", trade.payer_id);
    if (!trade.payer_login.empty()) data.emplace_back("payer_login", trade.payer_login);
    codec::JsonObject item;
    item.emplace_back("type", funding_type(payment.channel, trade.funding));
    item.emplace_back("amount_total", std::to_string(payment.amount.minor()));
    data.emplace_back("payment_list", codec::JsonArray{std::move(item)});
}

// A cancel that did not succeed has no times of its own (mission 003).
void add_times(codec::JsonObject& data, const payments::Aggregate& aggregate, Shown shown, Purpose purpose) {
    if (purpose == Purpose::cancel && row_of(shown).order_status == "PAID") return;
    const auto finished = finish_time(aggregate, shown);
    if (!finished) return;
    data.emplace_back("finish_time", ms_text(*finished));
    const payments::Payment& payment = aggregate.payment;
    if (is_paid_to_the_client(payment) && payment.trade.paid_at) {
        data.emplace_back("channel_finish_time", ms_text(*payment.trade.paid_at));
    }
}

}  // namespace

Shown shown_as(const payments::Aggregate& aggregate) {
    const payments::Payment& payment = aggregate.payment;
    const bool is_by_merchant = payment.reversal_by == ReversalBy::merchant;
    switch (payment.state) {
        case PaymentState::created:
        case PaymentState::pending:
            return Shown::paying;
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
            return is_by_merchant ? Shown::cancelling : Shown::reversing;
        case PaymentState::reversed:
        case PaymentState::closed:
            if (payment.is_reopened) return shown_as_before(payment);
            return is_by_merchant ? Shown::cancelled : Shown::timed_out;
        case PaymentState::failed:
            return Shown::failed;
        case PaymentState::manual_review:
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

Verdict pay_verdict(const payments::Aggregate& aggregate, core::Instant now) {
    const Shown shown = shown_as(aggregate);
    const StatusRow& row = row_of(shown);
    if (shown == Shown::paying && aggregate.payment.deadline_at <= now) return {"PAY_FAIL_IN_PROGRESS"};
    if (shown == Shown::failed) return {row.pay_result, pay_error_of(aggregate.payment.refusal)};
    if (shown == Shown::cancelled) return {row.pay_result, row.pay_error, "订单已撤销"};
    return {row.pay_result, row.pay_error};
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
        case Shown::reversing:
        case Shown::cancelling:
            return {was_paid ? "CANCEL_IN_PROGRESS" : "CANCEL_ABORT_IN_PROGRESS"};
        case Shown::pay_error:
        case Shown::cancel_error:
            return {was_paid ? "CANCEL_ERROR" : "CANCEL_ABORT_ERROR"};
        case Shown::paid:
        case Shown::cancel_refused:
        case Shown::partially_refunded:
        case Shown::refunded:
            return {"CANCEL_ERROR", cancel_error_of(payment.refusal)};
    }
    return {"CANCEL_ERROR"};
}

Verdict query_verdict(const payments::Aggregate& aggregate) {
    const Shown shown = shown_as(aggregate);
    if (shown == Shown::failed) return {"SUCCESS", pay_error_of(aggregate.payment.refusal)};
    if (shown == Shown::timed_out || shown == Shown::pay_error) return {"SUCCESS", row_of(shown).pay_error};
    return {"SUCCESS"};
}

codec::JsonObject order_data(const payments::Aggregate& aggregate, Purpose purpose,
                             std::string_view terminal_sn) {
    const payments::Payment& payment = aggregate.payment;
    const Shown shown = shown_as(aggregate);
    const bool is_wechat = payment.channel == payments::ChannelKind::wechat;
    codec::JsonObject data;
    data.reserve(24);
    data.emplace_back("terminal_sn", terminal_sn);
    data.emplace_back("sn", payment.sn.text());
    data.emplace_back("client_sn", payment.client_sn);
    data.emplace_back("client_tsn", payment.client_sn);
    data.emplace_back("ctime", ms_text(payment.created_at));
    data.emplace_back("status", operation_status(shown, purpose));
    data.emplace_back("order_status", order_status(shown));
    data.emplace_back("payway", is_wechat ? "3" : "1");
    data.emplace_back("payway_name", is_wechat ? "微信" : "支付宝");
    data.emplace_back("sub_payway", "1");
    data.emplace_back("total_amount", std::to_string(payment.amount.minor()));
    data.emplace_back("net_amount", net_amount(payment, shown));
    data.emplace_back("subject", payment.subject);
    data.emplace_back("operator", operator_of(aggregate, purpose));
    if (!payment.reflect.empty()) data.emplace_back("reflect", payment.reflect);
    data.emplace_back("store_id", payment.store_sn);
    add_payer_and_funds(data, payment);
    add_times(data, aggregate, shown, purpose);
    return data;
}

std::string_view funding_type(payments::ChannelKind channel, std::string_view funding) {
    if (channel == payments::ChannelKind::alipay) return "WALLET_ALIPAY";
    if (funding.ends_with("_DEBIT")) return "BANKCARD_DEBIT";
    if (funding.ends_with("_CREDIT")) return "BANKCARD_CREDIT";
    return "WALLET_WEIXIN";
}

}  // namespace huitong::api::upay

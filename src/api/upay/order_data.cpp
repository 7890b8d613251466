// Builds the data objects of order_data.hpp.
#include "api/upay/order_data.hpp"

#include <fmt/format.h>

#include <optional>
#include <ranges>
#include <utility>

#include "api/upay/funding.hpp"
#include "api/upay/refund_view.hpp"
#include "core/mutation.hpp"

namespace huitong::api::upay {

namespace {

using payments::OperationKind;
using payments::OperationState;

// The operation an answer speaks of, as the client is told of it.
struct Told {
    std::string_view order_status;
    std::string_view status;
    std::string client_tsn;
    std::string_view operator_name;
    std::optional<core::Instant> finished_at;
    std::optional<core::Instant> channel_at;
};

std::string ms_text(core::Instant at) {
    return std::to_string(core::to_ms(at));
}

std::string fen_text(core::Money amount) {
    return std::to_string(amount.minor());
}

// Undoing in full: a reversal, or the engine's refund where a reversal is not possible any more.
bool is_undoing(const payments::Operation& operation) {
    return operation.kind == OperationKind::reverse || payments::is_automatic(operation);
}

// Who did what was done last to the order as a whole; the engine has no name.
std::string_view last_operator(const payments::Aggregate& aggregate) {
    for (const auto& operation : std::views::reverse(aggregate.operations)) {
        if (is_undoing(operation) && !operation.operator_name.empty()) return operation.operator_name;
    }
    return aggregate.payment.operator_name;
}

// When what the client is shown became final. For a merchant's cancel that is the end of what undid it.
std::optional<core::Instant> finish_time(const payments::Aggregate& aggregate, Shown shown) {
    if (!has_finish_time(shown)) return std::nullopt;
    if (shown != Shown::cancelled) return aggregate.payment.finished_at;
    for (const auto& operation : aggregate.operations) {
        if (!is_undoing(operation) || !operation.finished_at) continue;
        if (operation.state == OperationState::succeeded) return operation.finished_at;
    }
    return aggregate.payment.finished_at;
}

// The merchant's refund that a query or a refused cancel speaks of, or null: the refund is the last thing
// that was done to the paid order.
const payments::Operation* refund_told(const payments::Aggregate& aggregate, Shown shown) {
    switch (shown) {
        case Shown::paid:
        case Shown::partially_refunded:
        case Shown::refunded:
        case Shown::refunding:
        case Shown::refund_error:
            return last_refund(aggregate);
        case Shown::cancel_refused: {
            const auto* const refund = last_refund(aggregate);
            const auto* const reversal = last_reversal(aggregate);
            const bool is_older = refund != nullptr && refund->finished_at < reversal->finished_at;
            return is_older ? nullptr : refund;
        }
        case Shown::paying:
        case Shown::awaiting:
        case Shown::failed:
        case Shown::timed_out:
        case Shown::reversing:
        case Shown::pay_error:
        case Shown::cancelling:
        case Shown::cancelled:
        case Shown::cancel_error:
            return nullptr;
    }
    return nullptr;
}

Told tell_refund(const payments::Aggregate& aggregate, const payments::Operation& refund, Shown shown) {
    const payments::Payment& payment = aggregate.payment;
    const bool is_unsigned = refund.operator_name.empty();
    Told told{.order_status = order_status(shown),
              .status = refund_status(stage_of(refund)),
              .client_tsn = fmt::format("{}-{}", payment.client_sn, refund.request_no),
              .operator_name = is_unsigned ? payment.operator_name : refund.operator_name,
              .finished_at = {},
              .channel_at = {}};
    if (stage_of(refund) == RefundStage::done) {
        told.finished_at = refund.finished_at;
        told.channel_at = refund.channel_at;
    }
    return told;
}

// Of the pay itself, or of the cancel that came after it.
Told tell_order(const payments::Aggregate& aggregate, Shown shown, Purpose purpose) {
    const payments::Payment& payment = aggregate.payment;
    Told told{.order_status = order_status(shown),
              .status = operation_status(shown, purpose),
              .client_tsn = payment.client_sn,
              .operator_name = payment.operator_name,
              .finished_at = {},
              .channel_at = {}};
    if (purpose != Purpose::pay) told.operator_name = last_operator(aggregate);
    // A cancel that did not succeed has no times of its own (mission 003).
    if (purpose == Purpose::cancel && told.order_status == "PAID") return told;
    told.finished_at = finish_time(aggregate, shown);
    if (told.finished_at && is_paid_to_the_client(payment)) told.channel_at = payment.trade.paid_at;
    return told;
}

// What is left of the amount: after a cancel nothing, otherwise what no refund has taken (spec/upay 5.5).
std::string net_amount(const payments::Payment& payment, Shown shown) {
    if (shown == Shown::cancelled) return "0";
    const bool is_whole = payment.refunded.is_zero() || HUITONG_MUTATED("net_amount_without_refunds");
    return fen_text(is_whole ? payment.amount : payment.amount - payment.refunded);
}

}  // namespace

std::string_view sub_payway_of(payments::Product product) {
    switch (product) {
        case payments::Product::barcode:
            return "1";
        case payments::Product::qr:
            return "2";
        case payments::Product::wap:
            return "3";
        case payments::Product::mini_program:
            return "4";
        case payments::Product::app:
            return "5";
        case payments::Product::h5:
            return "6";
    }
    return "";
}

namespace {

// What every answer says of an order.
codec::JsonObject common_data(const payments::Payment& payment, const Told& told, Shown shown,
                              std::string_view terminal_sn) {
    const bool is_wechat = payment.channel == payments::ChannelKind::wechat;
    codec::JsonObject data;
    data.reserve(24);
    data.emplace_back("terminal_sn", terminal_sn);
    data.emplace_back("sn", payment.sn.text());
    data.emplace_back("client_sn", payment.client_sn);
    data.emplace_back("client_tsn", told.client_tsn);
    data.emplace_back("status", told.status);
    data.emplace_back("order_status", told.order_status);
    data.emplace_back("payway", is_wechat ? "3" : "1");
    data.emplace_back("payway_name", is_wechat ? "微信" : "支付宝");
    data.emplace_back("sub_payway", sub_payway_of(payment.product));
    data.emplace_back("total_amount", fen_text(payment.amount));
    data.emplace_back("net_amount", net_amount(payment, shown));
    data.emplace_back("subject", payment.subject);
    data.emplace_back("operator", told.operator_name);
    if (!payment.reflect.empty()) data.emplace_back("reflect", payment.reflect);
    if (is_paid_to_the_client(payment) && !payment.trade.trade_no.empty()) {
        data.emplace_back("trade_no", payment.trade.trade_no);
    }
    if (told.finished_at) data.emplace_back("finish_time", ms_text(*told.finished_at));
    if (told.channel_at) data.emplace_back("channel_finish_time", ms_text(*told.channel_at));
    return data;
}

void add_payer_and_funds(codec::JsonObject& data, const payments::Payment& payment) {
    if (!is_paid_to_the_client(payment)) {
        data.emplace_back("payment_list", codec::JsonArray{});
        return;
    }
    const auto& trade = payment.trade;
    if (!trade.payer_id.empty()) data.emplace_back("payer_uid", trade.payer_id);
    if (!trade.payer_login.empty()) data.emplace_back("payer_login", trade.payer_login);
    codec::JsonObject item;
    item.emplace_back("type", funding_type(payment.channel, trade.funding));
    item.emplace_back("amount_total", fen_text(payment.amount));
    data.emplace_back("payment_list", codec::JsonArray{std::move(item)});
}

codec::JsonObject whole_order(const payments::Payment& payment, const Told& told, Shown shown,
                              std::string_view terminal_sn) {
    codec::JsonObject data = common_data(payment, told, shown, terminal_sn);
    data.emplace_back("ctime", ms_text(payment.created_at));
    data.emplace_back("store_id", payment.store_sn);
    add_payer_and_funds(data, payment);
    return data;
}

}  // namespace

codec::JsonObject order_data(const payments::Aggregate& aggregate, Purpose purpose,
                             std::string_view terminal_sn) {
    const Shown shown = shown_as(aggregate);
    const auto* const refund = purpose == Purpose::pay ? nullptr : refund_told(aggregate, shown);
    const Told told =
        refund != nullptr ? tell_refund(aggregate, *refund, shown) : tell_order(aggregate, shown, purpose);
    return whole_order(aggregate.payment, told, shown, terminal_sn);
}

codec::JsonObject refund_data(const payments::Aggregate& aggregate, const payments::Operation& refund,
                              std::string_view terminal_sn) {
    Shown shown = shown_without_open_refunds(aggregate);
    if (stage_of(refund) == RefundStage::running) shown = Shown::refunding;
    if (stage_of(refund) == RefundStage::unknown) shown = Shown::refund_error;
    return common_data(aggregate.payment, tell_refund(aggregate, refund, shown), shown, terminal_sn);
}

codec::JsonObject refund_query_data(const payments::Aggregate& aggregate, const payments::Operation& refund,
                                    std::string_view terminal_sn) {
    const Shown shown = shown_as(aggregate);
    codec::JsonObject data =
        whole_order(aggregate.payment, tell_refund(aggregate, refund, shown), shown, terminal_sn);
    data.emplace_back("refund_request_no", refund.request_no);
    data.emplace_back("refund_amount", fen_text(refund.amount));
    return data;
}

}  // namespace huitong::api::upay

// The tables of rejection.hpp.
#include "api/upay/rejection.hpp"

#include <fmt/format.h>

namespace huitong::api::upay {

namespace {

OuterError outer_error_of(const core::Error& error) {
    if (error.reason == "channel_down") return OuterError::external_service;
    if (error.reason == "catching_up") return OuterError::maintenance;
    switch (error.code) {
        case core::Code::unavailable:
        case core::Code::limit:
            return OuterError::request_fail;
        case core::Code::invalid:
        case core::Code::denied:
        case core::Code::not_found:
        case core::Code::conflict:
        case core::Code::unknown_outcome:
        case core::Code::internal:
            return OuterError::unknown_system_error;
    }
    return OuterError::unknown_system_error;
}

// The limits an order may run into before it exists (spec/upay 1.4).
BizError limit_error_of(std::string_view reason) {
    if (reason == "payment_limit") return BizError::buyer_over_transaction_limit;
    if (reason == "terminal_day_limit") return BizError::store_over_daily_limit;
    if (reason == "store_day_limit") return BizError::store_over_daily_limit;
    if (reason == "merchant_day_limit") return BizError::seller_over_daily_limit;
    return BizError::none;
}

}  // namespace

std::string_view Rejection::code() const {
    if (const auto* const outer = std::get_if<OuterError>(&error)) return row_of(*outer).error_code;
    return row_of(std::get<BizError>(error)).error_code;
}

std::string_view Rejection::text() const {
    if (!message.empty()) return message;
    if (const auto* const outer = std::get_if<OuterError>(&error)) return row_of(*outer).message;
    return row_of(std::get<BizError>(error)).message;
}

Rejection story_rejection(const core::Error& error) {
    return {.error = outer_error_of(error)};
}

Rejection params_rejection(const core::Error& error) {
    return {.error = OuterError::invalid_params, .message = error.detail};
}

std::optional<Rejection> inactivity_of(const ports::TerminalView& terminal) {
    if (!terminal.is_merchant_active) return Rejection{.error = OuterError::pay_status_closed};
    if (terminal.terminal.is_active && terminal.is_store_active) return std::nullopt;
    return Rejection{.error = BizError::terminal_status_abnormal};
}

Rejection begin_rejection(const core::Error& error, std::string_view client_sn) {
    if (error.reason == "client_sn_taken")
        return {.error = BizError::client_sn_conflict,
                .message = fmt::format("client_sn {} 在系统中已经存在", client_sn)};
    if (error.reason == "no_channel_account" || error.reason == "no_notify_url")
        return {.error = BizError::unexpected_provider};
    if (error.reason == "payer_needed")
        return {.error = OuterError::invalid_params, .message = "payer_uid不可以为空"};
    const BizError limit = limit_error_of(error.reason);
    return limit == BizError::none ? story_rejection(error) : Rejection{.error = limit};
}

}  // namespace huitong::api::upay

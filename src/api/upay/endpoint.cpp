// The endings that all endpoints share, see endpoint.hpp.
#include "api/upay/endpoint.hpp"

#include "api/upay/envelope.hpp"

namespace huitong::api::upay {

std::string story_failure(const core::Error& error) {
    if (error.reason == "channel_down") return outer_error(OuterError::external_service);
    if (error.reason == "catching_up") return outer_error(OuterError::maintenance);
    switch (error.code) {
        case core::Code::unavailable:
        case core::Code::limit:
            return outer_error(OuterError::request_fail);
        case core::Code::invalid:
        case core::Code::denied:
        case core::Code::not_found:
        case core::Code::conflict:
        case core::Code::unknown_outcome:
        case core::Code::internal:
            return outer_error(OuterError::unknown_system_error);
    }
    return outer_error(OuterError::unknown_system_error);
}

std::string order_failure(const core::Error& error) {
    if (error.code == core::Code::not_found) return biz_refusal(BizError::order_not_exists);
    return story_failure(error);
}

std::string params_failure(const core::Error& error) {
    return outer_error(OuterError::invalid_params, error.detail);
}

std::optional<std::string> check_active(const ports::TerminalView& terminal) {
    if (!terminal.is_merchant_active) return outer_error(OuterError::pay_status_closed);
    if (terminal.terminal.is_active && terminal.is_store_active) return std::nullopt;
    return biz_refusal(BizError::terminal_status_abnormal);
}

}  // namespace huitong::api::upay

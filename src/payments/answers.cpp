#include "payments/answers.hpp"

namespace huitong::payments {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
            return "done";
        case Outcome::pending:
            return "pending";
        case Outcome::refused:
            return "refused";
        case Outcome::unknown:
            return "unknown";
        case Outcome::not_sent:
            return "not_sent";
    }
    return "?";
}

std::string_view to_string(Refusal refusal) {
    switch (refusal) {
        case Refusal::none:
            return "none";
        case Refusal::code_expired:
            return "code_expired";
        case Refusal::code_invalid:
            return "code_invalid";
        case Refusal::insufficient_funds:
            return "insufficient_funds";
        case Refusal::payer_limit:
            return "payer_limit";
        case Refusal::payer_single_limit:
            return "payer_single_limit";
        case Refusal::seller_limit:
            return "seller_limit";
        case Refusal::payer_account:
            return "payer_account";
        case Refusal::merchant_funds:
            return "merchant_funds";
        case Refusal::too_late:
            return "too_late";
        case Refusal::wrong_state:
            return "wrong_state";
        case Refusal::refund_amount:
            return "refund_amount";
        case Refusal::refund_closed:
            return "refund_closed";
        case Refusal::not_refundable:
            return "not_refundable";
        case Refusal::no_such_trade:
            return "no_such_trade";
        case Refusal::trade_refused:
            return "trade_refused";
        case Refusal::number_used_up:
            return "number_used_up";
        case Refusal::configuration:
            return "configuration";
        case Refusal::rate_limited:
            return "rate_limited";
        case Refusal::not_sent_in_time:
            return "not_sent_in_time";
    }
    return "?";
}

std::string_view to_string(TradeState state) {
    switch (state) {
        case TradeState::unknown:
            return "unknown";
        case TradeState::not_found:
            return "not_found";
        case TradeState::pending:
            return "pending";
        case TradeState::paid:
            return "paid";
        case TradeState::paid_and_refunded:
            return "paid_and_refunded";
        case TradeState::paid_and_closed:
            return "paid_and_closed";
        case TradeState::pay_failed:
            return "pay_failed";
        case TradeState::closed:
            return "closed";
        case TradeState::reversed:
            return "reversed";
    }
    return "?";
}

std::string_view to_string(Effect effect) {
    switch (effect) {
        case Effect::none:
            return "none";
        case Effect::unpaid:
            return "unpaid";
        case Effect::refunded:
            return "refunded";
        case Effect::not_known:
            return "not_known";
    }
    return "?";
}

}  // namespace huitong::payments

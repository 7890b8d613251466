#include "flows/apply.hpp"

namespace huitong::flows {

namespace {

bool has_come_to_nothing(payments::PaymentState state) {
    using payments::PaymentState;
    return state == PaymentState::failed || state == PaymentState::closed || state == PaymentState::reversed;
}

}  // namespace

void apply_change(ports::Tx& tx, const payments::Aggregate& before, const payments::Change& change) {
    tx.payments().apply(before, change);
    // Found paid after it was over and undone again: it was given back to the day's sum the first time.
    const bool is_released = before.payment.is_limited && !before.payment.is_reopened &&
                             !has_come_to_nothing(before.payment.state) &&
                             has_come_to_nothing(change.after.payment.state);
    if (is_released) tx.limits().uncount(before.payment);
}

}  // namespace huitong::flows

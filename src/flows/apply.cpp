#include "flows/apply.hpp"

#include "core/mutation.hpp"

namespace huitong::flows {

bool is_counted(const payments::Payment& payment) {
    using payments::PaymentState;
    const bool has_come_to_nothing = payment.state == PaymentState::failed ||
                                     payment.state == PaymentState::closed ||
                                     payment.state == PaymentState::reversed;
    // Found paid after it was over and undone again: it was given back to the day's sum the first time.
    return payment.is_limited && !payment.is_reopened && !has_come_to_nothing;
}

void apply_change(ports::Tx& tx, const payments::Aggregate& before, const payments::Change& change) {
    tx.payments().apply(before, change);
    const bool is_released = is_counted(before.payment) && !is_counted(change.after.payment);
    if (is_released && !HUITONG_MUTATED("limit_not_given_back")) tx.limits().uncount(before.payment);
}

}  // namespace huitong::flows

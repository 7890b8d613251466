// One way for a change into the store: the payment with everything its change brings, what follows from it
// for the limits of the day, and what its merchant is told of it.
#pragma once

#include "payments/rules.hpp"
#include "ports/store.hpp"

namespace huitong::flows {

// Whether it stands in the day's sums of its terminal, store and merchant.
[[nodiscard]] bool is_counted(const payments::Payment& payment);

// What its merchant is told of the change, due at once.
[[nodiscard]] std::vector<ports::Notification> notifications_of(const payments::Change& change);

void apply_change(ports::Tx& tx, const payments::Aggregate& before, const payments::Change& change);

}  // namespace huitong::flows

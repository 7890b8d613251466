// One way for a change into the store: the payment with everything its change brings, and what follows from
// it for the limits of the day.
#pragma once

#include "payments/rules.hpp"
#include "ports/store.hpp"

namespace huitong::flows {

// Whether it stands in the day's sums of its terminal, store and merchant.
[[nodiscard]] bool is_counted(const payments::Payment& payment);

void apply_change(ports::Tx& tx, const payments::Aggregate& before, const payments::Change& change);

}  // namespace huitong::flows

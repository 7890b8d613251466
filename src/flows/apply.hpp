// One way for a change into the store: the payment with everything its change brings, and what follows from
// it for the limits of the day.
#pragma once

#include "payments/rules.hpp"
#include "ports/store.hpp"

namespace huitong::flows {

void apply_change(ports::Tx& tx, const payments::Aggregate& before, const payments::Change& change);

}  // namespace huitong::flows

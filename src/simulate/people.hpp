// People: payers, cashiers with their tills, and the operators of the platform. They retry, are impatient,
// scan twice, mistype amounts, cancel, ask for refunds and decide what machines could not.
#pragma once

#include "simulate/stage.hpp"

namespace huitong::simulate {

// A sale and everything its cashier does about it. Ends with the day at the latest.
[[nodiscard]] task::Awaitable<bool> sell(Stage& stage, Item item);

// The operators: every now and then they look at what lies in manual review and decide it by what the
// channels' books show. Ends at `until`.
[[nodiscard]] task::Awaitable<bool> operate(Stage& stage, std::uint64_t seed, core::Instant until);

}  // namespace huitong::simulate

// Fees: what the channel and the platform keep of a payment, and what a refund gives back of them (DESIGN.md
// §5: after a reversal every fee is back to zero; a refund returns fees pro rata, the remainder on the last).
// Integer arithmetic; rates in millionths.
#pragma once

#include "core/money.hpp"

namespace huitong::ledger {

inline constexpr int most_fee_ppm = 1'000'000;

// amount × ppm / 1,000,000, halves rounded up. amount ≥ 0, 0 ≤ ppm ≤ most_fee_ppm.
[[nodiscard]] core::Money fee_of(core::Money amount, int ppm);

// What a refund gives back of `whole` (a fee, or any amount that was derived from the payment): the
// difference of the cumulative shares before and after it, so that any split of a payment into refunds gives
// back exactly `whole`. 0 ≤ refunded_before ≤ refunded_after ≤ amount, amount > 0.
[[nodiscard]] core::Money share_returned(core::Money whole, core::Money amount, core::Money refunded_before,
                                         core::Money refunded_after);

}  // namespace huitong::ledger

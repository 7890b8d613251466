// The key of a payment's rows: its number with the time first and the shard last. The numbers merchants see
// begin with the shard, so payments of one moment would lie in a hundred places of each tree; by this key
// they lie side by side.
#pragma once

#include <cstdint>

#include "core/numbers.hpp"

namespace huitong::store {

namespace key_parts {
inline constexpr std::int64_t shard_span = 1'000'000'000'000;  // ticks below one second digit
inline constexpr std::int64_t first_sn = 7'800'000'000'000'000;
inline constexpr std::int64_t end_sn = first_sn + 2 * core::shard_count * shard_span;
}  // namespace key_parts

// Timeline rows are numbered below this within their payment.
inline constexpr std::int64_t rows_per_payment = 40'000;

// 7XSSnnnnnnnnnnnn -> ((X - 8) · 10^12 + n) · 100 + SS, below 2 · 10^14. -1, which no row has, for what is no
// payment number.
[[nodiscard]] constexpr std::int64_t key_of(core::PaymentSn sn) {
    using namespace key_parts;
    if (sn.value < first_sn || sn.value >= end_sn) return -1;
    const std::int64_t rest = sn.value - first_sn;
    const std::int64_t age = rest / (core::shard_count * shard_span);
    const std::int64_t shard = rest / shard_span % core::shard_count;
    return (age * shard_span + rest % shard_span) * core::shard_count + shard;
}

// The inverse.
[[nodiscard]] constexpr core::PaymentSn sn_of(std::int64_t key) {
    using namespace key_parts;
    const std::int64_t ticks = key / core::shard_count;
    return core::PaymentSn{first_sn + ticks / shard_span * core::shard_count * shard_span +
                           key % core::shard_count * shard_span + ticks % shard_span};
}

}  // namespace huitong::store

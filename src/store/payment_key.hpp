// The key of a payment's rows: its number with the time first and the shard last. The numbers merchants see
// begin with the shard, so payments of one moment would lie in a hundred places of each tree; by this key
// they lie side by side.
#pragma once

#include <cstdint>

#include "core/numbers.hpp"
#include "core/time.hpp"

namespace huitong::store {

namespace key_parts {
inline constexpr std::int64_t shard_span = 1'000'000'000'000;  // ticks below one second digit
inline constexpr std::int64_t first_sn = 7'800'000'000'000'000;
inline constexpr std::int64_t end_sn = first_sn + 2 * core::shard_count * shard_span;
inline constexpr std::int64_t us_per_tick = 200;
inline constexpr std::int64_t start_of_2024_us = 1'704'067'200'000'000;
inline constexpr std::int64_t slack_us = 60'000'000;
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

// Below the key of every payment created at `at` or later: its number is drawn from the same clock. A minute
// is left for a clock that is set back in between.
[[nodiscard]] constexpr std::int64_t least_key_at(core::Instant at) {
    using namespace key_parts;
    const std::int64_t us = core::to_us(at) - start_of_2024_us - slack_us;
    return us <= 0 ? 0 : us / us_per_tick * core::shard_count;
}

// The inverse of key_of.
[[nodiscard]] constexpr core::PaymentSn sn_of(std::int64_t key) {
    using namespace key_parts;
    const std::int64_t ticks = key / core::shard_count;
    return core::PaymentSn{first_sn + ticks / shard_span * core::shard_count * shard_span +
                           key % core::shard_count * shard_span + ticks % shard_span};
}

}  // namespace huitong::store

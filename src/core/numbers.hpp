// The numbers Huitong issues. Each carries its shard (two digits of the merchant's hash), so that any node
// and any distributed database can place it without a look-up, and is built from the clock and a fresh random
// epoch per process start, never from a stored counter: a restored backup cannot issue a number a second
// time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace huitong::core {

// 0..99; a column of every row that belongs to a merchant.
using Shard = int;
inline constexpr int shard_count = 100;

// The shard of everything that belongs to this merchant (FNV-1a of its number, mod 100).
[[nodiscard]] Shard shard_of(std::string_view merchant_sn);

// The platform's payment number as merchants see it: 16 digits, 78SSnnnnnnnnnnnn or 79SSnnnnnnnnnnnn, SS the
// shard, the rest counts ticks of 200 µs since 2024. Below 2^53, so that JavaScript tills keep every digit
// (spec/upay §7).
struct PaymentSn {
    std::int64_t value = 0;

    [[nodiscard]] Shard shard() const { return static_cast<Shard>(value / 1'000'000'000'000 % 100); }
    [[nodiscard]] std::string text() const { return std::to_string(value); }
    friend auto operator<=>(PaymentSn, PaymentSn) = default;
};
[[nodiscard]] Result<PaymentSn> parse_payment_sn(std::string_view text);  // reason: bad_sn

class NumberSource {
  public:
    NumberSource(const Clock& clock, Random& random);

    // Rises within a shard and a process; 5,000 a second and shard for twelve years, more in bursts.
    // Thread-safe.
    [[nodiscard]] PaymentSn next_payment_sn(Shard shard);
    // The number a channel sees for one of our operations: kind letter, payment number, epoch, and for
    // anything but the first of its kind the ordinal ("P7842…0000k3f9z", "R7842…k3f9z2"). [A-Za-z0-9], at
    // most 32, contains a letter.
    [[nodiscard]] std::string operation_number(char kind, PaymentSn payment, int ordinal) const;
    // 18 digits "1000SS…" for terminals; random, so that they cannot be guessed from one another.
    [[nodiscard]] std::string next_terminal_sn(Shard shard);
    // Six characters of [0-9a-z], new at each process start.
    [[nodiscard]] const std::string& epoch() const { return epoch_; }

  private:
    const Clock& clock_;
    Random& random_;
    std::string epoch_;
    std::int64_t offset_ = 0;
    std::array<std::atomic<std::int64_t>, shard_count> last_{};
};

// The shard a terminal number carries. reason: bad_sn
[[nodiscard]] Result<Shard> shard_of_terminal(std::string_view terminal_sn);

}  // namespace huitong::core

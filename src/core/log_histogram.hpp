// LogHistogram: Histogram's counterpart for percentiles. Ranges are not chosen by hand: every power of two is
// cut into 128, so that any value from one microsecond to an hour is known to less than 1 %.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace huitong::core {

class LogHistogram {
  public:
    static constexpr std::int64_t most =
        3'600'000'000;  // an hour of microseconds; what is above counts as it

    // A value below 0 (a clock that was set back) counts as 0.
    void add(std::int64_t value);
    void add(const LogHistogram& other);
    void clear();

    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] std::int64_t max() const { return max_; }
    // The least value that so many millionths of all values do not exceed, at most 1 % too great; 0 when
    // there are none.
    [[nodiscard]] std::int64_t percentile(std::int64_t ppm) const;

  private:
    static constexpr int fine_bits = 7;
    static constexpr std::size_t exact = std::size_t{2} << fine_bits;  // values below count on their own
    static constexpr std::size_t size = exact + (32 - fine_bits - 1) * (exact / 2);
    static_assert(most < std::int64_t{1} << 32);

    [[nodiscard]] static std::size_t index_of(std::int64_t value);
    // The greatest value of that range.
    [[nodiscard]] static std::int64_t end_of(std::size_t index);

    std::array<std::int64_t, size> counts_{};
    std::int64_t count_ = 0;
    std::int64_t max_ = 0;
};

}  // namespace huitong::core

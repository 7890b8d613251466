// Histogram: how often a value fell into which of a few fixed ranges. Whole numbers only (microseconds,
// counts), no allocation, cheap to copy: the store fills some on its own threads, /metrics shows them all.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/assert.hpp"

namespace huitong::core {

class Histogram {
  public:
    static constexpr std::size_t most_bounds = 19;

    // `bounds`: the greatest value of each range, rising, at most most_bounds; they outlive the histogram
    // (static tables). What is above the last falls into a range of its own.
    explicit Histogram(std::span<const std::int64_t> bounds) : bounds_(bounds) {
        HUITONG_ASSERT(bounds.size() <= most_bounds && std::ranges::is_sorted(bounds), "bounds");
    }

    // A value below 0 (a clock that was set back) counts as 0.
    void add(std::int64_t value) {
        value = std::max<std::int64_t>(value, 0);
        const auto at = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
        ++counts_.at(static_cast<std::size_t>(at));
        ++count_;
        sum_ += value;
    }

    // What another one with the same bounds counted.
    void add(const Histogram& other) {
        HUITONG_ASSERT(std::ranges::equal(bounds_, other.bounds_), "histograms of other ranges");
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        count_ += other.count_;
        sum_ += other.sum_;
    }

    [[nodiscard]] std::span<const std::int64_t> bounds() const { return bounds_; }
    // One more than bounds; each range on its own, not cumulative.
    [[nodiscard]] std::span<const std::int64_t> counts() const {
        return std::span(counts_).first(bounds_.size() + 1);
    }
    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] std::int64_t sum() const { return sum_; }

  private:
    std::span<const std::int64_t> bounds_;
    std::array<std::int64_t, most_bounds + 1> counts_{};
    std::int64_t count_ = 0;
    std::int64_t sum_ = 0;
};

}  // namespace huitong::core

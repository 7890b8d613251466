#include "core/log_histogram.hpp"

#include <algorithm>
#include <bit>

namespace huitong::core {

std::size_t LogHistogram::index_of(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (bits < exact) return bits;
    const int shift = static_cast<int>(std::bit_width(bits)) - fine_bits - 1;
    return static_cast<std::size_t>(shift) * (exact / 2) + (bits >> shift);
}

std::int64_t LogHistogram::end_of(std::size_t index) {
    if (index < exact) return static_cast<std::int64_t>(index);
    const std::size_t shift = index / (exact / 2) - 1;
    const std::size_t fine = index % (exact / 2) + exact / 2;
    return static_cast<std::int64_t>(((fine + 1) << shift) - 1);
}

void LogHistogram::add(std::int64_t value) {
    value = std::clamp<std::int64_t>(value, 0, most);
    ++counts_.at(index_of(value));
    ++count_;
    max_ = std::max(max_, value);
}

void LogHistogram::add(const LogHistogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

void LogHistogram::clear() {
    *this = {};
}

std::int64_t LogHistogram::percentile(std::int64_t ppm) const {
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t wanted = std::max<std::int64_t>(1, (count_ * ppm + million - 1) / million);
    std::int64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= wanted) return std::min(end_of(i), max_);
    }
    return max_;
}

}  // namespace huitong::core

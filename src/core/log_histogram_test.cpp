// LogHistogram: percentiles of known sets, the bound on their error, and the ends of its range.
#include "core/log_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/random.hpp"

namespace huitong::core {
namespace {

TEST(LogHistogram, SmallValuesAreExact) {
    LogHistogram histogram;
    for (std::int64_t value = 1; value <= 200; ++value) histogram.add(value);
    EXPECT_EQ(histogram.count(), 200);
    EXPECT_EQ(histogram.percentile(500'000), 100);
    EXPECT_EQ(histogram.percentile(990'000), 198);
    EXPECT_EQ(histogram.percentile(1'000'000), 200);
    EXPECT_EQ(histogram.percentile(0), 1);
}

TEST(LogHistogram, EveryValueIsKnownToOnePercentAndNeverTooSmall) {
    SeededRandom random(1);
    std::vector<std::int64_t> values = {1, 255, 256, 257, 511, 512, 65'535, 65'536, 3'599'999'999};
    for (int bits = 8; bits < 32; ++bits) {
        for (int i = 0; i < 200; ++i) {
            const std::uint64_t floor = std::uint64_t{1} << bits;
            const auto value = static_cast<std::int64_t>(floor + random.below(floor));
            if (value <= LogHistogram::most) values.push_back(value);
        }
    }
    for (const std::int64_t value : values) {
        LogHistogram histogram;
        histogram.add(value);
        histogram.add(LogHistogram::most);  // so that the greatest does not help
        const std::int64_t shown = histogram.percentile(500'000);
        EXPECT_GE(shown, value);
        EXPECT_LE((shown - value) * 100, value) << value;
    }
}

TEST(LogHistogram, PercentilesOfManyAreThoseOfTheSortedList) {
    SeededRandom random(7);
    std::vector<std::int64_t> values;
    LogHistogram first;
    LogHistogram second;
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(static_cast<std::int64_t>(random.below(std::uint64_t{1} << (1 + random.below(31)))));
        (i % 2 == 0 ? first : second).add(values.back());
    }
    first.add(second);
    std::ranges::sort(values);
    for (const std::int64_t ppm : {500'000, 900'000, 990'000, 999'000}) {
        const std::int64_t exact = values[static_cast<std::size_t>(20'000 * ppm / 1'000'000 - 1)];
        EXPECT_GE(first.percentile(ppm), exact);
        EXPECT_LE((first.percentile(ppm) - exact) * 100, exact);
    }
    EXPECT_EQ(first.max(), values.back());
}

TEST(LogHistogram, TheEndsOfTheRange) {
    LogHistogram histogram;
    EXPECT_EQ(histogram.percentile(500'000), 0);
    histogram.add(-5);
    EXPECT_EQ(histogram.percentile(1'000'000), 0);
    histogram.add(LogHistogram::most * 3);
    EXPECT_EQ(histogram.max(), LogHistogram::most);
    EXPECT_EQ(histogram.percentile(1'000'000), LogHistogram::most);
    histogram.clear();
    EXPECT_EQ(histogram.count(), 0);
    EXPECT_EQ(histogram.max(), 0);
}

}  // namespace
}  // namespace huitong::core

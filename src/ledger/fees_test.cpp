// Fees: rounding at the halves, and that any split of a payment into refunds gives back exactly the original
// (DESIGN.md §4 "Money", §5 "Fees").
#include "ledger/fees.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/random.hpp"

namespace huitong::ledger {
namespace {

using core::fen;

TEST(Fees, HalvesAreRoundedUp) {
    struct Row {
        std::int64_t amount;
        int ppm;
        std::int64_t expected;
    };
    const Row rows[] = {{1, 6'000, 0},
                        {83, 6'000, 0},    // 0.498
                        {84, 6'000, 1},    // 0.504
                        {250, 6'000, 2},   // 1.5
                        {249, 6'000, 1},   // 1.494
                        {1, 500'000, 1},   // 0.5
                        {1, 499'999, 0},   //
                        {1000, 3'800, 4},  // 3.8
                        {0, 6'000, 0},
                        {1234, 0, 0},
                        {1234, most_fee_ppm, 1234},
                        {10'000'000'000, 6'000, 60'000'000},
                        {9'999'999'999, 999'999, 9'999'989'999},  // 9999989999.000001
                        {9'000'000'000'000'000'000, 1'000'000, 9'000'000'000'000'000'000}};
    for (const Row& row : rows)
        EXPECT_EQ(fee_of(fen(row.amount), row.ppm), fen(row.expected)) << row.amount << " x " << row.ppm;
    EXPECT_EQ(fee_of({100, core::Currency::JPY}, 10'000), core::Money(1, core::Currency::JPY));
}

TEST(Fees, ShareFollowsTheSumNotTheParts) {
    // A fee of 1 on 3: thirds give back 0, 1, 0, not three times a third of nothing.
    EXPECT_EQ(share_returned(fen(1), fen(3), fen(0), fen(1)), fen(0));
    EXPECT_EQ(share_returned(fen(1), fen(3), fen(1), fen(2)), fen(1));
    EXPECT_EQ(share_returned(fen(1), fen(3), fen(2), fen(3)), fen(0));
    EXPECT_EQ(share_returned(fen(7), fen(1234), fen(0), fen(1234)), fen(7));
    EXPECT_EQ(share_returned(fen(7), fen(1234), fen(500), fen(500)), fen(0));
}

// Ascending, from above zero to `amount`: what is refunded after each refund.
std::vector<std::int64_t> random_split(core::Random& random, std::int64_t amount) {
    std::vector<std::int64_t> sums{amount};
    const auto parts = random.below(50);
    for (std::uint64_t i = 0; i < parts; ++i) {
        const auto bound = static_cast<std::uint64_t>(amount);
        // Small first parts and last parts as well as even ones.
        const auto at =
            static_cast<std::int64_t>(random.below(random.below(2) == 0 ? bound : bound / 100 + 1));
        sums.push_back(random.below(2) == 0 ? std::max<std::int64_t>(1, at)
                                            : std::max<std::int64_t>(1, amount - at));
    }
    std::ranges::sort(sums);
    return sums;
}

std::int64_t random_amount(core::Random& random) {
    constexpr std::int64_t large = 10'000'000'000;
    switch (random.below(4)) {
        case 0:
            return 1 + static_cast<std::int64_t>(random.below(20));
        case 1:
            return 1 + static_cast<std::int64_t>(random.below(100'000));
        case 2:
            return large - static_cast<std::int64_t>(random.below(1'000));
        default:
            return 1 + static_cast<std::int64_t>(random.below(large));
    }
}

TEST(FeesProperty, AnySplitOfRefundsGivesBackExactlyTheOriginal) {
    core::SeededRandom random(20'261'121);
    for (int round = 0; round < 20'000; ++round) {
        const core::Money amount = fen(random_amount(random));
        const int ppm = static_cast<int>(random.below(random.below(2) == 0 ? most_fee_ppm + 1 : 10'000));
        const core::Money fee = fee_of(amount, ppm);
        ASSERT_GE(fee, fen(0));
        ASSERT_LE(fee, amount);
        // Within half a unit of the exact value: no error of the rate hides in the rounding.
        using Wide = __int128;
        const Wide error = Wide(fee.minor()) * most_fee_ppm - Wide(amount.minor()) * ppm;
        ASSERT_LE(error, most_fee_ppm / 2);
        ASSERT_GT(error, -most_fee_ppm / 2);
        core::Money sum = fen(0);
        core::Money before = fen(0);
        for (const std::int64_t refunded : random_split(random, amount.minor())) {
            const core::Money after = fen(refunded);
            const core::Money share = share_returned(fee, amount, before, after);
            ASSERT_GE(share, fen(0)) << amount.minor() << " " << ppm << " " << refunded;
            ASSERT_LE(share, after - before) << "more fee than was refunded";
            sum = sum + share;
            before = after;
            ASSERT_LE(sum, fee) << amount.minor() << " " << ppm << " " << refunded;
            const Wide off = Wide(sum.minor()) * amount.minor() - Wide(fee.minor()) * refunded;
            ASSERT_LE(off * 2, amount.minor()) << "not pro rata";
            ASSERT_GT(off * 2, -amount.minor()) << "not pro rata";
        }
        ASSERT_EQ(sum, fee) << amount.minor() << " " << ppm;
    }
}

TEST(FeesDeathTest, OutsideTheAmountIsADefect) {
    EXPECT_DEATH((void)fee_of(fen(-1), 6'000), "outside");
    EXPECT_DEATH((void)fee_of(fen(1), -1), "outside");
    EXPECT_DEATH((void)fee_of(fen(1), most_fee_ppm + 1), "outside");
    EXPECT_DEATH((void)share_returned(fen(1), fen(10), fen(5), fen(4)), "outside");
    EXPECT_DEATH((void)share_returned(fen(1), fen(10), fen(5), fen(11)), "outside");
    EXPECT_DEATH((void)share_returned(fen(1), fen(0), fen(0), fen(0)), "outside");
}

}  // namespace
}  // namespace huitong::ledger

// The key of payments: a bijection that rises with time, and what SQLite makes of it.
#include "store/payment_key.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "core/random.hpp"
#include "store/store.hpp"

namespace huitong::store {
namespace {

using core::PaymentSn;

constexpr std::int64_t first = 7'800'000'000'000'000;
constexpr std::int64_t end = 8'000'000'000'000'000;

TEST(PaymentKey, IsABijectionOfAllNumbers) {
    core::SeededRandom random(7);
    for (int i = 0; i < 20'000; ++i) {
        const PaymentSn sn{first + static_cast<std::int64_t>(random.below(end - first))};
        const std::int64_t key = key_of(sn);
        EXPECT_GE(key, 0);
        EXPECT_LT(key, 200'000'000'000'000);
        EXPECT_EQ(key % core::shard_count, sn.shard());
        EXPECT_EQ(sn_of(key), sn);
        const auto other = static_cast<std::int64_t>(random.below(200'000'000'000'000));
        EXPECT_EQ(key_of(sn_of(other)), other);
    }
    for (const std::int64_t sn : {first, end - 1}) EXPECT_EQ(sn_of(key_of(PaymentSn{sn})).value, sn);
    // Every number of a timeline row fits 64 bits.
    EXPECT_GT(key_of(PaymentSn{end - 1}) * rows_per_payment, key_of(PaymentSn{end - 2}));
    EXPECT_LT(key_of(PaymentSn{end - 1}), INT64_MAX / rows_per_payment);
}

TEST(PaymentKey, IsNoRowsForWhatIsNoPaymentNumber) {
    for (const std::int64_t sn : {std::int64_t{0}, first - 1, end, INT64_MIN, INT64_MAX}) {
        EXPECT_EQ(key_of(PaymentSn{sn}), -1) << sn;
    }
}

TEST(PaymentKey, FollowsTheNumberSource) {
    struct Steps final : core::Clock {
        core::Instant at = core::from_us(1'709'600'000'000'000);
        core::Instant now() const override { return at; }
    };
    Steps clock;
    core::SeededRandom random(3);
    core::NumberSource source(clock, random);
    std::int64_t last = -1;
    for (int i = 0; i < 1000; ++i) {
        clock.at += std::chrono::milliseconds(1);
        const std::int64_t key = key_of(source.next_payment_sn(static_cast<core::Shard>(random.below(100))));
        EXPECT_GT(key, last);
        last = key;
    }
}

}  // namespace
}  // namespace huitong::store

// Numbers, money, time and secrets: the edges a wrong implementation would get wrong.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <set>
#include <type_traits>

#include "core/money.hpp"
#include "core/numbers.hpp"
#include "core/random.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"

namespace huitong::core {
namespace {

using namespace std::chrono_literals;

struct FixedClock final : Clock {
    Instant at = from_us(1'772'683'200'000'000);
    [[nodiscard]] Instant now() const override { return at; }
};

TEST(Numbers, CarryTheShardAndFitIntoADouble) {
    FixedClock clock;
    SeededRandom random(1);
    NumberSource source(clock, random);
    for (Shard shard = 0; shard < shard_count; ++shard) {
        const PaymentSn sn = source.next_payment_sn(shard);
        EXPECT_EQ(sn.shard(), shard);
        EXPECT_EQ(sn.text().size(), 16U);
        EXPECT_TRUE(sn.text().starts_with("78") || sn.text().starts_with("79")) << sn.text();
        EXPECT_LT(sn.value, std::int64_t{1} << 53);
        const auto parsed = parse_payment_sn(sn.text());
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, sn);
    }
    for (const char* bad :
         {"", "7", "7700000000000000", "8000000000000000", "78000000000000001", "78000000000000a1"}) {
        EXPECT_FALSE(parse_payment_sn(bad)) << bad;
    }
}

TEST(Numbers, RiseAndNeverRepeatEvenWhenTheClockStandsOrGoesBack) {
    FixedClock clock;
    SeededRandom random(1);
    NumberSource source(clock, random);
    PaymentSn last{};
    for (int i = 0; i < 10'000; ++i) {
        if (i == 5'000) clock.at -= 1h;
        const PaymentSn next = source.next_payment_sn(42);
        ASSERT_LT(last, next);
        ASSERT_EQ(next.shard(), 42);
        last = next;
    }
}

TEST(Numbers, RollOverFrom78To79InsideTheShard) {
    FixedClock clock;
    SeededRandom random(1);
    NumberSource source(clock, random);
    clock.at = from_us(1'704'067'200'000'000) + 200us * 1'000'000'000'000;
    const PaymentSn sn = source.next_payment_sn(99);
    EXPECT_EQ(sn.text().substr(0, 4), "7999");
    EXPECT_EQ(sn.shard(), 99);
}

TEST(Numbers, TwoProcessesDifferInEpochAndSoInEveryOperationNumber) {
    FixedClock clock;
    SeededRandom random(1);
    NumberSource first(clock, random);
    NumberSource second(clock, random);
    EXPECT_EQ(first.epoch().size(), 6U);
    EXPECT_NE(first.epoch(), second.epoch());
    const PaymentSn sn = first.next_payment_sn(7);
    const std::string number = first.operation_number('P', sn, 1);
    EXPECT_EQ(number, "P" + sn.text() + first.epoch());
    EXPECT_NE(number, second.operation_number('P', sn, 1));
    EXPECT_NE(number, first.operation_number('P', sn, 2));
    EXPECT_LE(first.operation_number('P', sn, 999).size(), 32U);
}

TEST(Numbers, TerminalsCarryTheirShard) {
    FixedClock clock;
    SeededRandom random(1);
    NumberSource source(clock, random);
    for (const Shard shard : {0, 7, 42, 99}) {
        const auto parsed = shard_of_terminal(source.next_terminal_sn(shard));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, shard);
    }
    EXPECT_FALSE(shard_of_terminal("200007123456789012"));
}

TEST(MoneyTest, ParsesAndPrintsExactly) {
    EXPECT_EQ(to_decimal(fen(5)), "0.05");
    EXPECT_EQ(to_decimal(fen(-5)), "-0.05");
    EXPECT_EQ(to_decimal(Money(1234, Currency::JPY)), "1234");
    for (const auto& [text, minor] : {std::pair{"0.01", 1}, {"12.3", 1230}, {"12", 1200}, {"12.34", 1234}}) {
        const auto parsed = parse_decimal(text, Currency::CNY);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->minor(), minor) << text;
    }
    for (const char* bad : {"", ".", "1.", ".5", "1.234", "-1", "+1", "1e3", "1,0", " 1", "1.2.3"}) {
        EXPECT_FALSE(parse_decimal(bad, Currency::CNY)) << bad;
    }
    EXPECT_FALSE(parse_decimal("1.0", Currency::JPY));
    EXPECT_EQ(*parse_minor("999999999999999999"), 999'999'999'999'999'999);
    EXPECT_FALSE(parse_minor("1000000000000000000"));
}

TEST(MoneyDeathTest, MixedCurrenciesAndOverflowEndTheProcess) {
    EXPECT_DEATH((void)(fen(1) + Money(1, Currency::USD)), "two currencies");
    EXPECT_DEATH((void)(fen(INT64_MAX) + fen(1)), "overflow");
    EXPECT_DEATH((void)(fen(INT64_MIN) - fen(1)), "overflow");
}

TEST(TimeTest, BeijingDaysTurnAtSixteenUtc) {
    const auto before = parse_rfc3339("2026-03-05T15:59:59.999Z");
    const auto after = parse_rfc3339("2026-03-05T16:00:00Z");
    ASSERT_TRUE(before && after);
    EXPECT_EQ(to_beijing_text(*before), "2026-03-05 23:59:59");
    EXPECT_EQ(to_beijing_text(*after), "2026-03-06 00:00:00");
    EXPECT_NE(to_beijing_date(*before), to_beijing_date(*after));
    EXPECT_EQ(start_of_beijing_day(to_beijing_date(*after)), *after);
    EXPECT_EQ(*parse_rfc3339("2026-03-06T00:00:00+08:00"), *after);
    EXPECT_EQ(to_rfc3339(*before), "2026-03-05T23:59:59.999+08:00");
}

TEST(TimeTest, KnowsLeapDaysAndRefusesWhatIsNoTime) {
    const auto leap = parse_beijing_compact("20240229235959");
    ASSERT_TRUE(leap);
    EXPECT_EQ(to_beijing_compact(*leap + 1s), "20240301000000");
    for (const char* bad : {"20230229000000", "20241301000000", "20240301240000", "20240301006000",
                            "2024030100000", "202403010000000", "2024030100000x", ""}) {
        EXPECT_FALSE(parse_beijing_compact(bad)) << bad;
    }
    EXPECT_EQ(*parse_beijing_text("2024-03-01 00:00:00"), *parse_beijing_compact("20240301000000"));
    EXPECT_FALSE(parse_beijing_text("2024-03-01T00:00:00"));
}

TEST(SecretTest, WipesWhatItLeavesBehind) {
    static_assert(!std::is_constructible_v<std::string, Secret>);
    for (const std::size_t length :
         {std::size_t{10}, std::size_t{100}}) {  // inside the object, and on the heap
        alignas(Secret) std::array<unsigned char, sizeof(Secret)> place{};
        auto* secret = new (place.data()) Secret(std::string(length, 'k'));
        Secret moved(std::move(*secret));
        EXPECT_EQ(moved.reveal(), std::string(length, 'k'));
        EXPECT_TRUE(secret->empty());
        secret->~Secret();
        EXPECT_EQ(std::memchr(place.data(), 'k', place.size()), nullptr) << length;
    }
}

TEST(SecretTest, CopiesAndAssignsWhole) {
    Secret one(std::string("alpha"));
    Secret two(std::string(80, 'b'));
    two = one;
    EXPECT_EQ(two.reveal(), "alpha");
    EXPECT_EQ(one.reveal(), "alpha");
    one = std::move(two);
    EXPECT_EQ(one.reveal(), "alpha");
    EXPECT_TRUE(two.empty());
}

TEST(SystemRandom, AForkedProcessDrawsItsOwn) {
    SystemRandom random;
    (void)random.hex(8);  // some are kept in store
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        const std::string drawn = random.hex(16);
        _exit(write(ends[1], drawn.data(), drawn.size()) == 16 ? 0 : 1);
    }
    std::string theirs(16, ' ');
    ASSERT_EQ(read(ends[0], theirs.data(), theirs.size()), 16);
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_NE(random.hex(16), theirs);
}

}  // namespace
}  // namespace huitong::core

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
        EXPECT_GE(key, least_key_at(clock.at));
        EXPECT_LT(key, least_key_at(clock.at + std::chrono::minutes(2)));
        last = key;
    }
    EXPECT_EQ(least_key_at(core::from_us(0)), 0);
}

TEST(PaymentKey, TheViewShowsTheNumber) {
    const auto database = make_memory_database();
    core::SeededRandom random(5);
    for (int i = 0; i < 200; ++i) {
        const PaymentSn sn{first + static_cast<std::int64_t>(random.below(end - first))};
        const std::string id = std::to_string(key_of(sn));
        database->run_script("insert into posting values (" + std::to_string(sn.shard()) + ", " + id +
                             ", 'payment', 1, 1, 0, 'a:b', 'c:d', 1, 'CNY')");
        const auto rows = database->query("select sn from postings where id = $1", {key_of(sn)});
        EXPECT_EQ(std::get<std::int64_t>(rows.at(0).at(0)), sn.value);
    }
}

// EXPLAIN QUERY PLAN of what a payment runs: found by its integer, never by a walk.
TEST(PaymentKey, StatementsFindTheirRowByIt) {
    const auto database = make_memory_database();
    const auto plan = [&](const std::string& sql, std::size_t values) {
        std::string text;
        const sql::Values bound(values, std::int64_t{1});
        for (const auto& row : database->query("explain query plan " + sql, bound)) {
            text += std::get<std::string>(row.at(3)) + "; ";
        }
        return text;
    };
    const auto is_in = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    const std::string by_key = "using integer primary key (rowid=?)";
    const auto lower = [](std::string text) {
        for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return text;
    };
    const auto plan_of = [&](const std::string& sql, std::size_t n) { return lower(plan(sql, n)); };
    const std::string one = "select state from payment where shard = $1 and id = $2";
    EXPECT_TRUE(is_in(plan_of(one, 2), by_key)) << plan_of(one, 2);
    const std::string change =
        "update payment set state = 'paid' where shard = $1 and id = $2 and version = $3";
    EXPECT_TRUE(is_in(plan_of(change, 3), by_key)) << plan_of(change, 3);
    const std::string operation = "update operation set tries = 1 where shard = $1 and id = $2 and seq = $3";
    EXPECT_TRUE(is_in(plan_of(operation, 3), "primary key (id=? and seq=?)")) << plan_of(operation, 3);
    const std::string rows = "select at from timeline where shard = $1 and row_id >= $2 and row_id < $3";
    EXPECT_TRUE(is_in(plan_of(rows, 3), "integer primary key (rowid>? and rowid<?)")) << plan_of(rows, 3);
    const std::string of_one =
        "select id from payment where shard = $1 and merchant_sn = $2 and id >= $3 order by id desc limit 9";
    EXPECT_TRUE(is_in(plan_of(of_one, 3), "covering index")) << plan_of(of_one, 3);
    const std::string newest = "select id from payment where created_at >= $1 and id >= $2 order by id desc";
    EXPECT_TRUE(is_in(plan_of(newest, 2), "integer primary key (rowid>?)")) << plan_of(newest, 2);
}

}  // namespace
}  // namespace huitong::store

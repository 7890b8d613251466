// Two stores with several connections each on one PostgreSQL, as two processes have them, and closures that
// want the same rows in every order: nothing fails because of the others, and what must hold holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "sql/private_postgresql.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::fen;
using core::Result;
using payments::Aggregate;
using ports::Limit;
using ports::LimitKind;
using ports::Tx;

std::string merchant(std::int64_t n) {
    return std::to_string(1'680'000'000'000 + n);
}

// One yuan each: limits are counted in its minor units.
Aggregate make_intent(std::int64_t who, std::int64_t n) {
    Aggregate intent = sample::make_intent(merchant(who), "order-" + std::to_string(n), n);
    intent.payment.amount = fen(100);
    return intent;
}

sql::PrivatePostgresql& server() {
    static sql::PrivatePostgresql shared(false);
    return shared;
}

class SeveralWriters : public testing::Test {
  protected:
    SeveralWriters() {
        const std::string database = server().make_database();
        ThreadOptions options;
        options.connections = 3;
        options.most_per_group = 16;
        for (auto& store : stores_) store = std::move(*open_postgresql_store(database, sealer_, options));
    }

    // The closures at once, each on the other store than the one before; how often each reason was told.
    std::map<std::string, int> run_all(const std::vector<test::WriteClosure>& closures) {
        std::map<std::string, int> reasons;
        for (std::size_t i = 0; i < closures.size(); ++i) {
            boost::asio::co_spawn(io_, stores_[i % 2]->run_write(closures[i]),
                                  [&reasons](std::exception_ptr failure, const Result<void>& result) {
                                      if (failure) std::rethrow_exception(failure);
                                      ++reasons[test::reason_of(result)];
                                  });
        }
        io_.restart();
        io_.run();
        return reasons;
    }
    Result<void> run(test::WriteClosure closure) {
        return test::run(io_, stores_[0]->run_write(std::move(closure)));
    }
    template <class F>
    auto read(F closure) {
        auto result =
            test::run(io_, stores_[1]->read([closure](Tx& tx) -> Result<std::invoke_result_t<F, Tx&>> {
                return closure(tx);
            }));
        EXPECT_TRUE(result) << result.error().reason << " " << result.error().detail;
        return std::move(*result);
    }

    core::SystemRandom random_;
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::unique_ptr<Store> stores_[2];
};

using Reasons = std::map<std::string, int>;

// The groups of one store go up through the merchants and those of the other down: each holds what the other
// waits for.
TEST_F(SeveralWriters, RowsTakenInEveryOrderAreCountedOnceEach) {
    constexpr int rounds = 240;
    constexpr int merchants = 6;
    std::vector<test::WriteClosure> closures;
    for (int n = 0; n < rounds; ++n) {
        const int turn = n / 2 % merchants;
        const int who = n % 2 == 0 ? turn : merchants - 1 - turn;
        closures.emplace_back([who](Tx& tx) -> Result<void> {
            // A query between two writes, as every story has one: the group cannot send all at once.
            (void)tx.payments().find(make_intent(who, 1600).payment.sn);
            tx.limits().count(make_intent(who, 1600).payment);
            return {};
        });
    }
    EXPECT_EQ(run_all(closures), (Reasons{{"ok", rounds}}));
    const auto each = make_intent(0, 1600).payment;
    for (int who = 0; who < merchants; ++who) {
        const Limit limit{.kind = LimitKind::merchant,
                          .subject = merchant(who),
                          .merchant_sn = merchant(who),
                          .per_payment = std::nullopt,
                          .per_day = std::nullopt};
        const core::Date day = core::to_beijing_date(each.created_at);
        EXPECT_EQ(read([=](Tx& tx) { return tx.limits().used(limit, day); }).minor(),
                  each.amount.minor() * rounds / merchants);
    }
    std::int64_t retries = 0;
    for (const auto& store : stores_) retries += store->counts().reruns + store->counts().retries;
    EXPECT_GT(retries, 0) << "they never met: this test shows nothing";
}

TEST_F(SeveralWriters, ADaysLimitIsNotPassedTogether) {
    constexpr int room = 10;
    const Limit limit{.kind = LimitKind::merchant,
                      .subject = merchant(1),
                      .merchant_sn = merchant(1),
                      .per_payment = std::nullopt,
                      .per_day = fen(100 * room)};
    ASSERT_TRUE(run([limit](Tx& tx) -> Result<void> {
        tx.limits().set(limit);
        return {};
    }));
    std::vector<test::WriteClosure> closures;
    for (int n = 1; n <= 80; ++n) {
        closures.emplace_back([n](Tx& tx) -> Result<void> {
            const Aggregate intent = make_intent(1, n);
            const auto& payment = intent.payment;
            for (const Limit& one : tx.limits().find({.terminal_sn = payment.terminal_sn,
                                                      .store_sn = payment.store_sn,
                                                      .merchant_sn = payment.merchant_sn})) {
                const core::Date day = core::to_beijing_date(payment.created_at);
                if (tx.limits().used(one, day) + payment.amount > *one.per_day)
                    return core::fail(core::Code::limit, "merchant_day_limit");
            }
            tx.payments().insert(intent);
            tx.limits().count(payment);
            return {};
        });
    }
    EXPECT_EQ(run_all(closures), (Reasons{{"merchant_day_limit", 80 - room}, {"ok", room}}));
}

// Groups that hold one merchant's limit do not wait for another's.
TEST_F(SeveralWriters, LimitsOfManyMerchantsInEveryOrder) {
    constexpr int rounds = 240;
    constexpr int merchants = 6;
    for (int who = 0; who < merchants; ++who) {
        const Limit limit{.kind = LimitKind::merchant,
                          .subject = merchant(who),
                          .merchant_sn = merchant(who),
                          .per_payment = std::nullopt,
                          .per_day = fen(1'000'000)};
        ASSERT_TRUE(run([limit](Tx& tx) -> Result<void> {
            tx.limits().set(limit);
            return {};
        }));
    }
    std::vector<test::WriteClosure> closures;
    for (int n = 0; n < rounds; ++n) {
        const int turn = n / 2 % merchants;
        const int who = n % 2 == 0 ? turn : merchants - 1 - turn;
        closures.emplace_back([who, n](Tx& tx) -> Result<void> {
            const Aggregate intent = make_intent(who, n + 1);
            if (tx.limits().find({.terminal_sn = {}, .store_sn = {}, .merchant_sn = merchant(who)}).size() !=
                1)
                return core::fail(core::Code::internal, "no_limit");
            tx.payments().insert(intent);
            tx.limits().count(intent.payment);
            return {};
        });
    }
    EXPECT_EQ(run_all(closures), (Reasons{{"ok", rounds}}));
    for (const auto& store : stores_)
        EXPECT_LE(store->counts().reruns, 10) << "groups wait for each other in rings";
}

TEST_F(SeveralWriters, EveryAuditRowFollowsTheOneBefore) {
    constexpr int rows = 120;
    std::vector<test::WriteClosure> closures;
    for (int n = 0; n < rows; ++n) {
        closures.emplace_back([n](Tx& tx) -> Result<void> {
            const auto last = tx.audit().last();
            tx.audit().append({.id = last ? last->id + 1 : 1,
                               .at = core::from_us(1'000'000),
                               .actor = "kay",
                               .act = "act " + std::to_string(n),
                               .subject = {},
                               .detail = {},
                               .previous_hash = last ? last->hash : "",
                               .hash = std::to_string(n)});
            return {};
        });
    }
    EXPECT_EQ(run_all(closures), (Reasons{{"ok", rows}}));
    std::string before;
    std::int64_t id = 0;
    for (const auto& row : read([](Tx& tx) { return tx.audit().read(0, 1000); })) {
        EXPECT_EQ(row.id, ++id);
        EXPECT_EQ(row.previous_hash, before);
        before = row.hash;
    }
    EXPECT_EQ(id, rows);
}

TEST_F(SeveralWriters, AMerchantsNumberIsTakenOnce) {
    std::vector<test::WriteClosure> closures;
    for (int n = 1; n <= 60; ++n) {
        closures.emplace_back([n](Tx& tx) -> Result<void> {
            tx.payments().insert(sample::make_intent(merchant(2), "order-" + std::to_string(n % 3), n));
            return {};
        });
    }
    EXPECT_EQ(run_all(closures), (Reasons{{"client_sn_taken", 57}, {"ok", 3}}));
}

TEST_F(SeveralWriters, OfChangesFromOneVersionOneIsMade) {
    constexpr int payments = 20;
    std::vector<test::WriteClosure> closures;
    for (int n = 1; n <= payments; ++n) {
        const Aggregate intent = sample::make_intent(merchant(3), "order-" + std::to_string(n), n);
        ASSERT_TRUE(run([intent](Tx& tx) -> Result<void> {
            tx.payments().insert(intent);
            return {};
        }));
        for (int copy = 0; copy < 4; ++copy) {
            closures.emplace_back([intent](Tx& tx) -> Result<void> {
                tx.payments().apply(intent, sample::make_paid(intent));
                return {};
            });
        }
    }
    EXPECT_EQ(run_all(closures), (Reasons{{"ok", payments}, {"stale", 3 * payments}}));
}

TEST_F(SeveralWriters, AnAlertIsClaimedByOne) {
    const ports::Alert alert{.id = "a",
                             .at = core::from_us(1'000'000),
                             .name = "trouble",
                             .detail = {},
                             .payment = std::nullopt,
                             .delivered_at = std::nullopt,
                             .next_at = core::from_us(1'000'000),
                             .acknowledged_by = {},
                             .acknowledged_at = std::nullopt};
    ASSERT_TRUE(run([alert](Tx& tx) -> Result<void> {
        tx.alerts().raise(alert);
        return {};
    }));
    const auto claim = [alert](Tx& tx) -> Result<void> {
        tx.alerts().claim(alert, core::from_us(61'000'000));
        return {};
    };
    EXPECT_EQ(run_all({claim, claim, claim, claim}), (Reasons{{"ok", 1}, {"taken", 3}}));
    const auto due = [](std::int64_t us) {
        return [us](Tx& tx) { return tx.alerts().find_undelivered(core::from_us(us), 10).size(); };
    };
    EXPECT_EQ(read(due(60'000'000)), 0U);
    EXPECT_EQ(read(due(61'000'000)), 1U) << "whoever claimed it may have died";
}

// Two processes that start on an empty database at once.
TEST(SeveralStarts, TheTablesAreMadeOnce) {
    core::SystemRandom random;
    const crypto::Sealer sealer = test::make_sealer(random);
    const std::string database = server().make_database();
    std::vector<std::string> reasons(6);
    std::vector<std::thread> threads;
    for (std::string& reason : reasons) {
        threads.emplace_back(
            [&] { reason = test::reason_of(open_postgresql_store(database, sealer, {.connections = 1})); });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::ranges::count(reasons, "ok"), 6);
}

}  // namespace
}  // namespace huitong::store

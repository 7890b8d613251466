// Limits with what was counted against them, alerts and facts through the store, on SQLite and on PostgreSQL.
#include <gtest/gtest.h>

#include <algorithm>

#include "sql/faulty_session.hpp"
#include "sql/pg_session.hpp"
#include "sql/private_postgresql.hpp"
#include "store/migrations.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::fen;
using core::Result;
using ports::Alert;
using ports::Limit;
using ports::LimitKind;
using ports::Tx;

const std::string merchant = "1680000000001";

enum class Kind { memory, postgresql };

sql::PrivatePostgresql& server() {
    static sql::PrivatePostgresql shared(false);
    return shared;
}

class LimitRows : public testing::TestWithParam<Kind> {
  protected:
    void SetUp() override {
        auto inner = GetParam() == Kind::memory ? sql::make_memory_session()
                                                : sql::make_postgresql_session(server().make_database());
        auto faulty = std::make_shared<sql::FaultySession>(std::move(inner));
        faulty_ = faulty.get();
        ASSERT_TRUE(migrate(*faulty));
        store_ = make_simulated_store(io_, random_, faulty, sealer_, LoopOptions{.rehearse_one_in = 0});
    }
    template <class F>
    std::string write(F change) {
        return test::reason_of(test::run(io_, store_->write([change](Tx& tx) -> Result<void> {
            change(tx);
            return {};
        })));
    }
    template <class F>
    auto read(F closure) {
        auto result = test::run(io_, store_->read([closure](Tx& tx) -> Result<std::invoke_result_t<F, Tx&>> {
            return closure(tx);
        }));
        EXPECT_TRUE(result) << result.error().reason << " " << result.error().detail;
        return std::move(*result);
    }

    static Limit limit(LimitKind kind, const std::string& subject) {
        return {.kind = kind,
                .subject = subject,
                .merchant_sn = merchant,
                .per_payment = fen(5'000),
                .per_day = fen(90'000)};
    }
    static payments::Payment payment(std::int64_t n, std::int64_t amount) {
        auto made = sample::make_intent(merchant, "order-" + std::to_string(n), n).payment;
        made.amount = fen(amount);
        return made;
    }
    std::string set(const Limit& wanted) {
        return write([wanted](Tx& tx) { tx.limits().set(wanted); });
    }
    std::vector<Limit> all() {
        return read([](Tx& tx) { return tx.limits().list(); });
    }
    std::int64_t used(LimitKind kind, const std::string& subject, core::Date day) {
        return read([=](Tx& tx) { return tx.limits().used(limit(kind, subject), day); }).minor();
    }
    static Alert alert(const std::string& id, int second) {
        return {.id = id,
                .at = core::from_us(1'000'000 * second),
                .name = "channel_down",
                .detail = "wx-main",
                .payment = std::nullopt,
                .delivered_at = std::nullopt,
                .next_at = core::from_us(1'000'000 * second + 7),
                .acknowledged_by = {},
                .acknowledged_at = std::nullopt};
    }
    std::string raise(const Alert& wanted) {
        return write([wanted](Tx& tx) { tx.alerts().raise(wanted); });
    }
    std::vector<Alert> alerts(bool only_open, std::size_t most = 100) {
        return read([=](Tx& tx) { return tx.alerts().list({.only_open = only_open, .most = most}); });
    }
    std::string undelivered(core::Instant now, std::size_t most = 100) {
        std::string ids;
        for (const Alert& each : read([=](Tx& tx) { return tx.alerts().find_undelivered(now, most); }))
            ids += each.id;
        return ids;
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    sql::FaultySession* faulty_ = nullptr;
    std::unique_ptr<Store> store_;
};

TEST_P(LimitRows, LimitsAreSetReplacedFoundAndRemoved) {
    const Limit of_till = limit(LimitKind::terminal, "t1");
    Limit of_store = limit(LimitKind::store, "s1");
    of_store.per_day.reset();
    Limit of_merchant = limit(LimitKind::merchant, merchant);
    of_merchant.per_payment.reset();
    EXPECT_EQ(set(of_till), "ok");
    EXPECT_EQ(set(of_store), "ok");
    EXPECT_EQ(set(of_merchant), "ok");
    EXPECT_EQ(set(limit(LimitKind::terminal, "t2")), "ok");
    const auto found = [this](const ports::LimitSubjects& subjects) {
        auto limits = read([subjects](Tx& tx) { return tx.limits().find(subjects); });
        std::ranges::sort(limits, {}, &Limit::kind);
        return limits;
    };
    const ports::LimitSubjects subjects{.terminal_sn = "t1", .store_sn = "s1", .merchant_sn = merchant};
    EXPECT_EQ(found(subjects), (std::vector{of_till, of_store, of_merchant}));
    // A store of the terminal's number is not the terminal.
    EXPECT_TRUE(found({.terminal_sn = "s1", .store_sn = "t1", .merchant_sn = "1680000000002"}).empty());
    of_store.per_day = fen(1);
    of_store.per_payment.reset();
    EXPECT_EQ(set(of_store), "ok");
    EXPECT_EQ(found(subjects), (std::vector{of_till, of_store, of_merchant}));
    EXPECT_EQ(all().size(), 4U);
    of_store.per_day.reset();
    EXPECT_EQ(set(of_store), "ok");
    EXPECT_EQ(found(subjects), (std::vector{of_till, of_merchant}));
    EXPECT_EQ(set(of_store), "not_found");
    EXPECT_EQ(all().size(), 3U);
}

TEST_P(LimitRows, ADaysSumIsWhatWasCountedLessWhatWasTakenBack) {
    const core::Date day = core::to_beijing_date(payment(0, 1).created_at);
    const core::Instant next_day =
        core::start_of_beijing_day(std::chrono::sys_days(day) + std::chrono::days(1));
    std::int64_t sum = 0;
    for (int n = 0; n < 60; ++n) {
        EXPECT_EQ(write([n](Tx& tx) { tx.limits().count(payment(n, 100 + n)); }), "ok");
        sum += 100 + n;
    }
    payments::Payment other = payment(60, 7'000);
    other.terminal_sn = "another";
    EXPECT_EQ(write([other](Tx& tx) { tx.limits().count(other); }), "ok");
    payments::Payment late = payment(61, 9'000);
    late.created_at = next_day;
    EXPECT_EQ(write([late](Tx& tx) { tx.limits().count(late); }), "ok");
    const std::string till = payment(0, 1).terminal_sn;
    const std::string shop = payment(0, 1).store_sn;
    EXPECT_EQ(used(LimitKind::terminal, till, day), sum);
    EXPECT_EQ(used(LimitKind::terminal, "another", day), 7'000);
    EXPECT_EQ(used(LimitKind::store, shop, day), sum + 7'000);
    EXPECT_EQ(used(LimitKind::merchant, merchant, day), sum + 7'000);
    EXPECT_EQ(used(LimitKind::merchant, merchant, core::to_beijing_date(next_day)), 9'000);
    EXPECT_EQ(used(LimitKind::merchant, shop, day), 0);
    // Taken back on the day of its creation, whenever that happens.
    EXPECT_EQ(write([](Tx& tx) { tx.limits().uncount(payment(7, 107)); }), "ok");
    EXPECT_EQ(used(LimitKind::terminal, till, day), sum - 107);
    EXPECT_EQ(used(LimitKind::merchant, merchant, day), sum - 107 + 7'000);
    EXPECT_EQ(used(LimitKind::merchant, merchant, core::to_beijing_date(next_day)), 9'000);
}

TEST_P(LimitRows, PaymentsOfOneSubjectSpreadOverItsSlots) {
    for (int n = 0; n < 200; ++n) {
        payments::Payment one = payment(0, 1);
        one.sn.value += n;
        ASSERT_EQ(write([one](Tx& tx) { tx.limits().count(one); }), "ok");
    }
    faulty_->begin(sql::Access::read);
    const auto rows =
        faulty_->query("select count(*), min(slot), max(slot) from limit_usage where kind = 'store'", {});
    faulty_->rollback();
    EXPECT_EQ(rows.at(0), (sql::Row{std::int64_t{16}, std::int64_t{0}, std::int64_t{15}}));
}

TEST_P(LimitRows, CountedTogetherWithItsPaymentOrNotAtAll) {
    auto intent = sample::make_intent(merchant, "order-1", 1);
    intent.payment.amount = fen(300);
    const auto take = [&] {
        return write([intent](Tx& tx) {
            tx.payments().insert(intent);
            tx.limits().count(intent.payment);
        });
    };
    const core::Date day = core::to_beijing_date(intent.payment.created_at);
    faulty_->fail_commit(1, sql::CommitFault::fails);
    EXPECT_EQ(take(), "commit_failed");
    EXPECT_EQ(used(LimitKind::merchant, merchant, day), 0);
    faulty_->fail_commit(1, sql::CommitFault::unknown_lost);
    EXPECT_EQ(take(), "commit_failed");
    EXPECT_EQ(used(LimitKind::merchant, merchant, day), 0);
    faulty_->fail_commit(1, sql::CommitFault::unknown_committed);
    EXPECT_EQ(take(), "ok");
    EXPECT_EQ(used(LimitKind::merchant, merchant, day), 300);
    EXPECT_EQ(take(), "sn_taken");
    EXPECT_EQ(used(LimitKind::merchant, merchant, day), 300);
    intent.payment.amount = core::Money(1, core::Currency::USD);
    EXPECT_EQ(write([intent](Tx& tx) { tx.limits().count(intent.payment); }), "not_cny");
}

// Payments of one till in one group and each alone.
TEST_P(LimitRows, ConcurrentCountsAddUp) {
    std::vector<test::WriteClosure> closures;
    for (int n = 0; n < 100; ++n) {
        closures.emplace_back([n](Tx& tx) -> Result<void> {
            tx.limits().count(payment(n, 10));
            return {};
        });
    }
    for (const auto& result : test::run_all(io_, *store_, closures)) EXPECT_TRUE(result);
    EXPECT_EQ(used(LimitKind::merchant, merchant, core::to_beijing_date(payment(0, 1).created_at)), 1'000);
}

TEST_P(LimitRows, AlertsAreListedNewestFirstUntilAcknowledged) {
    Alert of_payment = alert("b", 2);
    of_payment.payment = sample::make_sn(merchant, 4);
    EXPECT_EQ(raise(alert("a", 1)), "ok");
    EXPECT_EQ(raise(of_payment), "ok");
    EXPECT_EQ(raise(alert("c", 3)), "ok");
    EXPECT_EQ(alerts(true), (std::vector{alert("c", 3), of_payment, alert("a", 1)}));
    EXPECT_EQ(alerts(true, 1), std::vector{alert("c", 3)});
    EXPECT_EQ(read([](Tx& tx) { return tx.alerts().count_open(); }), 3);
    const auto acknowledge = [this](const std::string& id) {
        return write([id](Tx& tx) { tx.alerts().acknowledge(id, "alice", core::from_us(99)); });
    };
    EXPECT_EQ(acknowledge("b"), "ok");
    EXPECT_EQ(acknowledge("b"), "not_found");
    EXPECT_EQ(acknowledge("z"), "not_found");
    EXPECT_EQ(alerts(true), (std::vector{alert("c", 3), alert("a", 1)}));
    EXPECT_EQ(read([](Tx& tx) { return tx.alerts().count_open(); }), 2);
    of_payment.acknowledged_by = "alice";
    of_payment.acknowledged_at = core::from_us(99);
    EXPECT_EQ(alerts(false), (std::vector{alert("c", 3), of_payment, alert("a", 1)}));
}

TEST_P(LimitRows, AnAlertRaisedAgainStaysAsItIs) {
    EXPECT_EQ(raise(alert("a", 1)), "ok");
    EXPECT_EQ(write([](Tx& tx) { tx.alerts().acknowledge("a", "alice", core::from_us(99)); }), "ok");
    EXPECT_EQ(raise(alert("a", 5)), "ok");
    EXPECT_TRUE(alerts(true).empty());
    ASSERT_EQ(alerts(false).size(), 1U);
    EXPECT_EQ(alerts(false)[0].at, alert("a", 1).at);
}

TEST_P(LimitRows, AlertsAreDeliveredInTheirTurn) {
    for (const auto& [id, second] : {std::pair{"c", 3}, {"a", 1}, {"b", 2}})
        ASSERT_EQ(raise(alert(id, second)), "ok");
    const core::Instant later = core::from_us(100'000'000);
    EXPECT_EQ(undelivered(later), "abc");
    EXPECT_EQ(undelivered(later, 2), "ab");
    EXPECT_EQ(undelivered(alert("b", 2).next_at), "ab");
    EXPECT_EQ(undelivered(alert("a", 1).next_at - core::Duration(1)), "");
    Alert first = alert("a", 1);
    first.tries = 1;
    first.next_at = core::from_us(50'000'000);
    EXPECT_EQ(write([first](Tx& tx) { tx.alerts().note_delivery(first); }), "ok");
    EXPECT_EQ(undelivered(later), "bca");
    first.tries = 2;
    first.delivered_at = core::from_us(51'000'000);
    EXPECT_EQ(write([first](Tx& tx) { tx.alerts().note_delivery(first); }), "ok");
    EXPECT_EQ(undelivered(later), "bc");
    EXPECT_EQ(alerts(true).back(), first);  // delivered is not acknowledged
    first.id = "z";
    EXPECT_EQ(write([first](Tx& tx) { tx.alerts().note_delivery(first); }), "not_found");
}

TEST_P(LimitRows, FactsAreEmptyUntilSet) {
    const auto get = [this](const std::string& name) {
        return read([name](Tx& tx) { return tx.facts().get(name); });
    };
    EXPECT_EQ(get("restored_at"), "");
    EXPECT_EQ(write([](Tx& tx) { tx.facts().set("restored_at", "one"); }), "ok");
    EXPECT_EQ(write([](Tx& tx) { tx.facts().set("restored_at", "two"); }), "ok");
    EXPECT_EQ(get("restored_at"), "two");
    EXPECT_EQ(get("catch_up"), "");
}

INSTANTIATE_TEST_SUITE_P(Everywhere, LimitRows, testing::Values(Kind::memory, Kind::postgresql),
                         [](const auto& info) {
                             return std::string(info.param == Kind::memory ? "memory" : "postgresql");
                         });

}  // namespace
}  // namespace huitong::store

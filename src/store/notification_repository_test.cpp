// The outbox of what merchants are told, its delivery log, and the tables that came with it, on SQLite and on
// PostgreSQL.
#include <gtest/gtest.h>

#include "sql/private_postgresql.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Result;
using ports::Notification;
using ports::Tx;

const std::string merchant = "1680000000001";

enum class Kind { memory, postgresql };

constexpr core::Instant second(std::int64_t n) {
    return core::from_us(1'709'600'000'000'000 + n * 1'000'000);
}

class NotificationRows : public testing::TestWithParam<Kind> {
  protected:
    void SetUp() override {
        if (GetParam() == Kind::memory) {
            store_ = make_simulated_store(io_, random_, make_memory_database(), sealer_);
        } else {
            static sql::PrivatePostgresql server(false);
            store_ = std::move(*open_postgresql_store(server.make_database(), sealer_));
        }
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
    static Notification make(std::int64_t n, int ordinal = 32) {
        return {.payment = sample::make_sn(merchant, n),
                .ordinal = ordinal,
                .event = payments::NotifyEvent::refunded,
                .url = "http://merchant.example/n?a=1",
                .signed_as = "100000000000000003",
                .body = "",
                .created_at = second(n),
                .tries = 2,
                .failures = 1,
                .next_at = second(n + 10),
                .delivered_at = std::nullopt};
    }
    std::string add(const Notification& row) {
        return write([row](Tx& tx) { tx.notifications().add(row); });
    }
    std::optional<Notification> find(const Notification& row) {
        return read([row](Tx& tx) { return tx.notifications().find(row.payment, row.ordinal); });
    }
    std::vector<Notification> due(core::Instant now, std::size_t most = 100) {
        return read([=](Tx& tx) { return tx.notifications().find_due(now, most); });
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::unique_ptr<Store> store_;
};

TEST_P(NotificationRows, EveryFieldComesBackAndAnOrdinalIsUsedOnce) {
    const Notification row = make(1);
    ASSERT_EQ(add(row), "ok");
    EXPECT_EQ(find(row), row);
    EXPECT_EQ(add(row), "stale");
    EXPECT_EQ(find(make(1, 33)), std::nullopt);
    EXPECT_EQ(find(make(2)), std::nullopt);
}

TEST_P(NotificationRows, DueOnesComeInTheirOrderUntilOneHasClaimedThem) {
    ASSERT_EQ(add(make(3)), "ok");
    ASSERT_EQ(add(make(1)), "ok");
    ASSERT_EQ(add(make(2)), "ok");
    EXPECT_TRUE(due(second(10)).empty());
    ASSERT_EQ(due(second(12)).size(), 2U);
    EXPECT_EQ(due(second(12))[0].payment, make(1).payment);
    EXPECT_EQ(due(second(13)).size(), 3U);
    EXPECT_EQ(due(second(13), 1).size(), 1U);
    Notification first = make(1);
    first.body = "{}";
    const auto claim = [&](const Notification& seen, core::Instant until) {
        return write([=](Tx& tx) { tx.notifications().claim(seen, until); });
    };
    EXPECT_EQ(claim(first, second(60)), "ok");
    EXPECT_EQ(find(first)->body, "{}");
    EXPECT_EQ(claim(first, second(61)), "taken");
    EXPECT_EQ(due(second(13)).size(), 2U);
    EXPECT_EQ(due(second(60)).size(), 3U) << "whoever claimed it may be gone";
}

TEST_P(NotificationRows, ATryIsNotedByWhoeverClaimedIt) {
    const Notification row = make(1);
    ASSERT_EQ(add(row), "ok");
    ASSERT_EQ(write([=](Tx& tx) { tx.notifications().claim(row, second(60)); }), "ok");
    Notification after = row;
    after.tries = 3;
    after.failures = 2;
    after.next_at = second(90);
    const ports::NotificationTry failed{.number = 3,
                                        .at = second(20),
                                        .took = std::chrono::milliseconds(7),
                                        .status = 500,
                                        .answer = "no",
                                        .error = "not_confirmed"};
    const auto note = [&](const Notification& then, core::Instant until, ports::NotificationTry tried) {
        return write([=](Tx& tx) { tx.notifications().note_try(then, until, tried); });
    };
    EXPECT_EQ(note(after, second(59), failed), "taken");
    EXPECT_EQ(note(after, second(60), failed), "ok");
    EXPECT_EQ(find(row), after);
    Notification delivered = after;
    delivered.tries = 4;
    delivered.next_at.reset();
    delivered.delivered_at = second(91);
    const ports::NotificationTry good{
        .number = 4, .at = second(91), .status = 200, .answer = "success", .error = {}};
    EXPECT_EQ(note(delivered, second(90), good), "ok");
    EXPECT_EQ(find(row), delivered);
    EXPECT_TRUE(due(second(1000)).empty());
    const auto log = read([=](Tx& tx) { return tx.notifications().tries(row.payment, row.ordinal); });
    EXPECT_EQ(log, (std::vector{failed, good}));

    ASSERT_EQ(write([=](Tx& tx) { tx.notifications().send_again(delivered, second(95)); }), "ok");
    delivered.failures = 0;
    delivered.next_at = second(95);
    delivered.delivered_at.reset();
    EXPECT_EQ(find(row), delivered) << "its tries go on being counted";
    EXPECT_EQ(write([](Tx& tx) { tx.notifications().send_again(make(7), second(95)); }), "not_found");
}

TEST_P(NotificationRows, ListsAndCountsWhatWaits) {
    using Filter = ports::NotificationRepository::Filter;
    Notification parked = make(2);
    parked.next_at.reset();
    Notification delivered = make(3);
    delivered.next_at.reset();
    delivered.delivered_at = second(5);
    for (const Notification& row : {make(1), make(1, 33), parked, delivered}) ASSERT_EQ(add(row), "ok");
    const auto list = [this](Filter filter) {
        std::string text;
        for (const Notification& row : read([=](Tx& tx) { return tx.notifications().list(filter); }))
            text += std::to_string((row.created_at - second(0)) / std::chrono::seconds(1)) + "." +
                    std::to_string(row.ordinal) + " ";
        return text;
    };
    EXPECT_EQ(list({.payment = {}}), "3.32 2.32 1.33 1.32 ");
    EXPECT_EQ(list({.payment = {}, .only_undelivered = true}), "2.32 1.33 1.32 ");
    EXPECT_EQ(list({.payment = {}, .only_undelivered = true, .most = 1}), "2.32 ");
    EXPECT_EQ(list({.payment = make(1).payment}), "1.33 1.32 ");
    EXPECT_EQ(list({.payment = delivered.payment, .only_undelivered = true}), "");
    const auto waiting = read([](Tx& tx) { return tx.notifications().count_waiting(); });
    EXPECT_EQ(waiting.count, 2);
    EXPECT_EQ(waiting.oldest, second(1));
}

TEST_P(NotificationRows, APaymentKeepsWhereAndOfWhatItsMerchantWantsToHear) {
    auto made = sample::make_intent(merchant, "order-1", 1);
    made.payment.notify_url = "https://merchant.example/n";
    made.payment.notify_flags = payments::notify_canceled | payments::notify_sn_prefixed;
    ASSERT_EQ(write([made](Tx& tx) { tx.payments().insert(made); }), "ok");
    EXPECT_EQ(read([made](Tx& tx) { return tx.payments().find(made.payment.sn); })->payment, made.payment);
}

TEST_P(NotificationRows, ThePlatformsKeyIsMadeOnceAndSealed) {
    const ports::PlatformKey key{.id = "1",
                                 .private_key_pem = core::Secret("private"),
                                 .public_key_pem = "public",
                                 .created_at = second(1)};
    const auto insert = [&] { return write([key](Tx& tx) { tx.directory().insert(key); }); };
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_platform_key("1"); }));
    EXPECT_EQ(insert(), "ok");
    EXPECT_EQ(insert(), "exists");
    const auto found = read([](Tx& tx) { return tx.directory().find_platform_key("1"); });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->private_key_pem.reveal(), "private");
    EXPECT_EQ(found->public_key_pem, "public");
    EXPECT_EQ(found->created_at, second(1));
}

TEST_P(NotificationRows, ADeviceIsTakenByOne) {
    ports::Terminal terminal = sample::make_terminal();
    const auto take = [&](const std::string& sn, const std::optional<std::string>& before) {
        terminal.sn = sn;
        return write([=](Tx& tx) { tx.directory().take_device(terminal, before); });
    };
    const auto on_it = [&] { return read([=](Tx& tx) { return tx.directory().find_device(terminal); }); };
    EXPECT_EQ(on_it(), "");
    EXPECT_EQ(take("1", ""), "ok");
    EXPECT_EQ(take("2", ""), "device_taken") << "another one was faster";
    EXPECT_EQ(on_it(), "1");
    EXPECT_EQ(take("2", "9"), "device_taken");
    EXPECT_EQ(take("2", "1"), "ok");
    EXPECT_EQ(on_it(), "2");
    EXPECT_EQ(take("3", std::nullopt), "ok") << "where nobody minds";
    EXPECT_EQ(on_it(), "3");
    terminal.app_id = "other";
    EXPECT_EQ(on_it(), "");
}

TEST_P(NotificationRows, ATerminalIsReadWithTheSwitchesOfItsApplication) {
    ASSERT_EQ(write([](Tx& tx) {
                  tx.directory().insert(sample::make_app());
                  tx.directory().insert(sample::make_merchant());
                  tx.directory().insert(sample::make_store());
                  tx.directory().insert(sample::make_terminal());
              }),
              "ok");
    const auto switches = [this] {
        return read([](Tx& tx) { return tx.directory().find_terminal(sample::make_terminal().sn); })
            ->switches;
    };
    EXPECT_EQ(switches(), sample::make_app().switches);
    const ports::AppSwitches other{.notify_canceled = true, .long_client_sn = true};
    const auto set = [&](const std::string& app) {
        return write([=](Tx& tx) { tx.directory().set_switches(app, other); });
    };
    EXPECT_EQ(set(sample::make_app().id), "ok");
    EXPECT_EQ(switches(), other);
    EXPECT_EQ(set("none"), "not_found");
}

INSTANTIATE_TEST_SUITE_P(Everywhere, NotificationRows, testing::Values(Kind::memory, Kind::postgresql),
                         [](const auto& info) {
                             return std::string(info.param == Kind::memory ? "Memory" : "Postgresql");
                         });

}  // namespace
}  // namespace huitong::store

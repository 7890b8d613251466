// Payments through the store, on SQLite in memory, on a SQLite file with its threads, and on PostgreSQL: the
// same suite.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sql/private_postgresql.hpp"
#include "store/payment_key.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Code;
using core::Result;
using payments::Aggregate;
using payments::Change;
using ports::Tx;

const std::string merchant = "1680000000001";

enum class Kind { memory, sqlite_file, postgresql };

using Filter = ports::PaymentRepository::Filter;

template <class F>
Filter filter(F set) {
    Filter made;
    set(made);
    return made;
}

Filter unresolved_only() {
    return filter([](Filter& f) { f.only_unresolved = true; });
}

std::string kind_name(const testing::TestParamInfo<Kind>& info) {
    switch (info.param) {
        case Kind::memory:
            return "memory";
        case Kind::sqlite_file:
            return "sqlite_file";
        case Kind::postgresql:
            return "postgresql";
    }
    return "?";
}

sql::PrivatePostgresql& server() {
    static sql::PrivatePostgresql shared(false);
    return shared;
}

class PaymentRows : public testing::TestWithParam<Kind> {
  protected:
    void SetUp() override {
        switch (GetParam()) {
            case Kind::memory:
                store_ = make_simulated_store(io_, random_, make_memory_database(), sealer_);
                return;
            case Kind::sqlite_file: {
                directory_ =
                    std::filesystem::temp_directory_path() / ("huitong-rows-" + core::SystemRandom().hex(12));
                std::filesystem::create_directory(directory_);
                store_ = std::move(*open_sqlite_store((directory_ / "p.db").string(), sealer_));
                return;
            }
            case Kind::postgresql:
                store_ = std::move(*open_postgresql_store(server().make_database(), sealer_));
                return;
        }
    }
    void TearDown() override {
        store_.reset();
        if (!directory_.empty()) std::filesystem::remove_all(directory_);
    }

    Result<void> insert(const Aggregate& intent) {
        return test::run(io_, store_->write([intent](Tx& tx) -> Result<void> {
            tx.payments().insert(intent);
            return {};
        }));
    }
    Result<void> apply(const Aggregate& before, const Change& change) {
        return test::run(io_, store_->write([before, change](Tx& tx) -> Result<void> {
            tx.payments().apply(before, change);
            return {};
        }));
    }
    template <class F>
    auto read(F closure) {
        auto result = test::run(io_, store_->read([closure](Tx& tx) -> Result<std::invoke_result_t<F, Tx&>> {
            return closure(tx);
        }));
        EXPECT_TRUE(result) << result.error().reason << " " << result.error().detail;
        return std::move(*result);
    }
    std::optional<Aggregate> find(core::PaymentSn sn) {
        return read([sn](Tx& tx) { return tx.payments().find(sn); });
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::filesystem::path directory_;
    std::unique_ptr<Store> store_;
};

TEST_P(PaymentRows, AnIntentComesBackAsItWas) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    ASSERT_EQ(test::reason_of(insert(intent)), "ok");
    const auto found = find(intent.payment.sn);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->payment, intent.payment);
    EXPECT_EQ(found->operations, intent.operations);
    EXPECT_FALSE(find(sample::make_sn(merchant, 2)));
    const auto by_client_sn =
        read([](Tx& tx) { return tx.payments().find_by_client_sn(merchant, "order-1"); });
    EXPECT_EQ(by_client_sn, intent.payment.sn);
    EXPECT_FALSE(read([](Tx& tx) { return tx.payments().find_by_client_sn(merchant, "order-2"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.payments().find_by_client_sn("1680000000002", "order-1"); }));
}

TEST_P(PaymentRows, AChangeOfEveryFieldComesBack) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    const Change change = sample::make_full_change(intent);
    ASSERT_TRUE(insert(intent));
    ASSERT_EQ(test::reason_of(apply(intent, change)), "ok");
    const auto found = find(intent.payment.sn);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->payment, change.after.payment);
    EXPECT_EQ(found->operations, change.after.operations);
}

TEST_P(PaymentRows, EntriesAndTimelineComeBack) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    const Change change = sample::make_full_change(intent);
    ASSERT_TRUE(insert(intent));
    ASSERT_TRUE(apply(intent, change));
    const auto sn = intent.payment.sn;
    const auto entries = read([sn](Tx& tx) { return tx.payments().entries(sn); });
    ASSERT_EQ(entries.size(), 2U);
    for (const ledger::Entry& wanted : change.entries) {
        const auto same = [&](const ledger::Entry& entry) { return entry.kind == wanted.kind; };
        const auto entry = std::ranges::find_if(entries, same);
        ASSERT_NE(entry, entries.end());
        EXPECT_EQ(entry->payment, sn);
        EXPECT_EQ(entry->ordinal, wanted.ordinal);
        EXPECT_EQ(entry->at, wanted.at);
        ASSERT_EQ(entry->transfers.size(), wanted.transfers.size());
        for (std::size_t i = 0; i < wanted.transfers.size(); ++i) {
            EXPECT_EQ(entry->transfers[i].debit, wanted.transfers[i].debit);
            EXPECT_EQ(entry->transfers[i].credit, wanted.transfers[i].credit);
            EXPECT_EQ(entry->transfers[i].amount, wanted.transfers[i].amount);
        }
    }
    const auto timeline = read([sn](Tx& tx) { return tx.payments().timeline(sn); });
    ASSERT_EQ(timeline.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(timeline[i].at, change.timeline[i].at);
        EXPECT_EQ(timeline[i].seq, change.timeline[i].seq);
        EXPECT_EQ(timeline[i].happening, change.timeline[i].happening);
        EXPECT_EQ(timeline[i].finding, change.timeline[i].finding);
        EXPECT_EQ(timeline[i].state_after, change.timeline[i].state_after);
    }
    ASSERT_TRUE(timeline[0].exchange);
    EXPECT_EQ(timeline[0].exchange->call, change.timeline[0].exchange->call);
    EXPECT_EQ(timeline[0].exchange->request, change.timeline[0].exchange->request);
    EXPECT_EQ(timeline[0].exchange->response, change.timeline[0].exchange->response);
    EXPECT_EQ(timeline[0].exchange->started_at, change.timeline[0].exchange->started_at);
    EXPECT_EQ(timeline[0].exchange->ended_at, change.timeline[0].exchange->ended_at);
    EXPECT_FALSE(timeline[1].exchange);
}

TEST_P(PaymentRows, AlarmsOfAChangeBecomeAlertsWithIt) {
    const auto alerts = [this] { return read([](Tx& tx) { return tx.alerts().list({}); }); };
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    const Change change = sample::make_full_change(intent);
    ASSERT_TRUE(insert(intent));
    EXPECT_TRUE(alerts().empty());
    ASSERT_TRUE(apply(intent, change));
    auto raised = alerts();
    ASSERT_EQ(raised.size(), 2U);
    std::ranges::sort(raised, {}, &ports::Alert::id);
    const core::Instant at = change.timeline.back().at;
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(raised[i], (ports::Alert{.id = intent.payment.sn.text() + ".2." + std::to_string(i + 1),
                                           .at = at,
                                           .name = change.alarms[i].name,
                                           .detail = change.alarms[i].detail,
                                           .payment = intent.payment.sn,
                                           .delivered_at = std::nullopt,
                                           .next_at = at,
                                           .acknowledged_by = {},
                                           .acknowledged_at = std::nullopt}));
    }
    EXPECT_EQ(test::reason_of(apply(intent, change)), "stale");
    EXPECT_EQ(alerts().size(), 2U);
}

TEST_P(PaymentRows, FoundByTheChannelsNumberInsideTheMerchant) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    const Aggregate unpaid = sample::make_intent(merchant, "order-2", 2);
    const Change paid = sample::make_paid(intent);
    ASSERT_TRUE(insert(intent));
    ASSERT_TRUE(insert(unpaid));
    const auto by_trade = [this](const std::string& of, const std::string& trade_no) {
        return read([=](Tx& tx) { return tx.payments().find_by_trade_no(of, trade_no); });
    };
    const std::string trade_no = paid.after.payment.trade.trade_no;
    EXPECT_FALSE(by_trade(merchant, trade_no));
    ASSERT_TRUE(apply(intent, paid));
    EXPECT_EQ(by_trade(merchant, trade_no), intent.payment.sn);
    EXPECT_FALSE(by_trade("1680000000002", trade_no));
    EXPECT_FALSE(by_trade(merchant, trade_no + "1"));
    EXPECT_FALSE(by_trade(merchant, ""));  // the unpaid one has none
}

TEST_P(PaymentRows, FoundByTheNumberOfARefundNewestFirstAndAtMostTwo) {
    const auto by_request = [this](const std::string& of, const std::string& request_no) {
        return read([=](Tx& tx) { return tx.payments().find_by_request_no(of, request_no); });
    };
    std::vector<core::PaymentSn> sns;
    for (int n = 1; n <= 3; ++n) {
        const Aggregate intent = sample::make_intent(merchant, "order-" + std::to_string(n), n);
        ASSERT_TRUE(insert(intent));
        EXPECT_EQ(by_request(merchant, "refund-1").size(), static_cast<std::size_t>(std::min(n - 1, 2)));
        Change change = sample::make_full_change(intent);
        // Asked again under another number at the channel: still one payment.
        change.after.operations.push_back(change.after.operations.back());
        change.after.operations.back().seq = 3;
        ASSERT_TRUE(apply(intent, change));
        sns.push_back(intent.payment.sn);
    }
    EXPECT_EQ(by_request(merchant, "refund-1"), (std::vector{sns[2], sns[1]}));
    EXPECT_TRUE(by_request("1680000000002", "refund-1").empty());
    EXPECT_TRUE(by_request(merchant, "refund-2").empty());
    EXPECT_TRUE(by_request(merchant, "").empty());  // as the pay operations have it
}

TEST_P(PaymentRows, ListAfterWalksAllPaymentsOnce) {
    std::vector<core::PaymentSn> wanted;
    for (int n = 1; n <= 7; ++n) {
        const std::string of = "168000000000" + std::to_string(n);
        ASSERT_TRUE(insert(sample::make_intent(of, "order", n)));
        wanted.push_back(sample::make_sn(of, n));
    }
    std::ranges::sort(wanted, {}, [](core::PaymentSn sn) { return key_of(sn); });
    std::vector<core::PaymentSn> walked;
    for (int batch = 0; batch < 5; ++batch) {
        const core::PaymentSn after = walked.empty() ? core::PaymentSn{} : walked.back();
        const auto next = read([after](Tx& tx) { return tx.payments().list_after(after, 3); });
        EXPECT_LE(next.size(), 3U);
        walked.insert(walked.end(), next.begin(), next.end());
    }
    EXPECT_EQ(walked, wanted);
}

TEST_P(PaymentRows, AStaleVersionChangesNothing) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    ASSERT_TRUE(insert(intent));
    const Change first = sample::make_paid(intent);
    ASSERT_TRUE(apply(intent, first));
    const auto second = apply(intent, sample::make_full_change(intent));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_EQ(second.error().reason, "stale");
    EXPECT_EQ(find(intent.payment.sn)->payment, first.after.payment);
    EXPECT_EQ(find(intent.payment.sn)->operations.size(), 1U);
    const auto sn = intent.payment.sn;
    EXPECT_EQ(read([sn](Tx& tx) { return tx.payments().entries(sn).size(); }), 1U);
}

TEST_P(PaymentRows, TakenNumbersAreNamed) {
    ASSERT_TRUE(insert(sample::make_intent(merchant, "order-1", 1)));
    EXPECT_EQ(test::reason_of(insert(sample::make_intent(merchant, "order-1", 2))), "client_sn_taken");
    EXPECT_EQ(test::reason_of(insert(sample::make_intent(merchant, "order-2", 1))), "sn_taken");
    EXPECT_EQ(test::reason_of(insert(sample::make_intent("1680000000002", "order-1", 3))), "ok");
}

TEST_P(PaymentRows, OfFiftyWithOneClientSnExactlyOneIsMade) {
    std::vector<test::WriteClosure> closures;
    for (int n = 1; n <= 50; ++n) {
        closures.emplace_back([intent = sample::make_intent(merchant, "order-1", n)](Tx& tx) -> Result<void> {
            tx.payments().insert(intent);
            return {};
        });
    }
    const auto results = test::run_all(io_, *store_, closures);
    EXPECT_EQ(std::ranges::count_if(results, [](const auto& r) { return test::reason_of(r) == "ok"; }), 1);
    EXPECT_EQ(
        std::ranges::count_if(results, [](const auto& r) { return test::reason_of(r) == "client_sn_taken"; }),
        49);
    const auto all = read([](Tx& tx) { return tx.payments().list({}); });
    EXPECT_EQ(all.size(), 1U);
}

TEST_P(PaymentRows, OfTwentyChangesOfOneVersionExactlyOneWins) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    ASSERT_TRUE(insert(intent));
    std::vector<test::WriteClosure> closures(20, [intent](Tx& tx) -> Result<void> {
        tx.payments().apply(intent, sample::make_paid(intent));
        return {};
    });
    const auto results = test::run_all(io_, *store_, closures);
    EXPECT_EQ(std::ranges::count_if(results, [](const auto& r) { return test::reason_of(r) == "ok"; }), 1);
    EXPECT_EQ(std::ranges::count_if(results, [](const auto& r) { return test::reason_of(r) == "stale"; }),
              19);
    EXPECT_EQ(find(intent.payment.sn)->payment.version, 2);
}

TEST_P(PaymentRows, DueIsWhatIsDueAndFree) {
    // Across shards: due at 16 and 17 s, free at 46 and 47 s; the third is finished.
    const Aggregate first = sample::make_intent("1680000000001", "a", 1);
    const Aggregate second = sample::make_intent("1680000000002", "b", 2);
    const Aggregate third = sample::make_intent("1680000000003", "c", 3);
    for (const Aggregate* each : {&second, &first, &third}) ASSERT_TRUE(insert(*each));
    ASSERT_TRUE(apply(third, sample::make_paid(third)));
    const auto due = [this](core::Instant now, std::size_t most) {
        return read([=](Tx& tx) { return tx.payments().find_due(now, most); });
    };
    const core::Instant free = first.operations[0].lease_until;
    EXPECT_TRUE(due(free - core::Duration(1), 10).empty());
    EXPECT_EQ(due(free, 10), std::vector{first.payment.sn});
    const core::Instant later = free + std::chrono::hours(1);
    EXPECT_EQ(due(later, 10), (std::vector{first.payment.sn, second.payment.sn}));
    EXPECT_EQ(due(later, 1), std::vector{first.payment.sn});
}

TEST_P(PaymentRows, WhatOthersLeftIsFoundPageByPage) {
    const std::string other = "1680000000002";
    ASSERT_TRUE(insert(sample::make_intent(other, "a", 1, "old-process")));
    ASSERT_TRUE(insert(sample::make_intent(merchant, "b", 2, "old-process")));
    ASSERT_TRUE(insert(sample::make_intent(merchant, "c", 3, "this-process")));
    ASSERT_TRUE(insert(sample::make_intent(merchant, "d", 4, "")));
    const Aggregate finished = sample::make_intent(merchant, "e", 5, "old-process");
    ASSERT_TRUE(insert(finished));
    ASSERT_TRUE(apply(finished, sample::make_paid(finished)));
    std::vector<core::PaymentSn> wanted{sample::make_sn(other, 1), sample::make_sn(merchant, 2)};
    std::ranges::sort(wanted, {}, [](core::PaymentSn sn) { return key_of(sn); });
    std::vector<core::PaymentSn> found;
    core::PaymentSn after;
    for (int page = 0; page < 3; ++page) {
        const auto more =
            read([after](Tx& tx) { return tx.payments().find_left_by_others("this-process", after, 1); });
        if (more.empty()) break;
        after = more.back();
        found.push_back(after);
    }
    EXPECT_EQ(found, wanted);
}

TEST_P(PaymentRows, ListsNewestFirstByEveryFilter) {
    const Aggregate first = sample::make_intent("1680000000001", "a", 1);
    const Aggregate second = sample::make_intent("1680000000002", "b", 2);
    const Aggregate third = sample::make_intent("1680000000001", "c", 3);
    const Aggregate fourth = sample::make_intent("1680000000003", "d", 4);
    for (const Aggregate* each : {&third, &first, &fourth, &second}) ASSERT_TRUE(insert(*each));
    ASSERT_TRUE(apply(second, sample::make_paid(second)));
    ASSERT_TRUE(apply(fourth, sample::make_full_change(fourth)));  // manual review
    const auto client_sns = [this](const Filter& filter) {
        std::string text;
        for (const auto& payment : read([&](Tx& tx) { return tx.payments().list(filter); }))
            text += payment.client_sn;
        return text;
    };
    EXPECT_EQ(client_sns({}), "dcba");
    EXPECT_EQ(client_sns(filter([](Filter& f) { f.most = 2; })), "dc");
    EXPECT_EQ(client_sns(filter([](Filter& f) { f.merchant_sn = "1680000000001"; })), "ca");
    EXPECT_EQ(client_sns(filter([](Filter& f) { f.state = payments::PaymentState::paid; })), "b");
    EXPECT_EQ(client_sns(filter([](Filter& f) { f.state = payments::PaymentState::manual_review; })), "d");
    EXPECT_EQ(client_sns(unresolved_only()), "ca");
    const core::Instant middle = second.payment.created_at;
    EXPECT_EQ(client_sns(filter([=](Filter& f) { f.created_from = middle; })), "dcb");
    EXPECT_EQ(client_sns(filter([=](Filter& f) { f.created_before = middle; })), "a");
    EXPECT_EQ(client_sns(filter([&](Filter& f) {
                  f.merchant_sn = "1680000000001";
                  f.state = payments::PaymentState::created;
                  f.created_from = first.payment.created_at;
                  f.created_before = third.payment.created_at;
              })),
              "a");
}

// Unresolved is written as SQL; it must stay the states that are neither final nor in review.
TEST_P(PaymentRows, UnresolvedIsNeitherFinalNorInReview) {
    for (int i = 0; i <= static_cast<int>(payments::PaymentState::manual_review); ++i) {
        Aggregate intent = sample::make_intent(merchant, "order-" + std::to_string(i), i);
        intent.payment.state = static_cast<payments::PaymentState>(i);
        ASSERT_TRUE(insert(intent));
    }
    for (const auto& payment : read([](Tx& tx) { return tx.payments().list(unresolved_only()); })) {
        EXPECT_FALSE(payments::is_final(payment.state)) << to_string(payment.state);
        EXPECT_NE(payment.state, payments::PaymentState::manual_review);
    }
    std::size_t unresolved = 0;
    for (int i = 0; i <= static_cast<int>(payments::PaymentState::manual_review); ++i) {
        const auto state = static_cast<payments::PaymentState>(i);
        if (!payments::is_final(state) && state != payments::PaymentState::manual_review) ++unresolved;
    }
    EXPECT_EQ(read([](Tx& tx) { return tx.payments().list(unresolved_only()).size(); }), unresolved);
}

// The second closure's later write fails after its first was applied: the group runs again, the others keep
// their result.
TEST_P(PaymentRows, ALateWrongCountCostsOnlyItsOwnClosure) {
    const Aggregate intent = sample::make_intent(merchant, "order-1", 1);
    ASSERT_TRUE(insert(intent));
    std::vector<test::WriteClosure> closures;
    for (int n = 2; n <= 6; ++n) {
        closures.emplace_back([n](Tx& tx) -> Result<void> {
            tx.payments().insert(sample::make_intent(merchant, "order-" + std::to_string(n), n));
            if (n == 4) tx.payments().insert(sample::make_intent(merchant, "order-1", 100));
            return {};
        });
    }
    const auto results = test::run_all(io_, *store_, closures);
    for (std::size_t i = 0; i < results.size(); ++i) {
        EXPECT_EQ(test::reason_of(results[i]), i == 2 ? "client_sn_taken" : "ok") << i;
        EXPECT_EQ(find(sample::make_sn(merchant, static_cast<std::int64_t>(i) + 2)).has_value(), i != 2);
    }
}

INSTANTIATE_TEST_SUITE_P(Everywhere, PaymentRows,
                         testing::Values(Kind::memory, Kind::sqlite_file, Kind::postgresql), kind_name);

}  // namespace
}  // namespace huitong::store

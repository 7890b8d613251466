// Proposals as rows, and the pages of lists that people read: each page begins after the one before, and
// together they are the whole.
#include <gtest/gtest.h>

#include "sql/private_postgresql.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Result;
using ports::Proposal;
using ports::ProposalState;
using ports::Tx;

const std::string merchant = "1680000000001";

enum class Kind { memory, postgresql };

class ReviewRows : public testing::TestWithParam<Kind> {
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
    // Every field has a value of its own.
    static Proposal proposal(std::int64_t n, std::string request_no = "r1") {
        const core::PaymentSn sn = sample::make_sn(merchant, n);
        return {.id = sn.text() + "-abc12" + std::to_string(n),
                .payment = sn,
                .request_no = std::move(request_no),
                .verdict = "closed",
                .reason = "why",
                .amount = core::fen(100 + n),
                .payment_version = 7,
                .proposed_by = "alice",
                .proposed_at = core::from_us(1'709'000'000'000'000 + n / 2),  // two at a time
                .state = ProposalState::proposed,
                .decided_by = {},
                .decided_at = std::nullopt,
                .answer = {}};
    }
    std::optional<Proposal> find(const std::string& id) {
        return read([id](Tx& tx) { return tx.reviews().find(id); });
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::unique_ptr<Store> store_;
};

TEST_P(ReviewRows, EveryFieldComesBackAndOneIsAnsweredOnce) {
    const Proposal made = proposal(1);
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().insert(made); }), "ok");
    EXPECT_EQ(find(made.id), made);
    EXPECT_EQ(read([=](Tx& tx) { return tx.reviews().find_open(made.payment, "r1"); }), made);
    EXPECT_FALSE(read([=](Tx& tx) { return tx.reviews().find_open(made.payment, ""); }));
    EXPECT_FALSE(find("nothing"));
    EXPECT_FALSE(find(made.payment.text() + "-other1"));
    Proposal answered = made;
    answered.state = ProposalState::rejected;
    answered.decided_by = "bob";
    answered.decided_at = core::from_us(1'709'000'009'000'000);
    answered.answer = "no";
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().settle(answered); }), "ok");
    EXPECT_EQ(find(made.id), answered);
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().settle(answered); }), "not_open");
    EXPECT_FALSE(read([=](Tx& tx) { return tx.reviews().find_open(made.payment, "r1"); }));
}

TEST_P(ReviewRows, OneIsOpenForEachThingThatIsDecided) {
    Proposal first = proposal(1);
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().insert(first); }), "ok");
    Proposal second = proposal(1);
    second.id = second.payment.text() + "-other1";
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().insert(second); }), "already_proposed");
    second.request_no = "";
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().insert(second); }), "ok") << "the payment itself";
    first.state = ProposalState::lapsed;
    Proposal third = proposal(1);
    third.id = third.payment.text() + "-third1";
    EXPECT_EQ(write([=](Tx& tx) {
                  tx.reviews().settle(first);
                  tx.reviews().insert(third);
              }),
              "ok")
        << "in one transaction";
}

TEST_P(ReviewRows, PagesOfProposals) {
    for (std::int64_t n = 1; n <= 7; ++n)
        EXPECT_EQ(write([=](Tx& tx) { tx.reviews().insert(proposal(n)); }), "ok");
    std::vector<std::string> ids;
    for (std::string older_than;;) {
        const auto page =
            read([=](Tx& tx) { return tx.reviews().list({.older_than = older_than, .most = 2}); });
        if (page.empty()) break;
        for (const Proposal& each : page) ids.push_back(each.id);
        older_than = ids.back();
    }
    std::vector<std::string> expected;
    for (std::int64_t n = 7; n >= 1; --n) expected.push_back(proposal(n).id);
    EXPECT_EQ(ids, expected);
    const auto of_one = [&](bool only_open) {
        return read([=](Tx& tx) {
                   return tx.reviews().list({.payment = proposal(3).payment, .only_open = only_open});
               })
            .size();
    };
    EXPECT_EQ(of_one(true), 1U);
    Proposal withdrawn = proposal(3);
    withdrawn.state = ProposalState::withdrawn;
    EXPECT_EQ(write([=](Tx& tx) { tx.reviews().settle(withdrawn); }), "ok");
    EXPECT_EQ(of_one(true), 0U);
    EXPECT_EQ(of_one(false), 1U);
}

TEST_P(ReviewRows, PagesOfTheDirectory) {
    const std::vector<std::string> merchants{"1680000000001", "1680000000002", "1680000000003"};
    std::vector<std::string> terminals;
    EXPECT_EQ(write([&](Tx& tx) {
                  for (const std::string& sn : merchants)
                      tx.directory().insert(ports::Merchant{.sn = sn, .name = "M" + sn});
                  for (int n = 0; n < 6; ++n) {
                      ports::Terminal terminal = sample::make_terminal();
                      terminal.merchant_sn = merchants[n % 3];
                      const std::string shard = std::to_string(100 + core::shard_of(terminal.merchant_sn));
                      terminal.sn = "1000" + shard.substr(1) + "00000000000" + std::to_string(n);
                      terminal.client_sn.clear();
                      tx.directory().insert(terminal);
                      terminals.push_back(terminal.sn);
                  }
              }),
              "ok");
    std::ranges::sort(terminals);
    terminals.erase(std::unique(terminals.begin(), terminals.end()), terminals.end());
    std::vector<std::string> seen;
    for (std::string after;;) {
        const auto page =
            read([=](Tx& tx) { return tx.directory().list_terminals({.after = after, .most = 4}); });
        if (page.empty()) break;
        EXPECT_LE(page.size(), 4U);
        for (const auto& each : page) seen.push_back(each.sn);
        after = seen.back();
    }
    EXPECT_EQ(seen, terminals);
    const auto of_one =
        read([&](Tx& tx) { return tx.directory().list_terminals({.merchant_sn = merchants[1]}); });
    EXPECT_EQ(of_one.size(), 2U);
    const auto names =
        read([](Tx& tx) { return tx.directory().list_merchants({.after = "1680000000001", .most = 1}); });
    ASSERT_EQ(names.size(), 1U);
    EXPECT_EQ(names[0].sn, "1680000000002");
    EXPECT_TRUE(read([](Tx& tx) { return tx.directory().has_merchant_named("M1680000000001"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().has_merchant_named("m1680000000001"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().has_store_named("1680000000001", "S"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().has_vendor_named("V"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().has_app_named("91800001", "A"); }));
}

TEST_P(ReviewRows, PagesOfAlertsAndPayments) {
    for (int n = 0; n < 5; ++n) {
        const auto intent = sample::make_intent(merchant, "order-" + std::to_string(n), n);
        EXPECT_EQ(write([=](Tx& tx) {
                      tx.payments().insert(intent);
                      tx.alerts().raise({.id = "a" + std::to_string(n),
                                         .at = core::from_us(1'709'000'000'000'000),
                                         .name = "n",
                                         .detail = {},
                                         .payment = std::nullopt,
                                         .delivered_at = std::nullopt,
                                         .next_at = {},
                                         .acknowledged_by = {},
                                         .acknowledged_at = std::nullopt});
                  }),
                  "ok");
    }
    for (const bool only_open : {true, false}) {
        const auto alerts = read([=](Tx& tx) {
            return tx.alerts().list({.only_open = only_open, .older_than = "a3", .most = 2});
        });
        ASSERT_EQ(alerts.size(), 2U);
        EXPECT_EQ(alerts[0].id + alerts[1].id, "a2a1");
    }
    for (const std::string& of : {std::string(), merchant}) {
        const auto payments = read([=](Tx& tx) {
            return tx.payments().list(
                {.merchant_sn = of, .state = {}, .older_than = sample::make_sn(merchant, 3), .most = 2});
        });
        ASSERT_EQ(payments.size(), 2U);
        EXPECT_EQ(payments[0].client_sn + payments[1].client_sn, "order-2order-1");
    }
}

TEST_P(ReviewRows, RefundsThatWaitForAPerson) {
    std::vector<core::PaymentSn> in_review;
    for (int n = 1; n <= 3; ++n) {
        const auto intent = sample::make_intent(merchant, "order-" + std::to_string(n), n);
        payments::Change change = sample::make_full_change(intent);
        payments::Operation& last = change.after.operations.back();
        last.kind = payments::OperationKind::refund;
        last.state = n == 2 ? payments::OperationState::succeeded : payments::OperationState::manual;
        if (n != 2) in_review.push_back(intent.payment.sn);
        EXPECT_EQ(write([=](Tx& tx) { tx.payments().insert(intent); }), "ok");
        EXPECT_EQ(write([=](Tx& tx) { tx.payments().apply(intent, change); }), "ok");
    }
    EXPECT_EQ(read([](Tx& tx) { return tx.payments().list_refunds_in_review({}, 10); }), in_review);
    EXPECT_EQ(read([&](Tx& tx) { return tx.payments().list_refunds_in_review(in_review[0], 10); }),
              std::vector{in_review[1]});
    EXPECT_EQ(read([](Tx& tx) { return tx.payments().list_refunds_in_review({}, 1); }),
              std::vector{in_review[0]});
}

TEST_P(ReviewRows, ACodeEndsOnce) {
    const ports::ActivationCode code = sample::make_code();
    EXPECT_EQ(write([&](Tx& tx) { tx.directory().insert(code); }), "ok");
    const core::Instant before = code.expires_at - std::chrono::hours(1);
    EXPECT_EQ(write([&](Tx& tx) { tx.directory().end_code(code.code, before); }), "ok");
    EXPECT_EQ(read([&](Tx& tx) { return tx.directory().find_code(code.code); })->expires_at, before);
    EXPECT_EQ(write([&](Tx& tx) { tx.directory().end_code(code.code, before); }), "not_found");
}

INSTANTIATE_TEST_SUITE_P(Everywhere, ReviewRows, testing::Values(Kind::memory, Kind::postgresql),
                         [](const auto& info) {
                             return std::string(info.param == Kind::memory ? "memory" : "postgresql");
                         });

}  // namespace
}  // namespace huitong::store

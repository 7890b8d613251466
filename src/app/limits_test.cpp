// Limits and the choice of the channel account through the whole platform: what an operator sets holds for
// tills, and a merchant with two accounts is paid through the one that can be reached (spec/upay 5.1, 1.4).
#include "flows/limits.hpp"
#include "app/acceptance_test_support.hpp"
#include "flows/onboard.hpp"
#include "flows/operators.hpp"

namespace huitong::app {

class Limits : public OnBothWallets {
  protected:
    void set(ports::LimitKind kind, const std::string& subject, std::optional<std::int64_t> per_payment,
             std::optional<std::int64_t> per_day) {
        const auto limit = platform.run(platform.store().write([=, this](ports::Tx& tx) -> core::Result<int> {
            ports::Limit wanted{.kind = kind,
                                .subject = subject,
                                .merchant_sn = platform.data().merchant_sn,
                                .per_payment = {},
                                .per_day = {}};
            if (per_payment) wanted.per_payment = core::fen(*per_payment);
            if (per_day) wanted.per_day = core::fen(*per_day);
            tx.limits().set(wanted);
            return 1;
        }));
        ASSERT_TRUE(limit.has_value());
    }
    void expect_refused(const TillAnswer& answer, std::string_view error_code) {
        EXPECT_EQ(answer.biz_result_code, "FAIL");
        EXPECT_EQ(answer.error_code, error_code);
        EXPECT_EQ(query().error_code, "UPAY_ORDER_NOT_EXISTS") << "no order, and the number is free";
    }
};
INSTANTIATE_TEST_SUITE_P(Wallets, Limits, both_wallets, wallet_name);

TEST_P(Limits, OfOnePayment) {
    set(ports::LimitKind::merchant, platform.data().merchant_sn, 500, std::nullopt);
    EXPECT_EQ(pay(0, 0, 500).biz_result_code, "PAY_SUCCESS");
    expect_refused(pay(0, 0, 501), "BUYER_OVER_TRANSACTION_LIMIT");
    EXPECT_EQ(channel().totals().pay_calls, 1);
}

TEST_P(Limits, OfADayByTerminalStoreAndMerchant) {
    set(ports::LimitKind::merchant, platform.data().merchant_sn, std::nullopt, 1000);
    EXPECT_EQ(pay(0, 0, 600).biz_result_code, "PAY_SUCCESS");
    expect_refused(pay(0, 0, 401), "SELLER_OVER_DAILY_LIMIT");
    set(ports::LimitKind::store, platform.data().store_sn, std::nullopt, 100);
    expect_refused(pay(0, 0, 400), "UPAY_STORE_OVER_DAILY_LIMIT");
    set(ports::LimitKind::store, platform.data().store_sn, std::nullopt, std::nullopt);
    set(ports::LimitKind::terminal, platform.data().terminal_sn, std::nullopt, 100);
    expect_refused(pay(0, 0, 400), "UPAY_STORE_OVER_DAILY_LIMIT");
    set(ports::LimitKind::terminal, platform.data().terminal_sn, std::nullopt, std::nullopt);
    EXPECT_EQ(pay(0, 0, 400).biz_result_code, "PAY_SUCCESS");
    platform.run_for(hours(24));
    EXPECT_EQ(pay(0, 0, 1000).biz_result_code, "PAY_SUCCESS") << "another day";
}

TEST_P(Limits, OfADayEndAtMidnightInBeijing) {
    set(ports::LimitKind::merchant, platform.data().merchant_sn, std::nullopt, 1000);
    const core::Instant midnight =
        core::start_of_beijing_day(core::to_beijing_date(platform.time().now() + hours(24)));
    platform.run_for(midnight - minutes(5) - platform.time().now());
    EXPECT_EQ(pay(0, 0, 1000).biz_result_code, "PAY_SUCCESS");
    expect_refused(pay(0, 0, 1), "SELLER_OVER_DAILY_LIMIT");
    platform.run_for(midnight - platform.time().now());
    EXPECT_EQ(pay(0, 0, 1000).biz_result_code, "PAY_SUCCESS");
}

TEST_P(Limits, WhatCameToNothingIsGivenBackToTheDay) {
    set(ports::LimitKind::merchant, platform.data().merchant_sn, std::nullopt, 1000);
    EXPECT_EQ(pay(5, 0, 1000).biz_result_code, "PAY_FAIL");
    EXPECT_EQ(pay(2, 0, 1000).error_code, "TRADE_TIMEOUT");
    EXPECT_EQ(pay(0, 0, 1000).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(pay(0, 0, 1000).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(refund("r1", 1000).biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(pay(0, 0, 1).error_code, "SELLER_OVER_DAILY_LIMIT") << "a refund does not give it back";
}

TEST_P(Limits, UsedNumberIsAConflictAndNotALimit) {
    EXPECT_EQ(pay(0, 0, 600).biz_result_code, "PAY_SUCCESS");
    set(ports::LimitKind::merchant, platform.data().merchant_sn, 100, std::nullopt);
    const TillAnswer again = must(platform.run(platform.till().pay(
        {.client_sn = last_client_sn(), .amount_fen = 600, .payment_code = payment_code()})));
    EXPECT_EQ(again.error_code, "CLIENT_SN_CONFLICT") << "'nothing happened' would be a lie";
}

// Several accounts of a merchant at one channel.
class SeveralAccounts : public OnBothWallets {
  protected:
    static net::Origin second_origin() { return {.is_tls = false, .host = "second.sim", .port = 80}; }

    void SetUp() override {
        platform.network().listen(second_origin(), platform.simulators().handler());
        auto accounts = platform.run(
            platform.store().read([this](ports::Tx& tx) -> core::Result<std::vector<ports::ChannelAccount>> {
                return tx.directory().find_accounts(platform.data().merchant_sn, channel_kind());
            }));
        ASSERT_TRUE(accounts && accounts->size() == 1);
        ports::ChannelAccount second = accounts->front();
        first_id = second.id;
        second.id = "aaa-second";  // first by name, but not by priority
        second.priority = 5;
        second.base_url = second_origin().text() + (is_wechat() ? "" : "/gateway.do");
        flows::Operators operators(platform.store(), platform.time(), platform.random());
        const auto person = platform.run(operators.authenticate(platform.data().operator_name,
                                                                core::Secret(platform.data().operator_key)));
        ASSERT_TRUE(person);
        flows::Onboard onboard(platform.store(), platform.time(), platform.random());
        ASSERT_TRUE(platform.run(onboard.create_account(*person, second)));
    }
    void TearDown() override { platform.network().close(second_origin()); }

    std::string first_id;
};
INSTANTIATE_TEST_SUITE_P(Wallets, SeveralAccounts, both_wallets, wallet_name);

TEST_P(SeveralAccounts, LeastPriorityFirstAndTheOtherInAnOutage) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(payment().payment.channel_account, first_id);
    platform.network().set_faults([this](const net::Origin& origin, const net::Request&) {
        return origin == channel_origin() ? NetworkFault::refuse : NetworkFault::none;
    });
    int failed = 0;
    while (failed < 10 && pay(0).biz_result_code != "PAY_SUCCESS") ++failed;
    EXPECT_LE(failed, 5) << "the circuit opens";
    EXPECT_EQ(payment().payment.channel_account, "aaa-second");
    platform.network().set_faults({});
    platform.run_for(minutes(5));
    for (int i = 0; i < 3; ++i) (void)pay(0);
    EXPECT_EQ(payment().payment.channel_account, first_id) << "one try closed it again";
    expect_books_agree();
}

}  // namespace huitong::app

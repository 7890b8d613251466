// Money results of the simulator's payment codes (spec/channels 6.3) through the whole platform, with and
// without tombstones; cancels that race; the UTC+8 day. Whatever the channel does, the payer ends charged
// once for what the merchant was told is paid, and not at all otherwise.
#include "app/acceptance_test_support.hpp"

namespace huitong::app {

namespace {

struct CodeCase {
    int scenario;
    int tt;
    bool is_paid;                 // in the end
    const char* biz_result_code;  // what the waiting till is told
};

constexpr CodeCase codes[] = {{0, 0, true, "PAY_SUCCESS"},
                              {1, 20, true, "PAY_SUCCESS"},
                              {3, 7, false, "PAY_FAIL"},
                              {4, 12, true, "PAY_SUCCESS"},
                              {5, 0, false, "PAY_FAIL"},
                              {6, 0, false, "PAY_FAIL"},
                              {7, 0, false, "PAY_FAIL"},
                              {8, 0, false, "PAY_FAIL"},
                              {9, 0, false, "PAY_FAIL"},
                              {10, 0, false, "PAY_FAIL"},
                              {11, 0, true, "PAY_SUCCESS"},
                              {12, 9, true, "PAY_SUCCESS"},
                              {13, 0, false, "PAY_FAIL_IN_PROGRESS"},
                              {14, 0, true, "PAY_SUCCESS"},
                              {15, 14, true, "PAY_SUCCESS"},
                              {16, 0, false, "PAY_FAIL_IN_PROGRESS"},
                              {17, 0, true, "PAY_SUCCESS"},
                              {18, 0, true, "PAY_SUCCESS"},
                              {19, 6, true, "PAY_SUCCESS"},
                              {20, 0, false, "PAY_FAIL"},
                              {21, 0, false, "PAY_FAIL"},
                              {22, 50, false, "PAY_FAIL_IN_PROGRESS"},
                              {40, 2, true, "PAY_SUCCESS"},
                              {41, 12, true, "PAY_SUCCESS"},
                              {42, 1, true, "PAY_SUCCESS"},
                              {44, 0, false, "PAY_FAIL"},
                              {50, 0, true, "PAY_SUCCESS"}};

SimOptions options_with(bool tombstones) {
    SimOptions options;
    options.simulators.tombstones = tombstones;
    return options;
}

}  // namespace

class MagicCode : public Acceptance,
                  public testing::WithParamInterface<std::tuple<CodeCase, bool, ChannelKind>> {
  protected:
    MagicCode() : Acceptance(options_with(std::get<1>(GetParam())), std::get<2>(GetParam())) {}
};

TEST_P(MagicCode, EndsAsTheTableSays) {
    const CodeCase& code = std::get<0>(GetParam());
    const TillAnswer answer = pay(code.scenario, code.tt);
    EXPECT_EQ(answer.biz_result_code, code.biz_result_code);
    EXPECT_LE(seconds_since_start(), 35.5);
    platform.run_for(minutes(10));
    EXPECT_EQ(payment().payment.state == PaymentState::paid, code.is_paid);
    EXPECT_EQ(query().get("order_status"), code.is_paid ? "PAID" : "PAY_CANCELED");
    expect_books_agree();
    expect_no_violations();
}

INSTANTIATE_TEST_SUITE_P(AllCodes, MagicCode,
                         testing::Combine(testing::ValuesIn(codes), testing::Bool(), both_wallets),
                         [](const auto& info) {
                             const bool has_tombstones = std::get<1>(info.param);
                             return std::string(payments::to_string(std::get<2>(info.param))) + "_code" +
                                    std::to_string(std::get<0>(info.param).scenario) +
                                    (has_tombstones ? "_tombstones_on" : "_tombstones_off");
                         });

class TombstonesOff : public OnBothWallets {
  protected:
    TombstonesOff() : OnBothWallets(options_with(false)) {}
};
INSTANTIATE_TEST_SUITE_P(Wallets, TombstonesOff, both_wallets, wallet_name);

// The call executes after the reversal's proof: beyond every bound. The watch finds it and undoes it.
TEST_P(TombstonesOff, S24_call_that_executes_after_the_bound_is_found_by_the_watch_and_refunded) {
    (void)pay(22, 99);
    platform.run_for(minutes(4));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(channel_net(payment()), 100) << "charged behind our back, for now";
    platform.run_for(hours(2));
    EXPECT_TRUE(has_alarm("paid_after_close"));
    ASSERT_NE(payment().automatic_refund(), nullptr);
    EXPECT_EQ(payment().automatic_refund()->number, "A" + payment().payment.channel_number.substr(1));
    EXPECT_EQ(channel().totals().refunds, 1) << "one automatic refund, and no second reversal";
    EXPECT_EQ(payment().payment.effect, payments::Effect::refunded);
    EXPECT_EQ(query().get("order_status"), "PAY_CANCELED") << "what the merchant was told stands";
    expect_books_agree();
}

TEST_F(Acceptance, CancelOfAWaitingPaymentAbortsItAndEndsTheWaitingPay) {
    const auto waiting = begin_pay(2);
    platform.run_for(seconds(4));
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_ABORT_SUCCESS");
    EXPECT_EQ(answer.get("order_status"), "CANCELED");
    EXPECT_EQ(answer.get("net_amount"), "0");
    platform.run_for(seconds(1));
    ASSERT_TRUE(waiting->is_done()) << "the pay call sees the abort of another connection";
    EXPECT_EQ((**waiting->value).biz_result_code, "PAY_FAIL");
    ASSERT_EQ(calls(Op::reverse).size(), 1U);
    EXPECT_GE(calls(Op::reverse)[0], 15);
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_ORDER_NOOP");
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, CancelWhileThePayCallIsOnItsWay) {
    const auto waiting = begin_pay(15, 8);
    platform.run_for(seconds(2));
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_ABORT_SUCCESS");
    platform.run_for(seconds(1));
    ASSERT_TRUE(waiting->is_done());
    EXPECT_EQ((**waiting->value).biz_result_code, "PAY_FAIL")
        << "a success seen while reversing is not a sale";
    EXPECT_EQ(payment().payment.effect, payments::Effect::refunded);
    expect_books_agree();
    expect_no_violations();
}

TEST_F(Acceptance, CancelThatTheChannelRefusesLeavesThePaymentPaid) {
    EXPECT_EQ(pay(35).biz_result_code, "PAY_SUCCESS");
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_ERROR");
    EXPECT_EQ(answer.error_code, "SELLER_BALANCE_NOT_ENOUGH");
    EXPECT_EQ(answer.get("order_status"), "PAID");
    expect_books_agree();
}

TEST_F(Acceptance, UnpaidAndRecalledForEverGoesToManualReview) {
    (void)pay(36);
    platform.run_for(minutes(40));
    EXPECT_EQ(payment().payment.state, PaymentState::manual_review);
    EXPECT_EQ(query().get("order_status"), "PAY_ERROR");
    EXPECT_EQ(channel().totals().paid_count, 0);
}

TEST_F(Acceptance, EveryCancelOfAHundredRacingPaymentsEndsInOneOutcome) {
    std::vector<std::shared_ptr<SimPlatform::Pending<core::Result<TillAnswer>>>> pays;
    for (int i = 0; i < 100; ++i) {
        pays.push_back(begin_pay(1, 5 + i % 20));
        platform.run_for(milliseconds(100));
        if (i % 2 == 0) (void)platform.begin(platform.till().cancel("c" + std::to_string(i + 1)));
    }
    platform.run_for(minutes(3));
    for (std::size_t i = 0; i < pays.size(); ++i) {
        ASSERT_TRUE(pays[i]->is_done());
        const std::string client_sn = "c" + std::to_string(i + 1);
        const bool is_paid = query(client_sn).get("order_status") == "PAID";
        EXPECT_EQ((**pays[i]->value).biz_result_code == "PAY_SUCCESS", is_paid) << client_sn;
    }
    expect_books_agree();
    expect_no_violations();
}

// Numbers of a process that ended a moment ago may meet those of the next: the clock has gone on too little.
TEST_F(Acceptance, NumberThatIsTakenIsNotATillsTrouble) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    const Aggregate first = payment();
    const auto filled = platform.run(platform.store().write([first](ports::Tx& tx) -> core::Result<int> {
        for (int i = 1; i <= 5000; ++i) {
            if (i % 8 == 0) continue;
            Aggregate other = first;
            other.payment.sn.value += i;
            other.payment.client_sn = "taken" + std::to_string(i);
            for (payments::Operation& operation : other.operations) operation.payment = other.payment.sn;
            tx.payments().insert(other);
        }
        return 1;
    }));
    ASSERT_TRUE(filled);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
}

class Midnight : public Acceptance {
  protected:
    static SimOptions at_night() {
        SimOptions options;
        options.start = *core::parse_rfc3339("2026-03-05T23:59:30+08:00");
        return options;
    }
    Midnight() : Acceptance(at_night()) {}
};

TEST_F(Midnight, S25_cancel_on_the_next_day_is_refused_and_changes_nothing) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    platform.run_for(seconds(31));
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "FAIL");
    EXPECT_EQ(answer.error_code, "UPAY_CANCEL_INVALID_ORDER_STATE");
    EXPECT_EQ(query().get("order_status"), "PAID");
    expect_books_agree();
}

TEST_F(Midnight, S25_reversal_of_our_own_knows_no_day) {
    platform.run_for(seconds(20));
    EXPECT_EQ(pay(2).biz_result_code, "PAY_FAIL") << "begun at 23:59:50, reversed at 00:00:20";
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    expect_books_agree();
    expect_no_violations();
}

}  // namespace huitong::app

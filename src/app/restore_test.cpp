// The store's disk is lost and a backup restored, under simulated time on both wallets: what the channels
// know is known again, nothing is charged, refunded or numbered twice, and nothing new is begun before that.
#include <map>
#include <set>

#include "app/acceptance_test_support.hpp"
#include "app/sim_journal.hpp"
#include "flows/audit.hpp"
#include "sql/faulty_session.hpp"
#include "sql/sqlite_backup.hpp"

namespace huitong::app {

namespace {

struct WithJournal {
    SimJournal journal;
};

SimOptions journalled(SimJournal& journal) {
    SimOptions options;
    options.journal = &journal;
    options.sent_calls = &journal;
    return options;
}

struct Believed {
    PaymentState state;
    std::int64_t refunded;
    std::string number;
    std::int64_t net;
    friend bool operator==(const Believed&, const Believed&) = default;
};

}  // namespace

class Restore : protected WithJournal, public OnBothWallets {
  protected:
    Restore() : OnBothWallets(journalled(journal)) { journal.set_time(platform.time()); }

    void back_up() {
        backup_ = platform.copy_database();
        backup_at_ = platform.time().now();
    }
    // As `huitong restore` leaves it.
    [[nodiscard]] std::shared_ptr<sql::Session> restored(const char* catch_up = "needed") {
        std::shared_ptr<sql::Session> copy = sql::copy_memory_session(*backup_);
        copy->run_script("insert into fact (name, value) values ('catch_up', '" + std::string(catch_up) +
                         "'), ('backup_at', '" + std::to_string(core::to_us(backup_at_)) + "')");
        return copy;
    }
    void lose_the_disk(const char* catch_up = "needed") {
        platform.crash();
        ASSERT_TRUE(platform.restart_on(restored(catch_up)).has_value());
    }
    void let_catch_up(core::Duration most = minutes(10)) {
        const core::Instant until = platform.time().now() + most;
        platform.run_until(
            [&] { return !platform.engine().is_catching_up() || platform.time().now() > until; });
        ASSERT_FALSE(platform.engine().is_catching_up());
    }
    Believed believed(const std::string& client_sn) {
        const Aggregate found = payment(client_sn);
        return {.state = found.payment.state,
                .refunded = found.payment.refunded.minor(),
                .number = found.payment.channel_number,
                .net = ledger_net(found)};
    }
    std::map<std::string, Believed> everything() {
        std::map<std::string, Believed> all;
        for (int n = 1; n <= sales(); ++n)
            all.emplace("c" + std::to_string(n), believed("c" + std::to_string(n)));
        return all;
    }
    // One of everything, lost with the disk.
    void live_through_the_lost_window() {
        EXPECT_EQ(pay(0, 0, 500).biz_result_code, "PAY_SUCCESS");  // c2
        EXPECT_EQ(pay(0, 0, 600).biz_result_code, "PAY_SUCCESS");  // c3
        EXPECT_EQ(cancel().biz_result_code, "CANCEL_SUCCESS");
        EXPECT_EQ(pay(0, 0, 1000).biz_result_code, "PAY_SUCCESS");  // c4
        EXPECT_EQ(refund("r1", 400).biz_result_code, "REFUND_SUCCESS");
        EXPECT_EQ(pay(0, 0, 700).biz_result_code, "PAY_SUCCESS");  // c5
        EXPECT_EQ(refund("r1", 700).biz_result_code, "REFUND_SUCCESS");
        (void)pay(1, 8);  // c6: a password
        (void)pay(14);    // c7: a lost answer
        (void)pay(2);     // c8: never pays, reversed
        EXPECT_EQ(must(platform.run(platform.till().refund("c1", "r1", 30))).biz_result_code,
                  "REFUND_SUCCESS");
        platform.run_for(minutes(3));
    }
    void expect_numbers_are_unique() {
        std::set<std::string> numbers;
        for (const auto& [client_sn, one] : everything()) EXPECT_TRUE(numbers.insert(one.number).second);
    }

    std::shared_ptr<sql::Session> backup_;
    core::Instant backup_at_;
};
INSTANTIATE_TEST_SUITE_P(Wallets, Restore, both_wallets, wallet_name);

TEST_P(Restore, what_the_channel_knows_is_known_again) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");  // c1, in the backup
    platform.run_for(hours(1));
    back_up();
    platform.run_for(minutes(1));
    live_through_the_lost_window();
    const auto before = everything();
    const auto charged = channel().totals();
    lose_the_disk();

    EXPECT_TRUE(platform.engine().is_catching_up());
    const auto early = must(platform.run(
        platform.till().pay({.client_sn = "early", .amount_fen = 100, .payment_code = payment_code()})));
    EXPECT_NE(early.result_code, "200") << early.body;
    let_catch_up();
    const auto after = everything();
    for (const auto& [client_sn, was] : before) {
        SCOPED_TRACE(client_sn);
        EXPECT_EQ(payments::to_string(after.at(client_sn).state), payments::to_string(was.state));
        EXPECT_EQ(after.at(client_sn).refunded, was.refunded);
        EXPECT_EQ(after.at(client_sn).number, was.number);
        EXPECT_EQ(after.at(client_sn).net, was.net);
    }
    EXPECT_EQ(channel().totals().refunds, charged.refunds) << "nothing is refunded anew";
    EXPECT_EQ(channel().totals().paid_fen, charged.paid_fen);
    EXPECT_EQ(channel().totals().refunded_fen, charged.refunded_fen);

    // The reservations hold again, and the merchant's numbers are taken.
    EXPECT_EQ(must(platform.run(platform.till().refund("c4", "r2", 601))).error_code,
              "REFUNDABLE_AMOUNT_NOT_ENOUGH");
    EXPECT_EQ(must(platform.run(platform.till().refund("c4", "r1", 400))).error_code,
              "UPAY_REFUND_ORDER_NOOP");
    EXPECT_EQ(must(platform.run(platform.till().refund("c1", "r2", 71))).error_code,
              "REFUNDABLE_AMOUNT_NOT_ENOUGH");
    const auto again = must(platform.run(
        platform.till().pay({.client_sn = "c2", .amount_fen = 500, .payment_code = payment_code()})));
    EXPECT_EQ(again.error_code, "CLIENT_SN_CONFLICT") << again.body;
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS") << "and new payments are taken";
    expect_numbers_are_unique();
    expect_books_agree();
    expect_no_violations();
    const auto audit = platform.run(flows::verify_audit(platform.store()));
    EXPECT_EQ(audit->first_bad_id, 0);
}

TEST_P(Restore, a_silent_channel_keeps_the_gate_closed_and_reverses_nothing) {
    back_up();
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    add_fault(Op::query, sim::FaultAction::reset_before, {}, 0);
    lose_the_disk();
    platform.run_for(minutes(20));
    EXPECT_TRUE(platform.engine().is_catching_up());
    EXPECT_EQ(payment().payment.state, PaymentState::pending);
    EXPECT_TRUE(calls(Op::reverse).empty());
    platform.simulators().faults().clear();
    let_catch_up();
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Restore, what_was_under_way_at_the_backup_is_asked_after_too) {
    const auto paying = begin_pay(1, 20);  // the payer types for 20 s
    platform.run_for(seconds(5));
    back_up();
    platform.run_for(minutes(2));
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    lose_the_disk("accepted_loss");
    let_catch_up();
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Restore, without_its_journal_it_waits_for_the_operator) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    back_up();
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    journal.set_lost(true);
    lose_the_disk();
    platform.run_for(hours(1));
    EXPECT_TRUE(platform.engine().is_catching_up()) << "it does not leave this by itself";
    EXPECT_EQ(query("c1").get("order_status"), "PAID") << "what is known can be asked for";
    ASSERT_TRUE(platform.restart_on(restored("accepted_loss")).has_value());
    let_catch_up();
    EXPECT_EQ(query("c2").error_code, "UPAY_ORDER_NOT_EXISTS");
}

TEST_P(Restore, a_death_at_any_instant_of_the_catch_up_costs_nothing) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    back_up();
    EXPECT_EQ(pay(0, 0, 500).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(refund("r1", 200).biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(pay(0, 0, 600).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_SUCCESS");
    platform.run_for(minutes(3));
    const auto before = everything();
    platform.crash();
    std::uint64_t deaths = 0;
    for (std::uint64_t nth = 1;; ++nth, ++deaths) {
        SCOPED_TRACE("death at instant " + std::to_string(nth));
        (void)platform.restart_on(restored(), nth);
        platform.run_for(minutes(3));
        if (!platform.life().is_over()) break;
        ASSERT_TRUE(platform.restart().has_value());
        let_catch_up();
        const auto after = everything();
        for (const auto& [client_sn, was] : before) EXPECT_EQ(after.at(client_sn), was) << client_sn;
        expect_books_agree();
        if (HasFailure()) return;
        ASSERT_LT(nth, 200U);
        platform.crash();
    }
    EXPECT_GE(deaths, 8U);
    EXPECT_EQ(channel().totals().refunds, 1);
    expect_no_violations();
}

TEST_P(Restore, what_the_store_could_not_take_in_is_taken_in_by_the_next_start) {
    back_up();
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    platform.crash();
    auto faulty = std::make_shared<sql::FaultySession>(sql::copy_memory_session(*restored()));
    faulty->fail_commit(1, sql::CommitFault::fails);
    const auto started = platform.restart_on(faulty);
    ASSERT_FALSE(started.has_value()) << "a process without its engine would serve nobody";
    EXPECT_EQ(started.error().reason, "commit_failed");
    ASSERT_TRUE(platform.restart().has_value());
    let_catch_up();
    EXPECT_EQ(payment().payment.state, PaymentState::paid);
    expect_books_agree();
}

TEST_P(Restore, a_call_that_cannot_be_journalled_is_not_sent) {
    EXPECT_EQ(pay(0, 0, 500).biz_result_code, "PAY_SUCCESS");
    journal.set_full(true);
    EXPECT_EQ(refund("r1", 100).biz_result_code, "REFUND_IN_PROGRESS");
    EXPECT_EQ(channel().totals().refunds, 0);
    EXPECT_NE(pay(0).biz_result_code, "PAY_SUCCESS");
    EXPECT_TRUE(calls(Op::pay).empty());
    EXPECT_EQ(payment().payment.state, PaymentState::failed);
    journal.set_full(false);
    platform.run_for(minutes(10));
    EXPECT_EQ(channel().totals().refunds, 1);
    expect_books_agree();
}

// The till was told that it failed, the channel may still hold an order, and the disk that knew is gone.
TEST_P(Restore, what_was_told_failed_is_undone_all_the_same) {
    if (!is_wechat()) GTEST_SKIP() << "undone at once, before anything can be lost";
    back_up();
    EXPECT_EQ(pay(5).biz_result_code, "PAY_FAIL");
    ASSERT_TRUE(payment().live(payments::OperationKind::reverse)) << "too soon after the pay call";
    ASSERT_TRUE(calls(Op::reverse).empty());
    lose_the_disk();
    platform.run_for(minutes(1));
    EXPECT_FALSE(calls(Op::reverse).empty());
    EXPECT_EQ(payment().payment.state, PaymentState::failed);
    EXPECT_FALSE(payments::next_step(payment()));
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Restore, nothing_secret_is_in_the_journal) {
    const std::string code = payment_code();
    EXPECT_EQ(
        must(platform.run(platform.till().pay({.client_sn = "c0", .amount_fen = 100, .payment_code = code})))
            .biz_result_code,
        "PAY_SUCCESS");
    ASSERT_FALSE(journal.calls().empty());
    for (const ports::SentCall& call : journal.calls()) {
        const payments::Payment& sent = call.aggregate.payment;
        for (const std::string& text : {sent.subject, sent.reflect, sent.channel_number, sent.channel_code})
            EXPECT_EQ(text.find(code), std::string::npos);
    }
}

// Another process may have taken the payment over meanwhile: what has waited that long is not sent any more.
TEST_P(Restore, a_call_held_up_for_longer_than_its_lease_is_not_sent) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    platform.run_for(seconds(20));
    journal.stall(minutes(2));
    (void)cancel();
    EXPECT_EQ(channel().totals().reverse_calls, 0);
    platform.run_for(minutes(5));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(channel().totals().reverse_calls, 1) << "the next try, in time";
    expect_books_agree();
}

}  // namespace huitong::app

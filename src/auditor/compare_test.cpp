// Each rule about rows, statements and what was told finds what it is there for.
#include "auditor/test_support.hpp"

namespace huitong::auditor {
namespace {

using State = ChannelRefund::State;

struct Compared : Day {
    const Sale sale;

    // A payment that is right in every way.
    std::int64_t paid() {
        pay_and_tell(sale);
        const std::int64_t id = store(sale, {});
        book_payment(id, sale.amount);
        state(sale);
        return id;
    }
    // Asked, and not known how it ended.
    void asked() {
        ask_pay(sale);
        hear_nothing(micropay(sale));
        pass(10min);
    }
    // Paid, with a refund of 300 that wires and tills saw done.
    std::int64_t refunded(const std::string& operation_state = "succeeded",
                          State at_channel = State::succeeded) {
        pay_and_tell(sale);
        refund_and_tell(sale, "r1", "R1", 300, 700);
        const bool is_proven = operation_state == "succeeded";
        const std::int64_t id =
            store(sale, {.state = is_proven ? "partially_refunded" : "paid", .refunded = is_proven ? 300 : 0},
                  {{"refund", operation_state, "R1", "r1", 300}});
        book_payment(id, sale.amount);
        if (is_proven) pass(1us);
        if (is_proven) book_refund(id, 2, 300);
        state(sale, at_channel == State::succeeded ? 300 : 0).refunds = {
            {.number = "R1", .amount_fen = 300, .state = at_channel}};
        return id;
    }
    void change(const std::string& assignments) { database->run_script("update payment set " + assignments); }
};

TEST_F(Compared, right_payments_and_refunds_are_right) {
    paid();
    compare();
    expect_clean();
}

TEST_F(Compared, lost_payment) {
    pay_and_tell(sale);
    state(sale);
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"payment_lost", "order_lost"})) << all();
}

TEST_F(Compared, order_at_the_channel_that_nobody_sent) {
    paid();
    state({.number = "P9"});
    compare();
    expect_only("payment_lost");
}

TEST_F(Compared, twice) {
    const auto id = paid();
    database->run_script(
        "insert into payment select id + 1, sn, merchant_sn, store_sn, terminal_sn, client_sn,"
        " channel, channel_account, channel_number, amount_minor, channel_fee_ppm,"
        " merchant_fee_ppm, is_limited, created_at, state, refunded_minor, review_reason,"
        " is_reopened from payment");
    book_payment(id + 1, sale.amount);
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"client_sn_twice", "sn_twice", "number_twice"})) << all();
}

TEST_F(Compared, row_that_differs) {
    paid();
    change("amount_minor = 1001");
    compare();
    expect_found("row_differs");
    expect_found("amount_differs");
    expect_found("ledger");
}

TEST_F(Compared, row_that_nobody_asked_for) {
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_only("row_unasked");
}

TEST_F(Compared, row_of_the_merchants_own_account) {
    know_account("");
    paid();
    compare();
    expect_clean();
}

TEST_F(Compared, row_of_another_account) {
    know_account("");
    paid();
    change("channel_account = 'wx-2'");
    database->run_script(
        "update posting set debit = 'channel_receivable:wx-2' where debit = 'channel_receivable:wx-1'");
    compare();
    expect_only("wrong_account");
}

TEST_F(Compared, row_that_names_another_account_than_was_paid) {
    paid();
    know_account("1900000001");
    compare();
    expect_only("wrong_account");
}

TEST_F(Compared, fees_that_nobody_agreed) {
    know_account("", 400);  // 0.4 fen are none
    paid();
    compare();
    expect_only("fees_differ");
}

TEST_F(Compared, row_of_another_store_or_number) {
    paid();
    change("store_sn = 'S2'");
    compare();
    change("store_sn = 'S1', sn = 7800000000000005");
    compare();
    expect_found("row_differs");
    expect_found("order_lost");
}

TEST_F(Compared, paid_without_money) {
    pay_and_tell(sale);
    book_payment(store(sale, {}), sale.amount);
    state_unpaid(sale);
    compare();
    expect_found("paid_without_money");
}

TEST_F(Compared, paid_but_the_channel_returned_it) {
    pay_and_tell(sale);
    book_payment(store(sale, {}), sale.amount);
    state(sale, sale.amount);
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"returned_differs", "told_paid_but_lost"})) << all();
}

TEST_F(Compared, over_but_paid) {
    asked();
    store(sale, {.state = "reversed"});
    state(sale);
    compare();
    expect_only("over_but_paid");
}

TEST_F(Compared, over_but_paid_since_the_watch_looked) {
    asked();
    store(sale, {.state = "reversed"}, {{"watch", "prepared", "W1", "", 0, 30min}});
    state(sale);
    statement.back().paid_at = clock.now() - 20min;
    compare();
    expect_clean();
}

TEST_F(Compared, over_but_paid_and_the_watch_has_not_seen_it) {
    asked();
    store(sale, {.state = "reversed"}, {{"watch", "prepared", "W1", "", 0, 30min}});
    state(sale);
    statement.back().paid_at = clock.now() - 2h;
    compare();
    expect_only("over_but_paid");
}

TEST_F(Compared, over_but_open) {
    asked();
    store(sale, {.state = "closed"});
    state_unpaid(sale, true);
    compare();
    expect_only("over_but_open");
}

TEST_F(Compared, over_but_open_while_the_call_may_arrive) {
    ask_pay(sale);
    hear_nothing(micropay(sale));
    pass(60s);
    store(sale, {.state = "failed", .age = 60s});
    state_unpaid(sale, true);
    compare();
    expect_clean();
}

TEST_F(Compared, returned_too_much) {
    paid();
    statement.front().returned_fen = 1001;
    compare();
    expect_found("returned_above_amount");
}

TEST_F(Compared, review_needs_a_reason_and_no_agreement) {
    asked();
    store(sale, {.state = "manual_review", .review_reason = "older_payment"});
    state(sale);
    const std::int64_t now = core::to_us(clock.now());
    write("insert into alert values ('a','manual_review',$1,null,0,$1,1)", {now});
    compare();
    expect_clean();
    change("review_reason = ''");
    database->run_script("delete from alert");
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"review_without_reason", "review_without_alert"})) << all();
}

TEST_F(Compared, refund_told_refused_but_done) {
    pay_and_tell(sale);
    const auto asked = ask_refund(sale, "r1", 300);
    send_refund(sale, "R1", 300);
    pass(1s);
    tell(asked, biz(sale, "REFUND_FAIL", "PAID"));
    const auto id = store(sale, {.state = "partially_refunded", .refunded = 300},
                          {{"refund", "succeeded", "R1", "r1", 300}});
    book_payment(id, sale.amount);
    pass(1us);
    book_refund(id, 2, 300);
    state(sale, 300).refunds = {{.number = "R1", .amount_fen = 300, .state = State::succeeded}};
    compare();
    expect_only("refund_told_refused_but_done");
}

TEST_F(Compared, unresolved) {
    asked();
    store(sale, {.state = "pending", .age = 44min}, {});
    compare();
    expect_clean();
    pass(2min);
    compare();
    expect_only("unresolved");
}

TEST_F(Compared, operations_that_nobody_follows) {
    asked();
    store(sale, {.state = "reversing"},
          {{"reverse", "sent", "V1", "", 0, -2h, -1h}, {"watch", "prepared", "W1", "", 0, -1h, -1h}});
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"operation_stuck", "act_overdue"})) << all();
}

TEST_F(Compared, refund_that_is_right) {
    refunded();
    compare();
    expect_clean();
}

TEST_F(Compared, refund_that_the_channel_does_not_have) {
    refunded("succeeded", State::processing);
    compare();
    expect_found("refund_not_at_channel");
}

TEST_F(Compared, refund_refused_but_done) {
    refunded("refused");
    compare();
    expect_found("refund_refused_but_done");
    expect_found("refund_told_lost");
    expect_found("returned_differs");
}

TEST_F(Compared, refund_done_and_not_yet_known) {
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    hear_nothing(send_refund(sale, "R1", 300));
    book_payment(store(sale, {}, {{"refund", "unknown", "R1", "r1", 300, 1min}}), sale.amount);
    state(sale, 300).refunds = {{.number = "R1", .amount_fen = 300, .state = State::succeeded}};
    compare();
    expect_clean();
}

TEST_F(Compared, refund_done_since_long_and_not_known) {
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    hear_nothing(send_refund(sale, "R1", 300));
    book_payment(store(sale, {}, {{"refund", "unknown", "R1", "r1", 300, 1min}}), sale.amount);
    ChannelRefund& refund =
        state(sale, 300).refunds.emplace_back("R1", 300, State::succeeded, clock.now() - 70min);
    compare();
    expect_clean();
    refund.done_at = clock.now() - 76min;
    database->run_script("update operation set state = 'manual' where kind = 'refund'");
    compare();
    expect_clean();
    database->run_script("update operation set state = 'unknown' where kind = 'refund'");
    compare();
    expect_only("refund_unlearned");
}

TEST_F(Compared, refund_closed_since_long_and_not_known) {
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    hear_nothing(send_refund(sale, "R1", 300));
    book_payment(store(sale, {}, {{"refund", "sent", "R1", "r1", 300, 1min}}), sale.amount);
    state(sale).refunds = {{"R1", 300, State::closed, clock.now() - 2h}};
    compare();
    expect_only("refund_unlearned");
}

TEST_F(Compared, refund_done_and_not_known_since_a_restore) {
    const core::Instant backup_at = clock.now();
    pass(1s);
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    hear_nothing(send_refund(sale, "R1", 300));
    book_payment(store(sale, {}, {{"refund", "unknown", "R1", "r1", 300, 1min}}), sale.amount);
    state(sale, 300).refunds = {{"R1", 300, State::succeeded, clock.now()}};
    pass(2h);
    auditor.on_restore(backup_at);
    database->run_script("update operation set next_at = next_at + 10800000000 where kind = 'refund'");
    pass(1h);
    compare();
    expect_clean();
}

TEST_F(Compared, refund_that_no_row_knows) {
    pay_and_tell(sale);
    ask_refund(sale, "r1", 300);
    hear_nothing(send_refund(sale, "R1", 300));
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_only("refund_lost");
}

TEST_F(Compared, refund_rows_that_differ) {
    refunded();
    database->run_script("update operation set amount_minor = 301, request_no = 'r9' where kind = 'refund'");
    compare();
    expect_found("refund_row_unasked");
    expect_found("refund_amount_differs");
    expect_found("refunded_sum");
}

TEST_F(Compared, request_twice_and_state_of_no_refund) {
    refunded();
    database->run_script(
        "insert into operation select id, 3, kind, state, 'R2', request_no, amount_minor,"
        " lease_until, next_at, created_at from operation where kind = 'refund'");
    change("state = 'paid'");
    compare();
    expect_found("request_twice");
    expect_found("refunded_state");
    expect_found("refund_not_at_channel");
}

TEST_F(Compared, refunds_above_the_amount_at_the_channel) {
    refunded();
    statement.front().refunds.push_back({.number = "R1", .amount_fen = 900, .state = State::succeeded});
    compare();
    expect_found("refunds_above_amount");
}

TEST_F(Compared, told_paid_but_is_not) {
    pay_and_tell(sale);
    store(sale, {.state = "failed"});
    state_unpaid(sale);
    compare();
    expect_only("told_paid_but_is_not");
}

TEST_F(Compared, told_over_but_is_not) {
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("NOTENOUGH"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"told_over_but_is_not", "told_over_but_paid"})) << all();
}

TEST_F(Compared, decided_by_a_person) {
    asked();
    decide("failed");
    store(sale, {.state = "failed"});
    state(sale);
    write("insert into alert values ('a','manual_review',$1,null,0,$1,1)", {core::to_us(clock.now())});
    compare();
    expect_clean();
}

TEST_F(Compared, told_over_by_a_person_of_what_was_paid_before_it_was_sent) {
    asked();
    decide("failed");
    pass(1min);
    told(sale, "PAY_CANCELED");
    store(sale, {.state = "failed"});
    state(sale).paid_at = clock.now() - 12min;
    write("insert into alert values ('a','manual_review',$1,null,0,$1,1)", {core::to_us(clock.now())});
    compare();
    expect_clean();
}

TEST_F(Compared, told_over_by_a_person_of_what_was_paid_since) {
    asked();
    decide("failed");
    pass(1min);
    told(sale, "PAY_CANCELED");
    store(sale, {.state = "failed"});
    state(sale).paid_at = clock.now() - 5min;
    write("insert into alert values ('a','manual_review',$1,null,0,$1,1)", {core::to_us(clock.now())});
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"over_but_paid", "told_over_but_paid"})) << all();
}

TEST_F(Compared, told_over_by_a_person_whose_word_a_restore_lost) {
    const core::Instant backup_at = clock.now();
    pass(1min);
    pay_and_tell(sale);
    auditor.on_decision("M1", "c1", "closed");
    pass(1min);
    told(sale, "PAY_CANCELED");
    auditor.on_restore(backup_at);
    book_payment(store(sale, {}), sale.amount);
    state(sale);
    compare();
    expect_clean();
}

TEST_F(Compared, ledger_without_its_entry) {
    pay_and_tell(sale);
    store(sale, {});
    state(sale);
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"ledger", "ledger_total"})) << all();
}

TEST_F(Compared, ledger_of_what_is_over) {
    asked();
    book_payment(store(sale, {.state = "reversed"}), sale.amount);
    compare();
    expect_found("ledger");
}

TEST_F(Compared, ledger_with_a_wrong_fee) {
    const auto id = paid();
    change("merchant_fee_ppm = 6500");  // 6.5 fen are 7
    book(id, "payment", 1, "merchant_payable:M1", "fee_income:M1", 6);
    compare();
    expect_found("ledger");
    expect_found("ledger_entry");
}

TEST_F(Compared, ledger_legs) {
    const auto id = paid();
    book(id, "payment", 1, "merchant_payable:M1", "merchant_payable:M1", 5);
    compare();
    expect_only("ledger_leg");
    book(id, "payment", 2, "merchant_payable:M2", "fee_income:M1", 5);
    compare();
    expect_found("ledger_entry");
}

TEST_F(Compared, refund_entries_that_keep_a_fee) {
    const auto id = refunded();
    change("merchant_fee_ppm = 10000");
    book(id, "payment", 1, "merchant_payable:M1", "fee_income:M1", 10);
    database->run_script("update posting set at = at - 5 where kind = 'payment'");
    compare();
    expect_found("ledger_entry");
}

TEST_F(Compared, refund_entry_of_no_proven_refund) {
    const auto id = paid();
    pass(1us);
    book_refund(id, 2, 100);
    compare();
    expect_found("ledger_entry");
}

TEST_F(Compared, posting_of_nothing) {
    paid();
    book_payment(99, 5);
    compare();
    EXPECT_EQ(rules(), std::vector<std::string>{"ledger_orphan"}) << all();
}

TEST_F(Compared, limits) {
    pay_and_tell(sale);
    book_payment(store(sale, {.is_limited = true}), sale.amount);
    state(sale);
    for (const char* const place : {"'terminal','T1'", "'store','S1'", "'merchant','M1'"}) {
        database->run_script("insert into limit_usage values (" + std::string(place) +
                             ",20260305,400);"
                             "insert into limit_usage values (" +
                             std::string(place) + ",20260305,600)");
    }
    compare();
    expect_clean();
    database->run_script(
        "update limit_usage set amount_minor = 599 where kind = 'store' and amount_minor = 600;"
        "delete from limit_usage where kind = 'merchant'");
    compare();
    EXPECT_EQ(rules(), std::vector<std::string>(2, "limit_usage")) << all();
}

TEST_F(Compared, limit_is_given_back) {
    const auto asked = ask_pay(sale);
    say(micropay(sale), wx_fail("NOTENOUGH"));
    tell(asked, biz(sale, "PAY_FAIL", "PAY_CANCELED"));
    store(sale, {.state = "failed", .is_limited = true});
    database->run_script("insert into limit_usage values ('store','S1',20260305,1000)");
    compare();
    expect_only("limit_usage");
}

TEST_F(Compared, limits_that_were_kept) {
    auditor.know_limit({.kind = "terminal", .subject = "T1", .per_payment = 1000, .per_day = 1000});
    auditor.know_limit({.kind = "store", .subject = "S2", .per_payment = 1, .per_day = 1});
    paid();
    change("is_limited = 1");
    for (const char* const place : {"'terminal','T1'", "'store','S1'", "'merchant','M1'"})
        database->run_script("insert into limit_usage values (" + std::string(place) + ",20260305,1000)");
    compare();
    expect_clean();
}

TEST_F(Compared, limits_that_were_not_kept) {
    auditor.know_limit({.kind = "merchant", .subject = "M1", .per_payment = 999});
    auditor.know_limit({.kind = "store", .subject = "S1", .per_day = 999});
    paid();
    change("is_limited = 1");
    for (const char* const place : {"'terminal','T1'", "'store','S1'", "'merchant','M1'"})
        database->run_script("insert into limit_usage values (" + std::string(place) + ",20260305,1000)");
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"limit_per_payment", "limit_per_day"})) << all();
}

TEST_F(Compared, day_sum_that_a_restore_brought_back) {
    auditor.know_limit({.kind = "store", .subject = "S1", .per_day = 999});
    const core::Instant backup_at = clock.now();
    pass(1s);
    paid();
    pass(1s);
    auditor.on_restore(backup_at);
    change("is_limited = 1");
    for (const char* const place : {"'terminal','T1'", "'store','S1'", "'merchant','M1'"})
        database->run_script("insert into limit_usage values (" + std::string(place) + ",20260305,1000)");
    compare();
    expect_clean();
}

TEST_F(Compared, payment_that_counts_for_no_day_though_one_is_bounded) {
    auditor.know_limit({.kind = "store", .subject = "S1", .per_day = 5000});
    paid();
    compare();
    expect_only("limit_counts");
}

TEST_F(Compared, payment_that_counts_though_no_day_is_bounded) {
    auditor.know_limit({.kind = "store", .subject = "S1", .per_payment = 5000});
    pay_and_tell(sale);
    store(sale, {.state = "failed", .is_limited = true});
    state_unpaid(sale);
    compare();
    expect_found("limit_counts");
}

TEST_F(Compared, alerts) {
    const std::int64_t now = core::to_us(clock.now());
    const std::int64_t hour = 3'600'000'000;
    const auto alert = [&](const std::string& id, sql::Value delivered, std::int64_t tries,
                           std::int64_t next) {
        write("insert into alert values ($1,'trouble',$2,$3,$4,$5,null)",
              {id, now - 5 * hour, delivered, tries, next});
    };
    alert("delivered", now, 1, now);
    alert("waiting", sql::Null{}, 3, now - hour);
    alert("given_up", sql::Null{}, 9, 253'402'300'799'000'000);
    auditor.on_alert_delivered("delivered");
    compare();
    expect_clean();
    alert("never_received", now, 1, now);
    alert("forgotten", sql::Null{}, 0, now - 3 * hour);
    compare();
    EXPECT_EQ(rules(), (std::vector<std::string>{"alert_undelivered", "alert_not_received"})) << all();
}

// Their hashes are of another program's making.
struct Audited : Compared {
    Audited() {
        database->run_script(
            "insert into audit values (1, 5, 'demo', 'limit.set', 'store S1', 'x', '" + std::string(64, '0') +
            "', '" + first + "'), (2, 6, 'demo', 'payment.decide', '7800000000000001', 'closed: seen', '" +
            first + "', 'eb80a394752b25281865ddb4009322d4d0c812d8fe25c85f0fd047195fbde2b8')");
    }
    const std::string first = "9cc088a0403209039f8f02a5ce758eb7e66eafa9a07be5405cfe0640c4cce711";
};

TEST_F(Audited, chain) {
    compare();
    expect_clean();
    database->run_script("update audit set id = 3 where id = 2");
    compare();
    expect_only("audit_chain");
}

TEST_F(Audited, row_that_follows_another) {
    database->run_script("update audit set previous_hash = 'x' where id = 2");
    compare();
    expect_only("audit_chain");
}

TEST_F(Audited, row_that_was_changed) {
    database->run_script("update audit set detail = 'failed: seen' where id = 2");
    compare();
    expect_only("audit_chain");
}

TEST_F(Audited, decisions_and_their_rows) {
    asked();
    auditor.on_decision("M1", "c1", "closed");
    store(sale, {.state = "closed"});
    write("insert into alert values ('a','manual_review',$1,null,0,$1,1)", {core::to_us(clock.now())});
    compare();
    expect_clean();
    auditor.on_decision("M1", "c1", "closed");
    compare();
    expect_only("audit_missing");
}

TEST_F(Audited, decision_on_a_refund_without_its_row) {
    refunded();
    auditor.on_refund_decision("M1", "c1", "r1", "refunded");
    compare();
    expect_only("audit_missing");
}

TEST_F(Audited, decision_that_a_restore_lost) {
    const core::Instant backup_at = clock.now();
    refunded();
    auditor.on_refund_decision("M1", "c1", "r1", "refunded");
    auditor.on_restore(backup_at);
    compare();
    expect_clean();
}

TEST_F(Compared, reopened_and_told) {
    asked();
    store(sale, {.state = "reversed", .is_reopened = true});
    state(sale, sale.amount);
    compare();
    expect_only("reopened_without_alert");
    write("insert into alert values ('a','paid_after_close',$1,null,0,$1,1)", {core::to_us(clock.now())});
    Auditor second(clock, {.gateway = gateway, .wechat = wechat, .alipay = alipay});
    second.compare(statement, *database);
    EXPECT_TRUE(std::ranges::none_of(
        second.findings(), [](const Finding& finding) { return finding.rule == "reopened_without_alert"; }));
}

TEST_F(Compared, another_amount_and_told) {
    Sale other = sale;
    other.amount = 999;
    ask_pay(sale);
    say(micropay(sale), wx_paid(other));
    pass(15s);
    say(reverse(sale), wx_reversed());
    store(sale, {.state = "reversed"});
    write("insert into alert values ('a','amount_mismatch',$1,null,0,$1,1)", {core::to_us(clock.now())});
    compare();
    EXPECT_EQ(rules(), std::vector<std::string>{"reversal_unasked"}) << all();
    database->run_script("delete from alert");
    compare();
    expect_found("amount_without_alert");
}

TEST_F(Compared, look_asks_for_no_statement) {
    refunded();
    statement.clear();
    auditor.look(*database);
    expect_clean();
    change("refunded_minor = 299");
    auditor.look(*database);
    expect_only("refunded_sum");
}

TEST_F(Compared, look_at_a_ledger_that_lacks_an_entry) {
    pay_and_tell(sale);
    store(sale, {});
    auditor.look(*database);
    EXPECT_EQ(rules(), (std::vector<std::string>{"ledger", "ledger_total"})) << all();
}

TEST_F(Compared, look_just_after_a_restore_is_patient) {
    const core::Instant backup_at = clock.now();
    asked();
    store(sale, {.state = "reversing"}, {{"reverse", "sent", "V1", "", 0, -2h, -2h}});
    auditor.on_restore(backup_at);
    auditor.look(*database);
    expect_clean();
    pass(46min);
    auditor.look(*database);
    EXPECT_EQ(rules(), (std::vector<std::string>{"operation_stuck", "act_overdue", "unresolved"})) << all();
}

TEST_F(Compared, rows_that_cannot_be_read) {
    database->run_script("drop table operation");
    compare();
    expect_only("rows_unreadable");
}

}  // namespace
}  // namespace huitong::auditor

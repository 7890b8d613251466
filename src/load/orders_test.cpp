// What is known of an order after each answer: crossed answers, answers that take others back, lost requests.
#include "load/orders.hpp"

#include <gtest/gtest.h>

namespace huitong::load {
namespace {

using namespace std::chrono_literals;
constexpr core::Instant start = core::from_us(1'772'683'200'000'000);

core::Result<Answer> told(std::string_view status, std::string_view sn = "7842000000000001") {
    Answer answer;
    answer.result_code = "200";
    answer.data = codec::JsonObject{{"sn", sn}, {"order_status", status}};
    return answer;
}

core::Result<Answer> absent() {
    Answer answer;
    answer.result_code = "200";
    answer.biz_result_code = "FAIL";
    answer.error_code = "UPAY_ORDER_NOT_EXISTS";
    return answer;
}

core::Result<Answer> lost() {
    return core::fail(core::Code::unknown_outcome, "reset");
}

Heard heard(Operation operation, core::Duration asked, core::Duration at) {
    return {operation, start + asked, start + at};
}

Order paid_order() {
    Order order{.client_sn = "a-1", .amount_fen = 100};
    note(order, heard(Operation::pay, 0s, 1s), told("PAID"), Verdict::definite);
    return order;
}

TEST(Orders, AFinalAnswerClosesThePay) {
    const Order order = paid_order();
    EXPECT_FALSE(order.is_open());
    EXPECT_EQ(order.status, "PAID");
    EXPECT_EQ(order.sn, "7842000000000001");
}

TEST(Orders, ALostPayIsOpenUntilItIsSeenOrLongAbsent) {
    Order order{.client_sn = "a-1"};
    note(order, heard(Operation::pay, 0s, 1s), lost(), Verdict::unknown);
    EXPECT_TRUE(order.is_open());
    Order seen = order;
    note(seen, heard(Operation::query, 2s, 3s), told("CREATED"), Verdict::unknown);
    EXPECT_TRUE(seen.is_open());
    note(seen, heard(Operation::query, 4s, 5s), told("PAY_CANCELED"), Verdict::definite);
    EXPECT_FALSE(seen.is_open());
    note(order, heard(Operation::query, 10s, 12s), absent(), Verdict::definite);
    EXPECT_TRUE(order.is_open()) << "the request may still be on its way";
    note(order, heard(Operation::query, 11s, 12s), absent(), Verdict::definite);
    EXPECT_EQ(order.pay, Standing::not_done);
    EXPECT_EQ(order.contradiction, "");
}

TEST(Orders, AnAnswerThatSaysTwoThingsIsAContradiction) {
    const auto note_pay = [](const std::string& code, const std::string& status) {
        core::Result<Answer> answer = told(status);
        answer->biz_result_code = code;
        Order order{.client_sn = "a-1", .amount_fen = 100};
        note(order, heard(Operation::pay, 0s, 1s), answer, Verdict::definite);
        return order.contradiction;
    };
    EXPECT_EQ(note_pay("PAY_SUCCESS", "PAID"), "");
    EXPECT_EQ(note_pay("PAY_FAIL", "PAY_CANCELED"), "");
    EXPECT_EQ(note_pay("PAY_FAIL", "CANCELED"), "");
    EXPECT_EQ(note_pay("PAY_FAIL", "PAID"), "PAY_FAIL with PAID");
    EXPECT_EQ(note_pay("PAY_SUCCESS", "PAY_CANCELED"), "PAY_SUCCESS with PAY_CANCELED");
}

TEST(Orders, WhatWasAcknowledgedMayNotVanishOrChange) {
    Order gone = paid_order();
    note(gone, heard(Operation::query, 2s, 3s), absent(), Verdict::definite);
    EXPECT_EQ(gone.contradiction, "acknowledged, then no such order");
    Order undone = paid_order();
    note(undone, heard(Operation::query, 2s, 3s), told("PAY_CANCELED"), Verdict::definite);
    EXPECT_EQ(undone.contradiction, "told PAID, then PAY_CANCELED");
    Order unasked = paid_order();
    note(unasked, heard(Operation::query, 2s, 3s), told("CANCELED"), Verdict::definite);
    EXPECT_EQ(unasked.contradiction, "told PAID, then CANCELED");
    Order renamed = paid_order();
    note(renamed, heard(Operation::query, 2s, 3s), told("PAID", "7842000000000002"), Verdict::definite);
    EXPECT_EQ(renamed.contradiction, "numbered 7842000000000001, then 7842000000000002");
}

TEST(Orders, AnswersThatCrossEachOtherContradictNothing) {
    Order order = paid_order();
    order.cancel = Standing::open;
    note(order, heard(Operation::cancel, 2s, 4s), told("CANCELED"), Verdict::definite);
    note(order, heard(Operation::query, 3s, 5s), told("PAID"), Verdict::definite);
    EXPECT_EQ(order.contradiction, "");
    EXPECT_EQ(order.status, "CANCELED");
    note(order, heard(Operation::query, 6s, 7s), told("PAID"), Verdict::definite);
    EXPECT_EQ(order.contradiction, "told CANCELED, then PAID");
}

TEST(Orders, ALostCancelIsOverWhenItShowsOrLongDidNot) {
    Order order = paid_order();
    note(order, heard(Operation::cancel, 2s, 3s), lost(), Verdict::unknown);
    note(order, heard(Operation::query, 4s, 5s), told("PAID"), Verdict::definite);
    EXPECT_EQ(order.cancel, Standing::open);
    Order cancelled = order;
    note(cancelled, heard(Operation::query, 6s, 7s), told("CANCELED"), Verdict::definite);
    EXPECT_EQ(cancelled.cancel, Standing::done);
    EXPECT_EQ(cancelled.contradiction, "");
    note(order, heard(Operation::query, 13s, 14s), told("PAID"), Verdict::definite);
    EXPECT_EQ(order.cancel, Standing::not_done);
}

TEST(Orders, ALostRefundIsSettledByItsOwnQuery) {
    const auto of_status = [](std::string_view status) -> core::Result<Answer> {
        Answer answer;
        answer.result_code = "200";
        answer.data = codec::JsonObject{{"status", status}, {"order_status", "PAID"}};
        return answer;
    };
    Order order = paid_order();
    order.refund_fen = 40;
    note(order, heard(Operation::refund, 2s, 3s), lost(), Verdict::unknown);
    for (const char* open : {"IN_PROG", "REFUND_ERROR"}) {
        note_refund_query(order, heard(Operation::query, 90s, 91s), of_status(open));
        EXPECT_EQ(order.refund, Standing::open);
    }
    Order made = order;
    note_refund_query(made, heard(Operation::query, 4s, 5s), of_status("SUCCESS"));
    EXPECT_EQ(made.refund, Standing::done);
    Order refused = order;
    note_refund_query(refused, heard(Operation::query, 4s, 5s), of_status("FAIL_CANCELED"));
    EXPECT_EQ(refused.refund, Standing::not_done);
    note_refund_query(order, heard(Operation::query, 12s, 13s), absent());
    EXPECT_EQ(order.refund, Standing::open);
    note_refund_query(order, heard(Operation::query, 13s, 14s), absent());
    EXPECT_EQ(order.refund, Standing::not_done);
}

TEST(Orders, EachPaidOrderIsGivenOutOnceAndWechatsToCancelNotTooSoon) {
    Orders orders;
    const auto add = [&](Wallet wallet, core::Duration at) {
        Order& order = orders.open({.client_sn = "a", .wallet = wallet});
        note(order, heard(Operation::pay, at, at), told("PAID"), Verdict::definite);
        orders.offer(order);
        return &order;
    };
    core::SeededRandom random(1);
    EXPECT_EQ(orders.pick_acknowledged(random), nullptr);
    EXPECT_EQ(orders.take_to_cancel(start), nullptr);
    const Order* const wechat = add(Wallet::wechat, 1s);
    const Order* const alipay = add(Wallet::alipay, 2s);
    EXPECT_EQ(orders.take_to_cancel(start + 3s), alipay);
    EXPECT_EQ(orders.take_to_cancel(start + 16s), nullptr);
    EXPECT_EQ(orders.take_to_cancel(start + 17s), wechat);
    EXPECT_EQ(orders.take_to_refund(), nullptr);
    const Order* const later = add(Wallet::wechat, 18s);
    EXPECT_EQ(orders.take_to_refund(), later);
    EXPECT_NE(orders.pick_acknowledged(random), nullptr);
}

}  // namespace
}  // namespace huitong::load

// How refunds are read: which one an order speaks of, how each state of it is shown, and the data of the
// answers.
#include "api/upay/refund_view.hpp"

#include "api/upay/order_data.hpp"
#include "api/upay/test_support.hpp"

namespace huitong::api::upay {
namespace {

using payments::Outcome;

Aggregate paid(PaymentState state = PaymentState::paid, std::int64_t refunded_fen = 0) {
    Aggregate order;
    auto& payment = order.payment;
    payment.sn = {7'842'000'000'000'001};
    payment.client_sn = "A1";
    payment.terminal_sn = "pay till";
    payment.operator_name = "kay";
    payment.amount = core::fen(100);
    payment.refunded = core::fen(refunded_fen);
    payment.state = state;
    payment.finished_at = now;
    payment.trade = {.trade_no = "4200000001",
                     .amount = core::fen(100),
                     .paid_at = now - 1s,
                     .payer_id = "openid",
                     .payer_login = {},
                     .funding = "OTHERS"};
    order.operations.emplace_back();
    return order;
}

Aggregate refused_by(Refusal why) {
    Aggregate order = with_refund(paid(), OperationState::refused);
    order.operations.back().refusal = why;
    return order;
}

Aggregate unknown_after(Outcome last, std::string request_no = "R1") {
    Aggregate order = with_refund(paid(), OperationState::unknown, std::move(request_no));
    order.operations.back().last_outcome = last;
    return order;
}

TEST(UpayRefundView, StagesOfARefund) {
    const std::pair<Aggregate, RefundStage> rows[] = {
        {with_refund(paid(), OperationState::prepared), RefundStage::running},
        {with_refund(paid(), OperationState::sent), RefundStage::running},
        {with_refund(paid(), OperationState::succeeded), RefundStage::done},
        {refused_by(Refusal::merchant_funds), RefundStage::refused},
        {with_refund(paid(), OperationState::manual), RefundStage::unknown},
        {unknown_after(Outcome::pending), RefundStage::running},
        {unknown_after(Outcome::unknown), RefundStage::unknown},
        {unknown_after(Outcome::not_sent), RefundStage::unknown},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        EXPECT_EQ(stage_of(rows[i].first.operations.back()), rows[i].second) << i;
    }
    // Accepted, and then given to a person: nobody knows.
    Aggregate accepted = with_refund(paid(), OperationState::manual);
    accepted.operations.back().last_outcome = Outcome::pending;
    EXPECT_EQ(stage_of(accepted.operations.back()), RefundStage::unknown);
}

TEST(UpayRefundView, WhyARefundWasRefused) {
    const std::pair<Refusal, std::string_view> rows[] = {
        {Refusal::merchant_funds, "SELLER_BALANCE_NOT_ENOUGH"},
        {Refusal::refund_amount, "REFUND_AMT_NOT_EQUAL_TOTAL"},
        {Refusal::not_refundable, "UPAY_TCP_ORDER_NOT_REFUNDABLE"},
        {Refusal::refund_closed, "TRADE_FAILED"},
        {Refusal::too_late, "TRADE_FAILED"},
        {Refusal::wrong_state, "TRADE_FAILED"},
        {Refusal::payer_account, "TRADE_FAILED"},
        {Refusal::none, "TRADE_FAILED"},
    };
    for (const auto& [refusal, code] : rows) EXPECT_EQ(row_of(refund_error_of(refusal)).error_code, code);
    const Aggregate order = refused_by(Refusal::merchant_funds);
    EXPECT_EQ(refund_query_verdict(order.operations.back()).error, BizError::seller_balance_not_enough);
    EXPECT_EQ(refund_query_verdict(order.operations.back()).result_code, "SUCCESS");
    // What it was refused for the first time does not matter once it is done.
    Aggregate repeated = refused_by(Refusal::merchant_funds);
    repeated.operations.back().state = OperationState::succeeded;
    EXPECT_EQ(refund_query_verdict(repeated.operations.back()).error, BizError::none);
    EXPECT_EQ(refund_verdict(repeated, repeated.operations.back()).result_code, "REFUND_SUCCESS");
}

TEST(UpayRefundView, TheLastRefundIsTheNewestUnfinishedOneElseTheOneThatEndedLast) {
    EXPECT_EQ(last_refund(paid()), nullptr);
    Aggregate order = with_refund(paid(), OperationState::succeeded, "R1");
    EXPECT_EQ(last_refund(order)->request_no, "R1");
    order = with_refund(order, OperationState::refused, "R2");
    EXPECT_EQ(last_refund(order)->request_no, "R2");
    // R1 had been refused and was asked for again: it ended after R2.
    order.find(2)->finished_at = now + 10min;
    EXPECT_EQ(last_refund(order)->request_no, "R1");
    order = with_refund(order, OperationState::unknown, "R3");
    order = with_refund(order, OperationState::succeeded, "R4");
    order.operations.back().finished_at = now + 20min;
    EXPECT_EQ(last_refund(order)->request_no, "R3");
    order = with_refund(order, OperationState::prepared, "R5");
    EXPECT_EQ(last_refund(order)->request_no, "R5");
}

TEST(UpayRefundView, TheEnginesOwnRefundIsNeverShown) {
    for (const auto state : {OperationState::sent, OperationState::succeeded, OperationState::manual}) {
        for (const auto payment : {PaymentState::reversing, PaymentState::reversed}) {
            Aggregate order = with_refund(paid(payment), state, "");
            order.operations.back().operator_name = {};
            order.payment.reversal_by = ReversalBy::engine;
            order.payment.is_reopened = true;
            EXPECT_EQ(last_refund(order), nullptr);
            EXPECT_EQ(order_status(shown_as(order)), "PAY_CANCELED");
            const std::string data = codec::write_json(order_data(order, Purpose::query, "t"));
            for (const char* part : {R"("client_tsn":"A1")", R"("status":"FAIL_CANCELED")",
                                     R"("net_amount":"100")", R"("operator":"kay")"}) {
                EXPECT_TRUE(has(data, part)) << part << " in " << data;
            }
        }
    }
    // A cancel that the channel could only do as a refund: its times are those of that refund.
    Aggregate cancelled = paid(PaymentState::reversed);
    cancelled.payment.reversal_by = ReversalBy::merchant;
    cancelled.payment.was_paid_before_reversal = true;
    auto& reversal = cancelled.operations.emplace_back();
    reversal.kind = OperationKind::reverse;
    reversal.state = OperationState::refused;
    reversal.operator_name = "boss";
    reversal.finished_at = now + 5s;
    cancelled = with_refund(cancelled, OperationState::succeeded, "");
    cancelled.operations.back().operator_name = {};
    const std::string data = codec::write_json(order_data(cancelled, Purpose::cancel, "t"));
    for (const char* part : {R"("order_status":"CANCELED")", R"("net_amount":"0")", R"("operator":"boss")",
                             R"("finish_time":"1700000060000")", R"("client_tsn":"A1")"}) {
        EXPECT_TRUE(has(data, part)) << part << " in " << data;
    }
}

TEST(UpayRefundView, DataOfARefund) {
    Aggregate order = with_refund(paid(PaymentState::partially_refunded, 40), OperationState::succeeded);
    order.operations.back().channel_at = now + 30s;
    EXPECT_EQ(codec::write_json(refund_data(order, order.operations.back(), "other till")),
              R"({"terminal_sn":"other till","sn":"7842000000000001","client_sn":"A1",)"
              R"("client_tsn":"A1-R1","status":"SUCCESS","order_status":"PARTIAL_REFUNDED","payway":"3",)"
              R"("payway_name":"微信","sub_payway":"1","total_amount":"100","net_amount":"60",)"
              R"("subject":"","operator":"boss","trade_no":"4200000001",)"
              R"("finish_time":"1700000040000","channel_finish_time":"1700000030000"})");
}

TEST(UpayRefundView, OnlyARefundThatIsDoneHasTimes) {
    for (const auto state : {OperationState::prepared, OperationState::sent, OperationState::unknown,
                             OperationState::refused, OperationState::manual}) {
        Aggregate order = with_refund(paid(), state);
        order.operations.back().finished_at = now + 9s;
        const auto& refund = order.operations.back();
        EXPECT_FALSE(has(codec::write_json(refund_data(order, refund, "t")), "finish_time"));
        EXPECT_FALSE(has(codec::write_json(order_data(order, Purpose::query, "t")), "finish_time"));
    }
}

TEST(UpayRefundView, TheLastOperationDecidesWhatAQueryShows) {
    struct Row {
        std::string_view words;
        Aggregate order;
        std::string_view order_status;
        std::string_view status;
        std::string_view client_tsn;
    };
    Aggregate both = with_refund(paid(PaymentState::partially_refunded, 1), OperationState::unknown, "R1");
    both = with_refund(both, OperationState::succeeded, "R2");
    const Row rows[] = {
        {"never refunded", paid(), "PAID", "SUCCESS", "A1"},
        {"refunded in part",
         with_refund(paid(PaymentState::partially_refunded, 1), OperationState::succeeded),
         "PARTIAL_REFUNDED", "SUCCESS", "A1-R1"},
        {"refunded in full", with_refund(paid(PaymentState::refunded, 100), OperationState::succeeded),
         "REFUNDED", "SUCCESS", "A1-R1"},
        {"queued", with_refund(paid(), OperationState::prepared), "REFUND_INPROGRESS", "IN_PROG", "A1-R1"},
        {"accepted", unknown_after(Outcome::pending), "REFUND_INPROGRESS", "IN_PROG", "A1-R1"},
        {"unknown", unknown_after(Outcome::unknown), "REFUND_ERROR", "REFUND_ERROR", "A1-R1"},
        {"with a person", with_refund(paid(), OperationState::manual), "REFUND_ERROR", "REFUND_ERROR",
         "A1-R1"},
        {"refused", refused_by(Refusal::merchant_funds), "PAID", "FAIL_CANCELED", "A1-R1"},
        {"one unknown, a later one done", both, "REFUND_ERROR", "REFUND_ERROR", "A1-R1"},
    };
    for (const Row& row : rows) {
        const std::string data = codec::write_json(order_data(row.order, Purpose::query, "t"));
        const auto json = codec::parse_json(data);
        EXPECT_EQ(*json->find("order_status")->as_string(), row.order_status) << row.words;
        EXPECT_EQ(*json->find("status")->as_string(), row.status) << row.words;
        EXPECT_EQ(*json->find("client_tsn")->as_string(), row.client_tsn) << row.words;
        EXPECT_EQ(pay_verdict(row.order).result_code, "PAY_SUCCESS") << row.words;
    }
    // The answer to a refund speaks of that refund and what it left, whatever became of the others.
    const auto answer = codec::parse_json(codec::write_json(refund_data(both, *both.find(3), "t")));
    EXPECT_EQ(*answer->find("order_status")->as_string(), "PARTIAL_REFUNDED");
    EXPECT_EQ(*answer->find("status")->as_string(), "SUCCESS");
}

TEST(UpayRefundView, ACancelRefusedAfterARefundWasIsTheLastOperation) {
    Aggregate order = refused_by(Refusal::merchant_funds);
    order.payment.was_paid_before_reversal = true;
    auto& reversal = order.operations.emplace_back();
    reversal.seq = 3;
    reversal.kind = OperationKind::reverse;
    reversal.state = OperationState::refused;
    reversal.finished_at = now + 1h;
    std::string data = codec::write_json(order_data(order, Purpose::query, "t"));
    EXPECT_TRUE(has(data, R"("client_tsn":"A1","status":"CANCEL_ERROR","order_status":"PAID")")) << data;
    order.operations.back().finished_at = now + 1s;
    data = codec::write_json(order_data(order, Purpose::query, "t"));
    EXPECT_TRUE(has(data, R"("client_tsn":"A1-R1","status":"FAIL_CANCELED","order_status":"PAID")")) << data;
}

}  // namespace
}  // namespace huitong::api::upay

// What every state of a payment and its refunds is shown as, and the data objects. The decision tables of
// spec/upay as a client sees them are in decision_tables_test.cpp.
#include "api/upay/order_view.hpp"

#include <gtest/gtest.h>

#include <set>

#include "api/upay/funding.hpp"
#include "api/upay/order_data.hpp"
#include "api/upay/refund_view.hpp"

namespace huitong::api::upay {
namespace {

using namespace std::chrono_literals;
using payments::Aggregate;
using payments::OperationKind;
using payments::OperationState;
using payments::PaymentState;
using payments::Refusal;
using payments::ReversalBy;

const core::Instant start = core::from_us(1'492'506'701'411'000);

Aggregate order(PaymentState state, ReversalBy by = ReversalBy::nobody) {
    Aggregate aggregate;
    auto& payment = aggregate.payment;
    payment.sn = {7'893'259'247'405'832};
    payment.state = state;
    payment.reversal_by = by;
    payment.store_sn = "1580000000001";
    payment.terminal_sn = "100000000000000001";
    payment.client_sn = "A1";
    payment.amount = core::fen(101);
    payment.subject = "披萨";
    payment.operator_name = "kay";
    payment.created_at = start;
    payment.deadline_at = start + 30s;
    payment.finished_at = start + 10s;
    aggregate.operations.emplace_back();
    return aggregate;
}

Aggregate paid_order() {
    Aggregate aggregate = order(PaymentState::paid);
    aggregate.payment.trade = {.trade_no = "4003",
                               .amount = core::fen(101),
                               .paid_at = start + 9s,
                               .payer_id = "openid",
                               .payer_login = "k***",
                               .funding = "CMB_DEBIT"};
    return aggregate;
}

Aggregate with_reversal(Aggregate aggregate, OperationState state, const char* who = "") {
    auto& reversal = aggregate.operations.emplace_back();
    reversal.seq = 2;
    reversal.kind = OperationKind::reverse;
    reversal.state = state;
    reversal.operator_name = who;
    reversal.finished_at = start + 20s;
    return aggregate;
}

Aggregate refused_with(Refusal refusal) {
    Aggregate aggregate = order(PaymentState::failed);
    aggregate.payment.refusal = refusal;
    return aggregate;
}

Aggregate reopened(Aggregate aggregate) {
    aggregate.payment.is_reopened = true;
    return aggregate;
}

// Paid, cancel asked, refused by the channel: paid again.
Aggregate cancel_refused(Refusal refusal) {
    Aggregate aggregate = with_reversal(paid_order(), OperationState::refused);
    aggregate.payment.refusal = refusal;
    aggregate.payment.was_paid_before_reversal = true;
    return aggregate;
}

struct PayRow {
    Aggregate aggregate;
    std::string_view result;
    std::string_view error;
    std::string_view status;
    std::string_view order_status;
};

TEST(upay_order_view, pay_in_every_state) {
    using S = PaymentState;
    const auto engine = ReversalBy::engine;
    const auto merchant = ReversalBy::merchant;
    const PayRow rows[] = {
        {paid_order(), "PAY_SUCCESS", "", "SUCCESS", "PAID"},
        {order(S::refunded), "PAY_SUCCESS", "", "SUCCESS", "REFUNDED"},
        {order(S::partially_refunded), "PAY_SUCCESS", "", "SUCCESS", "PARTIAL_REFUNDED"},
        {cancel_refused(Refusal::merchant_funds), "PAY_SUCCESS", "", "SUCCESS", "PAID"},
        {order(S::created), "PAY_IN_PROGRESS", "", "IN_PROG", "CREATED"},
        {order(S::pending), "PAY_IN_PROGRESS", "", "IN_PROG", "CREATED"},
        {order(S::reversing, engine), "PAY_FAIL_IN_PROGRESS", "", "IN_PROG", "CREATED"},
        {order(S::reversing, merchant), "PAY_FAIL_IN_PROGRESS", "", "IN_PROG", "CANCEL_INPROGRESS"},
        {refused_with(Refusal::code_expired), "PAY_FAIL", "EXPIRED_BARCODE", "FAIL_CANCELED", "PAY_CANCELED"},
        {refused_with(Refusal::code_invalid), "PAY_FAIL", "INVALID_BARCODE", "FAIL_CANCELED", "PAY_CANCELED"},
        {refused_with(Refusal::insufficient_funds), "PAY_FAIL", "INSUFFICIENT_FUND", "FAIL_CANCELED",
         "PAY_CANCELED"},
        {refused_with(Refusal::payer_limit), "PAY_FAIL", "BUYER_OVER_DAILY_LIMIT", "FAIL_CANCELED",
         "PAY_CANCELED"},
        {refused_with(Refusal::payer_single_limit), "PAY_FAIL", "BUYER_OVER_TRANSACTION_LIMIT",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {refused_with(Refusal::seller_limit), "PAY_FAIL", "SELLER_OVER_DAILY_LIMIT", "FAIL_CANCELED",
         "PAY_CANCELED"},
        {refused_with(Refusal::configuration), "PAY_FAIL", "TRADE_FAILED", "FAIL_CANCELED", "PAY_CANCELED"},
        {order(S::reversed, engine), "PAY_FAIL", "TRADE_TIMEOUT", "FAIL_CANCELED", "PAY_CANCELED"},
        {order(S::closed, engine), "PAY_FAIL", "TRADE_TIMEOUT", "FAIL_CANCELED", "PAY_CANCELED"},
        {order(S::reversed, merchant), "PAY_FAIL", "TRADE_FAILED", "FAIL_CANCELED", "CANCELED"},
        {order(S::closed, merchant), "PAY_FAIL", "TRADE_FAILED", "FAIL_CANCELED", "CANCELED"},
        {order(S::manual_review, engine), "PAY_FAIL_ERROR", "TRADE_FAILED", "FAIL_ERROR", "PAY_ERROR"},
        {order(S::manual_review), "PAY_FAIL_ERROR", "TRADE_FAILED", "FAIL_ERROR", "PAY_ERROR"},
        {order(S::manual_review, merchant), "PAY_FAIL_ERROR", "TRADE_FAILED", "FAIL_ERROR", "CANCEL_ERROR"},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        const PayRow& row = rows[i];
        const Verdict verdict = pay_verdict(row.aggregate);
        const Shown shown = shown_as(row.aggregate);
        EXPECT_EQ(verdict.result_code, row.result) << i;
        EXPECT_EQ(row_of(verdict.error).error_code, row.error) << i;
        EXPECT_EQ(operation_status(shown, Purpose::pay), row.status) << i;
        EXPECT_EQ(order_status(shown), row.order_status) << i;
    }
    EXPECT_EQ(pay_verdict(order(S::reversed, merchant)).message, "订单已撤销");
}

struct CancelRow {
    Aggregate aggregate;
    bool was_paid;
    std::string_view result;
    std::string_view error;
    std::string_view status;
    std::string_view order_status;
};

TEST(upay_order_view, cancel_in_every_state) {
    using S = PaymentState;
    const auto by = ReversalBy::merchant;
    const CancelRow rows[] = {
        {order(S::reversed, by), true, "CANCEL_SUCCESS", "", "SUCCESS", "CANCELED"},
        {order(S::reversed, by), false, "CANCEL_ABORT_SUCCESS", "", "SUCCESS", "CANCELED"},
        {order(S::closed, by), false, "CANCEL_ABORT_SUCCESS", "", "SUCCESS", "CANCELED"},
        {order(S::manual_review, by), false, "CANCEL_ABORT_ERROR", "", "CANCEL_ERROR", "CANCEL_ERROR"},
        {order(S::reversing, by), false, "CANCEL_ABORT_IN_PROGRESS", "", "IN_PROG", "CANCEL_INPROGRESS"},
        {order(S::manual_review, by), true, "CANCEL_ERROR", "", "CANCEL_ERROR", "CANCEL_ERROR"},
        {order(S::reversing, by), true, "CANCEL_IN_PROGRESS", "", "IN_PROG", "CANCEL_INPROGRESS"},
        {cancel_refused(Refusal::merchant_funds), true, "CANCEL_ERROR", "SELLER_BALANCE_NOT_ENOUGH",
         "CANCEL_ERROR", "PAID"},
        {cancel_refused(Refusal::too_late), true, "CANCEL_ERROR", "TRADE_FAILED", "CANCEL_ERROR", "PAID"},
        {cancel_refused(Refusal::not_refundable), true, "CANCEL_ERROR", "UPAY_TCP_ORDER_NOT_REFUNDABLE",
         "CANCEL_ERROR", "PAID"},
        {order(S::reversed, ReversalBy::engine), false, "CANCEL_ABORT_SUCCESS", "", "SUCCESS",
         "PAY_CANCELED"},
        {refused_with(Refusal::code_expired), false, "CANCEL_ABORT_SUCCESS", "", "SUCCESS", "PAY_CANCELED"},
    };
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        Aggregate aggregate = rows[i].aggregate;
        aggregate.payment.was_paid_before_reversal = rows[i].was_paid;
        const Verdict verdict = cancel_verdict(aggregate);
        const Shown shown = shown_as(aggregate);
        EXPECT_EQ(verdict.result_code, rows[i].result) << i;
        EXPECT_EQ(row_of(verdict.error).error_code, rows[i].error) << i;
        EXPECT_EQ(operation_status(shown, Purpose::cancel), rows[i].status) << i;
        EXPECT_EQ(order_status(shown), rows[i].order_status) << i;
    }
}

TEST(upay_order_view, what_the_merchant_was_told_stands_while_a_late_payment_is_undone) {
    for (const auto state : {PaymentState::reversing, PaymentState::reversed, PaymentState::manual_review}) {
        Aggregate failed = refused_with(Refusal::code_expired);
        failed.payment.state = state;
        failed.payment.reversal_by = ReversalBy::engine;
        EXPECT_EQ(shown_as(reopened(failed)), Shown::failed);
        EXPECT_EQ(query_verdict(reopened(failed)).error, BizError::expired_barcode);
        EXPECT_EQ(shown_as(reopened(order(state, ReversalBy::engine))), Shown::timed_out);
        EXPECT_EQ(shown_as(reopened(order(state, ReversalBy::merchant))), Shown::cancelled);
    }
    EXPECT_EQ(shown_as(order(PaymentState::reversing, ReversalBy::engine)), Shown::reversing);
}

TEST(upay_order_view, a_decision_for_paid_is_no_refused_cancel) {
    Aggregate decided = with_reversal(paid_order(), OperationState::refused);
    EXPECT_EQ(shown_as(decided), Shown::paid);
}

TEST(upay_order_view, query_tells_why_an_order_failed) {
    EXPECT_EQ(query_verdict(paid_order()).error, BizError::none);
    EXPECT_EQ(query_verdict(order(PaymentState::pending)).error, BizError::none);
    EXPECT_EQ(query_verdict(order(PaymentState::reversed, ReversalBy::engine)).error,
              BizError::trade_timeout);
    EXPECT_EQ(query_verdict(order(PaymentState::reversed, ReversalBy::merchant)).error, BizError::none);
    EXPECT_EQ(query_verdict(refused_with(Refusal::insufficient_funds)).error, BizError::insufficient_fund);
    EXPECT_EQ(query_verdict(order(PaymentState::manual_review)).error, BizError::trade_failed);
    EXPECT_EQ(query_verdict(order(PaymentState::manual_review)).result_code, "SUCCESS");
}

std::string data_of(const Aggregate& aggregate, Purpose purpose) {
    return codec::write_json(order_data(aggregate, purpose, aggregate.payment.terminal_sn));
}

TEST(upay_order_view, data_of_a_paid_order) {
    Aggregate aggregate = paid_order();
    aggregate.payment.reflect = "r";
    EXPECT_EQ(
        data_of(aggregate, Purpose::pay),
        R"({"terminal_sn":"100000000000000001","sn":"7893259247405832","client_sn":"A1","client_tsn":"A1",)"
        R"("status":"SUCCESS","order_status":"PAID","payway":"3",)"
        R"("payway_name":"微信","sub_payway":"1","total_amount":"101","net_amount":"101",)"
        R"("subject":"披萨","operator":"kay","reflect":"r","trade_no":"4003",)"
        R"("finish_time":"1492506711411","channel_finish_time":"1492506710411",)"
        R"("ctime":"1492506701411","store_id":"1580000000001","payer_uid":"openid","payer_login":"k***",)"
        R"("payment_list":[{"type":"BANKCARD_DEBIT","amount_total":"101"}]})");
    aggregate.payment.channel = payments::ChannelKind::alipay;
    aggregate.payment.trade.funding = "PCREDIT";
    const std::string alipay = data_of(aggregate, Purpose::pay);
    EXPECT_NE(alipay.find(R"("payway":"1","payway_name":"支付宝","sub_payway":"1")"), std::string::npos);
    EXPECT_NE(alipay.find(R"("type":"ALIPAY_HUABEI")"), std::string::npos) << alipay;
}

TEST(upay_order_view, what_is_not_yet_so_is_not_said) {
    // Seen paid while the server reverses it: the client was never told, and never will be.
    for (const auto state : {PaymentState::pending, PaymentState::reversing, PaymentState::manual_review}) {
        Aggregate aggregate = paid_order();
        aggregate.payment.state = state;
        aggregate.payment.is_seen_paid = true;
        aggregate.payment.reversal_by = ReversalBy::engine;
        const std::string data = data_of(aggregate, Purpose::query);
        EXPECT_EQ(data.find("trade_no"), std::string::npos) << data;
        EXPECT_EQ(data.find("finish_time"), std::string::npos) << data;
        EXPECT_EQ(data.find("payer"), std::string::npos) << data;
        EXPECT_NE(data.find(R"("payment_list":[])"), std::string::npos) << data;
        EXPECT_NE(data.find(R"("net_amount":"101")"), std::string::npos) << data;
    }
    const std::string failed = data_of(refused_with(Refusal::code_expired), Purpose::pay);
    EXPECT_NE(failed.find(R"("finish_time":"1492506711411",)"), std::string::npos) << failed;
    EXPECT_EQ(failed.find("channel_finish_time"), std::string::npos) << failed;
    EXPECT_NE(failed.find(R"("net_amount":"101")"), std::string::npos) << failed;
}

TEST(upay_order_view, data_of_a_cancel) {
    Aggregate aggregate = paid_order();
    aggregate.payment.state = PaymentState::reversed;
    aggregate.payment.reversal_by = ReversalBy::merchant;
    aggregate.payment.was_paid_before_reversal = true;
    aggregate = with_reversal(aggregate, OperationState::succeeded, "boss");
    const std::string data = codec::write_json(order_data(aggregate, Purpose::cancel, "other till"));
    for (const char* part : {R"("terminal_sn":"other till")", R"("order_status":"CANCELED")",
                             R"("net_amount":"0")", R"("operator":"boss")", R"("trade_no":"4003")",
                             R"("finish_time":"1492506721411")", R"("total_amount":"101")"}) {
        EXPECT_NE(data.find(part), std::string::npos) << part << " in " << data;
    }
    const std::string refused = data_of(cancel_refused(Refusal::too_late), Purpose::cancel);
    EXPECT_EQ(refused.find("finish_time"), std::string::npos) << "only a cancel that succeeded has times";
    EXPECT_NE(data_of(cancel_refused(Refusal::too_late), Purpose::query).find("finish_time"),
              std::string::npos);
}

TEST(upay_order_view, only_documented_values) {
    const std::set<std::string_view> orders = {"CREATED",           "PAID",         "PAY_CANCELED",
                                               "PAY_ERROR",         "REFUNDED",     "PARTIAL_REFUNDED",
                                               "CANCELED",          "CANCEL_ERROR", "CANCEL_INPROGRESS",
                                               "REFUND_INPROGRESS", "REFUND_ERROR"};
    const std::set<std::string_view> statuses = {
        "SUCCESS", "FAIL_CANCELED", "FAIL_ERROR", "CANCEL_ERROR", "REFUND_ERROR", "IN_PROG", "CREATED"};
    for (int i = 0; i <= static_cast<int>(Shown::refund_error); ++i) {
        const auto shown = static_cast<Shown>(i);
        EXPECT_TRUE(orders.contains(order_status(shown))) << i;
        for (const auto purpose : {Purpose::pay, Purpose::query, Purpose::cancel}) {
            EXPECT_TRUE(statuses.contains(operation_status(shown, purpose))) << i;
        }
    }
}

TEST(upay_order_view, funding) {
    using enum payments::ChannelKind;
    EXPECT_EQ(funding_type(wechat, "OTHERS"), "WALLET_WEIXIN");
    EXPECT_EQ(funding_type(wechat, "CFT"), "WALLET_WEIXIN");
    EXPECT_EQ(funding_type(wechat, ""), "WALLET_WEIXIN");
    EXPECT_EQ(funding_type(wechat, "ICBC_DEBIT"), "BANKCARD_DEBIT");
    EXPECT_EQ(funding_type(wechat, "ICBC_CREDIT"), "BANKCARD_CREDIT");
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"ALIPAYACCOUNT", "WALLET_ALIPAY"},
        {"MONEYFUND", "WALLET_ALIPAY_FINANCE"},
        {"FINANCEACCOUNT", "WALLET_ALIPAY_FINANCE"},
        {"PCREDIT", "ALIPAY_HUABEI"},
        {"POINT", "ALIPAY_POINT"},
        {"BANKCARD", "BANKCARD_DEBIT"},
        {"DEBIT_CARD", "BANKCARD_DEBIT"},
        {"CREDIT_CARD", "BANKCARD_CREDIT"},
        {"COUPON", "HONGBAO_CHANNEL"},
        {"DISCOUNT", "DISCOUNT_CHANNEL"},
        {"MCOUPON", "HONGBAO_CHANNEL_MCH"},
        {"MDISCOUNT", "DISCOUNT_CHANNEL_MCH"},
        {"PCARD", "CARD_PRE"},
        {"MCARD", "CARD_BALANCE"},
        {"", "WALLET_ALIPAY"},
        {"SOMETHING_NEW", "WALLET_ALIPAY"},
    };
    for (const auto& [funding, type] : rows) EXPECT_EQ(funding_type(alipay, funding), type) << funding;
}

}  // namespace
}  // namespace huitong::api::upay

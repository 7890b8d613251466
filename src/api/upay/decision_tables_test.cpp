// Decision tables 5.1, 5.3, 5.4 and 5.5 of spec/upay, every row by its words, as a client sees them: through
// the whole face over faked stories.
#include <functional>
#include <span>

#include "api/upay/test_support.hpp"

namespace huitong::api::upay {
namespace {

using payments::Outcome;

// What the table says; `unsaid` where it says nothing, "" where there is nothing (no error, no data).
constexpr std::string_view unsaid = "?";

struct Row {
    std::string_view words;
    std::function<void()> given;
    std::string_view result;
    std::string_view error = {};
    std::string_view status = {};
    std::string_view order_status = {};
    std::string_view message = unsaid;
};

class UpayTables : public UpayFace {
  protected:
    UpayTables() { order_.payment.amount = core::fen(100); }

    // Every row starts from a paid order.
    void check(std::span<const Row> rows, const std::string& path) {
        const Aggregate fresh = order_;
        for (const Row& row : rows) {
            SCOPED_TRACE(row.words);
            order_ = answer_ = fresh;
            refund_ = {};
            failure_.reset();
            body_.clear();
            row.given();
            const std::string text = call(path, body_);
            const auto answer = codec::parse_json(text);
            ASSERT_TRUE(answer) << text;
            EXPECT_EQ(biz_text(*answer, "result_code"), row.result) << text;
            EXPECT_EQ(biz_text(*answer, "error_code"), row.error) << text;
            expect(row.status, data_text(*answer, "status"));
            expect(row.order_status, data_text(*answer, "order_status"));
            expect(row.message, biz_text(*answer, "error_message"));
            if (row.status.empty() && row.order_status.empty()) EXPECT_FALSE(has(text, R"("data")")) << text;
        }
    }
    static void expect(std::string_view wanted, const std::string& found) {
        if (wanted != unsaid) EXPECT_EQ(found, wanted);
    }

    static Aggregate in(Aggregate order, PaymentState state, ReversalBy by = ReversalBy::nobody) {
        order.payment.state = state;
        order.payment.reversal_by = by;
        return order;
    }

    std::string body_;
};

class UpayTable51 : public UpayTables {
  protected:
    std::function<void()> paid_as(PaymentState state, ReversalBy by = ReversalBy::nobody) {
        return [this, state, by] {
            body_ = pay_body();
            answer_ = in(answer_, state, by);
        };
    }
    std::function<void()> refused_for(Refusal why) {
        return [this, why] {
            body_ = pay_body();
            answer_ = in(answer_, PaymentState::failed);
            answer_.payment.refusal = why;
        };
    }
    std::function<void()> asked_with(std::string code, std::string more = {}) {
        return [this, code, more] {
            body_ = body(R"(,"client_sn":"A1","total_amount":"1","subject":"s","dynamic_id":")" + code +
                         "\"" + more);
        };
    }
    std::function<void()> stopped_by(core::Code code, std::string reason) {
        return [this, code, reason] {
            body_ = pay_body();
            fail_with(code, reason);
        };
    }
};

TEST_F(UpayTable51, Pay) {
    using S = PaymentState;
    using enum Refusal;
    const auto engine = ReversalBy::engine;
    const auto limit = core::Code::limit;
    const Row rows[] = {
        {"paid", paid_as(S::paid), "PAY_SUCCESS", "", "SUCCESS", "PAID"},
        {"payer must confirm; wait budget used up", paid_as(S::pending), "PAY_IN_PROGRESS", "", "IN_PROG",
         "CREATED"},
        {"channel refused: expired code", refused_for(code_expired), "PAY_FAIL", "EXPIRED_BARCODE",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel refused: no such code", refused_for(code_invalid), "PAY_FAIL", "INVALID_BARCODE",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel refused: no funds", refused_for(insufficient_funds), "PAY_FAIL", "INSUFFICIENT_FUND",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel refused: payer's daily limit", refused_for(payer_limit), "PAY_FAIL",
         "BUYER_OVER_DAILY_LIMIT", "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel refused: payer's single limit", refused_for(payer_single_limit), "PAY_FAIL",
         "BUYER_OVER_TRANSACTION_LIMIT", "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel refused: our daily limit", refused_for(seller_limit), "PAY_FAIL", "SELLER_OVER_DAILY_LIMIT",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel refused: anything else", refused_for(trade_refused), "PAY_FAIL", "TRADE_FAILED",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"server gave up waiting and reversed", paid_as(S::reversed, engine), "PAY_FAIL", "TRADE_TIMEOUT",
         "FAIL_CANCELED", "PAY_CANCELED"},
        {"channel unreachable/invalid answer and reversal refused", paid_as(S::manual_review, engine),
         "PAY_FAIL_ERROR", "TRADE_FAILED", "FAIL_ERROR", "PAY_ERROR"},
        {"reversal itself still running", paid_as(S::reversing, engine), "PAY_FAIL_IN_PROGRESS", "",
         "IN_PROG", "CREATED"},
        {"client_sn already used", stopped_by(core::Code::conflict, "client_sn_taken"), "FAIL",
         "CLIENT_SN_CONFLICT", "", "", "client_sn A1 在系统中已经存在"},
        {"code not recognisable, payway empty", asked_with("999999999999999999"), "FAIL", "INVALID_BARCODE"},
        {"payway unknown", asked_with("130818341921441147", R"(,"payway":"77")"), "FAIL",
         "UNEXPECTED_PROVIDER_ERROR"},
        {"payway not configured", stopped_by(core::Code::not_found, "no_channel_account"), "FAIL",
         "UNEXPECTED_PROVIDER_ERROR"},
        {"code of UnionPay, payway empty", asked_with("6212345678901234567"), "FAIL",
         "UNEXPECTED_PROVIDER_ERROR"},
        {"code of QQ, payway empty", asked_with("911234567890123456"), "FAIL", "UNEXPECTED_PROVIDER_ERROR"},
        {"code of BestPay, payway empty", asked_with("511234567890123456"), "FAIL",
         "UNEXPECTED_PROVIDER_ERROR"},
        {"code of JD, payway empty", asked_with("181234567890123456"), "FAIL", "UNEXPECTED_PROVIDER_ERROR"},
        {"code of the wallet scheme, payway empty", asked_with("8800123456789012345"), "FAIL",
         "UNEXPECTED_PROVIDER_ERROR"},
        {"store daily limit", stopped_by(limit, "store_day_limit"), "FAIL", "UPAY_STORE_OVER_DAILY_LIMIT", "",
         "", "商户日收款额超过上限"},
        {"terminal daily limit", stopped_by(limit, "terminal_day_limit"), "FAIL",
         "UPAY_STORE_OVER_DAILY_LIMIT"},
        {"merchant daily limit", stopped_by(limit, "merchant_day_limit"), "FAIL", "SELLER_OVER_DAILY_LIMIT"},
        {"limit of one payment", stopped_by(limit, "payment_limit"), "FAIL", "BUYER_OVER_TRANSACTION_LIMIT"},
    };
    check(rows, "/upay/v2/pay");
}

class UpayTable53 : public UpayTables {
  protected:
    static std::string refund_body(std::string_view client_sn = "A1") {
        return body(R"(,"client_sn":")" + std::string(client_sn) +
                    R"(","refund_request_no":"R1","refund_amount":"40")");
    }
    // The story ends with the refund in that state.
    std::function<void()> ended(OperationState state, PaymentState left = PaymentState::paid,
                                Refusal why = Refusal::none) {
        return [this, state, left, why] {
            body_ = refund_body();
            const std::int64_t fen = left == PaymentState::refunded ? 100 : 40;
            refund_.order = with_refund(in(order_, left), state, "R1", fen);
            if (state == OperationState::succeeded) refund_.order.payment.refunded = core::fen(fen);
            refund_.order.operations.back().refusal = why;
            refund_.seq = 2;
        };
    }
    std::function<void()> accepted() {
        return [this] {
            ended(OperationState::unknown)();
            refund_.order.operations.back().last_outcome = Outcome::pending;
        };
    }
    std::function<void()> stopped_by(std::string reason) {
        return [this, reason] {
            body_ = refund_body();
            order_ = with_refund(order_, OperationState::succeeded, "R1", 40);
            order_.payment.state = PaymentState::partially_refunded;
            order_.payment.refunded = core::fen(40);
            fail_with(core::Code::conflict, reason);
        };
    }
    std::function<void()> unknown_order() {
        return [this] { body_ = refund_body("B"); };
    }
};

TEST_F(UpayTable53, Refund) {
    using S = PaymentState;
    using enum OperationState;
    constexpr std::string_view wrong_state = "UPAY_REFUND_INVALID_ORDER_STATE";
    const Row rows[] = {
        {"refunded, remainder 0", ended(succeeded, S::refunded), "REFUND_SUCCESS", "", "SUCCESS", "REFUNDED"},
        {"refunded, remainder > 0", ended(succeeded, S::partially_refunded), "REFUND_SUCCESS", "", "SUCCESS",
         "PARTIAL_REFUNDED"},
        {"accepted, asynchronous", accepted(), "REFUND_IN_PROGRESS", "", "IN_PROG", "REFUND_INPROGRESS"},
        {"waiting its turn", ended(prepared), "REFUND_IN_PROGRESS", "", "IN_PROG", "REFUND_INPROGRESS"},
        {"its call is on the way", ended(sent), "REFUND_IN_PROGRESS", "", "IN_PROG", "REFUND_INPROGRESS"},
        {"channel refused definitively: balance", ended(refused, S::paid, Refusal::merchant_funds),
         "REFUND_FAIL", "SELLER_BALANCE_NOT_ENOUGH", "FAIL_CANCELED", "PAID"},
        {"channel refused definitively: amount", ended(refused, S::paid, Refusal::refund_amount),
         "REFUND_FAIL", "REFUND_AMT_NOT_EQUAL_TOTAL", "FAIL_CANCELED", "PAID"},
        {"channel refused definitively: anything else", ended(refused, S::paid, Refusal::refund_closed),
         "REFUND_FAIL", "TRADE_FAILED", "FAIL_CANCELED", "PAID"},
        {"channel refused definitively, refunded in part before",
         ended(refused, S::partially_refunded, Refusal::merchant_funds), "REFUND_FAIL",
         "SELLER_BALANCE_NOT_ENOUGH", "FAIL_CANCELED", "PARTIAL_REFUNDED"},
        {"outcome unknown", ended(OperationState::unknown), "REFUND_ERROR", "", "REFUND_ERROR",
         "REFUND_ERROR"},
        {"outcome unknown, with a person", ended(manual), "REFUND_ERROR", "", "REFUND_ERROR", "REFUND_ERROR"},
        {"order unknown", unknown_order(), "FAIL", "UPAY_ORDER_NOT_EXISTS"},
        {"fully refunded, new request_no", stopped_by("nothing_left"), "FAIL", wrong_state, "", "",
         "订单已全额退款,可退金额不足"},
        {"order CREATED/PAY_CANCELED/CANCELED/CANCEL_*", stopped_by("not_refundable"), "FAIL", wrong_state,
         "", "", "当前订单状态不可退款"},
        {"amount > remaining (>0)", stopped_by("not_enough_left"), "FAIL", "REFUNDABLE_AMOUNT_NOT_ENOUGH", "",
         "", "订单可退金额不足"},
        {"same request_no already succeeded", stopped_by("already_refunded"), "FAIL",
         "UPAY_REFUND_ORDER_NOOP", "SUCCESS", "PARTIAL_REFUNDED"},
        {"same request_no, other amount", stopped_by("request_conflict"), "FAIL", "REFUND_REQUEST_CONFLICT",
         "", "", "重复的退款请求"},
        {"same request_no still running, same amount", accepted(), "REFUND_IN_PROGRESS", "", "IN_PROG",
         "REFUND_INPROGRESS"},
        {"older than 3 months", stopped_by("too_late"), "FAIL", wrong_state},
        {"refunded too many times", stopped_by("too_many_refunds"), "FAIL", wrong_state},
        {"promotion order not refundable", ended(refused, S::paid, Refusal::not_refundable), "FAIL",
         "UPAY_TCP_ORDER_NOT_REFUNDABLE", "", "", "订单7842000000000001参与了活动并且无法撤销"},
    };
    check(rows, "/upay/v2/refund");
}

class UpayTable54 : public UpayTables {
  protected:
    static std::string cancel_body(std::string_view client_sn = "A1") {
        return body(R"(,"client_sn":")" + std::string(client_sn) + "\"");
    }
    // An order in state `before` is cancelled and ends as `after`.
    std::function<void()> ended(PaymentState before, PaymentState after, ReversalBy by = ReversalBy::nobody) {
        return [this, before, after, by] {
            body_ = cancel_body();
            order_ = in(order_, before, by);
            answer_ = in(answer_, after, ReversalBy::merchant);
            answer_.payment.was_paid_before_reversal = before == PaymentState::paid;
        };
    }
    std::function<void()> refused_for(Refusal why) {
        return [this, why] {
            ended(PaymentState::paid, PaymentState::paid)();
            answer_.payment.refusal = why;
            auto& reversal = answer_.operations.emplace_back();
            reversal.kind = OperationKind::reverse;
            reversal.state = OperationState::refused;
        };
    }
    std::function<void()> stopped(PaymentState state, ReversalBy by, std::string reason) {
        return [this, state, by, reason] {
            body_ = cancel_body();
            order_ = in(order_, state, by);
            fail_with(core::Code::conflict, reason);
        };
    }
    std::function<void()> stopped_by_refund(OperationState state, PaymentState left = PaymentState::paid) {
        return [this, state, left] {
            body_ = cancel_body();
            order_ = with_refund(in(order_, left), state);
            fail_with(core::Code::conflict, "not_cancellable");
        };
    }
    std::function<void()> unknown_order() {
        return [this] { body_ = cancel_body("B"); };
    }
};

TEST_F(UpayTable54, CancelAndRevoke) {
    using S = PaymentState;
    using O = OperationState;
    const auto merchant = ReversalBy::merchant;
    constexpr std::string_view wrong_state = "UPAY_CANCEL_INVALID_ORDER_STATE";
    constexpr std::string_view noop = "UPAY_CANCEL_ORDER_NOOP";
    const Row rows[] = {
        {"PAID, same day, no refund", ended(S::paid, S::reversed), "CANCEL_SUCCESS", "", "SUCCESS",
         "CANCELED"},
        {"CREATED / paying, aborted", ended(S::pending, S::reversed), "CANCEL_ABORT_SUCCESS", "", "SUCCESS",
         "CANCELED"},
        {"CREATED, abort outcome unknown", ended(S::pending, S::manual_review), "CANCEL_ABORT_ERROR", "",
         "CANCEL_ERROR", "CANCEL_ERROR"},
        {"CREATED, abort running", ended(S::pending, S::reversing), "CANCEL_ABORT_IN_PROGRESS", "", "IN_PROG",
         "CANCEL_INPROGRESS"},
        {"PAID, channel outcome unknown", ended(S::paid, S::manual_review), "CANCEL_ERROR", "",
         "CANCEL_ERROR", "CANCEL_ERROR"},
        {"PAID, cancel running", ended(S::paid, S::reversing), "CANCEL_IN_PROGRESS", "", "IN_PROG",
         "CANCEL_INPROGRESS"},
        {"promotion order, not cancellable", refused_for(Refusal::not_refundable), "CANCEL_ERROR",
         "UPAY_TCP_ORDER_NOT_REFUNDABLE", unsaid, "PAID", "订单7842000000000001参与了活动并且无法撤销"},
        {"REFUNDED", stopped_by_refund(O::succeeded, S::refunded), "FAIL", wrong_state, unsaid, "REFUNDED",
         "当前的订单7842000000000001状态是REFUNDED"},
        {"PARTIAL_REFUNDED", stopped_by_refund(O::succeeded, S::partially_refunded), "FAIL", wrong_state,
         unsaid, "PARTIAL_REFUNDED", "当前的订单7842000000000001状态是PARTIAL_REFUNDED"},
        {"REFUND_INPROGRESS", stopped_by_refund(O::sent), "FAIL", wrong_state, unsaid, "REFUND_INPROGRESS",
         "当前的订单7842000000000001状态是REFUND_INPROGRESS"},
        {"REFUND_ERROR", stopped_by_refund(O::manual), "FAIL", wrong_state, unsaid, "REFUND_ERROR",
         "当前的订单7842000000000001状态是REFUND_ERROR"},
        {"CANCELED", stopped(S::reversed, merchant, "already_reversed"), "FAIL", noop, unsaid, "CANCELED"},
        {"PAY_CANCELED (auto-closed)", stopped(S::reversed, ReversalBy::engine, "already_reversed"), "FAIL",
         noop, unsaid, "PAY_CANCELED"},
        {"PAID on an earlier day", stopped(S::paid, ReversalBy::nobody, "not_same_day"), "FAIL", wrong_state,
         unsaid, "PAID"},
        {"PAY_ERROR: retry the reversal", ended(S::manual_review, S::reversed), "CANCEL_ABORT_SUCCESS", "",
         "SUCCESS", "CANCELED"},
        {"CANCEL_ERROR: retry the reversal", ended(S::manual_review, S::reversing, merchant),
         "CANCEL_ABORT_IN_PROGRESS", "", "IN_PROG", "CANCEL_INPROGRESS"},
        {"CANCEL_INPROGRESS: retry the reversal", ended(S::reversing, S::reversed, merchant),
         "CANCEL_ABORT_SUCCESS", "", "SUCCESS", "CANCELED"},
        {"unknown", unknown_order(), "FAIL", "UPAY_ORDER_NOT_EXISTS"},
    };
    for (const char* path : {"/upay/v2/cancel", "/upay/v2/revoke"}) check(rows, path);
}

TEST_F(UpayTables, Table55NetAmount) {
    using S = PaymentState;
    struct NetRow {
        std::string_view words;
        Aggregate order;
        std::string_view net;
    };
    const auto left_after = [this](S state, std::int64_t refunded) {
        Aggregate order = with_refund(in(order_, state), OperationState::succeeded, "R1", refunded);
        order.payment.refunded = core::fen(refunded);
        return order;
    };
    Aggregate refused_later =
        with_refund(left_after(S::partially_refunded, 40), OperationState::refused, "R2");
    Aggregate undone_unseen = in(order_, S::reversed, ReversalBy::engine);
    undone_unseen.payment.is_reopened = true;
    undone_unseen = with_refund(undone_unseen, OperationState::succeeded, "", 100);
    const NetRow rows[] = {
        {"before any refund", order_, "100"},
        {"before payment", in(order_, S::pending), "100"},
        {"on a failed payment", in(order_, S::failed), "100"},
        {"on a payment the server reversed", in(order_, S::reversed, ReversalBy::engine), "100"},
        {"on one found paid and refunded by the server", undone_unseen, "100"},
        {"while a refund runs", with_refund(order_, OperationState::sent, "R1", 40), "100"},
        {"when a refund was refused", with_refund(order_, OperationState::refused, "R1", 40), "100"},
        {"total - refunds afterwards", left_after(S::partially_refunded, 40), "60"},
        {"the same, a later one refused", refused_later, "60"},
        {"fully refunded", left_after(S::refunded, 100), "0"},
        {"after a cancel", in(order_, S::reversed, ReversalBy::merchant), "0"},
        {"while a cancel runs", in(order_, S::reversing, ReversalBy::merchant), "100"},
    };
    for (const NetRow& row : rows) {
        order_ = row.order;
        const auto answer = codec::parse_json(call("/upay/v2/query", body(R"(,"client_sn":"A1")")));
        EXPECT_EQ(data_text(*answer, "net_amount"), row.net) << row.words;
        EXPECT_EQ(data_text(*answer, "total_amount"), "100") << row.words;
    }
}

}  // namespace
}  // namespace huitong::api::upay

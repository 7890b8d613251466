// trade.refund and fastpay.refund.query (spec/channels 2.7). What a directive makes of a refund that Alipay
// itself does not know is our choice: `processing`, `abnormal` and `close` are accepted with fund_change=N
// and have no refund_status; an abnormal one keeps its amount for ever, a closed one gives it back and may be
// asked for again under its number.
#include "core/money.hpp"
#include "sim/alipay/desk.hpp"

namespace huitong::sim::alipay {

namespace {

std::string decimal(std::int64_t fen) {
    return core::to_decimal(core::fen(fen));
}

}  // namespace

std::optional<Outcome> Desk::refuse_refund(const Call& call, const Target& target, core::Instant now) {
    const Order& order = *target.order;
    const Refund& refund = *target.refund;
    const auto refuse = [&](std::string_view code, std::string_view text) {
        return std::optional<Outcome>(fail(call, code, text));
    };
    if (refund.holds_money() && refund.amount_fen != call.refund_fen) {
        return refuse("ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致");
    }
    if (refund.holds_money()) return std::nullopt;
    if (order.state == State::revoked) return refuse("ACQ.TRADE_HAS_CLOSE", "交易已关闭");
    if (order.state != State::paid) return refuse("ACQ.TRADE_STATUS_ERROR", "交易状态不合法");
    if (call.refund_number.empty() && call.refund_fen != order.amount_fen) {
        return refuse("ACQ.INVALID_PARAMETER", "部分退款时out_request_no必传");
    }
    if (now > order.paid_at + refund_window) return refuse("ACQ.TRADE_HAS_FINISHED", "交易已完结");
    if (books().held_fen(order) + call.refund_fen > order.amount_fen) {
        return refuse("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限");
    }
    return std::nullopt;
}

Outcome Desk::refund(const Call& call, const Target& target, core::Instant now) {
    Order& order = *target.order;
    Refund& refund = *target.refund;
    const Trouble trouble = refund_trouble(call, refund);
    if (trouble == Trouble::system_error) return fail(call, "ACQ.SYSTEM_ERROR", "系统错误");
    if (trouble == Trouble::need_retry) return fail(call, "20000", "系统繁忙");
    if (auto refused = refuse_refund(call, target, now)) return std::move(*refused);
    const bool is_new = !refund.holds_money();
    if (is_new) {
        if (refund.state == RefundState::closed) refund.script = {};
        accept_refund(call, target, now, core::Duration{0});
        settle(order, now);
    }
    const bool has_moved = is_new && refund.state == RefundState::succeeded;
    Outcome outcome = speak_of(call, order);
    add_buyer(outcome, order);
    outcome.add("fund_change", has_moved ? "Y" : "N");
    outcome.add("refund_fee", decimal(books().held_fen(order)));
    outcome.add("send_back_fee", has_moved ? decimal(refund.amount_fen) : "0.00");
    if (refund.state == RefundState::succeeded) {
        outcome.add("gmt_refund_pay", core::to_beijing_text(refund.ends_at));
    }
    if (trouble == Trouble::lost) outcome.drop();
    return outcome;
}

Outcome Desk::refund_query(const Call& call, const Target& target) {
    const Order& order = *target.order;
    Outcome outcome = speak_of(call, order);
    outcome.add("out_request_no", call.refund_number);
    const bool is_refund = target.refund != nullptr && target.refund->state == RefundState::succeeded;
    // A reversal is asked for by the trade's own number.
    const bool is_reversal = !is_refund && order.state == State::revoked && order.refunded_fen > 0 &&
                             call.refund_number == order.number();
    if (!is_refund && !is_reversal) return outcome;
    outcome.add("refund_amount", decimal(is_refund ? target.refund->amount_fen : order.refunded_fen));
    outcome.add("total_amount", decimal(order.amount_fen));
    outcome.add("refund_status", "REFUND_SUCCESS");
    outcome.add("gmt_refund_pay",
                core::to_beijing_text(is_refund ? target.refund->ends_at : order.reversed_at));
    if (is_refund) outcome.add("refund_reason", target.refund->reason);
    return outcome;
}

}  // namespace huitong::sim::alipay

// trade.pay, query, cancel and close: what becomes of a trade (spec/channels 2.3, 2.5, 2.6, 2.8, 3.4).
#include "core/money.hpp"
#include "sim/alipay/desk.hpp"

namespace huitong::sim::alipay {

namespace {

constexpr core::Duration cancel_grace = std::chrono::minutes(15);  // past midnight

// The day of the trade, and the grace after it.
bool may_cancel(const Order& order, core::Instant now) {
    return beijing_day(now) == beijing_day(order.created_at) ||
           beijing_day(now - cancel_grace) <= beijing_day(order.created_at);
}

bool is_cancelled(Way way) {
    return way == Way::precreate || way == Way::create;
}

}  // namespace

Outcome Desk::pay(const Call& call, Order& order, core::Instant now) {
    const PayDone done = take_payment(call, order, now);
    const bool is_refunded = done.end == PayEnd::already_paid && order.refunded_fen == order.amount_fen;
    const Say say = is_refunded ? says(PayEnd::already_ended) : done.say;
    Outcome outcome = say.code.empty() ? succeed(call) : fail(call, say.code, say.text);
    const bool is_pending = say.code == "10003";
    if (order.row != nullptr && (say.code.empty() || is_pending)) {
        outcome.add("trade_no", trade_id(order));
        outcome.add("out_trade_no", order.number());
        add_buyer(outcome, order);
        if (is_pending) outcome.add("total_amount", core::to_decimal(core::fen(order.amount_fen)));
        if (!is_pending) add_amounts(outcome, order);
        if (!is_pending) outcome.add("gmt_payment", core::to_beijing_text(order.paid_at));
    }
    apply_wire(outcome, done.script);
    return outcome;
}

Outcome Desk::query(const Call& call, Order& order, core::Instant now) {
    const Trouble trouble = query_trouble(order, now);
    if (trouble == Trouble::system_error) return fail(call, "20000", "系统繁忙");
    if (trouble == Trouble::not_exist) return say_not_found(call);
    Outcome outcome = speak_of(call, order);
    add_buyer(outcome, order);
    outcome.add("trade_status", state_name(order, now));
    add_amounts(outcome, order);
    if (order.was_paid()) outcome.add("send_pay_date", core::to_beijing_text(order.paid_at));
    if (!order.was_paid()) outcome.fund_amount.clear();
    if (order.state == State::paid && shows_other_amount(order)) show_amount(outcome, order.amount_fen + 1);
    if (trouble == Trouble::silence) outcome.fall_silent();
    return outcome;
}

Outcome Desk::cancel(const Call& call, Order* order, core::Instant now) {
    if (order == nullptr) return fail(call, "ACQ.TRADE_NOT_EXIST", "交易不存在");
    const auto answer = [&](std::string_view retry_flag, std::string_view action) {
        Outcome outcome = succeed(call);
        if (!action.empty()) outcome.add("trade_no", trade_id(*order));
        outcome.add("out_trade_no", order->number());
        outcome.add("retry_flag", retry_flag);
        if (!action.empty()) outcome.add("action", action);
        return outcome;
    };
    if (order->launch != nullptr && !is_cancelled(order->launch->way)) {
        violate(*order, now, "cancel_on_launched", "only what is paid in person is cancelled");
        return fail(call, "ACQ.CANCEL_NOT_ALLOWED", "该交易不允许撤销");
    }
    // A code that nobody scanned is dead from now on.
    const bool has_code = order->launch != nullptr && order->sub == call.sub;
    if (order->state == State::absent && (options_.tombstones || has_code)) {
        order->sub = call.sub;
        order->created_at = now;
        Books::reverse(*order, now);
    }
    if (!is_there(call, order)) return answer("N", {});
    if (order->refunds > 0) {
        return fail(call, "ACQ.REASON_TRADE_REFUND_FEE_ERR", "交易发生过退款，不能撤销");
    }
    if (order->state != State::revoked && !may_cancel(*order, now)) {
        violate(*order, now, "cancel_other_day", "cancelled on another Beijing day than the trade's");
        return fail(call, "ACQ.TRADE_CANCEL_TIME_OUT", "超过撤销时间，请使用退款接口");
    }
    const Trouble trouble = reverse_trouble(*order, now);
    if (trouble == Trouble::recall) return answer("Y", {});
    if (trouble == Trouble::system_error) return fail(call, "20000", "系统繁忙");
    if (trouble == Trouble::merchant_short)
        return fail(call, "ACQ.SELLER_BALANCE_NOT_ENOUGH", "商户余额不足");
    if (order->state != State::revoked) Books::reverse(*order, now);
    Outcome outcome = answer("N", order->was_paid() ? "refund" : "close");
    if (order->was_paid()) outcome.add("gmt_refund_pay", core::to_beijing_text(order->reversed_at));
    if (trouble == Trouble::lost) outcome.drop();
    return outcome;
}

Outcome Desk::close(const Call& call, Order& order, core::Instant now) {
    if (order.state == State::paid) return fail(call, "ACQ.TRADE_STATUS_ERROR", "交易状态不合法");
    if (order.state == State::revoked) {
        return fail(call, "ACQ.REASON_TRADE_STATUS_INVALID", "交易状态不合法");
    }
    Books::reverse(order, now);
    return speak_of(call, order);
}

}  // namespace huitong::sim::alipay

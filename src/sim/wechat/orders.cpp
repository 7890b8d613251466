// micropay, orderquery, reverse and closeorder: what becomes of an order (spec/channels 1A.4 to 1A.6, 1A.8).
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr core::Duration reverse_limit = std::chrono::hours(24 * 7);
constexpr std::string_view system_timeout = "系统超时";

// Display texts of spec/channels Appendix A.
std::string_view state_text(const Order& order) {
    switch (order.state) {
        case State::absent:
            return "";
        case State::paying:
            return order.launch != nullptr ? "订单未支付" : "支付用户中，需要输入密码";
        case State::paid:
            return order.refunds > 0 ? "订单发生过退款，退款详情请查询退款单" : "支付成功";
        case State::payerror:
            return "支付失败，请撤销订单";
        case State::revoked:
            return order.launch != nullptr ? "订单已关闭" : "订单已撤销";
    }
    return "";
}

}  // namespace

Outcome Desk::micropay(const Call& call, Order& order, core::Instant now) {
    const PayDone done = take_payment(call, order, now);
    if (done.is_born) {
        books().keep_attach(order, std::string(call.fields.get("attach")));
        books().keep_subject(order, call.fields.get("body"));
    }
    const Say& say = done.say;
    Outcome outcome = say.code.empty() ? succeed(call, random_) : fail(call, random_, say.code, say.text);
    if (say.code.empty() && done.is_born) {
        add_payment_fields(outcome, order);
        if (call.api == Api::v3) add_state(outcome, order, now);
    }
    apply_wire(outcome, done.script);
    return outcome;
}

void Desk::add_state(Outcome& outcome, const Order& order, core::Instant now) const {
    outcome.add("trade_state", state_name(order, now));
    outcome.add("trade_state_desc", state_text(order));
}

Outcome Desk::orderquery(const Call& call, Order* order, core::Instant now) {
    if (!is_there(call, order)) return say_not_found(call);
    const Trouble trouble = query_trouble(*order, now);
    if (trouble == Trouble::system_error) return fail(call, random_, "SYSTEMERROR", system_timeout);
    if (trouble == Trouble::not_exist) return say_not_found(call);
    Outcome outcome = succeed(call, random_);
    if (trouble == Trouble::silence) outcome.fall_silent();
    if (order->state == State::paid) {
        add_payment_fields(outcome, *order);
    } else {
        outcome.add("out_trade_no", order->number());
        outcome.add("attach", "");
    }
    add_state(outcome, *order, now);
    if (order->state == State::paid && shows_other_amount(*order)) {
        show_amount(outcome, order->amount_fen + 1);
    }
    return outcome;
}

Outcome Desk::reverse(const Call& call, Order* order, core::Instant now) {
    if (order == nullptr) return fail(call, random_, "INVALID_TRANSACTIONID", "无效transaction_id");
    if (order->state == State::absent) {
        if (!options_.tombstones) return fail(call, random_, "ORDERNOTEXIST", "订单不存在");
        order->sub = call.sub;
        order->created_at = now;
    } else if (order->sub != call.sub) {
        return fail(call, random_, "ORDERNOTEXIST", "订单不存在");
    }
    if (order->launch != nullptr) {
        return fail(call, random_, "TRADE_STATE_ERROR", "支付场景不正确，非付款码支付的订单不能撤销");
    }
    if (order->state != State::revoked && now > order->created_at + reverse_limit) {
        return fail(call, random_, "REVERSE_EXPIRE", "订单无法撤销");
    }
    if (order->refunds > 0) return fail(call, random_, "TRADE_STATE_ERROR", "订单发生过退款，不能撤销");
    const Trouble trouble = reverse_trouble(*order, now);
    if (trouble == Trouble::system_error) return fail(call, random_, "SYSTEMERROR", system_timeout, "Y");
    if (trouble == Trouble::user_paying) {
        return fail(call, random_, "USERPAYING", "正在支付中不能发起撤销", "Y");
    }
    if (trouble == Trouble::merchant_short) return fail(call, random_, "NOTENOUGH", "商户可用余额不足");
    if (trouble == Trouble::none && order->state != State::revoked) Books::reverse(*order, now);
    // API v3 has no field to ask for the same call again.
    if (trouble == Trouble::recall && call.api == Api::v3) {
        return fail(call, random_, "SYSTEMERROR", system_timeout);
    }
    Outcome outcome = succeed(call, random_);
    if (call.api == Api::v3) {
        outcome.add("out_trade_no", order->number());
    } else {
        outcome.add("recall", trouble == Trouble::recall ? "Y" : "N");
    }
    if (trouble == Trouble::lost) outcome.drop();
    return outcome;
}

Outcome Desk::close(const Call& call, Order& order, core::Instant now) {
    if (!is_there(call, &order)) return fail(call, random_, "ORDERNOTEXIST", "订单不存在");
    if (order.state == State::paid) return fail(call, random_, "ORDERPAID", "订单已支付");
    if (order.launch == nullptr) {
        return fail(call, random_, "TRADE_STATE_ERROR", "付款码支付的订单不能关闭，请使用撤销接口");
    }
    if (order.state == State::revoked) return fail(call, random_, "ORDERCLOSED", "订单已关闭");
    Books::reverse(order, now);
    return succeed(call, random_);
}

}  // namespace huitong::sim::wechat

// orderquery: the state of an order (spec/channels 1A.5).
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

// Display texts of spec/channels Appendix A.
std::string_view state_text(State state) {
    switch (state) {
        case State::absent:
            return "";
        case State::paying:
            return "支付用户中，需要输入密码";
        case State::paid:
            return "支付成功";
        case State::payerror:
            return "支付失败，请撤销订单";
        case State::revoked:
            return "订单已撤销";
    }
    return "";
}

}  // namespace

std::optional<Outcome> Desk::query_quirk(const Call& call, Order& order, core::Instant now) {
    if (order.row == nullptr || order.state == State::revoked) return std::nullopt;
    switch (order.row->query) {
        case QueryQuirk::none:
        case QueryQuirk::other_amount:
            return std::nullopt;
        case QueryQuirk::system_error:
            if (order.quirks_shown < order.tt) {
                ++order.quirks_shown;
                return fail(call, random_, "SYSTEMERROR", "系统超时");
            }
            if (order.state == State::paying) Books::pay(order, now);
            return std::nullopt;
        case QueryQuirk::not_exist:
            if (now >= order.created_at + std::chrono::seconds(order.tt)) return std::nullopt;
            return fail(call, random_, "ORDERNOTEXIST", "此交易订单号不存在");
        case QueryQuirk::timeout: {
            if (order.quirks_shown >= order.tt) return std::nullopt;
            ++order.quirks_shown;
            Outcome outcome = drop();
            outcome.delay = silence;
            return outcome;
        }
    }
    return std::nullopt;
}

Outcome Desk::orderquery(const Call& call, Order* order, core::Instant now) {
    const bool is_there = order != nullptr && order->state != State::absent && order->sub == call.sub;
    if (!is_there) return fail(call, random_, "ORDERNOTEXIST", "此交易订单号不存在");
    if (auto quirk = query_quirk(call, *order, now)) return std::move(*quirk);
    Outcome outcome = succeed(call, random_);
    if (order->state == State::paid) {
        add_payment_fields(outcome, call, *order);
    } else {
        outcome.add("out_trade_no", order->number());
        outcome.add("attach", "");
    }
    outcome.add("trade_state", to_string(order->state));
    outcome.add("trade_state_desc", state_text(order->state));
    if (order->state == State::paid && order->row->query == QueryQuirk::other_amount) {
        const std::string other = std::to_string(order->amount_fen + 1);
        outcome.set("total_fee", other);
        outcome.set("cash_fee", other);
    }
    return outcome;
}

}  // namespace huitong::sim::wechat

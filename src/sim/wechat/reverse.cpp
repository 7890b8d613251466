// reverse: close an unpaid order, refund a paid one in full, bar a number never seen (spec/channels 1A.6).
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr core::Duration reverse_limit = std::chrono::hours(24 * 7);

}  // namespace

std::optional<Outcome> Desk::reverse_quirk(const Call& call, Order& order, core::Instant now) {
    if (order.row == nullptr) return std::nullopt;
    const ReverseQuirk quirk = order.row->reverse;
    const bool is_reversed = order.state == State::revoked;
    if (is_reversed && quirk != ReverseQuirk::lost) return std::nullopt;
    const bool is_counted =
        quirk == ReverseQuirk::recall || quirk == ReverseQuirk::system_error || quirk == ReverseQuirk::lost;
    if (is_counted && order.quirks_shown >= order.tt) return std::nullopt;
    if (is_counted) ++order.quirks_shown;
    switch (quirk) {
        case ReverseQuirk::none:
            return std::nullopt;
        case ReverseQuirk::pays_first:
            if (order.state == State::paying) Books::pay(order, now);
            return std::nullopt;
        case ReverseQuirk::recall:
        case ReverseQuirk::recall_forever: {
            Outcome outcome = succeed(call, random_);
            outcome.add("recall", "Y");
            return outcome;
        }
        case ReverseQuirk::system_error:
        case ReverseQuirk::never:
            return fail(call, random_, "SYSTEMERROR", "系统超时", "Y");
        case ReverseQuirk::lost:
            if (!is_reversed) Books::reverse(order, now);
            return drop();
        case ReverseQuirk::user_paying:
            if (now >= order.created_at + std::chrono::seconds(order.tt)) return std::nullopt;
            return fail(call, random_, "USERPAYING", "正在支付中不能发起撤销", "Y");
        case ReverseQuirk::merchant_short:
            return fail(call, random_, "NOTENOUGH", "商户可用余额不足");
    }
    return std::nullopt;
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
    if (order->state != State::revoked && now > order->created_at + reverse_limit) {
        return fail(call, random_, "REVERSE_EXPIRE", "订单无法撤销");
    }
    if (auto quirk = reverse_quirk(call, *order, now)) return std::move(*quirk);
    if (order->state != State::revoked) Books::reverse(*order, now);
    Outcome outcome = succeed(call, random_);
    outcome.add("recall", "N");
    return outcome;
}

}  // namespace huitong::sim::wechat

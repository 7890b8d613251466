// precreate, create, and strings that the payer brings: trades that the payer starts
// (spec/channels 2.4, 3.4).
#include "sim/alipay/desk.hpp"

namespace huitong::sim::alipay {

std::optional<Outcome> Desk::refuse_launch(const Call& call, const Order& order, LaunchEnd end) {
    const bool is_back = order.was_paid() && order.refunded_fen == order.amount_fen;
    switch (end) {
        case LaunchEnd::made:
        case LaunchEnd::repeated:
            return std::nullopt;
        case LaunchEnd::other_content:
        case LaunchEnd::other_product:
            return fail(call, "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改");
        case LaunchEnd::already_paid:
            if (is_back) break;
            return fail(call, "ACQ.TRADE_HAS_SUCCESS", "交易已被支付");
        case LaunchEnd::already_ended:
            break;
    }
    return fail(call, "ACQ.TRADE_HAS_CLOSE", "交易已经关闭");
}

Outcome Desk::precreate(const Call& call, Order& order, core::Instant now) {
    const LaunchEnd end = take_launch(call, order, now, false);
    if (auto refused = refuse_launch(call, order, end)) return std::move(*refused);
    Launch& launch = *order.launch;
    const bool is_stale = !launch.is_scanned && now >= launch.code_ends_at;
    if (end == LaunchEnd::made || is_stale) {
        launch.content = "https://qr.alipay.com/bax" + random_.hex(21);
        books().launches().name(launch, launch.content);
    }
    if (is_stale) {
        launch.code_ends_at = now + launch.code_lives;
        launch.ends_at = call.launch.ends_at;
    }
    Outcome outcome = succeed(call);
    outcome.add("out_trade_no", order.number());
    outcome.add("qr_code", launch.content);
    return outcome;
}

Outcome Desk::create(const Call& call, Order& order, core::Instant now) {
    const LaunchEnd end = take_launch(call, order, now, true);
    if (auto refused = refuse_launch(call, order, end)) return std::move(*refused);
    order.launch->content = trade_id(order);
    books().launches().name(*order.launch, order.launch->content);
    return speak_of(call, order);
}

Outcome Desk::open(const Call& call, Order& order, core::Instant now) {
    const LaunchEnd end = take_launch(call, order, now, false);
    if (auto refused = refuse_launch(call, order, end)) return std::move(*refused);
    if (!Books::scan(order, now)) return fail(call, "ACQ.TRADE_HAS_CLOSE", "交易已经关闭");
    order.launch->content = trade_id(order);
    books().launches().name(*order.launch, order.launch->content);
    Outcome outcome = succeed(call);
    outcome.location = "/_sim/wallet?content=" + order.launch->content;
    return outcome;
}

}  // namespace huitong::sim::alipay

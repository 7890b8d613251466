// Desk's scenarios: what the row behind a payment code, the password rules and refund scripts make of a call.
// A number is decided once and for ever; a code pays once.
#include <algorithm>

#include "core/money.hpp"
#include "sim/desk.hpp"

namespace huitong::sim {

namespace {

// The first six of the code's free digits name the payer (spec/channels 6.3).
std::uint32_t payer_of(std::string_view auth_code) {
    return static_cast<std::uint32_t>(core::parse_minor(auth_code.substr(2, 6)).value_or(0));
}

struct RepeatRow {
    PayEnd end;
    Words says;
};

constexpr RepeatRow repeat_rows[] = {
    {PayEnd::code_used,
     {{"AUTH_CODE_ERROR", "每个二维码仅限使用一次，请刷新再试"},
      {"ACQ.PAYMENT_AUTH_CODE_INVALID", "支付授权码无效"}}},
    {PayEnd::already_paid, {{"ORDERPAID", "订单已支付"}, {"ACQ.TRADE_HAS_SUCCESS", "交易已被支付"}}},
    {PayEnd::already_ended, {{"ORDERREVERSED", "当前订单已被撤销"}, {"ACQ.TRADE_HAS_CLOSE", "交易已经关闭"}}},
    {PayEnd::other_amount,
     {{"OUT_TRADE_NO_USED", "商户订单号重复"}, {"ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"}}},
    {PayEnd::other_payer,
     {{"BUYER_MISMATCH", "支付帐号错误"}, {"ACQ.TRADE_BUYER_NOT_MATCH", "交易买家不匹配"}}},
    {PayEnd::still_paying, {{"USERPAYING", "需要用户输入支付密码"}, {"10003", ""}}},
    {PayEnd::other_product,
     {{"INVALID_REQUEST", "201 商户订单号重复"}, {"ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"}}},
    {PayEnd::closed, {{"ORDERCLOSED", "订单已关闭"}, {"ACQ.TRADE_HAS_CLOSE", "交易已经关闭"}}},
    {PayEnd::already_failed, {{"INVALID_REQUEST", "201 商户订单号重复"}, {"ACQ.PAYMENT_FAIL", "支付失败"}}},
};

}  // namespace

Say Desk::says(PayEnd end) const {
    const auto* const row = std::ranges::find(repeat_rows, end, &RepeatRow::end);
    return row == std::end(repeat_rows) ? Say{} : row->says.*profile_.says;
}

Script Desk::script_of(const Call& call, core::Instant now) const {
    Script script{&plain_row(), 0};
    if (options_.magic) {
        script = script_of_code(call.auth_code, profile_.code_prefix);
        if (const auto asked = script_of_header(call.negative_test)) script = *asked;
    }
    if (!script.is_plain()) return script;
    if (options_.password_above_fen > 0 && call.amount_fen > options_.password_above_fen)
        return password_script();
    const int limit = options_.password_free_per_day;
    const bool is_over = limit > 0 && books_.password_free_today(payer_of(call.auth_code), now) >= limit;
    return is_over ? password_script() : script;
}

std::optional<core::Instant> Desk::held_until(const Call& call, const Target& target,
                                              core::Instant now) const {
    if (call.op != Op::pay || target.order->is_known()) return std::nullopt;
    const Script script = script_of(call, now);
    if (script.row->wire != Wire::held) return std::nullopt;
    return now + std::chrono::seconds(script.tt);
}

PayEnd Desk::answer_repeat(const Call& call, const Order& order) const {
    if (order.state == State::paid) return PayEnd::already_paid;
    const bool is_launched = order.launch != nullptr;
    if (order.state == State::revoked) return is_launched ? PayEnd::closed : PayEnd::already_ended;
    if (is_launched) return PayEnd::other_product;
    if (order.amount_fen != call.amount_fen || order.sub != call.sub) return PayEnd::other_amount;
    if (order.payer != payer_of(call.auth_code)) return PayEnd::other_payer;
    return order.state == State::paying ? PayEnd::still_paying : PayEnd::already_failed;
}

bool Desk::give_birth(const Call& call, Order& order, Script script, core::Instant now) {
    Birth birth = script.row->birth;
    if (birth == Birth::paid_on_repeat) birth = order.pays > 1 ? Birth::paid : Birth::none;
    if (birth == Birth::none) return false;
    (void)books_.use_code(call.auth_code);  // the caller has checked that it was not
    order.row = script.row;
    order.tt = static_cast<std::uint8_t>(script.tt);
    order.sub = call.sub;
    order.payer = payer_of(call.auth_code);
    order.amount_fen = call.amount_fen;
    order.created_at = now;
    order.state = State::paying;
    order.wrong_passwords = static_cast<std::uint8_t>(script.row->wrong_passwords);
    order.later_at = now + std::chrono::seconds(script.tt);
    if (birth == Birth::pays_later) order.later = LaterAct::pay;
    if (birth == Birth::cancels_later) order.later = LaterAct::cancel;
    if (birth == Birth::refused) order.state = State::payerror;
    if (birth == Birth::paid) {
        Books::pay(order, now);
        books_.count_password_free(order.payer, now);
    }
    return true;
}

PayDone Desk::take_payment(const Call& call, Order& order, core::Instant now) {
    const auto refuse = [&](PayEnd end) {
        return PayDone{.end = end, .script = {&plain_row(), 0}, .say = says(end)};
    };
    if (order.is_known()) return refuse(answer_repeat(call, order));
    if (books_.is_used(call.auth_code)) return refuse(PayEnd::code_used);
    Script script = script_of(call, now);
    const bool is_born = give_birth(call, order, script, now);
    // The row of scenario 44 speaks of the first call only.
    if (script.row->birth == Birth::paid_on_repeat && is_born) script = Script{&plain_row(), 0};
    return {PayEnd::scripted, script, script.row->says.*profile_.says, is_born};
}

LaunchEnd Desk::take_launch(const Call& call, Order& order, core::Instant now, bool has_trade) {
    Launch* const known = order.launch;
    const bool is_paid = order.state == State::paid;
    if (known == nullptr && order.state != State::absent) {
        return is_paid ? LaunchEnd::already_paid : LaunchEnd::other_product;
    }
    if (known != nullptr) {
        ++known->calls;
        if (order.state == State::revoked) return LaunchEnd::already_ended;
        if (is_paid) return LaunchEnd::already_paid;
        const bool is_same = known->fingerprint == call.launch.fingerprint && order.sub == call.sub;
        return is_same ? LaunchEnd::repeated : LaunchEnd::other_content;
    }
    order.sub = call.sub;
    order.amount_fen = call.amount_fen;
    Launch launch = call.launch;
    launch.calls = 1;
    launch.made_at = now;
    launch.code_ends_at = std::min(launch.ends_at, now + launch.code_lives);
    const auto after = [&](std::int64_t seconds) { return now + std::chrono::seconds(seconds); };
    if (options_.magic) launch.plan = plan_in(launch.body + " " + launch.subject);
    const Plan& plan = launch.plan;
    if (plan.expire_s) launch.code_ends_at = launch.ends_at = after(*plan.expire_s);
    if (plan.pay_s) launch.pay_at = after(*plan.pay_s);
    launch.scan_at = plan.scan_s ? after(*plan.scan_s) : launch.pay_at;
    launch.pay_at = std::max(launch.pay_at, launch.scan_at);
    (void)books_.launch(order, std::move(launch), has_trade);
    return LaunchEnd::made;
}

Trouble Desk::query_trouble(Order& order, core::Instant now) {
    if (order.row == nullptr || order.state == State::revoked) return Trouble::none;
    switch (order.row->query) {
        case QueryQuirk::none:
        case QueryQuirk::other_amount:
            break;
        case QueryQuirk::system_error:
            if (order.quirks_shown < order.tt) {
                ++order.quirks_shown;
                return Trouble::system_error;
            }
            if (order.state == State::paying) Books::pay(order, now);
            break;
        case QueryQuirk::not_exist:
            if (now < order.created_at + std::chrono::seconds(order.tt)) return Trouble::not_exist;
            break;
        case QueryQuirk::timeout:
            if (order.quirks_shown >= order.tt) break;
            ++order.quirks_shown;
            return Trouble::silence;
    }
    return Trouble::none;
}

Trouble Desk::reverse_trouble(Order& order, core::Instant now) {
    if (order.row == nullptr) return Trouble::none;
    const ReverseQuirk quirk = order.row->reverse;
    const bool is_reversed = order.state == State::revoked;
    if (is_reversed && quirk != ReverseQuirk::lost) return Trouble::none;
    const bool is_counted =
        quirk == ReverseQuirk::recall || quirk == ReverseQuirk::system_error || quirk == ReverseQuirk::lost;
    if (is_counted && order.quirks_shown >= order.tt) return Trouble::none;
    if (is_counted) ++order.quirks_shown;
    switch (quirk) {
        case ReverseQuirk::none:
            break;
        case ReverseQuirk::pays_first:
            if (order.state == State::paying) Books::pay(order, now);
            break;
        case ReverseQuirk::recall:
        case ReverseQuirk::recall_forever:
            return Trouble::recall;
        case ReverseQuirk::system_error:
        case ReverseQuirk::never:
            return Trouble::system_error;
        case ReverseQuirk::lost:
            if (!is_reversed) Books::reverse(order, now);
            return Trouble::lost;
        case ReverseQuirk::user_paying:
            if (now < order.created_at + std::chrono::seconds(order.tt)) return Trouble::user_paying;
            break;
        case ReverseQuirk::merchant_short:
            return Trouble::merchant_short;
    }
    return Trouble::none;
}

Trouble Desk::refund_trouble(const Call& call, Refund& refund) const {
    if (call.refund_script) {
        refund.script = *call.refund_script;
        refund.has_script = true;
        refund.shown = 0;
    } else if (options_.magic && !refund.has_script) {
        refund.script = refund_script_in(call.reason);
        refund.has_script = true;
    }
    const RefundScript& script = refund.script;
    if (refund.shown >= script.n) return Trouble::none;
    switch (script.play) {
        case RefundPlay::ok:
        case RefundPlay::processing:
        case RefundPlay::abnormal:
        case RefundPlay::close:
            break;
        case RefundPlay::system_error:
            ++refund.shown;
            return Trouble::system_error;
        case RefundPlay::need_retry:
            ++refund.shown;
            return Trouble::need_retry;
        case RefundPlay::lost:
            ++refund.shown;
            return Trouble::lost;
    }
    return Trouble::none;
}

void Desk::accept_refund(const Call& call, const Target& target, core::Instant now, core::Duration usual) {
    Refund& refund = *target.refund;
    const RefundPlay play = refund.script.play;
    refund.amount_fen = call.refund_fen;
    refund.reason = call.reason;
    refund.notify_url = call.notify_url;
    refund.ends_as = RefundState::succeeded;
    if (play == RefundPlay::abnormal) refund.ends_as = RefundState::abnormal;
    if (play == RefundPlay::close) refund.ends_as = RefundState::closed;
    if (play == RefundPlay::processing) usual = std::chrono::seconds(refund.script.n);
    Books::accept(*target.order, refund, now, now + usual);
}

}  // namespace huitong::sim

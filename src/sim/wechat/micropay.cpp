// micropay: charge the code a payer shows (spec/channels 1A.4). A number is decided once and for ever; a code
// pays once.
#include "core/money.hpp"
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

// The first six of the code's free digits name the payer (spec/channels 6.3).
std::uint32_t payer_of(std::string_view auth_code) {
    return static_cast<std::uint32_t>(core::parse_minor(auth_code.substr(2, 6)).value_or(0));
}

// What the wire does to the answer of a call that was executed, or pretended to be.
Outcome apply_wire(Outcome outcome, const Script& script) {
    switch (script.row->wire) {
        case Wire::plain:
        case Wire::held:
            break;
        case Wire::reset_before:
        case Wire::reset_after:
            return drop();
        case Wire::bad_gateway:
            return html(502);
        case Wire::late:
            outcome.delay = std::chrono::seconds(script.tt);
            break;
        case Wire::truncated:
            outcome.delivery = net::Delivery::truncate;
            break;
        case Wire::bad_sign:
            outcome.has_bad_sign = true;
            break;
    }
    return outcome;
}

}  // namespace

Script Desk::script_of(const Call& call, core::Instant now) const {
    const std::string_view code = call.fields.get("auth_code");
    Script script{&plain_row(), 0};
    if (options_.magic) {
        script = script_of_code(code);
        if (const auto asked = script_of_header(call.negative_test)) script = *asked;
    }
    if (!script.is_plain()) return script;
    if (options_.password_above_fen > 0 && call.total_fee > options_.password_above_fen)
        return password_script();
    const int limit = options_.password_free_per_day;
    if (limit > 0 && books_.password_free_today(payer_of(code), now) >= limit) return password_script();
    return script;
}

Outcome Desk::answer_repeat(const Call& call, const Order& order) {
    if (order.state == State::paid) return fail(call, random_, "ORDERPAID", "订单已支付");
    if (order.state == State::revoked) return fail(call, random_, "ORDERREVERSED", "当前订单已被撤销");
    if (order.amount_fen != call.total_fee || order.sub != call.sub) {
        return fail(call, random_, "OUT_TRADE_NO_USED", "商户订单号重复");
    }
    if (order.payer != payer_of(call.fields.get("auth_code"))) {
        return fail(call, random_, "BUYER_MISMATCH", "支付帐号错误");
    }
    if (order.state == State::paying) return fail(call, random_, "USERPAYING", "需要用户输入支付密码");
    return fail(call, random_, "INVALID_REQUEST", "201 商户订单号重复");
}

bool Desk::give_birth(const Call& call, Order& order, Script script, core::Instant now) {
    Birth birth = script.row->birth;
    if (birth == Birth::paid_on_repeat) birth = order.micropays > 1 ? Birth::paid : Birth::none;
    if (birth == Birth::none) return false;
    const std::string_view code = call.fields.get("auth_code");
    (void)books_.use_code(code);  // the caller has checked that it was not
    books_.keep_attach(order, std::string(call.fields.get("attach")));
    order.row = script.row;
    order.tt = static_cast<std::uint8_t>(script.tt);
    order.sub = call.sub;
    order.payer = payer_of(code);
    order.amount_fen = call.total_fee;
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

Outcome Desk::micropay(const Call& call, Order& order, core::Instant now) {
    if (order.state != State::absent) return answer_repeat(call, order);
    if (books_.is_used(call.fields.get("auth_code"))) {
        return fail(call, random_, "AUTH_CODE_ERROR", "每个二维码仅限使用一次，请刷新再试");
    }
    const Script script = script_of(call, now);
    const bool is_born = give_birth(call, order, script, now);
    const MagicRow& row = *script.row;
    if (row.birth == Birth::paid_on_repeat && !is_born) {
        return fail(call, random_, "FREQUENCY_LIMITED", "频率限制，请稍后再试");
    }
    if (!row.err_code.empty()) return apply_wire(fail(call, random_, row.err_code, row.err_text), script);
    Outcome outcome = succeed(call, random_);
    if (is_born) add_payment_fields(outcome, call, order);
    return apply_wire(std::move(outcome), script);
}

}  // namespace huitong::sim::wechat

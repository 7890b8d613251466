// What the operations share: names, numbers, dispatch.
#include "sim/wechat/desk.hpp"

#include <fmt/format.h>

#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "sim/wechat/v3_checks.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr std::string_view transaction_prefix = "4200000001";

constexpr Profile profile_of_wechat{
    .channel = "wechat",
    .code_prefix = "13",
    .ops = {"micropay", "orderquery", "reverse", "refund", "refundquery", "closeorder", "unifiedorder", "",
            "", "downloadbill", "billfile", "certificates"},
    .says = &Words::wechat,
    .earliest_reverse = std::chrono::seconds(15),
    .account_name = "mch_id",
    .sub_name = "sub_mch_id",
    .trade_name = "transaction_id",
    .refund_states = {"ABSENT", "PROCESSING", "SUCCESS", "CHANGE", "REFUNDCLOSE"},
    .reverses_launched = false,
    .earliest_close = std::chrono::minutes(5),
};

}  // namespace

Desk::Desk(core::Random& random, const Options& options, Violations& violations)
    : sim::Desk(profile_of_wechat, random, options, violations), platform_(options, random) {}

bool Desk::knows(std::string_view path) {
    return find_op(path).has_value() || v3::find_route(path) != nullptr;
}

std::expected<Call, Outcome> Desk::check(const net::Request& request, core::Instant now, Seen& seen) {
    if (const v3::Route* const route = v3::find_route(request.path())) {
        seen.op = profile().op(route->op);
        return v3::check_request(*route, {route->op, request, now, options_, random_}, seen.number);
    }
    const Op op = find_op(request.path()).value();
    seen.op = profile().op(op);
    return check_request({op, request, now, options_, random_}, seen.number);
}

Outcome Desk::execute(const Call& call, const Target& target, core::Instant now) {
    switch (call.op) {
        case Op::pay:
            return micropay(call, *target.order, now);
        case Op::query:
            return orderquery(call, target.order, now);
        case Op::reverse:
            return reverse(call, target.order, now);
        case Op::refund:
            return refund(call, target, now);
        case Op::refund_query:
            return refundquery(call, target);
        case Op::close:
            return close(call, *target.order, now);
        case Op::launch:
            return unifiedorder(call, *target.order, now);
        case Op::bill:
            return bill(call, now);
        case Op::bill_file:
            return bill_file(call, now);
        case Op::certificates:
            return certificates(call, now);
        case Op::create:
        case Op::open:
            break;
    }
    return {};
}

std::string Desk::journal_text(net::Request request) {
    if (v3::find_route(request.path()) == nullptr) return std::move(request.body);
    return fmt::format("{} {}\n{}", request.method, request.target, request.body);
}

net::Response Desk::render(Outcome outcome, core::Instant now) {
    if (outcome.api == Api::v2) return wechat::render(std::move(outcome));
    return v3::render(std::move(outcome), {platform_, random_, now});
}

void Desk::clear() {
    sim::Desk::clear();
    tickets_.clear();
}

Outcome Desk::say_not_found(const Call& call) {
    if (call.op == Op::refund_query) return fail(call, random_, "REFUNDNOTEXIST", "退款订单查询失败");
    return fail(call, random_, "ORDERNOTEXIST", "此交易订单号不存在");
}

Outcome Desk::say_code(const Call& call, std::string_view err_code) {
    if (call.api == Api::v3) return v3::fail_verbatim(call, err_code);
    return fail(call, random_, err_code, err_code);
}

void Desk::show_amount(Outcome& outcome, std::int64_t fen) {
    const bool is_refund = !outcome.get("refund_fee").empty() || !outcome.get("refund_fee_0").empty();
    if (!is_refund) {
        outcome.set("total_fee", std::to_string(fen));
        outcome.set("cash_fee", std::to_string(fen));
    }
    for (const char* const name :
         {"refund_fee", "cash_refund_fee", "refund_fee_0", "settlement_refund_fee_0"}) {
        outcome.set(name, std::to_string(fen));
    }
    v3::show_amount(outcome.fields, fen);
}

bool Desk::is_definite(Op op, const Outcome& outcome) {
    if (outcome.status >= 500) return false;
    const std::string_view code = outcome.get("err_code");
    if (op == Op::refund) return code != "SYSTEMERROR" && code != "BIZERR_NEED_RETRY";
    constexpr std::string_view unknown[] = {"USERPAYING", "SYSTEMERROR",       "BANKERROR",
                                            "ORDERPAID",  "OUT_TRADE_NO_USED", "INVALID_REQUEST"};
    return std::ranges::find(unknown, code) == std::end(unknown);
}

std::string_view Desk::account_name(std::size_t account) const {
    return options_.wechat_merchants[account].mch_id;
}

std::string_view Desk::sub_name(const Order& order) const {
    return options_.wechat_merchants[order.account()].sub_mch_ids[order.sub - 1U];
}

// The trade_state of spec/channels 1A.5.
std::string_view Desk::state_name(const Order& order, core::Instant) const {
    switch (order.state) {
        case State::absent:
            return "ABSENT";
        case State::paying:
            return order.launch != nullptr ? "NOTPAY" : "USERPAYING";
        case State::paid:
            return order.refunds > 0 ? "REFUND" : "SUCCESS";
        case State::payerror:
            return "PAYERROR";
        case State::revoked:
            return order.launch != nullptr ? "CLOSED" : "REVOKED";
    }
    return "";
}

std::string Desk::trade_id(const Order& order) const {
    if (!order.was_paid()) return {};
    return fmt::format("{}{}{:010}", transaction_prefix, core::to_beijing_compact(order.paid_at).substr(0, 8),
                       order.serial + 1ULL);
}

std::optional<AutoEnd> Desk::auto_end() const {
    if (!options_.platform_auto_revoke) return std::nullopt;
    return AutoEnd{.after = std::chrono::seconds(45), .ends_refused = false};
}

bool Desk::is_there(const Call& call, const Order* order) const {
    return order != nullptr && order->state != State::absent && order->sub == call.sub;
}

std::string Desk::openid_of(const Order& order) const {
    if (order.launch != nullptr && !order.launch->buyer.empty()) return order.launch->buyer;
    const std::string payer =
        std::to_string(order.payer) + "/" + options_.wechat_merchants[order.account()].appid;
    return "oUpF8" + crypto::md5_hex(payer).substr(0, 23);
}

void Desk::add_payment_fields(Outcome& outcome, const Order& order) {
    if (outcome.api == Api::v3) {
        add_payment_v3(outcome, order);
        return;
    }
    const std::string amount = std::to_string(order.amount_fen);
    outcome.add("openid", openid_of(order));
    outcome.add("is_subscribe", "N");
    outcome.add("trade_type", order.launch == nullptr ? "MICROPAY" : to_string(order.launch->way));
    outcome.add("bank_type", "OTHERS");
    outcome.add("fee_type", "CNY");
    outcome.add("total_fee", amount);
    outcome.add("cash_fee_type", "CNY");
    outcome.add("cash_fee", amount);
    outcome.add("transaction_id", trade_id(order));
    outcome.add("out_trade_no", order.number());
    outcome.add("attach", books().attach_of(order));
    outcome.add("time_end", core::to_beijing_compact(order.paid_at));
}

}  // namespace huitong::sim::wechat

// What the operations share: names, numbers, dispatch.
#include "sim/alipay/desk.hpp"

#include <fmt/format.h>

#include "core/money.hpp"
#include "sim/alipay/checks.hpp"

namespace huitong::sim::alipay {

namespace {

constexpr Profile profile_of_alipay{
    .channel = "alipay",
    .code_prefix = "28",
    .ops = {"pay", "query", "cancel", "refund", "refundquery", "close", "precreate", "create", "open"},
    .says = &Words::alipay,
    .earliest_reverse = core::Duration{0},
    .account_name = "app_id",
    .sub_name = "sub_merchant",
    .trade_name = "trade_no",
    // Alipay itself knows only REFUND_SUCCESS.
    .refund_states = {"ABSENT", "PROCESSING", "REFUND_SUCCESS", "ABNORMAL", "CLOSED"},
    .reverses_launched = true,
    .earliest_close = core::Duration{0},
};

}  // namespace

Desk::Desk(core::Random& random, const Options& options, Violations& violations)
    : sim::Desk(profile_of_alipay, random, options, violations),
      accounts_(open_accounts(options.alipay_merchants)) {}

std::string Desk::journal_text(net::Request request) {
    if (request.query().empty()) return std::move(request.body);
    std::string text(request.query());
    if (!request.body.empty()) text.append("&").append(request.body);
    return text;
}

std::expected<Call, Outcome> Desk::check(const net::Request& request, core::Instant now, Seen& seen) {
    return check_request(request, now, options_, accounts_, seen);
}

Outcome Desk::execute(const Call& call, const Target& target, core::Instant now) {
    switch (call.op) {
        case Op::pay:
            return pay(call, *target.order, now);
        case Op::launch:
            return precreate(call, *target.order, now);
        case Op::create:
            return create(call, *target.order, now);
        case Op::open:
            return open(call, *target.order, now);
        case Op::reverse:
            return cancel(call, target.order, now);
        case Op::query:
        case Op::refund:
        case Op::refund_query:
        case Op::close:
        case Op::bill:
        case Op::bill_file:
        case Op::certificates:
            break;
    }
    if (!is_there(call, target.order)) return say_not_found(call);
    if (call.op == Op::query) return query(call, *target.order, now);
    if (call.op == Op::refund) return refund(call, target, now);
    if (call.op == Op::refund_query) return refund_query(call, target);
    return close(call, *target.order, now);
}

bool Desk::is_there(const Call& call, const Order* order) {
    return order != nullptr && order->row != nullptr && order->sub == call.sub;
}

Outcome Desk::say_not_found(const Call& call) {
    Outcome outcome = fail(call, "ACQ.TRADE_NOT_EXIST", "交易不存在");
    if (call.op != Op::query) return outcome;
    for (const char* const name : {"buyer_pay_amount", "invoice_amount", "point_amount", "receipt_amount"}) {
        outcome.add(name, "0.00");
    }
    outcome.add("out_trade_no", call.number);
    return outcome;
}

Outcome Desk::say_code(const Call& call, std::string_view code) {
    return fail(call, code, code);
}

void Desk::show_amount(Outcome& outcome, std::int64_t fen) {
    const std::string amount = core::to_decimal(core::fen(fen));
    const bool is_refund = !outcome.get("refund_fee").empty() || !outcome.get("refund_amount").empty();
    if (!is_refund) {
        for (const char* const name :
             {"total_amount", "buyer_pay_amount", "receipt_amount", "invoice_amount"})
            outcome.set(name, amount);
        if (!outcome.fund_amount.empty()) outcome.fund_amount = amount;
    }
    outcome.set("refund_fee", amount);
    outcome.set("refund_amount", amount);
}

bool Desk::is_definite(Op op, const Outcome& outcome) {
    const std::string_view code = outcome.get("code");
    const std::string_view sub_code = outcome.get("sub_code");
    if (code == "10003" || code == "20000" || sub_code.ends_with("ACQ.SYSTEM_ERROR")) return false;
    if (op == Op::refund) return outcome.get("fund_change") != "N";
    return sub_code != "ACQ.TRADE_HAS_SUCCESS" && sub_code != "ACQ.CONTEXT_INCONSISTENT";
}

net::Response Desk::render(Outcome outcome, core::Instant) {
    return alipay::render(std::move(outcome), random_.hex(32));
}

std::string_view Desk::account_name(std::size_t account) const {
    return accounts_[account].merchant->app_id;
}

// The token itself is a secret.
std::string_view Desk::sub_name(const Order& order) const {
    const std::string& token = accounts_[order.account()].merchant->app_auth_tokens[order.sub - 1U];
    return std::string_view(token).substr(0, 8);
}

std::string_view Desk::state_name(const Order& order, core::Instant now) const {
    switch (order.state) {
        case State::absent:
            return "ABSENT";
        case State::paying:
        case State::payerror:
            return "WAIT_BUYER_PAY";
        case State::paid:
            if (order.refunded_fen == order.amount_fen) return "TRADE_CLOSED";
            return now > order.paid_at + refund_window ? "TRADE_FINISHED" : "TRADE_SUCCESS";
        case State::revoked:
            return order.is_tombstone() ? "ABSENT" : "TRADE_CLOSED";
    }
    return "";
}

std::string Desk::trade_id(const Order& order) const {
    if (order.row == nullptr) return {};
    return fmt::format("{}2200143450{:010}", core::to_beijing_compact(order.created_at).substr(0, 8),
                       order.serial + 1ULL);
}

std::optional<AutoEnd> Desk::auto_end() const {
    if (options_.alipay_auto_close_s == 0) return std::nullopt;
    return AutoEnd{.after = std::chrono::seconds(options_.alipay_auto_close_s), .ends_refused = true};
}

Outcome Desk::speak_of(const Call& call, const Order& order) const {
    Outcome outcome = succeed(call);
    outcome.add("trade_no", trade_id(order));
    outcome.add("out_trade_no", order.number());
    return outcome;
}

void Desk::add_buyer(Outcome& outcome, const Order& order) {
    outcome.add("buyer_logon_id", fmt::format("{:03}***@sim.test", order.payer % 1000));
    const bool is_named = order.launch != nullptr && !order.launch->buyer.empty();
    const std::string buyer = is_named ? order.launch->buyer : fmt::format("2088{:012}", order.payer);
    // An open_id has letters.
    const bool is_open_id = buyer.find_first_not_of("0123456789") != buyer.npos;
    outcome.add(is_open_id ? "buyer_open_id" : "buyer_user_id", buyer);
}

void Desk::add_amounts(Outcome& outcome, const Order& order) {
    const std::string amount = core::to_decimal(core::fen(order.amount_fen));
    for (const char* const name : {"total_amount", "receipt_amount", "buyer_pay_amount", "invoice_amount"}) {
        outcome.add(name, amount);
    }
    outcome.add("point_amount", "0.00");
    outcome.fund_amount = amount;
}

}  // namespace huitong::sim::alipay

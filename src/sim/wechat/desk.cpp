// The parts of the desk that all operations share: finding the order, policy, calls in flight.
#include "sim/wechat/desk.hpp"

#include <algorithm>
#include <limits>

#include "crypto/digest.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr core::Duration earliest_reverse = std::chrono::seconds(15);
constexpr core::Duration shortest_query_interval = std::chrono::seconds(1);
// An answer that comes later finds nobody listening.
constexpr core::Duration longest_patience = std::chrono::seconds(10);

void count(std::uint16_t& counter) {
    if (counter < std::numeric_limits<std::uint16_t>::max()) ++counter;
}

bool leaves_unknown(std::string_view err_code) {
    constexpr std::string_view unknown[] = {"USERPAYING", "SYSTEMERROR",       "BANKERROR",
                                            "ORDERPAID",  "OUT_TRADE_NO_USED", "INVALID_REQUEST"};
    return std::ranges::find(unknown, err_code) != std::end(unknown);
}

}  // namespace

Order* Desk::locate(const Call& call, core::Instant now) {
    const std::string_view transaction_id = call.fields.get("transaction_id");
    Order* const order = call.op == Op::micropay || transaction_id.empty()
                             ? &books_.open(call.merchant_index, call.fields.get("out_trade_no"))
                             : books_.find_transaction(call.merchant_index, transaction_id);
    if (order != nullptr) Books::settle(*order, now, options_.platform_auto_revoke);
    return order;
}

void Desk::violate(const Order& order, core::Instant now, std::string_view rule, std::string_view text) {
    violations_.add(Violation{.at = now,
                              .channel = "wechat",
                              .out_trade_no = std::string(order.number()),
                              .rule = std::string(rule),
                              .text = std::string(text)});
}

void Desk::note_arrival(Op op, Order& order, core::Instant now) {
    switch (op) {
        case Op::micropay:
            if (order.micropays > 0)
                violate(order, now, "micropay_repeated", "a number may be sent to micropay once");
            count(order.micropays);
            order.called_at = now;
            order.must_query = true;
            break;
        case Op::orderquery:
            if (order.queries > 0 && now - order.queried_at < shortest_query_interval) {
                violate(order, now, "query_too_often", "two queries of one number within a second");
            }
            count(order.queries);
            order.queried_at = now;
            order.must_query = false;
            break;
        case Op::reverse:
            count(order.reverses);
            if (order.micropays == 0) break;
            if (now - order.called_at < earliest_reverse) {
                violate(order, now, "reverse_too_early", "reversed less than 15 s after micropay");
            }
            if (order.must_query) {
                violate(order, now, "reverse_without_query",
                        "reversed an unknown payment that was never queried");
            }
            break;
    }
}

void Desk::note_answer(Order& order, const Outcome& outcome) {
    const bool arrives = outcome.is_certain && !outcome.has_bad_sign && !outcome.raw_body &&
                         outcome.delivery == net::Delivery::complete && outcome.delay < longest_patience;
    order.must_query = !arrives || leaves_unknown(outcome.get("err_code"));
}

Outcome Desk::execute(const Call& call, Order* order, core::Instant now) {
    switch (call.op) {
        case Op::micropay:
            return micropay(call, *order, now);
        case Op::orderquery:
            return orderquery(call, order, now);
        case Op::reverse:
            return reverse(call, order, now);
    }
    return drop();
}

std::shared_ptr<Held> Desk::hold(Call& call, const Order& order, core::Instant now) {
    if (call.op != Op::micropay || order.state != State::absent) return nullptr;
    const Script script = script_of(call, now);
    if (script.row->wire != Wire::held) return nullptr;
    auto held = std::make_shared<Held>();
    held->due = now + std::chrono::seconds(script.tt);
    held->call = std::move(call);
    const auto later =
        std::ranges::upper_bound(held_, held->due, {}, [](const auto& other) { return other->due; });
    held_.insert(later, held);
    return held;
}

void Desk::run_due(core::Instant now) {
    while (!held_.empty() && held_.front()->due <= now) {
        const std::shared_ptr<Held> held = std::move(held_.front());
        held_.erase(held_.begin());
        Order* const order = locate(held->call, held->due);
        held->outcome = micropay(held->call, *order, held->due);
    }
}

void Desk::add_payment_fields(Outcome& outcome, const Call& call, const Order& order) const {
    const std::string payer = std::to_string(order.payer) + "/" + call.merchant->appid;
    const std::string amount = std::to_string(order.amount_fen);
    outcome.add("openid", "oUpF8" + crypto::md5_hex(payer).substr(0, 23));
    outcome.add("is_subscribe", "N");
    outcome.add("trade_type", "MICROPAY");
    outcome.add("bank_type", "OTHERS");
    outcome.add("fee_type", "CNY");
    outcome.add("total_fee", amount);
    outcome.add("cash_fee_type", "CNY");
    outcome.add("cash_fee", amount);
    outcome.add("transaction_id", Books::transaction_id(order));
    outcome.add("out_trade_no", order.number());
    outcome.add("attach", books_.attach_of(order));
    outcome.add("time_end", core::to_beijing_compact(order.paid_at));
}

void Desk::clear() {
    books_.clear();
    held_.clear();
}

}  // namespace huitong::sim::wechat

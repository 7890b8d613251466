// The views. Times are RFC 3339 in UTC+8 or null, amounts whole fen.
#include "sim/control_views.hpp"

namespace huitong::sim {

namespace {

using codec::Json;
using codec::JsonObject;

Json time_or_null(core::Instant t) {
    return t == core::Instant{} ? Json() : Json(core::to_rfc3339(t));
}

std::string_view to_string(net::Delivery delivery) {
    switch (delivery) {
        case net::Delivery::complete:
            return "complete";
        case net::Delivery::drop:
            return "drop";
        case net::Delivery::truncate:
            return "truncate";
    }
    return "";
}

}  // namespace

Json view_clock(const VirtualClock& clock) {
    return JsonObject{{"now", core::to_rfc3339(clock.now())}, {"scale", Json::number(clock.scale())}};
}

Json view_options(const Options& options) {
    return JsonObject{
        {"require_client_cert", Json(options.require_client_cert)},
        {"tombstones", Json(options.tombstones)},
        {"platform_auto_revoke", Json(options.platform_auto_revoke)},
        {"magic", Json(options.magic)},
        {"password_above_fen", Json::number(options.password_above_fen)},
        {"password_free_per_day", Json::number(options.password_free_per_day)},
        {"journal_limit", Json::number(static_cast<std::int64_t>(options.journal_limit))},
    };
}

Json view_fault(const Fault& fault) {
    JsonObject match;
    if (!fault.channel.empty()) match.emplace_back("channel", fault.channel);
    if (!fault.op.empty()) match.emplace_back("op", fault.op);
    if (!fault.out_trade_no.empty()) match.emplace_back("out_trade_no", fault.out_trade_no);
    if (fault.nth > 0) match.emplace_back("nth", Json::number(fault.nth));
    return JsonObject{
        {"match", Json(std::move(match))}, {"do", to_text(fault)}, {"times", Json::number(fault.times)}};
}

Json view_entry(const JournalEntry& entry) {
    return JsonObject{
        {"seq", Json::number(static_cast<std::int64_t>(entry.seq))},
        {"channel", entry.channel},
        {"op", entry.op},
        {"out_trade_no", entry.out_trade_no},
        {"at", core::to_rfc3339(entry.at)},
        {"request", entry.request},
        {"answered_at", entry.answered_at ? Json(core::to_rfc3339(*entry.answered_at)) : Json()},
        {"status", Json::number(entry.status)},
        {"response", entry.response},
        {"delivery", to_string(entry.delivery)},
    };
}

Json view_violation(const Violation& violation) {
    return JsonObject{{"at", core::to_rfc3339(violation.at)},
                      {"channel", violation.channel},
                      {"out_trade_no", violation.out_trade_no},
                      {"rule", violation.rule},
                      {"text", violation.text}};
}

Json view_order(const wechat::Order& order, const Options& options) {
    const WechatMerchant& merchant = options.wechat_merchants[order.merchant()];
    return JsonObject{
        {"out_trade_no", order.number()},
        {"mch_id", merchant.mch_id},
        {"sub_mch_id", order.sub == 0 ? Json() : Json(merchant.sub_mch_ids[order.sub - 1U])},
        {"state", wechat::to_string(order.state)},
        {"amount", Json::number(order.amount_fen)},
        {"created_at", time_or_null(order.created_at)},
        {"paid_at", time_or_null(order.paid_at)},
        {"reversed_at", time_or_null(order.reversed_at)},
        {"refunded", Json::number(order.refunded_fen)},
        {"payer", Json::number(order.payer)},
        {"transaction_id", order.was_paid() ? Json(wechat::Books::transaction_id(order)) : Json()},
        {"micropay_calls", Json::number(order.micropays)},
        {"query_calls", Json::number(order.queries)},
        {"reverse_calls", Json::number(order.reverses)},
        {"wrong_passwords", Json::number(order.wrong_passwords)},
    };
}

Json view_totals(const wechat::Totals& totals, const Violations& violations) {
    return JsonObject{
        {"orders", Json::number(totals.orders)},
        {"pending", Json::number(totals.pending)},
        {"paid_count", Json::number(totals.paid_count)},
        {"paid_fen", Json::number(totals.paid_fen)},
        {"refunded_count", Json::number(totals.refunded_count)},
        {"refunded_fen", Json::number(totals.refunded_fen)},
        {"net_fen", Json::number(totals.paid_fen - totals.refunded_fen)},
        {"micropay_calls", Json::number(totals.micropay_calls)},
        {"max_micropay_calls_per_number", Json::number(totals.max_micropay_calls)},
        {"query_calls", Json::number(totals.query_calls)},
        {"reverse_calls", Json::number(totals.reverse_calls)},
        {"violations", Json::number(static_cast<std::int64_t>(violations.count()))},
    };
}

}  // namespace huitong::sim

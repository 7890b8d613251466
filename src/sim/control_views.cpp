// The views. Times are RFC 3339 in UTC+8 or null, amounts whole fen.
#include "sim/control_views.hpp"

namespace huitong::sim {

namespace {

using codec::Json;
using codec::JsonArray;
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

// "micropay_calls": as the channel names the operation.
std::string calls_of(const Profile& names, Op op) {
    return std::string(names.op(op)) + "_calls";
}

Json view_refund(const Refund& refund, const Profile& names) {
    return JsonObject{
        {"number", refund.number},
        {"state", names.state(refund)},
        {"amount", Json::number(refund.amount_fen)},
        {"calls", Json::number(refund.calls)},
        {"accepted_at", time_or_null(refund.accepted_at)},
        {"settles_at", time_or_null(refund.ends_at)},
    };
}

std::string_view to_string(News news) {
    switch (news) {
        case News::paid:
            return "paid";
        case News::refunded:
            return "refunded";
        case News::closed:
            return "closed";
    }
    return "";
}

Json view_launch(const Launch& launch) {
    const auto moment = [](core::Instant t) { return t == never ? Json() : time_or_null(t); };
    return JsonObject{
        {"way", to_string(launch.way)},
        {"content", launch.content},
        {"link", launch.link.empty() ? Json() : Json(launch.link)},
        {"subject", launch.subject},
        {"notify_url", launch.notify_url.empty() ? Json() : Json(launch.notify_url)},
        {"made_at", time_or_null(launch.made_at)},
        {"code_ends_at", moment(launch.code_ends_at)},
        {"ends_at", moment(launch.ends_at)},
        {"is_scanned", Json(launch.is_scanned)},
        {"calls", Json::number(launch.calls)},
        {"cancels", Json::number(launch.cancels)},
    };
}

}  // namespace

Json view_notice(const Notice& notice) {
    return JsonObject{
        {"news", to_string(notice.news)},
        {"url", notice.url},
        {"born_at", time_or_null(notice.born_at)},
        {"attempts", Json::number(notice.attempts)},
        {"is_acknowledged", Json(notice.is_acknowledged)},
        {"is_over", Json(notice.is_over)},
        {"next_at", notice.is_over ? Json() : time_or_null(notice.next_at)},
    };
}

Json view_clock(const VirtualClock& clock) {
    return JsonObject{{"now", core::to_rfc3339(clock.now())}, {"scale", Json::number(clock.scale())}};
}

Json view_options(const Options& options) {
    return JsonObject{
        {"require_client_cert", Json(options.require_client_cert)},
        {"tombstones", Json(options.tombstones)},
        {"platform_auto_revoke", Json(options.platform_auto_revoke)},
        {"forbids_early_close", Json(options.forbids_early_close)},
        {"magic", Json(options.magic)},
        {"wechat_public_key", Json(options.wechat_public_key)},
        {"password_above_fen", Json::number(options.password_above_fen)},
        {"password_free_per_day", Json::number(options.password_free_per_day)},
        {"journal_limit", Json::number(static_cast<std::int64_t>(options.journal_limit))},
        {"alipay_auto_close_s", Json::number(options.alipay_auto_close_s)},
        {"alipay_timestamp_window_s", Json::number(options.alipay_timestamp_window_s)},
        {"wechat_timestamp_window_s", Json::number(options.wechat_timestamp_window_s)},
        {"refund_settles_after_s", Json::number(options.refund_settles_after_s)},
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
        {"outcome", entry.outcome.empty() ? Json() : Json(entry.outcome)},
    };
}

Json view_violation(const Violation& violation) {
    return JsonObject{{"at", core::to_rfc3339(violation.at)},
                      {"channel", violation.channel},
                      {"out_trade_no", violation.out_trade_no},
                      {"rule", violation.rule},
                      {"text", violation.text}};
}

Json view_order(const Order& order, Service& channel) {
    Desk& desk = channel.desk();
    const Profile& names = desk.profile();
    const std::string trade_id = desk.trade_id(order);
    JsonArray refunds;
    for (const Refund* const refund : desk.books().refunds().of(order.serial)) {
        refunds.push_back(view_refund(*refund, names));
    }
    JsonArray notices;
    if (order.launch != nullptr) {
        for (const auto& notice : channel.notices_of(order)) notices.push_back(view_notice(*notice));
    }
    return JsonObject{
        {"out_trade_no", order.number()},
        {std::string(names.account_name), desk.account_name(order.account())},
        {std::string(names.sub_name), order.sub == 0 ? Json() : Json(desk.sub_name(order))},
        {"state", desk.state_name(order, channel.now())},
        {"amount", Json::number(order.amount_fen)},
        {"created_at", time_or_null(order.created_at)},
        {"paid_at", time_or_null(order.paid_at)},
        {"reversed_at", time_or_null(order.reversed_at)},
        {"refunded", Json::number(order.refunded_fen)},
        {"payer", Json::number(order.payer)},
        {std::string(names.trade_name), trade_id.empty() ? Json() : Json(trade_id)},
        {calls_of(names, Op::pay), Json::number(order.pays)},
        {"query_calls", Json::number(order.queries)},
        {calls_of(names, Op::reverse), Json::number(order.reverses)},
        {"wrong_passwords", Json::number(order.wrong_passwords)},
        {"refunds", Json(std::move(refunds))},
        {"launch", order.launch == nullptr ? Json() : view_launch(*order.launch)},
        {"notices", Json(std::move(notices))},
    };
}

namespace {

JsonObject view_totals(Service& channel) {
    const Totals totals = channel.totals();
    const Profile& names = channel.desk().profile();
    return JsonObject{
        {"orders", Json::number(totals.orders)},
        {"pending", Json::number(totals.pending)},
        {"paid_count", Json::number(totals.paid_count)},
        {"paid_fen", Json::number(totals.paid_fen)},
        {"refunded_count", Json::number(totals.refunded_count)},
        {"refunded_fen", Json::number(totals.refunded_fen)},
        {"net_fen", Json::number(totals.paid_fen - totals.refunded_fen)},
        {calls_of(names, Op::pay), Json::number(totals.pay_calls)},
        {"max_" + calls_of(names, Op::pay) + "_per_number", Json::number(totals.max_pay_calls)},
        {"query_calls", Json::number(totals.query_calls)},
        {calls_of(names, Op::reverse), Json::number(totals.reverse_calls)},
        {"refund_calls", Json::number(totals.refund_calls)},
        {"max_refund_calls_per_number", Json::number(totals.max_refund_calls)},
        {"refundquery_calls", Json::number(totals.refund_query_calls)},
        {"refunds", Json::number(totals.refunds)},
        {"refunds_succeeded", Json::number(totals.refunds_succeeded)},
        {"max_refunds_per_order", Json::number(totals.max_refunds_per_order)},
    };
}

}  // namespace

Json view_summary(Simulators& simulators) {
    JsonObject summary = view_totals(simulators.wechat());
    summary.emplace_back("violations",
                         Json::number(static_cast<std::int64_t>(simulators.violations().count())));
    summary.emplace_back("alipay", Json(view_totals(simulators.alipay())));
    return summary;
}

}  // namespace huitong::sim

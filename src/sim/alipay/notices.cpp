// Alipay's notices: a signed form for a payment, for every refund, and where the payer was in an app or on a
// page for the end of an unpaid trade; and the same signature on the way back to the merchant's page
// (spec/channels 2.10, 6.5).
#include <array>

#include "codec/json.hpp"
#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "sim/alipay/desk.hpp"

namespace huitong::sim::alipay {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<core::Duration, 7> intervals{minutes(4), minutes(10), minutes(10), hours(1),
                                                  hours(2),   hours(6),    hours(15)};

constexpr std::size_t signature_size = 256;

std::string decimal(std::int64_t fen) {
    return core::to_decimal(core::fen(fen));
}

void set(codec::FormFields& fields, std::string_view name, const std::string& value) {
    for (codec::FormField& field : fields) {
        if (field.first == name) field.second = value;
    }
}

void change_amount(codec::FormFields& fields, std::int64_t fen) {
    for (const char* const name :
         {"total_amount", "receipt_amount", "invoice_amount", "buyer_pay_amount", "refund_fee"}) {
        set(fields, name, decimal(fen));
    }
}

}  // namespace

std::span<const core::Duration> Desk::notice_intervals() const {
    return intervals;
}

bool Desk::is_acknowledged(const Notice&, const net::Response& answer) const {
    return answer.status == 200 && (answer.body == "success" || answer.body == "success\n");
}

bool Desk::tells_end(const Launch& launch) const {
    return launch.way == Way::app_pay || launch.way == Way::wap_pay;
}

void Desk::tell_trade(Notice& notice, const Order& order, std::string_view trade_status) {
    const AlipayMerchant& merchant = *accounts_[order.account()].merchant;
    const Launch& launch = *order.launch;
    Outcome outcome;
    outcome.add("notify_type", "trade_status_sync");
    outcome.add("notify_id", core::to_beijing_compact(notice.born_at).substr(0, 8) + random_.hex(26));
    outcome.add("app_id", merchant.app_id);
    outcome.add("auth_app_id", merchant.app_id);
    outcome.add("charset", "utf-8");
    outcome.add("version", "1.0");
    outcome.add("trade_no", trade_id(order));
    outcome.add("out_trade_no", order.number());
    add_buyer(outcome, order);
    outcome.add("seller_id", merchant.seller_id);
    outcome.add("trade_status", trade_status);
    outcome.add("subject", launch.subject);
    outcome.add("body", launch.body);
    outcome.add("gmt_create", core::to_beijing_text(order.created_at));
    outcome.add("passback_params", launch.passback);
    if (order.was_paid()) {
        add_amounts(outcome, order);
        outcome.add("gmt_payment", core::to_beijing_text(order.paid_at));
        const codec::JsonArray funds{
            codec::JsonObject{{"amount", decimal(order.amount_fen)}, {"fundChannel", "ALIPAYACCOUNT"}}};
        outcome.add("fund_bill_list", codec::write_json(codec::Json(funds)));
    } else {
        outcome.add("total_amount", decimal(order.amount_fen));
    }
    notice.fields = std::move(outcome.fields);
    // Notices name the buyer otherwise than answers do.
    for (auto& field : notice.fields) {
        if (field.first == "buyer_user_id") field.first = "buyer_id";
    }
}

void Desk::tell_payment(Notice& notice, const Order& order) {
    tell_trade(notice, order, "TRADE_SUCCESS");
}

void Desk::tell_refund(Notice& notice, const Order& order, const Refund& refund) {
    if (refund.state != RefundState::succeeded) return;
    const bool is_whole = order.refunded_fen == order.amount_fen;
    tell_trade(notice, order, is_whole ? "TRADE_CLOSED" : "TRADE_SUCCESS");
    notice.fields.emplace_back("out_biz_no", refund.number);
    notice.fields.emplace_back("refund_fee", decimal(order.refunded_fen));
    notice.fields.emplace_back("gmt_refund", core::to_beijing_text(refund.ends_at));
}

void Desk::tell_end(Notice& notice, const Order& order) {
    if (order.row == nullptr || (!order.was_paid() && !tells_end(*order.launch))) return;
    tell_trade(notice, order, "TRADE_CLOSED");
    notice.fields.emplace_back("gmt_close", core::to_beijing_text(order.reversed_at));
    if (!order.was_paid()) return;
    notice.fields.emplace_back("refund_fee", decimal(order.refunded_fen));
    notice.fields.emplace_back("gmt_refund", core::to_beijing_text(order.reversed_at));
}

codec::FormFields Desk::sign_params(const Order& order, codec::FormFields fields, NoticeScript play) {
    std::erase_if(fields, [](const codec::FormField& field) { return field.second.empty(); });
    // Alipay has no weaker rule that it still sends by: this one comes without any signature.
    if (play.play == NoticePlay::downgrade) return fields;
    std::string signature = sign(accounts_[order.account()], text_to_sign(fields));
    if (play.breaks_signature()) signature[0] = signature[0] == 'A' ? 'B' : 'A';
    if (play.play == NoticePlay::forged) {
        // As good as one by a key that nobody knows, and the same in every run from a seed.
        std::string noise;
        while (noise.size() < signature_size) noise += static_cast<char>(random_.below(256));
        signature = crypto::to_base64(noise);
    }
    fields.emplace_back("sign_type", "RSA2");
    fields.emplace_back("sign", std::move(signature));
    return fields;
}

NoticeText Desk::write(const Notice& notice, NoticeScript play, core::Instant now) {
    if (play.play == NoticePlay::xxe) return {"text/xml", poisoned_xml()};
    codec::FormFields fields(notice.fields.begin(), notice.fields.end());
    fields.emplace_back("notify_time", core::to_beijing_text(now));
    if (play.play == NoticePlay::amount) change_amount(fields, play.n);
    const Order& order = books().orders()[notice.order];
    return {"application/x-www-form-urlencoded; charset=utf-8",
            codec::write_form(sign_params(order, std::move(fields), play))};
}

std::string Desk::return_link(const Order& order, core::Instant now) {
    if (order.launch == nullptr || order.launch->return_url.empty() || !order.was_paid()) return {};
    const Launch& launch = *order.launch;
    const AlipayMerchant& merchant = *accounts_[order.account()].merchant;
    const codec::FormFields fields{
        {"charset", "utf-8"},
        {"out_trade_no", std::string(order.number())},
        {"method", "alipay.trade." + std::string(to_string(launch.way)) + ".return"},
        {"total_amount", decimal(order.amount_fen)},
        {"trade_no", trade_id(order)},
        {"auth_app_id", merchant.app_id},
        {"version", "1.0"},
        {"app_id", merchant.app_id},
        {"seller_id", merchant.seller_id},
        {"timestamp", core::to_beijing_text(now)}};
    const char join = launch.return_url.find('?') == std::string::npos ? '?' : '&';
    return launch.return_url + join + codec::write_form(sign_params(order, fields, {}));
}

}  // namespace huitong::sim::alipay

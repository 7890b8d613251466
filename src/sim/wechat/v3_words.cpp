// What API v3 says of orders and refunds (spec/channels 1B.4, Appendix A).
#include "sim/wechat/desk.hpp"
#include "sim/wechat/v3_answers.hpp"

namespace huitong::sim::wechat {

namespace {

// Seconds are as fine as it gets: "2024-03-05T09:15:01+08:00".
std::string to_time(core::Instant t) {
    std::string text = core::to_beijing_text(t);
    text[10] = 'T';
    return text + "+08:00";
}

// API v3 has words of its own for where a refund stands.
std::string_view status_of(const Refund& refund) {
    switch (refund.state) {
        case RefundState::asked:
        case RefundState::processing:
            return "PROCESSING";
        case RefundState::succeeded:
            return "SUCCESS";
        case RefundState::abnormal:
            return "ABNORMAL";
        case RefundState::closed:
            return "CLOSED";
    }
    return "";
}

constexpr std::string_view payers_change = "支付用户零钱";

}  // namespace

void Desk::add_launch_v3(Outcome& outcome, const Launch& launch) {
    if (launch.way == Way::native) {
        outcome.add("code_url", launch.content);
    } else if (launch.way == Way::mweb) {
        outcome.add("h5_url", launch.link);
    } else {
        outcome.add("prepay_id", launch.content);
    }
}

void Desk::add_payment_v3(Outcome& outcome, const Order& order) {
    const std::string amount = std::to_string(order.amount_fen);
    outcome.add("out_trade_no", order.number());
    outcome.add("transaction_id", trade_id(order));
    outcome.add("trade_type", order.launch == nullptr ? "MICROPAY" : to_string(order.launch->way));
    outcome.add("bank_type", "OTHERS");
    outcome.add("attach", books().attach_of(order));
    outcome.add("success_time", to_time(order.paid_at));
    outcome.add("payer.openid", openid_of(order));
    outcome.add("amount.total", amount);
    outcome.add("amount.payer_total", amount);
    outcome.add("amount.currency", "CNY");
    outcome.add("amount.payer_currency", "CNY");
}

void Desk::add_refund_v3(Outcome& outcome, const Order& order, const Refund& refund) const {
    const std::string total = std::to_string(order.amount_fen);
    const std::string amount = std::to_string(refund.amount_fen);
    outcome.add("refund_id", refund_id(refund));
    outcome.add("out_refund_no", refund.number);
    outcome.add("transaction_id", trade_id(order));
    outcome.add("out_trade_no", order.number());
    outcome.add("channel", "ORIGINAL");
    outcome.add("user_received_account", payers_change);
    if (refund.state == RefundState::succeeded) outcome.add("success_time", to_time(refund.ends_at));
    outcome.add("create_time", to_time(refund.accepted_at));
    outcome.add("status", status_of(refund));
    outcome.add("funds_account", "UNSETTLED");
    outcome.add("amount.total", total);
    outcome.add("amount.refund", amount);
    outcome.add("amount.payer_total", total);
    outcome.add("amount.payer_refund", amount);
    outcome.add("amount.settlement_refund", amount);
    outcome.add("amount.settlement_total", total);
    outcome.add("amount.discount_refund", "0");
    outcome.add("amount.currency", "CNY");
}

std::vector<std::pair<std::string, std::string>> Desk::refund_notice_v3(const Order& order,
                                                                        const Refund& refund) const {
    const std::string total = std::to_string(order.amount_fen);
    const std::string amount = std::to_string(refund.amount_fen);
    v3::Fields fields{{"mchid", std::string(account_name(order.account()))},
                      {"out_trade_no", std::string(order.number())},
                      {"transaction_id", trade_id(order)},
                      {"out_refund_no", refund.number},
                      {"refund_id", refund_id(refund)},
                      {"refund_status", std::string(status_of(refund))}};
    if (refund.state == RefundState::succeeded) fields.emplace_back("success_time", to_time(refund.ends_at));
    fields.emplace_back("user_received_account", payers_change);
    fields.emplace_back("amount.total", total);
    fields.emplace_back("amount.refund", amount);
    fields.emplace_back("amount.payer_total", total);
    fields.emplace_back("amount.payer_refund", amount);
    return fields;
}

}  // namespace huitong::sim::wechat

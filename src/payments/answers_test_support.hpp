// What the tests of the rules are told: a payment sent at a known time, and answers of a channel.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "payments/rules.hpp"

namespace huitong::payments {

using namespace std::chrono_literals;

// 2026-03-05 12:00:00 in Beijing.
inline constexpr core::Instant test_start = core::from_us(1'772'683'200'000'000);
inline const core::Money test_amount = core::fen(1234);

inline Aggregate test_intent(core::Instant at = test_start, const Policy& policy = {},
                             ChannelKind channel = ChannelKind::wechat, Product product = Product::barcode) {
    Payment payment;
    payment.sn = core::PaymentSn{7'842'000'000'000'001};
    payment.merchant_sn = "M1";
    payment.terminal_sn = "T1";
    payment.client_sn = "C1";
    payment.channel = channel;
    payment.product = product;
    payment.channel_account = "wx-1";
    payment.channel_number = "P7842000000000001abcdef";
    payment.amount = test_amount;
    payment.refund_days = policy.refund_days;
    payment.created_at = at;
    return make_intent({.payment = std::move(payment), .owner = "me"}, policy);
}

template <class A>
A answer_of(Outcome outcome, core::Instant asked_at, std::string code = {}) {
    A answer;
    answer.outcome = outcome;
    answer.is_authentic = outcome != Outcome::unknown && outcome != Outcome::not_sent;
    answer.code = std::move(code);
    answer.exchange.call = "call";
    answer.exchange.response = "<raw/>";
    answer.exchange.started_at = asked_at;
    answer.exchange.ended_at = asked_at;
    return answer;
}

inline TradeFacts facts_of(core::Money amount = test_amount, core::Instant paid_at = test_start + 1s) {
    TradeFacts facts;
    facts.trade_no = "4200000001";
    facts.amount = amount;
    facts.paid_at = paid_at;
    return facts;
}

inline PayAnswer pay_done(core::Instant asked_at = test_start) {
    auto answer = answer_of<PayAnswer>(Outcome::done, asked_at, "SUCCESS");
    answer.trade = facts_of(test_amount, asked_at + 1s);
    return answer;
}
inline LaunchAnswer launched(bool is_trade_made = true, core::Instant asked_at = test_start) {
    auto answer = answer_of<LaunchAnswer>(Outcome::done, asked_at, "SUCCESS");
    answer.launch = "weixin://wxpay/bizpayurl?pr=1";
    answer.is_trade_made = is_trade_made;
    return answer;
}
inline Notice notice_of(core::Money amount = test_amount) {
    Notice notice;
    notice.number = "P7842000000000001abcdef";
    notice.code = "SUCCESS";
    notice.amount = amount;
    return notice;
}
inline Notice refund_notice(std::string number) {
    Notice notice = notice_of();
    notice.refund_number = std::move(number);
    return notice;
}
inline PayAnswer pay_refused(Refusal why, bool may_exist, std::string code = "NOTENOUGH") {
    auto answer = answer_of<PayAnswer>(Outcome::refused, test_start, std::move(code));
    answer.refusal = why;
    answer.may_exist = may_exist;
    return answer;
}
inline QueryAnswer seen(TradeState state, core::Instant asked_at) {
    const Outcome outcome = state == TradeState::unknown ? Outcome::unknown : Outcome::done;
    auto answer = answer_of<QueryAnswer>(outcome, asked_at, std::string(to_string(state)));
    answer.state = state;
    if (state == TradeState::paid || state == TradeState::paid_and_refunded) answer.trade = facts_of();
    return answer;
}
inline ReverseAnswer undone(Effect effect, core::Instant asked_at = test_start) {
    auto answer = answer_of<ReverseAnswer>(Outcome::done, asked_at, "SUCCESS");
    answer.effect = effect;
    return answer;
}
inline ReverseAnswer undone_no_trade() {
    auto answer = answer_of<ReverseAnswer>(Outcome::refused, test_start, "ORDERNOTEXIST");
    answer.refusal = Refusal::no_such_trade;
    answer.has_no_trade = true;
    answer.effect = Effect::unpaid;
    return answer;
}
inline ReverseAnswer reverse_refused(Refusal why) {
    auto answer = answer_of<ReverseAnswer>(Outcome::refused, test_start, std::string(to_string(why)));
    answer.refusal = why;
    return answer;
}
inline ReverseAnswer reverse_again() {
    auto answer = answer_of<ReverseAnswer>(Outcome::unknown, test_start, "SYSTEMERROR");
    answer.must_repeat = true;
    return answer;
}

inline CloseAnswer close_answer(Outcome outcome, Refusal why = Refusal::none) {
    auto answer = answer_of<CloseAnswer>(outcome, test_start, std::string(to_string(outcome)));
    answer.refusal = why;
    return answer;
}
inline RefundAnswer refund_answer(Outcome outcome, Refusal why = Refusal::none) {
    auto answer = answer_of<RefundAnswer>(outcome, test_start, std::string(to_string(outcome)));
    answer.refusal = why;
    if (outcome == Outcome::done || outcome == Outcome::pending) answer.refund_no = "5030000001";
    return answer;
}
inline RefundAnswer refund_absent() {
    auto answer = refund_answer(Outcome::unknown);
    answer.is_authentic = true;
    answer.is_absent = true;
    return answer;
}
inline RefundAnswer refund_abnormal() {
    auto answer = refund_answer(Outcome::unknown);
    answer.is_authentic = true;
    answer.is_abnormal = true;
    return answer;
}

}  // namespace huitong::payments

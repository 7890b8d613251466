// What each code and sub_code of Alipay's gateway means for each call: the one table (spec/channels 2.2–2.8,
// 3.5, 3.7). What is not in it is an unknown outcome, never a refusal.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "payments/answers.hpp"

namespace huitong::channels::alipay {

enum class Call : unsigned {
    pay = 1,
    query = 2,
    cancel = 4,
    refund = 8,
    refund_query = 16,
    close = 32,
    precreate = 64,
    create = 128,
    // Signed here and sent by the payer's device: nothing answers them to us.
    wap_pay = 256,
    app_pay = 512
};

struct Meaning {
    payments::Outcome outcome = payments::Outcome::unknown;
    payments::Refusal refusal = payments::Refusal::none;
    bool may_exist = false;     // pay, launch: refused, but a trade may stand and could still be paid
    bool may_be_older = false;  // pay: the number is taken; whose payment it is, only its time tells
    bool has_no_trade = false;  // the channel knows no trade (refund_query: no refund) of that number
};

// code 40004: sub_code decides.
struct SubCodeRow {
    unsigned calls = 0;  // bits of Call
    std::string_view sub_code;
    Meaning meaning;
};
// Every other code of the gateway decides alone, for every call.
struct CodeRow {
    unsigned calls = 0;
    std::string_view code;
    Meaning meaning;
};

namespace detail {

using payments::Outcome;
using payments::Refusal;

inline constexpr unsigned pay = static_cast<unsigned>(Call::pay);
inline constexpr unsigned query = static_cast<unsigned>(Call::query);
inline constexpr unsigned cancel = static_cast<unsigned>(Call::cancel);
inline constexpr unsigned refund = static_cast<unsigned>(Call::refund);
inline constexpr unsigned refund_query = static_cast<unsigned>(Call::refund_query);
inline constexpr unsigned close = static_cast<unsigned>(Call::close);
inline constexpr unsigned launch =
    static_cast<unsigned>(Call::precreate) | static_cast<unsigned>(Call::create);
inline constexpr unsigned order = pay | launch;
inline constexpr unsigned any = order | query | cancel | refund | refund_query | close;

inline constexpr Meaning unknown{};
inline constexpr Meaning done{.outcome = Outcome::done};
inline constexpr Meaning taken{.may_be_older = true};
inline constexpr Meaning no_refund{.has_no_trade = true};
inline constexpr Meaning no_trade{
    .outcome = Outcome::refused, .refusal = Refusal::no_such_trade, .has_no_trade = true};

constexpr Meaning refused(Refusal why) {
    return {.outcome = Outcome::refused, .refusal = why};
}
constexpr Meaning refused_may_exist(Refusal why) {
    return {.outcome = Outcome::refused, .refusal = why, .may_exist = true};
}
inline constexpr Meaning misconfigured = refused(Refusal::configuration);

}  // namespace detail

inline constexpr std::array code_table{
    CodeRow{detail::any, "10000", detail::done},
    CodeRow{detail::pay, "10003", {.outcome = payments::Outcome::pending}},
    CodeRow{detail::any, "20000", detail::unknown},
    // Not executed; our keys, numbers or permissions are wrong.
    CodeRow{detail::any, "20001", detail::misconfigured},
    CodeRow{detail::any, "40001", detail::misconfigured},
    CodeRow{detail::any, "40002", detail::misconfigured},
    CodeRow{detail::any, "40003", detail::misconfigured},
    CodeRow{detail::any, "40006", detail::misconfigured},
    // Not executed; come back later.
    CodeRow{detail::any,
            "40005",
            {.outcome = payments::Outcome::not_sent, .refusal = payments::Refusal::rate_limited}},
};

inline constexpr std::array sub_code_table{
    // May or may not have been done.
    SubCodeRow{detail::any, "ACQ.SYSTEM_ERROR", detail::unknown},
    SubCodeRow{detail::any, "AOP.ACQ.SYSTEM_ERROR", detail::unknown},
    SubCodeRow{detail::order, "ACQ.TRADE_HAS_SUCCESS", detail::taken},
    SubCodeRow{detail::order, "ACQ.CONTEXT_INCONSISTENT", detail::taken},  // same number, other parameters
    // "Returning the fee failed, try again": says nothing about the money.
    SubCodeRow{detail::refund, "ACQ.REFUND_CHARGE_ERROR", detail::unknown},

    // Orders: closed or cancelled before under this number; or no trade was made.
    SubCodeRow{detail::order, "ACQ.TRADE_HAS_CLOSE", detail::refused(payments::Refusal::number_used_up)},
    SubCodeRow{detail::pay, "ACQ.PAYMENT_AUTH_CODE_INVALID",
               detail::refused(payments::Refusal::code_invalid)},
    // Orders: refused by or for the payer; a trade may stand.
    SubCodeRow{detail::order, "ACQ.BUYER_BALANCE_NOT_ENOUGH",
               detail::refused_may_exist(payments::Refusal::insufficient_funds)},
    SubCodeRow{detail::order, "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH",
               detail::refused_may_exist(payments::Refusal::insufficient_funds)},
    SubCodeRow{detail::order, "ACQ.ERROR_BALANCE_PAYMENT_DISABLE",
               detail::refused_may_exist(payments::Refusal::payer_account)},
    SubCodeRow{detail::order, "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE",
               detail::refused_may_exist(payments::Refusal::payer_account)},
    SubCodeRow{detail::order, "ACQ.TRADE_BUYER_NOT_MATCH",
               detail::refused_may_exist(payments::Refusal::payer_account)},
    SubCodeRow{detail::order, "ACQ.BUYER_ENABLE_STATUS_FORBID",
               detail::refused_may_exist(payments::Refusal::payer_account)},
    SubCodeRow{detail::order, "ACQ.MOBILE_PAYMENT_SWITCH_OFF",
               detail::refused_may_exist(payments::Refusal::payer_account)},
    SubCodeRow{detail::order, "ACQ.USER_FACE_PAYMENT_SWITCH_OFF",
               detail::refused_may_exist(payments::Refusal::payer_account)},
    SubCodeRow{detail::order, "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
               detail::refused_may_exist(payments::Refusal::payer_limit)},
    SubCodeRow{detail::order, "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR",
               detail::refused_may_exist(payments::Refusal::payer_limit)},
    SubCodeRow{detail::order, "ACQ.BEYOND_PER_RECEIPT_RESTRICTION",
               detail::refused_may_exist(payments::Refusal::payer_single_limit)},
    SubCodeRow{detail::order, "ACQ.BEYOND_PAY_RESTRICTION",
               detail::refused_may_exist(payments::Refusal::seller_limit)},
    SubCodeRow{detail::order, "ACQ.BUYER_SELLER_EQUAL",
               detail::refused_may_exist(payments::Refusal::trade_refused)},
    SubCodeRow{detail::order, "ACQ.PULL_MOBILE_CASHIER_FAIL",
               detail::refused_may_exist(payments::Refusal::trade_refused)},
    SubCodeRow{detail::order, "ACQ.PAYMENT_FAIL",
               detail::refused_may_exist(payments::Refusal::trade_refused)},
    SubCodeRow{detail::order, "ACQ.PAYMENT_REQUEST_HAS_RISK",
               detail::refused_may_exist(payments::Refusal::trade_refused)},
    // Orders: refused for what was asked; no trade was made.
    SubCodeRow{detail::order, "ACQ.TOTAL_FEE_EXCEED", detail::refused(payments::Refusal::trade_refused)},
    SubCodeRow{detail::order, "ACQ.EXIST_FORBIDDEN_WORD", detail::refused(payments::Refusal::trade_refused)},
    SubCodeRow{detail::order, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
               detail::refused(payments::Refusal::trade_refused)},
    SubCodeRow{detail::any, "ACQ.INVALID_PARAMETER", detail::misconfigured},
    SubCodeRow{detail::any, "ACQ.ACCESS_FORBIDDEN", detail::misconfigured},
    SubCodeRow{detail::any, "ACQ.PARTNER_ERROR", detail::misconfigured},
    SubCodeRow{detail::order, "ACQ.SELLER_BEEN_BLOCKED", detail::misconfigured},

    // No such trade: of a query it is the answer, of a close all there is to do, of a refund query the
    // absence of the refund.
    SubCodeRow{detail::query | detail::close,
               "ACQ.TRADE_NOT_EXIST",
               {.outcome = payments::Outcome::done, .has_no_trade = true}},
    SubCodeRow{detail::refund_query, "ACQ.TRADE_NOT_EXIST", detail::no_refund},
    SubCodeRow{detail::cancel | detail::refund, "ACQ.TRADE_NOT_EXIST", detail::no_trade},

    // cancel, refund, close
    SubCodeRow{detail::cancel, "ACQ.TRADE_CANCEL_TIME_OUT", detail::refused(payments::Refusal::too_late)},
    SubCodeRow{detail::cancel | detail::refund, "ACQ.TRADE_HAS_FINISHED",
               detail::refused(payments::Refusal::too_late)},
    SubCodeRow{detail::cancel | detail::refund, "ACQ.SELLER_BALANCE_NOT_ENOUGH",
               detail::refused(payments::Refusal::merchant_funds)},
    SubCodeRow{detail::cancel | detail::refund, "ACQ.REASON_TRADE_BEEN_FREEZEN",
               detail::refused(payments::Refusal::wrong_state)},
    SubCodeRow{detail::cancel, "ACQ.CANCEL_NOT_ALLOWED", detail::refused(payments::Refusal::wrong_state)},
    SubCodeRow{detail::cancel, "ACQ.REASON_TRADE_REFUND_FEE_ERR",  // refunded already
               detail::refused(payments::Refusal::wrong_state)},
    SubCodeRow{detail::refund, "ACQ.TRADE_HAS_CLOSE", detail::refused(payments::Refusal::wrong_state)},
    SubCodeRow{detail::refund | detail::close, "ACQ.TRADE_STATUS_ERROR",
               detail::refused(payments::Refusal::wrong_state)},
    SubCodeRow{detail::refund | detail::close, "ACQ.REASON_TRADE_STATUS_INVALID",
               detail::refused(payments::Refusal::wrong_state)},
    SubCodeRow{detail::refund, "ACQ.REASON_TRADE_REFUND_FEE_ERR",
               detail::refused(payments::Refusal::refund_amount)},
    SubCodeRow{detail::refund, "ACQ.DISCORDANT_REPEAT_REQUEST",
               detail::refused(payments::Refusal::refund_amount)},
    SubCodeRow{detail::refund, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
               detail::refused(payments::Refusal::refund_amount)},
    SubCodeRow{detail::refund, "ACQ.REFUND_FEE_ERROR", detail::refused(payments::Refusal::refund_amount)},
    SubCodeRow{detail::refund, "ACQ.TRADE_NOT_ALLOW_REFUND",
               detail::refused(payments::Refusal::not_refundable)},
    SubCodeRow{detail::refund, "ACQ.NOT_ALLOW_PARTIAL_REFUND",
               detail::refused(payments::Refusal::not_refundable)},
    SubCodeRow{detail::refund, "ACQ.BUYER_ERROR", detail::refused(payments::Refusal::payer_account)},
    SubCodeRow{detail::refund, "ACQ.CUSTOMER_VALIDATE_ERROR",
               detail::refused(payments::Refusal::payer_account)},
};

// What the gateway says without a signature because it cannot tell whose keys to use: the call was turned
// away at its door. Nothing else is believed unsigned.
inline constexpr std::array door_sub_codes{
    std::string_view("isv.missing-app-id"),         std::string_view("isv.invalid-app-id"),
    std::string_view("isv.missing-signature"),      std::string_view("isv.invalid-signature"),
    std::string_view("isv.missing-signature-type"), std::string_view("isv.invalid-signature-type"),
    std::string_view("isv.missing-signature-key"),
};

// The gateway's own trouble, under whatever code it comes.
[[nodiscard]] constexpr bool is_system_error(std::string_view sub_code) {
    return sub_code.ends_with("SYSTEM_ERROR") || sub_code.ends_with("unknow-error");
}

// The meaning of an answer to `call`; none: unlisted.
[[nodiscard]] constexpr std::optional<Meaning> find_meaning(Call call, std::string_view code,
                                                            std::string_view sub_code) {
    const auto bit = static_cast<unsigned>(call);
    if (is_system_error(sub_code)) return Meaning{};
    if (code == "40004") {
        for (const SubCodeRow& row : sub_code_table) {
            if ((row.calls & bit) != 0 && row.sub_code == sub_code) return row.meaning;
        }
        return std::nullopt;
    }
    for (const CodeRow& row : code_table) {
        if ((row.calls & bit) != 0 && row.code == code) return row.meaning;
    }
    return std::nullopt;
}

namespace detail {

constexpr bool is_each_pair_once() {
    for (std::size_t i = 0; i < sub_code_table.size(); ++i) {
        for (std::size_t k = i + 1; k < sub_code_table.size(); ++k) {
            const bool same_call = (sub_code_table[i].calls & sub_code_table[k].calls) != 0;
            if (same_call && sub_code_table[i].sub_code == sub_code_table[k].sub_code) return false;
        }
    }
    return true;
}
static_assert(is_each_pair_once(), "a sub_code has one meaning per call");

}  // namespace detail

}  // namespace huitong::channels::alipay

// What each err_code of WeChat Pay v2 means for each call: the one table (spec/channels 1A.4–1A.10, 3.5,
// 3.7). A code that is not in it is an unknown outcome, never a refusal.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "payments/answers.hpp"

namespace huitong::channels::wechat {

enum class Call : unsigned {
    micropay = 1,
    orderquery = 2,
    reverse = 4,
    refund = 8,
    refundquery = 16,
    closeorder = 32,
    unifiedorder = 64
};

struct Meaning {
    payments::Outcome outcome = payments::Outcome::unknown;
    payments::Refusal refusal = payments::Refusal::none;
    bool may_exist = false;     // micropay, unifiedorder: refused, but an order may stand and could be paid
    bool may_be_older = false;  // micropay: the number is taken; whose payment it is, only its time tells
    bool has_no_trade = false;  // the channel knows no trade (refundquery: no refund) of that number
    bool may_be_unsigned =
        false;  // believed in a return_code=FAIL answer too: the call was turned away at the door
};

struct CodeRow {
    unsigned calls = 0;  // bits of Call
    std::string_view code;
    Meaning meaning;
};

namespace detail {

using payments::Outcome;
using payments::Refusal;

inline constexpr unsigned pay = static_cast<unsigned>(Call::micropay);
inline constexpr unsigned query = static_cast<unsigned>(Call::orderquery);
inline constexpr unsigned undo = static_cast<unsigned>(Call::reverse);
inline constexpr unsigned refund = static_cast<unsigned>(Call::refund);
inline constexpr unsigned refund_query = static_cast<unsigned>(Call::refundquery);
inline constexpr unsigned close = static_cast<unsigned>(Call::closeorder);
inline constexpr unsigned launch = static_cast<unsigned>(Call::unifiedorder);
inline constexpr unsigned any = pay | query | undo | refund | refund_query | close | launch;

inline constexpr Meaning unknown{};
inline constexpr Meaning taken{.may_be_older = true};
inline constexpr Meaning misconfigured{
    .outcome = Outcome::refused, .refusal = Refusal::configuration, .may_be_unsigned = true};
inline constexpr Meaning no_trade{
    .outcome = Outcome::refused, .refusal = Refusal::no_such_trade, .has_no_trade = true};
inline constexpr Meaning no_refund{.has_no_trade = true};
inline constexpr Meaning rate_limited{.outcome = Outcome::not_sent, .refusal = Refusal::rate_limited};

constexpr Meaning refused(Refusal why) {
    return {.outcome = Outcome::refused, .refusal = why};
}
constexpr Meaning refused_may_exist(Refusal why) {
    return {.outcome = Outcome::refused, .refusal = why, .may_exist = true};
}

}  // namespace detail

inline constexpr std::array code_table{
    // May or may not have been done.
    CodeRow{detail::any, "SYSTEMERROR", detail::unknown},
    CodeRow{detail::any, "BANKERROR", detail::unknown},
    CodeRow{detail::refund, "BIZERR_NEED_RETRY", detail::unknown},
    CodeRow{detail::pay | detail::launch, "ORDERPAID", detail::taken},
    CodeRow{detail::pay | detail::launch, "OUT_TRADE_NO_USED", detail::taken},
    CodeRow{detail::pay | detail::launch, "INVALID_REQUEST", detail::taken},  // "201 商户订单号重复"
    // The payer is asked; a reversal has to wait for that and is repeated.
    CodeRow{detail::pay, "USERPAYING", {.outcome = payments::Outcome::pending}},
    CodeRow{detail::undo, "USERPAYING", detail::unknown},
    // Closed or reversed before under this number.
    CodeRow{detail::pay | detail::launch, "ORDERREVERSED",
            detail::refused(payments::Refusal::number_used_up)},
    CodeRow{detail::pay | detail::launch, "ORDERCLOSED", detail::refused(payments::Refusal::number_used_up)},
    // No order was made.
    CodeRow{detail::pay, "AUTHCODEEXPIRE", detail::refused(payments::Refusal::code_expired)},
    CodeRow{detail::pay, "AUTH_CODE_ERROR", detail::refused(payments::Refusal::code_invalid)},
    CodeRow{detail::pay, "AUTH_CODE_INVALID", detail::refused(payments::Refusal::code_invalid)},
    // Another payer's order stands under this number: not ours to reverse.
    CodeRow{detail::pay, "BUYER_MISMATCH", detail::refused(payments::Refusal::payer_account)},
    // Refused after the order was made. NOTSUPORTCARD (sic) is not named in 3.5; the payer could still change
    // the card.
    CodeRow{detail::pay | detail::launch, "NOTENOUGH",
            detail::refused_may_exist(payments::Refusal::insufficient_funds)},
    CodeRow{detail::pay, "NOTSUPORTCARD", detail::refused_may_exist(payments::Refusal::payer_account)},
    CodeRow{detail::pay, "USER_ACCOUNT_ABNORMAL",
            detail::refused_may_exist(payments::Refusal::payer_account)},
    CodeRow{detail::pay, "TRADE_ERROR", detail::refused_may_exist(payments::Refusal::trade_refused)},
    CodeRow{detail::pay, "RULELIMIT", detail::refused_may_exist(payments::Refusal::payer_limit)},
    // No such trade: of a query it is the answer, of a close all there is to do, of the others a refusal.
    CodeRow{detail::query | detail::close,
            "ORDERNOTEXIST",
            {.outcome = payments::Outcome::done, .has_no_trade = true}},
    CodeRow{detail::undo | detail::refund, "ORDERNOTEXIST", detail::no_trade},
    CodeRow{detail::refund_query, "REFUNDNOTEXIST", detail::no_refund},
    CodeRow{detail::undo, "REVERSE_EXPIRE", detail::refused(payments::Refusal::too_late)},
    CodeRow{detail::undo | detail::refund, "NOTENOUGH", detail::refused(payments::Refusal::merchant_funds)},
    CodeRow{detail::undo | detail::close | detail::refund, "TRADE_STATE_ERROR",
            detail::refused(payments::Refusal::wrong_state)},
    CodeRow{detail::undo | detail::refund | detail::refund_query, "INVALID_TRANSACTIONID",
            detail::refused(payments::Refusal::configuration)},
    CodeRow{detail::refund, "TRADE_OVERDUE", detail::refused(payments::Refusal::too_late)},
    CodeRow{detail::refund, "USER_ACCOUNT_ABNORMAL", detail::refused(payments::Refusal::payer_account)},
    CodeRow{detail::refund, "ERROR", detail::refused(payments::Refusal::trade_refused)},
    CodeRow{detail::close, "ORDERPAID", detail::refused(payments::Refusal::wrong_state)},
    CodeRow{detail::close, "ORDERCLOSED", {.outcome = payments::Outcome::done}},
    // Not executed; come back later.
    CodeRow{detail::any, "FREQUENCY_LIMITED", detail::rate_limited},
    CodeRow{detail::any, "RATELIMIT", detail::rate_limited},
    CodeRow{detail::any, "INVALID_REQ_TOO_MUCH", detail::rate_limited},
    // Not executed; our keys, numbers or permissions are wrong.
    CodeRow{detail::any, "SIGNERROR", detail::misconfigured},
    CodeRow{detail::any, "PARAM_ERROR", detail::misconfigured},
    CodeRow{detail::any, "LACK_PARAMS", detail::misconfigured},
    CodeRow{detail::any, "XML_FORMAT_ERROR", detail::misconfigured},
    CodeRow{detail::any, "POST_DATA_EMPTY", detail::misconfigured},
    CodeRow{detail::any, "NOT_UTF8", detail::misconfigured},
    CodeRow{detail::any, "REQUIRE_POST_METHOD", detail::misconfigured},
    CodeRow{detail::any, "NOAUTH", detail::misconfigured},
    CodeRow{detail::any, "APPID_NOT_EXIST", detail::misconfigured},
    CodeRow{detail::any, "MCHID_NOT_EXIST", detail::misconfigured},
    CodeRow{detail::any, "APPID_MCHID_NOT_MATCH", detail::misconfigured},
};

// An unsigned answer names its reason in Chinese as often as by code: the beginnings that are known.
struct KnownText {
    std::string_view beginning;
    std::string_view code;  // reported as the channel's code
};
inline constexpr std::array known_texts{
    KnownText{"签名错误", "SIGNERROR"},
    KnownText{"签名失败", "SIGNERROR"},
    KnownText{"证书出错", "NOAUTH"},
    KnownText{"缺少参数", "LACK_PARAMS"},
    KnownText{"参数格式校验错误", "PARAM_ERROR"},
};

// The meaning of `code` in an answer to `call`; none: unlisted.
[[nodiscard]] constexpr std::optional<Meaning> find_meaning(Call call, std::string_view code) {
    for (const CodeRow& row : code_table) {
        if ((row.calls & static_cast<unsigned>(call)) != 0 && row.code == code) return row.meaning;
    }
    return std::nullopt;
}

namespace detail {

constexpr bool is_each_pair_once() {
    for (std::size_t i = 0; i < code_table.size(); ++i) {
        for (std::size_t k = i + 1; k < code_table.size(); ++k) {
            const bool same_call = (code_table[i].calls & code_table[k].calls) != 0;
            if (same_call && code_table[i].code == code_table[k].code) return false;
        }
    }
    return true;
}
constexpr bool is_unsigned_only_for_configuration() {
    for (const CodeRow& row : code_table) {
        if (row.meaning.may_be_unsigned && row.meaning.refusal != Refusal::configuration) return false;
    }
    return true;
}
static_assert(is_each_pair_once(), "a code has one meaning per call");
static_assert(is_unsigned_only_for_configuration(),
              "without a signature nothing but a turned-away call is believed");

}  // namespace detail

}  // namespace huitong::channels::wechat

// The table of spec/channels 6.3, column WeChat v2. Rows 40 to 43 speak of what a *query* sees, so their pay
// call leaves the caller without an answer it could rely on.
#include "sim/wechat/magic.hpp"

#include <algorithm>

namespace huitong::sim::wechat {

namespace {

constexpr std::string_view user_paying = "需要用户输入支付密码";
constexpr std::string_view system_error = "系统超时";

constexpr MagicRow rows[] = {
    // ascending by ss
    {.ss = 0, .birth = Birth::paid},
    {.ss = 1, .birth = Birth::pays_later, .err_code = "USERPAYING", .err_text = user_paying},
    {.ss = 2, .birth = Birth::pending, .err_code = "USERPAYING", .err_text = user_paying},
    {.ss = 3, .birth = Birth::cancels_later, .err_code = "USERPAYING", .err_text = user_paying},
    {.ss = 4,
     .birth = Birth::pays_later,
     .err_code = "USERPAYING",
     .err_text = user_paying,
     .wrong_passwords = 2},
    {.ss = 5, .birth = Birth::refused, .err_code = "NOTENOUGH", .err_text = "余额不足"},
    {.ss = 6,
     .birth = Birth::none,
     .err_code = "AUTHCODEEXPIRE",
     .err_text = "二维码已过期，请用户在微信上刷新后再试"},
    {.ss = 7,
     .birth = Birth::none,
     .err_code = "AUTH_CODE_ERROR",
     .err_text = "每个二维码仅限使用一次，请刷新再试"},
    {.ss = 8,
     .birth = Birth::none,
     .err_code = "AUTH_CODE_INVALID",
     .err_text = "101 付款码无效，请重新扫码"},
    {.ss = 9, .birth = Birth::refused, .err_code = "TRADE_ERROR", .err_text = "交易存在风险"},
    {.ss = 10, .birth = Birth::none, .err_code = "SYSTEMERROR", .err_text = system_error},
    {.ss = 11, .birth = Birth::paid, .err_code = "SYSTEMERROR", .err_text = system_error},
    {.ss = 12, .birth = Birth::pays_later, .err_code = "SYSTEMERROR", .err_text = system_error},
    {.ss = 13, .birth = Birth::none, .wire = Wire::reset_before},
    {.ss = 14, .birth = Birth::paid, .wire = Wire::reset_after},
    {.ss = 15, .birth = Birth::paid, .wire = Wire::late},
    {.ss = 16, .birth = Birth::none, .wire = Wire::bad_gateway},
    {.ss = 17, .birth = Birth::paid, .wire = Wire::truncated},
    {.ss = 18, .birth = Birth::paid, .wire = Wire::bad_sign},
    {.ss = 19, .birth = Birth::pays_later, .err_code = "BANKERROR", .err_text = "银行系统异常"},
    {.ss = 20, .birth = Birth::refused, .err_code = "RULELIMIT", .err_text = "交易金额或次数超出限制"},
    {.ss = 21,
     .birth = Birth::pending,
     .err_code = "USERPAYING",
     .err_text = user_paying,
     .reverse = ReverseQuirk::pays_first},
    {.ss = 22, .birth = Birth::paid, .wire = Wire::held},
    {.ss = 30, .birth = Birth::paid, .reverse = ReverseQuirk::recall},
    {.ss = 31, .birth = Birth::paid, .reverse = ReverseQuirk::system_error},
    {.ss = 32, .birth = Birth::paid, .reverse = ReverseQuirk::lost},
    {.ss = 33, .birth = Birth::paid, .reverse = ReverseQuirk::never},
    {.ss = 34,
     .birth = Birth::pending,
     .err_code = "USERPAYING",
     .err_text = user_paying,
     .reverse = ReverseQuirk::user_paying},
    {.ss = 35, .birth = Birth::paid, .reverse = ReverseQuirk::merchant_short},
    {.ss = 36,
     .birth = Birth::pending,
     .err_code = "USERPAYING",
     .err_text = user_paying,
     .reverse = ReverseQuirk::recall_forever},
    {.ss = 40,
     .birth = Birth::pending,
     .err_code = "USERPAYING",
     .err_text = user_paying,
     .query = QueryQuirk::system_error},
    {.ss = 41,
     .birth = Birth::paid,
     .err_code = "SYSTEMERROR",
     .err_text = system_error,
     .query = QueryQuirk::not_exist},
    {.ss = 42,
     .birth = Birth::paid,
     .err_code = "SYSTEMERROR",
     .err_text = system_error,
     .query = QueryQuirk::timeout},
    {.ss = 43,
     .birth = Birth::paid,
     .err_code = "SYSTEMERROR",
     .err_text = system_error,
     .query = QueryQuirk::other_amount},
    {.ss = 44, .birth = Birth::paid_on_repeat},
    {.ss = 50, .birth = Birth::paid, .err_code = "ORDERPAID", .err_text = "订单已支付"},
};

// Paid, answered after TT seconds, and TT queries get no answer: header value MICROPAY_PAY_QUERY_TIMEOUT.
// Not a code.
constexpr MagicRow late_pay_and_query{
    .ss = -1, .birth = Birth::paid, .wire = Wire::late, .query = QueryQuirk::timeout};

static_assert(std::ranges::is_sorted(rows, {}, &MagicRow::ss));

constexpr int digit(char c) {
    return c - '0';
}

}  // namespace

const MagicRow* find_magic(int ss) {
    const auto* const row = std::ranges::lower_bound(rows, ss, {}, &MagicRow::ss);
    return row != std::end(rows) && row->ss == ss ? row : nullptr;
}

const MagicRow& plain_row() {
    return rows[0];
}

Script script_of_code(std::string_view auth_code) {
    const Script plain{&plain_row(), 0};
    if (auth_code.size() != 18 || !auth_code.starts_with("13")) return plain;
    const MagicRow* const row = find_magic(digit(auth_code[14]) * 10 + digit(auth_code[15]));
    if (row == nullptr || row->ss == 0) return plain;
    return Script{row, digit(auth_code[16]) * 10 + digit(auth_code[17])};
}

std::optional<Script> script_of_header(std::string_view value) {
    if (value == "MICROPAY_USERPAYING") return Script{find_magic(1), 8};
    if (value == "MICROPAY_TIMEOUT") return Script{find_magic(15), 15};
    if (value == "MICROPAY_PAYERROR") return Script{find_magic(3), 0};
    if (value == "MICROPAY_PAY_QUERY_TIMEOUT") return Script{&late_pay_and_query, 15};
    return std::nullopt;
}

Script password_script() {
    return Script{find_magic(1), 8};
}

}  // namespace huitong::sim::wechat

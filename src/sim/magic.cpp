// The table of spec/channels 6.3. Rows 41 to 43 speak of what a *query* sees, so their pay call leaves the
// caller without an answer it could rely on.
#include "sim/magic.hpp"

#include <algorithm>

namespace huitong::sim {

namespace {

constexpr Say wx_paying{"USERPAYING", "需要用户输入支付密码"};
constexpr Say wx_system{"SYSTEMERROR", "系统超时"};
constexpr Say ali_paying{"10003", "order success pay inprocess"};
constexpr Say ali_system{"ACQ.SYSTEM_ERROR", "系统错误"};
constexpr Say ali_unavailable{"20000", "系统繁忙"};
constexpr Say ali_bad_code{"ACQ.PAYMENT_AUTH_CODE_INVALID",
                           "支付失败，获取顾客账户信息失败，请顾客刷新付款码后重新收款"};

constexpr MagicRow rows[] = {
    // ascending by ss
    {.ss = 0, .birth = Birth::paid},
    {.ss = 1, .birth = Birth::pays_later, .says = {wx_paying, ali_paying}},
    {.ss = 2, .birth = Birth::pending, .says = {wx_paying, ali_paying}},
    {.ss = 3, .birth = Birth::cancels_later, .says = {wx_paying, ali_paying}},
    {.ss = 4, .birth = Birth::pays_later, .says = {wx_paying, ali_paying}, .wrong_passwords = 2},
    {.ss = 5,
     .birth = Birth::refused,
     .says = {{"NOTENOUGH", "余额不足"}, {"ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"}}},
    {.ss = 6,
     .birth = Birth::none,
     .says = {{"AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试"}, ali_bad_code}},
    {.ss = 7,
     .birth = Birth::none,
     .says = {{"AUTH_CODE_ERROR", "每个二维码仅限使用一次，请刷新再试"}, ali_bad_code}},
    {.ss = 8,
     .birth = Birth::none,
     .says = {{"AUTH_CODE_INVALID", "101 付款码无效，请重新扫码"}, ali_bad_code}},
    {.ss = 9,
     .birth = Birth::refused,
     .says = {{"TRADE_ERROR", "交易存在风险"}, {"ACQ.PAYMENT_REQUEST_HAS_RISK", "支付有风险"}}},
    {.ss = 10, .birth = Birth::none, .says = {wx_system, ali_unavailable}},
    {.ss = 11, .birth = Birth::paid, .says = {wx_system, ali_system}},
    {.ss = 12, .birth = Birth::pays_later, .says = {wx_system, ali_unavailable}},
    {.ss = 13, .birth = Birth::none, .wire = Wire::reset_before},
    {.ss = 14, .birth = Birth::paid, .wire = Wire::reset_after},
    {.ss = 15, .birth = Birth::paid, .wire = Wire::late},
    {.ss = 16, .birth = Birth::none, .wire = Wire::bad_gateway},
    {.ss = 17, .birth = Birth::paid, .wire = Wire::truncated},
    {.ss = 18, .birth = Birth::paid, .wire = Wire::bad_sign},
    {.ss = 19, .birth = Birth::pays_later, .says = {{"BANKERROR", "银行系统异常"}, ali_system}},
    {.ss = 20,
     .birth = Birth::refused,
     .says = {{"RULELIMIT", "交易金额或次数超出限制"},
              {"ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "买家付款日限额超限"}}},
    {.ss = 21, .birth = Birth::pending, .says = {wx_paying, ali_paying}, .reverse = ReverseQuirk::pays_first},
    {.ss = 22, .birth = Birth::paid, .wire = Wire::held},
    {.ss = 30, .birth = Birth::paid, .reverse = ReverseQuirk::recall},
    {.ss = 31, .birth = Birth::paid, .reverse = ReverseQuirk::system_error},
    {.ss = 32, .birth = Birth::paid, .reverse = ReverseQuirk::lost},
    {.ss = 33, .birth = Birth::paid, .reverse = ReverseQuirk::never},
    {.ss = 34,
     .birth = Birth::pending,
     .says = {wx_paying, ali_paying},
     .reverse = ReverseQuirk::user_paying},
    {.ss = 35, .birth = Birth::paid, .reverse = ReverseQuirk::merchant_short},
    {.ss = 36,
     .birth = Birth::pending,
     .says = {wx_paying, ali_paying},
     .reverse = ReverseQuirk::recall_forever},
    {.ss = 40, .birth = Birth::pending, .says = {wx_paying, ali_paying}, .query = QueryQuirk::system_error},
    {.ss = 41, .birth = Birth::paid, .says = {wx_system, ali_system}, .query = QueryQuirk::not_exist},
    {.ss = 42, .birth = Birth::paid, .says = {wx_system, ali_system}, .query = QueryQuirk::timeout},
    {.ss = 43, .birth = Birth::paid, .says = {wx_system, ali_system}, .query = QueryQuirk::other_amount},
    {.ss = 44,
     .birth = Birth::paid_on_repeat,
     .says = {{"FREQUENCY_LIMITED", "频率限制，请稍后再试"}, {"40005", "请求频率超限"}}},
    {.ss = 50,
     .birth = Birth::paid,
     .says = {{"ORDERPAID", "订单已支付"}, {"ACQ.TRADE_HAS_SUCCESS", "交易已被支付"}}},
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

Script script_of_code(std::string_view auth_code, std::string_view prefix) {
    const Script plain{&plain_row(), 0};
    if (auth_code.size() != 18 || !auth_code.starts_with(prefix)) return plain;
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

}  // namespace huitong::sim

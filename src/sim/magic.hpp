// Magic payment codes: what a payer's code makes a simulated channel do, one row per scenario with a column
// per channel (spec/channels 6.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace huitong::sim {

// What becomes of the order when the pay call is executed.
enum class Birth : std::uint8_t {
    none,            // no order comes into being
    paid,            // paid at once
    pays_later,      // the payer confirms TT seconds later
    cancels_later,   // the payer closes the dialog TT seconds later
    pending,         // the payer never answers
    refused,         // an order exists, its payment failed
    paid_on_repeat,  // not executed at the first call of the number, paid at the second
};

// How the answer of the pay call travels.
enum class Wire : std::uint8_t {
    plain,
    reset_before,  // connection reset, not executed
    reset_after,   // executed, connection closed without an answer
    late,          // executed, answered TT seconds later
    bad_gateway,   // HTTP 502 with HTML, not executed
    truncated,     // executed, half of the body
    bad_sign,      // executed, the answer's signature is wrong
    held,          // executed only TT seconds later, whether or not the caller still listens
};

enum class QueryQuirk : std::uint8_t {
    none,
    system_error,  // a system error TT times, then the payment is found paid
    not_exist,     // no such order for TT seconds
    timeout,       // no answer TT times
    other_amount,  // an amount that is not the order's
};

enum class ReverseQuirk : std::uint8_t {
    none,
    pays_first,      // the payer confirms just before the reversal arrives
    recall,          // "call again" TT times
    system_error,    // a system error TT times
    lost,            // executed, answer lost TT times
    never,           // a system error for ever
    user_paying,     // WeChat: USERPAYING until TT seconds after the pay call
    merchant_short,  // the merchant's balance does not cover it
    recall_forever,  // success, but "call again" for ever
};

// The answer to the pay call. WeChat: err_code, empty for success. Alipay: a gateway code (10003, 20000,
// 40005) or the sub_code of a 40004, empty for 10000.
struct Say {
    std::string_view code = {};
    std::string_view text = {};
};

struct Words {
    Say wechat = {};
    Say alipay = {};
};

struct MagicRow {
    int ss;
    Birth birth;
    Words says = {};
    Wire wire = Wire::plain;
    QueryQuirk query = QueryQuirk::none;
    ReverseQuirk reverse = ReverseQuirk::none;
    int wrong_passwords = 0;
};

// A row and its TT.
struct Script {
    const MagicRow* row;
    int tt;
    [[nodiscard]] bool is_plain() const { return row->ss == 0; }
};

// The row of scenario `ss`, or null.
[[nodiscard]] const MagicRow* find_magic(int ss);
// Row 00: plain success.
[[nodiscard]] const MagicRow& plain_row();
// The scenario of an 18-digit payment code: `prefix` + 12 free digits + SS + TT; every other code is plain.
[[nodiscard]] Script script_of_code(std::string_view auth_code, std::string_view prefix);
// The scenario that header Wechatpay-Negative-Test asks for (spec/channels 6.1); none for an unknown value.
[[nodiscard]] std::optional<Script> script_of_header(std::string_view value);
// Scenario 01 with TT=8: what the password rules turn a plain payment into.
[[nodiscard]] Script password_script();

}  // namespace huitong::sim

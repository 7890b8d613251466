// A day's bill of an account as WeChat writes it, the same in both APIs: UTF-8 with a mark, CRLF, a backtick
// before every cell, a summary (spec/channels 1A.12).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace huitong::sim::wechat {

enum class BillKind : std::uint8_t { all, success, refund };

// "ALL", "SUCCESS", "REFUND"; empty is "ALL".
[[nodiscard]] std::optional<BillKind> parse_bill_kind(std::string_view text);

// One row. Amounts in fen, those that left the merchant positive too; fees are negative then.
struct BillLine {
    core::Instant at;
    std::string appid;
    std::string mch_id;
    std::string sub_mch_id = "0";
    std::string device = {};
    std::string transaction_id;
    std::string out_trade_no;
    std::string openid;
    std::string trade_type;
    std::string state;  // SUCCESS, REFUND, REVOKED
    std::string bank = "OTHERS";
    std::string currency = "CNY";
    std::int64_t settled_fen = 0;
    std::int64_t coupon_fen = 0;
    std::string refund_asked_at = {};
    std::string refund_done_at = {};
    std::string refund_id = "0";
    std::string out_refund_no = "0";
    std::int64_t refunded_fen = 0;
    std::int64_t coupon_refund_fen = 0;
    std::string refund_type = {};
    std::string refund_status = {};
    std::string subject = {};
    std::string attach = {};
    std::int64_t fee_fen = 0;
    std::string rate = {};  // "0.60%"
    std::int64_t order_fen = 0;
    std::int64_t asked_fen = 0;
    std::string rate_note = {};
};

// What WeChat keeps of an amount, in whole fen, half of one upwards.
[[nodiscard]] std::int64_t fee_of(std::int64_t fen, std::int64_t fee_ppm);
[[nodiscard]] std::string rate_text(std::int64_t fee_ppm);

// The rows as they are given, those that this kind of bill has.
[[nodiscard]] std::string write_bill(std::span<const BillLine> lines, BillKind kind);

// A day in UTC+8 and when its bill is made: what happens later is not in it.
struct BillDay {
    core::Instant begins;
    core::Instant ends;
    core::Instant made_at;

    [[nodiscard]] bool holds(core::Instant t) const { return t >= begins && t < ends; }
};
[[nodiscard]] BillDay bill_day(core::Date date);

}  // namespace huitong::sim::wechat

// One table of columns for the three kinds of bill.
#include "sim/wechat/bill.hpp"

#include <fmt/format.h>

#include "core/money.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr unsigned in_all = 1;
constexpr unsigned in_success = 2;
constexpr unsigned in_refund = 4;
constexpr unsigned in_every = in_all | in_success | in_refund;
constexpr unsigned of_refunds = in_all | in_refund;

enum class Print : std::uint8_t { time, text, amount, fee };

struct Column {
    std::string_view name;
    unsigned bills;
    Print print;
    std::string BillLine::* text = nullptr;
    std::int64_t BillLine::* amount = nullptr;
    std::string_view total = {};  // its sum's name in the summary; empty: none there
};

constexpr Column columns[] = {
    {.name = "交易时间", .bills = in_every, .print = Print::time},
    {.name = "公众账号ID", .bills = in_every, .print = Print::text, .text = &BillLine::appid},
    {.name = "商户号", .bills = in_every, .print = Print::text, .text = &BillLine::mch_id},
    {.name = "特约商户号", .bills = in_every, .print = Print::text, .text = &BillLine::sub_mch_id},
    {.name = "设备号", .bills = in_every, .print = Print::text, .text = &BillLine::device},
    {.name = "微信订单号", .bills = in_every, .print = Print::text, .text = &BillLine::transaction_id},
    {.name = "商户订单号", .bills = in_every, .print = Print::text, .text = &BillLine::out_trade_no},
    {.name = "用户标识", .bills = in_every, .print = Print::text, .text = &BillLine::openid},
    {.name = "交易类型", .bills = in_every, .print = Print::text, .text = &BillLine::trade_type},
    {.name = "交易状态", .bills = in_every, .print = Print::text, .text = &BillLine::state},
    {.name = "付款银行", .bills = in_every, .print = Print::text, .text = &BillLine::bank},
    {.name = "货币种类", .bills = in_every, .print = Print::text, .text = &BillLine::currency},
    {.name = "应结订单金额",
     .bills = in_every,
     .print = Print::amount,
     .amount = &BillLine::settled_fen,
     .total = "应结订单总金额"},
    {.name = "代金券金额", .bills = in_every, .print = Print::amount, .amount = &BillLine::coupon_fen},
    {.name = "退款申请时间", .bills = in_refund, .print = Print::text, .text = &BillLine::refund_asked_at},
    {.name = "退款成功时间", .bills = in_refund, .print = Print::text, .text = &BillLine::refund_done_at},
    {.name = "微信退款单号", .bills = of_refunds, .print = Print::text, .text = &BillLine::refund_id},
    {.name = "商户退款单号", .bills = of_refunds, .print = Print::text, .text = &BillLine::out_refund_no},
    {.name = "退款金额",
     .bills = of_refunds,
     .print = Print::amount,
     .amount = &BillLine::refunded_fen,
     .total = "退款总金额"},
    {.name = "充值券退款金额",
     .bills = of_refunds,
     .print = Print::amount,
     .amount = &BillLine::coupon_refund_fen,
     .total = "充值券退款总金额"},
    {.name = "退款类型", .bills = of_refunds, .print = Print::text, .text = &BillLine::refund_type},
    {.name = "退款状态", .bills = of_refunds, .print = Print::text, .text = &BillLine::refund_status},
    {.name = "商品名称", .bills = in_every, .print = Print::text, .text = &BillLine::subject},
    {.name = "商户数据包", .bills = in_every, .print = Print::text, .text = &BillLine::attach},
    {.name = "手续费",
     .bills = in_every,
     .print = Print::fee,
     .amount = &BillLine::fee_fen,
     .total = "手续费总金额"},
    {.name = "费率", .bills = in_every, .print = Print::text, .text = &BillLine::rate},
    {.name = "订单金额",
     .bills = in_every,
     .print = Print::amount,
     .amount = &BillLine::order_fen,
     .total = "订单总金额"},
    {.name = "申请退款金额",
     .bills = of_refunds,
     .print = Print::amount,
     .amount = &BillLine::asked_fen,
     .total = "申请退款总金额"},
    {.name = "费率备注", .bills = in_every, .print = Print::text, .text = &BillLine::rate_note},
};

constexpr std::string_view mark = "\xEF\xBB\xBF";
constexpr std::string_view line_end = "\r\n";

unsigned bit_of(BillKind kind) {
    switch (kind) {
        case BillKind::all:
            return in_all;
        case BillKind::success:
            return in_success;
        case BillKind::refund:
            return in_refund;
    }
    return 0;
}

bool has_line(BillKind kind, const BillLine& line) {
    return kind == BillKind::all || (kind == BillKind::success) == (line.state == "SUCCESS");
}

std::string yuan(std::int64_t fen, Print print) {
    // Fees have five decimals, of which WeChat uses two.
    return core::to_decimal(core::fen(fen)) + (print == Print::fee ? "000" : "");
}

std::string cell(const BillLine& line, const Column& column) {
    if (column.print == Print::time) return core::to_beijing_text(line.at);
    return column.amount == nullptr ? line.*column.text : yuan(line.*column.amount, column.print);
}

// "a,b" for names, "`a,`b" for values.
void append(std::string& row, std::string_view quote, std::string_view value) {
    if (!row.empty()) row += ',';
    row += quote;
    row += value;
}

}  // namespace

std::optional<BillKind> parse_bill_kind(std::string_view text) {
    if (text.empty() || text == "ALL") return BillKind::all;
    if (text == "SUCCESS") return BillKind::success;
    if (text == "REFUND") return BillKind::refund;
    return std::nullopt;
}

std::int64_t fee_of(std::int64_t fen, std::int64_t fee_ppm) {
    constexpr std::int64_t one = 1'000'000;
    return (fen * fee_ppm + one / 2) / one;
}

std::string rate_text(std::int64_t fee_ppm) {
    return fmt::format("{}.{:02}%", fee_ppm / 10'000, fee_ppm % 10'000 / 100);
}

std::string write_bill(std::span<const BillLine> lines, BillKind kind) {
    const unsigned bit = bit_of(kind);
    std::string names;
    std::string rows;
    std::int64_t count = 0;
    for (const Column& column : columns) {
        if ((column.bills & bit) != 0) append(names, "", column.name);
    }
    for (const BillLine& line : lines) {
        if (!has_line(kind, line)) continue;
        ++count;
        std::string row;
        for (const Column& column : columns) {
            if ((column.bills & bit) != 0) append(row, "`", cell(line, column));
        }
        rows += row;
        rows += line_end;
    }
    std::string total_names = "总交易单数";
    std::string totals = "`" + std::to_string(count);
    for (const Column& column : columns) {
        if ((column.bills & bit) == 0 || column.total.empty()) continue;
        std::int64_t sum = 0;
        for (const BillLine& line : lines) {
            if (has_line(kind, line)) sum += line.*column.amount;
        }
        append(total_names, "", column.total);
        append(totals, "`", yuan(sum, column.print));
    }
    return fmt::format("{}{}{}{}{}{}{}{}", mark, names, line_end, rows, total_names, line_end, totals,
                       line_end);
}

BillDay bill_day(core::Date date) {
    const core::Instant begins = core::start_of_beijing_day(date);
    const core::Instant ends = begins + std::chrono::hours(24);
    return {.begins = begins, .ends = ends, .made_at = ends + std::chrono::hours(9)};
}

}  // namespace huitong::sim::wechat

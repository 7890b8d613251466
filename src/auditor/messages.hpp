// What the witness reads out of the messages on the wires: tills' JSON (spec/upay §1, §3), WeChat's XML and
// Alipay's form and JSON (spec/channels 1A, 2), each parsed once into a few plain fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auditor/statement.hpp"
#include "net/message.hpp"

namespace huitong::auditor {

enum class TillOp { pay, precreate, query, cancel, refund, activate, other };

struct TillCall {
    TillOp op = TillOp::other;
    std::string name = {};  // last part of the path
    std::string terminal_sn = {};
    std::string client_sn = {};
    std::string sn = {};
    std::string request_no = {};
    std::string code = {};
    std::string payway = {};
    std::string subject = {};
    std::optional<std::int64_t> amount = {};  // of the order, or of the refund
};

// Nothing when the path is none of the terminal API. A body that is no JSON leaves the fields empty.
[[nodiscard]] std::optional<TillCall> read_till_call(const net::Request& request);

// What an answer says of the order as a whole.
enum class Word {
    none,    // nothing
    paid,    // PAID, and what can only follow it: refunded, refunding
    over,    // failed, closed, cancelled: the payer is out of no money
    open,    // still paying, or being undone
    trouble  // PAY_ERROR, CANCEL_ERROR
};

struct TillAnswer {
    std::string defect = {};  // why it is no envelope of spec/upay 1.2; empty: it is one
    std::string result_code = {};
    std::string error_code = {};  // of the envelope, else of biz_response
    std::string biz = {};         // biz_response.result_code
    std::string terminal_sn = {};
    std::string merchant_sn = {};  // activate only
    std::string store_sn = {};     // activate only
    std::string sn = {};
    std::string client_sn = {};
    std::string trade_no = {};
    std::string order_status = {};
    std::string status = {};
    std::string request_no = {};
    std::string launch = {};  // precreate: what the payer begins with
    std::optional<std::int64_t> total = {};
    std::optional<std::int64_t> net = {};
    std::optional<std::int64_t> refund = {};

    [[nodiscard]] Word word() const;
    // What people read: "PAY_FAIL EXPIRED_BARCODE PAY_CANCELED".
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] TillAnswer read_till_answer(TillOp op, std::string_view body);

enum class ChannelOp { pay, launch, query, reverse, refund, refund_query, close };
[[nodiscard]] std::string_view to_string(ChannelOp op);
[[nodiscard]] std::string_view to_string(Side side);

struct ChannelCall {
    Side side = Side::wechat;
    ChannelOp op = ChannelOp::query;
    std::string account = {};        // mch_id, app_id
    std::string number = {};         // out_trade_no
    std::string refund_number = {};  // out_refund_no, out_request_no
    std::string code = {};
    std::string subject = {};
    std::string terminal_sn = {};
    std::optional<std::int64_t> amount = {};  // of the order
    std::optional<std::int64_t> refund = {};  // of the refund
};

// Nothing when it is no call that the witness follows.
[[nodiscard]] std::optional<ChannelCall> read_wechat_call(const net::Request& request);
[[nodiscard]] std::optional<ChannelCall> read_alipay_call(const net::Request& request);
// A string signed for the payer's wallet, which takes it to Alipay itself; nothing when it is none.
[[nodiscard]] std::optional<ChannelCall> read_alipay_string(const std::string& launch);

enum class Says {
    unknown,        // no word that decides anything
    waiting,        // the payer is asked, or may begin
    paid,           // the order is paid
    paid_and_back,  // it was paid, and money went back
    pay_failed,     // the payment failed; it will not be paid
    undone,         // closed or reversed
    absent,         // no such order (no such refund)
    refused,        // the call was refused with a definite code, and not done
    accepted,       // the refund is accepted, or on its way
    refunded,       // the refund is done
    refund_closed,  // the refund is given up: nothing went back, the number is used up
    abnormal,       // the refund cannot reach the payer
};

struct ChannelAnswer {
    Says says = Says::unknown;
    std::string code = {};
    std::optional<std::int64_t> amount = {};  // what it says the order, or the refund asked for, is over
    bool is_signed = true;                    // false: nothing in it that a signature could cover
};

[[nodiscard]] ChannelAnswer read_channel_answer(const ChannelCall& call, const net::Response& answer);

}  // namespace huitong::auditor

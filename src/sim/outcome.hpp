// Call and Outcome: what the channels' calls have in common once they are understood, and what an answer has
// in common before it is signed and put on the wire (spec/channels 6.2). Each channel adds its own to both.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "net/message.hpp"
#include "sim/faults.hpp"
#include "sim/launches.hpp"
#include "sim/magic.hpp"
#include "sim/refunds.hpp"

namespace huitong::sim {

enum class Op : std::uint8_t {
    pay,
    query,
    reverse,
    refund,
    refund_query,
    close,
    launch,  // unifiedorder, precreate
    create,  // Alipay: the trade exists at once
    open,    // Alipay: the payer brings a string that the merchant signed
    // These speak of no order.
    bill,          // WeChat: downloadbill, or where to find the file
    bill_file,     // WeChat API v3: the file
    certificates,  // WeChat API v3
};
inline constexpr std::size_t op_count = 12;
[[nodiscard]] constexpr bool speaks_of_order(Op op) {
    return op < Op::bill;
}

// A request that passed the checks.
struct Call {
    Op op = Op::pay;
    std::size_t account = 0;
    std::uint16_t sub = 0;      // 1 + index of the sub-merchant; 0: none
    std::string number = {};    // out_trade_no; may be empty where trade_id is not
    std::string trade_id = {};  // the channel's number of the order; wins
    std::string auth_code = {};
    std::string negative_test = {};  // header Wechatpay-Negative-Test
    std::int64_t amount_fen = 0;     // of the order
    std::string refund_number = {};  // empty in a refund: that of the order
    std::string refund_id = {};      // the channel's number of a refund
    std::int64_t refund_fen = 0;
    Launch launch = {};           // what the request says of an order that the payer starts
    std::string notify_url = {};  // of a refund
    std::string reason = {};      // of a refund
    std::optional<RefundScript> refund_script = {};  // ordered by a fault
};

struct Outcome {
    std::vector<std::pair<std::string, std::string>> fields = {};  // without sign
    bool has_bad_sign = false;
    int status = 200;
    std::optional<std::string> raw_body = {};  // instead of the fields
    net::Delivery delivery = net::Delivery::complete;
    core::Duration delay{0};  // virtual, before the answer leaves
    bool is_certain = true;   // the caller learns from it how its call ended

    [[nodiscard]] std::string_view get(std::string_view name) const;
    void add(std::string_view name, std::string_view value) { fields.emplace_back(name, value); }
    // Nothing when there is no such field.
    void set(std::string_view name, std::string value);

    // The connection closes without a byte.
    void drop();
    // The same, after longer than anybody listens.
    void fall_silent();
    // A page with that HTTP status.
    void become_page(int http_status);
    // The answer reaches a caller that waits a usual time, whole and believable.
    [[nodiscard]] bool arrives() const;
};

// What the wire of a scenario does to the answer of a call that was executed, or pretended to be.
void apply_wire(Outcome& outcome, const Script& script);
// What a fault does to the answer of a call that was executed; FaultAction::amount is the channel's own.
void apply_fault(Outcome& outcome, const Fault& fault);

}  // namespace huitong::sim

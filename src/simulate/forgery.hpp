// Forgery: somebody on the way makes an answer of a channel say the opposite of what it said. The signature
// stays the channel's, or is spoilt instead: nothing of either may be believed.
#pragma once

#include <string>
#include <string_view>

#include "net/message.hpp"

namespace huitong::simulate {

// A call to a channel, as far as faults and forgeries care.
struct Seen {
    std::string side;  // "gateway", "wechat", "alipay"
    std::string op;    // canonical: "pay", "query", "reverse", "refund", "refundquery", "close"
    std::string number;
    std::string refund_number = {};
    std::string amount = {};  // of the order or the refund, as the call writes it; empty when it does not
    bool is_paid_on_repeat = false;
};

// The value that follows a name in XML, JSON or a form with JSON in it.
[[nodiscard]] std::string value_after(std::string_view body, std::string_view name);

// Both return false when the answer carries no signature: it is left as it is.
// `state` is what a query is made to say of an order that is not paid: "SUCCESS", "CLOSED", "PAYERROR".
[[nodiscard]] bool forge_answer(const Seen& call, std::string_view state, std::string& body);
[[nodiscard]] bool spoil_signature(std::string_view side, std::string& body);

}  // namespace huitong::simulate

// What the channels say they did: the statement a channel would send at the end of the day, with what is
// still open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace huitong::auditor {

enum class Side { wechat, alipay };

struct ChannelRefund {
    enum class State { processing, succeeded, abnormal, closed };
    std::string number;
    std::int64_t amount_fen = 0;
    State state = State::processing;
    std::optional<core::Instant> done_at = {};  // by the channel's clock; none: not yet
};

// One number of one account at a channel, behind which an order stands.
struct ChannelOrder {
    Side side = Side::wechat;
    std::string number;
    std::int64_t amount_fen = 0;
    bool was_paid = false;          // at any time, whatever went back since
    core::Instant paid_at = {};     // by the channel's clock
    std::int64_t returned_fen = 0;  // back with the payer: by reversal or refunds
    bool is_open = false;           // unpaid, and could still be paid
    std::vector<ChannelRefund> refunds = {};
};

using Statement = std::vector<ChannelOrder>;

}  // namespace huitong::auditor

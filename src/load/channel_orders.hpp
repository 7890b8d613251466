// What the simulated channels hold of the orders of a run, read from their control plane (spec/channels 6.4).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "load/orders.hpp"
#include "net/http_client.hpp"

namespace huitong::load {

struct ChannelRefund {
    std::string number;
    std::int64_t amount_fen = 0;
    bool is_accepted = false;  // executed; else only asked for
};

struct ChannelOrder {
    std::string number;  // out_trade_no
    std::int64_t amount_fen = 0;
    bool was_paid = false;
    std::int64_t refunded_fen = 0;  // by reversal or refunds
    std::int64_t pay_calls = 0;
    core::Instant created_at;
    std::vector<ChannelRefund> refunds;

    // What the payer is out of pocket.
    [[nodiscard]] std::int64_t net_fen() const { return was_paid ? amount_fen - refunded_fen : 0; }
};

// Where the channels stood before the run.
struct ChannelMark {
    core::Instant now;  // by their own clock
    std::array<std::int64_t, wallets.size()> orders{};
};

// Errors: of the transport; invalid {bad_simulator}: an answer that is none of a simulator.
[[nodiscard]] task::Task<ChannelMark> read_mark(net::HttpTransport& transport, net::Origin simulators);
// Both wallets' orders that were made since; conflict {simulator_reset}: there are fewer than before.
[[nodiscard]] task::Task<std::vector<ChannelOrder>> read_channel_orders(net::HttpTransport& transport,
                                                                        net::Origin simulators,
                                                                        ChannelMark since);

}  // namespace huitong::load

// Audit: what the tills of a run were told, held against what the channels did and what the ledger says.
// Pure; a side that could not be read is left out, and the report says so.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "load/channel_orders.hpp"
#include "load/orders.hpp"

namespace huitong::load {

// A payment of the run as its platform has it.
struct LedgerPayment {
    std::string sn;
    std::string client_sn;
    std::string channel_number;
    std::string state;  // payments::to_string(PaymentState)
    std::int64_t amount_fen = 0;
    std::int64_t refunded_fen = 0;
    std::int64_t posted_fen = 0;           // what its entries leave between merchant and channel, before fees
    std::vector<std::string> differences;  // what `admin ledger verify` says of it
};

struct LedgerView {
    std::vector<LedgerPayment> of_run;
    std::set<std::string, std::less<>> other_numbers;  // channel numbers of others' payments of that time
};

enum class Fault : std::uint8_t {
    lost,        // told, and not so
    doubled,     // paid or refunded more than was asked
    unresolved,  // not final at the end
    money,       // channel, ledger and state of a payment disagree, or an order nobody asked for
};
inline constexpr std::array faults{Fault::lost, Fault::doubled, Fault::unresolved, Fault::money};
[[nodiscard]] std::string_view to_string(Fault fault);

struct Finding {
    Fault fault = Fault::lost;
    std::string order;  // client_sn, or the channel's number where there is none
    std::string detail;
};

struct Audit {
    bool has_channel = false;
    bool has_ledger = false;
    std::int64_t orders = 0;
    std::int64_t acknowledged = 0;  // orders whose number a till was told
    std::int64_t told_fen = 0;      // by what the tills were told last
    std::int64_t channel_fen = 0;   // of the run's payments, less what went back
    std::int64_t ledger_fen = 0;
    std::vector<Finding> findings;

    [[nodiscard]] std::int64_t count(Fault fault) const;
};

[[nodiscard]] Audit audit(const std::deque<Order>& told,
                          const std::optional<std::vector<ChannelOrder>>& channel,
                          const std::optional<LedgerView>& ledger);

}  // namespace huitong::load

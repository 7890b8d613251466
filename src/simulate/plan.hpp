// A plan: what is to happen on one simulated day, drawn from its seed before it begins. Every item carries a
// seed of its own, so that leaving others out (shrinking) does not change what it does.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace huitong::simulate {

enum class ItemKind {
    sale,     // a payer, a till and what comes of it
    wire,     // the network spoils the next calls of some kind
    channel,  // a channel answers the next calls wrongly
    outage,   // a channel cannot be reached for a while
    crash,    // the process ends: killed, or the power fails
    disk,     // it is full for a moment
    commit,   // a COMMIT fails, or its answer is lost
    restore,  // the disk is lost and a backup put in its place
};
[[nodiscard]] std::string_view to_string(ItemKind kind);

struct Item {
    int id = 0;  // its place in the plan
    ItemKind kind = ItemKind::sale;
    core::Duration at{0};  // since the day began
    std::uint64_t seed = 0;
};

// What holds all day.
struct Weather {
    core::Duration scan_every = std::chrono::seconds(15);  // of the engine's and the alerts' worker
    core::Duration skew{0};                                // the channels' clock less ours
    bool has_tombstones = true;        // at the channels: a number reversed before it came is barred
    bool checks_in = false;            // tills renew their keys
    std::size_t most_per_group = 8;    // closures in one commit
    int rehearse_one_in = 4;           // groups that are run twice
    int checkpoint_pages = 200;        // of the WAL
    core::Duration refunds_settle{0};  // at WeChat
    // The operators' webhook, since the day began; then alerts are given up after two hours.
    core::Duration webhook_away_from{0};
    core::Duration webhook_away_to{0};
};

struct Plan {
    Weather weather;
    std::vector<Item> items;  // by time
};

// A whole day's; what would begin after `length` is left out.
[[nodiscard]] Plan make_plan(std::uint64_t seed, core::Duration length);

}  // namespace huitong::simulate

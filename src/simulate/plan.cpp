#include "simulate/plan.hpp"

#include <algorithm>
#include <utility>

#include "simulate/dice.hpp"

namespace huitong::simulate {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Weather draw_weather(Dice& dice) {
    Weather weather;
    weather.scan_every = seconds(dice.pick({10, 20, 30, 60}));
    if (dice.chance(30)) weather.skew = dice.between(-seconds(150), seconds(150));
    weather.has_tombstones = !dice.chance(25);
    weather.most_per_group = static_cast<std::size_t>(dice.pick({1, 4, 16}));
    weather.rehearse_one_in = static_cast<int>(dice.pick({0, 2, 4, 8}));
    weather.checkpoint_pages = static_cast<int>(dice.pick({8, 60, 400}));
    if (dice.chance(40)) weather.refunds_settle = dice.between(seconds(5), minutes(40));
    if (dice.one_in(10)) {
        weather.webhook_away_from = dice.between(hours(1), hours(8));
        weather.webhook_away_to = weather.webhook_away_from + dice.between(hours(4), hours(9));
    }
    return weather;
}

// Shops are open from 07:00 to midnight, with two rushes; the day begins at 06:00.
core::Duration opening_time(Dice& dice) {
    const auto rush = [&](core::Duration from, core::Duration to) { return dice.between(from, to); };
    const std::int64_t hour = dice.between(1, 10);
    core::Duration at{};
    if (hour <= 3) {
        at = rush(hours(6), hours(8));
    } else if (hour <= 6) {
        at = rush(hours(12), hours(14));
    } else if (hour == 7) {
        at = rush(hours(17) + minutes(30), hours(18) + minutes(10));  // around midnight
    } else {
        at = rush(hours(1), hours(18));
    }
    return at;
}

struct Share {
    ItemKind kind;
    int least;
    int most;
};
// How many of each a day has; of restores there is one in some days only.
constexpr Share shares[] = {{ItemKind::sale, 103, 107}, {ItemKind::wire, 10, 30}, {ItemKind::channel, 6, 20},
                            {ItemKind::outage, 1, 2},   {ItemKind::crash, 1, 5},  {ItemKind::disk, 0, 5},
                            {ItemKind::commit, 1, 6}};

}  // namespace

std::string_view to_string(ItemKind kind) {
    switch (kind) {
        case ItemKind::sale:
            return "sale";
        case ItemKind::wire:
            return "wire";
        case ItemKind::channel:
            return "channel";
        case ItemKind::outage:
            return "outage";
        case ItemKind::crash:
            return "crash";
        case ItemKind::disk:
            return "disk";
        case ItemKind::commit:
            return "commit";
        case ItemKind::restore:
            return "restore";
    }
    return "?";
}

Plan make_plan(std::uint64_t seed, core::Duration length) {
    Dice dice(seed);
    Plan plan{.weather = draw_weather(dice), .items = {}};
    const auto add = [&](ItemKind kind) {
        const core::Duration at = opening_time(dice);
        plan.items.push_back({.id = 0, .kind = kind, .at = at, .seed = dice.seed()});
    };
    for (const Share& share : shares) {
        const std::int64_t count = dice.between(share.least, share.most);
        for (std::int64_t n = 0; n < count; ++n) add(share.kind);
    }
    const bool is_lost = dice.chance(55);
    if (is_lost) add(ItemKind::restore);
    // A till that renewed its key after the backup would have to be activated again.
    plan.weather.checks_in = !is_lost && dice.chance(50);
    std::ranges::sort(plan.items, {}, [](const Item& item) { return std::pair(item.at, item.seed); });
    for (int id = 0; Item & item : plan.items) item.id = id++;
    std::erase_if(plan.items, [&](const Item& item) { return item.at > length; });
    return plan;
}

}  // namespace huitong::simulate

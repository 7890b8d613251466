#include "load/schedule.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>

#include "core/assert.hpp"

namespace huitong::load {

namespace {

std::unexpected<core::Error> bad_mix(std::string_view part) {
    return core::fail(core::Code::invalid, "bad_mix",
                      std::string(part) + ": pay, query, cancel, refund, each =PARTS");
}

}  // namespace

std::string_view to_string(Operation operation) {
    switch (operation) {
        case Operation::pay:
            return "pay";
        case Operation::query:
            return "query";
        case Operation::cancel:
            return "cancel";
        case Operation::refund:
            return "refund";
    }
    return "";
}

core::Result<Mix> parse_mix(std::string_view text) {
    constexpr int most_parts = 1'000'000;
    Mix mix{};
    std::array<bool, operations.size()> is_named{};
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const std::size_t equals = std::min(part.find('='), part.size());
        std::size_t which = 0;
        while (which < operations.size() && to_string(operations[which]) != part.substr(0, equals)) ++which;
        const std::string_view digits = part.substr(equals).substr(equals < part.size() ? 1 : 0);
        int parts = -1;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), parts);
        const bool is_number = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
        if (which == operations.size() || is_named[which] || !is_number || parts < 0 || parts > most_parts)
            return bad_mix(part);
        is_named[which] = true;
        mix[which] = parts;
    }
    if (mix[static_cast<std::size_t>(Operation::pay)] == 0)
        return bad_mix("pay=0, and everything else concerns payments of the run");
    return mix;
}

Schedule::Schedule(const Plan& plan)
    : plan_(plan),
      times_(plan.seed),
      kinds_(~plan.seed),
      parts_(std::accumulate(plan.mix.begin(), plan.mix.end(), 0)) {
    HUITONG_ASSERT(parts_ > 0 && plan.rate_per_s >= 0, "a plan without requests");
}

std::optional<Arrival> Schedule::next(core::Duration now) {
    if (plan_.most > 0 && issued_ >= plan_.most) return std::nullopt;
    const core::Duration at = next_time(now);
    if (at >= plan_.length) return std::nullopt;
    ++issued_;
    return Arrival{.at = at, .operation = draw()};
}

core::Duration Schedule::next_time(core::Duration now) {
    constexpr double us_per_s = 1e6;
    if (plan_.rate_per_s == 0) return now;
    if (plan_.arrivals == Arrivals::even) {
        return core::Duration(std::llround(static_cast<double>(issued_) * us_per_s / plan_.rate_per_s));
    }
    poisson_us_ -= std::log(fraction()) * us_per_s / plan_.rate_per_s;
    return core::Duration(std::llround(poisson_us_));
}

double Schedule::fraction() {
    constexpr std::uint64_t steps = std::uint64_t{1} << 53;
    return static_cast<double>(times_.below(steps) + 1) / static_cast<double>(steps);
}

Operation Schedule::draw() {
    auto drawn = static_cast<int>(kinds_.below(static_cast<std::uint64_t>(parts_)));
    for (const Operation operation : operations) {
        drawn -= plan_.mix[static_cast<std::size_t>(operation)];
        if (drawn < 0) return operation;
    }
    return Operation::pay;
}

}  // namespace huitong::load

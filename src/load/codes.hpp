// Payers' codes as the simulators read them (spec/channels 6.3): wallet, payer, turn, scenario, its seconds.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "load/orders.hpp"

namespace huitong::load {

// What the payer's channel is to do; 0: pay at once.
struct Scenario {
    int number = 0;
    int seconds = 0;
};

// Each n its own code. A payer (six digits) comes back only after a million codes: the fifth time in a day a
// password is asked for.
[[nodiscard]] inline std::string payment_code(std::int64_t n, Wallet wallet, Scenario scenario) {
    constexpr std::int64_t million = 1'000'000;
    return fmt::format("{}{:06}{:06}{:02}{:02}", wallet == Wallet::wechat ? "13" : "28", n % million,
                       n / million % million, scenario.number, scenario.seconds);
}

// Payers who hesitate, system errors, answers that come late or never; all of them end paid.
[[nodiscard]] inline Scenario draw_fault(core::Random& random) {
    struct Row {
        int number;
        int least_seconds;
        int most_seconds;
    };
    constexpr std::array rows{Row{1, 1, 8},   Row{11, 0, 0}, Row{12, 2, 8}, Row{14, 0, 0},
                              Row{15, 1, 12}, Row{17, 0, 0}, Row{19, 2, 6}};
    const Row& row = rows[random.below(rows.size())];
    const auto range = static_cast<std::uint64_t>(row.most_seconds - row.least_seconds + 1);
    return {row.number, row.least_seconds + static_cast<int>(random.below(range))};
}

}  // namespace huitong::load

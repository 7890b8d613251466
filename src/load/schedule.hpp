// Schedule: when each request of a run is due and what it asks for, drawn from a seed before anything is
// sent, so that a slow server cannot slow its own test down (no coordinated omission).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace huitong::load {

enum class Operation : std::uint8_t { pay, query, cancel, refund };
inline constexpr std::array operations{Operation::pay, Operation::query, Operation::cancel,
                                       Operation::refund};
[[nodiscard]] std::string_view to_string(Operation operation);

// Parts of each operation, by Operation; not all zero.
using Mix = std::array<int, operations.size()>;
inline constexpr Mix usual_mix{60, 25, 5, 10};
// "pay=60,query=25,cancel=5,refund=10"; what is not named is left out. reason: bad_mix
[[nodiscard]] core::Result<Mix> parse_mix(std::string_view text);

enum class Arrivals : std::uint8_t { even, poisson };

struct Plan {
    double rate_per_s = 0;  // 0: closed loop, each connection asks again as soon as it was answered
    core::Duration length{0};
    std::int64_t most = 0;  // end after so many; 0: by time only
    Arrivals arrivals = Arrivals::even;
    Mix mix = usual_mix;
    std::uint64_t seed = 1;
};

struct Arrival {
    core::Duration at{0};  // since the start of the run
    Operation operation = Operation::pay;
};

class Schedule {
  public:
    explicit Schedule(const Plan& plan);

    // None when the run is over. `now`, since the start, is when a closed loop asks.
    [[nodiscard]] std::optional<Arrival> next(core::Duration now);

  private:
    [[nodiscard]] core::Duration next_time(core::Duration now);
    [[nodiscard]] double fraction();  // in (0, 1]
    [[nodiscard]] Operation draw();

    Plan plan_;
    core::SeededRandom times_;  // apart, so that the same requests come at other times
    core::SeededRandom kinds_;
    int parts_ = 0;
    std::int64_t issued_ = 0;
    double poisson_us_ = 0;
};

}  // namespace huitong::load

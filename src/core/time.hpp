// Points in time and business dates. Nothing in Huitong reads the system clock but the Clock it is given, so
// that a simulated day is a day. Business dates are those of UTC+8 (Asia/Shanghai has had no daylight saving
// since 1991).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace huitong::core {

using Duration = std::chrono::microseconds;
using Instant = std::chrono::sys_time<Duration>;  // UTC, microseconds
using Date = std::chrono::year_month_day;

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
};

// The real clock of this machine; the only place that reads it.
class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override;
};

[[nodiscard]] constexpr std::int64_t to_us(Instant t) {
    return t.time_since_epoch().count();
}
[[nodiscard]] constexpr Instant from_us(std::int64_t us) {
    return Instant{Duration{us}};
}
[[nodiscard]] constexpr std::int64_t to_ms(Instant t) {
    return t.time_since_epoch().count() / 1000;
}

// The calendar date of `t` in UTC+8.
[[nodiscard]] Date to_beijing_date(Instant t);
// The first instant of `date` in UTC+8.
[[nodiscard]] Instant start_of_beijing_day(Date date);

// "yyyyMMddHHmmss" in UTC+8, as the channels write it (spec/channels 1A.3).
[[nodiscard]] std::string to_beijing_compact(Instant t);
[[nodiscard]] Result<Instant> parse_beijing_compact(std::string_view text);  // reason: bad_time
// "yyyy-MM-dd HH:mm:ss" in UTC+8.
[[nodiscard]] std::string to_beijing_text(Instant t);
[[nodiscard]] Result<Instant> parse_beijing_text(std::string_view text);  // reason: bad_time
// RFC 3339 with milliseconds and +08:00, for people and logs.
[[nodiscard]] std::string to_rfc3339(Instant t);
[[nodiscard]] Result<Instant> parse_rfc3339(std::string_view text);  // any offset or Z; reason: bad_time

}  // namespace huitong::core

#include "core/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace huitong::core {

namespace {

constexpr auto beijing_offset = std::chrono::hours(8);

struct Civil {
    Date date;
    std::chrono::hh_mm_ss<Duration> clock;
};

Civil to_beijing(Instant t) {
    const auto local = t + beijing_offset;
    const auto day = std::chrono::floor<std::chrono::days>(local);
    return {Date{day}, std::chrono::hh_mm_ss<Duration>{local - day}};
}

// Reads the digits of `text` where `pattern` has '0' and wants equality elsewhere; six groups: y M d H m s.
Result<Instant> parse_pattern(std::string_view text, std::string_view pattern, Duration offset) {
    if (text.size() != pattern.size()) return fail(Code::invalid, "bad_time");
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !is_digit : text[i] != pattern[i]) return fail(Code::invalid, "bad_time");
        if (pattern[i] == '0') digits += text[i];
    }
    const auto number = [&](std::size_t at, std::size_t length) {
        int value = 0;
        std::from_chars(digits.data() + at, digits.data() + at + length, value);
        return value;
    };
    const Date date{std::chrono::year{number(0, 4)}, std::chrono::month{static_cast<unsigned>(number(4, 2))},
                    std::chrono::day{static_cast<unsigned>(number(6, 2))}};
    const int hour = number(8, 2);
    const int minute = number(10, 2);
    const int second = number(12, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return fail(Code::invalid, "bad_time");
    return Instant{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second} - offset;
}

}  // namespace

Instant SystemClock::now() const {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

Date to_beijing_date(Instant t) {
    return to_beijing(t).date;
}

Instant start_of_beijing_day(Date date) {
    return Instant{std::chrono::sys_days{date}} - beijing_offset;
}

std::string to_beijing_compact(Instant t) {
    const auto [date, clock] = to_beijing(t);
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string to_beijing_text(Instant t) {
    const auto [date, clock] = to_beijing(t);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string to_rfc3339(Instant t) {
    std::string text = to_beijing_text(t);
    text[10] = 'T';
    return text + fmt::format(".{:03}+08:00", to_beijing(t).clock.subseconds().count() / 1000);
}

Result<Instant> parse_beijing_compact(std::string_view text) {
    return parse_pattern(text, "00000000000000", beijing_offset);
}

Result<Instant> parse_beijing_text(std::string_view text) {
    return parse_pattern(text, "0000-00-00 00:00:00", beijing_offset);
}

Result<Instant> parse_rfc3339(std::string_view text) {
    if (text.size() < 20) return fail(Code::invalid, "bad_time");
    auto base = parse_pattern(text.substr(0, 19), "0000-00-00T00:00:00", Duration{0});
    if (!base) return base;
    std::string_view rest = text.substr(19);
    Duration fraction{0};
    if (rest.starts_with('.')) {
        std::int64_t unit = 100'000;
        rest.remove_prefix(1);
        if (rest.empty() || rest[0] < '0' || rest[0] > '9') return fail(Code::invalid, "bad_time");
        for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1), unit /= 10) {
            fraction += Duration{(rest[0] - '0') * unit};
        }
    }
    if (rest == "Z") return *base + fraction;
    if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':')
        return fail(Code::invalid, "bad_time");
    for (std::size_t i : {1UZ, 2UZ, 4UZ, 5UZ}) {
        if (rest[i] < '0' || rest[i] > '9') return fail(Code::invalid, "bad_time");
    }
    const auto offset = std::chrono::hours{(rest[1] - '0') * 10 + (rest[2] - '0')} +
                        std::chrono::minutes{(rest[4] - '0') * 10 + (rest[5] - '0')};
    return *base + fraction - (rest[0] == '+' ? offset : -offset);
}

}  // namespace huitong::core

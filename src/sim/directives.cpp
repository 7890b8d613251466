// Read leniently inside a text, whose author may be a person at a till.
#include "sim/directives.hpp"

#include <algorithm>
#include <string>

#include "core/money.hpp"

namespace huitong::sim {

namespace {

constexpr std::int64_t max_number = 100'000'000;

struct PlayName {
    std::string_view name;
    NoticePlay play;
    bool has_number = false;
};

constexpr PlayName play_names[] = {
    {"ok", NoticePlay::ok},
    {"none", NoticePlay::none},
    {"delay", NoticePlay::delay, true},
    {"dup", NoticePlay::dup, true},
    {"reorder", NoticePlay::reorder},
    {"forged", NoticePlay::forged},
    {"amount", NoticePlay::amount, true},
    {"badsign", NoticePlay::badsign},
    {"siginit", NoticePlay::downgrade},
    {"xxe", NoticePlay::xxe},
    {"expired", NoticePlay::expired},
    {"serial", NoticePlay::unknown_serial},
    {"signtest", NoticePlay::probe},
    {"aad", NoticePlay::wrong_aad},
};

constexpr std::int64_t max_copies = 100;

std::optional<std::int64_t> parse_number(std::string_view text) {
    const auto number = core::parse_minor(text);
    if (!number || *number > max_number) return std::nullopt;
    return *number;
}

std::optional<std::int64_t> number_in(std::string_view text, std::string_view key) {
    const auto value = find_directive(text, key);
    return value ? parse_number(*value) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> find_directive(std::string_view text, std::string_view key) {
    constexpr std::string_view opening = "#sim{";
    const auto begin = text.find(opening);
    if (begin == text.npos) return std::nullopt;
    std::string_view rest = text.substr(begin + opening.size());
    rest = rest.substr(0, rest.find('}'));
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const auto equals = item.find_first_of("=:");  // Alipay's subjects have no '='
        if (equals != item.npos && item.substr(0, equals) == key) return item.substr(equals + 1);
    }
    return std::nullopt;
}

core::Result<NoticeScript> parse_notice_script(std::string_view text) {
    const auto bad = [&] { return core::fail(core::Code::invalid, "bad_directive", std::string(text)); };
    const auto colon = text.find(':');
    const auto* const row = std::ranges::find(play_names, text.substr(0, colon), &PlayName::name);
    if (row == std::end(play_names) || row->has_number != (colon != text.npos)) return bad();
    if (!row->has_number) return NoticeScript{row->play, 0};
    const auto number = parse_number(text.substr(colon + 1));
    if (!number || (row->play == NoticePlay::dup && *number > max_copies)) return bad();
    return NoticeScript{row->play, *number};
}

Plan plan_in(std::string_view text) {
    Plan plan;
    plan.scan_s = number_in(text, "scan");
    plan.expire_s = number_in(text, "expire");
    plan.pay_s = number_in(text, "pay");
    if (find_directive(text, "pay") == "auto") plan.pay_s = 0;
    if (const auto notify = find_directive(text, "notify")) {
        plan.notify = parse_notice_script(*notify).value_or(NoticeScript{});
    }
    return plan;
}

}  // namespace huitong::sim

// Scripts are read leniently inside a text, whose author may be a person at a till, and strictly from a
// fault.
#include "sim/refunds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/money.hpp"
#include "sim/directives.hpp"

namespace huitong::sim {

namespace {

struct PlayName {
    std::string_view name;
    RefundPlay play;
    bool has_number = false;
};

constexpr PlayName play_names[] = {
    {"ok", RefundPlay::ok},
    {"processing", RefundPlay::processing, true},
    {"abnormal", RefundPlay::abnormal},
    {"close", RefundPlay::close},
    {"syserr", RefundPlay::system_error, true},
    {"lost", RefundPlay::lost},
    {"needretry", RefundPlay::need_retry},
};

constexpr std::int64_t max_number = 100'000'000;

std::string make_key(std::uint64_t scope, std::string_view number) {
    return fmt::format("{}/{}", scope, number);
}

}  // namespace

core::Result<RefundScript> parse_refund_script(std::string_view text) {
    const auto bad = [&] { return core::fail(core::Code::invalid, "bad_directive", std::string(text)); };
    const auto colon = text.find(':');
    const auto* const row = std::ranges::find(play_names, text.substr(0, colon), &PlayName::name);
    if (row == std::end(play_names) || row->has_number != (colon != text.npos)) return bad();
    if (!row->has_number) return RefundScript{row->play, 1};
    const auto number = core::parse_minor(text.substr(colon + 1));
    if (!number || *number > max_number) return bad();
    return RefundScript{row->play, *number};
}

RefundScript refund_script_in(std::string_view text) {
    const auto directive = find_directive(text, "refund");
    return directive ? parse_refund_script(*directive).value_or(RefundScript{}) : RefundScript{};
}

Refund& RefundBook::open(std::uint64_t scope, std::string_view number, std::uint32_t order) {
    if (Refund* const known = find(scope, number)) return *known;
    Refund& refund = all_.emplace_back();
    refund.number = number;
    refund.order = order;
    refund.serial = static_cast<std::uint32_t>(all_.size() - 1);
    by_number_.emplace(make_key(scope, number), &refund);
    by_order_[order].push_back(&refund);
    return refund;
}

Refund* RefundBook::find(std::uint64_t scope, std::string_view number) {
    const auto found = by_number_.find(make_key(scope, number));
    return found == by_number_.end() ? nullptr : found->second;
}

std::vector<Refund*> RefundBook::of(std::uint32_t order) {
    const auto found = by_order_.find(order);
    return found == by_order_.end() ? std::vector<Refund*>() : found->second;
}

void RefundBook::clear() {
    by_number_.clear();
    by_order_.clear();
    all_.clear();
}

}  // namespace huitong::sim

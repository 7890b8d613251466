// What the control plane understands. Anything unexpected is refused, so that a mistyped test fails instead
// of testing nothing.
#include <algorithm>

#include "core/money.hpp"
#include "sim/control_views.hpp"

namespace huitong::sim {

namespace {

using codec::Json;

// A century: keeps every sum of instants far from overflow.
constexpr std::int64_t max_advance_s = 3'155'760'000;
constexpr std::int64_t max_scale = 100'000;

std::optional<std::int64_t> to_count(const Json* json, std::int64_t most) {
    if (json == nullptr || json->as_number() == nullptr) return std::nullopt;
    const auto value = core::parse_minor(json->as_number()->text);
    if (!value || *value > most) return std::nullopt;
    return *value;
}

std::unexpected<core::Error> bad(std::string_view reason, std::string_view member) {
    return core::fail(core::Code::invalid, reason, std::string(member));
}

bool set_switch(Options& options, const std::string& name, const Json& value) {
    constexpr std::pair<std::string_view, bool Options::*> switches[] = {
        {"require_client_cert", &Options::require_client_cert},
        {"tombstones", &Options::tombstones},
        {"platform_auto_revoke", &Options::platform_auto_revoke},
        {"forbids_early_close", &Options::forbids_early_close},
        {"magic", &Options::magic},
        {"wechat_public_key", &Options::wechat_public_key},
    };
    for (const auto& [known, member] : switches) {
        if (known != name || value.as_bool() == nullptr) continue;
        options.*member = *value.as_bool();
        return true;
    }
    return false;
}

bool set_number(Options& options, const std::string& name, const Json& value) {
    const auto number = to_count(&value, 100'000'000);
    if (!number) return false;
    constexpr std::pair<std::string_view, std::int64_t Options::*> numbers[] = {
        {"password_above_fen", &Options::password_above_fen},
        {"alipay_auto_close_s", &Options::alipay_auto_close_s},
        {"alipay_timestamp_window_s", &Options::alipay_timestamp_window_s},
        {"wechat_timestamp_window_s", &Options::wechat_timestamp_window_s},
        {"refund_settles_after_s", &Options::refund_settles_after_s},
    };
    const auto* const row = std::ranges::find(numbers, name, [](const auto& known) { return known.first; });
    if (row != std::end(numbers)) {
        options.*row->second = *number;
    } else if (name == "password_free_per_day") {
        options.password_free_per_day = static_cast<int>(*number);
    } else if (name == "journal_limit") {
        options.journal_limit = static_cast<std::size_t>(*number);
    } else {
        return false;
    }
    return true;
}

core::Result<void> parse_match(const Json& match, Fault& fault) {
    if (match.as_object() == nullptr) return bad("bad_fault", "match");
    constexpr std::pair<std::string_view, std::string Fault::*> texts[] = {
        {"channel", &Fault::channel}, {"op", &Fault::op}, {"out_trade_no", &Fault::out_trade_no}};
    for (const auto& [name, value] : *match.as_object()) {
        const auto* const text = std::ranges::find(texts, name, [](const auto& row) { return row.first; });
        if (text != std::end(texts) && value.as_string() != nullptr) {
            fault.*text->second = *value.as_string();
        } else if (const auto nth = to_count(&value, 1'000'000'000); name == "nth" && nth) {
            fault.nth = static_cast<int>(*nth);
        } else {
            return bad("bad_fault", "match." + name);
        }
    }
    return {};
}

// A fault that could never hit is a mistake.
core::Result<void> demand_known(Simulators& simulators, const Fault& fault) {
    bool has_channel = false;
    bool has_op = fault.op.empty();
    for (const std::string_view name : {"wechat", "alipay"}) {
        if (!fault.channel.empty() && fault.channel != name) continue;
        has_channel = true;
        const auto& ops = simulators.find_channel(name)->desk().profile().ops;
        has_op = has_op || std::ranges::find(ops, fault.op) != ops.end();
    }
    if (!has_channel) return bad("bad_fault", "match.channel");
    if (!has_op) return bad("bad_fault", "match.op");
    return {};
}

}  // namespace

core::Result<void> change_clock(VirtualClock& clock, const Json& change) {
    const Json* const set = change.find("set");
    if (const auto advance = to_count(change.find("advance_s"), max_advance_s)) {
        clock.advance(std::chrono::seconds(*advance));
    } else if (const auto scale = to_count(change.find("scale"), max_scale)) {
        clock.set_scale(*scale);
    } else if (set != nullptr && set->as_string() != nullptr) {
        const auto moment = core::parse_rfc3339(*set->as_string());
        if (!moment) return bad("bad_clock", "set");
        clock.set(*moment);
    } else {
        return bad("bad_clock", "one of advance_s, scale, set");
    }
    return {};
}

core::Result<void> change_options(Options& options, const Json& change) {
    if (change.as_object() == nullptr) return bad("bad_option", "not an object");
    Options changed = options;
    for (const auto& [name, value] : *change.as_object()) {
        if (!set_switch(changed, name, value) && !set_number(changed, name, value))
            return bad("bad_option", name);
    }
    // The merchants stay where they are: calls in flight point at them.
    changed.wechat_merchants.swap(options.wechat_merchants);
    changed.alipay_merchants.swap(options.alipay_merchants);
    options = std::move(changed);
    return {};
}

core::Result<Fault> parse_fault(Simulators& simulators, const Json& json) {
    if (json.as_object() == nullptr) return bad("bad_fault", "not an object");
    Fault fault;
    if (const Json* const match = json.find("match")) {
        if (auto parsed = parse_match(*match, fault); !parsed) return std::unexpected(parsed.error());
        if (auto known = demand_known(simulators, fault); !known) return std::unexpected(known.error());
    }
    const Json* const action = json.find("do");
    if (action == nullptr || action->as_string() == nullptr) return bad("bad_fault", "do");
    if (auto parsed = parse_fault_action(*action->as_string(), fault); !parsed) {
        return std::unexpected(parsed.error());
    }
    if (const Json* const times = json.find("times")) {
        const auto count = to_count(times, 1'000'000'000);
        if (!count) return bad("bad_fault", "times");
        fault.times = static_cast<int>(*count);
    }
    return fault;
}

}  // namespace huitong::sim

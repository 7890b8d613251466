// The actions are a table of names; those with an argument take it after a colon.
#include "sim/faults.hpp"

#include <algorithm>

#include "core/money.hpp"
#include "sim/refunds.hpp"

namespace huitong::sim {

namespace {

enum class Argument { none, number, text };

struct ActionName {
    std::string_view name;
    FaultAction action;
    Argument argument;
};

constexpr ActionName action_names[] = {
    {"timeout", FaultAction::timeout, Argument::none},
    {"reset_before", FaultAction::reset_before, Argument::none},
    {"reset_after", FaultAction::reset_after, Argument::none},
    {"http", FaultAction::http, Argument::number},
    {"body", FaultAction::body, Argument::text},
    {"delay", FaultAction::delay, Argument::number},
    {"badsign", FaultAction::badsign, Argument::none},
    {"amount", FaultAction::amount, Argument::number},
    {"not_found", FaultAction::not_found, Argument::none},
    {"code", FaultAction::code, Argument::text},
    {"refund", FaultAction::refund, Argument::text},
};

bool matches(const Fault& fault, std::string_view channel, std::string_view op, std::string_view number) {
    const auto agrees = [](const std::string& wanted, std::string_view is) {
        return wanted.empty() || wanted == is;
    };
    return agrees(fault.channel, channel) && agrees(fault.op, op) && agrees(fault.out_trade_no, number);
}

}  // namespace

core::Result<void> parse_fault_action(std::string_view text, Fault& fault) {
    const auto colon = text.find(':');
    const auto* const row = std::ranges::find(action_names, text.substr(0, colon), &ActionName::name);
    if (row == std::end(action_names)) return core::fail(core::Code::invalid, "bad_fault", std::string(text));
    const bool has_argument = colon != text.npos;
    if (has_argument != (row->argument != Argument::none)) {
        return core::fail(core::Code::invalid, "bad_fault", std::string(text));
    }
    fault.action = row->action;
    if (row->argument == Argument::text) fault.text = text.substr(colon + 1);
    if (row->argument == Argument::number) {
        const auto value = core::parse_minor(text.substr(colon + 1));
        if (!value) return core::fail(core::Code::invalid, "bad_fault", std::string(text));
        fault.value = *value;
    }
    if (fault.action == FaultAction::http && (fault.value < 200 || fault.value > 599)) {
        return core::fail(core::Code::invalid, "bad_fault", "an HTTP status is 200 to 599");
    }
    if (fault.action == FaultAction::code && fault.text.empty()) {
        return core::fail(core::Code::invalid, "bad_fault", "code: which?");
    }
    if (fault.action == FaultAction::refund && !parse_refund_script(fault.text)) {
        return core::fail(core::Code::invalid, "bad_fault", std::string(text));
    }
    return {};
}

std::string to_text(const Fault& fault) {
    const auto* const row = std::ranges::find(action_names, fault.action, &ActionName::action);
    std::string text(row->name);
    if (row->argument == Argument::number) text += ":" + std::to_string(fault.value);
    if (row->argument == Argument::text) text += ":" + fault.text;
    return text;
}

void Faults::add(Fault fault) {
    armed_.push_back(Armed{.fault = std::move(fault)});
}

std::optional<Fault> Faults::take(std::string_view channel, std::string_view op, std::string_view number) {
    std::optional<Fault> taken;
    for (Armed& armed : armed_) {
        if (!matches(armed.fault, channel, op, number)) continue;
        ++armed.seen;
        if (taken || armed.seen < armed.fault.nth) continue;
        ++armed.hits;
        taken = armed.fault;
    }
    std::erase_if(armed_, [](const Armed& a) { return a.fault.times > 0 && a.hits >= a.fault.times; });
    return taken;
}

std::vector<Fault> Faults::list() const {
    std::vector<Fault> faults;
    for (const Armed& armed : armed_) {
        faults.push_back(armed.fault);
        if (armed.fault.times > 0) faults.back().times -= armed.hits;
    }
    return faults;
}

}  // namespace huitong::sim

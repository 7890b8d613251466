#include "flows/circuit.hpp"

namespace huitong::flows {

namespace {

// Any answer of the server counts, also a refusal or one that is not believed; a gateway's 5xx does not.
bool has_answered(const payments::Answer& answer) {
    if (answer.exchange.response.empty()) return false;
    return !answer.code.starts_with("http_5");
}

// It was not even tried: our own limit or configuration kept it here.
bool says_nothing(const payments::Answer& answer) {
    return answer.outcome == payments::Outcome::not_sent && answer.refusal != payments::Refusal::none;
}

}  // namespace

bool Circuit::note(const std::string& address, const payments::Answer& answer, core::Instant now) {
    const bool is_reached = has_answered(answer);
    if (!is_reached && says_nothing(answer)) return false;
    Line& line = lines_[address];
    const bool was_open = line.failures >= options_.failures;
    line.failures = is_reached ? 0 : line.failures + 1;
    const bool is_now_open = line.failures >= options_.failures;
    if (is_now_open) line.next_try = now + options_.pause;
    return was_open != is_now_open;
}

std::set<std::string> Circuit::unreachable(core::Instant now) const {
    std::set<std::string> found;
    for (const auto& [address, line] : lines_) {
        if (line.failures >= options_.failures && line.next_try > now) found.insert(address);
    }
    return found;
}

void Circuit::note_try(const std::string& address, core::Instant now) {
    const auto found = lines_.find(address);
    if (found != lines_.end()) found->second.next_try = now + options_.pause;
}

bool Circuit::is_open(const std::string& address) const {
    const auto found = lines_.find(address);
    return found != lines_.end() && found->second.failures >= options_.failures;
}

}  // namespace huitong::flows

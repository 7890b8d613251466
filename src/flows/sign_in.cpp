#include "flows/sign_in.hpp"

#include <algorithm>

namespace huitong::flows {

namespace {

std::string who_of(const std::string& name, const std::string& peer) {
    return name + " " + peer;
}

}  // namespace

core::Duration SignIn::pause_of(const std::string& name, const std::string& peer) const {
    const auto found = failures_.find(who_of(name, peer));
    if (found == failures_.end()) return core::Duration{0};
    return std::max(found->second.until - clock_.now(), core::Duration{0});
}

task::Task<ports::Operator> SignIn::check(std::string name, core::Secret key, std::string peer) {
    if (pause_of(name, peer) > core::Duration{0})
        co_return core::fail(core::Code::limit, "too_many_attempts");
    const std::string who = who_of(name, peer);
    auto person = co_await operators_.authenticate(std::move(name), std::move(key));
    if (person) failures_.erase(who);
    if (!person && person.error().reason == "bad_operator") note_failure(who);
    co_return person;
}

void SignIn::note_failure(const std::string& who) {
    const core::Instant now = clock_.now();
    if (!failures_.contains(who)) make_room();
    Failures& failures = failures_[who];
    if (now - failures.last > options_.forget_after) failures.count = 0;
    ++failures.count;
    failures.last = now;
    if (failures.count < options_.free_failures) return;
    core::Duration pause = options_.first_pause;
    for (int i = options_.free_failures; i < failures.count && pause < options_.longest_pause; ++i)
        pause *= 2;
    failures.until = now + std::min(pause, options_.longest_pause);
}

// Those that failed longest ago go first.
void SignIn::make_room() {
    while (failures_.size() >= options_.most_kept) {
        failures_.erase(
            std::ranges::min_element(failures_, {}, [](const auto& each) { return each.second.last; }));
    }
}

}  // namespace huitong::flows

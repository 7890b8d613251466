#include "app/sim_journal.hpp"

#include <utility>

namespace huitong::app {

task::Task<void> SimJournal::append(payments::Aggregate aggregate, int seq) {
    const core::Duration stall = std::exchange(stall_, core::Duration{0});
    if (stall > core::Duration{0}) co_await time_->sleep_for(stall);
    if (is_full_ || time_->now() < full_until_) {
        ++refused_;
        co_return core::fail(core::Code::unavailable, "journal_failed");
    }
    calls_.push_back({.at = time_->now(), .aggregate = std::move(aggregate), .seq = seq});
    co_return core::Result<void>{};
}

core::Result<void> SimJournal::begin(core::Instant since, core::Instant) {
    if (is_lost_) return core::fail(core::Code::not_found, "journal_missing");
    since_ = since;
    next_ = 0;
    return {};
}

core::Result<std::vector<ports::SentCall>> SimJournal::next() {
    constexpr std::size_t at_once = 7;
    std::vector<ports::SentCall> some;
    for (; next_ < calls_.size() && some.size() < at_once; ++next_) {
        if (calls_[next_].at >= since_) some.push_back(calls_[next_]);
    }
    return some;
}

}  // namespace huitong::app

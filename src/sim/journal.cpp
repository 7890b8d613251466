// Entries are contiguous in seq, so an entry is found by subtraction; one that was dropped meanwhile is not
// found.
#include "sim/journal.hpp"

namespace huitong::sim {

namespace {

constexpr std::size_t max_violations = 10'000;

}  // namespace

std::uint64_t Journal::begin(JournalEntry entry) {
    entry.seq = next_seq_++;
    const std::uint64_t seq = entry.seq;
    if (limit_ == 0) return seq;
    entries_.push_back(std::move(entry));
    if (entries_.size() > limit_) entries_.pop_front();
    return seq;
}

JournalEntry* Journal::find(std::uint64_t seq) {
    if (entries_.empty() || seq < entries_.front().seq || seq > entries_.back().seq) return nullptr;
    return &entries_[seq - entries_.front().seq];
}

void Journal::set_number(std::uint64_t seq, std::string_view out_trade_no) {
    if (JournalEntry* const entry = find(seq)) entry->out_trade_no = out_trade_no;
}

void Journal::end(std::uint64_t seq, const net::Response& response, core::Instant at, std::string outcome) {
    JournalEntry* const entry = find(seq);
    if (entry == nullptr) return;
    entry->answered_at = at;
    entry->status = response.status;
    entry->response = response.body;
    entry->delivery = response.delivery;
    entry->outcome = std::move(outcome);
}

void Journal::set_limit(std::size_t limit) {
    // Switching off and on again must not leave a gap in seq.
    if (limit == 0 || limit_ == 0) entries_.clear();
    limit_ = limit;
    while (entries_.size() > limit_) entries_.pop_front();
}

void Violations::add(Violation violation) {
    ++count_;
    if (all_.size() < max_violations) all_.push_back(std::move(violation));
}

void Violations::clear() {
    all_.clear();
    count_ = 0;
}

}  // namespace huitong::sim

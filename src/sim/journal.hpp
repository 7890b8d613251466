// Journal: every call a simulator saw and every notice it sent, with the answer. Violations: what a client
// did that a channel's rules forbid but no answer shows. Tests read both as evidence (spec/channels 6.2).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "net/message.hpp"

namespace huitong::sim {

struct JournalEntry {
    std::uint64_t seq = 0;
    std::string channel;
    std::string op;
    std::string out_trade_no;  // empty when the request was not readable, or named a transaction_id only
    core::Instant at;          // virtual arrival
    std::string request;       // body as received
    std::optional<core::Instant> answered_at = {};  // empty: not answered yet
    int status = 0;
    std::string response = {};  // the whole body, also when only half of it or nothing was delivered
    net::Delivery delivery = net::Delivery::complete;
    std::string outcome = {};  // of a notice: "acknowledged", "refused", "late", "no_answer <reason>"
};

// Remembers the last `limit` calls; with a limit of 0 it copies nothing.
class Journal {
  public:
    explicit Journal(std::size_t limit) : limit_(limit) {}

    // Numbers the call; `entry.seq` is filled in here.
    [[nodiscard]] std::uint64_t begin(JournalEntry entry);
    void set_number(std::uint64_t seq, std::string_view out_trade_no);
    void end(std::uint64_t seq, const net::Response& response, core::Instant at, std::string outcome = {});

    void set_limit(std::size_t limit);
    [[nodiscard]] bool is_on() const { return limit_ > 0; }
    // Ascending by seq.
    [[nodiscard]] const std::deque<JournalEntry>& entries() const { return entries_; }
    void clear() { entries_.clear(); }

  private:
    [[nodiscard]] JournalEntry* find(std::uint64_t seq);

    std::size_t limit_;
    std::uint64_t next_seq_ = 1;
    std::deque<JournalEntry> entries_;
};

struct Violation {
    core::Instant at;  // virtual
    std::string channel;
    std::string out_trade_no;
    std::string rule;  // stable token
    std::string text;  // for people
};

// Keeps the first 10,000 and counts all.
class Violations {
  public:
    void add(Violation violation);
    [[nodiscard]] const std::vector<Violation>& all() const { return all_; }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    void clear();

  private:
    std::vector<Violation> all_;
    std::uint64_t count_ = 0;
};

}  // namespace huitong::sim

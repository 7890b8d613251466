// SimJournal: the send journal of the simulated platform, on another disk than its store: it outlives every
// process and every database. It can be slow, full, and lost.
#pragma once

#include <vector>

#include "ports/send_journal.hpp"
#include "task/time.hpp"

namespace huitong::app {

class SimJournal final : public ports::SendJournal, public ports::SentCalls {
  public:
    // Before the first append; must outlive the journal.
    void set_time(task::Time& time) { time_ = &time; }
    // The next append takes that long.
    void stall(core::Duration duration) { stall_ = duration; }
    void set_full(bool is_full) { is_full_ = is_full; }
    void fill_until(core::Instant until) { full_until_ = until; }
    // Calls that found it full.
    [[nodiscard]] std::int64_t refused() const { return refused_; }
    void set_lost(bool is_lost) { is_lost_ = is_lost; }
    [[nodiscard]] const std::vector<ports::SentCall>& calls() const { return calls_; }

    [[nodiscard]] task::Task<void> append(payments::Aggregate aggregate, int seq) override;
    [[nodiscard]] core::Result<void> begin(core::Instant since, core::Instant covered_from) override;
    [[nodiscard]] core::Result<std::vector<ports::SentCall>> next() override;

  private:
    task::Time* time_ = nullptr;
    core::Duration stall_{0};
    bool is_full_ = false;
    core::Instant full_until_;
    std::int64_t refused_ = 0;
    bool is_lost_ = false;
    std::vector<ports::SentCall> calls_;
    core::Instant since_;
    std::size_t next_ = 0;
};

}  // namespace huitong::app

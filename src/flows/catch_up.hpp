// The catch-up after a restore: before anything new is begun, what the backup does not know is taken from the
// send journal, and the channels are asked what became of it and of all that the backup has as unfinished.
// Until every one of them is known again (or lies with a person), pay, refund and cancel are refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flows/engine.hpp"
#include "ports/send_journal.hpp"
#include "ports/store.hpp"
#include "task/group.hpp"

namespace huitong::flows {

// Facts of the store (ports::FactRepository). Times are microseconds since 1970.
namespace facts {
inline constexpr const char* backup_at = "backup_at";            // in a backup: when it was taken
inline constexpr const char* backup_number = "backup_number";    // in a backup
inline constexpr const char* last_backup_at = "last_backup_at";  // in the store: of the last backup of it
inline constexpr const char* restored_at = "restored_at";
inline constexpr const char* catch_up = "catch_up";  // "", "needed", "accepted_loss", "done"
inline constexpr const char* catch_up_result = "catch_up_result";
}  // namespace facts

struct CatchUpProgress {
    bool is_needed = false;
    bool is_stuck = false;           // no journal to be read: the operator must say that the loss is accepted
    std::int64_t lost_payments = 0;  // that the backup did not know
    std::int64_t changed_payments = 0;  // of which it knew an earlier state
    std::int64_t unfinished = 0;        // in the backup
    std::int64_t conflicts = 0;         // of a merchant's number that was used twice: both are kept
    std::int64_t open = 0;              // not known again yet
};

struct CatchUpDeps {
    ports::StorePort& store;
    ports::Observer& observer;
    task::Time& time;
    Engine& engine;
    const EngineOptions& options;
    boost::asio::any_io_executor executor;
    ports::SentCalls* sent_calls = nullptr;  // none: no journal is kept
};

class CatchUp {
  public:
    explicit CatchUp(CatchUpDeps deps);

    // Before the engine's start. False: the engine must not be started, because what it would do would rest
    // on a store that is known to be wrong; everything is refused until the operator has decided.
    [[nodiscard]] task::Task<bool> take_in();
    // After the engine's start: waits for the answers, then lets new requests in.
    void start();
    void request_stop() { group_.stop(); }
    [[nodiscard]] task::Awaitable<void> stop();
    [[nodiscard]] const CatchUpProgress& progress() const { return progress_; }

  private:
    [[nodiscard]] task::Task<void> take_in_calls(core::Instant backup_at);
    [[nodiscard]] task::Task<void> take_in_group(std::vector<ports::SentCall> calls);
    [[nodiscard]] task::Task<void> take_in_unfinished();
    [[nodiscard]] task::Awaitable<void> wait_for_answers();
    // Drops what is known again.
    [[nodiscard]] task::Task<void> look();
    [[nodiscard]] task::Task<void> finish();

    CatchUpDeps deps_;
    CatchUpProgress progress_;
    std::vector<core::PaymentSn> open_;
    std::size_t next_look_ = 0;
    task::Group group_;
};

// "lost 12, changed 3, unfinished 1, conflicts 0, open 4"
[[nodiscard]] std::string to_string(const CatchUpProgress& progress);

}  // namespace huitong::flows

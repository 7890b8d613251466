// The send journal: what is about to leave for a channel, written outside the store (another disk) before it
// leaves, so that after the loss of the store's disk the channels can be asked about every call that a
// restored backup does not know.
#pragma once

#include <vector>

#include "payments/payment.hpp"
#include "task/task.hpp"

namespace huitong::ports {

class SendJournal {
  public:
    virtual ~SendJournal() = default;
    // Resolves once the payment's fixed facts and that operation are on disk. unavailable {journal_failed}:
    // the call must not be sent.
    [[nodiscard]] virtual task::Task<void> append(payments::Aggregate aggregate, int seq) = 0;
};

// A call that left, as the journal has it: the payment with all its operations as they stood then.
struct SentCall {
    core::Instant at;
    payments::Aggregate aggregate;
    int seq = 1;  // of the operation that was sent
};

// What journals of this and of earlier processes hold, read after a restore. Blocks.
class SentCalls {
  public:
    virtual ~SentCalls() = default;
    // From the beginning, without what left before `since`. not_found {journal_missing: also when no journal
    // was kept yet at `covered_from`}; internal {journal_damaged}; denied {journal_sealed: under another
    // master key}
    [[nodiscard]] virtual core::Result<void> begin(core::Instant since, core::Instant covered_from) = 0;
    // The next ones, in the order of each process; empty at the end. Errors as begin(), once everything that
    // can be read was.
    [[nodiscard]] virtual core::Result<std::vector<SentCall>> next() = 0;
};

}  // namespace huitong::ports

// The send journal on disk: a directory of append-only files, meant to lie on another disk than the store.
// A thread writes all calls that wait as one group (frame) and flushes it once, without a timer; each frame
// is sealed and carries a checksum, so that a torn end is told from damage. Files are named
// <epoch>-<yyyymmdd>-<n>.journal; a day or a size begins the next one, and old ones are removed.
#pragma once

#include <memory>
#include <string>

#include "core/random.hpp"
#include "core/time.hpp"
#include "crypto/sealer.hpp"
#include "ports/send_journal.hpp"

namespace huitong::store {

struct SendJournalOptions {
    std::string dir;
    int keep_days = 7;  // files of earlier days are removed; longer than from one backup to the next
    std::int64_t most_file_bytes = std::int64_t{256} << 20;
    std::size_t most_waiting = 10'000;  // calls; beyond: unavailable/journal_failed
};

// What the environment may do to a journal, so that tests can fail it: the write and flush of one file.
class JournalDisk {
  public:
    virtual ~JournalDisk() = default;
    // Both throw std::system_error.
    virtual void append(int file, std::string_view bytes) = 0;
    virtual void flush(int file) = 0;
};
[[nodiscard]] JournalDisk& real_journal_disk();

class FileSendJournal final : public ports::SendJournal {
  public:
    // Makes the directory when it is missing and begins a file in it, which shows that it can be written.
    // `clock` and `sealer` outlive it. unavailable {journal_failed}
    [[nodiscard]] static core::Result<std::unique_ptr<FileSendJournal>> open(
        SendJournalOptions options, const crypto::Sealer& sealer, const core::Clock& clock,
        core::Random& random, JournalDisk& disk = real_journal_disk());
    // Writes what waits, then ends the thread; the results are posted.
    ~FileSendJournal() override;

    [[nodiscard]] task::Task<void> append(payments::Aggregate aggregate, int seq) override;
    // Writes what waits, then answers unavailable/journal_failed. Blocks; may be called again.
    void stop();

  private:
    struct State;
    explicit FileSendJournal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Reads the journals that are in the directory now. `sealer` outlives it.
[[nodiscard]] std::unique_ptr<ports::SentCalls> open_sent_calls(std::string dir,
                                                                const crypto::Sealer& sealer);

}  // namespace huitong::store

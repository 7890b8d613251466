// CrashDisk: a disk in memory for SQLite that forgets as a real one does. What was not flushed when the power
// fails is kept or lost sector by sector, as chance has it; a write may fail because the disk is full. For
// simulation and tests: the store's crash safety is SQLite's own recovery on what such a disk still holds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/random.hpp"
#include "sql/session.hpp"

namespace huitong::sql {

struct DiskCounts {
    std::int64_t writes = 0;
    std::int64_t flushes = 0;
    std::int64_t failures = 0;      // of the power
    std::int64_t lost_sectors = 0;  // written, not flushed, and gone after a failure
    std::int64_t torn_writes = 0;   // of which some sectors were kept and some lost
    std::int64_t refused = 0;       // writes that found the disk full
};

class CrashDisk {
  public:
    // `random` decides what a failure of the power spares; it must outlive the disk.
    explicit CrashDisk(core::Random& random);
    ~CrashDisk();  // sessions must be gone
    CrashDisk(const CrashDisk&) = delete;
    CrashDisk& operator=(const CrashDisk&) = delete;

    // The store's file as the disk now holds it, created when there is none: WAL, synchronous=full, one
    // session that reads and writes and copies the WAL back every `checkpoint_pages`. A session that was open
    // when the power failed goes on in a world of its own that nobody will see. Throws SqlError.
    [[nodiscard]] std::unique_ptr<Session> open(int checkpoint_pages);
    // A new file with the pages of another database in place of the present one, flushed: a restored backup.
    // Throws SqlError.
    void put(Session& other);

    // Power fails at the n-th write or flush from now (1: the next), before it does anything. `on_failure` is
    // called once, at that or an earlier failure, from within SQLite: it must neither throw nor use a
    // session.
    void fail_power_at(std::uint64_t nth, std::function<void()> on_failure);
    void fail_power();
    [[nodiscard]] bool has_power() const;
    // The next `count` writes find the disk full.
    void refuse_writes(int count);
    [[nodiscard]] const DiskCounts& counts() const;

    struct State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace huitong::sql

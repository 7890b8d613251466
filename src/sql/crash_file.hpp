// CrashFile: the bytes of one file on a CrashDisk, and what each sector held before the writes that nobody
// has flushed yet. Those may be lost when the power fails, each sector by itself, as on a real disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.hpp"

namespace huitong::sql {

struct Losses {
    std::int64_t sectors = 0;
    std::int64_t torn_writes = 0;
};

class CrashFile {
  public:
    static constexpr std::size_t sector_size = 512;

    CrashFile() = default;
    // Flushed.
    explicit CrashFile(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    // False when the file ends before `out` is full; the rest of it is zeros.
    [[nodiscard]] bool read(std::size_t offset, std::span<std::uint8_t> out) const;
    void write(std::size_t offset, std::span<const std::uint8_t> in);
    // To a size not beyond the present one.
    void truncate(std::size_t size);
    void flush();

    // The file after a failure of the power. A sector that was written several times since the last flush is
    // as one of the writes left it, or as it was before them; the changes of the file's size are kept up to
    // one of them.
    [[nodiscard]] CrashFile after_power_failure(core::Random& random, Losses& losses) const;

  private:
    class Recovery;

    enum class Kind { write, truncation };
    struct Change {
        Kind kind;
        std::size_t from;  // the first sector's first byte
        std::size_t to;    // the last sector's end, maybe beyond the file's
        std::size_t size_before;
        std::size_t size_after;
        std::size_t old_at;  // in old_bytes_: what [from, min(to, size_before)) held before
    };

    void remember(Kind kind, std::size_t from, std::size_t to, std::size_t size_after);

    std::vector<std::uint8_t> bytes_;
    std::vector<Change> changes_;  // since the last flush
    std::vector<std::uint8_t> old_bytes_;
};

}  // namespace huitong::sql

// How a CrashFile remembers what is not flushed, and how much of it a failure of the power spares.
#include "sql/crash_file.hpp"

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"

namespace huitong::sql {

namespace {

constexpr std::size_t sector_of(std::size_t offset) {
    return offset / CrashFile::sector_size;
}

constexpr std::size_t sector_start(std::size_t offset) {
    return sector_of(offset) * CrashFile::sector_size;
}

constexpr std::size_t sector_end(std::size_t offset) {
    return sector_start(offset + CrashFile::sector_size - 1);
}

// Yes in `quarters` of four cases, from two bits of chance each.
class Coin {
  public:
    static constexpr std::uint64_t always = 4;

    Coin(core::Random& random, std::uint64_t quarters) : random_(random), quarters_(quarters) {}

    [[nodiscard]] bool toss() {
        if (quarters_ == 0 || quarters_ == always) return quarters_ == always;
        if (bits_left_ == 0) {
            bits_ = random_.below(std::uint64_t{1} << max_bits);
            bits_left_ = max_bits;
        }
        const bool is_yes = (bits_ & 3) < quarters_;
        bits_ >>= 2;
        bits_left_ -= 2;
        return is_yes;
    }
    // How many of `count` steps in a row are done.
    [[nodiscard]] std::size_t steps(std::size_t count) {
        if (quarters_ == 0 || quarters_ == always) return quarters_ == always ? count : 0;
        return random_.below(count + 1);
    }

  private:
    static constexpr int max_bits = 62;

    core::Random& random_;
    std::uint64_t quarters_;
    std::uint64_t bits_ = 0;
    int bits_left_ = 0;
};

}  // namespace

bool CrashFile::read(std::size_t offset, std::span<std::uint8_t> out) const {
    const std::size_t there = offset < size() ? std::min(size() - offset, out.size()) : 0;
    if (there > 0) std::memcpy(out.data(), bytes_.data() + offset, there);
    if (there == out.size()) return true;
    std::memset(out.data() + there, 0, out.size() - there);
    return false;
}

void CrashFile::remember(Kind kind, std::size_t from, std::size_t to, std::size_t size_after) {
    changes_.push_back({.kind = kind,
                        .from = from,
                        .to = to,
                        .size_before = size(),
                        .size_after = size_after,
                        .old_at = old_bytes_.size()});
    const std::size_t end = std::min(to, size());
    if (from >= end) return;
    const auto first = bytes_.begin();
    old_bytes_.insert(old_bytes_.end(), first + static_cast<std::ptrdiff_t>(from),
                      first + static_cast<std::ptrdiff_t>(end));
}

void CrashFile::write(std::size_t offset, std::span<const std::uint8_t> in) {
    if (in.empty()) return;
    const std::size_t end = offset + in.size();
    const std::size_t size_after = std::max(size(), end);
    remember(Kind::write, sector_start(offset), sector_end(end), size_after);
    if (size_after > size()) bytes_.resize(size_after);
    std::memcpy(bytes_.data() + offset, in.data(), in.size());
}

void CrashFile::truncate(std::size_t size_after) {
    HUITONG_ASSERT(size_after <= size(), "a truncation does not make a file longer");
    if (size_after == size()) return;
    remember(Kind::truncation, sector_start(size_after), sector_end(size()), size_after);
    bytes_.resize(size_after);
}

void CrashFile::flush() {
    changes_.clear();
    old_bytes_.clear();
}

// Goes back from the last change to the first. A sector is settled at the last write that reached the disk:
// what is older no longer matters there.
class CrashFile::Recovery {
  public:
    Recovery(const CrashFile& file, core::Random& random)
        : file_(file), coin_(random, random.below(Coin::always + 1)), bytes_(file.bytes_) {
        choose_size();
        std::size_t longest = file.size();
        for (const Change& change : file.changes_) longest = std::max(longest, change.size_before);
        bytes_.resize(sector_end(longest));
        is_settled_.resize(sector_of(bytes_.size()));
    }

    [[nodiscard]] std::vector<std::uint8_t> run(Losses& losses) {
        for (std::size_t i = file_.changes_.size(); i-- > 0;) {
            const Change& change = file_.changes_[i];
            if (change.kind == Kind::write) {
                undo_write(change, losses);
            } else {
                undo_truncation(change, i >= first_lost_);
            }
        }
        bytes_.resize(size_);
        return std::move(bytes_);
    }

  private:
    void choose_size() {
        std::vector<std::size_t> resizing;
        for (std::size_t i = 0; i < file_.changes_.size(); ++i) {
            if (file_.changes_[i].size_before != file_.changes_[i].size_after) resizing.push_back(i);
        }
        const std::size_t kept = coin_.steps(resizing.size());
        const bool are_all_kept = kept == resizing.size();
        first_lost_ = are_all_kept ? file_.changes_.size() : resizing[kept];
        size_ = are_all_kept ? file_.size() : file_.changes_[first_lost_].size_before;
    }

    void undo_write(const Change& change, Losses& losses) {
        std::int64_t lost = 0;
        std::int64_t kept = 0;
        for (std::size_t at = change.from; at < change.to; at += sector_size) {
            if (!is_settled_[sector_of(at)] && (!coin_.toss() || at >= size_)) {
                put_back(change, at);
                ++lost;
            } else {
                is_settled_[sector_of(at)] = true;
                ++kept;
            }
        }
        losses.sectors += lost;
        if (lost > 0 && kept > 0) ++losses.torn_writes;
    }

    void undo_truncation(const Change& change, bool is_lost) {
        for (std::size_t at = change.from; at < change.to; at += sector_size) {
            if (is_settled_[sector_of(at)]) continue;
            if (is_lost) {
                put_back(change, at);
            } else {
                is_settled_[sector_of(at)] = true;
            }
        }
    }

    void put_back(const Change& change, std::size_t at) {
        const std::size_t there =
            at < change.size_before ? std::min(change.size_before - at, sector_size) : 0;
        std::uint8_t* const sector = bytes_.data() + at;
        if (there > 0)
            std::memcpy(sector, file_.old_bytes_.data() + change.old_at + (at - change.from), there);
        std::memset(sector + there, 0, sector_size - there);
    }

    const CrashFile& file_;
    Coin coin_;  // one for all of a file, so that at times all of it is kept, or nothing
    std::vector<std::uint8_t> bytes_;
    std::vector<bool> is_settled_;
    std::size_t size_ = 0;
    std::size_t first_lost_ = 0;  // of the changes that made the file longer or shorter
};

CrashFile CrashFile::after_power_failure(core::Random& random, Losses& losses) const {
    if (changes_.empty()) return CrashFile(bytes_);
    return CrashFile(Recovery(*this, random).run(losses));
}

}  // namespace huitong::sql

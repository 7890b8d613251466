// The data directory: made when missing, locked by the one process that serves from it, and files in it that
// only their owner can read.
#pragma once

#include <string>

#include "core/result.hpp"

namespace huitong::app {

// unavailable {cannot_write}
[[nodiscard]] core::Result<void> make_data_dir(const std::string& path);
// Mode 0600, flushed to disk. conflict {exists}; unavailable {cannot_write}
[[nodiscard]] core::Result<void> create_private_file(const std::string& path, const std::string& text);
// The same through a rename, so that readers see the old file or the new one. unavailable {cannot_write}
[[nodiscard]] core::Result<void> replace_private_file(const std::string& path, const std::string& text);
[[nodiscard]] bool file_exists(const std::string& path);

// Held until it goes, also when the process dies.
class DirLock {
  public:
    // conflict {locked}: another process serves from that directory; unavailable {cannot_write}
    [[nodiscard]] static core::Result<DirLock> take(const std::string& dir);
    DirLock(DirLock&& other) noexcept;
    DirLock& operator=(DirLock&&) = delete;
    ~DirLock();

  private:
    explicit DirLock(int fd) : fd_(fd) {}
    int fd_;
};

// No core dumps and no ptrace by others: memory holds keys.
void forbid_core_dumps();

}  // namespace huitong::app

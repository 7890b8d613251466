#include "app/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace huitong::app {

using core::Code;
using core::fail;

namespace {

core::Result<void> cannot_write(const std::string& path) {
    return fail(Code::unavailable, "cannot_write", fmt::format("{}: {}", path, std::strerror(errno)));
}

core::Result<void> write_and_close(int fd, const std::string& path, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const auto written = ::write(fd, text.data() + done, text.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) break;
        done += static_cast<std::size_t>(written);
    }
    auto result = done == text.size() && ::fsync(fd) == 0 ? core::Result<void>{} : cannot_write(path);
    ::close(fd);
    return result;
}

}  // namespace

core::Result<void> make_data_dir(const std::string& path) {
    std::error_code error;
    const bool is_new = std::filesystem::create_directories(path, error);
    if (error) return fail(Code::unavailable, "cannot_write", fmt::format("{}: {}", path, error.message()));
    if (is_new) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    return {};
}

core::Result<void> create_private_file(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) return fail(Code::conflict, "exists", path);
    if (fd < 0) return cannot_write(path);
    return write_and_close(fd, path, text);
}

core::Result<void> replace_private_file(const std::string& path, const std::string& text) {
    const std::string next = path + ".new";
    ::unlink(next.c_str());
    if (auto written = create_private_file(next, text); !written) return written;
    if (::rename(next.c_str(), path.c_str()) != 0) return cannot_write(path);
    return {};
}

bool file_exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

core::Result<DirLock> DirLock::take(const std::string& dir) {
    const std::string path = dir + "/lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return std::unexpected(cannot_write(path).error());
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        return fail(Code::conflict, "locked",
                    fmt::format("{}: another process serves from this directory", dir));
    }
    return DirLock(fd);
}

DirLock::DirLock(DirLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirLock::~DirLock() {
    if (fd_ >= 0) ::close(fd_);
}

void forbid_core_dumps() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace huitong::app

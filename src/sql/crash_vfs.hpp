// What a CrashDisk holds, and its face towards SQLite: a VFS (sqlite.org/vfs.html) with the careful promises
// of a plain disk. Sectors of 512 bytes, no write atomic, nothing durable before xSync; creating and deleting
// a file is durable at once.
#pragma once

#include <sqlite3.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sql/crash_disk.hpp"
#include "sql/crash_file.hpp"

namespace huitong::sql {

struct StoredFile {
    CrashFile bytes;
    const sqlite3_file* locked_by = nullptr;
};

using Files = std::map<std::string, std::shared_ptr<StoredFile>, std::less<>>;

// What is on the disk from one failure of the power to the next. A session stays with the one it was opened
// on, by its number in the path.
struct Medium {
    std::uint64_t number = 0;
    Files files;  // by name without the number
};

struct CrashDisk::State {
    explicit State(core::Random& random_);
    ~State();

    // Makes `files` what the disk holds.
    void install(Files files);
    void fail_power();
    // A write or flush by a session; true when it is of the living, and the power did not fail just now.
    [[nodiscard]] bool step(const Medium* medium);
    [[nodiscard]] std::string path() const;
    // The medium of a path, and the file's name in it.
    [[nodiscard]] std::pair<std::shared_ptr<Medium>, std::string_view> resolve(std::string_view path);

    core::Random& random;
    std::string vfs_name;
    sqlite3_vfs vfs{};
    std::shared_ptr<Medium> current;
    std::map<std::uint64_t, std::weak_ptr<Medium>> media;
    std::uint64_t last_number = 0;
    bool has_power = true;
    std::uint64_t steps_to_failure = 0;  // 0: none is planned
    std::function<void()> on_failure;
    int refusals = 0;
    int open_files = 0;
    DiskCounts counts;
};

// Every file of it is one of `disk`, which must outlive its registration.
[[nodiscard]] sqlite3_vfs make_crash_vfs(CrashDisk::State& disk);

}  // namespace huitong::sql

// Disk: what the store of a simulated platform lies on. A file's disk forgets what was not flushed when the
// power fails; a server's rows outlive every process, but its connections are cut.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sql/crash_disk.hpp"

namespace huitong::simulate {

class Disk {
  public:
    virtual ~Disk() = default;

    // The store as the disk now holds it, migrated. Throws SqlError.
    [[nodiscard]] virtual std::unique_ptr<sql::Session> open() = 0;
    // A copy of what is committed there, for a look or as a backup. `open` is the session in use.
    [[nodiscard]] virtual std::shared_ptr<sql::Session> copy(sql::Session& open) = 0;
    // The copy takes the place of the present store.
    virtual void put(sql::Session& copy) = 0;

    // False: power and space are somebody else's, and the four calls after it do nothing.
    [[nodiscard]] virtual bool is_ours() const = 0;
    // As CrashDisk has them.
    virtual void fail_power_at(std::uint64_t nth, std::function<void()> on_failure) = 0;
    virtual void fail_power() = 0;
    [[nodiscard]] virtual bool has_power() const = 0;
    virtual void refuse_writes(int count) = 0;
    [[nodiscard]] virtual sql::DiskCounts counts() const = 0;

    // What is open loses its connection, where there is one.
    virtual void cut() = 0;
};

// A file on a CrashDisk. `random` must outlive it.
[[nodiscard]] std::unique_ptr<Disk> make_file_disk(core::Random& random, int checkpoint_pages);
// A database of its own on that server ("postgresql://…", of a role that may make databases), dropped in the
// end. Throws SqlError.
[[nodiscard]] std::unique_ptr<Disk> make_server_disk(const std::string& server);

}  // namespace huitong::simulate

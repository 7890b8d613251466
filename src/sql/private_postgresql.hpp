// PrivatePostgresql: a PostgreSQL server of one's own in a temporary directory, on a socket there and on no
// port. For tests and the benchmark; needs Debian's package postgresql, and root must be able to become the
// user postgres.
#pragma once

#include <string>

namespace huitong::sql {

class PrivatePostgresql {
  public:
    // `is_durable`: with fsync, as a real server; without, for tests. Throws std::runtime_error.
    explicit PrivatePostgresql(bool is_durable);
    ~PrivatePostgresql();
    PrivatePostgresql(const PrivatePostgresql&) = delete;
    PrivatePostgresql& operator=(const PrivatePostgresql&) = delete;

    // A new empty database; its conninfo.
    [[nodiscard]] std::string make_database();
    // The same as postgresql://…
    [[nodiscard]] std::string make_database_url();
    // Of the server's first process, whose children are all the others.
    [[nodiscard]] int pid() const;
    // As after a loss of its processes: what was not flushed is gone.
    void crash_and_start();

  private:
    void run(const std::string& command) const;
    void stop() noexcept;

    std::string directory_;
    std::string binaries_;
    int databases_ = 0;
};

}  // namespace huitong::sql

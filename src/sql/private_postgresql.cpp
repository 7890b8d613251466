#include "sql/private_postgresql.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "sql/pg_session.hpp"

namespace huitong::sql {

namespace {

// The newest /usr/lib/postgresql/N/bin.
std::string find_binaries() {
    std::string best;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
        const std::string path = (entry.path() / "bin").string();
        if (std::filesystem::exists(path + "/initdb") && path > best) best = path;
    }
    if (best.empty())
        throw std::runtime_error("no PostgreSQL server is installed (Debian package postgresql)");
    return best;
}

std::string make_directory() {
    std::array<char, 32> path{"/tmp/huitong-pg-XXXXXX"};
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot create a temporary directory");
    return path.data();
}

}  // namespace

PrivatePostgresql::PrivatePostgresql(bool is_durable)
    : directory_(make_directory()), binaries_(find_binaries()) {
    if (geteuid() == 0) {
        const passwd* owner = getpwnam("postgres");
        if (owner == nullptr || chown(directory_.c_str(), owner->pw_uid, owner->pw_gid) != 0) {
            throw std::runtime_error("no user postgres to run the server as");
        }
    }
    try {
        run("initdb -D " + directory_ + "/data -U postgres -A trust -E UTF8 --no-locale --no-sync");
        run("pg_ctl -D " + directory_ + "/data -l " + directory_ + "/log -w -o \"-k " + directory_ +
            " -c listen_addresses='' -c shared_buffers=256MB -c max_wal_size=4GB" +
            (is_durable ? "" : " -c fsync=off") + "\" start");
    } catch (...) {
        stop();
        throw;
    }
}

PrivatePostgresql::~PrivatePostgresql() {
    stop();
}

std::string PrivatePostgresql::make_database() {
    const std::string server = "host=" + directory_ + " user=postgres dbname=";
    const std::string name = "test" + std::to_string(++databases_);
    make_postgresql_session(server + "postgres")->run_script("create database " + name);
    return server + name;
}

std::string PrivatePostgresql::make_database_url() {
    (void)make_database();
    return "postgresql:///test" + std::to_string(databases_) + "?user=postgres&host=" + directory_;
}

int PrivatePostgresql::pid() const {
    std::ifstream file(directory_ + "/data/postmaster.pid");
    int pid = 0;
    if (!(file >> pid)) throw std::runtime_error("no postmaster.pid");
    return pid;
}

void PrivatePostgresql::crash_and_start() {
    run("pg_ctl -D " + directory_ + "/data -l " + directory_ + "/log -m immediate -w restart");
}

void PrivatePostgresql::run(const std::string& command) const {
    const std::string become = geteuid() == 0 ? "runuser -u postgres -- " : "";
    const std::string line =
        "cd " + directory_ + " && " + become + binaries_ + "/" + command + " >/dev/null 2>&1";
    const int status = std::system(line.c_str());
    if (status != 0) throw std::runtime_error("failed: " + command);
}

void PrivatePostgresql::stop() noexcept {
    try {
        run("pg_ctl -D " + directory_ + "/data -m immediate -w stop");
    } catch (const std::exception&) {
        // It was not running: the directory goes all the same.
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

}  // namespace huitong::sql

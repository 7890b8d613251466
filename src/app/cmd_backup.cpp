// backup and restore: a copy of the store taken while it serves, and its way back. A restored store is wrong
// about everything since its backup; the facts set here make the next `serve` catch up before it takes new
// payments (flows/catch_up.hpp).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/data_dir.hpp"
#include "app/master_key.hpp"
#include "app/offline_store.hpp"
#include "app/store_place.hpp"
#include "flows/audit.hpp"
#include "flows/catch_up.hpp"
#include "sql/pg_address.hpp"
#include "sql/sqlite_backup.hpp"

namespace huitong::app {

namespace {

namespace fs = std::filesystem;
namespace facts = flows::facts;
using core::Code;
using core::fail;

// A copy on its way; removed when something goes wrong.
class PartFile {
  public:
    explicit PartFile(std::string path) : path_(std::move(path)) { remove(); }
    ~PartFile() { remove(); }
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }
    // conflict {exists}; unavailable {cannot_write}
    [[nodiscard]] core::Result<void> keep_as(const std::string& path) const {
        if (::link(path_.c_str(), path.c_str()) == 0) return {};
        if (errno == EEXIST) return fail(Code::conflict, "exists", path);
        return fail(Code::unavailable, "cannot_write", path + ": " + std::strerror(errno));
    }

  private:
    void remove() const {
        for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + suffix).c_str());
    }
    std::string path_;
};

sql::BackupProgress progress_bar() {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [last = std::int64_t{-1}](std::int64_t done, std::int64_t total) mutable {
        const std::int64_t percent = total == 0 ? 100 : done * 100 / total;
        if (std::exchange(last, percent) == percent) return;
        const auto filled = static_cast<std::size_t>(percent / 4);
        fmt::print(stderr, "\r[{:<25}] {:3} %{}", std::string(filled, '#'), percent,
                   done == total ? "\n" : "");
        std::fflush(stderr);
    };
}

std::string us_text(core::Instant at) {
    return std::to_string(core::to_us(at));
}

struct BackupFacts {
    std::string number;
    core::Instant at;
    std::int64_t bytes = 0;
};

core::Result<void> set_facts(store::Store& store, OfflineStore& offline,
                             std::vector<std::pair<std::string, std::string>> values,
                             std::optional<flows::AuditAct> act = std::nullopt) {
    const core::Instant now = offline.time().now();
    return offline.run(store.write([values, act, now](ports::Tx& tx) -> core::Result<void> {
        for (const auto& [name, value] : values) tx.facts().set(name, value);
        if (act) flows::append_audit(tx, *act, now);
        return {};
    }));
}

// What the copy says of itself, and proof that this key opens what it holds.
core::Result<void> stamp(const std::string& path, const core::Secret& key, const BackupFacts& backup) {
    auto copy = OfflineStore::open(store::file_at(path), key);
    if (!copy) return std::unexpected(std::move(copy.error()));
    if (const auto opened = (*copy)->opens_a_secret(); !opened) return std::unexpected(opened.error());
    return set_facts((*copy)->store(), **copy,
                     {{facts::backup_at, us_text(backup.at)},
                      {facts::backup_number, backup.number},
                      {facts::catch_up, ""}});
}

core::Result<BackupFacts> back_up(const Config& config, const std::string& to) {
    const auto path = sqlite_path(config);
    if (!path) return std::unexpected(path.error());
    const auto key = load_master_key(config);
    if (!key) return std::unexpected(key.error());
    if (!file_exists(*path)) return fail(Code::not_found, "no_store", *path);
    if (file_exists(to)) return fail(Code::conflict, "exists", to);
    auto store = OfflineStore::open(store::file_at(*path), *key);
    if (!store) return std::unexpected(std::move(store.error()));
    const auto state = (*store)->fact(facts::catch_up);
    if (!state) return std::unexpected(state.error());
    if (*state == "needed" || *state == "accepted_loss")
        return fail(Code::conflict, "catching_up", "the store was restored and is not whole yet");

    const PartFile part(to + ".part");
    // Before the snapshot: what leaves from here on may be missing in it.
    BackupFacts backup{.number = (*store)->random().hex(12), .at = (*store)->time().now()};
    auto done = sql::back_up_sqlite(*path, part.path(), progress_bar());
    if (done) done = stamp(part.path(), *key, backup);
    if (done) done = sql::settle_sqlite_file(part.path());
    if (done) done = sql::check_sqlite_file(part.path(), sql::Thoroughness::full);
    if (done) done = part.keep_as(to);
    if (done) done = sql::settle_sqlite_file(to);
    if (done) done = set_facts((*store)->store(), **store, {{facts::last_backup_at, us_text(backup.at)}});
    if (!done) return std::unexpected(std::move(done.error()));
    backup.bytes = static_cast<std::int64_t>(fs::file_size(to));
    return backup;
}

int run_backup(const std::string& file, const std::string& to, bool is_json) {
    const auto config = load_config(file);
    if (!config) return refuse(config.error());
    const auto done = back_up(*config, to);
    if (!done) return refuse(done.error());
    if (is_json) {
        print_json(codec::JsonObject{{"file", to},
                                     {"number", done->number},
                                     {"at", core::to_rfc3339(done->at)},
                                     {"bytes", codec::Json::number(done->bytes)}});
        return exit_done;
    }
    fmt::print("backup {} of {}: {} ({} bytes)\n", done->number, core::to_rfc3339(done->at), to, done->bytes);
    fmt::print("It is sealed under the master key, which is not in it: keep that elsewhere.\n");
    return exit_done;
}

struct RestoreCommand {
    std::string config_file;
    std::string from;
    std::string as_of;  // of a server's store: the time it was brought back to
    bool is_replacing = false;
    bool is_loss_accepted = false;
    bool is_json = false;
};

// Both files of the store that is there, under another name. Empty: there was none.
core::Result<std::string> put_aside(const std::string& path, core::Instant now) {
    if (!file_exists(path)) return std::string();
    const std::string aside = fmt::format("{}.replaced-{}", path, core::to_us(now));
    for (const char* suffix : {"-wal", "-shm", ""}) {
        const std::string from = path + suffix;
        if (file_exists(from) && ::rename(from.c_str(), (aside + suffix).c_str()) != 0)
            return fail(Code::unavailable, "cannot_write", from + ": " + std::strerror(errno));
    }
    return aside;
}

core::Result<void> mark_restored(const std::string& path, const core::Secret& key,
                                 const RestoreCommand& command) {
    auto store = OfflineStore::open(store::file_at(path), key);
    if (!store) return std::unexpected(std::move(store.error()));
    if (const auto opened = (*store)->opens_a_secret(); !opened)
        return fail(Code::denied, "wrong_master_key", "the master key does not open what the backup holds");
    const auto at = (*store)->fact(facts::backup_at);
    const auto number = (*store)->fact(facts::backup_number);
    if (!at || at->empty()) return fail(Code::invalid, "not_a_backup", command.from);
    const core::Instant now = (*store)->time().now();
    return set_facts((*store)->store(), **store,
                     {{facts::restored_at, us_text(now)},
                      {facts::catch_up, command.is_loss_accepted ? "accepted_loss" : "needed"},
                      {facts::catch_up_result, ""}},
                     flows::AuditAct{.actor = "system",
                                     .act = "store.restore",
                                     .subject = "backup " + number.value_or(""),
                                     .detail = command.is_loss_accepted ? "loss accepted" : ""});
}

core::Result<std::string> restore(const Config& config, const RestoreCommand& command) {
    const auto path = sqlite_path(config);
    if (!path) return std::unexpected(path.error());
    const auto key = load_master_key(config);
    if (!key) return std::unexpected(key.error());
    if (file_exists(*path) && !command.is_replacing)
        return fail(Code::conflict, "exists", *path + ": --replace keeps it aside");
    const PartFile part(*path + ".restoring");
    auto done = sql::check_sqlite_file(command.from, sql::Thoroughness::quick);
    if (done) done = sql::back_up_sqlite(command.from, part.path(), progress_bar());
    if (done) done = sql::check_sqlite_file(part.path(), sql::Thoroughness::full);
    if (done) done = mark_restored(part.path(), *key, command);
    if (done) done = sql::settle_sqlite_file(part.path());
    if (!done) return std::unexpected(std::move(done.error()));
    auto aside = put_aside(*path, core::SystemClock().now());
    if (!aside) return aside;
    if (auto kept = part.keep_as(*path); !kept) return std::unexpected(std::move(kept.error()));
    if (auto settled = sql::settle_sqlite_file(*path); !settled)
        return std::unexpected(std::move(settled.error()));
    return aside;
}

// A store that is there, wherever it lies.
core::Result<std::unique_ptr<OfflineStore>> open_existing(const Config& config) {
    const auto location = store_location(config);
    if (!location) return std::unexpected(location.error());
    const auto key = load_master_key(config);
    if (!key) return std::unexpected(key.error());
    const auto exists = store::store_exists(*location);
    if (!exists) return std::unexpected(exists.error());
    if (!*exists) return fail(Code::not_found, "no_store", location->shown);
    return OfflineStore::open(*location, *key);
}

// A `serve` that lived on would go on from what the server no longer knows.
core::Result<void> demand_nobody_serves(const Config& config) {
    const auto location = store_location(config);
    if (!location) return std::unexpected(location.error());
    try {
        const std::int64_t others = sql::count_connections_of_ours(location->target);
        if (others == 0) return {};
        return fail(Code::conflict, "in_use",
                    std::to_string(others) + " connections of huitong to that database: stop every serve");
    } catch (const sql::SqlError& error) {
        return fail(Code::unavailable, "store_unavailable", error.what());
    }
}

// Of a server's store that its own means have brought back to an earlier time: what was sent since is asked
// after by the next `serve`.
core::Result<void> mark_brought_back(const Config& config, const RestoreCommand& command) {
    const auto as_of = core::parse_rfc3339(command.as_of);
    if (!as_of) return fail(Code::invalid, "bad_time", "--as-of 2026-03-05T10:00:00+08:00");
    if (!is_shared(config))
        return fail(Code::invalid, "not_a_server", "a store in a file is restored from a backup: --from");
    if (auto alone = demand_nobody_serves(config); !alone) return alone;
    auto store = open_existing(config);
    if (!store) return std::unexpected(std::move(store.error()));
    if (const auto opened = (*store)->opens_a_secret(); !opened)
        return fail(Code::denied, "wrong_master_key", "the master key does not open what the store holds");
    const core::Instant now = (*store)->time().now();
    if (*as_of > now) return fail(Code::invalid, "bad_time", "--as-of is in the future");
    return set_facts((*store)->store(), **store,
                     {{facts::backup_at, us_text(*as_of)},
                      {facts::restored_at, us_text(now)},
                      {facts::catch_up, command.is_loss_accepted ? "accepted_loss" : "needed"},
                      {facts::catch_up_result, ""}},
                     flows::AuditAct{.actor = "system",
                                     .act = "store.restore",
                                     .subject = "as of " + core::to_rfc3339(*as_of),
                                     .detail = command.is_loss_accepted ? "loss accepted" : ""});
}

// Of a store that was restored before and cannot catch up: what its backup does not know is given up.
core::Result<void> accept_loss(const Config& config) {
    auto store = open_existing(config);
    if (!store) return std::unexpected(std::move(store.error()));
    const auto state = (*store)->fact(facts::catch_up);
    if (!state) return std::unexpected(state.error());
    if (*state != "needed")
        return fail(Code::conflict, "nothing_to_catch_up", "catch_up is '" + *state + "'");
    return set_facts((*store)->store(), **store, {{facts::catch_up, "accepted_loss"}},
                     flows::AuditAct{.actor = "system",
                                     .act = "catch_up.accept_loss",
                                     .subject = "store",
                                     .detail = "what the backup does not know is given up"});
}

int run_restore(const RestoreCommand& command) {
    const auto config = load_config(command.config_file);
    if (!config) return refuse(config.error());
    if (command.from.empty() && command.as_of.empty() && !command.is_loss_accepted) {
        fmt::print(
            stderr,
            "huitong: --from FILE (or --as-of TIME on PostgreSQL), or --accept-loss for a store that was "
            "restored before\n");
        return exit_usage;
    }
    if (auto made = make_data_dir(config->data_dir); !made) return refuse(made.error());
    const auto lock = DirLock::take(config->data_dir);
    if (!lock) return refuse(lock.error());
    std::string aside;
    if (!command.as_of.empty()) {
        if (auto marked = mark_brought_back(*config, command); !marked) return refuse(marked.error());
    } else if (command.from.empty()) {
        if (auto accepted = accept_loss(*config); !accepted) return refuse(accepted.error());
    } else {
        auto done = restore(*config, command);
        if (!done) return refuse(done.error());
        aside = std::move(*done);
    }
    const std::string state = command.is_loss_accepted ? "accepted_loss" : "needed";
    if (command.is_json) {
        print_json(codec::JsonObject{{"catch_up", state}, {"replaced", aside}});
        return exit_done;
    }
    if (!aside.empty()) fmt::print("the store that was there: {}\n", aside);
    fmt::print("{}; `huitong serve` asks the channels before it takes new payments\n",
               command.from.empty() && command.as_of.empty() ? "loss accepted" : "restored");
    return exit_done;
}

}  // namespace

void add_backup(CLI::App& app, Action& action) {
    auto* const command =
        app.add_subcommand("backup", "Copy the store to a file while it serves; the master key is not in it");
    const auto file = std::make_shared<std::string>();
    const auto to = std::make_shared<std::string>();
    const auto is_json = std::make_shared<bool>(false);
    command->add_option("--config", *file, "Configuration file (TOML)")->required();
    command->add_option("--to", *to, "New file to write")->required();
    command->add_flag("--json", *is_json, "Print JSON");
    command->callback(
        [&action, file, to, is_json] { action = [=] { return run_backup(*file, *to, *is_json); }; });
}

void add_restore(CLI::App& app, Action& action) {
    auto* const command = app.add_subcommand("restore", "Put a backup in the place of a store that was lost");
    const auto options = std::make_shared<RestoreCommand>();
    command->add_option("--config", options->config_file, "Configuration file (TOML)")->required();
    command->add_option("--from", options->from, "File that `huitong backup` wrote");
    command->add_option("--as-of", options->as_of, "The time to which a PostgreSQL server was brought back")
        ->excludes("--from");
    command->add_flag("--replace", options->is_replacing, "Put the store that is there aside");
    command->add_flag("--accept-loss", options->is_loss_accepted,
                      "Catch up without the send journal: what the backup does not know is lost");
    command->add_flag("--json", options->is_json, "Print JSON");
    command->callback([&action, options] { action = [=] { return run_restore(*options); }; });
}

}  // namespace huitong::app

// doctor: whether this machine can serve, and go on serving: configuration, files, store, journal, channels,
// what waits for a person. Changes nothing but an older schema, which it brings up to date (`huitong
// migrate`); works beside a running `serve` of the same version.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <memory>

#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/data_dir.hpp"
#include "app/doctor.hpp"
#include "app/master_key.hpp"
#include "app/store_place.hpp"
#include "flows/audit.hpp"
#include "flows/catch_up.hpp"
#include "sql/pg_address.hpp"
#include "sql/sqlite_backup.hpp"

namespace huitong::app {

namespace {

namespace facts = flows::facts;
using core::Instant;

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return "ok";
        case Verdict::warn:
            return "warn";
        case Verdict::fail:
            return "fail";
    }
    return "?";
}

std::string age_text(core::Duration age) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
    if (minutes < 120) return fmt::format("{} min", minutes);
    return minutes < 48 * 60 ? fmt::format("{} h", minutes / 60) : fmt::format("{} days", minutes / 60 / 24);
}

std::optional<Instant> instant_of(const std::string& text) {
    std::int64_t us = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), us);
    if (error != std::errc{} || text.empty()) return std::nullopt;
    return core::from_us(us);
}

void check_space(const std::string& check, const std::string& dir, Findings& findings) {
    struct statvfs facts_of{};
    if (::statvfs(dir.c_str(), &facts_of) != 0) return;
    const std::uint64_t free = std::uint64_t{facts_of.f_bavail} * facts_of.f_frsize;
    const Verdict verdict = free < gib / 4 ? Verdict::fail : free < 2 * gib ? Verdict::warn : Verdict::ok;
    findings.push_back({check, verdict, fmt::format("{} MiB free in {}", free >> 20, dir)});
}

void check_data_dir(const Config& config, Findings& findings) {
    struct stat facts_of{};
    const char* const dir = config.data_dir.c_str();
    if (::stat(dir, &facts_of) != 0 || !S_ISDIR(facts_of.st_mode))
        return findings.push_back({"data_dir", Verdict::fail, config.data_dir + ": no such directory"});
    const bool is_open = (facts_of.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    if (::access(dir, W_OK) != 0) {
        findings.push_back({"data_dir", Verdict::fail, config.data_dir + ": cannot be written"});
    } else {
        findings.push_back({"data_dir", is_open ? Verdict::warn : Verdict::ok,
                            config.data_dir + (is_open ? ": others than its owner may look into it" : "")});
    }
    check_space("disk", config.data_dir, findings);
}

void check_journal(const Config& config, Findings& findings) {
    if (config.journal_dir.empty())
        return findings.push_back({"journal", Verdict::warn,
                                   "journal.dir is not set: payments since the last backup are lost with "
                                   "the store's disk"});
    struct stat journal{};
    struct stat data{};
    if (::stat(config.journal_dir.c_str(), &journal) != 0 || ::access(config.journal_dir.c_str(), W_OK) != 0)
        return findings.push_back({"journal", Verdict::fail, config.journal_dir + ": cannot be written"});
    const bool is_file = sqlite_path(config).has_value();
    const bool is_same =
        is_file && ::stat(config.data_dir.c_str(), &data) == 0 && data.st_dev == journal.st_dev;
    findings.push_back({"journal", is_same ? Verdict::warn : Verdict::ok,
                        config.journal_dir + (is_same ? ": on the same device as the store" : "")});
    check_space("journal_disk", config.journal_dir, findings);
}

// What the engine itself can tell: a file is looked through, a server is asked how it keeps what it took.
core::Result<void> check_engine(const store::Location& location, Findings& findings) {
    if (location.engine == sql::Engine::sqlite)
        return sql::check_sqlite_file(location.target, sql::Thoroughness::quick);
    try {
        std::string careless;
        for (const std::string& setting : sql::careless_settings(location.target))
            careless += (careless.empty() ? "" : ", ") + setting;
        findings.push_back({"store_server", careless.empty() ? Verdict::ok : Verdict::fail,
                            careless.empty()
                                ? "keeps what it has committed"
                                : careless + ": what was committed may be lost with its machine"});
        return {};
    } catch (const sql::SqlError& error) {
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

// The store, opened and with its secrets readable; null when it cannot be used.
std::unique_ptr<OfflineStore> check_store(const Config& config, Findings& findings) {
    const auto fail = [&](const char* check, const core::Error& error) {
        findings.push_back({check, Verdict::fail, error.reason + ": " + error.detail});
        return nullptr;
    };
    const auto key = load_master_key(config);
    if (!key) return fail("master_key", key.error());
    const auto location = store_location(config);
    if (!location) return fail("store", location.error());
    const auto exists = store::store_exists(*location);
    if (!exists) return fail("store", exists.error());
    if (!*exists)
        return fail("store", {core::Code::not_found, "no_store",
                              location->shown + ": make one with `huitong migrate`"});
    if (const auto sound = check_engine(*location, findings); !sound) return fail("store", sound.error());
    auto store = OfflineStore::open(*location, *key);
    if (!store) return fail("store", store.error());
    findings.push_back({"store", Verdict::ok, location->shown + ": sound, schema up to date"});
    const auto opened = (*store)->opens_a_secret();
    if (!opened) {
        findings.push_back({"master_key", Verdict::fail, "does not open what the store holds"});
        return nullptr;
    }
    findings.push_back(
        {"master_key", Verdict::ok, *opened ? "opens the store's secrets" : "nothing sealed yet"});
    return std::move(*store);
}

struct Waiting {
    std::optional<Instant> oldest;
    std::int64_t in_review = 0;
    std::int64_t alerts = 0;
    std::string catch_up;
    std::string last_backup;
    std::string backup_at;
};

core::Result<Waiting> read_waiting(OfflineStore& store) {
    return store.run(store.store().read([](ports::Tx& tx) -> core::Result<Waiting> {
        Waiting waiting;
        const auto open = tx.payments().count_open();
        for (const auto& row : open.payments) {
            const bool is_review = row.state == payments::PaymentState::manual_review;
            if (is_review) waiting.in_review = row.count;
            if (!is_review && row.count > 0 && (!waiting.oldest || row.oldest < *waiting.oldest))
                waiting.oldest = row.oldest;
        }
        waiting.in_review += open.refunds_in_review;
        waiting.alerts = tx.alerts().count_open();
        waiting.catch_up = tx.facts().get(facts::catch_up);
        waiting.last_backup = tx.facts().get(facts::last_backup_at);
        waiting.backup_at = tx.facts().get(facts::backup_at);
        return waiting;
    }));
}

void check_backup(const Config& config, const Waiting& waiting, Instant now, Findings& findings) {
    if (!sqlite_path(config))
        return findings.push_back(
            {"backup", Verdict::ok,
             "the PostgreSQL server's own, which is not seen from here (docs/backup.md)"});
    const auto at = instant_of(waiting.last_backup.empty() ? waiting.backup_at : waiting.last_backup);
    if (!at) return findings.push_back({"backup", Verdict::warn, "never made (`huitong backup`)"});
    const core::Duration age = now - *at;
    const core::Duration kept = std::chrono::hours(24) * config.journal_keep_days;
    const bool is_beyond = !config.journal_dir.empty() && age > kept - std::chrono::hours(24);
    const bool is_old = is_beyond || age > std::chrono::hours(48);
    findings.push_back({"backup", is_old ? Verdict::warn : Verdict::ok,
                        fmt::format("{} old{}", age_text(age),
                                    is_beyond ? ": soon older than the journals that are kept" : "")});
}

void check_people_and_past(const Config& config, OfflineStore& store, Findings& findings) {
    const Instant now = store.time().now();
    const auto audit = store.run(flows::verify_audit(store.store()));
    const bool is_whole = audit && audit->first_bad_id == 0;
    findings.push_back({"audit", is_whole ? Verdict::ok : Verdict::fail,
                        is_whole ? fmt::format("{} rows, unbroken", audit->rows)
                                 : std::string("the chain of hashes is broken (`huitong admin audit`)")});
    const auto waiting = read_waiting(store);
    if (!waiting) return findings.push_back({"payments", Verdict::fail, waiting.error().reason});
    const core::Duration oldest = waiting->oldest ? now - *waiting->oldest : core::Duration{0};
    findings.push_back({"payments", oldest > std::chrono::minutes(30) ? Verdict::warn : Verdict::ok,
                        waiting->oldest ? "oldest unresolved: " + age_text(oldest) : "none unresolved"});
    findings.push_back({"manual_review", waiting->in_review > 0 ? Verdict::warn : Verdict::ok,
                        fmt::format("{} wait for a person", waiting->in_review)});
    findings.push_back({"alerts", waiting->alerts > 0 ? Verdict::warn : Verdict::ok,
                        fmt::format("{} open", waiting->alerts)});
    if (waiting->catch_up == "needed" || waiting->catch_up == "accepted_loss")
        findings.push_back({"catch_up", Verdict::warn,
                            "the store was restored; no new payments until the channels have answered"});
    check_backup(config, *waiting, now, findings);
}

int report(const Findings& findings, bool is_json) {
    bool is_failed = false;
    codec::JsonArray rows;
    for (const Finding& finding : findings) {
        is_failed = is_failed || finding.verdict == Verdict::fail;
        if (is_json) {
            rows.emplace_back(codec::JsonObject{
                {"check", finding.check}, {"verdict", to_string(finding.verdict)}, {"text", finding.text}});
        } else {
            fmt::print("{:<5} {:<20} {}\n", to_string(finding.verdict), finding.check, finding.text);
        }
    }
    if (is_json) print_json(std::move(rows));
    return is_failed ? exit_refused : exit_done;
}

int run_doctor(const std::string& file, bool is_json) {
    Findings findings;
    const auto config = load_config(file);
    if (!config) {
        findings.push_back({"config", Verdict::fail, config.error().detail});
        return report(findings, is_json);
    }
    findings.push_back({"config", Verdict::ok, file});
    check_data_dir(*config, findings);
    check_journal(*config, findings);
    if (const auto store = check_store(*config, findings)) {
        check_people_and_past(*config, *store, findings);
        check_channels(*config, *store, findings);
    }
    return report(findings, is_json);
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
    auto* const command =
        app.add_subcommand("doctor", "Check configuration, files, store, journal and channels");
    const auto file = std::make_shared<std::string>();
    const auto is_json = std::make_shared<bool>(false);
    command->add_option("--config", *file, "Configuration file (TOML)")->required();
    command->add_flag("--json", *is_json, "Print JSON");
    command->callback([&action, file, is_json] { action = [=] { return run_doctor(*file, *is_json); }; });
}

}  // namespace huitong::app

// What a CrashDisk does when the power fails, and how sessions are opened on it.
#include "sql/crash_disk.hpp"

#include <sqlite3.h>

#include <atomic>
#include <charconv>

#include "core/assert.hpp"
#include "sql/crash_vfs.hpp"
#include "sql/faulty_session.hpp"
#include "sql/sqlite_session.hpp"

namespace huitong::sql {

namespace {

constexpr std::string_view store_name = "store.db";

std::vector<std::uint8_t> pages_of(Session& session) {
    auto* const source = dynamic_cast<SqliteSession*>(&innermost(session));
    HUITONG_ASSERT(source != nullptr, "only SQLite has pages to copy");
    source->rollback();
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> bytes(
        sqlite3_serialize(source->handle(), "main", &size, 0), sqlite3_free);
    if (!bytes && size > 0) throw SqlError(SqlError::Kind::unavailable, "sqlite: no memory for a copy");
    return bytes ? std::vector<std::uint8_t>(bytes.get(), bytes.get() + size) : std::vector<std::uint8_t>();
}

// What readers still need stays in the WAL until the next time, and so does everything when the disk is full.
void copy_wal_back(sqlite3* db) {
    const int code = sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_FULL) return;
    check_sqlite(db, code, "checkpoint");
}

}  // namespace

CrashDisk::State::State(core::Random& random_) : random(random_) {
    static std::atomic<std::uint64_t> disks{0};
    configure_sqlite();
    vfs_name = "crash-disk-" + std::to_string(++disks);
    vfs = make_crash_vfs(*this);
    const int code = sqlite3_vfs_register(&vfs, 0);
    HUITONG_ASSERT(code == SQLITE_OK, "a VFS can be registered");
    install({});
}

CrashDisk::State::~State() {
    HUITONG_ASSERT(open_files == 0, "sessions go before their disk");
    sqlite3_vfs_unregister(&vfs);
}

void CrashDisk::State::install(Files files) {
    current = std::make_shared<Medium>(Medium{.number = ++last_number, .files = std::move(files)});
    std::erase_if(media, [](const auto& entry) { return entry.second.expired(); });
    media.emplace(current->number, current);
}

void CrashDisk::State::fail_power() {
    if (!std::exchange(has_power, false)) return;
    ++counts.failures;
    steps_to_failure = 0;
    Losses losses;
    Files survivors;
    for (const auto& [name, file] : current->files) {
        auto survivor = std::make_shared<StoredFile>();
        survivor->bytes = file->bytes.after_power_failure(random, losses);
        survivors.emplace(name, std::move(survivor));
    }
    counts.lost_sectors += losses.sectors;
    counts.torn_writes += losses.torn_writes;
    install(std::move(survivors));
    if (const auto tell = std::exchange(on_failure, nullptr)) tell();
}

bool CrashDisk::State::step(const Medium* medium) {
    if (medium != current.get()) return false;
    if (steps_to_failure == 0 || --steps_to_failure > 0) return true;
    fail_power();
    return false;
}

std::string CrashDisk::State::path() const {
    return "/" + std::to_string(current->number) + "/" + std::string(store_name);
}

std::pair<std::shared_ptr<Medium>, std::string_view> CrashDisk::State::resolve(std::string_view path) {
    std::uint64_t number = 0;
    const char* const end = path.data() + path.size();
    if (path.empty()) return {};
    const auto [after, error] = std::from_chars(path.data() + 1, end, number);
    if (error != std::errc() || after == end) return {};
    const auto found = media.find(number);
    if (found == media.end()) return {};
    return {found->second.lock(), std::string_view(after + 1, end)};
}

CrashDisk::CrashDisk(core::Random& random) : state_(std::make_shared<State>(random)) {}

CrashDisk::~CrashDisk() = default;

std::unique_ptr<Session> CrashDisk::open(int checkpoint_pages) {
    state_->has_power = true;
    SqliteHandle db = open_sqlite(state_->path(), state_->vfs_name.c_str());
    // Exclusive first: then the WAL needs no memory shared with other processes.
    run_sqlite(db.get(),
               "pragma page_size=4096; pragma locking_mode=exclusive; pragma journal_mode=wal"
               "; pragma synchronous=full; pragma foreign_keys=off; pragma temp_store=memory"
               "; pragma wal_autocheckpoint=0");
    sqlite3* const raw = db.get();
    return std::make_unique<SqliteSession>(std::move(db), [raw, checkpoint_pages](int pages) {
        if (pages >= checkpoint_pages) copy_wal_back(raw);
    });
}

void CrashDisk::put(Session& other) {
    auto file = std::make_shared<StoredFile>();
    file->bytes = CrashFile(pages_of(other));
    Files files;
    files.emplace(store_name, std::move(file));
    state_->install(std::move(files));
}

void CrashDisk::fail_power_at(std::uint64_t nth, std::function<void()> on_failure) {
    HUITONG_ASSERT(nth > 0, "counted from 1");
    state_->steps_to_failure = nth;
    state_->on_failure = std::move(on_failure);
}

void CrashDisk::fail_power() {
    state_->fail_power();
}

bool CrashDisk::has_power() const {
    return state_->has_power;
}

void CrashDisk::refuse_writes(int count) {
    state_->refusals = count;
}

const DiskCounts& CrashDisk::counts() const {
    return state_->counts;
}

}  // namespace huitong::sql

// The functions SQLite calls for a file of a CrashDisk. They are noexcept: nothing can be thrown through
// SQLite.
#include "sql/crash_vfs.hpp"

#include <cstring>
#include <new>
#include <span>

namespace huitong::sql {

namespace {

constexpr int longest_path = 64;

// An open file; SQLite owns the memory.
struct Handle : sqlite3_file {
    CrashDisk::State* disk = nullptr;
    std::shared_ptr<Medium> medium;
    std::shared_ptr<StoredFile> file;
};

Handle& handle_of(sqlite3_file* file) {
    return *static_cast<Handle*>(file);
}

CrashDisk::State& state_of(sqlite3_vfs* vfs) {
    return *static_cast<CrashDisk::State*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) noexcept {
    Handle& handle = handle_of(file);
    if (handle.file->locked_by == &handle) handle.file->locked_by = nullptr;
    --handle.disk->open_files;
    handle.~Handle();
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) noexcept {
    const std::span bytes(static_cast<std::uint8_t*>(out), static_cast<std::size_t>(size));
    const bool is_whole = handle_of(file).file->bytes.read(static_cast<std::size_t>(offset), bytes);
    return is_whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* in, int size, sqlite3_int64 offset) noexcept {
    Handle& handle = handle_of(file);
    CrashDisk::State& disk = *handle.disk;
    if (disk.step(handle.medium.get())) {
        ++disk.counts.writes;
        if (disk.refusals > 0) {
            --disk.refusals;
            ++disk.counts.refused;
            return SQLITE_FULL;
        }
    }
    handle.file->bytes.write(static_cast<std::size_t>(offset),
                             {static_cast<const std::uint8_t*>(in), static_cast<std::size_t>(size)});
    return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) noexcept {
    CrashFile& bytes = handle_of(file).file->bytes;
    if (static_cast<std::size_t>(size) < bytes.size()) bytes.truncate(static_cast<std::size_t>(size));
    return SQLITE_OK;
}

int flush_file(sqlite3_file* file, int) noexcept {
    Handle& handle = handle_of(file);
    if (handle.disk->step(handle.medium.get())) ++handle.disk->counts.flushes;
    handle.file->bytes.flush();
    return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) noexcept {
    *size = static_cast<sqlite3_int64>(handle_of(file).file->bytes.size());
    return SQLITE_OK;
}

// One session per disk: whoever has any lock has all of them.
int lock_file(sqlite3_file* file, int) noexcept {
    Handle& handle = handle_of(file);
    if (handle.file->locked_by != nullptr && handle.file->locked_by != &handle) return SQLITE_BUSY;
    handle.file->locked_by = &handle;
    return SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int level) noexcept {
    Handle& handle = handle_of(file);
    if (level == SQLITE_LOCK_NONE && handle.file->locked_by == &handle) handle.file->locked_by = nullptr;
    return SQLITE_OK;
}

int is_locked_by_another(sqlite3_file* file, int* result) noexcept {
    const Handle& handle = handle_of(file);
    *result = handle.file->locked_by != nullptr && handle.file->locked_by != &handle ? 1 : 0;
    return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) noexcept {
    return SQLITE_NOTFOUND;
}

int size_of_sector(sqlite3_file*) noexcept {
    return CrashFile::sector_size;
}

// None: above all no SQLITE_IOCAP_POWERSAFE_OVERWRITE.
int promises_of_disk(sqlite3_file*) noexcept {
    return 0;
}

constexpr sqlite3_io_methods make_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 1;  // without shared memory
    methods.xClose = close_file;
    methods.xRead = read_file;
    methods.xWrite = write_file;
    methods.xTruncate = truncate_file;
    methods.xSync = flush_file;
    methods.xFileSize = size_of_file;
    methods.xLock = lock_file;
    methods.xUnlock = unlock_file;
    methods.xCheckReservedLock = is_locked_by_another;
    methods.xFileControl = control_file;
    methods.xSectorSize = size_of_sector;
    methods.xDeviceCharacteristics = promises_of_disk;
    return methods;
}

constexpr sqlite3_io_methods file_methods = make_methods();

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags, int* flags_out) noexcept {
    CrashDisk::State& disk = state_of(vfs);
    out->pMethods = nullptr;
    if (path == nullptr) return SQLITE_CANTOPEN;  // temp_store=memory: there are no temporary files
    auto [medium, name] = disk.resolve(path);
    if (!medium) return SQLITE_CANTOPEN;
    auto found = medium->files.find(name);
    if (found == medium->files.end()) {
        if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
        found = medium->files.emplace(name, std::make_shared<StoredFile>()).first;
    }
    auto* const handle = new (out) Handle;
    handle->pMethods = &file_methods;
    handle->disk = &disk;
    handle->file = found->second;
    handle->medium = std::move(medium);
    ++disk.open_files;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int) noexcept {
    const auto [medium, name] = state_of(vfs).resolve(path);
    if (!medium) return SQLITE_IOERR_DELETE_NOENT;
    const auto found = medium->files.find(name);
    if (found == medium->files.end()) return SQLITE_IOERR_DELETE_NOENT;
    medium->files.erase(found);
    return SQLITE_OK;
}

// As on Unix, an empty file counts as none.
int is_there(sqlite3_vfs* vfs, const char* path, int, int* result) noexcept {
    const auto [medium, name] = state_of(vfs).resolve(path);
    const auto found = medium ? medium->files.find(name) : decltype(medium->files.end()){};
    *result = medium && found != medium->files.end() && found->second->bytes.size() > 0 ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) noexcept {
    const std::size_t length = std::strlen(path);
    if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, path, length + 1);
    return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) noexcept {
    return 0;
}

}  // namespace

sqlite3_vfs make_crash_vfs(CrashDisk::State& disk) {
    // Sleep and chance are the default's; nothing in them knows of files.
    sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
    vfs.iVersion = 1;
    vfs.szOsFile = sizeof(Handle);
    vfs.mxPathname = longest_path;
    vfs.pNext = nullptr;
    vfs.zName = disk.vfs_name.c_str();
    vfs.pAppData = &disk;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = is_there;
    vfs.xFullPathname = full_path;
    vfs.xGetLastError = last_error;
    return vfs;
}

}  // namespace huitong::sql

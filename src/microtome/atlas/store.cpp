// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/store.h"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>

#include <filesystem>

#include "microtome/atlas/schema.h"

namespace microtome {
namespace fs = std::filesystem;
namespace {

// Longer than any one transaction takes, on a slow disk too.
constexpr int kBusyTimeoutMs = 60'000;

struct Failure {
  int code;
  ErrorKind kind;
  const char* what;
  const char* remedy;
};

// SQLite's primary result codes as ours; whatever is not listed is the operating system's doing.
constexpr Failure kFailures[] = {
    {SQLITE_NOTADB, ErrorKind::kCorrupt, "is not an atlas", "name a file that microtome wrote"},
    {SQLITE_CORRUPT, ErrorKind::kCorrupt, "is a damaged atlas", "write it anew, or copy it again from where it came"},
    {SQLITE_ERROR, ErrorKind::kCorrupt, "is a damaged atlas", "write it anew, or copy it again from where it came"},
    {SQLITE_BUSY, ErrorKind::kIo, "is being written by another process", "wait for its end"},
    {SQLITE_LOCKED, ErrorKind::kIo, "is being written by another process", "wait for its end"},
    {SQLITE_FULL, ErrorKind::kIo, "cannot be written: the disk is full", "make room and run the same command again"},
    {SQLITE_READONLY, ErrorKind::kIo, "cannot be written", "see that the file and its folder are yours to write"},
    {SQLITE_CONSTRAINT, ErrorKind::kInternal, "was to be given contradictory rows", ""},
    {SQLITE_MISUSE, ErrorKind::kInternal, "was used wrongly", ""},
    {SQLITE_TOOBIG, ErrorKind::kUnsupported, "cannot hold a value of more than 1 GB", ""},
};

}  // namespace

void Store::fail(const SQLite::Exception& error) const {
  const int code = error.getErrorCode() & 0xff;  // Without the extended part.
  for (const Failure& failure : kFailures) {
    if (failure.code == code) {
      throw Error(failure.kind, path_, std::string(failure.what) + " (" + error.what() + ")", failure.remedy);
    }
  }
  throw Error(ErrorKind::kIo, path_, std::string("cannot be read or written (") + error.what() + ")");
}

void Store::require_writable() const {
  if (!writer_) throw Error(ErrorKind::kInternal, path_, "is open for reading only");
}

std::unique_ptr<Store> Store::open(const std::string& path, Atlas::Mode mode, std::span<const std::string_view> steps) {
  std::error_code code;
  if (fs::is_directory(path, code)) throw Error(ErrorKind::kIo, path, "is a folder, expected an atlas");
  if (mode != Atlas::Mode::kCreateOrWrite && !fs::exists(path, code)) {
    throw Error(ErrorKind::kNotFound, path, "no such atlas", "make one with: microtome atlas NET --out " + path);
  }
  if (mode == Atlas::Mode::kCreateOrWrite) {
    const fs::path folder = fs::absolute(path).parent_path();
    code.clear();  // It may still say that there is no such atlas yet.
    fs::create_directories(folder, code);
    if (code) throw Error(ErrorKind::kIo, folder.string(), "cannot create the folder: " + code.message());
  }
  const bool fresh = !fs::exists(path, code);
  std::unique_ptr<Store> store(new Store(path));
  if (mode != Atlas::Mode::kRead) store->writer_.emplace(path);
  try {
    store->translated([&] { store->connect(mode, steps); });
  } catch (const Error&) {
    store->database_.reset();
    if (fresh) fs::remove(path, code);  // Not even its tables could be written.
    throw;
  }
  return store;
}

void Store::connect(Atlas::Mode mode, std::span<const std::string_view> steps) {
  // A reader too opens for writing when it may: it must be able to roll back what a killed writer left behind. An
  // absolute path keeps SQLite from reading names such as ":memory:" or "file:x" its own way.
  const int flags = SQLite::OPEN_READWRITE | (mode == Atlas::Mode::kCreateOrWrite ? SQLite::OPEN_CREATE : 0);
  database_ = std::make_unique<SQLite::Database>(fs::absolute(path_).string(), flags, kBusyTimeoutMs);
  database_->exec("PRAGMA trusted_schema = OFF");  // A file from elsewhere runs nothing.
  const int newest = static_cast<int>(steps.size());
  int schema = 0;
  {
    SQLite::Transaction snapshot(*database_);
    schema = schema_of(*database_, path_, newest);
    if (schema > 0) require_schema(*database_, path_, steps.first(static_cast<size_t>(schema)));
    // SQLite takes a last page that is cut short for a whole one.
    const int64_t bytes =
        database_->execAndGet("PRAGMA page_count").getInt64() * database_->execAndGet("PRAGMA page_size").getInt64();
    std::error_code code;
    if (schema > 0 && fs::file_size(path_, code) < static_cast<uintmax_t>(bytes) && !code) {
      throw Error(ErrorKind::kCorrupt, path_, "is a damaged atlas: the file ends early");
    }
  }
  if (mode == Atlas::Mode::kRead) {
    if (schema == 0) throw Error(ErrorKind::kCorrupt, path_, "is an empty file, not an atlas");
    if (schema < newest) {
      auto copy = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      SQLite::Backup(*copy, *database_).executeStep();
      database_ = std::move(copy);
      migrate(*database_, schema, steps);
    }
    database_->exec("PRAGMA query_only = ON");
    return;
  }
  if (schema == 0) database_->exec("PRAGMA auto_vacuum = INCREMENTAL");  // Only an empty file can still choose.
  // A rollback journal, not WAL: between transactions the file alone is the whole atlas. FULL: no power cut tears it.
  database_->exec("PRAGMA journal_mode = DELETE");
  database_->exec("PRAGMA synchronous = FULL");
  database_->exec("PRAGMA secure_delete = OFF");
  database_->exec(
      "PRAGMA cache_size = -65536");  // KiB; a layer's transaction then does not spill and lock readers out.
  database_->exec("PRAGMA foreign_keys = ON");
  if (schema < newest) migrate(*database_, schema, steps);
}

void Store::shrink() {
  const std::lock_guard lock(mutex_);
  require_writable();
  translated([&] {
    SQLite::Statement statement(*database_, "PRAGMA incremental_vacuum");
    while (statement.executeStep()) {
    }
  });
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// The open file behind an Atlas: connection, locks, and the translation of SQLite's failures. Private to the room.
#pragma once
#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/writer_lock.h"
#include "microtome/base/error.h"
#include "microtome/base/json.h"

namespace microtome {

class Store {
 public:
  // As Atlas::open; `steps` is the schema that this program knows, newest last.
  static std::unique_ptr<Store> open(const std::string& path, Atlas::Mode mode,
                                     std::span<const std::string_view> steps);

  const std::string& path() const { return path_; }

  // Runs work(database) in one read transaction: what it sees is of one moment. Not re-entrant.
  template <class Work>
  auto read(Work work) {
    const std::lock_guard lock(mutex_);
    return translated([&] {
      SQLite::Transaction transaction(*database_);  // Rolls back, which for a reader ends it.
      return work(*database_);
    });
  }

  // Runs work(database) in one write transaction: all of it reaches the file or nothing.
  template <class Work>
  auto write(Work work) {
    const std::lock_guard lock(mutex_);
    require_writable();
    return translated([&] {
      SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
      if constexpr (std::is_void_v<decltype(work(*database_))>) {
        work(*database_);
        transaction.commit();
      } else {
        auto result = work(*database_);
        transaction.commit();
        return result;
      }
    });
  }

  // Gives free pages back to the file system.
  void shrink();

 private:
  explicit Store(std::string path) : path_(std::move(path)) {}

  void connect(Atlas::Mode mode, std::span<const std::string_view> steps);
  void require_writable() const;
  [[noreturn]] void fail(const SQLite::Exception& error) const;

  template <class Work>
  auto translated(Work work) const {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      fail(error);
    } catch (const Json::exception& error) {
      throw Error(ErrorKind::kCorrupt, path_, std::string("is a damaged atlas: ") + error.what());
    }
  }

  std::string path_;
  std::optional<WriterLock> writer_;  // Outlives the connection.
  std::unique_ptr<SQLite::Database> database_;
  std::mutex mutex_;
};

struct Atlas::State {
  std::unique_ptr<Store> store;
  int64_t preferred = 0;  // a run; 0: none
};

}  // namespace microtome

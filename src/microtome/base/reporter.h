// SPDX-License-Identifier: Apache-2.0
// How long work talks: progress, notes and warnings. The library never prints; it is handed one of these.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace microtome {

// Thread-safe: any worker may call any method.
class Reporter {
 public:
  virtual ~Reporter() = default;
  // Begins a task of `total` steps called `unit` ("images"); `done` of them were finished by an earlier run.
  virtual void start(const std::string& task, int64_t total, const std::string& unit, int64_t done = 0) = 0;
  virtual void advance(int64_t steps = 1) = 0;
  virtual void finish() = 0;
  virtual void note(const std::string& text) = 0;    // Worth a line.
  virtual void detail(const std::string& text) = 0;  // Worth a line with --verbose.
  virtual void warn(const std::string& text) = 0;    // Something the user must know about the result.
};

// Says nothing.
std::unique_ptr<Reporter> make_silent_reporter();

// Writes to standard error: on a terminal one redrawn line with bar, rate and estimate; otherwise a plain line at most
// every few seconds.
std::unique_ptr<Reporter> make_console_reporter(bool verbose);

// Starts a task and finishes it at the end of the scope.
class Task {
 public:
  Task(Reporter& reporter, const std::string& name, int64_t total, const std::string& unit, int64_t done = 0)
      : reporter_(reporter) {
    reporter_.start(name, total, unit, done);
  }
  ~Task() { reporter_.finish(); }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  void advance(int64_t steps = 1) { reporter_.advance(steps); }

 private:
  Reporter& reporter_;
};

}  // namespace microtome

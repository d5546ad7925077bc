// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/reporter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "microtome/base/plain_text.h"

namespace microtome {
namespace {

using Clock = std::chrono::steady_clock;

std::string span_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

class SilentReporter final : public Reporter {
 public:
  void start(const std::string&, int64_t, const std::string&, int64_t) override {}
  void advance(int64_t) override {}
  void finish() override {}
  void note(const std::string&) override {}
  void detail(const std::string&) override {}
  void warn(const std::string&) override {}
};

class ConsoleReporter final : public Reporter {
 public:
  explicit ConsoleReporter(bool verbose) : verbose_(verbose), terminal_(::isatty(STDERR_FILENO) != 0) {}

  void start(const std::string& task, int64_t total, const std::string& unit, int64_t done) override {
    const std::lock_guard lock(mutex_);
    task_ = one_line(task);
    unit_ = unit;
    total_ = total;
    done_ = before_ = done;
    begun_ = shown_ = Clock::now();
    running_ = true;
    if (done > 0) line(fmt::format("{}: continuing after {} of {} {}", task_, done, total, unit));
    if (terminal_) draw();
  }

  void advance(int64_t steps) override {
    const std::lock_guard lock(mutex_);
    done_ += steps;
    const double waited = std::chrono::duration<double>(Clock::now() - shown_).count();
    if (waited < (terminal_ ? 0.1 : 10.0)) return;
    shown_ = Clock::now();
    if (terminal_) {
      draw();
    } else {
      std::fprintf(stderr, "%s\n", status().c_str());
    }
  }

  void finish() override {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    clear();
    running_ = false;
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    std::fprintf(stderr, "%s: %lld of %lld %s in %s\n", task_.c_str(), static_cast<long long>(done_),
                 static_cast<long long>(total_), unit_.c_str(), span_text(seconds).c_str());
  }

  void note(const std::string& text) override {
    const std::lock_guard lock(mutex_);
    line(one_line(text));
  }
  void detail(const std::string& text) override {
    if (verbose_) note(text);
  }
  void warn(const std::string& text) override { note("warning: " + text); }

 private:
  std::string status() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    const double rate = seconds > 0 ? static_cast<double>(done_ - before_) / seconds : 0;
    std::string text = fmt::format("{}: {}/{} {}", task_, done_, total_, unit_);
    if (rate > 0) {
      text += fmt::format(", {:.3g}/s, {} left", rate, span_text(static_cast<double>(total_ - done_) / rate));
    }
    return text;
  }

  void draw() const {
    constexpr int kWidth = 24;
    const double share = total_ > 0 ? static_cast<double>(done_) / static_cast<double>(total_) : 0;
    const int filled = std::clamp(static_cast<int>(share * kWidth), 0, kWidth);
    std::string bar;
    for (int i = 0; i < kWidth; ++i) bar += i < filled ? "\u2501" : "\u2500";
    std::fprintf(stderr, "\r\x1b[K%s %s", bar.c_str(), status().c_str());
    std::fflush(stderr);
  }

  void clear() const {
    if (terminal_ && running_) std::fprintf(stderr, "\r\x1b[K");
  }

  void line(const std::string& text) const {
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
    if (terminal_ && running_) draw();
  }

  const bool verbose_;
  const bool terminal_;
  std::mutex mutex_;
  std::string task_, unit_;
  int64_t total_ = 0, done_ = 0, before_ = 0;
  Clock::time_point begun_, shown_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<Reporter> make_silent_reporter() { return std::make_unique<SilentReporter>(); }
std::unique_ptr<Reporter> make_console_reporter(bool verbose) { return std::make_unique<ConsoleReporter>(verbose); }

}  // namespace microtome

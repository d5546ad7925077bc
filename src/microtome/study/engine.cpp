// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/engine.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "microtome/base/error_parts.h"
#include "microtome/base/foreign.h"
#include "microtome/base/json.h"
#include "microtome/base/stop.h"
#include "microtome/study/catalogue.h"
#include "microtome/study/question.h"

namespace microtome {
namespace {

// Hands on to the caller's functions.
class CallingReporter final : public Reporter {
 public:
  explicit CallingReporter(const MicrotomeReporter* to) : to_(to == nullptr ? MicrotomeReporter{} : *to) {}
  void start(const std::string& task, int64_t total, const std::string& unit, int64_t done) override {
    if (to_.start != nullptr) to_.start(to_.context, task.c_str(), total, unit.c_str(), done);
  }
  void advance(int64_t steps) override {
    if (to_.advance != nullptr) to_.advance(to_.context, steps);
  }
  void finish() override {
    if (to_.finish != nullptr) to_.finish(to_.context);
  }
  void note(const std::string& text) override { say(MICROTOME_NOTE, text); }
  void detail(const std::string& text) override { say(MICROTOME_DETAIL, text); }
  void warn(const std::string& text) override { say(MICROTOME_WARNING, text); }

 private:
  void say(int level, const std::string& text) {
    if (to_.say != nullptr) to_.say(to_.context, level, text.c_str());
  }

  const MicrotomeReporter to_;
};

void give(MicrotomeText& out, const Json& document) {
  const std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  out.text = static_cast<char*>(std::malloc(text.size() + 1));
  if (out.text == nullptr) throw std::bad_alloc();
  std::memcpy(out.text, text.c_str(), text.size() + 1);
}

// Nothing is thrown through the door: without memory for the words the text stays empty.
int refuse(MicrotomeText& out, const std::exception& thrown) noexcept {
  try {
    const Error error = error_of(thrown);
    const ErrorParts parts = parts_of(error);
    give(out,
         {{"kind", name_of(error.kind())}, {"where", parts.where}, {"what", parts.what}, {"remedy", parts.remedy}});
    return error.exit_code();
  } catch (const std::exception&) {
    return 1;
  }
}

Json answer(const char* question, const char* text, Reporter& reporter) {
  if (question == nullptr || text == nullptr) throw Error(ErrorKind::kUsage, "microtome_ask", "needs both texts");
  Json request = Json::parse(text, nullptr, false);
  if (!request.is_object()) throw Error(ErrorKind::kUsage, "request", "is not a JSON object");
  Bench bench{reporter, {}};
  if (const auto command = request.find("command"); command != request.end()) {
    if (command->is_string()) bench.command = command->get<std::string>();
    request.erase(command);
  }
  return questions::named(question).answer(request, bench);
}

}  // namespace
}  // namespace microtome

extern "C" {

int microtome_version(void) { return MICROTOME_DOOR_VERSION; }

const char* microtome_catalogue(void) {
  static const std::string text = microtome::engine_catalogue().dump();
  return text.c_str();
}

int microtome_ask(const char* question, const char* request, const MicrotomeReporter* reporter, MicrotomeText* out) {
  *out = {};
  microtome::forget_stop();
  try {
    microtome::CallingReporter calling(reporter);
    microtome::give(*out, microtome::answer(question, request, calling));
    return 0;
  } catch (const std::exception& error) {
    return microtome::refuse(*out, error);
  }
}

void microtome_stop(void) { microtome::request_stop(); }

void microtome_free(MicrotomeText* text) {
  std::free(text->text);
  *text = {};
}

}  // extern "C"

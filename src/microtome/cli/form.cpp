// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/form.h"

#include <fmt/format.h>

#include "microtome/base/error_parts.h"
#include "microtome/base/json.h"
#include "microtome/base/params.h"
#include "microtome/base/quoted_text.h"

namespace microtome::commands {
namespace {

template <class T>
T number(const Field& field, const std::string& text) {
  T value{};
  params_internal::parse(field, text, value, "");
  return value;
}

// A word as the argument's type. Throws Error(kUsage).
Json value_of(const Field& field, std::string_view type, const std::string& word) {
  if (type == "integer" && field.min >= 0) return number<uint64_t>(field, word);
  if (type == "integer") return number<int64_t>(field, word);
  if (type == "number") return number<double>(field, word);
  check_choice(field, word);
  return word;
}

std::string type_shown(std::string_view type) {
  if (type == "integer") return "INT";
  return type == "number" ? "FLOAT" : "TEXT";
}

std::string default_shown(const Json& value) {
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  if (!value.is_array()) return value.is_string() ? value.get<std::string>() : value.dump();
  std::string out;
  for (const Json& item : value) out += (out.empty() ? "" : ",") + default_shown(item);
  return out.empty() ? out : "[" + out + "]";
}

// Says everything in the words of the command line.
class FlagReporter final : public Reporter {
 public:
  FlagReporter(Reporter& to, std::function<std::string(const std::string&)> in_flags)
      : to_(to), in_flags_(std::move(in_flags)) {}
  void start(const std::string& task, int64_t total, const std::string& unit, int64_t done) override {
    to_.start(task, total, unit, done);
  }
  void advance(int64_t steps) override { to_.advance(steps); }
  void finish() override { to_.finish(); }
  void note(const std::string& text) override { to_.note(in_flags_(text)); }
  void detail(const std::string& text) override { to_.detail(in_flags_(text)); }
  void warn(const std::string& text) override { to_.warn(in_flags_(text)); }

 private:
  Reporter& to_;
  const std::function<std::string(const std::string&)> in_flags_;
};

}  // namespace

std::vector<std::string> Form::items_of(const Slot& slot, const std::string& word) {
  if (!slot.list || slot.field.positional) return {word};
  return list_items(word);
}

Form::Form(CLI::App& app, Json arguments) : arguments_(std::move(arguments)) {
  for (const Json& argument : arguments_) add(app, argument);
}

void Form::add(CLI::App& app, const Json& argument) {
  Slot& slot = slots_.emplace_back();
  slot.field = field_of(argument);
  slot.list = argument.contains("items");
  slot.type = argument.at(slot.list ? "items" : "type").get<std::string>();
  slot.flag = slot.type == "flag";
  const std::string name(slot.field.name), help(slot.field.help);
  const std::string called = slot.field.positional ? name : "--" + name;
  if (slot.flag) {
    slot.option = app.add_flag(called, help);
    return;
  }
  slot.option = slot.list ? app.add_option(called, slot.words, help) : app.add_option(called, slot.word, help);
  slot.option->required(slot.field.required)->type_name(type_shown(slot.type));
  if (const std::string shown = default_shown(argument.at("default")); !shown.empty()) slot.option->default_str(shown);
  const auto fault = [&slot](const std::string& word) {
    try {
      for (const std::string& item : items_of(slot, word)) value_of(slot.field, slot.type, item);
    } catch (const Error& error) {
      const ErrorParts parts = parts_of(error);
      return parts.remedy.empty() ? parts.what : parts.what + "; " + parts.remedy;
    }
    return std::string();
  };
  if (slot.type != "text" || !slot.field.choices.empty()) slot.option->check(CLI::Validator(fault, "", "range"));
}

Json Form::request() const {
  Json out = Json::object();
  for (const Slot& slot : slots_) {
    if (slot.option->count() == 0) continue;
    Json& value = out[std::string(slot.field.name)];
    if (slot.flag) {
      value = true;
    } else if (slot.list) {
      value = Json::array();
      for (const std::string& word : slot.words) {
        for (const std::string& item : items_of(slot, word)) value.push_back(value_of(slot.field, slot.type, item));
      }
    } else {
      value = value_of(slot.field, slot.type, slot.word);
    }
  }
  return out;
}

bool Form::writes() const {
  return std::ranges::any_of(
      slots_, [](const Slot& slot) { return slot.field.role == Role::kOut && slot.option->count() > 0; });
}

std::string Form::flag_of(const std::string& name) const {
  for (const Slot& slot : slots_) {
    if (slot.field.name == name && !slot.field.positional) return "--" + name;
  }
  return name;
}

std::string Form::in_flags(const std::string& text) const {
  std::string out;
  size_t begin = 0;
  for (size_t open = text.find('`'); open != std::string::npos; open = text.find('`', begin)) {
    const size_t close = text.find('`', open + 1);
    if (close == std::string::npos) break;
    out += text.substr(begin, open - begin) + flag_of(text.substr(open + 1, close - open - 1));
    begin = close + 1;
  }
  return out + text.substr(begin);
}

Error Form::in_flags(const Error& error) const {
  const ErrorParts parts = parts_of(error);
  return {error.kind(), flag_of(parts.where), in_flags(parts.what), in_flags(parts.remedy)};
}

std::unique_ptr<Reporter> Form::in_flags(Reporter& reporter) const {
  return std::make_unique<FlagReporter>(reporter, [this](const std::string& text) { return in_flags(text); });
}

}  // namespace microtome::commands

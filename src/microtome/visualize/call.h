// SPDX-License-Identifier: Apache-2.0
// The text form of every part of a visualization: name(key=value,key=value), alone, in lists or in sums.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/field_value.h"
#include "microtome/base/nearest.h"
#include "microtome/base/params.h"

namespace microtome {

// name(key=value,...) as written; the parentheses may be left out when there are no arguments. A value runs to the next
// comma or closing parenthesis, or stands in double quotes (base/quoted_text.h), which ":UNIT" may follow. The first
// argument may be a value without a key.
struct Call {
  std::string name;
  std::map<std::string, std::string> arguments;
  std::optional<std::string> unnamed;
  std::string where;                          // for errors: objective "channel(layer=x)", column 1
  std::map<std::string, std::string> places;  // the same of each argument, of the unnamed one under ""

  const std::string& where_of(const std::string& argument) const {
    const auto found = places.find(argument);
    return found == places.end() ? where : found->second;
  }
};

// Reads calls from left to right. Spaces between tokens are free. Every error is Error(kUsage) with the column (from
// 1).
class CallReader {
 public:
  // what: "objective", "transforms". In arithmetic a "-" ends the name of a call.
  CallReader(std::string_view text, std::string_view what, bool arithmetic = false);

  bool at_end();
  bool accept(char c);  // Consumes c if it comes next.
  std::optional<double> number();
  Call call();
  std::string_view rest();  // All that follows, from the next token on.
  void skip(size_t count) { position_ += count; }
  std::string where() const;  // The current column, for errors.
  [[noreturn]] void fail(const std::string& what, const std::string& remedy = {}) const;  // At the current column.

 private:
  void skip_spaces();
  std::string name(std::string_view expected, bool hyphens);
  std::string value();
  bool key_follows() const;
  void argument(Call& call);

  std::string text_;
  std::string what_;
  bool arithmetic_;
  size_t position_ = 0;
};

// A value as it reads back: in quotes where it has to be.
std::string quoted(const std::string& text);

// A call of `name` that parses back to `settings`: arguments that equal their defaults are left out.
std::string call_text(std::string_view name, const std::vector<FieldEntry>& settings,
                      const std::vector<FieldEntry>& defaults);
template <class Settings>
std::string call_text(std::string_view name, const Settings& settings) {
  return call_text(name, field_entries(settings), default_fields<Settings>());
}

// The kind that a call names; Error(kUsage) with the nearest name when there is none. Kind has `name`.
[[noreturn]] void unknown_kind(const Call& call, std::string_view what, const std::vector<std::string>& known);
template <class Kind>
const Kind& find_kind(std::span<const Kind* const> kinds, const Call& call, std::string_view what) {
  std::vector<std::string> known;
  for (const Kind* kind : kinds) {
    if (kind->name == call.name) return *kind;
    known.emplace_back(kind->name);
  }
  unknown_kind(call, what, known);
}

[[noreturn]] void unexpected_value(const Call& call);
// Error(kUsage) when the call gives both of two arguments that say the same in different ways.
void refuse_both(const Call& call, const std::string& one, const std::string& other);
// Error(kUsage) unless low <= high, the call's arguments of these names.
void check_interval(const Call& call, double low, double high);

// The settings that a call gives, checked.
template <class Settings>
Settings read_settings(const Call& call) {
  if (call.unnamed) unexpected_value(call);
  Settings settings;
  for (const auto& [key, text] : call.arguments) assign(settings, {{key, text}}, call.where_of(key));
  return settings;
}

}  // namespace microtome

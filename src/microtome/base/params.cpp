// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/params.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"

namespace microtome::params_internal {
namespace {

[[noreturn]] void refuse_parameter(const Field& field, const std::string& text, std::string_view expected,
                                   const std::string& where) {
  throw Error(ErrorKind::kUsage, where, fmt::format("{} = \"{}\" is not {}", field.name, text, expected),
              std::string(field.help));
}

template <class T>
void parse_number(const Field& field, const std::string& text, T& value, std::string_view expected,
                  const std::string& where) {
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || rest != end || text.empty()) refuse_parameter(field, text, expected, where);
  check(field, static_cast<double>(value), where);
}

}  // namespace

void parse(const Field& field, const std::string& text, bool& value, const std::string& where) {
  if (text == "true" || text == "1" || text == "yes" || text.empty()) {
    value = true;
  } else if (text == "false" || text == "0" || text == "no") {
    value = false;
  } else {
    refuse_parameter(field, text, "true or false", where);
  }
}

void parse(const Field& field, const std::string& text, int64_t& value, const std::string& where) {
  parse_number(field, text, value, "a whole number", where);
}
void parse(const Field& field, const std::string& text, uint64_t& value, const std::string& where) {
  parse_number(field, text, value, "a whole number from 0", where);
}
void parse(const Field& field, const std::string& text, double& value, const std::string& where) {
  parse_number(field, text, value, "a number", where);
}
void parse(const Field&, const std::string& text, std::string& value, const std::string&) { value = text; }

void check(const Field& field, double value, const std::string& where) {
  if (value >= field.min && value <= field.max) return;  // NaN fails both.
  throw Error(ErrorKind::kUsage, where,
              fmt::format("{} = {} is outside {}..{}", field.name, value, field.min, field.max),
              std::string(field.help));
}

void unknown(const std::string& name, const std::vector<std::string>& known, const std::string& where) {
  throw Error(ErrorKind::kUsage, where, fmt::format("there is no parameter \"{}\"", name),
              known.empty() ? "it takes none" : fmt::format("nearest: \"{}\"", nearest_name(name, known)));
}

}  // namespace microtome::params_internal

// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/quoted_text.h"

namespace microtome {
namespace {

constexpr size_t kShownOfText = 60;  // characters on either side of a mistake in a long text

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool in_name(char c, bool hyphens) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (hyphens && c == '-');
}

std::string argument_text(const Json& value) {
  if (value.is_string()) return quoted(value.get<std::string>());
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const Json& item : value) {
    if (!out.empty()) out += '/';
    out += argument_text(item);
  }
  return out;
}

}  // namespace

std::string quoted(const std::string& text) {
  const bool plain = text.find_first_of(",()=\"") == std::string::npos && std::ranges::none_of(text, is_space);
  return !text.empty() && plain ? text : in_quotes(text);
}

CallReader::CallReader(std::string_view text, std::string_view what, bool arithmetic)
    : text_(text), what_(what), arithmetic_(arithmetic) {}

void CallReader::skip_spaces() {
  while (position_ < text_.size() && is_space(text_[position_])) ++position_;
}

std::string CallReader::where() const {
  const size_t begin = position_ - std::min(position_, kShownOfText);
  const size_t end = std::min(text_.size(), position_ + kShownOfText);
  const bool whole = text_.size() <= 2 * kShownOfText;
  const std::string shown = whole ? text_
                                  : fmt::format("{}{}{}", begin > 0 ? "..." : "", text_.substr(begin, end - begin),
                                                end < text_.size() ? "..." : "");
  return fmt::format("{} \"{}\", column {}", what_, shown, position_ + 1);
}

std::string_view CallReader::rest() {
  skip_spaces();
  return std::string_view(text_).substr(position_);
}

void CallReader::fail(const std::string& what, const std::string& remedy) const {
  throw Error(ErrorKind::kUsage, where(), what, remedy);
}

bool CallReader::at_end() {
  skip_spaces();
  return position_ == text_.size();
}

bool CallReader::accept(char c) {
  if (at_end() || text_[position_] != c) return false;
  ++position_;
  return true;
}

std::optional<double> CallReader::number() {
  if (at_end() || !(std::isdigit(static_cast<unsigned char>(text_[position_])) || text_[position_] == '.')) return {};
  double value = 0;
  const auto [rest, code] = std::from_chars(text_.data() + position_, text_.data() + text_.size(), value);
  if (code == std::errc::result_out_of_range) fail("the number is beyond what a double holds");
  if (code != std::errc{}) fail("expected a number");
  position_ = static_cast<size_t>(rest - text_.data());
  return value;
}

std::string CallReader::name(std::string_view expected, bool hyphens) {
  skip_spaces();
  const size_t begin = position_;
  while (position_ < text_.size() && in_name(text_[position_], hyphens)) ++position_;
  if (position_ == begin) fail(fmt::format("expected {}", expected), "see microtome list");
  return text_.substr(begin, position_ - begin);
}

std::string CallReader::value() {
  skip_spaces();
  std::string quotes;
  if (position_ < text_.size() && text_[position_] == '"') {
    const auto read = read_quoted(std::string_view(text_).substr(position_));
    if (!read) fail("the quote does not end", "close it with \"");
    quotes = read->text;
    position_ += read->length;
    if (position_ == text_.size() || text_[position_] != ':') return quotes;
  }
  const size_t begin = position_;
  position_ = std::min(text_.find_first_of(",)", position_), text_.size());
  size_t end = position_;
  while (end > begin && is_space(text_[end - 1])) --end;
  return quotes + text_.substr(begin, end - begin);
}

// Whether "key =" comes next, rather than a value.
bool CallReader::key_follows() const {
  size_t end = position_;
  while (end < text_.size() && in_name(text_[end], true)) ++end;
  if (end == position_) return false;
  while (end < text_.size() && is_space(text_[end])) ++end;
  return end < text_.size() && text_[end] == '=';
}

void CallReader::argument(Call& call) {
  skip_spaces();
  if (call.arguments.empty() && !call.unnamed && !key_follows()) {
    call.places.emplace("", where());
    call.unnamed = value();
    if (call.unnamed->empty()) fail("expected an argument");
    return;
  }
  const size_t begin = position_;
  const std::string place = where();
  const std::string key = name("an argument, key=value", true);
  call.places.emplace(key, place);
  if (!accept('=')) fail(fmt::format("expected \"=\" after \"{}\"", key), "arguments are written key=value");
  if (!call.arguments.emplace(key, value()).second) {
    position_ = begin;
    fail(fmt::format("\"{}\" is given twice", key));
  }
}

Call CallReader::call() {
  skip_spaces();
  Call call;
  call.where = where();
  call.name = name("a name", !arithmetic_);
  if (!accept('(') || accept(')')) return call;
  do {
    argument(call);
  } while (accept(','));
  if (!accept(')')) fail("expected \",\" or \")\"");
  return call;
}

std::string call_text(std::string_view name, const std::vector<FieldEntry>& settings,
                      const std::vector<FieldEntry>& defaults) {
  std::string arguments;
  for (size_t i = 0; i < settings.size(); ++i) {
    const auto& [field, type, value] = settings[i];
    if (value == defaults[i].value) continue;
    arguments += fmt::format("{}{}={}", arguments.empty() ? "" : ",", field.name, argument_text(to_json(value)));
  }
  return arguments.empty() ? std::string(name) : fmt::format("{}({})", name, arguments);
}

void unexpected_value(const Call& call) {
  throw Error(ErrorKind::kUsage, call.where_of(""), fmt::format("\"{}\" is given for no argument", *call.unnamed),
              "arguments are written key=value");
}

void refuse_both(const Call& call, const std::string& one, const std::string& other) {
  if (!call.arguments.contains(one) || !call.arguments.contains(other)) return;
  throw Error(ErrorKind::kUsage, call.where, fmt::format("{} and {} are both given", one, other), "give one of them");
}

void check_interval(const Call& call, double low, double high) {
  if (low <= high) return;
  throw Error(ErrorKind::kUsage, call.where, fmt::format("low {} is above high {}", low, high));
}

void unknown_kind(const Call& call, std::string_view what, const std::vector<std::string>& known) {
  throw Error(ErrorKind::kUsage, call.where, fmt::format("there is no {} \"{}\"", what, call.name),
              fmt::format("nearest: \"{}\"; see microtome list", nearest_name(call.name, known)));
}

}  // namespace microtome

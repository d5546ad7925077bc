// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/http.h"

#include <fmt/format.h>

#include <algorithm>

namespace microtome {
namespace {

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

// Letters are those of ASCII, whatever the locale.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || kTokenMarks.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// Takes a line, without its end.
std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool take_header(std::string_view line, HttpRequest& request) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = is_letter(c) ? static_cast<char>(c | 0x20) : c;
  std::string_view value = line.substr(colon + 1);
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  return request.headers.emplace(std::move(name), value).second;
}

std::string_view phrase_of(int status) {
  static const std::map<int, std::string_view> phrases = {{200, "OK"},
                                                          {400, "Bad Request"},
                                                          {403, "Forbidden"},
                                                          {404, "Not Found"},
                                                          {405, "Method Not Allowed"},
                                                          {431, "Request Header Fields Too Large"},
                                                          {500, "Internal Server Error"}};
  return phrases.at(status);
}

}  // namespace

std::string HttpRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found != headers.end() ? found->second : std::string();
}

size_t end_of_head(std::string_view bytes) {
  for (size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const std::string_view rest = bytes.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

std::optional<HttpRequest> parse_request(std::string_view head) {
  const std::string_view first = take_line(head);
  const size_t method = first.find(' '), target = first.rfind(' ');
  if (method == std::string_view::npos || method == target) return {};
  HttpRequest request;
  request.method = first.substr(0, method);
  const std::string_view asked = first.substr(method + 1, target - method - 1), version = first.substr(target + 1);
  if (!is_token(request.method) || !asked.starts_with('/') || !is_visible(asked)) return {};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {};
  request.path = asked.substr(0, asked.find('?'));
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    if (!take_header(line, request)) return {};
  }
  return request;
}

std::string answer_bytes(const HttpAnswer& answer, bool bare) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Cache-Control: no-cache\r\n"
      "Connection: close\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\n"
      "Cross-Origin-Opener-Policy: same-origin\r\n"
      "Content-Security-Policy: default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
      "{}\r\n{}",
      answer.status, phrase_of(answer.status), answer.media_type, answer.body.size(),
      answer.status == 405 ? "Allow: GET, HEAD\r\n" : "", bare ? std::string_view() : answer.body);
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// A request of HTTP/1.1 as its head says it, and the bytes of an answer (RFC 9112). Private to the room.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace microtome {

struct HttpRequest {
  std::string method;
  std::string path;                            // without the query
  std::map<std::string, std::string> headers;  // by name in lower case

  // Empty where there is none.
  std::string header(const std::string& name) const;
};

// Where the head of a request ends, the empty line included; npos as long as it has not come. Lines end with CRLF or,
// as the standard permits, LF alone.
size_t end_of_head(std::string_view bytes);

// Nothing unless it is well formed: one line "METHOD TARGET HTTP/1.x", then "Name: value" lines, no name twice.
std::optional<HttpRequest> parse_request(std::string_view head);

struct HttpAnswer {
  int status = 200;
  std::string media_type;
  std::string body;
};

// With a page's security headers, whatever the answer says; the connection closes behind it. `bare` leaves out the
// body, as the answer to HEAD does.
std::string answer_bytes(const HttpAnswer& answer, bool bare);

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/serve.h"

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/explorer/http.h"
#include "microtome/explorer/listener.h"
#include "microtome/explorer/pages.h"

namespace microtome {
namespace {

// A web page elsewhere can make the browser call 127.0.0.1 by a name of its own; the Host header tells.
bool meant_for_us(const HttpRequest& request, int port) {
  std::string host = request.header("host");
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  const std::string suffix = ":" + std::to_string(port);
  if (host.ends_with(suffix))
    host.resize(host.size() - suffix.size());
  else if (port != 80)
    return false;
  return host == "127.0.0.1" || host == "localhost";
}

// Another site's page may lead to the explorer, but not load from it. Browsers say who asks (Fetch Metadata); other
// programs say nothing.
bool comes_from_us(const HttpRequest& request) {
  const std::string site = request.header("sec-fetch-site");
  const bool followed = request.header("sec-fetch-mode") == "navigate" &&
                        request.header("sec-fetch-dest") == "document" && request.path == "/";
  return site.empty() || site == "same-origin" || site == "none" || followed;
}

HttpAnswer refusal(int status, const std::string& why) { return {status, "text/plain; charset=utf-8", why + "\n"}; }

HttpAnswer answer_to(const Atlas& atlas, int port, const HttpRequest& request) {
  if (!meant_for_us(request, port)) return refusal(403, "this server answers to 127.0.0.1 and localhost only");
  if (!comes_from_us(request)) return refusal(403, "this server answers to its own pages only");
  if (request.method != "GET" && request.method != "HEAD") return refusal(405, "this server answers GET and HEAD only");
  try {
    Page page = answer(atlas, request.path);
    return {200, std::move(page.media_type), std::move(page.bytes)};
  } catch (const Error& error) {
    return refusal(error.kind() == ErrorKind::kNotFound ? 404 : 500, error.what());
  } catch (const std::exception& error) {
    return refusal(500, error.what());
  }
}

std::string reply(const Atlas& atlas, int port, const std::string& head) {
  if (head.size() > Listener::kLongestHead) return answer_bytes(refusal(431, "the request is too long"), false);
  const std::optional<HttpRequest> request = parse_request(head);
  if (!request) return answer_bytes(refusal(400, "this is no request of HTTP/1.1"), false);
  return answer_bytes(answer_to(atlas, port, *request), request->method == "HEAD");
}

}  // namespace

void serve(const std::string& atlas_path, int port, const std::function<void(int port)>& on_ready,
           const std::function<bool()>& stop) {
  const Atlas atlas = Atlas::open(atlas_path, Atlas::Mode::kRead);
  answer(atlas, "index.html");  // throws here and now when there are no pages
  const Listener listener(port);
  on_ready(listener.port());
  listener.run([&](const std::string& head) { return reply(atlas, listener.port(), head); }, stop);
}

}  // namespace microtome

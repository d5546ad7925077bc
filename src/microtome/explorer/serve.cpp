// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/serve.h"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "microtome/base/error.h"
#include "microtome/explorer/pages.h"

namespace microtome {
namespace {

constexpr const char* kHost = "127.0.0.1";

// A web page elsewhere can make the browser call 127.0.0.1 by a name of its own; the Host header tells.
bool meant_for_us(const httplib::Request& request, int port) {
  const std::string host = request.get_header_value("Host");
  return host == fmt::format("{}:{}", kHost, port) || host == fmt::format("localhost:{}", port);
}

void reply(const Atlas& atlas, int port, const httplib::Request& request, httplib::Response& response) {
  response.set_header("Cache-Control", "no-cache");
  response.set_header("X-Content-Type-Options", "nosniff");
  response.set_header("Content-Security-Policy",
                      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'");
  const auto refuse = [&response](int status, const std::string& why) {
    response.status = status;
    response.set_content(why + "\n", "text/plain; charset=utf-8");
  };
  if (!meant_for_us(request, port)) return refuse(403, "this server answers to 127.0.0.1 and localhost only");
  try {
    const Page page = answer(atlas, request.path);
    response.set_content(page.bytes, page.media_type);
  } catch (const Error& error) {
    refuse(error.kind() == ErrorKind::kNotFound ? 404 : 500, error.what());
  }
}

// Without the library's default SO_REUSEPORT, under which two servers would share a port and split the requests.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

int bind(httplib::Server& server, int port) {
  const std::string where = fmt::format("{}:{}", kHost, port);
  if (port < 0 || port > 65535) throw Error(ErrorKind::kUsage, where, "no such port", "choose one from 0 to 65535");
  const int bound = port == 0 ? server.bind_to_any_port(kHost) : (server.bind_to_port(kHost, port) ? port : -1);
  if (bound < 0)
    throw Error(ErrorKind::kIo, where, "cannot listen there", "choose another in `port`; 0 takes a free one");
  return bound;
}

}  // namespace

void serve(const std::string& atlas_path, int port, const std::function<void(int port)>& on_ready,
           const std::function<bool()>& stop) {
  const Atlas atlas = Atlas::open(atlas_path, Atlas::Mode::kRead);
  answer(atlas, "index.html");  // throws here and now when there are no pages
  httplib::Server server;
  server.set_socket_options(set_socket_options);
  // One request a connection: a browser that takes up an idle one in the moment it is closed gets an error instead of
  // a page, and on this machine a new connection costs nothing. The time-out bounds how long an unused one delays the
  // end.
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(2);
  int bound = 0;
  server.Get(".*", [&](const httplib::Request& request, httplib::Response& response) {
    reply(atlas, bound, request, response);
  });
  bound = bind(server, port);
  std::atomic<bool> ended = false;
  std::jthread listener([&] {
    server.listen_after_bind();
    ended = true;
  });
  struct Stopper {
    httplib::Server& server;
    ~Stopper() { server.stop(); }  // before the listener is joined, also when a callback throws
  } stopper{server};
  constexpr auto kPause = std::chrono::milliseconds(5);
  while (!server.is_running() && !ended) std::this_thread::sleep_for(kPause);
  if (ended) throw Error(ErrorKind::kIo, kHost, "the server ended as soon as it began");
  on_ready(bound);
  constexpr auto kPoll = std::chrono::milliseconds(100);
  while (!stop() && !ended) std::this_thread::sleep_for(kPoll);
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// The server as its clients see it; the client is another's (cpp-httplib), or a bare socket.
#include "microtome/explorer/serve.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "microtome/atlas/testing/sample_atlas.h"
#include "microtome/base/error.h"
#include "microtome/explorer/bundle.h"
#include "microtome/explorer/http.h"
#include "microtome/explorer/pages.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection that says what it is told to, and waits at most 5 s for an answer.
class BareClient {
 public:
  explicit BareClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{AF_INET, htons(static_cast<uint16_t>(port)), {htonl(INADDR_LOOPBACK)}, {}};
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  BareClient(BareClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  BareClient& operator=(BareClient&&) = delete;
  ~BareClient() { ::close(socket_); }

  bool connected() const { return connected_; }
  void say(std::string_view bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::string rest() const {
    std::string all;
    char some[4096];
    for (ssize_t count = 0; (count = ::recv(socket_, some, sizeof some, 0)) > 0;) {
      all.append(some, static_cast<size_t>(count));
    }
    return all;
  }
  bool closed() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int socket_;
  bool connected_ = false;
};

class Served : public testing::Test {
 protected:
  void SetUp() override {
    if (bundle_files().empty()) GTEST_SKIP() << "built without the pages (MICROTOME_EXPLORER=OFF)";
    std::filesystem::create_directories(folder_);
    write_sample_atlas(path());
    std::promise<int> ready;
    server_ = std::jthread([&, this] {
      serve(
          path(), 0, [&](int port) { ready.set_value(port); }, [this] { return stop_.load(); });
    });
    port_ = ready.get_future().get();
  }
  void TearDown() override {
    stop_ = true;
    if (server_.joinable()) server_.join();
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return folder_ / "sample.atlas"; }
  std::string host() const { return "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n"; }
  std::string said(const std::string& request) const {
    const BareClient client(port_);
    client.say(request);
    return client.rest();
  }
  int status(const std::string& page, const httplib::Headers& headers) const {
    httplib::Client client("127.0.0.1", port_);
    const auto response = client.Get(page, headers);
    return response ? response->status : 0;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("microtome_serve_test_" + std::to_string(getpid()));
  std::atomic<bool> stop_ = false;
  int port_ = 0;
  std::jthread server_;
};

TEST_F(Served, answers_like_the_site_and_to_nobody_else) {
  const Atlas atlas = Atlas::open(path(), Atlas::Mode::kRead);
  httplib::Client client("127.0.0.1", port_);
  for (const char* page : {"/", "/app.js", "/data/atlas.js", "/images/thumb-3.png", "/app.css?query=ignored"}) {
    const auto response = client.Get(page);
    ASSERT_TRUE(response) << page;
    const Page expected = answer(atlas, std::string_view(page).substr(0, std::string_view(page).find('?')));
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, expected.bytes);
    EXPECT_EQ(response->get_header_value("Content-Type"), expected.media_type);
    const auto bare = client.Head(page);
    EXPECT_EQ(bare->get_header_value("Content-Length"), std::to_string(expected.bytes.size()));
  }
  EXPECT_EQ(client.Get("/nothing")->status, 404);
  EXPECT_EQ(client.Get("/../../../../etc/passwd")->status, 404);
  EXPECT_EQ(client.Get("/%2e%2e/%2e%2e/etc/passwd")->status, 404);
  EXPECT_EQ(client.Get("/app.js", {{"Host", "evil.example:" + std::to_string(port_)}})->status, 403);
  EXPECT_EQ(client.Get("/app.js", {{"Host", "LOCALHOST:" + std::to_string(port_)}})->status, 200);
  EXPECT_THROW(serve(
                   path(), port_, [](int) {}, [] { return true; }),
               Error);  // the port is taken
}

TEST_F(Served, gives_other_sites_nothing) {
  for (const char* site : {"cross-site", "same-site", "whatever"}) {
    for (const char* page : {"/data/atlas.js", "/data/concepts.js", "/images/thumb-3.png", "/app.js", "/"}) {
      for (const char* mode : {"no-cors", "cors", "navigate"}) {
        for (const char* target : {"script", "image", "iframe", "document"}) {
          const bool link = fmt::format("{} {} {}", mode, target, page) == "navigate document /";
          const httplib::Headers headers = {
              {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}, {"Sec-Fetch-Dest", target}};
          EXPECT_EQ(status(page, headers), link ? 200 : 403) << site << mode << target << page;
        }
      }
    }
  }
  for (const char* site : {"same-origin", "none"}) EXPECT_EQ(status("/data/atlas.js", {{"Sec-Fetch-Site", site}}), 200);
}

TEST_F(Served, guards_every_answer) {
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\n" + host() + "\r\n", "200 OK"},
      {"GET / HTTP/1.0\n" + host() + "\n", "200 OK"},
      {"HEAD /data/atlas.js HTTP/1.1\r\n" + host() + "\r\n", "200 OK"},
      {"GET /../x HTTP/1.1\r\n" + host() + "\r\n", "404 Not Found"},
      {"GET / HTTP/1.1\r\n\r\n", "403 Forbidden"},
      {"POST / HTTP/1.1\r\n" + host() + "Content-Length: 3\r\n\r\nabc", "405 Method Not Allowed"},
      {"GET / HTTP/1.1\r\n" + host() + host() + "\r\n", "400 Bad Request"},
      {"GET  / HTTP/1.1\r\n" + host() + "\r\n", "400 Bad Request"},
      {"GET / HTTP/2.0\r\n" + host() + "\r\n", "400 Bad Request"},
      {"GET http://127.0.0.1/ HTTP/1.1\r\n" + host() + "\r\n", "400 Bad Request"},
      {"GET / HTTP/1.1\r\n" + host() + " folded: line\r\n\r\n", "400 Bad Request"},
      {"\r\n\r\n", "400 Bad Request"},
      {std::string("GET /\0 HTTP/1.1\r\n\r\n", 20), "400 Bad Request"},
      {"\x16\x03\x01\x02\r\n\r\n", "400 Bad Request"},
      {"GET /" + std::string(40'000, 'a'), "431 Request Header Fields Too Large"},
  };
  for (const auto& [request, status] : cases) {
    const std::string response = said(request);
    EXPECT_THAT(response, StartsWith("HTTP/1.1 " + status + "\r\n")) << request.substr(0, 80);
    for (const char* header :
         {"\r\nX-Content-Type-Options: nosniff\r\n", "\r\nCross-Origin-Resource-Policy: same-origin\r\n",
          "\r\nContent-Security-Policy: default-src 'self'; ", "frame-ancestors 'none'", "\r\nConnection: close\r\n"}) {
      EXPECT_THAT(response, HasSubstr(header)) << request.substr(0, 80);
    }
  }
}

TEST_F(Served, waits_for_no_idle_or_dripping_client) {
  std::vector<BareClient> idle, dripping;
  for (int i = 0; i < 60; ++i) {
    idle.emplace_back(port_);
    dripping.emplace_back(port_);
    dripping.back().say("GET / HT");
  }
  for (int turn = 0; turn < 20; ++turn) {
    for (const BareClient& one : dripping) one.say("T");
    EXPECT_EQ(status("/data/atlas.js", {}), 200) << "before the client loses its patience";
  }
  EXPECT_FALSE(idle.front().closed() || dripping.back().closed()) << "they were there all the time";
}

TEST_F(Served, lets_the_longest_open_go_when_there_are_too_many) {
  std::vector<BareClient> idle;
  for (int i = 0; i < 700; ++i) {
    idle.emplace_back(port_);
    ASSERT_TRUE(idle.back().connected()) << i;
  }
  EXPECT_EQ(status("/", {}), 200);
  EXPECT_TRUE(idle.front().closed());
  EXPECT_FALSE(idle.back().closed());
}

TEST_F(Served, takes_a_request_in_pieces) {
  const BareClient client(port_);
  for (const char letter : "GET /favicon.svg HTTP/1.1\r\n" + host() + "\r\n") client.say({&letter, 1});
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Served, outlives_clients_that_leave) {
  for (int i = 0; i < 200; ++i) {
    const BareClient client(port_);
    client.say(("GET /data/concepts.js HTTP/1.1\r\n" + host() + "\r\n")
                   .substr(0, i % 2 == 0 ? 999 : static_cast<size_t>(i) / 4));
  }
  EXPECT_EQ(status("/", {}), 200);
}

TEST(HttpRequest, is_what_the_standard_says) {
  const auto request =
      parse_request("GET /a/b?c=/d HTTP/1.1\r\nHost:  x:1 \t\r\nX-Odd!#: a:b\nEmpty:\r\n\r\nbody: none\r\n");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/a/b");
  EXPECT_EQ(request->headers, (std::map<std::string, std::string>{{"host", "x:1"}, {"x-odd!#", "a:b"}, {"empty", ""}}));
  for (const char* wrong :
       {"", "\r\n", "GET", "GET /", "GET / ", "GET /  HTTP/1.1", "G(T / HTTP/1.1", "GET a HTTP/1.1",
        "GET / HTTP/1.1\r\nno colon\r\n", "GET / HTTP/1.1\r\n: x\r\n", "GET / HTTP/1.1\r\na : x\r\n",
        "GET / HTTP/1.1\r\na: 1\r\nA: 2\r\n", "GET /\xC3\xA9 HTTP/1.1"}) {
    EXPECT_FALSE(parse_request(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace microtome

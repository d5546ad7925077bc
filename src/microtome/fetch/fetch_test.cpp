// SPDX-License-Identifier: Apache-2.0
// Fetching from a server of this machine; nothing here needs a network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/base/path.h"
#include "microtome/fetch/cache.h"
#include "microtome/fetch/download.h"

namespace microtome {
namespace {

using ::testing::HasSubstr;

std::string content_of(size_t length) {
  std::string content(length, '\0');
  uint32_t state = 1;
  for (char& byte : content) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return content;
}

// Serves one content, in parts where that is asked for, and notes from where on.
class Server {
 public:
  Server() : content_(content_of(3'000'000)) {
    server_.Get("/net-1.pth", [this](const httplib::Request& asked, httplib::Response& answer) {
      begins_.push_back(asked.ranges.empty() ? 0 : asked.ranges[0].first);
      answer.set_content(content_, "application/octet-stream");
    });
    server_.Get("/deaf.pth", [this](const httplib::Request&, httplib::Response& answer) {
      answer.set_content_provider(content_.size(), "application/octet-stream",
                                  [this](size_t at, size_t, httplib::DataSink& sink) {
                                    sink.write(content_.data() + at, content_.size() - at);
                                    return true;
                                  });
      answer.set_header("Accept-Ranges", "none");
    });
    server_.Get("/away.pth", [this](const httplib::Request&, httplib::Response& answer) {
      answer.set_redirect(fmt::format("http://127.0.0.1:{}/net-1.pth", port_));
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Server() {
    server_.stop();
    thread_.join();
  }

  std::string address(const std::string& name) const { return fmt::format("http://127.0.0.1:{}/{}", port_, name); }
  const std::string& content() const { return content_; }
  const std::vector<int64_t>& begins() const { return begins_; }

 private:
  httplib::Server server_;
  std::thread thread_;
  std::string content_;
  std::vector<int64_t> begins_;
  int port_ = 0;
};

class Fetch : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "fetch/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string fetch(const PublishedFile& file, bool offline = false) {
    return fetch_published(file, folder_, offline, *reporter_);
  }
  std::pair<ErrorKind, std::string> refused(const PublishedFile& file, bool offline = false) {
    try {
      fetch(file, offline);
    } catch (const Error& failure) {
      return {failure.kind(), failure.what()};
    }
    ADD_FAILURE() << "no error";
    return {ErrorKind::kInternal, ""};
  }

  Server server_;
  std::string folder_;
  std::unique_ptr<Reporter> reporter_ = make_silent_reporter();
};

TEST_F(Fetch, KeepsWhatItVerified) {
  const std::string address = server_.address("net-1.pth");
  const std::string digest = "sha256:" + sha256_hex(server_.content()).substr(0, 8);
  const PublishedFile file{"net", address, digest, 3, "network", "", ""};
  const std::string path = fetch(file);
  EXPECT_EQ(path, folder_ + "/net-1.pth");
  EXPECT_EQ(read_file(path), server_.content());
  EXPECT_FALSE(is_there(path + ".part"));
  EXPECT_EQ(fetch(file, true), path);
  EXPECT_EQ(server_.begins().size(), 1u);  // it was there
}

TEST_F(Fetch, GoesOnWhereItStopped) {
  const std::string address = server_.address("net-1.pth"), digest = "sha256:" + sha256_hex(server_.content());
  const PublishedFile file{"net", address, digest, 3, "network", "", ""};
  write_file(folder_ + "/net-1.pth.part", server_.content().substr(0, 1'234'567));
  EXPECT_EQ(read_file(fetch(file)), server_.content());
  ASSERT_EQ(server_.begins().size(), 1u);
  EXPECT_EQ(server_.begins()[0], 1'234'567);
}

TEST_F(Fetch, BeginsAnewWhereNothingTellsThatPartsBelongTogether) {
  const std::string address = server_.address("net-1.pth");
  write_file(folder_ + "/net-1.pth.part", "something else");
  EXPECT_EQ(read_file(fetch({"net", address, "", 3, "network", "", ""})), server_.content());
  EXPECT_EQ(server_.begins()[0], 0);
}

TEST_F(Fetch, TakesAWholePartForTheFile) {
  const std::string address = server_.address("net-1.pth"), digest = "sha256:" + sha256_hex(server_.content());
  write_file(folder_ + "/net-1.pth.part", server_.content());
  EXPECT_EQ(read_file(fetch({"net", address, digest, 3, "network", "", ""})), server_.content());
}

TEST_F(Fetch, KeepsButDoesNotUseWhatHasAnotherDigest) {
  const std::string address = server_.address("net-1.pth");
  const PublishedFile file{"net", address, "sha256:0123456789", 3, "network", "", ""};
  for (int time = 0; time < 2; ++time) {
    const auto [kind, message] = refused(file);
    EXPECT_EQ(kind, ErrorKind::kCorrupt);
    EXPECT_THAT(message, HasSubstr("sha256:" + sha256_hex(server_.content())));
    EXPECT_THAT(message, HasSubstr("sha256:0123456789 is published"));
    EXPECT_FALSE(is_there(folder_ + "/net-1.pth"));
    EXPECT_EQ(read_file(folder_ + "/net-1.pth.part"), server_.content());
  }
  write_file(folder_ + "/net-1.pth", "changed later");
  EXPECT_EQ(refused(file).first, ErrorKind::kCorrupt);
  EXPECT_EQ(read_file(folder_ + "/net-1.pth"), "changed later");
}

TEST_F(Fetch, KnowsMd5) {
  const std::string address = server_.address("net-1.pth");
  std::string digest = "md5:";
  for (const uint8_t byte : md5(server_.content())) digest += fmt::format("{:02x}", byte);
  EXPECT_EQ(read_file(fetch({"net", address, digest, 3, "concept set", "", ""})), server_.content());
}

TEST_F(Fetch, BoundsWhatItTakes) {
  const std::string address = server_.address("net-1.pth"), deaf = server_.address("deaf.pth");
  for (const std::string& from : {address, deaf}) {
    const auto [kind, message] = refused({"net", from, "sha256:00", 1, "network", "", ""});
    EXPECT_EQ(kind, ErrorKind::kIo);
    EXPECT_THAT(message, HasSubstr("more than 2 MB"));
  }
}

TEST_F(Fetch, FollowsNoWayOutOfHttps) {
  const std::string away = server_.address("away.pth");
  EXPECT_EQ(refused({"net", away, "", 3, "network", "", ""}).first, ErrorKind::kIo);
  EXPECT_EQ(server_.begins().size(), 0u);
  EXPECT_EQ(refused({"net", "http://example.org/net.pth", "", 3, "network", "", ""}).first, ErrorKind::kUnsupported);
  EXPECT_EQ(refused({"net", "file:///etc/passwd", "", 3, "network", "", ""}).first, ErrorKind::kUnsupported);
}

TEST_F(Fetch, SaysWhatIsNotThere) {
  const std::string missing = server_.address("missing.pth");
  const auto [kind, message] = refused({"net", missing, "", 3, "network", "", ""});
  EXPECT_EQ(kind, ErrorKind::kIo);
  EXPECT_THAT(message, HasSubstr("404"));
  EXPECT_EQ(refused({"net", missing, "", 3, "network", "", ""}, true).first, ErrorKind::kNotFound);
}

TEST(Published, IsATableWithoutMistakes) {
  std::set<std::string> names, files;
  for (const PublishedFile& file : published_files()) {
    EXPECT_TRUE(names.emplace(file.name).second) << file.name;
    EXPECT_TRUE(files.insert(file.file_name()).second) << file.name;
    EXPECT_TRUE(file.address.starts_with("https://")) << file.name;
    EXPECT_GT(file.megabytes, 0) << file.name;
    EXPECT_TRUE(file.what == "network" || file.what == "concept set") << file.name;
    EXPECT_FALSE(file.licence.empty()) << file.name;
    const size_t colon = file.digest.find(':');
    if (file.digest.empty()) continue;
    EXPECT_EQ(file.digest.find_first_not_of("0123456789abcdef", colon + 1), std::string_view::npos) << file.name;
    EXPECT_GE(file.digest.size() - colon - 1, 8u) << file.name;
  }
  EXPECT_TRUE(std::is_sorted(published_files().begin(), published_files().end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  EXPECT_NE(find_published("resnet50"), nullptr);
  EXPECT_EQ(find_published("resnet"), nullptr);
}

TEST(Cache, GivesNetworksByName) {
  const std::string folder = ::testing::TempDir() + "fetch_cache";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/microtome");
  setenv("XDG_CACHE_HOME", folder.c_str(), 1);
  EXPECT_EQ(cache_folder(), folder + "/microtome");
  EXPECT_EQ(network_path("net.onnx"), "net.onnx");
  EXPECT_EQ(network_path("dtd"), "dtd");  // no network
  EXPECT_THROW(network_path("resnet50"), Error);
  write_file(folder + "/microtome/resnet50-0676ba61.pth", "x");
  EXPECT_EQ(network_path("resnet50"), folder + "/microtome/resnet50-0676ba61.pth");
}

}  // namespace
}  // namespace microtome

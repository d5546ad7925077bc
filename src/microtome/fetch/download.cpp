// SPDX-License-Identifier: Apache-2.0
#include "microtome/fetch/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/locked_file.h"
#include "microtome/base/path.h"
#include "microtome/base/workers.h"
#include "microtome/fetch/cache.h"

namespace microtome {
namespace {

constexpr int64_t kMega = 1'000'000;
constexpr long kMostRedirections = 5, kConnectSeconds = 30, kIdleSeconds = 60;
constexpr long kWhole = 200, kPart = 206, kNothingBehind = 416;

bool of_this_machine(std::string_view address) {
  return address.starts_with("http://127.0.0.1:") || address.starts_with("http://127.0.0.1/");
}

// The file that is written, locked for as long as this lives.
class PartialFile {
 public:
  explicit PartialFile(std::string path) : path_(std::move(path)), file_(open_locked(path_, false)) {
    if (file_ >= 0) return;
    if (errno == EWOULDBLOCK) throw Error(ErrorKind::kIo, path_, "is being fetched by another process", "wait for it");
    fail();
  }
  ~PartialFile() { close(file_); }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const {
    struct stat facts {};
    if (fstat(file_, &facts) != 0) fail();
    return facts.st_size;
  }
  void begin_anew() const {
    if (ftruncate(file_, 0) != 0) fail();
  }
  // Whether it could be written; errno says why not.
  bool append(const char* bytes, size_t length) const {
    if (lseek(file_, 0, SEEK_END) < 0) return false;
    while (length > 0) {
      const ssize_t written = write(file_, bytes, length);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes += written;
      length -= static_cast<size_t>(written);
    }
    return true;
  }
  void settle() const {
    if (fsync(file_) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const { throw Error(ErrorKind::kIo, path_, std::strerror(errno)); }

  std::string path_;
  int file_;
};

// One transfer into a partial file, with what went wrong inside of curl's calls.
struct Transfer {
  CURL* curl;
  const PartialFile& file;
  int64_t begin = 0, most = 0;
  std::string name;
  Reporter& reporter;
  std::unique_ptr<Task> task{};
  int64_t received = 0;
  bool wrong_answer = false, too_large = false;
  int disk_failure = 0;
};

// Before the first bytes: a server that does not continue sends everything.
bool settle_answer(Transfer& transfer) {
  long code = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &code);
  if (code == kWhole && transfer.begin > 0) {
    transfer.begin = 0;
    transfer.file.begin_anew();
  }
  transfer.wrong_answer = code != kWhole && code != kPart;
  curl_off_t length = -1;
  curl_easy_getinfo(transfer.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  const int64_t total = length > 0 ? transfer.begin + length : transfer.most / 2;
  transfer.too_large = total > transfer.most;
  if (transfer.wrong_answer || transfer.too_large) return false;
  transfer.task = std::make_unique<Task>(transfer.reporter, "fetching " + transfer.name, total / kMega + 1, "MB",
                                         transfer.begin / kMega);
  return true;
}

size_t take_bytes(char* bytes, size_t, size_t length, void* given) {
  Transfer& transfer = *static_cast<Transfer*>(given);
  if (!transfer.task && !settle_answer(transfer)) return 0;
  const int64_t before = (transfer.begin + transfer.received) / kMega;
  transfer.received += static_cast<int64_t>(length);
  transfer.too_large = transfer.begin + transfer.received > transfer.most;
  if (transfer.too_large) return 0;
  if (!transfer.file.append(bytes, length)) {
    transfer.disk_failure = errno;
    return 0;
  }
  const int64_t after = (transfer.begin + transfer.received) / kMega;
  if (after > before) transfer.task->advance(after - before);
  return length;
}

int go_on(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return stop_requested() ? 1 : 0; }

using Curl = std::unique_ptr<CURL, void (*)(CURL*)>;

Curl new_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Curl curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) throw Error(ErrorKind::kInternal, "", "libcurl cannot be used");
  return curl;
}

void set_options(CURL* curl, const std::string& address, Transfer& transfer) {
  const bool local = of_this_machine(address);
  curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, local ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirections);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kIdleSeconds);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "microtome/" MICROTOME_VERSION);
  curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.begin));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
  if (local) curl_easy_setopt(curl, CURLOPT_NOPROXY, "127.0.0.1");
}

[[noreturn]] void refuse_transfer(const Transfer& transfer, const std::string& address, CURLcode code,
                                  const char* detail) {
  throw_if_stopped();
  if (transfer.disk_failure != 0) {
    throw Error(ErrorKind::kIo, transfer.file.path(), std::strerror(transfer.disk_failure));
  }
  if (transfer.too_large) {
    throw Error(ErrorKind::kIo, address,
                fmt::format("sends more than {} MB, twice the size that is known", transfer.most / kMega),
                "what has come is kept in " + transfer.file.path());
  }
  const std::string reason = detail[0] != '\0' ? detail : curl_easy_strerror(code);
  throw Error(ErrorKind::kIo, address, fmt::format("cannot be fetched: {}", reason),
              transfer.file.size() > 0 ? "what has come is kept; the same command goes on with it" : "");
}

// Whether there was something to come; false: the server has nothing behind what is here.
bool transfer_into(const PartialFile& part, const PublishedFile& file, Reporter& reporter) {
  const std::string address(file.address);
  const Curl curl = new_curl();
  Transfer transfer{.curl = curl.get(),
                    .file = part,
                    .begin = part.size(),
                    .most = 2 * kMega * file.megabytes,
                    .name = std::string(file.name),
                    .reporter = reporter};
  set_options(curl.get(), address, transfer);
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
  const CURLcode code = curl_easy_perform(curl.get());
  long answer = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer);
  if (answer == kNothingBehind && transfer.begin > 0) return false;
  // An answer without a body never came by settle_answer().
  if (code == CURLE_OK && transfer.begin > 0 && transfer.received == 0 && answer == kWhole) part.begin_anew();
  if (code != CURLE_OK) refuse_transfer(transfer, address, code, detail);
  return true;
}

[[noreturn]] void refuse_digest(const std::string& path, const PublishedFile& file) {
  throw Error(ErrorKind::kCorrupt, path,
              fmt::format("has the digest {}, and {} is published", digest_of(path, file.digest), file.digest),
              "it is not used; remove it and fetch it again");
}

}  // namespace

std::string fetch_published(const PublishedFile& file, const std::string& folder, bool offline, Reporter& reporter) {
  std::string kept = folder + "/" + file.file_name();
  if (is_there(kept)) {
    if (!has_digest(kept, file.digest)) refuse_digest(kept, file);
    return kept;
  }
  if (offline) {
    throw Error(ErrorKind::kNotFound, std::string(file.name), fmt::format("was not fetched: there is no {}", kept),
                "leave `offline` out");
  }
  if (!file.address.starts_with("https://") && !of_this_machine(file.address)) {
    throw Error(ErrorKind::kUnsupported, std::string(file.address), "is no https address");
  }
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw Error(ErrorKind::kIo, folder, failed.message());
  const PartialFile part(kept + ".part");
  if (is_there(kept)) return kept;  // another process was faster
  if (file.digest.empty()) part.begin_anew();
  const bool came = transfer_into(part, file, reporter);
  part.settle();
  if (!has_digest(part.path(), file.digest)) refuse_digest(part.path(), file);
  if (!came && part.size() == 0) throw Error(ErrorKind::kIo, std::string(file.address), "is empty");
  std::filesystem::rename(part.path(), kept, failed);
  if (failed) throw Error(ErrorKind::kIo, kept, failed.message());
  return kept;
}

}  // namespace microtome

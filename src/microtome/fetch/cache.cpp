// SPDX-License-Identifier: Apache-2.0
#include "microtome/fetch/cache.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/hash.h"
#include "microtome/base/path.h"

namespace microtome {
namespace {

std::string md5_file_hex(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::kIo, path, "cannot be read");
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) {
    throw Error(ErrorKind::kUnsupported, path, "cannot be verified: this machine's OpenSSL has no MD5");
  }
  std::vector<char> block(1 << 20);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) throw Error(ErrorKind::kIo, path, "cannot be read");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(context.get(), digest, &length);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// A folder named by the environment; empty where it is not, or not in full.
std::string environment_folder(const char* variable) {
  const char* folder = std::getenv(variable);
  return folder != nullptr && folder[0] == '/' ? folder : "";
}

}  // namespace

std::string cache_folder() {
  const std::string cache = environment_folder("XDG_CACHE_HOME"), home = environment_folder("HOME");
  if (!cache.empty()) return cache + "/microtome";
  if (!home.empty()) return home + "/.cache/microtome";
  throw Error(ErrorKind::kUsage, "", "neither XDG_CACHE_HOME nor HOME says where fetched files are kept",
              "set XDG_CACHE_HOME to a folder");
}

std::string network_path(const std::string& path) {
  const PublishedFile* published = find_published(path);
  if (published == nullptr || published->what != "network" || is_there(path)) return path;
  std::string kept = cache_folder() + "/" + published->file_name();
  if (is_there(kept)) return kept;
  throw Error(
      ErrorKind::kNotFound, path,
      fmt::format("is no file; it is the name of a published network that was not fetched (it would be {})", kept),
      fmt::format("fetch it: microtome get {}", path));
}

std::string digest_of(const std::string& path, std::string_view kind) {
  if (kind.starts_with("md5:")) return "md5:" + md5_file_hex(path);
  return "sha256:" + sha256_file_hex(path);
}

bool has_digest(const std::string& path, std::string_view digest) {
  return digest.empty() || digest_of(path, digest).starts_with(digest);
}

}  // namespace microtome

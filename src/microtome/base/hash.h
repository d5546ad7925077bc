// SPDX-License-Identifier: Apache-2.0
// Digests: SHA-256 for provenance and blobs, MD5 only because Broden orders its images by it.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace microtome {

std::string sha256_hex(std::string_view bytes);
// Of a file's content, read in blocks. Throws Error(kNotFound/kIo).
std::string sha256_file_hex(const std::string& path);
std::array<uint8_t, 16> md5(std::string_view bytes);

// SHA-256 of what was added, piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void add(std::string_view bytes);
  template <class T>
  void add_values(std::span<const T> values) {
    add({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  std::string hex();  // Ends the digest; call once.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace microtome

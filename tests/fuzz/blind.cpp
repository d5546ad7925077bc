// SPDX-License-Identifier: Apache-2.0
// blind_TARGET COUNT SEEDS: runs a target without libFuzzer, on so many inputs made of the files in the folder SEEDS by
// blind changes, each in a process of its own (limited_child.h). For targets whose libraries clang does not compile.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <vector>

#include "../limited_child.h"
#include "microtome/base/file.h"
#include "microtome/base/rng.h"

extern "C" {
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
[[gnu::weak]] size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);
}

namespace microtome {
namespace {

constexpr size_t kMost = 65536;

uint64_t changes = 0;  // made so far: the number of the next one
std::vector<std::string> seed_inputs;

std::string changed(std::string bytes, Rng& rng) {
  const auto place = [&](const std::string& in) { return static_cast<size_t>(rng.below(std::ssize(in) + 1)); };
  const size_t at = place(bytes);
  const auto length = static_cast<size_t>(rng.between(1, 12));
  const std::string& other = seed_inputs[static_cast<size_t>(rng.below(std::ssize(seed_inputs)))];
  switch (rng.below(6)) {
    case 0:
      bytes.replace(at, at < bytes.size() ? 1 : 0, 1, static_cast<char>(rng.below(256)));
      break;
    case 1:
      bytes.erase(at, length);
      break;
    case 2:
      bytes.insert(at, bytes.substr(place(bytes), length));
      break;
    case 3:
      bytes.replace(at, at < bytes.size() ? 1 : 0, 1, "0129-+.eE[]{}(),\":#*/ \n\xff"[rng.below(24)]);
      break;
    case 4:
      bytes.insert(at, other.substr(place(other), 4 * length));
      break;
    default:
      bytes.insert(at, std::to_string(rng.chance(0.5) ? INT64_MIN : int64_t{1} << rng.below(63)));
  }
  return bytes;
}

int run(int64_t count, const std::string& name) {
  std::map<std::string, int64_t> endings;
  for (int64_t i = 0; i < count; ++i) {
    std::string bytes = seed_inputs[static_cast<size_t>(i) % seed_inputs.size()];
    for (int64_t turn = 0; turn <= i % 4; ++turn) {
      const size_t size = bytes.size();
      bytes.resize(kMost);
      auto* data = reinterpret_cast<uint8_t*>(bytes.data());
      const auto seed = static_cast<unsigned>(4 * i + turn);
      const size_t made = LLVMFuzzerCustomMutator != nullptr ? LLVMFuzzerCustomMutator(data, size, kMost, seed)
                                                             : LLVMFuzzerMutate(data, size, kMost);
      bytes.resize(made);
    }
    const std::string ending =
        ending_of([&] { LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()); });
    ++endings[ending];
    if (ending == "done") continue;
    const std::string file = std::filesystem::temp_directory_path() / (name + "_" + std::to_string(i));
    write_file(file, bytes);
    std::printf("FAILED: %s: %s\n", file.c_str(), ending.c_str());
  }
  std::printf("%s: %lld of %lld inputs are borne\n", name.c_str(), static_cast<long long>(endings["done"]),
              static_cast<long long>(count));
  return endings["done"] == count ? 0 : 1;
}

}  // namespace
}  // namespace microtome

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most) {
  microtome::Rng rng(1, "blind", microtome::changes++);
  const std::string bytes = microtome::changed({reinterpret_cast<const char*>(data), size}, rng);
  if (bytes.size() > most) return size;
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(data));
  return bytes.size();
}

int main(int count, char** words) {
  using namespace microtome;
  if (count != 3) return 2;
  for (const auto& file : std::filesystem::directory_iterator(words[2])) seed_inputs.push_back(read_file(file.path()));
  std::sort(seed_inputs.begin(), seed_inputs.end());
  if (seed_inputs.empty()) return 2;
  return run(std::atoll(words[1]), std::filesystem::path(words[0]).filename());
}

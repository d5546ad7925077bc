// SPDX-License-Identifier: Apache-2.0
// For the tests of the layouts: a folder that a test writes, breaks and reads.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/rng.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/open.h"
#include "microtome/image/codec.h"

namespace microtome {

// Goes away with the object.
class WrittenFolder {
 public:
  explicit WrittenFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("microtome_layout_" + std::to_string(getpid()) + "_" + name)) {
    std::filesystem::remove_all(path_);
  }
  ~WrittenFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WrittenFolder(const WrittenFolder&) = delete;
  WrittenFolder& operator=(const WrittenFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string path(const std::string& file) const { return (path_ / file).string(); }
  void write(const std::string& file, const std::string& bytes) const { write_file(path(file), bytes); }
  std::string read(const std::string& file) const { return read_file(path(file)); }
  void remove(const std::string& file) const {
    if (std::filesystem::remove_all(path_ / file) == 0) throw std::logic_error("no " + file);
  }
  // Replaces the first `from` in a file.
  void edit(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read(file);
    const size_t found = text.find(from);
    if (found == std::string::npos) throw std::logic_error("no \"" + from + "\" in " + file);
    write(file, text.replace(found, from.size(), to));
  }
  void cut(const std::string& file) const { write(file, read(file).substr(0, read(file).size() / 2)); }

 private:
  std::filesystem::path path_;
};

// A picture of one colour.
inline std::string flat_jpeg(int width, int height, uint8_t grey = 90) {
  return encode_jpeg(Image(width, height, 3, grey), 95);
}

// Opens the folder and reads every picture and mask.
inline void read_everything(const std::string& folder) {
  const auto set = open_concept_set(folder);
  for (int64_t i = 0; i < set->size(); ++i) set->image(i), set->labels(i);
}

inline int64_t row_of(const ConceptSet& set, const std::string& file) {
  for (int64_t i = 0; i < set.size(); ++i) {
    if (set.image_info(i).file == file) return i;
  }
  throw std::logic_error("no row " + file);
}

inline std::vector<std::string> concept_names(const ConceptSet& set) {
  std::vector<std::string> names;
  for (int label = 1; label <= set.index().max_label(); ++label) {
    const Concept& item = set.index().concept_of(label);
    names.push_back(set.index().categories().at(static_cast<size_t>(item.category)) + ":" + item.name);
  }
  return names;
}

// A way to break a layout, and what the error must say.
struct BrokenLayout {
  const char* name;
  std::function<void(const WrittenFolder& folder)> damage;
  std::vector<std::string> words;
};

// Each variant must fail with its words, and no two with the same message.
inline void expect_clear_errors(const std::string& layout, const std::function<void(const WrittenFolder&)>& write,
                                const std::vector<BrokenLayout>& variants) {
  EXPECT_GE(variants.size(), 10u);
  std::map<std::string, std::string> messages;
  for (const BrokenLayout& variant : variants) {
    SCOPED_TRACE(layout + ", " + variant.name);
    const WrittenFolder folder(layout + "_" + variant.name);
    write(folder);
    ASSERT_NO_THROW(read_everything(folder.path())) << "the fixture must be whole before it is broken";
    variant.damage(folder);
    try {
      read_everything(folder.path());
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      std::string message = error.what();
      for (const std::string& word : variant.words) EXPECT_THAT(message, testing::HasSubstr(word));
      EXPECT_THAT(message, testing::HasSubstr(folder.path()));
      for (size_t at; (at = message.find(folder.path())) != std::string::npos;) message.erase(at, folder.path().size());
      const auto [other, fresh] = messages.emplace(message, variant.name);
      EXPECT_TRUE(fresh) << "the same message as of " << other->second << ": " << message;
    }
  }
}

// Bytes changed, taken out, doubled, or the end cut off: whatever is read then, nothing but an Error may come out.
inline void expect_only_errors(const WrittenFolder& folder, const std::string& file, int rounds) {
  const std::string whole = folder.read(file);
  int failed = 0;
  for (int round = 0; round < rounds; ++round) {
    Rng rng(17, file, static_cast<uint64_t>(round));
    std::string bytes = whole;
    for (int64_t n = rng.between(1, 4); n > 0 && !bytes.empty(); --n) {
      const auto at = static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size())));
      const auto length = static_cast<size_t>(rng.between(1, 12));
      switch (rng.below(5)) {
        case 0:
          bytes[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          bytes.erase(at, length);
          break;
        case 2:
          bytes.insert(at, bytes.substr(at, length));
          break;
        case 3:
          bytes[at] = "0129-[]{},\":#\n\xff"[rng.below(15)];
          break;
        default:
          if (rng.chance(0.2)) bytes.resize(at);
      }
    }
    folder.write(file, bytes);
    try {
      read_everything(folder.path());
    } catch (const Error&) {
      ++failed;
    } catch (const std::exception& error) {
      ADD_FAILURE() << file << ", round " << round << ": " << error.what();
    }
  }
  folder.write(file, whole);
  EXPECT_GT(failed, 0) << file;
}

}  // namespace microtome

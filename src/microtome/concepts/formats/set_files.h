// SPDX-License-Identifier: Apache-2.0
// What the readers of published data sets share: files on disk, sizes, labels in dense numbers, the order of rows and
// the digest. All errors name the file and what named it.
#pragma once
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microtome/base/error.h"
#include "microtome/base/hash.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/formats/broden.h"
#include "microtome/concepts/formats/format.h"

namespace microtome {

// Whether a relative name stays below the folder that it is joined to.
bool stays_below(std::string_view name);
bool has_folder(const std::string& path);
// Names of the entries of a folder (files or folders) that begin and end so, sorted; empty when there is no folder.
std::vector<std::string> sorted_names(const std::string& folder, std::string_view begin, std::string_view end);

// A file's content; "PATH (NAMED_BY)" in errors.
std::string read_listed(const std::string& path, const std::string& named_by);
// Without `named_by` just the path.
std::string place_of(const std::string& path, const std::string& named_by);

// What the error says behind its place.
std::string complaint_of(const Error& error, const std::string& place);

struct PictureSize {
  int width = 0, height = 0;
};
// From the header of a JPEG or PNG, without decoding. Throws Error(kNotFound/kCorrupt/kIo).
PictureSize picture_size(const std::string& path, const std::string& named_by);

// Throws Error(kCorrupt) unless the sizes agree; `stated_by` says which table or file claims the expected one.
void expect_size(int width, int height, PictureSize expected, const std::string& where, const std::string& stated_by);
// The bytes of a PNG; Error(kCorrupt) on pictures of other kinds, which would not keep class numbers.
std::string read_mask_png(const std::string& path, const std::string& named_by);

// A text file without its byte-order mark, cut into lines; blanks around them are taken off.
std::vector<std::string> text_lines(const std::string& bytes);
std::string_view trimmed(std::string_view text);

// SHA-256 over the tables in the order in which they are added and the sorted list of (file, size) of the rest.
class SetDigest {
 public:
  explicit SetDigest(std::string folder) : folder_(std::move(folder)) {}
  void add_table(const std::string& file, std::string_view bytes);
  void add_file(std::string file);  // Relative to the folder; one that is missing has size -1.
  std::string hex();                // Call once.

 private:
  std::string folder_;
  Sha256 hash_;
  std::vector<std::pair<std::string, int64_t>> files_;
};

// Gives dense label numbers to (category, class): categories by name, classes in the order of `Key`. A set without
// class numbers uses names as keys.
template <class Key>
class Vocabulary {
 public:
  // Idempotent; the first name of a key stays.
  void add(const std::string& category, const Key& key, const std::string& name,
           const std::vector<std::string>& synonyms = {}) {
    if (names_[category].emplace(key, name).second && !synonyms.empty()) synonyms_[category][key] = synonyms;
  }
  // After the last add(): the index. Throws Error(kUnsupported) beyond 65535 labels, which masks cannot hold.
  ConceptIndex index(const std::string& where);
  // 0 when unknown.
  uint16_t label(const std::string& category, const Key& key) const {
    const auto in = labels_.find(category);
    if (in == labels_.end()) return 0;
    const auto found = in->second.find(key);
    return found == in->second.end() ? uint16_t{0} : found->second;
  }
  const std::map<std::string, std::map<Key, std::string>>& names() const { return names_; }

 private:
  std::map<std::string, std::map<Key, std::string>> names_;
  std::map<std::string, std::map<Key, std::vector<std::string>>> synonyms_;
  std::map<std::string, std::map<Key, uint16_t>> labels_;
};

void check_label_count(size_t count, const std::string& where);

template <class Key>
ConceptIndex Vocabulary<Key>::index(const std::string& where) {
  std::vector<std::string> categories;
  std::vector<Concept> concepts(1);
  for (const auto& [category, classes] : names_) {
    const int column = static_cast<int>(categories.size());
    categories.push_back(category);
    check_label_count(concepts.size() + classes.size() - 1, where);
    for (const auto& [key, name] : classes) {
      labels_[category][key] = static_cast<uint16_t>(concepts.size());
      concepts.push_back({static_cast<int>(concepts.size()), name, column, {column}, synonyms_[category][key]});
    }
  }
  return ConceptIndex(categories, concepts);
}

// Rows (with `info.file`) in Broden's order.
template <class Row>
void sort_by_broden_key(std::vector<Row>& rows) {
  std::vector<std::pair<double, Row>> keyed;
  keyed.reserve(rows.size());
  for (Row& row : rows) {
    const double key = broden_key(row.info.file);
    keyed.emplace_back(key, std::move(row));
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second.info.file < b.second.info.file;
  });
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = std::move(keyed[i].second);
}

// The picture of a row, of the stated size.
Image read_listed_picture(const std::string& folder, const ConceptImage& info, const std::string& named_by);

// A set whose rows are known when it is opened; labels() is the layout's own.
class ListedSet : public ConceptSet {
 public:
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  const ConceptImage& image_info(int64_t image) const override { return row(image).info; }
  Image image(int64_t image) const override {
    return read_listed_picture(folder_, row(image).info, row(image).named_by);
  }
  const std::string& hash() const override { return hash_; }

 protected:
  struct Row {
    ConceptImage info;
    std::string named_by;  // "ImageSets/Segmentation/train.txt:3", or empty.
  };
  explicit ListedSet(std::string folder) : folder_(std::move(folder)) {}
  void finish(std::vector<Row> rows, ConceptIndex index, SetDigest& digest) {
    rows_ = std::move(rows);
    index_ = std::move(index);
    hash_ = digest.hex();
    sort_by_broden_key(rows_);
  }

  const Row& row(int64_t image) const { return rows_.at(static_cast<size_t>(image)); }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::vector<Row> rows_;
  ConceptIndex index_{{}, {}};
  std::string hash_;
};

// Runs `open`, and reports what it throws before it goes on.
std::unique_ptr<ConceptSet> report_what_is_thrown(const ProblemSink& report,
                                                  const std::function<std::unique_ptr<ConceptSet>()>& open);

}  // namespace microtome

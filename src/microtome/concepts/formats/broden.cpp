// SPDX-License-Identifier: Apache-2.0
// Broden's layout, the reference of all concept sets.
#include <fmt/format.h>

#include <mutex>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/broden_check.h"
#include "microtome/concepts/formats/broden_files.h"
#include "microtome/concepts/formats/broden_tables.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

class BrodenSet : public ConceptSet {
 public:
  BrodenSet(const std::string& folder, const ProblemSink& report)
      : folder_(folder), tables_(read_broden_tables(folder, report)) {}

  const ConceptIndex& index() const override { return tables_.index; }
  int64_t size() const override { return static_cast<int64_t>(tables_.rows.size()); }
  const ConceptImage& image_info(int64_t image) const override { return row(image).info; }
  Image image(int64_t image) const override { return read_picture(folder_, row(image), remarks_); }

  ImageLabels labels(int64_t image) const override {
    const BrodenRow& from = row(image);
    ImageLabels out;
    out.width = from.info.label_width;
    out.height = from.info.label_height;
    for (const BrodenCell& cell : from.cells) {
      for (const std::string& mask : cell.masks) out.planes.push_back(read_mask(folder_, from, mask, tables_.index));
      out.whole_image.insert(out.whole_image.end(), cell.whole_image.begin(), cell.whole_image.end());
      out.says_zero = out.says_zero || cell.says_zero;
    }
    return out;
  }

  // When it is first asked for: it looks at every file.
  const std::string& hash() const override {
    std::call_once(hashed_, [this] { hash_ = tables_.digest.hex(); });
    return hash_;
  }
  std::vector<std::string> remarks() const override { return remarks_.lines(); }

 private:
  const BrodenRow& row(int64_t image) const { return tables_.rows.at(static_cast<size_t>(image)); }

  std::string folder_;
  mutable BrodenTables tables_;  // its digest ends when it is asked for
  mutable std::once_flag hashed_;
  mutable std::string hash_;
  mutable PictureRemarks remarks_;
};

std::string broden_place(const std::string& path, const BrodenRow& row) {
  return fmt::format("{} (index.csv:{})", path, row.line);
}

std::string read_named(const std::string& path, const BrodenRow& row) {
  return read_listed(path, fmt::format("index.csv:{}", row.line));
}

void check_size(int width, int height, int expected_width, int expected_height, const std::string& where) {
  if (width == expected_width && height == expected_height) return;
  throw Error(
      ErrorKind::kCorrupt, where,
      fmt::format("the size is {} x {}, index.csv says {} x {}", width, height, expected_width, expected_height));
}

}  // namespace

Image read_picture(const std::string& folder, const BrodenRow& row, PictureRemarks& remarks) {
  const std::string path = folder + "/images/" + row.info.file;
  Image image = as_stated(decode_photo(read_named(path, row), broden_place(path, row)), row.info, remarks);
  check_size(image.width, image.height, row.info.width, row.info.height, broden_place(path, row));
  return image;
}

LabelMap read_mask(const std::string& folder, const BrodenRow& row, const std::string& mask,
                   const ConceptIndex& index) {
  const std::string path = folder + "/images/" + mask;
  LabelMap map = decode_label_png(read_named(path, row), broden_place(path, row));
  check_size(map.width, map.height, row.info.label_width, row.info.label_height, broden_place(path, row));
  uint16_t checked = 0;
  for (const uint16_t label : map.labels) {
    if (label == checked || label == 0) continue;
    if (label > index.max_label() || index.concept_of(label).category < 0) {
      throw Error(ErrorKind::kCorrupt, broden_place(path, row),
                  fmt::format("label {} is not in label.csv or in no c_*.csv", label));
    }
    checked = label;
  }
  return map;
}

extern const ConceptFormat broden;
const ConceptFormat broden = {"broden",
                              "Broden's layout, of NetDissect: masks and whole-image labels in several categories",
                              "index.csv, category.csv, label.csv, c_CATEGORY.csv and images/",
                              [](const std::string& path) { return is_there(path + "/index.csv"); },
                              [](const std::string& path, const ProblemSink& report) -> std::unique_ptr<ConceptSet> {
                                return std::make_unique<BrodenSet>(path, report);
                              },
                              check_broden};

}  // namespace microtome::concept_formats

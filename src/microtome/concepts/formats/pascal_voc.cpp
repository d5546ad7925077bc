// SPDX-License-Identifier: Apache-2.0
// PASCAL VOC: objects as coloured masks.
#include <fmt/format.h>

#include <unordered_set>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/pascal_names.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/concepts/formats/text_lines.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

constexpr uint16_t kVoid = 255;

// SegmentationClass/*.png: the sample is the class, 255 is "void".
class VocSet : public ListedSet {
 public:
  VocSet(const std::string& folder, const ProblemSink& report) : ListedSet(folder), digest_(folder) {
    for (const std::string split : {"train", "val"}) read_list(split, report);
    if (rows_.empty()) {
      throw Error(ErrorKind::kCorrupt, folder + "/ImageSets/Segmentation", "train.txt and val.txt name no picture");
    }
    LabelNumbers<int> vocabulary;
    for (size_t i = 0; i < kPascalClasses.size(); ++i) {
      vocabulary.add("object", static_cast<int>(i) + 1, std::string(kPascalClasses[i]));
    }
    finish(std::move(rows_), vocabulary.index(folder), digest_);
  }

  ImageLabels labels(int64_t image) const override {
    const Row& from = row(image);
    const std::string path = folder() + "/" + mask_of(from.info.file), where = place_of(path, from.named_by);
    LabelMap map = decode_index_png(read_mask_png(path, from.named_by), where);
    expect_size(map.width, map.height, {from.info.width, from.info.height}, where, from.info.file);
    for (uint16_t& pixel : map.labels) {
      if (pixel == kVoid) pixel = 0;
      if (pixel > kPascalClasses.size()) {
        throw Error(ErrorKind::kCorrupt, where, fmt::format("a pixel is of class {}; there are 1 to 20", pixel));
      }
    }
    return {map.width, map.height, {map}, {}, false};
  }

 private:
  static std::string mask_of(const std::string& picture) {
    const size_t begin = picture.rfind('/') + 1;
    return "SegmentationClass/" + picture.substr(begin, picture.rfind('.') - begin) + ".png";
  }

  void read_list(const std::string& split, const ProblemSink& report) {
    const std::string list = "ImageSets/Segmentation/" + split + ".txt";
    const std::string bytes = read_listed(folder() + "/" + list, {});
    digest_.add_table(list, bytes);
    int line = 0;
    for (const std::string& name : text_lines(bytes)) {
      ++line;
      if (name.empty()) continue;
      const auto bad = [&](std::string what) { report({Severity::kError, "bad table", list, line, std::move(what)}); };
      if (!stays_below(name) || name.find('/') != std::string::npos) {
        bad(fmt::format("\"{}\" does not name a picture", name));
      } else if (!names_.insert(name).second) {
        bad(fmt::format("{} is listed twice", name));
      } else {
        add_row(name, split, fmt::format("{}:{}", list, line));
      }
    }
  }

  void add_row(const std::string& name, const std::string& split, const std::string& named_by) {
    Row out;
    out.info.file = "JPEGImages/" + name + ".jpg";
    out.info.split = split;
    out.named_by = named_by;
    measure_listed_picture(folder(), out.info, named_by, mask_of(out.info.file));
    out.info.label_width = out.info.width, out.info.label_height = out.info.height;
    digest_.add_file(out.info.file);
    digest_.add_file(mask_of(out.info.file));
    rows_.push_back(std::move(out));
  }

  SetDigest digest_;
  std::vector<Row> rows_;
  std::unordered_set<std::string> names_;
};

}  // namespace

extern const ConceptFormat pascal_voc;
const ConceptFormat pascal_voc = {
    "pascal_voc", "PASCAL VOC's segmentation: 20 classes of objects",
    "JPEGImages/*.jpg, SegmentationClass/*.png, ImageSets/Segmentation/train.txt and val.txt",
    [](const std::string& path) {
      return is_folder(path + "/JPEGImages") && is_folder(path + "/SegmentationClass") &&
             is_folder(path + "/ImageSets/Segmentation");
    },
    open_as<VocSet>};

}  // namespace microtome::concept_formats

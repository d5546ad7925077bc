// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "microtome/base/error.h"
#include "microtome/concepts/formats/plain.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

// Pictures in images/, and for each a mask of the same name in one or several folders beside it.
class MaskedSet : public ListedSet {
 public:
  // `folders` that hold masks: all that begin so.
  MaskedSet(const std::string& folder, const std::string& begin, int largest, const ProblemSink& report)
      : ListedSet(folder), begin_(begin) {
    SetDigest digest(folder);
    classes_ = read_names(folder, largest, report, digest);
    const std::map<std::string, std::string> splits = read_splits(folder, report, digest);
    for (const std::string& name : sorted_names(folder, begin, "")) {
      if (has_folder(folder + "/" + name)) mask_folders_.push_back(name);
    }
    const std::vector<std::string> pictures = list_pictures(report);
    expect_pictures(report);
    std::vector<Row> rows;
    for (const std::string& picture : pictures) add_row(picture, splits, report, digest, rows);
    if (rows.empty()) throw Error(ErrorKind::kCorrupt, folder + "/images", "there is no picture with a mask");
    finish(std::move(rows), classes_.index, digest);
  }

 protected:
  uint16_t label_of(int number, const std::string& where) const {
    const auto found = classes_.label_of.find(number);
    if (found != classes_.label_of.end()) return found->second;
    throw Error(ErrorKind::kCorrupt, where, fmt::format("a pixel has the number {}, which is not in names.csv", number),
                "give it a row; with an empty name it is no label");
  }
  // Files of the masks of a row, relative to the set.
  std::vector<std::string> masks_of(int64_t image) const {
    std::vector<std::string> out;
    const std::string stem = without_extension(row(image).info.file.substr(7));
    for (const std::string& from : mask_folders_) {
      const std::string file = from + "/" + stem + ".png";
      if (std::filesystem::exists(std::filesystem::path(folder()) / file)) out.push_back(file);
    }
    return out;
  }

 private:
  // Reports what is no picture and what cannot be told apart.
  std::vector<std::string> list_pictures(const ProblemSink& report) {
    std::vector<std::string> pictures;
    for (const std::string& file : files_below(folder() + "/images")) {
      const auto bad = [&](std::string what) {
        report({Severity::kError, "bad file", "images/" + file, 0, std::move(what)});
      };
      if (!is_picture(file)) {
        bad("this is no picture: its name must end in .jpg, .jpeg or .png");
      } else if (!stems_.insert(without_extension(file)).second) {
        bad("another picture has the same name but for its ending, so that their masks cannot be told apart");
      } else {
        pictures.push_back(file);
      }
    }
    return pictures;
  }

  void expect_pictures(const ProblemSink& report) const {
    for (const std::string& from : mask_folders_) {
      for (const std::string& file : files_below(folder() + "/" + from)) {
        const bool png = file.ends_with(".png");
        if (png && stems_.contains(without_extension(file))) continue;
        report({Severity::kError, "bad file", from + "/" + file, 0,
                png ? "there is no picture of this name in images/" : "a mask must be a PNG, and this is none"});
      }
    }
  }

  void add_row(const std::string& picture, const std::map<std::string, std::string>& splits, const ProblemSink& report,
               SetDigest& digest, std::vector<Row>& rows) {
    Row out;
    out.info.file = "images/" + picture;
    const auto split = splits.find(picture);
    out.info.split = split == splits.end() ? broden_split(picture) : split->second;
    if (!measure_picture(folder(), out.info, {}, report, digest)) return;
    std::string first;
    for (const std::string& from : mask_folders_) {
      const std::string file = fmt::format("{}/{}.png", from, without_extension(picture));
      if (!std::filesystem::exists(std::filesystem::path(folder()) / file)) continue;
      if (first.empty()) first = file;
      digest.add_file(file);
    }
    if (first.empty()) {
      report(
          {Severity::kError, "missing file", out.info.file, 0, fmt::format("there is no mask of it in {}/", begin_)});
      return;
    }
    if (measure_mask(first, out.info, report)) rows.push_back(std::move(out));
  }

  // Masks may be smaller than the picture, of its shape.
  bool measure_mask(const std::string& file, ConceptImage& info, const ProblemSink& report) const {
    try {
      const PictureSize size = picture_size(folder() + "/" + file, {});
      info.label_width = size.width, info.label_height = size.height;
      const int64_t across = int64_t{size.width} * info.height, down = int64_t{size.height} * info.width;
      if (std::llabs(across - down) <= std::max(info.width, info.height)) return true;
      report({Severity::kError, "bad file", file, 0,
              fmt::format("the mask is {} x {} and its picture {} x {}: they must have one shape", size.width,
                          size.height, info.width, info.height)});
    } catch (const Error& error) {
      report({Severity::kError, "bad file", file, 0, complaint_of(error, folder() + "/" + file)});
    }
    return false;
  }

  std::string begin_;
  NumberedClasses classes_;
  std::vector<std::string> mask_folders_;
  std::set<std::string> stems_;
};

bool is_rgb(const std::string& png) { return png.size() > 25 && png[25] == 2; }  // The colour type of its header.

// A label a pixel: the sample of a PNG of one channel, or R + 256 G.
class MaskFolder : public MaskedSet {
 public:
  MaskFolder(const std::string& folder, const ProblemSink& report) : MaskedSet(folder, "masks", 65535, report) {}

  ImageLabels labels(int64_t image) const override {
    const ConceptImage& info = row(image).info;
    ImageLabels out{info.label_width, info.label_height, {}, {}, false};
    for (const std::string& file : masks_of(image)) {
      const std::string path = folder() + "/" + file, bytes = read_mask_png(path, {});
      LabelMap map = is_rgb(bytes) ? decode_label_png(bytes, path) : decode_index_png(bytes, path);
      expect_size(map.width, map.height, {info.label_width, info.label_height}, path, "another mask of the picture");
      for (uint16_t& pixel : map.labels) {
        if (pixel != 0) pixel = label_of(pixel, path);
      }
      out.planes.push_back(std::move(map));
    }
    return out;
  }
};

// Bit k - 1 of a sample of one channel stands for number k; the labels of a pixel are laid one above the other.
class BitMasks : public MaskedSet {
 public:
  BitMasks(const std::string& folder, const ProblemSink& report) : MaskedSet(folder, "bits", 16, report) {}

  ImageLabels labels(int64_t image) const override {
    const ConceptImage& info = row(image).info;
    ImageLabels out{info.label_width, info.label_height, {}, {}, false};
    for (const std::string& file : masks_of(image)) {
      const std::string path = folder() + "/" + file;
      const LabelMap bits = decode_index_png(read_mask_png(path, {}), path);
      expect_size(bits.width, bits.height, {info.label_width, info.label_height}, path, "another mask of the picture");
      add_planes(bits, path, out.planes);
    }
    return out;
  }

 private:
  void add_planes(const LabelMap& bits, const std::string& where, std::vector<LabelMap>& planes) const {
    const size_t first = planes.size();
    for (size_t i = 0; i < bits.labels.size(); ++i) {
      size_t plane = first;
      for (unsigned rest = bits.labels[i]; rest != 0; rest &= rest - 1) {
        const uint16_t label = label_of(std::countr_zero(rest) + 1, where);
        if (label == 0) continue;
        if (plane == planes.size()) planes.emplace_back(bits.width, bits.height);
        planes[plane++].labels[i] = label;
      }
    }
  }
};

template <class Set>
std::unique_ptr<ConceptSet> open_set(const std::string& path, const ProblemSink& report) {
  return report_what_is_thrown(report,
                               [&]() -> std::unique_ptr<ConceptSet> { return std::make_unique<Set>(path, report); });
}

bool has_pictures_and(const std::string& path, const std::string& masks) {
  return has_folder(path + "/images") && has_folder(path + "/" + masks);
}

}  // namespace

const ConceptFormat mask_folder_format{
    "mask_folder", "Your own pictures with index masks: one label a pixel",
    "images/NAME.jpg or .png, masks/NAME.png (a number a pixel, or R + 256 G), names.csv (number,name,category)",
    [](const std::string& path) { return has_pictures_and(path, "masks"); }, open_set<MaskFolder>};

const ConceptFormat bit_masks_format{
    "bit_masks", "Your own pictures with bit masks: several labels a pixel",
    "images/NAME.jpg or .png, bits/NAME.png (bit k - 1 of a grey level is number k), names.csv (number,name,category)",
    [](const std::string& path) { return has_pictures_and(path, "bits"); }, open_set<BitMasks>};

}  // namespace microtome

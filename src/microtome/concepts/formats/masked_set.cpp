// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/masked_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"

namespace microtome::concept_formats {

MaskedSet::MaskedSet(const std::string& folder, const std::string& begin, int largest, const ProblemSink& report)
    : ListedSet(folder), begin_(begin) {
  SetDigest digest(folder);
  classes_ = read_names(folder, largest, report, digest);
  const std::map<std::string, std::string> splits = read_splits(folder, report, digest);
  for (const std::string& name : sorted_names(folder, begin, "")) {
    if (is_folder(folder + "/" + name)) mask_folders_.push_back(name);
  }
  const std::vector<std::string> pictures = list_pictures(report);
  expect_pictures(report);
  std::vector<Row> rows;
  for (const std::string& picture : pictures) add_row(picture, splits, report, digest, rows);
  if (rows.empty()) throw Error(ErrorKind::kCorrupt, folder + "/images", "there is no picture with a mask");
  finish(std::move(rows), classes_.index, digest);
}

uint16_t MaskedSet::label_of(int number, const std::string& where) const {
  const auto found = classes_.label_of.find(number);
  if (found != classes_.label_of.end()) return found->second;
  throw Error(ErrorKind::kCorrupt, where, fmt::format("a pixel has the number {}, which is not in names.csv", number),
              "give it a row; with an empty name it is no label");
}

std::vector<std::string> MaskedSet::masks_of(int64_t image) const {
  std::vector<std::string> out;
  const std::string stem = without_extension(row(image).info.file.substr(7));
  for (const std::string& from : mask_folders_) {
    const std::string file = from + "/" + stem + ".png";
    if (is_there(folder() + "/" + file)) out.push_back(file);
  }
  return out;
}

// Reports what is no picture and what cannot be told apart.
std::vector<std::string> MaskedSet::list_pictures(const ProblemSink& report) {
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

void MaskedSet::expect_pictures(const ProblemSink& report) const {
  for (const std::string& from : mask_folders_) {
    for (const std::string& file : files_below(folder() + "/" + from)) {
      const bool png = file.ends_with(".png");
      if (png && stems_.contains(without_extension(file))) continue;
      report({Severity::kError, "bad file", from + "/" + file, 0,
              png ? "there is no picture of this name in images/" : "a mask must be a PNG, and this is none"});
    }
  }
}

void MaskedSet::add_row(const std::string& picture, const std::map<std::string, std::string>& splits,
                        const ProblemSink& report, SetDigest& digest, std::vector<Row>& rows) {
  Row out;
  out.info.file = "images/" + picture;
  const auto split = splits.find(picture);
  out.info.split = split == splits.end() ? broden_split(picture) : split->second;
  std::string first;
  for (const std::string& from : mask_folders_) {
    const std::string file = fmt::format("{}/{}.png", from, without_extension(picture));
    if (!is_there(folder() + "/" + file)) continue;
    if (first.empty()) first = file;
    digest.add_file(file);
  }
  if (first.empty()) {
    report({Severity::kError, "missing file", out.info.file, 0, fmt::format("there is no mask of it in {}/", begin_)});
    return;
  }
  measure_picture(folder(), out.info, {}, first, digest);
  if (measure_mask(first, out.info, report)) rows.push_back(std::move(out));
}

// Masks may be smaller than the picture, of its shape.
bool MaskedSet::measure_mask(const std::string& file, ConceptImage& info, const ProblemSink& report) const {
  PictureSize size;
  try {
    size = picture_size(folder() + "/" + file, {});
  } catch (const Error&) {
    return true;  // Reading it says what is wrong.
  }
  info.label_width = size.width, info.label_height = size.height;
  if (info.width == 0 || same_shape(size, {info.width, info.height})) return true;
  report({Severity::kError, "bad file", file, 0,
          fmt::format("the mask is {} x {} and its picture {} x {}: they must have one shape", size.width, size.height,
                      info.width, info.height)});
  return false;
}

bool has_pictures_and(const std::string& path, const std::string& masks) {
  return is_folder(path + "/images") && is_folder(path + "/" + masks);
}

}  // namespace microtome::concept_formats

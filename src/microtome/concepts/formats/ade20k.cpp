// SPDX-License-Identifier: Apache-2.0
// ADE20K as it is unpacked, of 2016 and of 2021.
#include "microtome/concepts/formats/ade20k_annotations.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/concepts/formats/text_lines.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

namespace fs = std::filesystem;

struct Split {
  const char* folder;
  const char* name;
};
constexpr Split kAde20kSplits[] = {{"training", "train"}, {"validation", "val"}};

// "images/ADE" of 2021, or "images" of 2016 with its folders of initials; empty when neither is there.
std::string images_of(const std::string& folder) {
  for (std::string below : {"images/ADE", "images"}) {
    for (const Split& split : kAde20kSplits) {
      const std::string place = folder + "/" + below + "/" + split.folder;
      for (const std::string& name : sorted_names(place, "", "")) {
        if (name.starts_with(".")) continue;
        if (is_folder(place + "/" + name)) return below;
        break;
      }
    }
  }
  return {};
}

// Of a list with commas.
std::vector<std::string> all_names(const std::string& names) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    out.emplace_back(trimmed(std::string_view(names).substr(begin, end - begin)));
    begin = end + 1;
  }
  return out;
}

std::string first_name(const std::string& names) { return std::string(trimmed(names.substr(0, names.find(',')))); }

int class_of(const uint8_t* rgb) { return rgb[0] / 10 * 256 + rgb[1]; }

const char* category_of(int level) { return level == 0 ? "object" : "part"; }

// Sorts as the number does.
std::string key_of(int number) { return fmt::format("{:05}", number); }

class AdeSet : public ListedSet {
 public:
  AdeSet(const std::string& folder, const ProblemSink&)
      : ListedSet(folder), images_(images_of(folder)), by_class_(images_ == "images/ADE") {
    SetDigest digest(folder);
    std::vector<Row> rows;
    for (const Split& split : kAde20kSplits) list_split(split, rows);
    if (rows.empty()) throw Error(ErrorKind::kNotFound, folder + "/" + images_, "there is no picture (*.jpg) in it");
    for (const Row& row : rows) read_names(row, digest);
    finish(std::move(rows), name_labels(), digest);
  }

  ImageLabels labels(int64_t image) const override {
    const Row& from = row(image);
    const AdeAnnotation annotation = read_annotation(from);
    const std::string stem = folder() + "/" + stem_of(from);
    ImageLabels out{from.info.label_width, from.info.label_height, {}, {}, false};
    out.planes.push_back(read_plane(from, stem + "_seg.png", 0, annotation));
    for (int level = 1; is_there(parts_of(stem, level)); ++level) {
      out.planes.push_back(read_plane(from, parts_of(stem, level), level, annotation));
    }
    const std::string scene = scene_of(from, annotation);
    if (!scene.empty()) out.whole_image.push_back(vocabulary_.label("scene", scene));
    return out;
  }

 private:
  static std::string stem_of(const Row& row) { return row.info.file.substr(0, row.info.file.size() - 4); }
  static std::string parts_of(const std::string& stem, int level) {
    return fmt::format("{}_parts_{}.png", stem, level);
  }
  std::string table_of(const Row& row) const { return stem_of(row) + (by_class_ ? ".json" : "_atr.txt"); }

  void list_split(const Split& split, std::vector<Row>& rows) const {
    const fs::path root = folder(), top = root / images_ / split.folder;
    if (!is_folder(top.string())) return;
    std::error_code failed, ignored;
    std::vector<std::string> files;
    fs::recursive_directory_iterator at(top, failed);
    for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
      // X/ beside X.jpg holds masks of single instances, hundreds of thousands in all.
      if (at->is_directory(ignored) && fs::exists(at->path().string() + ".jpg", ignored))
        at.disable_recursion_pending();
      if (at->path().extension() == ".jpg") files.push_back(at->path().lexically_relative(root).generic_string());
    }
    if (failed) throw Error(ErrorKind::kIo, top.string(), "a folder in it cannot be read: " + failed.message());
    std::sort(files.begin(), files.end());
    for (std::string& file : files) {
      Row out;
      out.info.file = std::move(file);
      out.info.split = split.name;
      measure(out);
      rows.push_back(std::move(out));
    }
  }

  // One of picture and mask may be unreadable: reading that one says so.
  void measure(Row& row) const {
    const std::string file = stem_of(row) + "_seg.png";
    measure_listed_picture(folder(), row.info, {}, file);
    PictureSize mask;
    try {
      mask = picture_size(folder() + "/" + file, {});
    } catch (const Error&) {
      mask = {row.info.width, row.info.height};
    }
    if (row.info.width == 0) row.info.width = mask.width, row.info.height = mask.height;
    row.info.label_width = mask.width, row.info.label_height = mask.height;
  }

  AdeAnnotation read_annotation(const Row& row) const {
    const std::string path = folder() + "/" + table_of(row);
    const std::string bytes = read_listed(path, "of " + row.info.file);
    return by_class_ ? parse_ade_json(bytes, path) : parse_ade_attributes(bytes, path);
  }

  std::string scene_of(const Row& row, const AdeAnnotation& annotation) const {
    std::string scene = annotation.scene;
    if (!by_class_) {
      const fs::path folders = fs::path(row.info.file).parent_path().lexically_relative(images_);
      const std::string text = folders.generic_string();
      scene = ade_scene_of_folder(std::string_view(text).substr(std::min(text.find('/'), text.size() - 1) + 1));
    }
    return scene.empty() ? scene : scene + "-s";
  }

  std::string key(const AdeObject& object) const { return by_class_ ? key_of(object.number) : object.names; }

  void read_names(const Row& row, SetDigest& digest) {
    const std::string path = folder() + "/" + table_of(row);
    const std::string bytes = read_listed(path, "of " + row.info.file);
    digest.add_table(table_of(row), bytes);
    digest.add_file(row.info.file);
    digest.add_file(stem_of(row) + "_seg.png");
    for (int level = 1; is_there(parts_of(folder() + "/" + stem_of(row), level)); ++level) {
      digest.add_file(parts_of(stem_of(row), level));
    }
    const AdeAnnotation annotation = by_class_ ? parse_ade_json(bytes, path) : parse_ade_attributes(bytes, path);
    for (const AdeObject& object : annotation.objects) {
      if (by_class_ && object.number == 0) continue;
      const auto known = full_names_[category_of(object.level)].emplace(key(object), object.names);
      if (!known.second && known.first->second != object.names) {
        throw Error(ErrorKind::kCorrupt, path,
                    fmt::format("class {} is \"{}\" here and \"{}\" in another file", object.number, object.names,
                                known.first->second));
      }
    }
    const std::string scene = scene_of(row, annotation);
    if (!scene.empty()) full_names_["scene"].emplace(scene, scene);
  }

  // A class is called by the first of its names, by all of them when another class of its category begins the same, and
  // with its number when all are the same.
  ConceptIndex name_labels() {
    for (const auto& [category, classes] : full_names_) {
      std::map<std::string, int> firsts, wholes;
      for (const auto& [key, names] : classes) ++firsts[first_name(names)], ++wholes[names];
      for (const auto& [key, names] : classes) {
        std::string name = firsts[first_name(names)] == 1 ? first_name(names) : names;
        if (wholes[names] > 1)
          name = fmt::format("{} {}", names, key.substr(std::min(key.find_first_not_of('0'), key.size())));
        vocabulary_.add(category, key, name, all_names(names));
      }
    }
    return vocabulary_.index(folder());
  }

  LabelMap read_plane(const Row& from, const std::string& path, int level, const AdeAnnotation& annotation) const {
    const std::string where = place_of(path, "of " + from.info.file);
    const Image colours = decode_image(read_mask_png(path, "of " + from.info.file), where);
    expect_size(colours.width, colours.height, {from.info.label_width, from.info.label_height}, where,
                level == 0 ? "its header" : "the _seg.png");
    return by_class_ ? plane_by_class(colours, level, where) : plane_by_instance(colours, level, annotation, where);
  }

  // 2021: the classes of the mask are the numbers of the json.
  LabelMap plane_by_class(const Image& colours, int level, const std::string& where) const {
    LabelMap plane(colours.width, colours.height);
    int last = 0;
    uint16_t label = 0;
    for (size_t i = 0; i < plane.labels.size(); ++i) {
      const int number = class_of(colours.pixels.data() + 3 * i);
      if (number != last) {
        label = number == 0 ? uint16_t{0} : vocabulary_.label(category_of(level), key_of(number));
        if (number != 0 && label == 0) {
          throw Error(ErrorKind::kCorrupt, where, fmt::format("a pixel is of class {}, which no json names", number));
        }
        last = number;
      }
      plane.labels[i] = label;
    }
    return plane;
  }

  // 2016: the names of classes are in a file that lists instances, so they go by instance: the blue levels of a mask,
  // in rising order, are its instances 1, 2, 3, ...
  LabelMap plane_by_instance(const Image& colours, int level, const AdeAnnotation& annotation,
                             const std::string& where) const {
    const std::array<int, 256> instances = number_instances(colours);
    std::array<uint16_t, 257> labels{};
    for (const AdeObject& object : annotation.objects) {
      if (object.level != level || object.number >= static_cast<int>(labels.size())) continue;
      labels[static_cast<size_t>(object.number)] = vocabulary_.label(category_of(level), object.names);
    }
    LabelMap plane(colours.width, colours.height);
    std::map<int, uint16_t> label_of_class;
    for (size_t i = 0; i < plane.labels.size(); ++i) {
      const uint8_t* rgb = colours.pixels.data() + 3 * i;
      const int number = class_of(rgb), instance = instances[rgb[2]];
      if (number == 0) continue;
      const uint16_t label = labels[static_cast<size_t>(instance)];
      if (label == 0) {
        throw Error(ErrorKind::kCorrupt, where,
                    fmt::format("instance {} of level {} is not in the _atr.txt", instance, level));
      }
      if (label_of_class.emplace(number, label).first->second != label) {
        throw Error(
            ErrorKind::kCorrupt, where,
            fmt::format("class {} has two names in the _atr.txt, one of them at instance {}", number, instance));
      }
      plane.labels[i] = label;
    }
    return plane;
  }

  static std::array<int, 256> number_instances(const Image& colours) {
    std::array<int, 256> numbers{};
    for (size_t i = 0; i < colours.pixels.size(); i += 3) {
      const uint8_t* rgb = colours.pixels.data() + i;
      if (class_of(rgb) != 0) numbers[rgb[2]] = 1;
    }
    int count = 0;
    for (int& number : numbers) {
      if (number != 0) number = ++count;
    }
    return numbers;
  }

  std::string images_;
  bool by_class_;  // The release of 2021.
  std::map<std::string, std::map<std::string, std::string>> full_names_;
  LabelNumbers<std::string> vocabulary_;
};

}  // namespace

extern const ConceptFormat ade20k;
const ConceptFormat ade20k = {
    "ade20k", "ADE20K (2016 and 2021): objects, parts by level, scenes",
    "images/training/A/SCENE/*.jpg with *_seg.png, *_parts_N.png and *_atr.txt, or images/ADE/training/ with *.json",
    [](const std::string& path) { return !images_of(path).empty(); }, open_as<AdeSet>};

}  // namespace microtome::concept_formats

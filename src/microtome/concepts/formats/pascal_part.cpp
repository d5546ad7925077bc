// SPDX-License-Identifier: Apache-2.0
// PASCAL-Part: parts of objects, in MATLAB files.
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/pascal_mats.h"
#include "microtome/concepts/formats/pascal_names.h"
#include "microtome/concepts/formats/set_digest.h"
#include "microtome/concepts/formats/set_files.h"

namespace microtome::concept_formats {
namespace {

using Kind = MatlabArray::Kind;

// "" or "part/": where Annotations_Part/ is; nothing when it is not there.
std::optional<std::string> part_folder(const std::string& folder) {
  for (const std::string below : {"", "part/"}) {
    if (is_folder(folder + "/" + below + "Annotations_Part")) return below;
  }
  return std::nullopt;
}

std::string airplane(std::string_view name) { return name == "aeroplane" ? "airplane" : std::string(name); }

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, where, what);
}

const MatlabArray& field(const MatlabArray& from, int64_t i, const char* name, Kind kind, const std::string& where) {
  const MatlabArray* found = from.field(i, name);
  if (!found) fail(where, fmt::format("there is no field \"{}\"", name));
  if (found->kind != kind) fail(where, fmt::format("the field \"{}\" is of another kind than it should be", name));
  return *found;
}

// The elements of a struct array; none for [], which is how MATLAB saves "no parts".
int64_t elements(const MatlabArray* array, const char* name, const std::string& where) {
  if (!array) fail(where, fmt::format("there is no field \"{}\"", name));
  if (array->kind == Kind::kStruct) return array->count;
  if (array->kind == Kind::kNumeric && array->count == 0) return 0;
  fail(where, fmt::format("the field \"{}\" is no struct array", name));
}

// Annotations_Part/*.mat with objects and their parts.
class PartSet : public PascalMatSet {
 public:
  PartSet(const std::string& folder, const ProblemSink&)
      : PascalMatSet(folder, part_folder(folder).value_or("") + "Annotations_Part") {
    for (const std::string_view name : kPascalClasses) vocabulary_.add("object", airplane(name), airplane(name));
    for (const std::string& name : pascal_part_names()) vocabulary_.add("part", name, name);
    ConceptIndex index = vocabulary_.index(folder);
    SetDigest digest(folder);
    std::vector<Row> rows = list_rows(digest);
    finish(std::move(rows), std::move(index), digest);
  }

  // The plane of objects and, if there are any, that of parts. What comes later in the file covers what came before.
  ImageLabels labels(int64_t image) const override {
    const Row& from = row(image);
    const std::string where = mat_of(from);
    const std::vector<MatlabArray> variables = read_mat(from);
    const MatlabArray& anno = matlab_variable(variables, "anno", where);
    if (anno.kind != Kind::kStruct || anno.count != 1) fail(where, "\"anno\" is no struct");
    LabelMap objects(from.info.label_width, from.info.label_height), parts = objects;
    bool any_part = false;
    const MatlabArray* list = anno.field(0, "objects");
    const int64_t count = elements(list, "objects", where + ": anno");
    for (int64_t i = 0; i < count; ++i) {
      const std::string place = fmt::format("{}: object {}", where, i + 1);
      const std::string& name = field(*list, i, "class", Kind::kText, place).text;
      const uint16_t label = vocabulary_.label("object", airplane(name));
      if (label == 0) fail(place, fmt::format("there is no class \"{}\"", name));
      paint(field(*list, i, "mask", Kind::kNumeric, place), label, objects, place);
      any_part = draw_parts(list->field(i, "parts"), parts, place) || any_part;
    }
    ImageLabels out{objects.width, objects.height, {}, {}, false};
    if (count > 0) out.planes.push_back(std::move(objects));
    if (any_part) out.planes.push_back(std::move(parts));
    return out;
  }

 private:
  bool draw_parts(const MatlabArray* list, LabelMap& plane, const std::string& object) const {
    const int64_t count = elements(list, "parts", object);
    for (int64_t i = 0; i < count; ++i) {
      const std::string place = fmt::format("{}, part {}", object, i + 1);
      const std::string& raw = field(*list, i, "part_name", Kind::kText, place).text;
      const std::optional<std::string> name = pascal_part_name(raw);
      if (!name) fail(place, fmt::format("there is no part \"{}\"", raw));
      // A side of a bus is no part with a name; it hides what it covers all the same.
      const uint16_t label = name->empty() ? uint16_t{0} : vocabulary_.label("part", *name);
      paint(field(*list, i, "mask", Kind::kNumeric, place), label, plane, place);
    }
    return count > 0;
  }

  static void paint(const MatlabArray& mask, uint16_t label, LabelMap& plane, const std::string& where) {
    if (!mask.is_matrix(plane.height, plane.width)) {
      const bool flat = mask.dims.size() == 2;
      fail(where, fmt::format("its mask is {} x {}, the picture {} x {}", flat ? mask.dims[1] : 0,
                              flat ? mask.dims[0] : 0, plane.width, plane.height));
    }
    for (int x = 0; x < plane.width; ++x) {
      for (int y = 0; y < plane.height; ++y) {
        if (mask.number(int64_t{x} * plane.height + y) != 0) plane.at(x, y) = label;
      }
    }
  }

  LabelNumbers<std::string> vocabulary_;
};

}  // namespace

extern const ConceptFormat pascal_part;
const ConceptFormat pascal_part = {
    "pascal_part", "PASCAL-Part: objects and their parts on VOC's pictures",
    "JPEGImages/*.jpg, and here or in part/: Annotations_Part/*.mat",
    [](const std::string& path) { return is_folder(path + "/JPEGImages") && part_folder(path).has_value(); },
    open_as<PartSet>};

}  // namespace microtome::concept_formats

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/json_text.h"
#include "microtome/base/plain_text.h"
#include "microtome/concepts/formats/ade20k_annotations.h"
#include "microtome/concepts/formats/csv.h"
#include "microtome/concepts/formats/json_rows.h"
#include "microtome/concepts/formats/text_lines.h"

namespace microtome::concept_formats {
namespace {

constexpr int64_t kMostInstances = 65535;  // Of a picture; some have more than the blue channel can tell apart.
constexpr int64_t kDeepestLevel = 9;
constexpr int64_t kLargestClass = 25 * 256 + 255;  // What R // 10 and G can say.

// The fields between the '#' of a line, blanks taken off.
std::vector<std::string> hash_fields(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    const size_t end = fields.size() == 5 ? line.size() : std::min(line.find('#'), line.size());
    fields.emplace_back(trimmed(line.substr(0, end)));
    if (end == line.size()) return fields;
    line.remove_prefix(end + 1);
  }
}

std::string latin1_as_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) out += static_cast<char>(0xc0 | byte >> 6);
    out += byte < 0x80 ? c : static_cast<char>(0x80 | (byte & 0x3f));
  }
  return out;
}

// The release of 2016 has some names in Latin-1.
std::string with_latin1(const std::string& text) { return is_utf8(text) ? text : latin1_as_utf8(text); }

// The last, and narrowest, name of "scene".
std::string scene_of(const JsonRow& annotation) {
  if (!annotation.has("scene")) return {};
  const nlohmann::json& scene = annotation.value("scene");
  if (scene.is_null() || (scene.is_array() && scene.empty())) return {};
  const nlohmann::json& last = scene.is_array() ? scene.back() : scene;
  if (!last.is_string()) annotation.fail("\"scene\" holds something else than names");
  const std::string name = last.get<std::string>();
  return name.starts_with('~') ? std::string() : name;
}

AdeObject object_of(const nlohmann::json& json, const std::string& where, size_t position) {
  JsonRow row(json, where, fmt::format("object at position {}", position));
  row.set_place(fmt::format("object {}", row.integer("id", 0, INT32_MAX)));
  AdeObject out;
  out.names = row.text("name");
  out.number = static_cast<int>(row.integer("name_ndx", 0, kLargestClass));
  const JsonRow parts(row.value("parts"), where, row.place() + ", parts");
  out.level = static_cast<int>(parts.integer("part_level", 0, kDeepestLevel));
  return out;
}

}  // namespace

AdeAnnotation parse_ade_attributes(const std::string& bytes, const std::string& where) {
  AdeAnnotation out;
  int line = 0;
  for (const std::string& text : text_lines(with_latin1(bytes))) {
    ++line;
    if (text.empty()) continue;
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorKind::kCorrupt, fmt::format("{}:{}", where, line), what);
    };
    const std::vector<std::string> fields = hash_fields(text);
    if (fields.size() != 6) fail(fmt::format("the line has {} fields between '#', not 6", fields.size()));
    const auto instance = parse_integer(fields[0]), level = parse_integer(fields[1]);
    if (!instance || *instance < 1 || *instance > kMostInstances) {
      fail(fmt::format("\"{}\" is no instance number from 1 to {}", fields[0], kMostInstances));
    }
    if (!level || *level < 0 || *level > kDeepestLevel) fail(fmt::format("\"{}\" is no part level", fields[1]));
    if (fields[3].empty()) fail("the object has no name");
    for (const AdeObject& other : out.objects) {
      if (other.level == *level && other.number == *instance) {
        fail(fmt::format("instance {} of level {} is there twice", *instance, *level));
      }
    }
    out.objects.push_back({static_cast<int>(*level), static_cast<int>(*instance), fields[3]});
  }
  return out;
}

AdeAnnotation parse_ade_json(const std::string& bytes, const std::string& where) {
  const auto document = parse_json<nlohmann::json>(with_latin1(bytes), where);
  const JsonRow root(document, where, "the document");
  const JsonRow annotation(root.value("annotation"), where, "annotation");
  AdeAnnotation out;
  out.scene = scene_of(annotation);
  // A picture with one object may have it without the brackets of a list.
  const nlohmann::json& objects = annotation.value("object");
  if (objects.is_object()) {
    out.objects.push_back(object_of(objects, where, 0));
  } else {
    for (const nlohmann::json& object : annotation.array("object")) {
      out.objects.push_back(object_of(object, where, out.objects.size()));
    }
  }
  return out;
}

std::string ade_scene_of_folder(std::string_view folder) {
  const size_t slash = folder.find('/');
  if (slash != 1) return {};
  std::string scene(folder.substr(2));
  if (scene.starts_with('~')) return {};
  std::replace(scene.begin(), scene.end(), '/', '-');
  return scene;
}

}  // namespace microtome::concept_formats

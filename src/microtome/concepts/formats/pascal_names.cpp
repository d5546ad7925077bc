// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "microtome/base/file.h"
#include "microtome/base/path.h"
#include "microtome/concepts/formats/pascal_names.h"
#include "microtome/concepts/formats/text_lines.h"

namespace microtome::concept_formats {
namespace {

struct PartWords {
  std::string_view part, words;
};

// What the abbreviations of PASCAL-Part's annotations stand for.
constexpr PartWords kParts[] = {
    {"backside", "back side"},
    {"beak", "beak"},
    {"bliplate", "back license plate"},
    {"body", "body"},
    {"bwheel", "back wheel"},
    {"cap", "cap"},
    {"cbackside", "coach back side"},
    {"cfrontside", "coach front side"},
    {"chainwheel", "chain wheel"},
    {"cleftside", "coach left side"},
    {"coach", "coach"},
    {"crightside", "coach right side"},
    {"croofside", "coach roof side"},
    {"door", "door"},
    {"engine", "engine"},
    {"fliplate", "front license plate"},
    {"frontside", "front side"},
    {"fwheel", "front wheel"},
    {"hair", "hair"},
    {"handlebar", "handle bar"},
    {"hbackside", "head back side"},
    {"head", "head"},
    {"headlight", "headlight"},
    {"hfrontside", "head front side"},
    {"hleftside", "head left side"},
    {"hrightside", "head right side"},
    {"hroofside", "head roof side"},
    {"lbho", "left back hoof"},
    {"lbleg", "left back leg"},
    {"lblleg", "left back lower leg"},
    {"lbpa", "left back paw"},
    {"lbuleg", "left back upper leg"},
    {"lear", "left ear"},
    {"lebrow", "left eyebrow"},
    {"leftmirror", "left mirror"},
    {"leftside", "left side"},
    {"leye", "left eye"},
    {"lfho", "left front hoof"},
    {"lfleg", "left front leg"},
    {"lflleg", "left front lower leg"},
    {"lfoot", "left foot"},
    {"lfpa", "left front paw"},
    {"lfuleg", "left front upper leg"},
    {"lhand", "left hand"},
    {"lhorn", "left horn"},
    {"llarm", "left lower arm"},
    {"lleg", "left leg"},
    {"llleg", "left lower leg"},
    {"luarm", "left upper arm"},
    {"luleg", "left upper leg"},
    {"lwing", "left wing"},
    {"mouth", "mouth"},
    {"muzzle", "muzzle"},
    {"neck", "neck"},
    {"nose", "nose"},
    {"plant", "plant"},
    {"pot", "pot"},
    {"rbho", "right back hoof"},
    {"rbleg", "right back leg"},
    {"rblleg", "right back lower leg"},
    {"rbpa", "right back paw"},
    {"rbuleg", "right back upper leg"},
    {"rear", "right ear"},
    {"rebrow", "right eyebrow"},
    {"reye", "right eye"},
    {"rfho", "right front hoof"},
    {"rfleg", "right front leg"},
    {"rflleg", "right front lower leg"},
    {"rfoot", "right foot"},
    {"rfpa", "right front paw"},
    {"rfuleg", "right front upper leg"},
    {"rhand", "right hand"},
    {"rhorn", "right horn"},
    {"rightmirror", "right mirror"},
    {"rightside", "right side"},
    {"rlarm", "right lower arm"},
    {"rleg", "right leg"},
    {"rlleg", "right lower leg"},
    {"roofside", "roof side"},
    {"ruarm", "right upper arm"},
    {"ruleg", "right upper leg"},
    {"rwing", "right wing"},
    {"saddle", "saddle"},
    {"screen", "screen"},
    {"stern", "stern"},
    {"tail", "tail"},
    {"torso", "torso"},
    {"wheel", "wheel"},
    {"window", "window"},
};

constexpr std::string_view kAdjectives[] = {"left", "right", "front", "back", "upper", "lower", "side"};

std::string without_adjectives(std::string_view words) {
  std::string kept;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (std::find(std::begin(kAdjectives), std::end(kAdjectives), word) != std::end(kAdjectives)) continue;
    if (!kept.empty()) kept += ' ';
    kept += word;
  }
  return kept;
}

}  // namespace

std::optional<std::string> pascal_part_name(std::string_view part) {
  const size_t number = part.find_last_not_of("0123456789");
  if (number != std::string_view::npos && number + 1 < part.size() && part[number] == '_')
    part = part.substr(0, number);
  for (const PartWords& known : kParts) {
    if (known.part == part) return without_adjectives(known.words);
  }
  return std::nullopt;
}

std::vector<std::string> pascal_part_names() {
  std::set<std::string> names;
  for (const PartWords& known : kParts) names.insert(without_adjectives(known.words));
  names.erase("");
  return {names.begin(), names.end()};
}

std::unordered_map<std::string, std::string> pascal_splits(const std::string& folder) {
  std::unordered_map<std::string, std::string> splits;
  for (const std::string split : {"train", "val"}) {
    const std::string file = folder + "/ImageSets/Main/" + split + ".txt";
    if (!is_there(file)) continue;
    for (const std::string& line : text_lines(read_file(file))) {
      if (!line.empty()) splits.emplace(line.substr(0, line.find(' ')), split);
    }
  }
  return splits;
}

}  // namespace microtome::concept_formats

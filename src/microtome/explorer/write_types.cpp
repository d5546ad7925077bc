// SPDX-License-Identifier: Apache-2.0
// Writes the types of findings for the front end: fields and their help are those of the structs (base/finding.h).
// Usage: microtome_write_types FILE.ts
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/base/finding.h"
#include "microtome/dissect/detectors.h"
#include "microtome/dissect/findings.h"

namespace microtome {
namespace {

// Labels and categories as numbers, or, for people, by name. In a document what is absent is left out.
enum class Labels { kNumbers, kNames, kDocument };

template <class T>
constexpr const char* kTypeName = "";
template <>
constexpr const char* kTypeName<ConceptMeasures> = "Measures";
template <>
constexpr const char* kTypeName<ConceptScore> = "Score";
template <>
constexpr const char* kTypeName<HeldOutScore> = "HeldOutScore";
template <>
constexpr const char* kTypeName<BootstrapInterval> = "BootstrapInterval";
template <>
constexpr const char* kTypeName<Significance> = "Significance";
template <>
constexpr const char* kTypeName<TailScore> = "TailScore";
template <>
constexpr const char* kTypeName<FormulaScore> = "FormulaScore";
template <>
constexpr const char* kTypeName<RangeScore> = "RangeScore";
template <>
constexpr const char* kTypeName<ScoreTrial> = "ScoreTrial";
template <>
constexpr const char* kTypeName<Histogram> = "Histogram";
template <>
constexpr const char* kTypeName<Exemplar> = "Exemplar";
template <>
constexpr const char* kTypeName<DetectorCount> = "Counts";
template <>
constexpr const char* kTypeName<DetectorCount::Category> = "CategoryCount";
template <>
constexpr const char* kTypeName<AtlasNetwork> = "Network";
template <>
constexpr const char* kTypeName<Provenance> = "Run";
template <>
constexpr const char* kTypeName<PictureFacts> = "Facts";

template <class T>
std::string type_of(Labels labels) {
  if constexpr (kIsLabel<T> || kIsCategory<T>) {
    return labels == Labels::kNames ? "string | null" : "number";
  } else if constexpr (kIsPacked<T> || kIsDocument<T>) {
    return type_of<std::remove_cvref_t<decltype(std::declval<T>().value)>>(labels);
  } else if constexpr (std::is_same_v<T, ConceptScore>) {
    return labels == Labels::kNames ? "NamedScore" : "Score";
  } else if constexpr (Finding<T>) {
    return kTypeName<T>;
  } else if constexpr (kIsOptional<T>) {
    const bool bare = Finding<typename T::value_type> || labels == Labels::kDocument;
    return bare ? type_of<typename T::value_type>(labels) : "number | null";
  } else if constexpr (kIsList<T>) {
    const std::string item = type_of<typename T::value_type>(labels);
    return item.find(' ') == std::string::npos ? item + "[]" : "(" + item + ")[]";
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (std::is_integral_v<T>) {
    return "number";
  } else if constexpr (std::is_floating_point_v<T>) {
    return labels == Labels::kDocument ? "number" : "number | null";
  } else if constexpr (std::is_same_v<T, Sign>) {
    return "Sign";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "string";
  } else {
    return "Record<string, unknown>";
  }
}

// Optional findings and lists of them are left out where there is none.
template <class T>
constexpr bool may_lack() {
  if constexpr (kIsOptional<T> || kIsList<T>) return Finding<typename T::value_type>;
  return false;
}

// `only`: names of the fields, all when empty.
template <class T>
std::string interface_of(const std::string& name, Labels labels, const std::vector<std::string>& only = {},
                         const std::string& first = "") {
  std::string out = fmt::format("\nexport interface {} {{\n{}", name, first);
  T finding{};
  T::fields(finding, [&]<class V>(const Field& field, V&&) {
    using Value = std::remove_cvref_t<V>;
    if (!only.empty() && std::ranges::find(only, field.name) == only.end()) return;
    const bool may = labels == Labels::kDocument || (may_lack<Value>() && !std::is_same_v<T, DetectorCount>);
    if constexpr (requires { type_of<Value>(labels); }) {
      out += fmt::format("  {}{}: {}; // {}\n", field.name, may ? "?" : "", type_of<Value>(labels), field.help);
    }
  });
  return out + "}\n";
}

std::string types() {
  constexpr Labels kNumbers = Labels::kNumbers, kNames = Labels::kNames;
  std::string out =
      "// SPDX-License-Identifier: Apache-2.0\n// Written by microtome_write_types from the fields of findings.\n\n"
      "export type Sign = 1 | -1;\n";
  out += interface_of<ConceptMeasures>("Measures", kNumbers);
  out += interface_of<ConceptScore>(
      "Score", kNumbers, {"label", "category", "intersection", "activation", "truth", "images", "iou", "ceiling"});
  out += interface_of<ConceptScore>("NamedScore", kNames, {"label", "category", "iou", "ceiling"});
  out += interface_of<HeldOutScore>("HeldOutScore", kNames);
  out += interface_of<BootstrapInterval>("BootstrapInterval", kNames);
  out += interface_of<Significance>("Significance", kNames);
  out += interface_of<TailScore>("TailScore", kNames);
  out += interface_of<FormulaScore>("FormulaScore", kNames);
  out += interface_of<RangeScore>("RangeScore", kNames);
  out += interface_of<ScoreTrial>("ScoreTrial", kNames);
  out += interface_of<UnitDissection>(
      "Statistics", kNames, {"held_out", "interval", "significance", "tails", "formulas", "ranges", "selfcheck"},
      "  verdict: string; // What is said of the unit\n  measures: Measures; // Of its best concept\n");
  out += interface_of<Histogram>("Histogram", kNumbers);
  out += interface_of<DetectorCount::Category>("CategoryCount", kNumbers);
  out += interface_of<DetectorCount>("Counts", kNumbers);
  out += interface_of<AtlasNetwork>("Network", kNumbers);
  out += interface_of<Provenance>("Run", kNumbers);
  out += interface_of<PictureFacts>("Facts", Labels::kDocument);
  out += interface_of<AtlasPicture>(
      "Picture", kNumbers,
      {"variant", "objective", "width", "height", "score", "activation", "best_exemplar", "activation_ratio", "status",
       "facts", "curve"},
      "  id: number; // Of the stored picture\n  sign: Sign; // Says nothing in a visualization of no single unit\n"
      "  frames: number[]; // Steps whose pictures were kept\n");
  return out;
}

}  // namespace
}  // namespace microtome

int main(int count, char** words) {
  if (count != 2) return 2;
  std::ofstream file(words[1], std::ios::binary);
  file << microtome::types();
  return file.flush() ? 0 : 1;
}

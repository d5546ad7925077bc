// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/found_preprocessing.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/json_text.h"
#include "microtome/network/ops/operator.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

using Metadata = std::map<std::string, std::string>;

std::string text_at(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

Preprocessing pixels_from(const std::string& name, double low, double high) {
  return {.name = name, .low = low, .high = high, .mean = {}, .deviation = {}};
}

std::optional<Preprocessing> from_metadata(const Metadata& metadata) {
  const std::string range = text_at(metadata, "Image.NominalPixelRange");
  std::optional<Preprocessing> found;
  if (range == "NominalRange_0_255") found = pixels_from("stored", 0, 255);
  if (range == "Normalized_0_1") found = pixels_from("stored", 0, 1);
  if (range == "Normalized_1_1") found = pixels_from("stored", -1, 1);
  if (range == "NominalRange_16_235") found = pixels_from("stored", 16, 235);
  if (found) found->bgr = text_at(metadata, "Image.BitmapPixelFormat").starts_with("Bgr");
  const bool ultralytics = text_at(metadata, "author") == "Ultralytics";
  return found || !ultralytics ? found : pixels_from("stored", 0, 1);
}

// A length that is a number, or the member of an object.
int length_of(const Json& size, const char* member) {
  const Json& length = size.is_object() && size.contains(member) ? size.at(member) : size;
  return length.is_number_integer() && length > 0 && length <= 16384 ? length.get<int>() : 0;
}

void read_numbers(const Json& json, const char* key, std::vector<double>& into) {
  if (json.contains(key) && json.at(key).is_array()) json.at(key).get_to(into);
}

// Hugging Face's image processors.
Preprocessing from_processor(const Json& json) {
  const double factor = json.value("rescale_factor", 1 / 255.0);
  const double high = json.value("do_rescale", true) ? 255 * factor : 255;
  Preprocessing found = pixels_from("preprocessor_config.json", 0, high);
  if (json.value("do_normalize", true)) {
    read_numbers(json, "image_mean", found.mean);
    read_numbers(json, "image_std", found.deviation);
  }
  const Json size = json.value("size", Json());
  const int whole = length_of(size, "height"), shortest = length_of(size, "shortest_edge");
  const int crop = json.value("do_center_crop", true) ? length_of(json.value("crop_size", Json()), "height") : 0;
  found.side = crop > 0 ? crop : whole > 0 ? whole : shortest;
  found.resize_short = shortest;
  if (crop == 0 && json.contains("crop_pct") && json.at("crop_pct").is_number()) {
    found.resize_short = static_cast<int>(found.side / json.at("crop_pct").get<double>());
  }
  return found;
}

Preprocessing from_timm(const Json& config) {
  const Json& json = config.at("pretrained_cfg");
  Preprocessing found = pixels_from("config.json", 0, 1);
  read_numbers(json, "mean", found.mean);
  read_numbers(json, "std", found.deviation);
  const Json size = json.value("input_size", Json());
  if (size.is_array() && size.size() == 3) found.side = length_of(size.at(1), "");
  const double share = json.value("crop_pct", 0.875);
  if (share > 0.1 && share <= 1) found.resize_short = static_cast<int>(found.side / share);
  return found;
}

bool is_sound(const Preprocessing& p) {
  const auto finite = [](double x) { return std::isfinite(x); };
  const bool lists = (p.mean.empty() || p.mean.size() == 1 || p.mean.size() == 3) &&
                     (p.deviation.empty() || p.deviation.size() == 1 || p.deviation.size() == 3);
  return lists && p.low < p.high && finite(p.high) && std::ranges::all_of(p.mean, finite) &&
         std::ranges::all_of(p.deviation, [&](double x) { return finite(x) && x > 0; });
}

// What a reader finds in a file of this name in the network's folder or, where that is called "onnx", in the one above
// too, as models are published; the first that finds something.
// A file of another tool, or a damaged one, says nothing, and what is not said is asked for as ever.
template <class Found>
std::optional<Found> read_beside(const std::string& path, const char* name, Found (*read)(const Json&),
                                 bool (*sound)(const Found&)) {
  std::error_code failed;
  const auto folder = std::filesystem::absolute(path, failed).parent_path();
  for (const auto& place : {folder, folder.filename() == "onnx" ? folder.parent_path() : folder}) {
    const std::filesystem::path file = place / name;
    if (!std::filesystem::is_regular_file(file, failed)) continue;
    try {
      Found found = read(parse_json(read_file(file.string()), file.string()));
      if (sound(found)) return found;
    } catch (const std::exception&) {
    }
  }
  return std::nullopt;
}

// Hugging Face's config.json.
std::vector<std::string> from_labels(const Json& json) {
  const Json& labels = json.at("id2label");
  std::vector<std::string> classes(labels.size());
  for (const auto& [index, name] : labels.items()) classes.at(std::stoul(index)) = name.get<std::string>();
  return classes;
}

// y = scale * x + shift as the first nodes compute it, channels averaged.
struct Affine {
  double scale = 1, shift = 0;
  bool any = false;

  void add(const std::string& op, double number, bool number_first) {
    any = true;
    if (op == "Add") shift += number;
    if (op == "Sub") shift = number_first ? number - shift : shift - number;
    if (op == "Sub" && number_first) scale = -scale;
    if (op == "Mul") scale *= number, shift *= number;
    if (op == "Div") scale /= number, shift /= number;
  }
};

bool is_one_of(const std::string& op, std::initializer_list<const char*> names) {
  return std::ranges::find(names, op) != names.end();
}

// The node that alone reads the value; null when there are several.
const Node* only_reader(const Graph& graph, ValueIndex value) {
  const Node* reader = nullptr;
  for (const Node& node : graph.nodes) {
    if (std::ranges::find(node.inputs, value) == node.inputs.end()) continue;
    if (reader != nullptr) return nullptr;
    reader = &node;
  }
  return reader;
}

}  // namespace

std::optional<Preprocessing> stated_preprocessing(const Metadata& metadata, const std::string& path) {
  if (auto found = from_metadata(metadata)) return found;
  if (auto found = read_beside(path, "preprocessor_config.json", from_processor, is_sound)) return found;
  return read_beside(path, "config.json", from_timm, is_sound);
}

std::optional<Preprocessing> computed_preprocessing(const Graph& graph) {
  Affine affine;
  ValueIndex value = graph.input;
  for (const Node* node = only_reader(graph, value); node != nullptr; node = only_reader(graph, value)) {
    if (node->outputs.empty() || node->outputs[0] < 0) break;
    if (is_one_of(node->op, {"Add", "Sub", "Mul", "Div"}) && node->inputs.size() == 2) {
      const size_t other = node->inputs[0] == value ? 1 : 0;
      const at::Tensor number = constant_input(graph, *node, other);
      if (!number.defined() || !number.is_floating_point() || number.numel() < 1 || number.numel() > 3) break;
      if (node->op == "Div" && other == 0) break;
      affine.add(node->op, number.to(at::kDouble).mean().item<double>(), other == 0);
    } else if (!is_one_of(node->op, {"Transpose", "Cast", "Identity"})) {
      break;
    }
    value = node->outputs[0];
  }
  const double scale = std::abs(affine.scale);
  if (!affine.any || !(scale > 0)) return std::nullopt;
  const bool bytes = scale < 0.1 || (scale < 1.5 && std::abs(affine.shift) > 20);
  if (bytes) return pixels_from("computed", 0, 255);
  return scale >= 1.5 && scale < 20 ? std::optional(pixels_from("computed", 0, 1)) : std::nullopt;
}

// As Python writes a dict of int to str: {0: 'tench', 1: "jack o'lantern"}.
std::vector<std::string> stated_classes(const Metadata& metadata, const std::string& path) {
  if (text_at(metadata, "task") != "classify") {
    const auto is_list = [](const std::vector<std::string>& names) { return !names.empty(); };
    return read_beside<std::vector<std::string>>(path, "config.json", from_labels, is_list)
        .value_or(std::vector<std::string>());
  }
  const std::string text = text_at(metadata, "names");
  std::vector<std::string> classes;
  for (size_t at = text.find(": "); at != std::string::npos; at = text.find(": ", at)) {
    at += 2;
    if (at >= text.size() || (text[at] != '\'' && text[at] != '"')) return {};
    const char quote = text[at++];
    std::string name;
    for (; at < text.size() && text[at] != quote; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      name += text[at];
    }
    classes.push_back(std::move(name));
  }
  return classes;
}

}  // namespace microtome

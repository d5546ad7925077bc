// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/preprocessing.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/nearest.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

const std::vector<Preprocessing>& presets() {
  static const std::vector<Preprocessing> table = {
      {.name = "torchvision", .mean = {0.485, 0.456, 0.406}, .deviation = {0.229, 0.224, 0.225}},
      {.name = "caffe-bgr", .low = 0, .high = 255, .mean = {104, 117, 123}, .deviation = {}, .bgr = true},
      {.name = "tf", .low = -1, .high = 1, .mean = {}, .deviation = {}},
      {.name = "raw", .mean = {}, .deviation = {}},
      {.name = "clip", .mean = {0.48145466, 0.4578275, 0.40821073}, .deviation = {0.26862954, 0.26130258, 0.27577711}},
      {.name = "dinov2", .mean = {0.485, 0.456, 0.406}, .deviation = {0.229, 0.224, 0.225}},
      {.name = "yolo", .mean = {}, .deviation = {}},
      {.name = "inception-5h", .low = 0, .high = 255, .mean = {117, 117, 117}, .deviation = {}},
  };
  return table;
}

[[noreturn]] void usage(const std::string& where, const std::string& what, const std::string& remedy) {
  throw Error(ErrorKind::kUsage, where, what, remedy);
}

Preprocessing preset_named(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  std::vector<std::string> known;
  for (const Preprocessing& preset : presets()) {
    known.push_back(preset.name);
    if (preset.name != name) continue;
    Preprocessing chosen = preset;
    if (colon == std::string::npos) return chosen;
    const char* begin = text.data() + colon + 1;
    const char* end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(begin, end, chosen.side);
    if (failure != std::errc() || stopped != end || chosen.side < 1 || chosen.side > 16384) {
      usage("preprocess", "the side of \"" + text + "\" after \":\" is not a number of pixels from 1 to 16384",
            fmt::format("write \"{}:224\"", name));
    }
    return chosen;
  }
  usage("preprocess", fmt::format("no preset \"{}\"; there are {}, each with an optional :SIDE", name, preset_names()),
        fmt::format("nearest: \"{}\"", nearest_name(name, known)));
}

std::vector<double> parse_numbers(const std::string& text, const std::string& parameter) {
  std::vector<double> numbers;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    double number = 0;
    const auto [stopped, failure] = std::from_chars(text.data() + begin, text.data() + end, number);
    if (failure != std::errc() || stopped != text.data() + end || !std::isfinite(number)) {
      usage(parameter, "\"" + text + "\" is not a list of numbers", "write it as \"123,117,104\"");
    }
    numbers.push_back(number);
    begin = end + 1;
  }
  return numbers;
}

std::vector<double> parse_channels(const std::string& text, const std::string& parameter) {
  std::vector<double> numbers = parse_numbers(text, parameter);
  if (numbers.size() != 1 && numbers.size() != 3) {
    usage(parameter, fmt::format("\"{}\" has {} numbers", text, numbers.size()),
          "give one for each channel: 3, or 1 for grey");
  }
  return numbers;
}

bool apply_numbers(const PreprocessingRequest& request, Preprocessing& p) {
  if (!request.mean.empty()) p.mean = parse_channels(request.mean, "mean");
  if (!request.deviation.empty()) p.deviation = parse_channels(request.deviation, "std");
  for (const double deviation : p.deviation) {
    if (!(deviation > 0))
      usage("std", "\"" + request.deviation + "\" is not above 0", "give the standard deviation of each channel");
  }
  if (!request.range.empty()) {
    const std::vector<double> range = parse_numbers(request.range, "range");
    if (range.size() != 2 || !(range[0] < range[1])) {
      usage("range", "\"" + request.range + "\" is not LOW,HIGH with LOW below HIGH", "write it as \"0,255\"");
    }
    p.low = range[0];
    p.high = range[1];
  }
  return !request.mean.empty() || !request.deviation.empty() || !request.range.empty();
}

bool apply_order(const PreprocessingRequest& request, Preprocessing& p) {
  if (request.order.empty()) return false;
  if (request.order != "rgb" && request.order != "bgr") {
    usage("order", "\"" + request.order + "\" is neither \"rgb\" nor \"bgr\"",
          "give the order of the network's channels");
  }
  p.bgr = request.order == "bgr";
  return true;
}

void check_channels(const std::vector<double>& values, const char* what, int64_t channels) {
  if (values.empty() || static_cast<int64_t>(values.size()) == channels) return;
  usage("preprocess", fmt::format("has a {} of {} channels, the network takes {}", what, values.size(), channels),
        "choose \"raw\", or give `mean` and `std` with one number a channel");
}

// [1,C,1,1], so that it broadcasts.
at::Tensor per_channel(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, like.options().dtype(at::kDouble)).to(like.scalar_type()).view({1, -1, 1, 1});
}

// [1,C,H,W] in 0..1; C is the picture's colours or its luminance.
at::Tensor to_unit_range(const Image& image, int channels) {
  const at::Tensor bytes =
      at::from_blob(const_cast<uint8_t*>(image.pixels.data()), {image.height, image.width, image.channels}, at::kByte);
  at::Tensor planes = bytes.to(at::kFloat).permute({2, 0, 1}).div(255);
  if (image.channels == 4) planes = planes.slice(0, 0, 3);
  if (channels == 1 && planes.size(0) == 3) {
    planes = (planes[0] * 0.299 + planes[1] * 0.587 + planes[2] * 0.114).unsqueeze(0);
  }
  if (channels == 3 && planes.size(0) == 1) planes = planes.expand({3, -1, -1});
  return planes.unsqueeze(0).contiguous();
}

}  // namespace

std::string preset_names() {
  std::string names;
  for (const Preprocessing& preset : presets()) names += (names.empty() ? "" : ", ") + preset.name;
  return names;
}

Preprocessing parse_preprocessing(const PreprocessingRequest& request, const Preprocessing& stored) {
  Preprocessing p = request.preset.empty() ? stored : preset_named(request.preset);
  if (p.name.empty()) p.name = "raw";
  const bool numbers = apply_numbers(request, p);
  const bool order = apply_order(request, p);
  if (numbers || order) p.name = "custom";
  if (request.resize_short < 0) {
    usage("resize", fmt::format("{} is not a number of pixels", request.resize_short),
          "give the short side, such as 256");
  }
  if (request.resize_short > 0) p.resize_short = request.resize_short;
  return p;
}

at::Tensor to_input(const Image& image, const Preprocessing& preprocessing, int channels, int height, int width) {
  if (image.empty()) throw Error(ErrorKind::kUsage, "preprocessing", "the picture is empty");
  if (channels != 1 && channels != 3) {
    throw Error(ErrorKind::kUnsupported, "preprocessing", fmt::format("the network takes {} channels", channels),
                "pictures have 1 or 3");
  }
  const bool fits = image.width == width && image.height == height;
  return normalize(to_unit_range(fits ? image : resize_bilinear(image, width, height), channels), preprocessing);
}

at::Tensor normalize(const at::Tensor& image_nchw, const Preprocessing& p) {
  const int64_t channels = image_nchw.size(1);
  check_channels(p.mean, "mean", channels);
  check_channels(p.deviation, "deviation", channels);
  at::Tensor values = p.bgr && channels == 3 ? image_nchw.flip({1}) : image_nchw;
  // One multiplication and one addition a pixel: value * scale + offset.
  if (p.mean.empty() && p.deviation.empty()) return values * (p.high - p.low) + p.low;
  const auto of = [](const std::vector<double>& list, size_t i, double fallback) {
    return list.empty() ? fallback : list[i];
  };
  std::vector<double> scale, offset;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const double deviation = of(p.deviation, c, 1);
    scale.push_back((p.high - p.low) / deviation);
    offset.push_back((p.low - of(p.mean, c, 0)) / deviation);
  }
  return values * per_channel(scale, values) + per_channel(offset, values);
}

}  // namespace microtome

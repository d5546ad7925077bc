// SPDX-License-Identifier: Apache-2.0
#include "microtome/visualize/input_form.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <span>

#include "microtome/base/error.h"
#include "microtome/image/value_drawing.h"
#include "microtome/visualize/transform.h"

namespace microtome {
namespace {

[[noreturn]] void refuse(const char* option, const char* what, const char* remedy = "leave it out") {
  throw Error(ErrorKind::kUsage, option, what, remedy);
}

}  // namespace

InputForm input_form(const Network& network) {
  const Graph& graph = network.graph();
  const size_t rank = graph.values[static_cast<size_t>(graph.input)].shape.size();
  if (network.facts().input.tokens) {
    throw Error(ErrorKind::kUnsupported, network.facts().file,
                "takes whole numbers (tokens), and no gradient leads to those", "its layers can be listed");
  }
  if (network.layers().empty() || rank < 2 || rank > 4) {
    throw Error(ErrorKind::kUnsupported, network.facts().file,
                "only networks of pictures, of values in a row and of vectors can be visualized",
                "its layers can be listed");
  }
  if (rank == 2) return InputForm::kVector;
  if (rank == 3) return InputForm::kLine;
  return network.channels() == 1 || network.channels() == 3 ? InputForm::kPicture : InputForm::kMaps;
}

void check_form(const RenderSettings& settings, InputForm form) {
  if (form == InputForm::kPicture) return;
  if (!settings.start.empty()) refuse("start", "the network takes no pictures to start from");
  if (!is_flat(form)) return;
  if (settings.size > 0) refuse("size", "the network takes no pictures; what it takes has a fixed length");
  if (!settings.grow.empty()) refuse("grow", "the network takes no pictures; what it takes has a fixed length");
  TransformList(settings.transforms).require(form == InputForm::kLine ? Suits::kLines : Suits::kValues);
}

RenderSettings suited(RenderSettings settings, InputForm form, std::string& note) {
  if (!is_flat(form)) return settings;
  const RenderSettings standard;
  std::string changes;
  if (settings.transforms == standard.transforms) {
    settings.transforms = "none";
    changes = "`transforms` none";
  }
  if (form == InputForm::kVector && settings.parametrization == standard.parametrization) {
    settings.parametrization = "pixel";
    changes += changes.empty() ? "" : " and ";
    changes += "`parametrization` pixel";
  }
  if (!changes.empty()) note = fmt::format("the network takes no pictures: rendering with {}", changes);
  return settings;
}

Image drawing(const at::Tensor& values, InputForm form) {
  const at::Tensor dense = values.to(at::kFloat).contiguous();
  const std::span all(dense.data_ptr<float>(), static_cast<size_t>(dense.numel()));
  const auto of = [&](int64_t axis) { return static_cast<int>(dense.size(axis)); };
  if (form == InputForm::kVector) return draw_bars(all);
  if (form == InputForm::kLine) return draw_lines(all, of(1), of(3));
  return draw_maps(all, of(1), of(2), of(3));
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// How the picture is moved about before each step, so that it cannot win by one exact placement. One file in
// transforms/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/rng.h"
#include "microtome/visualize/call.h"
#include "microtome/visualize/resample.h"
#include "microtome/visualize/retouch.h"

namespace microtome {

// All that happens to one copy of a picture in one step. What transforms draw is gathered here: those that move the
// picture compose to one resampling of fixed output size, so shapes never change and it is interpolated once; blurs
// compose by their variances, colour maps by their product, noises add. A draw acts in this order, whatever the text's:
// place, blur, colour, noise. So the order of a text matters within these groups (scale before jitter), never between
// them.
struct Draw {
  int64_t height = 0, width = 0;  // of the picture, for lengths that are shares of it
  Placement placement;
  Retouch retouch;
};

// Immutable; one transform may serve many threads.
class Transform {
 public:
  virtual ~Transform() = default;
  // Draws and appends to what was drawn before. Lengths are pixels of the picture.
  virtual void draw(Rng& rng, Draw& draw) const = 0;
  virtual std::string to_string() const = 0;
};

// The windows [M,C,rows,columns] that the network sees of the pictures [N,C,H,W]: draw i acts on picture i / (M / N),
// where M, the number of draws, is a multiple of N. A part of a window equals that part of the whole. Differentiable,
// float32 or float64.
at::Tensor apply(const at::Tensor& picture, std::span<const Draw> draws, const Aperture& window);

// What a transform makes sense for. Whatever suits lines suits maps, and what suits loose values suits all.
enum class Suits {
  kMaps,
  kLines,   // values in one row, [N,C,1,L]: along it
  kValues,  // values that have no neighbours
};

struct TransformKind {
  std::string_view name;
  std::string_view summary;
  std::vector<FieldEntry> (*describe)();  // default_fields of its parameters
  std::unique_ptr<Transform> (*make)(const Call& call);
  Suits suits = Suits::kMaps;
};

// Transforms in the order in which they act.
class TransformList {
 public:
  // A list of transforms and presets: "lucid", "pad/jitter(pixels=8)/rotate", "lucid/noise". Throws Error(kUsage) with
  // the column of a mistake.
  explicit TransformList(std::string_view text);

  // Throws Error(kUsage) naming the first transform that does not suit.
  void require(Suits what) const;
  // For a picture of height x width; a function of these, the list and the stream alone. A picture one pixel high does
  // not move across.
  Draw draw(Rng rng, int64_t height, int64_t width) const;
  bool empty() const { return transforms_.empty(); }
  // Canonical text; parsing it gives an equal list. "none" for the empty one.
  std::string to_string() const;

 private:
  void append(TransformList other);

  std::vector<std::unique_ptr<Transform>> transforms_;
  std::vector<const TransformKind*> kinds_;
};

struct TransformPreset {
  std::string_view name;
  std::string_view summary;
  std::string_view text;
};
std::span<const TransformPreset> transform_presets();

namespace transforms {
std::span<const TransformKind* const> kinds();
}  // namespace transforms

}  // namespace microtome

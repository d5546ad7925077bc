// SPDX-License-Identifier: Apache-2.0
// Which pictures a request asks for, decided before anything is written.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/study/picture_arguments.h"
#include "microtome/study/source.h"
#include "microtome/study/units.h"
#include "microtome/visualize/objective.h"
#include "microtome/visualize/render.h"

namespace microtome {

// Pictures that one call of the renderer makes: all variants where the objective compares them, else a single one.
struct PictureTask {
  std::string layer;  // empty: of no single unit
  int64_t unit = 0;
  Sign sign = Sign::kPositive;
  Objective objective;  // its text names the picture
  std::vector<int> variants;
};

struct PicturePlan {
  Network network;          // with the pre-activations of rectified layers
  RenderSettings settings;  // the request's, suited to what the network takes
  std::string note;         // what suiting them changed
  std::unique_ptr<Renderer> renderer;
  std::vector<PictureTask> tasks;  // in the order of layers, units, signs, variants
  Provenance provenance;
  std::optional<Source> other;  // that the pictures are shown to

  int64_t pictures() const;
  bool done(const Atlas& atlas, int64_t run, const PictureTask& task) const;
};

// Fills request.objective in for each layer, unit and sign. Its placeholders:
//   {layer}  the layer; for the negative sign of a rectified one what its rectifier hides, LAYER~pre
//   {unit}   the unit; without it there is one visualization a layer, which belongs to no single unit
//   {sign}   "-" for the negative sign, nothing for the positive one; without it only positive pictures are made
// Without layers the objective has no placeholders and is one visualization. An empty objective stands for
// {sign}channel({layer}:{unit}). Throws Error(kUsage) on what contradicts itself, and what parse_objective and Renderer
// throw.
PicturePlan plan_pictures(const Source& source, const std::vector<LayerTask>& tasks, const PictureRequest& request);

}  // namespace microtome

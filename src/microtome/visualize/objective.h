// SPDX-License-Identifier: Apache-2.0
// What a picture is made for: a score of a network's layers that the ascent raises. One file in objectives/ a kind.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/field_value.h"
#include "microtome/base/unit.h"
#include "microtome/network/network.h"
#include "microtome/visualize/view.h"

namespace microtome {

struct Call;
class ImageTargets;

// What a score reads of a layer, so that nothing else is computed.
struct LayerReads {
  std::string layer;  // full name
  // Only these, by View::unit and View::column; nullopt: all of them.
  std::optional<std::vector<int64_t>> units = {};
  // x and y: only there, by View::column (-1: its centre); nullopt: everywhere.
  std::optional<std::array<int64_t, 2>> position = {};
};

// All that a score is a function of.
struct Reads {
  std::vector<LayerReads> layers = {};  // each once; none for penalties
  bool picture = false;                 // View::picture(), View::alpha()
  std::vector<std::string> files = {};  // as they were named
  bool places = false;                  // places of a map by number, which are others in a map of another size
  bool image = false;                   // what an image is at the size of the network's input: see ObjectiveContext
  int64_t together = 1;                 // pictures that must be made together: more for kinds that compare them
};

// A value: copies share what they follow. One objective may serve many threads.
struct Objective {
  using Score = std::function<at::Tensor(const View&)>;

  Reads reads;
  std::string text;  // canonical: parsing it for the same network gives an equal objective
  // A 0-dimensional tensor of the view's type, differentiable in its taps and picture: the mean over the batch, unless
  // the kind joins pictures. The view holds the layers read, at least. Throws Error(kUsage) when a position lies
  // outside the map.
  Score score;
  // The unit that it drives, if it is made for exactly one; with the negative sign, down.
  std::optional<UnitRef> target = {};
  // Whether it only shapes pictures that another objective is made for: penalties, diversity, alignment.
  bool regularizes = false;

  std::vector<std::string> layers() const;  // names, in the order of reads.layers
};

// What objectives are made for: the network, and how pictures become its input of height x width. With a height of 0
// the size is not known yet: an objective with reads.image then says all but its score, and is to be parsed again.
struct ObjectiveContext {
  const Network& network;
  const Preprocessing& preprocessing;
  int64_t height, width;
  ImageTargets* images = nullptr;  // that keeps what images are to this network; nullptr: it is computed anew
};

// A kind as users name it. Listing, parsing, documenting and testing kinds all read this and nothing else.
struct ObjectiveKind {
  std::string_view name;
  std::string_view summary;
  std::vector<FieldEntry> (*describe)();  // default_fields of its parameters
  Objective (*make)(const Call& call, const ObjectiveContext& context);
  // What an argument without a name stands for: "layer:unit" (the part behind the last colon is the unit), or a
  // parameter's name; empty: such an argument is an error.
  std::string_view unnamed = {};
};

namespace objectives {
std::span<const ObjectiveKind* const> kinds();
}  // namespace objectives

// Costs of the picture itself, one file in penalties/ a kind: positive numbers, to be subtracted: "- 0.25*tv". They are
// objectives that read the picture and no layer.
namespace penalties {
std::span<const ObjectiveKind* const> kinds();
}  // namespace penalties

}  // namespace microtome

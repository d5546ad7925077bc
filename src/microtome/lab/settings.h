// SPDX-License-Identifier: Apache-2.0
// Settings of a training, declared once and free of torch, so that the command line can name them.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/base/field.h"

namespace microtome {

// How the small network is trained. The same settings give the same bytes on the same machine, for every thread count.
struct TrainSettings {
  std::string out;
  int64_t images = 10000;
  int64_t epochs = 10;
  int64_t side = 96;
  int64_t batch = 64;
  double lr = 0.1;
  double weight_decay = 5e-4;
  std::string width = "24/48/64/96/128";
  uint64_t seed = 1;
  uint64_t data_seed = 1;
  int threads = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "images", .help = "Dioramas to train on", .min = 64, .max = 10000000}, s.images);
    field({.name = "epochs", .help = "Passes over them", .min = 1, .max = 10000}, s.epochs);
    field({.name = "side", .help = "Side of the pictures in pixels", .min = 32, .max = 256}, s.side);
    field({.name = "batch", .help = "Pictures a step", .min = 8, .max = 4096}, s.batch);
    field({.name = "lr", .help = "Largest learning rate (one cycle)", .min = 1e-6, .max = 10}, s.lr);
    field({.name = "weight-decay", .help = "L2 penalty on the weights", .min = 0, .max = 1}, s.weight_decay);
    field({.name = "width", .help = "Channels of conv1, conv2, ..."}, s.width);
    field({.name = "data-seed", .help = "Which dioramas are drawn"}, s.data_seed);
    field({.name = "seed", .help = "Initial weights and order of the pictures"}, s.seed);
  }
};

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// What a user can ask of the engine, as plain values: each is filled by a command and declared once, here.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "microtome/base/field.h"
#include "microtome/dissect/findings.h"
#include "microtome/lab/settings.h"
#include "microtome/visualize/dream_settings.h"
#include "microtome/visualize/settings.h"
#include "microtome/visualize/trace_settings.h"

namespace microtome {

// A network file and how pictures become its input.
struct NetworkRequest {
  std::string file;
  std::string preprocess;
  std::string mean, deviation, range, order;
  std::string labels;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "preprocess",
           .help = "torchvision, caffe-bgr, tf or raw, with :SIDE for another input side; own networks carry theirs"},
          s.preprocess);
    field({.name = "mean", .help = "Means to subtract, one a channel: 123.7,116.3,103.5"}, s.mean);
    field({.name = "std", .help = "Deviations to divide by, one a channel"}, s.deviation);
    field({.name = "range", .help = "Values of black and white before mean and std: 0,255"}, s.range);
    field({.name = "order", .help = "Channel order: rgb or bgr"}, s.order);
    field({.name = "labels", .help = "Text file with one class name a line"}, s.labels);
  }
};

struct ClassifyRequest {
  NetworkRequest network;
  std::vector<std::string> images;
  int64_t resize = 0;
  int64_t top = 5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "resize",
           .help = "Short side before the centre crop, pixels; 0 = input side * 256 / 224",
           .min = 0,
           .max = 16384},
          s.resize);
    field({.name = "top", .help = "Classes to print for each image", .min = 1, .max = 100000}, s.top);
  }
};

// Units traced back to the pixels of images: of files, or of the exemplars in an atlas.
struct TraceRequest {
  NetworkRequest network;
  std::vector<std::string> images;
  std::string atlas, concepts;  // instead of images: the atlas and the concept set that its exemplars are from
  std::string layer;
  std::string basis = "identity";
  std::string units;  // "0-15,40"; empty = all
  std::string out;    // folder
  TraceSettings settings;
  int64_t exemplars = 9;
  int64_t tile = 224;
  int threads = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "exemplars", .help = "Exemplars of each unit, with --atlas", .min = 1, .max = 1000}, s.exemplars);
    field({.name = "tile", .help = "Side of a crop in the picture written, in pixels", .min = 8, .max = 2048}, s.tile);
  }
};

// A dream of a photo.
struct DreamRequest {
  NetworkRequest network;
  std::string photo;
  std::string layer;
  std::string basis = "identity";
  std::string units;   // "0-15,40"; empty = the whole layer
  std::string guide;   // a picture, empty = none
  std::string out;     // PNG
  std::string frames;  // folder, empty = none
  DreamSettings settings;
  int threads = 0;
};

// Pictures whose spectrum and colours are measured.
struct MeasureRequest {
  std::string folder;
  std::string spectrum, colours;  // files to write; empty = not
  std::string colour = "lucid";
  int64_t size = 128;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "spectrum", .help = "File to write (.npy): mean magnitudes, 3 x size x (size / 2 + 1)"}, s.spectrum);
    field({.name = "colours", .help = "File to write (.npy): the 3 x 3 matrix of the pictures' colours"}, s.colours);
    field({.name = "colour", .help = "Channels that the spectrum is of: lucid, none or a file of --colours"}, s.colour);
    field({.name = "size", .help = "Side that pictures are scaled and cropped to, px", .min = 16, .max = 2048}, s.size);
  }
};

// How a layer is dissected. All of it moves numbers, so all of it is provenance.
struct DissectRequest {
  std::string compat = "default";
  double tail = 0;
  std::vector<double> tails;
  int64_t min_images = 0;
  int64_t exemplars = 9;
  int64_t permutations = 100;
  int64_t bootstrap = 200;
  int64_t formulas = 0;
  int64_t beam = 5;
  bool optimal = false;
  int64_t ranges = 0;
  bool selfcheck = false;
  std::string signs = "+";
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "compat",
           .help = "Whose definitions: default, netdissect, lite, quick, dissect or compexp (docs/numerics.md)"},
          s.compat);
    field({.name = "tail",
           .help = "Share of a unit's activations above its threshold; 0 = the convention's (0.005)",
           .min = 0,
           .max = 0.5},
          s.tail);
    field(
        {.name = "tails", .help = "Further tails to score in the same pass: 0.001,0.01,0.05", .min = 1e-6, .max = 0.5},
        s.tails);
    field({.name = "min-images",
           .help =
               "A label with fewer images is no candidate: rare labels make false detectors; 0 = the convention's (10)",
           .min = 0,
           .max = 1e9},
          s.min_images);
    field({.name = "exemplars",
           .help = "Real images kept at each end of a unit's range, and drawn at random above its threshold",
           .min = 1,
           .max = 1000},
          s.exemplars);
    field({.name = "null",
           .help = "Shuffles of the labels among images that p-values are counted over; 0 = none",
           .min = 0,
           .max = 10000},
          s.permutations);
    field({.name = "bootstrap",
           .help = "Resamplings of the images for the interval of IoU; 0 = none",
           .min = 0,
           .max = 10000},
          s.bootstrap);
    field({.name = "formulas",
           .help = "Longest logical formula over concepts to look for, in labels; 0 = none",
           .min = 0,
           .max = 10},
          s.formulas);
    field({.name = "beam", .help = "Formulas kept at each length of the search", .min = 1, .max = 1000}, s.beam);
    field({.name = "optimal", .help = "Try every formula of up to three labels instead of a beam"}, s.optimal);
    field(
        {.name = "ranges",
         .help = "Clusters of each unit's levels that get a label of their own, in a second pass over the images; 0 = "
                 "none",
         .min = 0,
         .max = 20},
        s.ranges);
    field({.name = "selfcheck",
           .help = "Try every score on the detectors with labels missing and with labels added: which ones notice?"},
          s.selfcheck);
    field({.name = "dissect-signs", .help = "Tails to dissect: +, - or both"}, s.signs);
  }
};

// The main job: dissect the layers against a concept set and render their units, into one atlas.
struct StudyRequest {
  NetworkRequest network;
  std::string concepts;  // folder; empty = no dissection
  std::string out;
  std::vector<std::string> layers;  // empty: only for an objective without placeholders
  std::string units;                // "0-15,40"; empty = all
  std::vector<std::string> bases = {"identity"};
  std::vector<std::string> baselines;  // random-basis, random-weights: dissected beside the layers, not rendered
  bool dissect = true;
  bool visualize = true;
  DissectRequest dissection;
  RenderSettings render;
  std::string objective;  // with placeholders, see picture_plan.h; empty = the unit's channel
  std::string signs;      // of the pictures: +, - or both; empty = both where the objective has a {sign}
  int64_t variants = 1;
  std::string transfer;  // file of a second network that the pictures are shown to; empty = none
  std::string transfer_preprocess;
  // These move no number.
  int64_t batch = 32;
  int64_t memory_limit = 0;  // MB
  int threads = 0;
  bool strict = false;
  std::string command;  // as typed
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "batch", .help = "Images between two looks at the survey; moves no number", .min = 1, .max = 4096},
          s.batch);
    field({.name = "memory-limit",
           .help = "MB that a dissection may take; more passes over the images where one needs more, 0 = no limit",
           .min = 0,
           .max = 1e7},
          s.memory_limit);
    field({.name = "strict", .help = "Stop at the first image that cannot be read instead of leaving it out"},
          s.strict);
  }
};

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// What is asked of a dissection.
// Defined in arguments.cpp.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/study/arguments.h"

namespace microtome {

// How a layer is dissected. All of it moves numbers, so all of it is provenance.
struct DissectSettings {
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
    field(
        {.name = "formulas",
         .help = "Longest logical formula over concepts to look for, in labels; 0 = none. Its IoU counts all images, a "
                 "label's only those that carry its category",
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
    field({.name = "dissect-signs",
           .help = "Tails to dissect: +, - or both",
           .role = Role::kSubject,
           .choices = "+|-|both"},
          s.signs);
  }
};

// What --baselines takes, from the table of baselines.
std::string_view baselines_help();
std::string_view baseline_choices();

// A dissection against a concept set.
struct DissectArguments {
  std::string concepts;                // folder; empty = no dissection
  std::vector<std::string> baselines;  // dissected beside the layers
  DissectSettings dissection;
  uint64_t seed = 0;
  int64_t batch = 32;
  int64_t memory_limit = 0;  // MB
  bool strict = false;

  template <class Self, class Visitor>
  static void subject_fields(Self& s, Visitor&& field, bool concepts_required) {
    field({.name = "concepts",
           .help = "Folder of a concept set: Broden, ADE20K, COCO, your own masks... (microtome concepts --help)",
           .role = Role::kConcepts,
           .required = concepts_required},
          s.concepts);
    field({.name = "baselines", .help = baselines_help(), .role = Role::kSubject, .choices = baseline_choices()},
          s.baselines);
    DissectSettings::fields(s.dissection, field);
  }
  template <class Self, class Visitor>
  static void seed_field(Self& s, Visitor&& field) {
    field({.name = "seed", .help = "Start of all random numbers: shuffles, resamplings, typical images"}, s.seed);
  }
  template <class Self, class Visitor>
  static void speed_fields(Self& s, Visitor&& field) {
    field({.name = "batch",
           .help = "Images between two looks at the survey; moves no number",
           .min = 1,
           .max = 4096,
           .role = Role::kSpeed},
          s.batch);
    field({.name = "memory-limit",
           .help = "MB that a dissection may take; more passes over the images where one needs more, 0 = no limit",
           .min = 0,
           .max = 1e7,
           .role = Role::kSpeed},
          s.memory_limit);
    field({.name = "strict",
           .help = "Stop at the first image that cannot be read instead of leaving it out",
           .role = Role::kSpeed},
          s.strict);
  }
};

struct DissectRequest : StudyArguments, DissectArguments {
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    StudyArguments::subject_fields(s, field, true);
    DissectArguments::subject_fields(s, field, true);
    StudyArguments::place_fields(s, field);
    DissectArguments::seed_field(s, field);
    DissectArguments::speed_fields(s, field);
    ThreadArguments::fields(s, field);
  }
};

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// What is asked of pictures.
#pragma once
#include <cstdint>
#include <string>

#include "microtome/study/arguments.h"
#include "microtome/visualize/settings.h"

namespace microtome {

// Pictures of units, or of an objective.
struct PictureArguments {
  RenderSettings render;
  std::string objective;  // with placeholders, see picture_plan.h; empty = the unit's channel
  std::string signs;      // +, - or both; empty = both where the objective has a {sign}
  int64_t variants = 1;
  std::string transfer;  // file of a second network that the pictures are shown to; empty = none
  std::string transfer_preprocess;

  template <class Self, class Visitor>
  static void picture_fields(Self& s, Visitor&& field) {
    RenderSettings::fields(s.render, field);
    field(
        {.name = "objective",
         .help = "What pictures are made for, instead of a unit's channel: a text of the objectives and penalties that "
                 "microtome list names. {layer}, {unit} and {sign} stand for each of the layers, units and signs"},
        s.objective);
    field({.name = "signs",
           .help = "Pictures of each unit: +, - or both (both when left out, if the objective has a {sign})",
           .role = Role::kSubject,
           .choices = "+|-|both"},
          s.signs);
    field({.name = "variants",
           .help = "Pictures of each unit and sign, from other starts",
           .min = 1,
           .max = 1000,
           .role = Role::kSubject},
          s.variants);
    field({.name = "transfer",
           .help = "Second network, which is shown the pictures: whether it finds them alike to the unit's images",
           .role = Role::kNetwork},
          s.transfer);
    field({.name = "transfer-preprocess", .help = "Preprocessing of the second network"}, s.transfer_preprocess);
  }
};

struct PictureRequest : StudyArguments, PictureArguments {
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    StudyArguments::subject_fields(s, field, false);
    StudyArguments::place_fields(s, field);
    PictureArguments::picture_fields(s, field);
    ThreadArguments::fields(s, field);
  }
};

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// What pictures of a folder have in common, for parametrizations that are made of it.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/arguments.h"

namespace microtome {

struct MeasureRequest : ThreadArguments {
  std::string folder;
  std::string spectrum, colours;  // files to write; empty = not
  std::string colour = "lucid";
  int64_t size = 128;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "folder",
           .help = "Concept set, or a folder of JPEG and PNG files, searched through",
           .role = Role::kConcepts,
           .positional = true,
           .required = true},
          s.folder);
    field({.name = "spectrum",
           .help = "File to write (.npy): mean magnitudes, 3 x size x (size / 2 + 1)",
           .role = Role::kOut},
          s.spectrum);
    field({.name = "colours",
           .help = "File to write (.npy): the 3 x 3 matrix of the pictures' colours",
           .role = Role::kOut},
          s.colours);
    field({.name = "colour", .help = "Channels that the spectrum is of: lucid, none or a file of --colours"}, s.colour);
    field({.name = "size", .help = "Side that pictures are scaled and cropped to, px", .min = 16, .max = 2048}, s.size);
    ThreadArguments::fields(s, field);
  }
};

// Writes the files that the request names; gives {"images","size","colours":[[...]]}. The short side of each picture is
// scaled to the size and the centre cropped. Damaged pictures are left out and end in an Error(kCorrupt) after writing.
Json measure_pictures(const MeasureRequest& request, Reporter& reporter);

}  // namespace microtome

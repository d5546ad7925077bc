// SPDX-License-Identifier: Apache-2.0
// A dream of a photo.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/arguments.h"
#include "microtome/visualize/dream_settings.h"

namespace microtome {

struct DreamRequest : LayerArguments, ThreadArguments {
  NetworkArguments network;
  std::string photo;
  std::string guide;   // a picture, empty = none
  std::string out;     // PNG
  std::string frames;  // folder, empty = none
  DreamSettings settings;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "photo",
           .help = "PNG, JPEG or WebP file of any size",
           .role = Role::kSubject,
           .positional = true,
           .required = true},
          s.photo);
    LayerArguments::fields(s, field);
    field({.name = "guide",
           .help = "Picture whose features the photo is drawn to, instead of its own",
           .role = Role::kFile},
          s.guide);
    field({.name = "out", .help = "PNG to write", .role = Role::kOut, .required = true}, s.out);
    field({.name = "frames", .help = "Folder for the picture after each step", .role = Role::kOut}, s.frames);
    NetworkArguments::input_fields(s.network, field);
    DreamSettings::fields(s.settings, field);
    ThreadArguments::fields(s, field);
  }
};

// Writes request.out and the frames. Gives {"file","width","height","first","last","started"}: the objective before the
// first and the last step, and whether there was a gradient at all.
Json dream_photo(const DreamRequest& request, Reporter& reporter);

}  // namespace microtome

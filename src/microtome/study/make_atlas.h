// SPDX-License-Identifier: Apache-2.0
// The main job: layers of a network dissected against a concept set and their units rendered, into one atlas.
#pragma once
#include <string>

#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/dissect_arguments.h"
#include "microtome/study/picture_arguments.h"

namespace microtome {

// Both parts of the job; pictures and dissection start from one seed.
struct AtlasRequest : StudyArguments, DissectArguments, PictureArguments {
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    StudyArguments::subject_fields(s, field, true);
    DissectArguments::subject_fields(s, field, false);
    StudyArguments::place_fields(s, field);
    PictureArguments::picture_fields(s, field);
    DissectArguments::speed_fields(s, field);
    ThreadArguments::fields(s, field);
  }
  operator DissectRequest() const;
  operator PictureRequest() const { return {*this, *this}; }
};

// Writes request.out, or the network's name with .atlas, and continues where an earlier call with the same request was
// interrupted; what other requests found stays, unless this one says `replace`. Gives {"file"}. Images that cannot be
// read are left out and end in an Error(kCorrupt) after all work. A dry run writes nothing and gives {"plan": file,
// "dissection"} with what estimate.h says of a dissection, and what it says of pictures.
Json make_atlas(const DissectRequest& request, Reporter& reporter);
Json make_atlas(const PictureRequest& request, Reporter& reporter);
Json make_atlas(const AtlasRequest& request, Reporter& reporter);

}  // namespace microtome

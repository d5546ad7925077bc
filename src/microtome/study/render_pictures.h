// SPDX-License-Identifier: Apache-2.0
// The stage of the main job that makes pictures. It takes up where an earlier run with the same provenance stopped.
#pragma once
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/reporter.h"
#include "microtome/study/picture_plan.h"

namespace microtome {

// Renders the pictures of a plan that the atlas does not hold yet, one picture a worker; those that are compared with
// each other are made by one worker, and stored and taken up as a whole.
void render_pictures(const PicturePlan& plan, const PictureRequest& request, Atlas& atlas, Reporter& reporter);

// A picture as it was on its way, as the atlas stores it: lossy WebP.
std::string encode_frame(const Image& image);

}  // namespace microtome

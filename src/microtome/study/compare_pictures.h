// SPDX-License-Identifier: Apache-2.0
// The last stage of the main job: pictures beside the real images that the atlas knows, in whatever order these came.
#pragma once
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/reporter.h"
#include "microtome/study/picture_plan.h"
#include "microtome/study/source.h"

namespace microtome {

// Says of each picture of the network's layers what it is worth beside the real images of the dissection that is shown
// (picture_judge.h), where that is not said yet. `plan`: whose pictures are shown to a second network too; may be null.
// Pictures that schemas before 6 stored are left as they are.
void compare_pictures(const Source& source, const PicturePlan* plan, Atlas& atlas, int threads, Reporter& reporter);

}  // namespace microtome

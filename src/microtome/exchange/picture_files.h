// SPDX-License-Identifier: Apache-2.0
// The files of a picture.
#pragma once
#include <string>

#include "microtome/atlas/atlas_picture.h"
#include "microtome/exchange/folder_writer.h"

namespace microtome {

// STEM.png; STEM.frames.webp where frames were kept: these and then the picture, animated, all of the picture's size,
// on white where it has holes; STEM.values.npy of what is no picture. Throws Error(kCorrupt) when facts.shape is not
// that of the values.
void write_picture(FolderWriter& files, const std::string& stem, const AtlasPicture& picture);

// ".v1" for a further variant, else nothing.
std::string variant_suffix(const AtlasPicture& picture);

}  // namespace microtome

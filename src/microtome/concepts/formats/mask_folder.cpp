// SPDX-License-Identifier: Apache-2.0
// A folder of images beside a folder of index masks.
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/masked_set.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

bool is_rgb(const std::string& png) { return png.size() > 25 && png[25] == 2; }  // The colour type of its header.

// A label a pixel: the sample of a PNG of one channel, or R + 256 G.
class MaskFolder : public MaskedSet {
 public:
  MaskFolder(const std::string& folder, const ProblemSink& report) : MaskedSet(folder, "masks", 65535, report) {}

  ImageLabels labels(int64_t image) const override {
    const ConceptImage& info = row(image).info;
    ImageLabels out{info.label_width, info.label_height, {}, {}, false};
    for (const std::string& file : masks_of(image)) {
      const std::string path = folder() + "/" + file, bytes = read_mask_png(path, {});
      LabelMap map = is_rgb(bytes) ? decode_label_png(bytes, path) : decode_index_png(bytes, path);
      expect_size(map.width, map.height, {info.label_width, info.label_height}, path, "another mask of the picture");
      for (uint16_t& pixel : map.labels) {
        if (pixel != 0) pixel = label_of(pixel, path);
      }
      out.planes.push_back(std::move(map));
    }
    return out;
  }
};

}  // namespace

extern const ConceptFormat mask_folder;
const ConceptFormat mask_folder = {
    "mask_folder", "Your own pictures with index masks: one label a pixel",
    "images/NAME.jpg or .png, masks/NAME.png (a number a pixel, or R + 256 G), names.csv (number,name,category)",
    [](const std::string& path) { return has_pictures_and(path, "masks"); }, open_as<MaskFolder>};

}  // namespace microtome::concept_formats

// SPDX-License-Identifier: Apache-2.0
// Folders of masks whose bits are concepts.
#include <bit>

#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/listed_set.h"
#include "microtome/concepts/formats/masked_set.h"
#include "microtome/concepts/formats/set_pictures.h"
#include "microtome/image/codec.h"

namespace microtome::concept_formats {
namespace {

// Bit k - 1 of a sample of one channel stands for number k; the labels of a pixel are laid one above the other.
class BitMasks : public MaskedSet {
 public:
  BitMasks(const std::string& folder, const ProblemSink& report) : MaskedSet(folder, "bits", 16, report) {}

  ImageLabels labels(int64_t image) const override {
    const ConceptImage& info = row(image).info;
    ImageLabels out{info.label_width, info.label_height, {}, {}, false};
    for (const std::string& file : masks_of(image)) {
      const std::string path = folder() + "/" + file;
      const LabelMap bits = decode_index_png(read_mask_png(path, {}), path);
      expect_size(bits.width, bits.height, {info.label_width, info.label_height}, path, "another mask of the picture");
      add_planes(bits, path, out.planes);
    }
    return out;
  }

 private:
  void add_planes(const LabelMap& bits, const std::string& where, std::vector<LabelMap>& planes) const {
    const size_t first = planes.size();
    for (size_t i = 0; i < bits.labels.size(); ++i) {
      size_t plane = first;
      for (unsigned rest = bits.labels[i]; rest != 0; rest &= rest - 1) {
        const uint16_t label = label_of(std::countr_zero(rest) + 1, where);
        if (label == 0) continue;
        if (plane == planes.size()) planes.emplace_back(bits.width, bits.height);
        planes[plane++].labels[i] = label;
      }
    }
  }
};

}  // namespace

extern const ConceptFormat bit_masks;
const ConceptFormat bit_masks = {
    "bit_masks", "Your own pictures with bit masks: several labels a pixel",
    "images/NAME.jpg or .png, bits/NAME.png (bit k - 1 of a grey level is number k), names.csv (number,name,category)",
    [](const std::string& path) { return has_pictures_and(path, "bits"); }, open_as<BitMasks>};

}  // namespace microtome::concept_formats

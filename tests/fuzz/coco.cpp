// SPDX-License-Identifier: Apache-2.0
// The tables of COCO: instances, stuff and panoptic by the first byte.
#include "concept_folder.h"

namespace {

struct CocoFolder : microtome::fuzz::Folder {
  CocoFolder() {
    using namespace microtome;
    const std::string picture = encode_jpeg(Image(12, 9, 3, 90), 95);
    for (const char* name : {"000000000139", "000000000285"}) {
      write(std::string("val2017/") + name + ".jpg", picture);
      write(std::string("annotations/panoptic_val2017/") + name + ".png", encode_png(Image(12, 9, 3, 1)));
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  static const CocoFolder folder;
  static const std::string kinds[] = {"instances", "stuff", "panoptic"};
  if (size == 0) return 0;
  const std::string& kind = kinds[data[0] % std::size(kinds)];
  const std::string file = "annotations/" + kind + "_val2017.json";
  folder.write(file, fuzz::text_of(data + 1, size - 1));
  fuzz::read_concepts("coco_" + kind + ":" + folder.path());
  std::filesystem::remove(folder.path(file));
  return 0;
}

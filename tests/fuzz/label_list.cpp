// SPDX-License-Identifier: Apache-2.0
// The table of labels beside a folder's pictures.
#include "concept_folder.h"

namespace {

struct ListFolder : microtome::fuzz::Folder {
  ListFolder() {
    using namespace microtome;
    for (const char* name : {"a.png", "b.png", "c/d.png"}) write(name, encode_png(Image(4, 3, 3, 90)));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  static const ListFolder folder;
  folder.write("labels.csv", fuzz::text_of(data, size));
  return fuzz::read_concepts("label_list:" + folder.path());
}

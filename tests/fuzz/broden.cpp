// SPDX-License-Identifier: Apache-2.0
// The first byte says which table of a set in Broden's layout is what follows; the others are whole.
#include "concept_folder.h"
#include "microtome/concepts/testing/broden_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  static const BrodenFolder folder("fuzz");
  static const std::string names[] = {"index.csv", "label.csv", "category.csv", "c_object.csv"};
  static const std::string whole[] = {read_file(folder.path(names[0])), read_file(folder.path(names[1])),
                                      read_file(folder.path(names[2])), read_file(folder.path(names[3]))};
  if (size == 0) return 0;
  const size_t table = data[0] % std::size(names);
  folder.write(names[table], std::string(fuzz::text_of(data + 1, size - 1)));
  fuzz::read_concepts("broden:" + folder.path());
  folder.write(names[table], whole[table]);
  return 0;
}

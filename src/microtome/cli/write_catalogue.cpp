// SPDX-License-Identifier: Apache-2.0
// Build step: writes the engine's catalogue as a source file of the binary.
#include <cstdio>
#include <string>

#include "microtome/base/file.h"
#include "microtome/study/engine.h"

int main(int count, char** words) {
  if (count != 2) return 2;
  try {
    const std::string text = microtome_catalogue();
    microtome::write_file(words[1],
                          "#include \"microtome/cli/catalogue.h\"\n"
                          "namespace microtome::commands {\n"
                          "Json catalogue() { return Json::parse(R\"catalogue(" +
                              text + ")catalogue\"); }\n}\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

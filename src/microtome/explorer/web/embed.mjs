// SPDX-License-Identifier: Apache-2.0
// node embed.mjs FOLDER OUT.cpp: the files of a folder as C++ arrays.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, out] = process.argv.slice(2);
const files = readdirSync(folder).sort();
const arrays = files.map((file, index) => {
  const bytes = [...readFileSync(join(folder, file))].map((byte) => (byte << 24) >> 24);
  return `constexpr char kFile${index}[] = {${bytes.join(",")}};\n`;
});
const entries = files.map((file, index) => `    {"${file}", {kFile${index}, sizeof kFile${index}}},\n`);
writeFileSync(
  out,
  `// Generated from the built front end.
#include "microtome/explorer/bundle.h"
namespace microtome {
namespace {
${arrays.join("")}}
std::span<const BundleFile> bundle_files() {
  static constexpr BundleFile files[] = {
${entries.join("")}  };
  return files;
}
}  // namespace microtome
`,
);

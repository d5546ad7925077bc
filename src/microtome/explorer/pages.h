// SPDX-License-Identifier: Apache-2.0
// The explorer's pages: every file that a browser can ask for, as a function of the atlas. Server and static site both
// answer with it, so they cannot differ.
//
//   index.html, app.js, app.css, favicon.svg          the front end
//   data/atlas.js                                     network, layers, counts, concepts' names, runs
//   data/layer-ID.js                                  the units of a studied layer, in columns
//   data/unit-ID-UNIT.js                              everything of one unit, both signs
//   data/concepts.js                                  which units answer to which concept
//   images/picture-ID-UNIT-(p|n)-VARIANT.png          pictures, p: positive sign
//   images/picture-PICTURE.png                        pictures of a unit's further objectives
//   data/visualizations.js                            pictures of no single unit, by objective
//   images/visualization-PICTURE.png                  each of these
//   images/frame-PICTURE-STEP.webp                    any picture as it was after so many steps
//   images/thumb-IMAGE.(jpg|png|webp)                 images that exemplars name
//
// What is named from the root of the disk, in commands and settings, is shown without its folders. Data files are
// scripts that call microtomeData(name, value): pages opened from disk may load scripts, but no JSON. Their media type
// is that of plain text: the served page reads them, and a page of another origin can neither read nor run them.
// web/src/findings.ts declares their contents. All functions may be called from any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas.h"
#include "microtome/exchange/exporter.h"

namespace microtome {

struct Page {
  std::string media_type;
  std::string bytes;
};

// Paths of all pages, in a fixed order, without a leading "/". Throws Error(kUnsupported) when microtome was built
// without the front end.
std::vector<std::string> page_paths(const Atlas& atlas);

// The page at a path; a leading "/" is allowed and the empty path means index.html. Nothing outside the list above
// exists, whatever the path contains: no file of the machine is ever read. Throws Error(kNotFound) when there is no
// such page, Error(kUnsupported) as page_paths() does, and what reading the atlas throws.
Page answer(const Atlas& atlas, std::string_view path);

// Writes all pages into a folder, which is created; index.html comes last, so that an interrupted site does not look
// whole. Other files in the folder stay. Throws Error(kIo), Error(kCancelled), and as answer().
extern const Exporter site_exporter;

}  // namespace microtome

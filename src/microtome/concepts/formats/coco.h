// SPDX-License-Identifier: Apache-2.0
// The layouts of COCO: annotations/KIND_NAME.json beside folders of pictures. docs/concept_sets_datasets.md has the
// files, and what is read of them.
#pragma once
#include "microtome/concepts/formats/format.h"

namespace microtome {

// panoptic_NAME.json and a folder of PNGs in which R + 256 G + 65536 B is a segment of the picture.
extern const ConceptFormat coco_panoptic_format;
// stuff_NAME.json with run lengths, or with stuff_NAME_pixelmaps/ PNGs whose samples are category ids.
extern const ConceptFormat coco_stuff_format;
// instances_NAME.json: polygons and run lengths. Overlapping classes are in several planes.
extern const ConceptFormat coco_instances_format;

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/broden.h"
#include "microtome/concepts/formats/coco.h"
#include "microtome/concepts/formats/format.h"

namespace microtome {

const std::vector<const ConceptFormat*>& concept_formats() {
  static const std::vector<const ConceptFormat*> formats = {
      &broden_format,
      &coco_panoptic_format,
      &coco_stuff_format,
      &coco_instances_format,
  };
  return formats;
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/ade20k.h"
#include "microtome/concepts/formats/broden.h"
#include "microtome/concepts/formats/coco.h"
#include "microtome/concepts/formats/format.h"
#include "microtome/concepts/formats/pascal.h"
#include "microtome/concepts/formats/plain.h"

namespace microtome {

const std::vector<const ConceptFormat*>& concept_formats() {
  // clang-format off
  static const std::vector<const ConceptFormat*> formats = {
      &broden_format,
      &coco_panoptic_format,
      &coco_stuff_format,
      &coco_instances_format,
      &ade20k_format,
      &pascal_context_format,
      &pascal_part_format,
      &pascal_voc_format,
      &dtd_format,
      &mask_folder_format,
      &bit_masks_format,
      &label_list_format,
      &class_folder_format,  // Last: any folder of folders with pictures looks like it.
  };
  // clang-format on
  return formats;
}

}  // namespace microtome

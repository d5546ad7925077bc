// SPDX-License-Identifier: Apache-2.0
#include "microtome/dissect/tally_settings.h"

#include <algorithm>

namespace microtome {

SurveySettings dissection_needs(SurveySettings survey, const TallySettings& tally, const SurveyLayer& layer,
                                const ConceptSet& concepts) {
  const Convention& convention = *tally.convention;
  survey.keep = survey.tail;
  for (const double tail : tally.tails) survey.keep = std::max(survey.keep, tail);
  // No share of the cells is sure to hold a share of the pixels.
  if (convention.pixel_quantile) survey.keep = 1;
  survey.whole_below_zero = convention.upsampling == Upsampling::kZero;
  for (int64_t image = 0; image < concepts.size(); ++image) {
    const ConceptImage& info = concepts.image_info(image);
    if (info.label_width == 0) continue;  // It could not be measured and is never read.
    survey.reach = std::max(survey.reach, Upsampler::reach(convention.upsampling, layer.map_width, layer.map_height,
                                                           info.label_width, info.label_height));
  }
  return survey;
}

}  // namespace microtome

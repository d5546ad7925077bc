// SPDX-License-Identifier: Apache-2.0
#include "microtome/exchange/labelled_images.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/image/compose.h"

namespace microtome {
namespace {

std::map<int, double> shares_of(const ImageLabels& labels) {
  std::map<int, double> shares;
  const double pixel = 1.0 / (static_cast<double>(labels.width) * labels.height);
  for (const LabelMap& plane : labels.planes) {
    for (const uint16_t label : plane.labels) {
      if (label != 0) shares[label] += pixel;
    }
  }
  for (const int label : labels.whole_image) shares[label] = 1;
  return shares;
}

std::vector<int64_t> named_images(const ConceptSet& set, const std::vector<std::string>& names) {
  std::map<std::string, int64_t> known;
  for (int64_t i = 0; i < set.size(); ++i) known.emplace(set.image_info(i).file, i);
  std::vector<int64_t> out;
  for (const std::string& name : names) {
    const auto found = known.find(name);
    if (found == known.end()) throw Error(ErrorKind::kNotFound, name, "the concept set has no such image");
    out.push_back(found->second);
  }
  return out;
}

// One that cannot be read may: drawing it says what is wrong.
bool may_hold(const ConceptSet& set, int64_t image, int label) {
  try {
    return shares_of(set.labels(image)).contains(label);
  } catch (const Error&) {
    return true;
  }
}

// Some that hold the label; 0: any.
std::vector<int64_t> random_images(const ConceptSet& set, const LabelledImagesRequest& request, int label) {
  std::vector<int64_t> order(static_cast<size_t>(set.size())), out;
  std::iota(order.begin(), order.end(), 0);
  Rng rng(request.seed, "concepts show");
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
  }
  for (const int64_t image : order) {
    if (static_cast<int>(out.size()) == request.count) break;
    throw_if_stopped();
    if (label == 0 || may_hold(set, image, label)) out.push_back(image);
  }
  if (out.empty()) throw Error(ErrorKind::kNotFound, "concept", "no image holds " + request.concept_name);
  return out;
}

Image drawing_of(const ConceptSet& set, int64_t image, const ImageLabels& labels, int only) {
  const ConceptIndex& index = set.index();
  const auto hidden = [&](uint16_t label) {
    if (only > 0 || label == 0) return label != only;
    return index.categories().at(static_cast<size_t>(index.concept_of(label).category)) == "color";
  };
  Image drawing = set.image(image);
  for (LabelMap plane : labels.planes) {
    std::ranges::replace_if(plane.labels, hidden, uint16_t{0});
    drawing = draw_labels(drawing, plane);
  }
  return drawing;
}

}  // namespace

std::vector<DrawnImage> labelled_images(const ConceptSet& set, const LabelledImagesRequest& request) {
  const int only = request.concept_name.empty() ? 0 : set.index().find(request.concept_name).value_or(-1);
  if (only < 0) {
    throw Error(ErrorKind::kNotFound, request.concept_name, "the set has no concept of this name",
                "list them with: microtome concepts stats");
  }
  std::vector<DrawnImage> out;
  for (const int64_t image :
       request.images.empty() ? random_images(set, request, only) : named_images(set, request.images)) {
    DrawnImage& one = out.emplace_back();
    one.file = set.image_info(image).file;
    try {
      const ImageLabels labels = set.labels(image);
      one.drawing = drawing_of(set, image, labels, only);
      one.shares = shares_of(labels);
    } catch (const Error& error) {
      one.fault = error.what();
    }
  }
  return out;
}

}  // namespace microtome

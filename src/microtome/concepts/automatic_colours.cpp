// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/automatic_colours.h"

#include "microtome/base/error.h"
#include "microtome/base/hash.h"
#include "microtome/concepts/formats/label_numbers.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/image/colour_names.h"
#include "microtome/image/resize.h"

namespace microtome {
namespace {

constexpr const char* kCategory = "color";

ConceptIndex index_with_colours(const ConceptIndex& index) {
  std::vector<std::string> categories = index.categories();
  for (const std::string& name : categories) {
    if (name == kCategory) throw Error(ErrorKind::kUsage, "colours:", "the concept set has labels of colours already");
  }
  const int category = static_cast<int>(categories.size());
  categories.emplace_back(kCategory);
  std::vector<Concept> concepts;
  for (int label = 0; label <= index.max_label(); ++label) concepts.push_back(index.concept_of(label));
  concept_formats::check_label_count(concepts.size() - 1 + kColourNames.size(), "colours:");
  for (const std::string_view name : kColourNames) {
    concepts.push_back({static_cast<int>(concepts.size()), std::string(name) + "-c", category, {category}});
  }
  return ConceptIndex(std::move(categories), std::move(concepts));
}

class ColouredSet : public ConceptSet {
 public:
  explicit ColouredSet(std::unique_ptr<ConceptSet> set)
      : set_(std::move(set)), index_(index_with_colours(set_->index())) {
    Sha256 hash;
    hash.add("colours " + set_->hash());
    hash_ = hash.hex();
  }

  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return set_->size(); }
  const ConceptImage& image_info(int64_t image) const override { return set_->image_info(image); }
  Image image(int64_t image) const override { return set_->image(image); }
  const std::string& hash() const override { return hash_; }
  std::vector<std::string> remarks() const override { return set_->remarks(); }

  ImageLabels labels(int64_t image) const override {
    ImageLabels out = set_->labels(image);
    const Image picture = resize_nearest(set_->image(image), out.width, out.height);
    const int first = set_->index().max_label() + 1;
    LabelMap& plane = out.planes.emplace_back(out.width, out.height);
    for (size_t i = 0; i < plane.labels.size(); ++i) {
      const uint8_t* pixel = &picture.pixels[3 * i];
      plane.labels[i] = static_cast<uint16_t>(first + colour_name(pixel[0], pixel[1], pixel[2]));
    }
    return out;
  }

 private:
  std::unique_ptr<ConceptSet> set_;
  ConceptIndex index_;
  std::string hash_;
};

}  // namespace

std::unique_ptr<ConceptSet> with_automatic_colours(std::unique_ptr<ConceptSet> set) {
  return std::make_unique<ColouredSet>(std::move(set));
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/traced_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/image/resize.h"
#include "microtome/study/atlas_of.h"
#include "microtome/study/units.h"

namespace microtome {
namespace {

LoadedImage loaded(Reporter& reporter, const auto& read) {
  try {
    return {read(), {}};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    reporter.warn(error.what());
    return {{}, error.what()};
  }
}

// All units look at the same files: read once, and kept in the size that the network takes.
class ImageFiles final : public TracedImages {
 public:
  ImageFiles(const std::vector<std::string>& files, const Network& network, int threads, Reporter& reporter)
      : pictures_(files.size()) {
    for (const std::string& file : files) {
      named_.push_back({file, static_cast<int64_t>(named_.size()), {}});
    }
    parallel_for(threads, static_cast<int64_t>(named_.size()), [&](int, int64_t index) {
      throw_if_stopped();
      const auto slot = static_cast<size_t>(index);
      pictures_[slot] = loaded(reporter, [&] {
        return resize_bilinear(load_image(named_[slot].name, &reporter), static_cast<int>(network.width()),
                               static_cast<int>(network.height()));
      });
    });
  }
  std::vector<int64_t> units(int64_t count) const override { return parse_units("", count, ""); }
  std::vector<NamedImage> of_unit(int64_t) const override { return named_; }
  LoadedImage load(const NamedImage& image) const override { return pictures_[static_cast<size_t>(image.index)]; }

 private:
  std::vector<NamedImage> named_;
  std::vector<LoadedImage> pictures_;
};

class AtlasExemplars final : public TracedImages {
 public:
  AtlasExemplars(const std::string& atlas, const Network& network, const std::string& layer, const ConceptSet& concepts,
                 ExemplarChoice choice, Reporter& reporter)
      : atlas_(open_atlas_of(network, atlas)),
        concepts_(concepts),
        reporter_(reporter),
        layer_(layer),
        choice_(choice) {
    const auto set = atlas_.concepts();
    if (!set || set->hash != concepts_.hash()) {
      throw Error(ErrorKind::kUsage, atlas, "is not of this concept set", "give the set that the atlas was made with");
    }
    require_dissection(atlas_, atlas, layer);
  }

  std::vector<int64_t> units(int64_t) const override {
    std::vector<int64_t> held;
    for (const UnitDissection& unit : atlas_.units(layer_, Detail::kBrief)) {
      if (unit.sign == Sign::kPositive) held.push_back(unit.unit);
    }
    return held;
  }

  std::vector<NamedImage> of_unit(int64_t unit) const override {
    const auto found = atlas_.unit(layer_, unit, Sign::kPositive);
    if (!found) {
      throw Error(ErrorKind::kNotFound, layer_, fmt::format("the atlas does not hold unit {}", unit),
                  "choose among its units with `units`");
    }
    const std::vector<Exemplar>& list = choice_.lowest ? found->bottom : found->top;
    std::vector<NamedImage> images;
    for (size_t i = 0; i < std::min(list.size(), choice_.count); ++i) {
      images.push_back({concepts_.image_info(list[i].image).file, list[i].image, list[i].activation});
    }
    return images;
  }

  LoadedImage load(const NamedImage& image) const override {
    return loaded(reporter_, [&] { return concepts_.image(image.index); });
  }

 private:
  const Atlas atlas_;
  const ConceptSet& concepts_;
  Reporter& reporter_;
  const std::string layer_;
  const ExemplarChoice choice_;
};

}  // namespace

std::unique_ptr<const TracedImages> image_files(const std::vector<std::string>& files, const Network& network,
                                                int threads, Reporter& reporter) {
  return std::make_unique<ImageFiles>(files, network, threads, reporter);
}

std::unique_ptr<const TracedImages> atlas_exemplars(const std::string& atlas, const Network& network,
                                                    const std::string& layer, const ConceptSet& concepts,
                                                    ExemplarChoice choice, Reporter& reporter) {
  return std::make_unique<AtlasExemplars>(atlas, network, layer, concepts, choice, reporter);
}

}  // namespace microtome

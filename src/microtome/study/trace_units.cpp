// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/file_name.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/workers.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/photos.h"
#include "microtome/study/units.h"
#include "microtome/visualize/trace.h"

namespace microtome {
namespace {

constexpr int kPairsInARow = 3;

// An image by the name that it is called by.
struct NamedImage {
  std::string name;
  int64_t index = 0;  // in the concept set or the list
};

// Where the images of a unit come from.
class Images {
 public:
  virtual ~Images() = default;
  virtual std::vector<NamedImage> of_unit(int64_t unit) const = 0;
  virtual Image load(const NamedImage& image) const = 0;
};

class Files final : public Images {
 public:
  explicit Files(const std::vector<std::string>& files) {
    for (const std::string& file : files) named_.push_back({file, static_cast<int64_t>(named_.size())});
  }
  std::vector<NamedImage> of_unit(int64_t) const override { return named_; }
  Image load(const NamedImage& image) const override { return load_image(image.name); }

 private:
  std::vector<NamedImage> named_;
};

class Exemplars final : public Images {
 public:
  Exemplars(const TraceRequest& request, const Network& network, const std::string& layer, const ConceptSet& concepts)
      : atlas_(Atlas::open(request.atlas, Atlas::Mode::kRead)),
        concepts_(concepts),
        layer_(layer),
        lowest_(request.settings.sign == "-"),
        count_(static_cast<size_t>(request.exemplars)) {
    const auto of_atlas = atlas_.network();
    if (!of_atlas || of_atlas->hash != network.facts().hash) {
      throw Error(ErrorKind::kUsage, request.atlas, fmt::format("is not of the network {}", request.network.file));
    }
    const auto set = atlas_.concepts();
    if (!set || set->hash != concepts_.hash()) {
      throw Error(ErrorKind::kUsage, request.atlas, fmt::format("is not of the concept set {}", request.concepts),
                  "give the set that the atlas was made with");
    }
    if (!atlas_.dissection_info(layer)) {
      throw Error(ErrorKind::kNotFound, request.atlas, fmt::format("holds no dissection of layer \"{}\"", layer),
                  fmt::format("microtome show {} lists its layers", request.atlas));
    }
  }

  std::vector<NamedImage> of_unit(int64_t unit) const override {
    const auto found = atlas_.unit(layer_, static_cast<int>(unit), Sign::kPositive);
    if (!found) {
      throw Error(ErrorKind::kNotFound, layer_, fmt::format("the atlas does not hold unit {}", unit),
                  "choose among its units with --units");
    }
    const std::vector<Exemplar>& list = lowest_ ? found->bottom : found->top;
    std::vector<NamedImage> images;
    for (size_t i = 0; i < std::min(list.size(), count_); ++i) {
      images.push_back({concepts_.image_info(list[i].image).file, list[i].image});
    }
    return images;
  }

  Image load(const NamedImage& image) const override { return concepts_.image(image.index); }

 private:
  const Atlas atlas_;
  const ConceptSet& concepts_;
  const std::string layer_;
  const bool lowest_;
  const size_t count_;
};

void check(const TraceRequest& request) {
  const bool from_atlas = !request.atlas.empty();
  if (from_atlas == !request.images.empty()) {
    throw Error(ErrorKind::kUsage, "trace", from_atlas ? "takes images or --atlas, not both" : "there are no images",
                "give files, or --atlas and --concepts");
  }
  if (from_atlas && request.concepts.empty()) {
    throw Error(ErrorKind::kUsage, "--atlas", "holds its exemplars in small only", "give their set with --concepts");
  }
}

struct UnitTraces {
  std::vector<Image> tiles;  // crop, trace, crop, trace ...
  Json rows = Json::array();
};

UnitTraces trace_unit(const Tracer& tracer, const Images& images, int64_t unit, Reporter& reporter) {
  UnitTraces out;
  for (const NamedImage& image : images.of_unit(unit)) {
    throw_if_stopped();
    Json row = {{"image", image.name}};
    std::optional<Image> pixels;
    try {
      pixels = images.load(image);
    } catch (const Error& error) {
      reporter.warn(error.what());
      row["error"] = error.what();
    }
    if (pixels) {
      Trace trace = tracer.trace(*pixels, unit);
      row.update({{"activation", trace.activation},
                  {"x", trace.x},
                  {"y", trace.y},
                  {"left", trace.left},
                  {"top", trace.top},
                  {"silent", trace.silent}});
      out.tiles.push_back(std::move(trace.seen));
      out.tiles.push_back(std::move(trace.gradient));
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Json trace_units(const TraceRequest& request, Reporter& reporter) {
  check(request);
  Source source = open_source(request.network);
  std::unique_ptr<ConceptSet> concepts;
  if (!request.concepts.empty()) concepts = open_concept_set(request.concepts);
  const std::string layer = derive_layer(source, request.layer, request.basis, concepts.get(), request.threads, reporter);
  warn_of_assumed_range(source, reporter);
  const Tracer tracer(source.network, source.preprocessing, layer, request.settings);
  const std::vector<int64_t> units = parse_units(request.units, source.network.layer(layer).units, layer);
  std::unique_ptr<Images> images;
  if (request.atlas.empty()) {
    images = std::make_unique<Files>(request.images);
  } else {
    images = std::make_unique<Exemplars>(request, source.network, layer, *concepts);
  }
  const Json provenance = {{"microtome", MICROTOME_VERSION},
                           {"network", source.network.facts().hash},
                           {"layer", tracer.layer().name},
                           {"settings", to_json(request.settings)}};
  std::vector<Json> rows(units.size());
  {
    Task progress(reporter, "tracing", static_cast<int64_t>(units.size()), "units");
    parallel_for(request.threads, static_cast<int64_t>(units.size()), [&](int, int64_t index) {
      use_one_kernel_thread();
      const int64_t unit = units[static_cast<size_t>(index)];
      UnitTraces found = trace_unit(tracer, *images, unit, reporter);
      Json row = {{"unit", unit}, {"file", nullptr}, {"traces", found.rows}};
      if (!found.tiles.empty()) {
        const int pairs = std::min(kPairsInARow, static_cast<int>(found.tiles.size() / 2));
        Json description = provenance;
        description.update({{"unit", unit}, {"traces", found.rows}});
        const std::string file =
            fmt::format("{}/{}/{:04}{}.png", request.out, file_name_from_layer(layer), unit, request.settings.sign);
        write_file(file, encode_png(contact_sheet(found.tiles, 2 * pairs, static_cast<int>(request.tile)),
                                    description.dump()));
        row["file"] = file;
      }
      rows[static_cast<size_t>(index)] = std::move(row);
      progress.advance();
    });
  }
  return {{"layer", tracer.layer().name},
          {"method", request.settings.method},
          {"sign", request.settings.sign},
          {"units", rows}};
}

}  // namespace microtome

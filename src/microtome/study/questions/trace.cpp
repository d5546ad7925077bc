// SPDX-License-Identifier: Apache-2.0
// Which pixels of an image drive a unit?
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>

#include "microtome/atlas/atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"
#include "microtome/exchange/file_name.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/image/resize.h"
#include "microtome/network/derived_name.h"
#include "microtome/study/arguments.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/provenance.h"
#include "microtome/study/question.h"
#include "microtome/study/units.h"
#include "microtome/visualize/trace.h"
#include "microtome/visualize/trace_settings.h"

namespace microtome::questions {
namespace {

struct TraceRequest : LayerArguments, ThreadArguments {
  NetworkArguments network;
  std::vector<std::string> images;
  std::string atlas, concepts;  // instead of images: the atlas and the concept set that its exemplars are from
  std::string out;              // folder
  TraceSettings settings;
  int64_t exemplars = 9;
  int64_t tile = 224;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "images", .help = "PNG, JPEG or WebP files", .role = Role::kSubject, .positional = true}, s.images);
    LayerArguments::fields(s, field);
    field({.name = "atlas", .help = "Instead of images: the exemplars that this atlas holds", .role = Role::kAtlas},
          s.atlas);
    field({.name = "concepts", .help = "The concept set that the exemplars are from", .role = Role::kConcepts},
          s.concepts);
    field({.name = "out", .help = "Folder for one PNG a unit", .role = Role::kOut, .required = true}, s.out);
    NetworkArguments::input_fields(s.network, field);
    TraceSettings::fields(s.settings, field);
    field({.name = "exemplars",
           .help = "Exemplars of each unit, with an atlas",
           .min = 1,
           .max = 1000,
           .role = Role::kSubject},
          s.exemplars);
    field({.name = "tile", .help = "Side of a crop in the picture written, in pixels", .min = 8, .max = 2048}, s.tile);
    ThreadArguments::fields(s, field);
  }
};

constexpr int kPairsInARow = 3;

// An image by the name that it is called by.
struct NamedImage {
  std::string name;
  int64_t index = 0;                // in the concept set or the list
  std::optional<float> activation;  // what the atlas says that the unit's strongest is
};

// A picture, or why there is none.
struct Loaded {
  Image pixels;
  std::string error;
};

// Where the images of a unit come from. What cannot be read is warned of, once for each reading.
class Images {
 public:
  virtual ~Images() = default;
  // Of `count` that the layer has, those that there are images for.
  virtual std::vector<int64_t> units(int64_t count) const = 0;
  virtual std::vector<NamedImage> of_unit(int64_t unit) const = 0;
  virtual Loaded load(const NamedImage& image) const = 0;
};

Loaded loaded(Reporter& reporter, const auto& read) {
  try {
    return {read(), {}};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    reporter.warn(error.what());
    return {{}, error.what()};
  }
}

// All units look at the same files: read once, and kept in the size that the network takes.
class Files final : public Images {
 public:
  Files(const TraceRequest& request, const Network& network, Reporter& reporter) : pictures_(request.images.size()) {
    for (const std::string& file : request.images) {
      named_.push_back({file, static_cast<int64_t>(named_.size()), {}});
    }
    parallel_for(request.threads, static_cast<int64_t>(named_.size()), [&](int, int64_t index) {
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
  Loaded load(const NamedImage& image) const override { return pictures_[static_cast<size_t>(image.index)]; }

 private:
  std::vector<NamedImage> named_;
  std::vector<Loaded> pictures_;
};

class Exemplars final : public Images {
 public:
  Exemplars(const TraceRequest& request, const Network& network, const std::string& layer, const ConceptSet& concepts,
            Reporter& reporter)
      : atlas_(Atlas::open(request.atlas, Atlas::Mode::kRead)),
        concepts_(concepts),
        reporter_(reporter),
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
    const std::vector<Exemplar>& list = lowest_ ? found->bottom : found->top;
    std::vector<NamedImage> images;
    for (size_t i = 0; i < std::min(list.size(), count_); ++i) {
      images.push_back({concepts_.image_info(list[i].image).file, list[i].image, list[i].activation});
    }
    return images;
  }

  Loaded load(const NamedImage& image) const override {
    return loaded(reporter_, [&] { return concepts_.image(image.index); });
  }

 private:
  const Atlas atlas_;
  const ConceptSet& concepts_;
  Reporter& reporter_;
  const std::string layer_;
  const bool lowest_;
  const size_t count_;
};

void check(const TraceRequest& request) {
  const bool from_atlas = !request.atlas.empty();
  if (from_atlas == !request.images.empty()) {
    throw Error(ErrorKind::kUsage, "trace", from_atlas ? "takes images or `atlas`, not both" : "there are no images",
                "give files, or `atlas` and `concepts`");
  }
  if (from_atlas && request.concepts.empty()) {
    throw Error(ErrorKind::kUsage, "atlas", "holds its exemplars in small only", "give their set with `concepts`");
  }
}

struct UnitTraces {
  std::vector<Image> tiles;  // crop, trace, crop, trace ...
  Json rows = Json::array();
  bool as_expected = true;  // activations are those of the atlas
};

// A rectified layer's negative side is traced before its rectifier, of which the atlas says nothing.
bool as_expected(const Trace& trace, const NamedImage& image, const Tracer& tracer) {
  if (!image.activation || split_derived_name(tracer.layer().name).suffix == kPreActivation) return true;
  const double expected = *image.activation;
  return std::abs(trace.activation - expected) <= 1e-3 * std::abs(expected);
}

UnitTraces trace_unit(const Tracer& tracer, const Images& images, int64_t unit) {
  UnitTraces out;
  for (const NamedImage& image : images.of_unit(unit)) {
    throw_if_stopped();
    Json row = {{"image", image.name}};
    const Loaded found = images.load(image);
    if (!found.error.empty()) {
      row["error"] = found.error;
    } else {
      Trace trace = tracer.trace(found.pixels, unit);
      out.as_expected = out.as_expected && as_expected(trace, image, tracer);
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

std::unique_ptr<Images> images_of(const TraceRequest& request, const Network& network, const std::string& layer,
                                  const ConceptSet* concepts, Reporter& reporter) {
  if (request.atlas.empty()) return std::make_unique<Files>(request, network, reporter);
  return std::make_unique<Exemplars>(request, network, layer, *concepts, reporter);
}

class SheetWriter {
 public:
  SheetWriter(const TraceRequest& request, const std::string& layer, const Source& source, const Tracer& tracer)
      : request_(request),
        layer_(layer),
        provenance_({{"microtome", MICROTOME_VERSION},
                     {"network", source.network.facts().hash},
                     {"layer", tracer.layer().name},
                     {"settings", settings_of(request, source, {all_settings(request.settings), {}, {}})}}) {}

  // The file's name.
  std::string write(int64_t unit, const UnitTraces& found) const {
    const int pairs = std::min(kPairsInARow, static_cast<int>(found.tiles.size() / 2));
    Json description = provenance_;
    description["unit"] = unit;
    description["traces"] = found.rows;
    const std::string file =
        fmt::format("{}/{}/{:04}{}.png", request_.out, file_name_from_layer(layer_), unit, request_.settings.sign);
    write_file(file,
               encode_png(contact_sheet(found.tiles, 2 * pairs, static_cast<int>(request_.tile)), description.dump()));
    return file;
  }

 private:
  const TraceRequest& request_;
  const std::string& layer_;
  const Json provenance_;
};

// Writes request.out/LAYER/UNIT.png: each image's crop with the trace beside it. Gives
// {"layer","method","sign","units":[{"unit","file","traces":[{"image","activation","x","y","left","top","silent"}]}]};
// an image that cannot be read is warned of and carries "error". Throws Error(kUsage) unless there are images or an
// atlas with its concept set, and when the atlas is of another network or concept set.
Json trace(const TraceRequest& request, const Bench& bench) {
  Reporter& reporter = bench.reporter;
  check(request);
  Source source = open_source(request.network);
  std::unique_ptr<ConceptSet> concepts;
  if (!request.concepts.empty()) concepts = open_concept_set(request.concepts);
  const std::string layer =
      derive_layer(source, request.layer, request.basis, concepts.get(), request.threads, reporter);
  warn_of_assumed_range(source, reporter);
  const Tracer tracer(source.network, source.preprocessing, layer, request.settings);
  const int64_t count = source.network.layer(layer).units;
  std::vector<int64_t> units = parse_units(request.units, count, layer);
  const std::unique_ptr<Images> images = images_of(request, source.network, layer, concepts.get(), reporter);
  if (request.units.empty()) units = images->units(count);
  const SheetWriter writer(request, layer, source, tracer);
  std::vector<Json> rows(units.size());
  std::atomic<bool> unexpected{false};
  {
    Task progress(reporter, "tracing", static_cast<int64_t>(units.size()), "units");
    parallel_for(request.threads, static_cast<int64_t>(units.size()), [&](int, int64_t index) {
      const int64_t unit = units[static_cast<size_t>(index)];
      UnitTraces found = trace_unit(tracer, *images, unit);
      if (!found.as_expected) unexpected = true;
      const Json file = found.tiles.empty() ? Json(nullptr) : Json(writer.write(unit, found));
      rows[static_cast<size_t>(index)] = {{"unit", unit}, {"file", file}, {"traces", std::move(found.rows)}};
      progress.advance();
    });
  }
  if (unexpected) {
    reporter.warn(
        "the exemplars drive their units otherwise than the atlas says: was it made with another `preprocess`?");
  }
  return {{"layer", tracer.layer().name},
          {"method", request.settings.method},
          {"sign", request.settings.sign},
          {"units", rows}};
}

}  // namespace

extern const QuestionKind trace_question;
const QuestionKind trace_question = make_question<TraceRequest, trace>(
    "trace", "Show which pixels of an image drive a unit: guided backprop, deconvolution", R"(
For each unit and image: the part of the image that the unit's strongest position sees, and beside it how
its pixels drive that position. Grey is nothing, brighter and darker are more of a colour and less.
Examples:
  microtome trace googlenet.onnx dog.jpg --layer inception_4c --units 0-15 --preprocess caffe-bgr --out traces
  microtome trace net.onnx --atlas net.atlas --concepts scenes --layer conv5 --out traces
)");

}  // namespace microtome::questions

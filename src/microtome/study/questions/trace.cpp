// SPDX-License-Identifier: Apache-2.0
// Which pixels of an image drive a unit, a class, or any other objective?
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"
#include "microtome/exchange/file_name.h"
#include "microtome/explain/trace.h"
#include "microtome/image/codec.h"
#include "microtome/image/compose.h"
#include "microtome/network/derived_name.h"
#include "microtome/study/arguments.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/provenance.h"
#include "microtome/study/question.h"
#include "microtome/study/traced_images.h"
#include "microtome/study/units.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/signed_picture.h"

namespace microtome::questions {
namespace {

struct TraceRequest : ThreadArguments {
  NetworkArguments network;
  std::vector<std::string> images;
  std::string objective;
  std::string layer;
  std::string basis = "identity";
  std::string units;
  std::string channels;
  std::string sign = "+";
  std::string atlas, concepts;  // instead of images: the atlas and the concept set that its exemplars are from
  std::string out;              // folder
  bool npy = false;
  TraceSettings settings;
  int64_t exemplars = 9;
  int64_t tile = 224;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "images", .help = "PNG, JPEG or WebP files", .role = Role::kSubject, .positional = true}, s.images);
    field({.name = "objective",
           .help = "What is explained: logit(husky), \"logit(husky) - logit(wolf)\", conv5:12; when left out each unit "
                   "of the layer, where it answers most",
           .role = Role::kSubject},
          s.objective);
    field(
        {.name = "layer",
         .help = "The layer whose units are explained; with an objective the layer that gradcam looks at, or that lrp "
                 "goes through",
         .role = Role::kSubject},
        s.layer);
    field({.name = "basis", .help = basis_help(), .role = Role::kSubject}, s.basis);
    field({.name = "units", .help = "Units: 0-15,40 (all when left out)", .role = Role::kSubject}, s.units);
    field({.name = "channels", .help = "With an objective and lrp: only through these channels of the layer: 3,7-9"},
          s.channels);
    field({.name = "sign",
           .help = "Of units: + their highest position, - their lowest (before the rectifier)",
           .choices = "+|-"},
          s.sign);
    field({.name = "atlas", .help = "Instead of images: the exemplars that this atlas holds", .role = Role::kAtlas},
          s.atlas);
    field({.name = "concepts", .help = "The concept set that the exemplars are from", .role = Role::kConcepts},
          s.concepts);
    field({.name = "out", .help = "Folder for one PNG a unit, or an image", .role = Role::kOut, .required = true},
          s.out);
    field({.name = "npy", .help = "Write each map as float32 numbers, too", .role = Role::kSubject}, s.npy);
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

void check(const TraceRequest& request) {
  const bool from_atlas = !request.atlas.empty();
  if (from_atlas == !request.images.empty()) {
    throw Error(ErrorKind::kUsage, "trace", from_atlas ? "takes images or `atlas`, not both" : "there are no images",
                "give files, or `atlas` and `concepts`");
  }
  if (from_atlas && request.concepts.empty()) {
    throw Error(ErrorKind::kUsage, "atlas", "holds its exemplars in small only", "give their set with `concepts`");
  }
  const bool units = request.objective.empty();
  if (units && request.layer.empty()) {
    throw Error(ErrorKind::kUsage, "trace", "there is nothing to explain",
                "give `objective`, or `layer` for its units");
  }
  if (units && !request.channels.empty()) {
    throw Error(ErrorKind::kUsage, "channels", "belong to an objective", "give `objective`, or `units` of the layer");
  }
  if (request.layer.empty() && request.basis != "identity") {
    throw Error(ErrorKind::kUsage, "basis", "there is no layer that it is of", "name the layer");
  }
  if (units) return;
  for (const auto& [given, name] : {std::pair(from_atlas, "atlas"), std::pair(!request.units.empty(), "units"),
                                    std::pair(request.sign != "+", "sign")}) {
    if (given) throw Error(ErrorKind::kUsage, name, "belongs to the units of a layer", "leave out `objective`");
  }
}

// What is asked of all images alike, and where its files go.
struct TraceWork {
  const TraceRequest& request;
  const Source& source;
  std::string layer;  // empty without one
  Json provenance;
};

// A name that no other file of the answer has: the image's own, with its place in the list.
std::string map_file(const TraceWork& work, const std::string& folder, const NamedImage& image, size_t place) {
  return fmt::format("{}/{}/{}", work.request.out, folder, file_name_from_image(image.name, place));
}

void write_map(const std::string& file, const at::Tensor& map) {
  const at::Tensor dense = map.to(at::kFloat).contiguous();
  const std::span<const float> values(dense.data_ptr<float>(), static_cast<size_t>(dense.numel()));
  write_file(file, npy_bytes(values, dense.sizes().vec()));
}

// {"file","objective","method","value","sum","residual"}
Json attribution_row(const std::string& image, const std::string& objective, const std::string& method,
                     const Attribution& found) {
  return {{"file", image},    {"objective", objective},
          {"method", method}, {"value", found.value},
          {"sum", found.sum}, {"residual", found.residual() ? Json(*found.residual()) : Json(nullptr)},
          {"map", nullptr}};
}

// The image as the network saw it, the map over it, and in colours where the method knows them.
std::vector<Image> drawn_map(const at::Tensor& pixels, const Attribution& found, double saturated) {
  std::vector<Image> tiles = {to_image(pixels)};
  const at::Tensor map = found.map.to(at::kFloat).contiguous();
  const at::Tensor sizes = map.abs().flatten();
  const float scale = std::max(1e-30f, at::quantile(sizes, 1 - saturated).item<float>());
  tiles.push_back(draw_signed(tiles[0], {map.data_ptr<float>(), static_cast<size_t>(map.numel())},
                              scale > 1e-30f ? scale : std::max(1e-30f, sizes.max().item<float>())));
  if (found.pixels.defined()) tiles.push_back(to_image(signed_picture(found.pixels, saturated).unsqueeze(0)));
  return tiles;
}

// One objective on each image.
Json trace_objective(const TraceWork& work, const TracedImages& images, Reporter& reporter) {
  const TraceRequest& request = work.request;
  const std::string method = request.settings.method.empty() ? "integrated" : request.settings.method;
  const Subject subject(work.source.network, work.source.preprocessing, request.objective);
  AttributionPlace place{work.layer, {}};
  if (!request.channels.empty()) {
    if (work.layer.empty()) throw Error(ErrorKind::kUsage, "channels", "there is no layer that they are of");
    place.channels = parse_units(request.channels, work.source.network.layer(work.layer).units, work.layer);
  }
  const auto attributor = make_attributor(method, subject, request.settings, place);
  const std::vector<NamedImage> named = images.of_unit(0);
  std::vector<Json> rows(named.size());
  Task progress(reporter, "tracing", std::ssize(named), "images");
  parallel_for(request.threads, std::ssize(named), [&](int, int64_t index) {
    throw_if_stopped();
    const auto slot = static_cast<size_t>(index);
    const LoadedImage image = images.load(named[slot]);
    if (!image.error.empty()) {
      rows[slot] = {{"file", named[slot].name}, {"error", image.error}};
      return;
    }
    const at::Tensor pixels = subject.pixels(image.pixels);
    const Attribution found = attributor->attribute(pixels);
    Json row = attribution_row(named[slot].name, subject.objective().text, method, found);
    const std::string file = map_file(work, method, named[slot], slot);
    if (request.npy) write_map((row["map"] = file + ".npy").get<std::string>(), found.map);
    const std::vector<Image> tiles = drawn_map(pixels, found, request.settings.saturated);
    Json description = work.provenance;
    description["trace"] = row;
    write_file((row["picture"] = file + ".png").get<std::string>(),
               encode_png(contact_sheet(tiles, static_cast<int>(tiles.size()), static_cast<int>(request.tile)),
                          description.dump()));
    rows[slot] = std::move(row);
    progress.advance();
  });
  return {{"method", method},
          {"layer", attributor->layer().empty() ? Json(nullptr) : Json(attributor->layer())},
          {"traces", rows}};
}

struct UnitTraces {
  std::vector<Image> tiles;  // crop, trace, crop, trace ...
  std::vector<Json> rows;
  bool as_expected = true;  // activations are those of the atlas
};

// A rectified layer's negative side is traced before its rectifier, of which the atlas says nothing.
bool as_expected(const Trace& trace, const NamedImage& image, const UnitTracer& tracer) {
  if (!image.activation || split_derived_name(tracer.layer().name).suffix == kPreActivation) return true;
  const double expected = *image.activation;
  return std::abs(trace.activation - expected) <= 1e-3 * std::abs(expected);
}

UnitTraces trace_unit(const TraceWork& work, const TracedImages& images, int64_t unit) {
  const TraceRequest& request = work.request;
  const Sign sign = request.sign == "-" ? Sign::kNegative : Sign::kPositive;
  const std::string method = request.settings.method.empty() ? "guided" : request.settings.method;
  const UnitTracer tracer(work.source.network, work.source.preprocessing, work.layer, {unit, sign}, request.settings);
  UnitTraces out;
  for (const NamedImage& image : images.of_unit(unit)) {
    throw_if_stopped();
    const LoadedImage found = images.load(image);
    Json row = {{"file", image.name}, {"error", found.error}};
    if (found.error.empty()) {
      Trace trace = tracer.trace(found.pixels);
      out.as_expected = out.as_expected && as_expected(trace, image, tracer);
      row = attribution_row(image.name, tracer.objective(), method, trace.attribution);
      row.update({{"activation", trace.activation},
                  {"x", trace.x},
                  {"y", trace.y},
                  {"left", trace.left},
                  {"top", trace.top},
                  {"silent", trace.silent}});
      if (request.npy) {
        const std::string folder = fmt::format("{}/{:04}{}", file_name_from_layer(work.layer), unit, request.sign);
        write_map((row["map"] = map_file(work, folder, image, out.rows.size()) + ".npy").get<std::string>(),
                  trace.attribution.map);
      }
      out.tiles.push_back(std::move(trace.seen));
      out.tiles.push_back(std::move(trace.drawn));
    }
    row.update({{"layer", tracer.layer().name}, {"unit", unit}, {"sign", request.sign}});
    out.rows.push_back(std::move(row));
  }
  return out;
}

// A sheet of the unit's crops and traces; the file's name, nothing when no image could be read.
Json write_sheet(const TraceWork& work, int64_t unit, const UnitTraces& found) {
  if (found.tiles.empty()) return nullptr;
  const int pairs = std::min(kPairsInARow, static_cast<int>(found.tiles.size() / 2));
  Json description = work.provenance;
  description["unit"] = unit;
  description["traces"] = found.rows;
  const std::string file =
      fmt::format("{}/{}/{:04}{}.png", work.request.out, file_name_from_layer(work.layer), unit, work.request.sign);
  write_file(
      file, encode_png(contact_sheet(found.tiles, 2 * pairs, static_cast<int>(work.request.tile)), description.dump()));
  return file;
}

Json trace_units(const TraceWork& work, const TracedImages& images, Reporter& reporter) {
  const int64_t count = work.source.network.layer(work.layer).units;
  std::vector<int64_t> units = parse_units(work.request.units, count, work.layer);
  if (work.request.units.empty()) units = images.units(count);
  std::vector<std::vector<Json>> rows(units.size());
  std::atomic<bool> unexpected{false};
  {
    Task progress(reporter, "tracing", std::ssize(units), "units");
    parallel_for(work.request.threads, std::ssize(units), [&](int, int64_t index) {
      const auto slot = static_cast<size_t>(index);
      UnitTraces found = trace_unit(work, images, units[slot]);
      if (!found.as_expected) unexpected = true;
      const Json sheet = write_sheet(work, units[slot], found);
      for (Json& row : found.rows) row["picture"] = sheet;
      rows[slot] = std::move(found.rows);
      progress.advance();
    });
  }
  if (unexpected) {
    reporter.warn(
        "the exemplars drive their units otherwise than the atlas says: was it made with another `preprocess`?");
  }
  Json traces = Json::array();
  for (std::vector<Json>& of_unit : rows) {
    for (Json& row : of_unit) traces.push_back(std::move(row));
  }
  const std::string& method = work.request.settings.method;
  return {{"method", method.empty() ? "guided" : method}, {"layer", work.layer}, {"traces", traces}};
}

// Gives {"method","layer","traces":[{"file","objective","method","value","sum","residual","map","picture"}]}: for each
// image and objective its value, what the map sums to, what that lacks of what the method promises (null: nothing), the
// .npy file of the map where asked for, and the picture drawn. Of units also "layer","unit","sign","activation","x",
// "y","left","top","silent"; their pictures are out/LAYER/UNIT.png, each image's crop with the trace beside it. An
// image that cannot be read is warned of and carries "error". Throws Error(kUsage) unless there are images or an atlas
// with its concept set, and when the atlas is of another network or concept set.
Json trace(const TraceRequest& request, const Bench& bench) {
  Reporter& reporter = bench.reporter;
  check(request);
  Source source = open_source(request.network);
  std::unique_ptr<ConceptSet> concepts;
  if (!request.concepts.empty()) concepts = open_concept_set(request.concepts);
  std::string layer = request.layer;
  if (!layer.empty()) layer = derive_layer(source, layer, request.basis, concepts.get(), request.threads, reporter);
  warn_of_assumed_range(source, reporter);
  const TraceWork work{request,
                       source,
                       layer,
                       {{"microtome", MICROTOME_VERSION},
                        {"network", source.network.facts().hash},
                        {"settings", settings_of(request, source, {all_settings(request.settings), {}, {}})}}};
  const std::unique_ptr<const TracedImages> images =
      request.atlas.empty() ? image_files(request.images, source.network, request.threads, reporter)
                            : atlas_exemplars(request.atlas, source.network, layer, *concepts,
                                              {request.sign == "-", static_cast<size_t>(request.exemplars)}, reporter);
  return request.objective.empty() ? trace_units(work, *images, reporter) : trace_objective(work, *images, reporter);
}

}  // namespace

extern const QuestionKind trace_question;
const QuestionKind trace_question =
    make_question<TraceRequest, trace>("trace", "Show which pixels of an image drive a class, a unit, or any objective",
                                       R"(
With an objective: the image, beside it a map of how much each pixel speaks for (red) or against (blue) it, and
the same in colours where the method knows them. Methods differ in what they promise: microtome list says what
the parts of each sum to, and the residual is what a map lacks of it.
Without one, for each unit of a layer and image: the part of the image that the unit's strongest position sees,
and beside it how its pixels drive that position. Grey is nothing, brighter and darker are more of a colour and less.
Examples:
  microtome trace googlenet.onnx dog.jpg --objective 'logit(207) - logit(208)' --method lrp --preprocess caffe-bgr --out traces
  microtome trace googlenet.onnx dog.jpg --layer inception_4c --units 0-15 --preprocess caffe-bgr --out traces
  microtome trace net.onnx --atlas net.atlas --concepts scenes --layer conv5 --out traces
)");

}  // namespace microtome::questions

// SPDX-License-Identifier: Apache-2.0
// Which units does a unit depend on?
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/quoted_text.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/open.h"
#include "microtome/explain/dependence.h"
#include "microtome/study/atlas_of.h"
#include "microtome/study/question.h"
#include "microtome/study/set_images.h"
#include "microtome/study/source.h"
#include "microtome/visualize/quality.h"

namespace microtome::questions {
namespace {

struct DependRequest : ThreadArguments {
  NetworkArguments network;
  std::string unit, from, set, atlas;
  int64_t images = 100, ablated = 20;
  std::string background = "zero", rules = "epsilon";
  int64_t steps = 16;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "unit", .help = "What is asked about: LAYER:NUMBER", .role = Role::kSubject, .required = true},
          s.unit);
    field({.name = "on", .help = "Concept set whose images are shown", .role = Role::kConcepts, .required = true},
          s.set);
    field({.name = "from",
           .help = "The layer in front whose units are held responsible; when left out those that the unit reads",
           .role = Role::kSubject},
          s.from);
    field({.name = "atlas", .help = "Names the units by what this dissection found", .role = Role::kAtlas}, s.atlas);
    field({.name = "images", .help = "So many images of the set, evenly spread; 0 = all", .min = 0, .max = 1e9},
          s.images);
    field({.name = "ablated",
           .help = "Of these so many for ablation, which runs once for each unit; 0 = none",
           .min = 0,
           .max = 1e9},
          s.ablated);
    field({.name = "background",
           .help = "Where conductance begins: zero (the colour that is 0 to the network), black, white, grey or blur",
           .choices = "zero|black|white|grey|blur"},
          s.background);
    field({.name = "steps", .help = "Steps of conductance", .min = 1, .max = 100000}, s.steps);
    field({.name = "rules",
           .help = "Of relevance: epsilon, gamma, plus, alpha2-beta1 or epsilon-plus-flat",
           .choices = "epsilon|gamma|plus|alpha2-beta1|epsilon-plus-flat"},
          s.rules);
    NetworkArguments::input_fields(s.network, field);
    ThreadArguments::fields(s, field);
  }
};

// Means over images of what one way says of each unit.
struct WayMeans {
  std::vector<double> sums, squares;
  int64_t images = 0;

  void add(const std::vector<double>& values) {
    if (values.empty()) return;
    sums.resize(values.size(), 0.0);
    squares.resize(values.size(), 0.0);
    for (size_t i = 0; i < values.size(); ++i) {
      sums[i] += values[i];
      squares[i] += values[i] * values[i];
    }
    ++images;
  }
  std::vector<double> means() const {
    std::vector<double> all = sums;
    for (double& sum : all) sum /= static_cast<double>(std::max<int64_t>(images, 1));
    return all;
  }
  Json mean(size_t i) const { return images == 0 ? Json(nullptr) : Json(sums[i] / static_cast<double>(images)); }
  // Half the width of the 95 % interval of the mean.
  Json interval(size_t i) const {
    if (images < 2) return nullptr;
    const auto count = static_cast<double>(images);
    const double mean = sums[i] / count;
    return 1.96 * std::sqrt(std::max(0.0, squares[i] / count - mean * mean) / (count - 1));
  }
};

struct LayerMeans {
  WayMeans share, gradient_activation, conductance, relevance, ablation;
  double value = 0;
  int64_t images = 0;

  void add(const UnitDependence& found) {
    share.add(found.share);
    gradient_activation.add(found.gradient_activation);
    conductance.add(found.conductance);
    relevance.add(found.relevance);
    ablation.add(found.ablation);
    value += found.value;
    ++images;
  }
};

struct AskedUnit {
  std::string layer;
  int64_t unit = -1;
};

AskedUnit asked_unit(const std::string& text, const Network& network) {
  const size_t colon = text.rfind(':');
  AskedUnit asked;
  if (colon != std::string::npos && colon + 1 < text.size() &&
      std::all_of(text.begin() + static_cast<ptrdiff_t>(colon) + 1, text.end(),
                  [](unsigned char c) { return std::isdigit(c) != 0; }) &&
      text.size() - colon < 12) {
    asked.unit = std::stoll(text.substr(colon + 1));
    asked.layer = text.substr(0, colon);
    if (const auto quoted = read_quoted(asked.layer)) asked.layer = quoted->text;
    static_cast<void>(network.layer(asked.layer));
    return asked;
  }
  throw Error(ErrorKind::kUsage, "unit", fmt::format("\"{}\" is not LAYER:NUMBER", text), "conv5:12");
}

// The layers whose units are held responsible.
std::vector<std::string> layers_in_front(const DependRequest& request, const Network& network, const AskedUnit& asked) {
  if (!request.from.empty()) return {network.layer(request.from).name};
  std::vector<std::string> layers;
  const Shares shares(network, asked.layer, asked.unit);
  for (const Shares::Term& term : shares.terms()) {
    if (std::find(layers.begin(), layers.end(), term.layer) == layers.end()) layers.push_back(term.layer);
  }
  std::erase_if(layers, [&](const std::string& name) {
    const auto known = network.layers();
    return std::none_of(known.begin(), known.end(), [&](const Layer& layer) { return layer.name == name; });
  });
  if (layers.empty()) {
    throw Error(ErrorKind::kUsage, "unit", fmt::format("{} reads the picture itself", request.unit),
                "microtome trace shows which pixels drive it");
  }
  return layers;
}

// {"label","iou"} of a unit by the atlas; null where that does not know it.
Json known_as(const Atlas* atlas, const std::string& layer, int64_t unit) {
  if (atlas == nullptr || !atlas->dissection_info(layer)) return nullptr;
  const auto found = atlas->unit(layer, unit, Sign::kPositive);
  const auto concepts = atlas->concepts();
  if (!found || !concepts || found->best.label == 0) return nullptr;
  return {{"label", concepts->display_names.at(static_cast<size_t>(found->best.label))}, {"iou", found->best.iou}};
}

void add_rows(Json& inputs, const Atlas* atlas, const Layer& layer, const LayerMeans& means) {
  for (int64_t unit = 0; unit < layer.units; ++unit) {
    const auto i = static_cast<size_t>(unit);
    inputs.push_back({{"layer", layer.name},
                      {"unit", unit},
                      {"concept", known_as(atlas, layer.name, unit)},
                      {"share", means.share.mean(i)},
                      {"gradient_activation", means.gradient_activation.mean(i)},
                      {"interval", means.gradient_activation.interval(i)},
                      {"conductance", means.conductance.mean(i)},
                      {"relevance", means.relevance.mean(i)},
                      {"ablation", means.ablation.mean(i)}});
  }
}

// Spearman's correlation of each way with ablation, over the units of a layer, on the same images.
Json agreement(const LayerMeans& means) {
  Json out = Json::object();
  const std::vector<double> reference = means.ablation.means();
  const auto against = [&](const char* name, const WayMeans& way) {
    const double found =
        way.images > 0 && means.ablation.images > 0 ? rank_correlation(way.means(), reference) : std::nan("");
    out[name] = std::isnan(found) ? Json(nullptr) : Json(found);
  };
  against("share", means.share);
  against("gradient_activation", means.gradient_activation);
  against("conductance", means.conductance);
  against("relevance", means.relevance);
  return out;
}

// {"unit","value","bias","images","inputs":[{"layer","unit","concept","share","gradient_activation","interval",
// "conductance","relevance","ablation"}],"rank_correlation":{LAYER:{"share",…}},"no_relevance","unreadable"}: means
// over the images of what each unit in front has to do with the unit's value where it is strongest; correlations are
// with ablation. Null: the way cannot tell.
Json depend(const DependRequest& request, const Bench& bench) {
  const Source source = open_source(request.network);
  const AskedUnit asked = asked_unit(request.unit, source.network);
  const std::vector<std::string> layers = layers_in_front(request, source.network, asked);
  const std::unique_ptr<ConceptSet> set = open_concept_set(request.set);
  std::optional<Atlas> atlas;
  if (!request.atlas.empty()) atlas.emplace(open_atlas_of(source.network, request.atlas));
  warn_of_assumed_range(source, bench.reporter);
  const std::vector<int64_t> images = spread_images(*set, request.images);
  const int64_t count = std::max<int64_t>(1, std::ssize(images)), ablated = std::min(request.ablated, count);
  Json answer = {{"unit", request.unit},
                 {"inputs", Json::array()},
                 {"rank_correlation", Json::object()},
                 {"no_relevance", nullptr},
                 {"unreadable", 0}};
  for (const std::string& layer : layers) {
    const Dependent dependent(source.network, source.preprocessing, asked.layer, asked.unit, layer,
                              {request.background, request.steps, request.rules});
    std::vector<UnitDependence> found(images.size());
    const int64_t unreadable = for_images(
        *set, images, WithLabels::kNo, request.threads, "explaining", bench.reporter, [&](const SetImage& image) {
          const auto at = static_cast<int64_t>(image.place);
          const bool ablates = at * ablated / count != (at + 1) * ablated / count;
          found[image.place] = dependent.find(dependent.pixels(image.pixels), ablates);
        });
    LayerMeans means, compared;  // of all images, and of those where all ways were gone
    for (const UnitDependence& of_image : found) {
      if (!of_image.gradient_activation.empty()) means.add(of_image);
      if (!of_image.ablation.empty()) compared.add(of_image);
    }
    if (means.images == 0) throw Error(ErrorKind::kCorrupt, request.set, "no image can be read");
    answer["value"] = means.value / static_cast<double>(means.images);
    answer["bias"] = Shares(source.network, asked.layer, asked.unit).bias();
    answer["images"] = means.images;
    answer["unreadable"] = unreadable;
    if (!dependent.no_relevance().empty()) answer["no_relevance"] = dependent.no_relevance();
    add_rows(answer["inputs"], atlas ? &*atlas : nullptr, dependent.from(), means);
    answer["rank_correlation"][layer] = agreement(compared);
  }
  return answer;
}

}  // namespace

extern const QuestionKind depend_question;
const QuestionKind depend_question =
    make_question<DependRequest, depend>("depend", "Show which units a unit depends on, by five ways side by side", R"(
Of the unit's value before its activation function, where it is strongest on each image: exact shares where the layer is
the one that it reads (they and the bias sum to the value), gradient times activation, conductance, relevance, and what
it really loses when a unit is taken out. Ablation is the reference; the correlations say how far the others can be
believed here.
Examples:
  microtome depend net.onnx --unit conv5:12 --on scenes
  microtome depend net.onnx --unit wolf:0 --from conv3 --on scenes --atlas net.atlas --images 500
)");

}  // namespace microtome::questions

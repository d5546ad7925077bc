// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/picture_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/base/nearest.h"
#include "microtome/base/quoted_text.h"
#include "microtome/network/bases/file.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/passes.h"
#include "microtome/study/provenance.h"
#include "microtome/visualize/call.h"
#include "microtome/visualize/input_form.h"
#include "microtome/visualize/parametrization.h"

namespace microtome {
namespace {

constexpr const char* kUnitObjective = "{sign}channel(layer={layer},unit={unit})";
const std::vector<std::string> kPlaceholders = {"layer", "unit", "sign"};

[[noreturn]] void refuse(const std::string& option, const std::string& what, const std::string& remedy) {
  throw Error(ErrorKind::kUsage, option, what, remedy);
}

// An objective with holes, cut at them: texts[0] hole[0] texts[1] ... What fills them reads back, whatever it holds.
class Template {
 public:
  explicit Template(const std::string& text) {
    size_t begin = 0;
    for (size_t at = text.find_first_of("{}"); at != std::string::npos; at = text.find_first_of("{}", begin)) {
      const size_t end = text.find('}', at);
      if (text[at] == '}' || end == std::string::npos) {
        refuse("objective", fmt::format("column {} of \"{}\": a brace without its partner", at + 1, text),
               "placeholders are {layer}, {unit} and {sign}");
      }
      const std::string name = text.substr(at + 1, end - at - 1);
      if (std::ranges::find(kPlaceholders, name) == kPlaceholders.end()) {
        refuse("objective", fmt::format("there is no placeholder {{{}}}", name),
               fmt::format("nearest: {{{}}}", nearest_name(name, kPlaceholders)));
      }
      texts_.push_back(text.substr(begin, at - begin));
      holes_.push_back(name);
      in_quotes_.push_back(quotes_are_open(text.substr(0, at)));
      begin = end + 1;
    }
    texts_.push_back(text.substr(begin));
  }

  bool has(const std::string& name) const { return std::ranges::find(holes_, name) != holes_.end(); }
  bool empty() const { return holes_.empty(); }

  std::string filled(const std::map<std::string, std::string>& values) const {
    std::string out = texts_[0];
    for (size_t i = 0; i < holes_.size(); ++i) {
      const std::string& value = values.at(holes_[i]);
      const std::string whole = in_quotes(value);
      const bool name = holes_[i] == "layer";
      out += in_quotes_[i] ? whole.substr(1, whole.size() - 2) : name ? quoted(value) : value;
      out += texts_[i + 1];
    }
    return out;
  }

 private:
  static bool quotes_are_open(std::string_view text) {
    bool open = false;
    for (size_t i = 0; i < text.size(); ++i) {
      if (open && text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        open = !open;
    }
    return open;
  }

  std::vector<std::string> texts_, holes_;
  std::vector<bool> in_quotes_;  // whether a hole stands in quotes of the text
};

std::vector<Sign> signs_of(const std::string& text, const Template& objective) {
  const bool signed_objective = objective.has("sign");
  if (text.empty()) return parse_signs(signed_objective ? "both" : "+", "signs");
  const std::vector<Sign> signs = parse_signs(text, "signs");
  if (signs.back() == Sign::kNegative && !signed_objective) {
    refuse("signs", "the objective does not say where the sign goes",
           "write {sign} before the term that it belongs to: \"{sign}channel({layer}:{unit})\"");
  }
  return signs;
}

// The request's objective, which goes with what else it says.
Template objective_of(const PictureRequest& request) {
  Template objective(request.objective.empty() ? kUnitObjective : request.objective);
  if (request.layers.empty()) {
    if (request.objective.empty()) refuse("layers", "nothing to render", "name layers, or an `objective`");
    if (!objective.empty()) refuse("objective", "its placeholders stand for nothing", "add `layers`");
    if (!request.units.empty()) refuse("units", "there are no layers that they belong to", "add `layers`");
    if (!request.signs.empty()) refuse("signs", "there are no units that they belong to", "add `layers`");
    return objective;
  }
  if (!objective.has("layer")) {
    refuse("objective", "it does not say {layer}, so that all layers would have the same picture",
           "write {layer}, or leave `layers` out");
  }
  if (!objective.has("unit") && !request.units.empty()) {
    refuse("units", "the objective does not say {unit}, so that all units would have the same picture",
           "write {unit}, or leave `units` out");
  }
  return objective;
}

class Planner {
 public:
  Planner(const Source& source, const std::vector<LayerTask>& tasks, const PictureRequest& request)
      : objective_(objective_of(request)),
        request_(request),
        signs_(signs_of(request.signs, objective_)),
        plan_{with_hidden_layers(source.network, tasks), request.render, {}, nullptr, {}, {}, {}} {
    const InputForm form = input_form(plan_.network);
    plan_.settings = suited(request.render, form, plan_.note);
    plan_.renderer = std::make_unique<Renderer>(plan_.network, source.preprocessing, plan_.settings);
    if (tasks.empty()) {
      add({}, objective_.filled({}));
      rehearse(0);
    }
    for (const LayerTask& task : tasks) {
      const size_t first = plan_.tasks.size();
      add_layer(task);
      rehearse(first);
    }
    if (request.transfer.empty() && !request.transfer_preprocess.empty()) {
      refuse("transfer-preprocess", "there is no second network", "name it with `transfer`");
    }
    if (!request.transfer.empty()) {
      if (form != InputForm::kPicture)
        refuse("transfer", "only pictures are shown to a second network", "leave it out");
      NetworkArguments other;
      other.file = request.transfer;
      other.preprocess = request.transfer_preprocess;
      plan_.other = open_source(other);
      if (input_form(plan_.other->network) != InputForm::kPicture)
        refuse("transfer", "the second network takes no pictures", "name one that does");
      if (plan_.tasks.front().layer.empty()) {
        refuse("transfer", "pictures of no single unit have no images to be compared with", "leave it out");
      }
    }
    plan_.provenance = make_provenance("visualize", source, request, "", known_settings());
  }

  PicturePlan take() { return std::move(plan_); }

 private:
  // Adds the pre-activations of rectified layers that the objectives may read; remembers which there are.
  Network with_hidden_layers(const Network& original, const std::vector<LayerTask>& tasks) {
    std::set<std::string> layers;
    for (const LayerTask& task : tasks) layers.insert(task.layer);
    for (const Layer& layer : original.layers()) {
      if (request_.objective.find(derived_name(layer.name, kPreActivation)) != std::string::npos)
        layers.insert(layer.name);
    }
    Network network = original;
    for (const std::string& layer : layers) {
      const size_t before = network.layers().size();
      network = with_pre_activation(network, layer);
      if (network.layers().size() > before) hidden_.insert(layer);
    }
    return network;
  }

  void add_layer(const LayerTask& task) {
    const bool by_unit = objective_.has("unit");
    for (const int64_t unit : by_unit ? task.units : std::vector<int64_t>{0}) {
      for (const Sign sign : signs_) {
        // A rectified unit has no negative side to see: its picture is made for what the rectifier hides.
        const bool negative = sign == Sign::kNegative;
        const bool hidden = negative && hidden_.contains(task.layer);
        const std::string layer = hidden ? derived_name(task.layer, kPreActivation) : task.layer;
        const std::string text =
            objective_.filled({{"layer", layer}, {"unit", std::to_string(unit)}, {"sign", negative ? "-" : ""}});
        add(by_unit ? UnitRef{task.layer, {unit, sign}} : UnitRef{}, text);
      }
    }
  }

  // What the pictures of one layer have in common fails here, not hours later.
  void rehearse(size_t first) const {
    if (first < plan_.tasks.size()) plan_.renderer->rehearse(plan_.tasks[first].objective, request_.variants);
  }

  // Of a unit, or of no single one.
  void add(const UnitRef& unit, const std::string& text) {
    PictureTask task{unit.layer, unit.of.unit, unit.of.sign, plan_.renderer->parse(text), {}};
    files_.insert(task.objective.reads.files.begin(), task.objective.reads.files.end());
    const int64_t together = task.objective.reads.together;
    if (together > request_.variants) {
      refuse("variants", fmt::format("\"{}\" compares {} pictures", task.objective.text, together),
             fmt::format("ask for at least {}", together));
    }
    compares_ = compares_ || together > 1;
    std::vector<int> variants(static_cast<size_t>(request_.variants));
    std::iota(variants.begin(), variants.end(), 0);
    if (together > 1) {
      task.variants = std::move(variants);
      plan_.tasks.push_back(std::move(task));
      return;
    }
    for (const int variant : variants) {
      task.variants = {variant};
      plan_.tasks.push_back(task);
    }
  }

  KnownSettings known_settings() const {
    KnownSettings known;
    known.values = all_settings(plan_.settings);
    if (compares_) known.values["variants"] = request_.variants;  // Each picture then depends on how many there are.
    if (plan_.other) known.values["transfer"] = plan_.other->network.facts().hash;
    known.files = files_;
    const int64_t side = plan_.renderer->size();
    const Canvas canvas{1, plan_.network.channels(), is_flat(input_form(plan_.network)) ? 1 : side, side};
    const auto parametrization = parse_parametrization(plan_.settings.parametrization, canvas);
    for (const std::string& file : parametrization->files()) known.files.insert(file);
    if (!request_.objective.empty() && !request_.network.labels.empty()) known.files.insert(request_.network.labels);
    return known;
  }

  Template objective_;
  const PictureRequest& request_;
  std::vector<Sign> signs_;
  std::set<std::string> hidden_;
  std::set<std::string> files_;  // that objectives read
  bool compares_ = false;
  PicturePlan plan_;
};

}  // namespace

int64_t PicturePlan::pictures() const {
  int64_t count = 0;
  for (const PictureTask& task : tasks) count += std::ssize(task.variants);
  return count;
}

bool PicturePlan::done(const Atlas& atlas, int64_t run, const PictureTask& task) const {
  return std::ranges::all_of(task.variants, [&](int variant) {
    AtlasPicture place;
    place.layer = task.layer;
    place.unit = task.unit;
    place.sign = task.sign;
    place.objective = task.objective.text;
    place.variant = variant;
    return atlas.has_picture(run, place);
  });
}

PicturePlan plan_pictures(const Source& source, const std::vector<LayerTask>& tasks, const PictureRequest& request) {
  return Planner(source, tasks, request).take();
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// How little must change in a picture for the network to call it something else?
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/workers.h"
#include "microtome/exchange/file_name.h"
#include "microtome/explain/attack.h"
#include "microtome/image/chart.h"
#include "microtome/image/codec.h"
#include "microtome/study/provenance.h"
#include "microtome/study/question.h"
#include "microtome/study/source.h"
#include "microtome/visualize/classes.h"

namespace microtome::questions {
namespace {

struct AttackRequest : ThreadArguments {
  NetworkArguments network;
  std::vector<std::string> images;
  std::string target, objective;
  std::vector<std::string> sweep;
  bool smallest = false;
  int64_t amplify = 16;
  std::string out;
  AttackSettings settings;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "images",
           .help = "PNG, JPEG or WebP files",
           .role = Role::kSubject,
           .positional = true,
           .required = true},
          s.images);
    field({.name = "target", .help = "The class to be seen, by number or name; any other than now when left out"},
          s.target);
    field({.name = "objective", .help = "What to raise instead of a class: conv5:12, logit(husky) - logit(wolf)"},
          s.objective);
    field({.name = "sweep", .help = "Besides, the share that succeeds at each of these eps: 1/255,2/255,4/255"},
          s.sweep);
    field({.name = "smallest", .help = "Search the smallest eps that succeeds, at most the one given"}, s.smallest);
    field({.name = "amplify",
           .help = "What differences are multiplied by in the picture that shows them",
           .min = 1,
           .max = 255,
           .role = Role::kSubject},
          s.amplify);
    field({.name = "out",
           .help = "Folder for the pictures: NAME.png, NAME.original.png and NAME.difference.png of each image",
           .role = Role::kOut,
           .required = true},
          s.out);
    NetworkArguments::input_fields(s.network, field);
    AttackSettings::fields(s.settings, field);
    ThreadArguments::fields(s, field);
  }
};

// The class by number or name, as objectives read it; -1: none.
int64_t target_class(const std::string& text, const Network& network) {
  if (text.empty()) return -1;
  Call call;
  call.name = "target";
  call.where = fmt::format("target \"{}\"", text);
  const bool number = std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  call.arguments[number ? "unit" : "class"] = text;
  return read_class(call, network);
}

Image amplified(const Image& original, const Image& found, int64_t by) {
  Image out = found;
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const int64_t away = by * (found.pixels[i] - original.pixels[i]);
    out.pixels[i] = static_cast<uint8_t>(std::clamp<int64_t>(128 + away, 0, 255));
  }
  return out;
}

Json guess(const Guess& of, const std::vector<std::string>& classes) {
  const auto index = static_cast<size_t>(of.index);
  return {{"index", of.index},
          {"label", index < classes.size() ? Json(classes[index]) : Json(nullptr)},
          {"probability", of.probability}};
}

// What all images share, and where their pictures go.
struct AttackWork {
  const AttackRequest& request;
  const Source& source;
  const Attacker& attacker;
  Json provenance;
};

std::string picture_base(const AttackWork& work, size_t place) {
  return fmt::format("{}/{}", work.request.out, file_name_from_image(work.request.images[place], place));
}

Json attack_image(const AttackWork& work, size_t place, const Image& image) {
  const AttackRequest& request = work.request;
  AttackResult result = work.attacker.attack(image, work.attacker.eps(), place);
  if (request.smallest && result.success) result = work.attacker.smallest(image, place).value_or(result);
  const std::string base = picture_base(work, place);
  Json row = {{"file", request.images[place]},
              {"out", base + ".png"},
              {"success", result.success},
              {"norm", request.settings.norm},
              {"distance", result.distance},
              {"from", guess(result.from, work.source.classes)},
              {"to", guess(result.to, work.source.classes)},
              {"before", result.before},
              {"after", result.after},
              {"noise", result.noise}};
  Json description = work.provenance;
  description["attack"] = row;
  const std::string text = description.dump();
  write_file(base + ".original.png", encode_png(result.original, text));
  write_file(base + ".difference.png", encode_png(amplified(result.original, result.found, request.amplify), text));
  write_file(base + ".png", encode_png(result.found, text));
  return row;
}

// {"eps","success"}: the share of the images that were read.
Json sweep_row(const AttackWork& work, const std::vector<std::optional<Image>>& images, const std::string& eps) {
  const double value = parse_fraction(eps, "sweep");
  std::vector<char> success(images.size(), 0);
  int64_t read = 0;
  for (const auto& image : images) read += image.has_value();
  parallel_for(work.request.threads, std::ssize(images), [&](int, int64_t index) {
    throw_if_stopped();
    const auto place = static_cast<size_t>(index);
    if (images[place]) success[place] = work.attacker.attack(*images[place], value, place).success;
  });
  const auto count = static_cast<double>(std::count(success.begin(), success.end(), 1));
  return {{"eps", value}, {"success", read > 0 ? Json(count / static_cast<double>(read)) : Json(nullptr)}};
}

Json swept(const AttackWork& work, const std::vector<std::optional<Image>>& images, Reporter& reporter) {
  Json rows = Json::array();
  ChartSeries series{work.request.settings.method, {}};
  Task progress(reporter, "sweeping", std::ssize(work.request.sweep), "eps");
  for (const std::string& eps : work.request.sweep) {
    rows.push_back(sweep_row(work, images, eps));
    const Json& success = rows.back()["success"];
    if (success.is_number()) series.points.push_back({rows.back()["eps"].get<double>(), success.get<double>(), 0});
    progress.advance();
  }
  write_file(
      work.request.out + "/sweep.svg",
      line_chart("Adversarial examples", "eps (" + work.request.settings.norm + ")", "share that succeeds", {series}));
  return rows;
}

// {"images":[{"file","out","success","norm","distance","from":{"index","label","probability"},"to":{…},"before",
// "after","noise"}],"sweep":[{"eps","success"}]}: distance and classes are of the pictures as they are stored. An image
// that cannot be read is warned of and carries "error".
Json attack(const AttackRequest& request, const Bench& bench) {
  const Source source = open_source(request.network);
  warn_of_assumed_range(source, bench.reporter);
  for (const std::string& eps : request.sweep) parse_fraction(eps, "sweep");
  const Attacker attacker(source.network, source.preprocessing, request.settings,
                          target_class(request.target, source.network.with_classes(source.classes)), request.objective);
  const AttackWork work{request,
                        source,
                        attacker,
                        {{"microtome", MICROTOME_VERSION},
                         {"network", source.network.facts().hash},
                         {"settings", settings_of(request, source, {all_settings(request.settings), {}, {}})}}};
  std::vector<std::optional<Image>> images(request.images.size());
  std::vector<Json> rows(images.size());
  {
    Task progress(bench.reporter, "attacking", std::ssize(images), "images");
    parallel_for(request.threads, std::ssize(images), [&](int, int64_t index) {
      throw_if_stopped();
      const auto place = static_cast<size_t>(index);
      try {
        images[place] = load_image(request.images[place], &bench.reporter);
        rows[place] = attack_image(work, place, *images[place]);
      } catch (const Error& error) {
        if (images[place]) throw;
        bench.reporter.warn(error.what());
        rows[place] = {{"file", request.images[place]}, {"error", error.what()}};
      }
      progress.advance();
    });
  }
  Json answer = {{"images", rows}};
  if (!request.sweep.empty()) answer["sweep"] = swept(work, images, bench.reporter);
  return answer;
}

}  // namespace

extern const QuestionKind attack_question;
const QuestionKind attack_question = make_question<AttackRequest, attack>(
    "attack", "Find what little must change in a picture for a network to call it something else", R"(
Each picture is cut as classify cuts it and rounded to 8 bits; what is found is rounded to 8 bits, held within eps and
judged as it is stored, so that classify says the same of it. "noise" tells whether random changes of the same size
would do as well: if they do, nothing was learnt.
Examples:
  microtome attack googlenet.onnx dog.jpg --eps 8/255 --preprocess caffe-bgr --out attacks
  microtome attack googlenet.onnx dog.jpg --target 285 --norm l2 --eps 3 --steps 100 --out attacks
  microtome attack net.onnx *.png --sweep 1/255,2/255,4/255,8/255 --smallest --out attacks
)");

}  // namespace microtome::questions

// SPDX-License-Identifier: Apache-2.0
// How long does a network take to get to its layers?
#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "microtome/network/eye.h"
#include "microtome/study/question.h"
#include "microtome/study/source.h"

namespace microtome::questions {
namespace {

struct ProfileRequest {
  NetworkArguments network;
  std::vector<std::string> layers;
  int64_t repeats = 5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "layers",
           .help = "Layers by name or alias, separated by commas (the output when left out)",
           .role = Role::kSubject},
          s.layers);
    field({.name = "repeats", .help = "Runs that the median is taken of", .min = 1, .max = 1000}, s.repeats);
    NetworkArguments::input_fields(s.network, field);
  }
};

double median_milliseconds(const Eye& eye, const at::Tensor& input, int64_t repeats) {
  std::vector<double> times;
  eye.look(input);  // Makes what is made only once.
  for (int64_t i = 0; i < repeats; ++i) {
    throw_if_stopped();
    const auto begin = std::chrono::steady_clock::now();
    eye.look(input);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::nth_element(times, times.begin() + std::ssize(times) / 2);
  return times[times.size() / 2];
}

// {"layers":[{"layer","macs_share","milliseconds","images_per_second"}]}: of one grey input in one thread, for the part
// of the network that the layer needs, with batch norm folded. A dissection of the layer takes little more an image.
Json profile(const ProfileRequest& request, const Bench& bench) {
  const Source source = open_source(request.network);
  const Network& network = source.network;
  std::vector<std::string> layers = request.layers;
  if (layers.empty()) layers.push_back(network.output_layer().name);
  const Graph& graph = network.graph();
  const at::Tensor input = at::zeros(graph.values[at_index(graph.input)].shape);
  Json answer = Json::array();
  Task progress(bench.reporter, "timing", std::ssize(layers), "layers");
  for (const std::string& name : layers) {
    const Layer& layer = network.layer(name);
    const double milliseconds =
        median_milliseconds(Eye(network, source.preprocessing, {layer.name}), input, request.repeats);
    answer.push_back({{"layer", layer.name},
                      {"macs_share", layer.macs_share},
                      {"milliseconds", milliseconds},
                      {"images_per_second", 1000 / milliseconds}});
    progress.advance();
  }
  return {{"layers", std::move(answer)}};
}

}  // namespace

extern const QuestionKind profile_question;
const QuestionKind profile_question =
    make_question<ProfileRequest, profile>("profile", "Time the way to each layer, one image in one thread", R"(
Says what a dissection will cost before it is asked for: images a second in one thread, for the part of the
network that a layer needs. Times move with the machine and what else runs on it.
Example:
  microtome profile googlenet.onnx --layers inception_4c,inception_5b
)");

}  // namespace microtome::questions

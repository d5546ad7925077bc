// SPDX-License-Identifier: Apache-2.0
#include "microtome/lab/diorama_training.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>

#include "microtome/base/json.h"
#include "microtome/base/params.h"
#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/diorama/diorama.h"
#include "microtome/lab/architecture.h"
#include "microtome/lab/trainer.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/network/network.h"
#include "microtome/network/threads.h"

namespace microtome {
namespace {

constexpr int64_t kHeldOut = 1000;

// Pictures and answers, in memory: 8-bit planes, so that many fit.
struct DioramaExamples {
  at::Tensor pictures;  // uint8 [N,3,side,side]
  at::Tensor scenes;    // int64 [N]
  at::Tensor objects;   // float [N,objects], 1 where the object is in the picture
};

// The first `count` dioramas of a split that are scenes; swatches have no answer.
std::vector<diorama::Diorama> describe_scenes(const std::string& split, int64_t count, uint64_t seed) {
  std::vector<diorama::Diorama> scenes;
  for (int64_t index = 0; static_cast<int64_t>(scenes.size()) < count; ++index) {
    diorama::Diorama scene = diorama::describe_diorama(seed, index, split);
    if (diorama::scene_of(scene) >= 0) scenes.push_back(std::move(scene));
  }
  return scenes;
}

DioramaExamples draw(const std::string& split, int64_t count, const TrainSettings& settings, Reporter& reporter) {
  const int64_t side = settings.side;
  const std::vector<diorama::Diorama> scenes = describe_scenes(split, count, settings.data_seed);
  DioramaExamples examples{at::empty({count, 3, side, side}, at::kByte), at::empty({count}, at::kLong),
                           at::zeros({count, diorama::kForegroundCount}, at::kFloat)};
  Task progress(reporter, "drawing " + split, count, "dioramas");
  parallel_for(settings.threads, count, [&](int, int64_t i) {
    throw_if_stopped();
    const diorama::Diorama& scene = scenes[static_cast<size_t>(i)];
    const Image image = diorama::draw_diorama(scene, static_cast<int>(side));
    const at::Tensor interleaved = at::from_blob(const_cast<uint8_t*>(image.pixels.data()), {side, side, 3}, at::kByte);
    examples.pictures[i].copy_(interleaved.permute({2, 0, 1}));
    examples.scenes[i] = diorama::scene_of(scene);
    for (const diorama::Object object : diorama::objects_of(scene))
      examples.objects[i][static_cast<int64_t>(object)] = 1;
    progress.advance();
  });
  return examples;
}

// RGB 0..1 less its middle, at a deviation near one; the same numbers travel with the file.
Preprocessing stored_preprocessing(int64_t side) {
  Preprocessing preprocessing;
  preprocessing.name = "stored";
  preprocessing.mean = {0.5, 0.5, 0.5};
  preprocessing.deviation = {0.25, 0.25, 0.25};
  preprocessing.side = static_cast<int>(side);
  return preprocessing;
}

at::Tensor to_batch(const DioramaExamples& examples, const std::vector<int64_t>& indices) {
  const at::Tensor chosen = examples.pictures.index_select(0, at::tensor(indices, at::kLong));
  return (chosen.to(at::kFloat) / 255 - 0.5) / 0.25;
}

// Mirrors each picture or not, anew in each epoch.
at::Tensor augmented(const DioramaExamples& examples, const std::vector<int64_t>& indices, uint64_t seed,
                     uint64_t epoch) {
  const at::Tensor batch = to_batch(examples, indices);
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!Rng(seed, "mirror", static_cast<uint64_t>(indices[i]), epoch).chance(0.5)) continue;
    at::Tensor picture = batch[static_cast<int64_t>(i)];
    picture.copy_(picture.flip({2}));
  }
  return batch;
}

struct Scores {
  double scene_accuracy = 0;
  double object_f1 = 0;  // over all (picture, object) pairs, at probability one half
};

Scores evaluate_on(const Graph& graph, const DioramaExamples& examples, int threads) {
  const int64_t count = examples.scenes.size(0);
  std::vector<int64_t> right(static_cast<size_t>(count)), hits(static_cast<size_t>(count)),
      claimed(static_cast<size_t>(count)), there(static_cast<size_t>(count));
  parallel_for(threads, count, [&](int, int64_t i) {
    use_one_kernel_thread();
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor> outputs = evaluate(graph, to_batch(examples, {i}), graph.outputs);
    const at::Tensor said = outputs[1][0] > 0, truth = examples.objects[i] > 0.5;
    const size_t slot = static_cast<size_t>(i);
    right[slot] = outputs[0].argmax(1).item<int64_t>() == examples.scenes[i].item<int64_t>() ? 1 : 0;
    hits[slot] = (said & truth).sum().item<int64_t>();
    claimed[slot] = said.sum().item<int64_t>();
    there[slot] = truth.sum().item<int64_t>();
  });
  const auto total = [](const std::vector<int64_t>& values) {
    double sum = 0;
    for (const int64_t value : values) sum += static_cast<double>(value);
    return sum;
  };
  return {total(right) / static_cast<double>(count), 2 * total(hits) / (total(claimed) + total(there))};
}

std::vector<int64_t> parse_widths(const std::string& text) {
  std::vector<int64_t> widths;
  params_internal::parse({.name = "width", .help = "Channels of conv1, conv2, ...: 24/48/64"}, text, widths, "train");
  return widths;
}

}  // namespace

Json train_on_dioramas(const TrainSettings& settings, Reporter& reporter) {
  const Json recorded = to_json(settings);
  ArchitectureSettings architecture;
  architecture.side = settings.side;
  architecture.widths = parse_widths(settings.width);
  architecture.scenes = diorama::kSceneCount;
  architecture.objects = diorama::kForegroundCount;
  architecture.seed = settings.seed;
  Graph graph = small_network(architecture);
  const DioramaExamples train = draw("train", settings.images, settings, reporter);
  const DioramaExamples held_out = draw("test", kHeldOut, settings, reporter);

  TrainerSettings trainer;
  trainer.epochs = settings.epochs;
  trainer.batch = settings.batch;
  trainer.lr = settings.lr;
  trainer.weight_decay = settings.weight_decay;
  trainer.seed = settings.seed;
  trainer.threads = settings.threads;
  const Examples examples = [&](const std::vector<int64_t>& indices, uint64_t epoch) {
    return augmented(train, indices, settings.seed, epoch);
  };
  const Loss loss = [&](const std::vector<at::Tensor>& outputs, const std::vector<int64_t>& indices) {
    const at::Tensor chosen = at::tensor(indices, at::kLong);
    const at::Tensor scene = at::cross_entropy_loss(outputs[0], train.scenes.index_select(0, chosen));
    const at::Tensor objects = at::binary_cross_entropy_with_logits(outputs[1], train.objects.index_select(0, chosen));
    return scene + 4 * objects;
  };
  const std::vector<double> losses = train_graph(graph, settings.images, examples, loss, trainer, reporter);
  const Scores scores = evaluate_on(graph, held_out, settings.threads);

  Network::Facts facts;
  facts.format = "safetensors";
  facts.file = settings.out;
  facts.name = std::filesystem::path(settings.out).stem().string();
  facts.preprocessing = stored_preprocessing(settings.side);
  facts.has_preprocessing = true;
  for (int scene = 0; scene < diorama::kSceneCount; ++scene) facts.classes.emplace_back(diorama::scene_name(scene));
  int64_t parameters = 0;
  for (const Value& value : graph.values) parameters += value.constant.defined() ? value.constant.numel() : 0;
  save_network(Network(std::move(graph), facts), settings.out);
  return {{"file", settings.out},          {"scene_accuracy", scores.scene_accuracy},
          {"object_f1", scores.object_f1}, {"held_out_images", kHeldOut},
          {"parameters", parameters},      {"losses", losses},
          {"settings", recorded}};
}

}  // namespace microtome

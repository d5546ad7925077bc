// SPDX-License-Identifier: Apache-2.0
// What does a whole dissection cost beside the bare forward pass of the same pruned, folded network? Both run in the
// same minutes on the same tensors, chunk by chunk in turn; times are of the processor, summed over threads.
// Usage: bench_dissection [images [SqueezeNet] [ResNet-18] [VGG-16] [concepts] [formulas] [ranges] [ahead] [false]]
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <future>
#include <semaphore>
#include <thread>

#include "microtome/base/rng.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/diorama/diorama.h"
#include "microtome/dissect/detectors.h"
#include "microtome/dissect/ranges.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/tally.h"
#include "microtome/dissect/testing/dense_reference.h"
#include "microtome/dissect/testing/dissected.h"
#include "microtome/image/codec.h"
#include "microtome/network/executor.h"
#include "microtome/network/threads.h"
#include "networks.h"

namespace microtome {
namespace {

constexpr int kSide = 224, kGrid = 112, kChunk = 64, kThreads = 2;

// Of all threads: other work on the machine stretches the clock on the wall, and not evenly.
double seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Dioramas as JPEG files and labels in memory. `relabel` > 0 spreads the object plane over so many concepts.
class Scenes : public ConceptSet {
 public:
  explicit Scenes(int64_t count)
      : index_(diorama::diorama_categories(), diorama::diorama_concepts()), jpegs_(static_cast<size_t>(count)) {
    labels_.resize(jpegs_.size());
    for (int64_t i = 0; i < count; ++i)
      infos_.push_back({fmt::format("{}.jpg", i), i % 10 < 7 ? "train" : "val", kSide, kSide, kGrid, kGrid});
    parallel_for(kThreads, count, [&](int, int64_t i) {
      diorama::DioramaPicture picture = diorama::render_diorama(diorama::describe_diorama(5, i), kSide, kGrid);
      const auto slot = static_cast<size_t>(i);
      jpegs_[slot] = encode_jpeg(picture.image, 95);
      ImageLabels holds{kGrid, kGrid, {}, {}, false};
      for (LabelMap& plane : picture.planes) {
        if (!plane.labels.empty()) holds.planes.push_back(std::move(plane));
      }
      for (const auto& whole : picture.whole_image) {
        holds.whole_image.insert(holds.whole_image.end(), whole.begin(), whole.end());
      }
      labels_[slot] = std::move(holds);
    });
  }
  const ConceptIndex& index() const override { return index_; }
  int64_t size() const override { return static_cast<int64_t>(jpegs_.size()); }
  const ConceptImage& image_info(int64_t image) const override { return infos_[static_cast<size_t>(image)]; }
  Image image(int64_t image) const override { return decode_image(jpegs_[static_cast<size_t>(image)], "scene"); }
  ImageLabels labels(int64_t image) const override { return labels_[static_cast<size_t>(image)]; }
  const std::string& hash() const override { return infos_[0].file; }

  // Labels to other images.
  void shuffle(uint64_t seed) {
    for (size_t i = labels_.size(); i > 1; --i) {
      Rng rng(seed, "scenes", i);
      std::swap(labels_[i - 1], labels_[static_cast<size_t>(rng.below(static_cast<int64_t>(i)))]);
    }
  }

  // The same scenes with every plane's labels spread over `concepts` numbers.
  void relabel(int concepts) {
    std::vector<Concept> all(1);
    for (int label = 1; label <= concepts; ++label) all.push_back({label, std::to_string(label), 0, {0}});
    index_ = ConceptIndex({"object"}, std::move(all));
    for (ImageLabels& holds : labels_) {
      for (LabelMap& plane : holds.planes) {
        for (uint16_t& label : plane.labels)
          label = label == 0 ? uint16_t{0} : static_cast<uint16_t>(1 + label * 37 % concepts);
      }
      for (int& label : holds.whole_image) label = 1 + label * 37 % concepts;
    }
  }

 private:
  ConceptIndex index_;
  std::vector<std::string> jpegs_;
  std::vector<ImageLabels> labels_;
  std::vector<ConceptImage> infos_;
};

struct Times {
  double decode = 0, bare = 0, ours = 0, tally = 0, significance = 0;
};

Survey measure(const Network& network, const std::string& layer, const Scenes& scenes, Times& times) {
  const auto executor = make_executor(network, {layer});
  const Layer& shape = network.layer(layer);
  SurveyLayer survey_layer{layer,
                           static_cast<int>(shape.units),
                           static_cast<int>(shape.shape[2]),
                           static_cast<int>(shape.shape[1]),
                           scenes.size(),
                           {},
                           {}};
  Survey survey(survey_layer, {});
  const Preprocessing preprocessing;
  for (int64_t begin = 0; begin < scenes.size(); begin += kChunk) {
    const int64_t count = std::min<int64_t>(kChunk, scenes.size() - begin);
    std::vector<at::Tensor> inputs(static_cast<size_t>(count)), taps(inputs.size()), bare(inputs.size());
    const double start = seconds();
    parallel_for(kThreads, count, [&](int, int64_t i) {
      use_one_kernel_thread();
      inputs[static_cast<size_t>(i)] = to_input(scenes.image(begin + i), preprocessing, 3, kSide, kSide);
    });
    const auto run = [&](std::vector<at::Tensor>& out) {
      parallel_for(kThreads, count, [&](int, int64_t i) {
        use_one_kernel_thread();
        out[static_cast<size_t>(i)] = executor->run(inputs[static_cast<size_t>(i)])[0];
      });
    };
    const auto dissect = [&] {
      run(taps);
      std::vector<SurveyImage> images;
      for (int64_t i = 0; i < count; ++i) images.push_back({begin + i, taps[static_cast<size_t>(i)].data_ptr<float>()});
      survey.add(images, kThreads);
    };
    const double decoded = seconds();
    // In turn, so that neither always finds the caches warm.
    const bool bare_first = begin / kChunk % 2 == 0;
    bare_first ? run(bare) : dissect();
    const double middle = seconds();
    bare_first ? dissect() : run(bare);
    const double end = seconds();
    times.decode += decoded - start;
    times.bare += bare_first ? middle - decoded : end - middle;
    times.ours += bare_first ? end - middle : middle - decoded;
  }
  return survey;
}

double tally(const Survey& survey, const Scenes& scenes, const TallySettings& settings, Dissection& out) {
  const double start = seconds();
  out = finish(std::span(&survey, 1), scenes, settings, kThreads, *make_silent_reporter());
  return seconds() - start;
}

void report(const std::string& name, const Network& network, const std::string& layer, Scenes& scenes) {
  Times times;
  const Survey survey = measure(network, layer, scenes, times);
  Dissection plain, judged;
  TallySettings settings;
  times.tally = tally(survey, scenes, settings, plain);
  settings.permutations = 100, settings.bootstrap = 200;
  times.significance = tally(survey, scenes, settings, judged) - times.tally;
  const double whole = times.ours + times.tally;
  const auto n = static_cast<double>(scenes.size());
  fmt::print("{} {} ({} units of {}x{}), {} images, {} concepts\n", name, layer, survey.layer().units,
             survey.layer().map_width, survey.layer().map_height, scenes.size(), scenes.index().max_label());
  fmt::print("  bare forward pass              {:8.3f} ms an image\n", 1e3 * times.bare / n);
  fmt::print("  with survey                    {:8.3f} ms\n", 1e3 * times.ours / n);
  fmt::print("  tally (labels, masks, scores)  {:8.3f} ms\n", 1e3 * times.tally / n);
  fmt::print("  100 shuffles, 200 resamplings  {:8.3f} ms\n", 1e3 * times.significance / n);
  fmt::print("  decoding JPEG                  {:8.3f} ms\n", 1e3 * times.decode / n);
  fmt::print("  whole dissection / bare        {:8.3f}\n", whole / times.bare);
  fmt::print("  the same with decoding         {:8.3f}\n", (whole + times.decode) / (times.bare + times.decode));
  fmt::print("  with significance              {:8.3f}\n", (whole + times.significance) / times.bare);
  fmt::print("  survey {} MB estimated, {} MB when saved; process peak {:.0f} MB\n\n",
             survey_bytes(survey.layer(), survey.settings()).usual >> 20, survey.save().size() >> 20, peak_megabytes());
  std::fflush(stdout);
}

// Tally alone against the number of concepts.
void report_concepts(int64_t images) {
  Scenes scenes(images);
  const Network network = bench::squeezenet();
  Times times;
  const Survey survey = measure(network, "fire9", scenes, times);
  fmt::print("tally against the number of concepts (SqueezeNet fire9, {} images)\n", images);
  for (const int concepts : {1000, 100, 10}) {
    scenes.relabel(concepts);
    Dissection out;
    double best = 1e9;
    for (int repeat = 0; repeat < 3; ++repeat) best = std::min(best, tally(survey, scenes, {}, out));
    fmt::print("  {:5} concepts  {:8.3f} ms an image\n", concepts, 1e3 * best / static_cast<double>(images));
  }
}

// Formulas of up to three labels for every unit.
void report_formulas(int64_t images) {
  Scenes scenes(images);
  scenes.relabel(120);
  Times times;
  const Survey survey = measure(bench::squeezenet(), "fire9", scenes, times);
  Dissection out;
  const double plain = tally(survey, scenes, {}, out);
  TallySettings settings;
  settings.formulas = {3, 5, false};
  const double with = tally(survey, scenes, settings, out);
  int longer = 0;
  for (const UnitDissection& unit : out.layers[0].units) longer += unit.formulas.size() == 3;
  fmt::print(
      "formulas: {} units, length 3, beam 5, 120 concepts, {} images: {:.2f} s ({} units have one of length 3)\n",
      survey.layer().units, images, with - plain, longer);
  std::fflush(stdout);
}

// The second pass that ranges take, beside the network.
void report_ranges(int64_t images) {
  Scenes scenes(images);
  const Network network = bench::squeezenet();
  Times times;
  const Survey survey = measure(network, "fire9", scenes, times);
  const auto executor = make_executor(network, {"fire9"});
  const auto reporter = make_silent_reporter();
  TallySettings settings;
  settings.ranges = 5;
  const Tally labels(scenes, survey.images(), settings, kThreads, *reporter);
  RangeTally ranges(survey, labels.labels(), settings);
  double spent = 0;
  for (int64_t begin = 0; begin < images; begin += kChunk) {
    const int64_t count = std::min<int64_t>(kChunk, images - begin);
    std::vector<at::Tensor> taps(static_cast<size_t>(count));
    std::vector<SurveyImage> batch;
    parallel_for(kThreads, count, [&](int, int64_t i) {
      use_one_kernel_thread();
      taps[static_cast<size_t>(i)] = executor->run(to_input(scenes.image(begin + i), {}, 3, kSide, kSide))[0];
    });
    for (int64_t i = 0; i < count; ++i) batch.push_back({begin + i, taps[static_cast<size_t>(i)].data_ptr<float>()});
    const double start = seconds();
    ranges.add(batch, kThreads);
    spent += seconds() - start;
  }
  fmt::print("five ranges (SqueezeNet fire9, {} images): {:.3f} ms an image beside a second forward pass of {:.3f}\n",
             images, 1e3 * spent / static_cast<double>(images), 1e3 * times.bare / static_cast<double>(images));
  std::fflush(stdout);
}

// Would a thread of its own that decodes ahead keep the network from waiting? Each worker decodes and runs its image,
// against the same workers that take decoded images from one more thread.
void report_decoding_ahead(int64_t images) {
  const Scenes scenes(images);
  const auto executor = make_executor(bench::squeezenet(), {"fire9"});
  const auto input = [&](int64_t i) { return to_input(scenes.image(i), {}, 3, kSide, kSide); };
  const auto together = [&](int threads) {
    parallel_for(threads, images, [&](int, int64_t i) {
      use_one_kernel_thread();
      executor->run(input(i));
    });
  };
  const auto ahead = [&] {
    std::vector<std::promise<at::Tensor>> decoded(static_cast<size_t>(images));
    std::counting_semaphore<> room(4 * kThreads);
    std::thread decoder([&] {
      use_one_kernel_thread();
      for (int64_t i = 0; i < images; ++i) {
        room.acquire();
        decoded[static_cast<size_t>(i)].set_value(input(i));
      }
    });
    parallel_for(kThreads, images, [&](int, int64_t i) {
      use_one_kernel_thread();
      executor->run(decoded[static_cast<size_t>(i)].get_future().get());
      room.release();
    });
    decoder.join();
  };
  // As many threads without the division of labour, so that a busy machine gives both the same share.
  double times[3] = {0, 0, 0};
  for (int round = 0; round < 9; ++round) {
    const double start = wall_seconds();
    round % 3 == 0 ? together(kThreads) : round % 3 == 1 ? ahead() : together(kThreads + 1);
    times[round % 3] += wall_seconds() - start;
  }
  fmt::print(
      "one more thread that decodes ahead ({} images, {} cores): {:.3f} of the time of two workers that decode, "
      "{:.3f} of that of three\n",
      images, available_threads(), times[1] / times[0], times[1] / times[2]);
  std::fflush(stdout);
}

// A network with random weights against labels of other images: whatever is found is false. 100 repetitions.
void report_false_detections(int64_t images) {
  constexpr int kRepetitions = 100, kUnits = 64;
  Scenes scenes(images);
  const Network network = bench::squeezenet();
  const auto executor = make_executor(network, {"fire9"});
  Survey survey({"fire9", kUnits, 13, 13, images, {}, {}}, {});
  for (int64_t i = 0; i < images; ++i) {
    const at::Tensor tap = executor->run(to_input(scenes.image(i), {}, 3, kSide, kSide))[0].contiguous();
    survey.add(std::vector<SurveyImage>{{i, tap.data_ptr<float>()}});
  }
  TallySettings settings;
  settings.permutations = 99;
  int64_t by_iou = 0, called = 0, families = 0, units = 0;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    scenes.shuffle(static_cast<uint64_t>(repetition));
    settings.seed = static_cast<uint64_t>(1000 + repetition);
    Dissection out;
    tally(survey, scenes, settings, out);
    bool any = false;
    for (const UnitDissection& unit : out.layers[0].units) {
      if (!unit.significance) continue;
      ++units;
      by_iou += unit.best.iou >= kDetectorCut;
      called += unit.best.iou >= kDetectorCut && verdict(unit) == Verdict::kDetector;
      any = any || unit.significance->family_p <= 0.05;
    }
    families += any;
  }
  const auto percent = [](int64_t part, int64_t whole) { return 100.0 * static_cast<double>(part) / whole; };
  fmt::print(
      "random weights, shuffled labels, {} repetitions of {} units and {} images: IoU alone calls {:.1f} % of units "
      "detectors, the verdict {:.2f} %; some unit has a family p of 0.05 or less in {:.0f} % of repetitions\n",
      kRepetitions, kUnits, images, percent(by_iou, units), percent(called, units), percent(families, kRepetitions));
  std::fflush(stdout);
}

// A hundredth of the images through the dense reference: what is timed must be right.
void check(const Network& network, const std::string& layer) {
  Scenes scenes(12);
  const Layer& shape = network.layer(layer);
  const auto executor = make_executor(network, {layer});
  dense::Layer kept{{layer,
                     static_cast<int>(shape.units),
                     static_cast<int>(shape.shape[2]),
                     static_cast<int>(shape.shape[1]),
                     scenes.size(),
                     {},
                     {}},
                    {}};
  std::vector<ImageLabels> labels;
  std::vector<int64_t> images;
  SurveySettings settings;
  Survey survey(kept.shape, settings);
  for (int64_t i = 0; i < scenes.size(); ++i) {
    const at::Tensor tap = executor->run(to_input(scenes.image(i), {}, 3, kSide, kSide))[0].contiguous();
    kept.activations.emplace_back(tap.data_ptr<float>(), tap.data_ptr<float>() + tap.numel());
    survey.add(std::vector<SurveyImage>{{i, kept.activations.back().data()}});
    labels.push_back(scenes.labels(i));
    images.push_back(i);
  }
  TallySettings tally_settings;
  tally_settings.min_images = 1;
  const Dissection got = finish(std::span(&survey, 1), scenes, tally_settings, kThreads, *make_silent_reporter());
  const dense::ListedConceptSet set(scenes.index(), labels);
  for (const int unit : {0, 7, 100, 511}) {
    const auto truth = dense::dissect_row(kept, images, set, settings, tally_settings, unit, Sign::kPositive);
    const UnitDissection& ours = got.layers[0].units[static_cast<size_t>(unit)];
    if (truth.best.intersection != ours.best.intersection || truth.on_pixels != ours.on_pixels) {
      fmt::print("unit {} of {} differs from the dense reference\n", unit, layer);
      std::exit(1);
    }
  }
}

}  // namespace
}  // namespace microtome

int main(int argc, char** argv) {
  using namespace microtome;
  const int64_t images = argc > 1 ? std::atoll(argv[1]) : 1000;
  const auto wanted = [&](const std::string& name) {
    return argc <= 2 || std::any_of(argv + 2, argv + argc, [&](const char* asked) { return name.starts_with(asked); });
  };
  struct Case {
    std::string name, layer;
    Network (*make)();
  };
  const Case cases[] = {{"SqueezeNet 1.1", "fire9", bench::squeezenet},
                        {"ResNet-18", "layer4", bench::resnet18},
                        {"VGG-16", "conv5_3", [] { return bench::vgg16(); }}};
  for (const Case& item : cases) {
    if (!wanted(item.name)) continue;
    const Network network = item.make();
    check(network, item.layer);
    Scenes scenes(images);
    report(item.name, network, item.layer, scenes);
  }
  if (wanted("concepts")) report_concepts(images);
  if (wanted("formulas")) report_formulas(images);
  if (wanted("ranges")) report_ranges(images);
  if (wanted("ahead")) report_decoding_ahead(images);
  if (wanted("false")) report_false_detections(std::min<int64_t>(images, 300));
}

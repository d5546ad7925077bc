// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/testing/sample_atlas.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/base/params.h"
#include "microtome/base/rng.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace fs = std::filesystem;
namespace {

constexpr int kImages = 12, kImageSide = 64, kMapSide = 8, kExemplars = 5, kBins = 32;
constexpr int64_t kGridPixels = int64_t{kImages} * 32 * 32;

const std::vector<std::string>& categories() {
  static const std::vector<std::string> names = {"scene", "object", "part", "material", "texture", "color"};
  return names;
}

struct Named {
  const char* name;
  int category;
};
constexpr Named kConcepts[] = {
    {"street-s", 0},  {"bedroom-s", 0},   {"beach-s", 0}, {"kitchen-s", 0}, {"house", 1},    {"tree", 1},
    {"car", 1},       {"street_lamp", 1}, {"boat", 1},    {"wheel", 2},     {"door", 2},     {"window", 2},
    {"roof", 2},      {"wood", 3},        {"glass", 3},   {"brick", 3},     {"striped", 4},  {"dotted", 4},
    {"chequered", 4}, {"red-c", 5},       {"green-c", 5}, {"blue-c", 5},    {"yellow-c", 5},
};

AtlasConcepts concepts() {
  AtlasConcepts set;
  set.hash = std::string(64, 'c');
  set.categories = categories();
  set.images = kImages;
  set.concepts.push_back({});
  set.display_names.emplace_back();
  for (const Named& named : kConcepts) {
    const int number = static_cast<int>(set.concepts.size());
    set.concepts.push_back({number, named.name, named.category, {named.category}});
    std::string shown = named.name;
    if (shown.size() > 2 && shown[shown.size() - 2] == '-') shown.resize(shown.size() - 2);
    std::ranges::replace(shown, '_', ' ');
    set.display_names.push_back(shown);
  }
  return set;
}

// Two colours in stripes, rings or a chequerboard.
Image paint(int side, uint64_t seed) {
  Rng rng(seed, "sample picture");
  std::array<uint8_t, 6> colours{};
  for (uint8_t& value : colours) value = static_cast<uint8_t>(rng.below(256));
  const int64_t shape = rng.below(3);
  const double period = rng.uniform(4, 14), angle = rng.uniform(0, 3.14);
  Image image(side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double along = x * std::cos(angle) + y * std::sin(angle),
                   across = y * std::cos(angle) - x * std::sin(angle);
      const double waves[] = {std::sin(6.28 * along / period),
                              std::sin(6.28 * std::hypot(x - side / 2, y - side / 2) / period),
                              std::sin(6.28 * along / period) * std::sin(6.28 * across / period)};
      const double blend = 0.5 + 0.5 * waves[shape];
      for (int c = 0; c < 3; ++c) {
        const auto at = static_cast<size_t>(c);
        image.at(x, y)[c] = static_cast<uint8_t>(blend * colours[at] + (1 - blend) * colours[at + 3]);
      }
    }
  }
  return image;
}

std::string draw(int side, uint64_t seed) { return encode_png(paint(side, seed)); }

std::string draw_with_hole(int side, uint64_t seed) {
  const Image opaque = paint(side, seed);
  Image image(side, side, 4);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      std::copy_n(opaque.at(x, y), 3, image.at(x, y));
      image.at(x, y)[3] = static_cast<uint8_t>(std::min(255.0, 16 * std::hypot(x - side / 2, y - side / 2)));
    }
  }
  return encode_png(image);
}

// Each paler than the one after it.
std::vector<AtlasFrame> draw_frames(uint64_t seed) {
  std::vector<AtlasFrame> frames;
  for (const int step : {1, 8, 32}) {
    Image image = paint(48, seed);
    for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(128 + (value - 128) * step / 64);
    frames.push_back({step, encode_webp(image, 90)});
  }
  return frames;
}

ConceptScore draw_score(Rng& rng, int label, int64_t on_pixels) {
  ConceptScore score;
  score.label = label;
  score.category = kConcepts[label - 1].category;
  score.activation = on_pixels;
  score.truth = Rng(static_cast<uint64_t>(label), "size of a concept").between(60, kGridPixels / 4);
  score.intersection = rng.below(std::min(on_pixels, score.truth) / (1 + rng.below(6)) + 1);
  score.images = rng.between(1, kImages);
  const int64_t join = score.activation + score.truth - score.intersection;
  score.iou = join > 0 ? static_cast<double>(score.intersection) / static_cast<double>(join) : 0;
  score.ceiling =
      static_cast<double>(std::min(on_pixels, score.truth)) / static_cast<double>(std::max(on_pixels, score.truth));
  return score;
}

bool better(const ConceptScore& a, const ConceptScore& b) {
  return a.iou > b.iou || (a.iou == b.iou && a.label < b.label);
}

void draw_labels(Rng& rng, UnitDissection& unit) {
  std::vector<ConceptScore> scores;
  for (int label = 1; label <= static_cast<int>(std::size(kConcepts)); ++label) {
    scores.push_back(draw_score(rng, label, unit.on_pixels));
  }
  std::ranges::sort(scores, better);
  unit.best = scores.front();
  unit.top_concepts.assign(scores.begin(), scores.begin() + 5);
  for (int category = 0; category < static_cast<int>(categories().size()); ++category) {
    unit.by_category.push_back(*std::ranges::find(scores, category, &ConceptScore::category));
  }
}

Exemplar draw_exemplar(Rng& rng, int64_t image, float peak, float floor) {
  Exemplar exemplar{image, peak, kMapSide, kMapSide, {}};
  const int64_t at = rng.below(kMapSide * kMapSide);
  for (int cell = 0; cell < kMapSide * kMapSide; ++cell) {
    const double distance = std::hypot(cell % kMapSide - static_cast<int>(at % kMapSide),
                                       cell / kMapSide - static_cast<int>(at / kMapSide));
    exemplar.map.push_back(cell == at ? peak : floor + (peak - floor) * static_cast<float>(std::exp(-distance * 0.7)));
  }
  return exemplar;
}

// The levels of a "-" unit are of the negated activation; its exemplars' maps stay in the layer's own sign.
UnitDissection draw_unit(uint64_t layer_seed, int number, Sign sign, bool dead) {
  UnitDissection unit;
  unit.unit = number;
  unit.sign = sign;
  unit.histogram = {-4, 8, std::vector<int64_t>(kBins)};
  Rng rng(layer_seed, sign == Sign::kPositive ? "unit+" : "unit-", static_cast<uint64_t>(number));
  if (dead) {
    unit.by_category.resize(categories().size());
    unit.histogram.counts[10] = kImages * kMapSide * kMapSide;
    return unit;
  }
  unit.threshold = static_cast<float>(rng.uniform(0.5, 2));
  unit.minimum = -4;
  unit.maximum = 8;
  unit.on_pixels = rng.between(80, 900);
  unit.on_images = rng.between(2, kImages);
  draw_labels(rng, unit);
  for (int bin = 0; bin < kBins; ++bin) {
    const double offset = (bin - 10) / 4.0;
    unit.histogram.counts[static_cast<size_t>(bin)] = std::llround(200 * std::exp(-offset * offset / 2));
  }
  const int64_t first = rng.below(kImages);
  const float high = sign == Sign::kPositive ? 8.0f : -4.0f, low = sign == Sign::kPositive ? -4.0f : 8.0f;
  for (int rank = 0; rank < kExemplars; ++rank) {
    const float fade = 1.0f - 0.08f * static_cast<float>(rank);
    unit.top.push_back(draw_exemplar(rng, (first + rank) % kImages, high * fade, 0));
    unit.bottom.push_back(draw_exemplar(rng, (first + kExemplars + rank) % kImages, low * fade, 0));
  }
  return unit;
}

AtlasPicture draw_picture(const AtlasLayer& layer, uint64_t layer_seed, const UnitDissection& unit) {
  AtlasPicture picture;
  picture.layer = layer.name;
  picture.unit = unit.unit;
  picture.sign = unit.sign;
  const bool dead = unit.top.empty();
  picture.objective = std::string(unit.sign == Sign::kNegative ? "-" : "") + "channel(layer=" + layer.name +
                      ",unit=" + std::to_string(unit.unit) + ")";
  const uint64_t seed = layer_seed * 1000 + static_cast<uint64_t>(unit.unit * 2 + (unit.sign == Sign::kNegative));
  picture.png = draw(48, seed);
  picture.width = picture.height = 48;
  Rng rng(seed, "sample curve");
  picture.activation = dead ? 0 : rng.uniform(0.7, 3) * unit.top.front().activation;
  for (int step = 0; step < 64; ++step) {
    picture.curve.push_back(static_cast<float>(std::fabs(picture.activation) * (1 - std::exp(-step / 12.0))));
  }
  if (!dead) {
    picture.best_exemplar = unit.top.front().activation;
    picture.activation_ratio = picture.activation / *picture.best_exemplar;
  }
  picture.score = std::fabs(picture.activation);
  picture.status = dead ? "did not start" : "ok";
  picture.facts.rank = dead ? 12.5 : std::floor(1 + 3 * rng.uniform());
  picture.facts.steps = 64;
  picture.facts.redirected_steps = dead ? 16 : 0;
  if (layer.name == "block/conv2" && unit.unit == 5) picture.frames = draw_frames(seed);
  return picture;
}

std::vector<AtlasLayer> layers() {
  const Json field = {{"size", {7, 7}}, {"step", {2, 2}}, {"start", {-3, -3}}};
  return {{0, "conv1", {"c1"}, "Conv", {16, 32, 32}, 16, field, 0.2},
          {0, "relu1", {}, "Relu", {16, 32, 32}, 16, field, 0},
          {0, "block/conv2", {"c2"}, "Conv", {24, 16, 16}, 24, field, 0.6},
          {0, "logits", {}, "Gemm", {4}, 4, field, 0.2}};
}

void write_layer(Atlas& atlas, int64_t dissect, int64_t visualize, const AtlasLayer& layer, uint64_t seed,
                 const std::vector<Atlas::Thumbnail>& thumbnails) {
  LayerDissection dissection{layer.name, kMapSide, kMapSide, 0.005, kImages, {}};
  for (int unit = 0; unit < layer.units; ++unit) {
    for (const Sign sign : {Sign::kPositive, Sign::kNegative}) {
      dissection.units.push_back(draw_unit(seed, unit, sign, seed == 1 && unit == 3));
    }
  }
  atlas.put_dissection(dissect, dissection, thumbnails);
  for (const UnitDissection& unit : dissection.units) atlas.put_picture(visualize, draw_picture(layer, seed, unit));
}

// Two variants of one objective, with frames and a hole in the middle, and one of another.
std::vector<AtlasPicture> draw_visualizations() {
  std::vector<AtlasPicture> pictures;
  for (int number = 0; number < 3; ++number) {
    AtlasPicture& picture = pictures.emplace_back();
    const auto seed = static_cast<uint64_t>(900 + number);
    picture.variant = number % 2;
    picture.objective = number < 2 ? "channel(layer=block/conv2,unit=5) - 100*diversity(layer=block/conv2)"
                                   : "channel(layer=conv1,unit=2) + channel(layer=block/conv2,unit=7) - 0.25*tv";
    picture.png = number < 2 ? draw_with_hole(48, seed) : draw(48, seed);
    picture.width = picture.height = 48;
    if (number < 2) picture.frames = draw_frames(seed);
    for (int step = 0; step < 64; ++step) picture.curve.push_back(2 - std::exp(-static_cast<float>(step) / 12));
    picture.score = 2.5 - number;
    picture.activation = std::numeric_limits<double>::quiet_NaN();
    picture.status = "ok";
    picture.facts.steps = 64;
    picture.facts.redirected_steps = number;
    picture.facts.plateau = false;
    if (number < 2) picture.facts.channels = 4;
  }
  return pictures;
}

void write_content(const std::string& path) {
  Atlas atlas = Atlas::open(path, Atlas::Mode::kCreateOrWrite);
  const AtlasNetwork network{std::string(64, 'a'),
                             "onnx",
                             "sample",
                             Json{{"channels", 3}, {"height", 64}, {"width", 64}, {"preprocess", "torchvision"}},
                             {"street", "bedroom", "beach", "kitchen"}};
  atlas.put_network(network, layers());
  atlas.put_concepts(concepts());
  std::vector<Atlas::Thumbnail> thumbnails;
  for (int image = 0; image < kImages; ++image) {
    thumbnails.push_back({image, "images/picture_" + std::to_string(image) + ".png",
                          draw(kImageSide, 77 + static_cast<uint64_t>(image))});
  }
  const std::string data_hash(64, 'c');
  const int64_t dissect = atlas.begin_run(
      {"dissect", MICROTOME_VERSION, network.hash, data_hash, Json{{"tail", 0.005}}, "microtome atlas"});
  const int64_t visualize =
      atlas.begin_run({"visualize", MICROTOME_VERSION, network.hash, "", Json{{"steps", 64}}, "microtome atlas"});
  write_layer(atlas, dissect, visualize, layers()[0], 1, thumbnails);
  write_layer(atlas, dissect, visualize, layers()[2], 2, thumbnails);
  atlas.put_pictures(visualize, draw_visualizations());
  atlas.end_run(dissect);
  atlas.end_run(visualize);
}

}  // namespace

std::string quick_folder() {
  const fs::path memory = "/dev/shm";
  std::error_code code;
  const bool writable = fs::is_directory(memory, code) && ::access(memory.c_str(), W_OK) == 0;
  return writable ? memory.string() : fs::temp_directory_path().string();
}

void write_sample_atlas(const std::string& path) {
  const std::string draft = quick_folder() + "/sample" + std::to_string(::getpid()) + ".atlas";
  fs::remove(draft);
  write_content(draft);
  fs::copy_file(draft, path, fs::copy_options::overwrite_existing);
  fs::remove(draft);
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// A set of dioramas as a folder in Broden's layout.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "microtome/base/error.h"
#include "microtome/base/params.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/diorama/diorama.h"
#include "microtome/concepts/formats/broden_writer.h"

namespace microtome::diorama {
namespace {

int label_side(const DioramaSettings& s) { return s.full_labels ? s.side : s.side / 2; }

struct Counts {
  std::vector<int64_t> images, pixels;                                      // By label.
  std::vector<int64_t> of_category = std::vector<int64_t>(kCategoryCount);  // Pixels of images that hold the category.
  explicit Counts(size_t labels) : images(labels), pixels(labels) {}
};

void count(const DioramaPicture& picture, int64_t area, Counts& into) {
  for (size_t c = 0; c < kCategoryCount; ++c) {
    std::map<int, int64_t> here;
    for (uint16_t label : picture.planes[c].labels) ++here[label];
    here.erase(0);
    for (int label : picture.whole_image[c]) here[label] = area;
    if (!here.empty()) into.of_category[c] += area;
    for (const auto& [label, pixels] : here) {
      into.images[static_cast<size_t>(label)] += 1;
      into.pixels[static_cast<size_t>(label)] += pixels;
    }
  }
}

}  // namespace

std::vector<ConceptShare> diorama_shares(const DioramaSettings& settings, double tail, int threads,
                                         Reporter& reporter) {
  const std::vector<Concept> concepts = diorama_concepts();
  const std::vector<std::string> categories = diorama_categories();
  const int side = label_side(settings);
  std::vector<Counts> counts(static_cast<size_t>(threads), Counts(concepts.size()));
  {
    Task task(reporter, "Counting concepts", settings.images, "images");
    parallel_for(threads, settings.images, [&](int worker, int64_t i) {
      throw_if_stopped();
      count(render_diorama(describe_diorama(settings.seed, i, settings.split), settings.side, side),
            int64_t{side} * side, counts[static_cast<size_t>(worker)]);
      task.advance();
    });
  }
  std::vector<ConceptShare> out;
  for (size_t label = 1; label < concepts.size(); ++label) {
    const auto category = static_cast<size_t>(concepts[label].category);
    ConceptShare row{.name = concepts[label].name, .category = categories[category]};
    int64_t pixels = 0, all = 0;
    for (const Counts& c : counts)
      row.images += c.images[label], pixels += c.pixels[label], all += c.of_category[category];
    if (all > 0 && pixels > 0) {
      row.share = static_cast<double>(pixels) / static_cast<double>(all);
      row.ceiling = std::min(row.share, tail) / std::max(row.share, tail);
    }
    out.push_back(std::move(row));
  }
  return out;
}

void write_dioramas(const std::string& folder, const DioramaSettings& settings, int threads, Reporter& reporter) {
  check_ranges(settings, "diorama");
  BrodenWriter writer(folder, diorama_categories(), diorama_concepts());
  Task task(reporter, "Drawing dioramas", settings.images, "images");
  parallel_for(threads, settings.images, [&](int, int64_t i) {
    throw_if_stopped();
    const DioramaPicture picture =
        render_diorama(describe_diorama(settings.seed, i, settings.split), settings.side, label_side(settings));
    std::map<int, BrodenWriter::Cell> cells;
    for (int c = 0; c < kCategoryCount; ++c) {
      const auto k = static_cast<size_t>(c);
      BrodenWriter::Cell cell;
      if (!picture.planes[k].empty()) cell.planes.push_back(picture.planes[k]);
      cell.whole_image = picture.whole_image[k];
      if (!cell.planes.empty() || !cell.whole_image.empty()) cells[c] = std::move(cell);
    }
    writer.add(i, fmt::format("diorama/{}_{:06}.png", settings.split, i), settings.split, picture.image, cells);
    task.advance();
  });
  writer.finish();
}

}  // namespace microtome::diorama

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <mutex>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/concepts/formats/broden_counts.h"
#include "microtome/concepts/formats/broden_order.h"
#include "microtome/concepts/formats/broden_writer.h"
#include "microtome/concepts/formats/csv.h"
#include "microtome/image/codec.h"

namespace microtome {
namespace {

struct WrittenRow {
  std::string text;
  int64_t grid_pixels = 0;
  std::vector<LabelPixels> labels;
};

// "a/b.jpg" -> "a/b_part.png", or "a/b_part_2.png" when the cell has several masks.
std::string mask_name(const std::string& file, const std::string& category, size_t plane, size_t planes) {
  const std::string stem = file.substr(0, file.rfind('.'));
  return planes > 1 ? fmt::format("{}_{}_{}.png", stem, category, plane + 1) : fmt::format("{}_{}.png", stem, category);
}

std::string encode_picture(const std::string& file, const Image& image) {
  const std::string extension = std::filesystem::path(file).extension().string();
  if (extension == ".png") return encode_png(image);
  if (extension == ".jpg") return encode_jpeg(image, 95);
  throw Error(ErrorKind::kUsage, file, "the name of a picture must end in .png or .jpg");
}

struct NamedFile {
  std::string name;  // Relative to images/.
  std::string bytes;
};

// The text of a cell; its masks are appended to `files`.
std::string encode_cell(const std::string& file, const std::string& category, const std::vector<LabelMap>& planes,
                        const std::vector<int>& whole_image, std::vector<NamedFile>& files) {
  std::string text;
  for (size_t plane = 0; plane < planes.size(); ++plane) {
    files.push_back({mask_name(file, category, plane, planes.size()), encode_label_png(planes[plane])});
    text += fmt::format("{}{}", text.empty() ? "" : ";", files.back().name);
  }
  for (const int label : whole_image) text += fmt::format("{}{}", text.empty() ? "" : ";", label);
  return text;
}

// The size of the masks; half the picture's, as in Broden, when there are none.
LabelMap grid_of(const Image& image, const std::map<int, BrodenWriter::Cell>& cells) {
  for (const auto& [category, cell] : cells) {
    if (!cell.planes.empty()) return LabelMap(cell.planes.front().width, cell.planes.front().height);
  }
  return LabelMap(std::max(1, image.width / 2), std::max(1, image.height / 2));
}

void check_name(const std::string& name, const std::string& file) {
  const std::filesystem::path path(name);
  bool inside = !name.empty() && !path.is_absolute() && name.find(';') == std::string::npos;
  for (const auto& part : path) inside = inside && part != "..";
  if (!inside) throw Error(ErrorKind::kUsage, file, "the name must be relative, without \"..\" and \";\"");
}

}  // namespace

struct BrodenWriter::State {
  std::string folder;
  std::vector<std::string> categories;
  std::vector<Concept> concepts;
  std::mutex mutex;
  std::map<int64_t, WrittenRow> rows;
  std::set<std::string> files;

  // Files and indices are claimed before they are written, so that two images can never share one.
  void claim(int64_t index, const std::vector<NamedFile>& claimed) {
    const std::lock_guard lock(mutex);
    if (!rows.try_emplace(index).second) {
      throw Error(ErrorKind::kUsage, claimed.front().name,
                  fmt::format("there is an image with index {} already", index));
    }
    for (const NamedFile& item : claimed) {
      if (!files.insert(item.name).second) {
        throw Error(ErrorKind::kUsage, item.name, "the set holds a file of this name already");
      }
    }
  }

  void check_cells(const std::string& file, const std::map<int, Cell>& cells) const {
    const LabelMap* first = nullptr;
    for (const auto& [category, cell] : cells) {
      if (category < 0 || static_cast<size_t>(category) >= categories.size()) {
        throw Error(ErrorKind::kUsage, file, fmt::format("there is no category {}", category));
      }
      for (const LabelMap& plane : cell.planes) {
        if (!first) first = &plane;
        if (plane.empty() || plane.width != first->width || plane.height != first->height) {
          throw Error(ErrorKind::kUsage, file, "the masks of an image must have pixels and one size");
        }
      }
      for (const int label : cell.whole_image) {
        if (label < 1) throw Error(ErrorKind::kUsage, file, fmt::format("{} is no label of a whole image", label));
      }
    }
  }

  void check_labels(const std::string& file, const std::vector<LabelPixels>& labels) const {
    for (const LabelPixels& item : labels) {
      if (static_cast<size_t>(item.label) >= concepts.size() ||
          concepts[static_cast<size_t>(item.label)].name.empty()) {
        throw Error(ErrorKind::kUsage, file, fmt::format("there is no concept with label {}", item.label));
      }
    }
  }
};

BrodenWriter::BrodenWriter(std::string folder, std::vector<std::string> categories, std::vector<Concept> concepts)
    : state_(std::make_unique<State>()) {
  for (const std::string& category : categories) check_name(category, "category");
  if (concepts.empty()) throw Error(ErrorKind::kUsage, folder, "a concept set needs concepts");
  for (const Concept& item : concepts) {
    for (const int category : item.categories) {
      if (category < 0 || static_cast<size_t>(category) >= categories.size()) {
        throw Error(ErrorKind::kUsage, item.name, fmt::format("there is no category {}", category));
      }
    }
  }
  state_->folder = std::move(folder);
  state_->categories = std::move(categories);
  state_->concepts = std::move(concepts);
}

BrodenWriter::~BrodenWriter() = default;

void BrodenWriter::add(int64_t index, const std::string& file, const std::string& split, const Image& image,
                       const std::map<int, Cell>& cells) {
  check_name(file, file);
  state_->check_cells(file, cells);
  const LabelMap grid = grid_of(image, cells);
  WrittenRow row;
  row.grid_pixels = static_cast<int64_t>(grid.labels.size());
  row.text = fmt::format("{},{},{},{},{},{}", csv_field(file), csv_field(split.empty() ? broden_split(file) : split),
                         image.height, image.width, grid.height, grid.width);
  std::vector<NamedFile> files = {{file, encode_picture(file, image)}};
  for (size_t category = 0; category < state_->categories.size(); ++category) {
    row.text += ',';
    const auto found = cells.find(static_cast<int>(category));
    if (found == cells.end()) continue;
    const Cell& cell = found->second;
    row.text += csv_field(encode_cell(file, state_->categories[category], cell.planes, cell.whole_image, files));
    const auto counts = count_cell(static_cast<int>(category), cell.planes, cell.whole_image, row.grid_pixels);
    row.labels.insert(row.labels.end(), counts.begin(), counts.end());
  }
  row.text += '\n';
  state_->check_labels(file, row.labels);
  state_->claim(index, files);
  for (const NamedFile& item : files) write_file(state_->folder + "/images/" + item.name, item.bytes);
  const std::lock_guard lock(state_->mutex);
  state_->rows[index] = std::move(row);
}

void BrodenWriter::finish() {
  const std::lock_guard lock(state_->mutex);
  std::string text = "image,split,ih,iw,sh,sw";
  for (const std::string& category : state_->categories) text.append(",").append(csv_field(category));
  text += '\n';
  BrodenCounts counts;
  for (const auto& [index, row] : state_->rows) {
    text += row.text;
    counts.add(row.labels, row.grid_pixels);
  }
  write_broden_tables(state_->folder, state_->categories, state_->concepts, counts);
  write_file(state_->folder + "/index.csv", text);  // Last: a folder with an index is a finished one.
}

}  // namespace microtome

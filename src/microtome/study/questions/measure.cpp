// SPDX-License-Identifier: Apache-2.0
// Which spectrum and which colours have your own pictures?
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/json.h"
#include "microtome/base/npy.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/concepts/open.h"
#include "microtome/image/resize.h"
#include "microtome/study/arguments.h"
#include "microtome/study/question.h"
#include "microtome/visualize/ascent.h"
#include "microtome/visualize/magnitudes.h"

namespace microtome::questions {
namespace {

struct MeasureRequest : ThreadArguments {
  std::string folder;
  std::string spectrum, colours;  // files to write; empty = not
  std::string colour = "lucid";
  int64_t size = 128;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "folder",
           .help = "Concept set, or a folder of JPEG and PNG files, searched through",
           .role = Role::kConcepts,
           .positional = true,
           .required = true},
          s.folder);
    field({.name = "spectrum",
           .help = "File to write (.npy): mean magnitudes, 3 x size x (size / 2 + 1)",
           .role = Role::kOut},
          s.spectrum);
    field({.name = "colours",
           .help = "File to write (.npy): the 3 x 3 matrix of the pictures' colours",
           .role = Role::kOut},
          s.colours);
    field({.name = "colour", .help = "Channels that the spectrum is of: lucid, none or a file of measured colours"},
          s.colour);
    field({.name = "size", .help = "Side that pictures are scaled and cropped to, px", .min = 16, .max = 2048}, s.size);
    ThreadArguments::fields(s, field);
  }
};

constexpr int64_t kDecodedAtOnce = 64;
constexpr int64_t kColours = 3;

Image square(const Image& whole, int64_t side) {
  return crop_center(resize_short_side(whole, static_cast<int>(side)), static_cast<int>(side));
}

// Adds the pictures in their order; gives what was wrong with those left out.
std::vector<std::string> measure(const ConceptSet& pictures, int64_t side, PictureStatistics& statistics, int threads,
                                 Reporter& reporter) {
  std::vector<std::string> damaged;
  Task progress(reporter, "measuring", pictures.size(), "pictures");
  for (int64_t begin = 0; begin < pictures.size(); begin += kDecodedAtOnce) {
    std::vector<std::optional<Image>> images(static_cast<size_t>(std::min(kDecodedAtOnce, pictures.size() - begin)));
    std::vector<std::string> faults(images.size());
    parallel_for(threads, static_cast<int64_t>(images.size()), [&](int, int64_t i) {
      throw_if_stopped();
      const auto slot = static_cast<size_t>(i);
      try {
        images[slot] = square(pictures.image(begin + i), side);
      } catch (const Error& error) {
        faults[slot] = error.what();
      }
      progress.advance();
    });
    for (size_t i = 0; i < images.size(); ++i) {
      if (images[i]) {
        statistics.add(from_image(*images[i]));
      } else {
        damaged.push_back(faults[i]);
      }
    }
  }
  return damaged;
}

void write_npy(const std::string& file, const at::Tensor& values) {
  const auto count = static_cast<size_t>(values.numel());
  write_file(file, npy_bytes(std::span(values.data_ptr<float>(), count), values.sizes().vec()));
}

// Writes the files that the request names; gives {"images","size","colours":[[...]]}. The short side of each picture is
// scaled to the size and the centre cropped. Damaged pictures are left out and end in an Error(kCorrupt) after writing.
Json measure(const MeasureRequest& request, const Bench& bench) {
  if (request.spectrum.empty() && request.colours.empty()) {
    throw Error(ErrorKind::kUsage, "measure", "nothing is to be written",
                "add `spectrum` FILE.npy or `colours` FILE.npy");
  }
  const std::unique_ptr<ConceptSet> pictures = open_concept_set(request.folder);
  PictureStatistics statistics(request.size, Colour(request.colour, kColours));
  const std::vector<std::string> damaged =
      measure(*pictures, request.size, statistics, request.threads, bench.reporter);
  for (const std::string& remark : pictures->remarks()) bench.reporter.warn(remark);
  if (statistics.count() == 0) throw Error(ErrorKind::kCorrupt, request.folder, damaged.front());
  Json answer = {{"images", statistics.count()}, {"size", request.size}};
  if (!request.spectrum.empty()) write_npy(request.spectrum, statistics.magnitudes());
  if (!request.colours.empty()) {
    const at::Tensor colours = statistics.colours();
    write_npy(request.colours, colours);
    for (int64_t row = 0; row < kColours; ++row) {
      const float* values = colours.data_ptr<float>() + row * kColours;
      answer["colours"].push_back(std::vector<float>(values, values + kColours));
    }
  }
  for (const std::string& fault : damaged) bench.reporter.detail(fault);
  if (!damaged.empty()) {
    throw Error(ErrorKind::kCorrupt, request.folder,
                fmt::format("{} of {} pictures could not be read and were left out, the first: {}", damaged.size(),
                            pictures->size(), damaged.front()),
                "the rest is measured");
  }
  return answer;
}

}  // namespace

extern const QuestionKind measure_question;
const QuestionKind measure_question = make_question<MeasureRequest, measure>(
    "measure", "Measure the spectrum and the colours of a folder of pictures", R"help(
A visualization of a network of X-rays should not have the spectrum and the colours of holiday snaps:
  microtome measure my_pictures --colours c.npy
  microtome measure my_pictures --colour c.npy --spectrum s.npy
  microtome visualize net.onnx --layers conv5 --parametrization "maco(spectrum=s.npy,colour=c.npy)"
)help");

}  // namespace microtome::questions

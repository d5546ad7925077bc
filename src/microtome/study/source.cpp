// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/source.h"

#include <fmt/format.h>

#include <sstream>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/plain_text.h"
#include "microtome/network/load.h"

namespace microtome {
namespace {

// One name a line, as many as the network tells classes apart: names of other classes would be worse than none.
std::vector<std::string> read_classes(const std::string& file, const Network& network) {
  std::istringstream text(as_utf8(read_file(file)));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  const int64_t units = network.output_layer().units;
  if (std::ssize(lines) == units) return lines;
  throw Error(ErrorKind::kUsage, file,
              fmt::format("has {} names, and {} tells {} classes apart", lines.size(), network.facts().file, units),
              "give one line a class, in the order of the network's output");
}

int side_asked(const std::string& preset) {
  const size_t colon = preset.find(':');
  if (colon == std::string::npos) return 0;
  PreprocessingRequest request;
  request.preset = preset;
  return parse_preprocessing(request, {}).side;
}

}  // namespace

Source open_source(const NetworkArguments& request, int resize_short) {
  const int side = side_asked(request.preprocess);
  Network network = load_network(request.file, side, parse_given_inputs(request.inputs));
  PreprocessingRequest wanted{request.preprocess, request.mean,  request.deviation,
                              request.range,      request.order, resize_short};
  Preprocessing preprocessing = parse_preprocessing(wanted, network.facts().preprocessing);
  const bool maps = network.graph().values[static_cast<size_t>(network.graph().input)].shape.size() == 4;
  if (!maps && preprocessing.side > 0) {
    throw Error(ErrorKind::kUsage, request.file, "takes no pictures, so that it has no side",
                "leave the side out of `preprocess`");
  }
  const bool square = maps && network.height() == network.width();
  if (square && preprocessing.side == 0) preprocessing.side = static_cast<int>(network.height());
  if (preprocessing.side > 0 && (preprocessing.side != network.height() || preprocessing.side != network.width())) {
    throw Error(ErrorKind::kUsage, request.file,
                fmt::format("the file fixes its input to {}x{}, {} was asked for", network.width(), network.height(),
                            preprocessing.side),
                "leave the side out of `preprocess`");
  }
  const bool stated = network.facts().has_preprocessing || !request.preprocess.empty() || !request.range.empty() ||
                      !request.mean.empty();
  if (!request.labels.empty()) network = network.with_classes(read_classes(request.labels, network));
  std::vector<std::string> classes = network.facts().classes;
  return {std::move(network), std::move(preprocessing), stated, std::move(classes)};
}

void warn_of_assumed_range(const Source& source, Reporter& reporter) {
  const Preprocessing& input = source.preprocessing;
  if (input.name.ends_with(".json")) {
    reporter.note(
        fmt::format("pictures are given to {} as the {} beside it says", source.network.facts().name, input.name));
  }
  if (source.stated) return;
  reporter.warn(
      fmt::format("{} does not say which input range it expects: using {}; say it with `preprocess` or `range`",
                  source.network.facts().file, source.preprocessing.name));
}

}  // namespace microtome

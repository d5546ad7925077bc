// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/load.h"

#include <fmt/format.h>

#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/network/formats/model_format.h"

namespace microtome {
namespace {

// Files that people have at hand and that are not read: the first bytes, what it is, what to do.
struct Stranger {
  size_t at;
  std::string_view mark;
  std::string_view what;
  std::string_view remedy;
};

using namespace std::string_view_literals;
constexpr Stranger kStrangers[] = {
    {0, "PK\x03\x04"sv, "a zip archive (a PyTorch checkpoint or TorchScript?)",
     "export the network with torch.onnx.export"},
    {0, "\x80\x02"sv, "a Python pickle (an old PyTorch checkpoint?)", "export the network with torch.onnx.export"},
    {0, "\x89HDF"sv, "an HDF5 file (a Keras network?)", "export the network with tf2onnx"},
    {4, "TFL3"sv, "a TensorFlow Lite network", "export the network with tf2onnx"},
    {0, "\x89PNG"sv, "a picture", "give a network file"},
    {0, "\xff\xd8\xff"sv, "a picture", "give a network file"},
    {0, "SQLite format 3"sv, "an atlas or another SQLite file", "give a network file"},
};

[[noreturn]] void refuse(const ModelFile& file) {
  std::string known;
  for (const ModelFormat* format : model_formats::kinds()) {
    known += fmt::format("{}{}", known.empty() ? "" : "; ", format->summary);
  }
  for (const Stranger& stranger : kStrangers) {
    if (file.bytes->size() < stranger.at || file.bytes->compare(stranger.at, stranger.mark.size(), stranger.mark) != 0)
      continue;
    throw Error(ErrorKind::kUnsupported, file.path, fmt::format("is {}, not a network that can be read", stranger.what),
                std::string(stranger.remedy));
  }
  throw Error(ErrorKind::kUnsupported, file.path, "is not a network in a format that can be read",
              fmt::format("known are: {}", known));
}

const ModelFormat& format_of(const ModelFile& file) {
  if (file.bytes->empty()) throw Error(ErrorKind::kCorrupt, file.path, "is empty", "get the file anew");
  for (const ModelFormat* format : model_formats::kinds()) {
    if (format->recognizes(*file.bytes)) return *format;
  }
  refuse(file);
}

}  // namespace

Network network_from_bytes(const ModelFile& file, int side) {
  const ModelFormat& format = format_of(file);
  StoredNetwork stored = format.read(file, side);
  stored.facts.hash = sha256_hex(*file.bytes);
  stored.facts.format = format.name;
  stored.facts.file = file.path;
  stored.facts.name = std::filesystem::path(file.path).stem().string();
  try {
    return Network(std::move(stored.graph), std::move(stored.facts));
  } catch (const Error& failure) {
    throw Error(failure.kind(), file.path, failure.what());  // the graph knows its nodes, but not its file
  } catch (const std::exception& failure) {
    // Sizes that make no sense come out of the engine as whatever it, or the allocator, throws.
    throw Error(ErrorKind::kCorrupt, file.path, std::string("cannot be run: ") + failure.what(),
                "get the file anew or export it again");
  }
}

Network load_network(const std::string& file, int side) {
  return network_from_bytes({.path = file, .bytes = std::make_shared<const std::string>(read_file(file))}, side);
}

}  // namespace microtome

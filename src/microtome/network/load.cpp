// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/load.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/hash.h"
#include "microtome/fetch/cache.h"
#include "microtome/network/executor.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/schedule.h"
#include "microtome/network/surgery.h"

namespace microtome {
namespace {

// Files that people have at hand and that are not networks: a mark at a place, what it is, what to do. The first that
// fits is named; longer marks stand before shorter ones. `certain`: no network file begins so.
struct Stranger {
  size_t at;
  std::string_view mark;
  std::string_view what;
  std::string_view remedy;
  bool certain = true;
};

using namespace std::string_view_literals;
constexpr std::string_view kByKeras = "export the network with tf2onnx, or keras's model.export(format=\"onnx\")";
constexpr std::string_view kByTensorFlow = "export the network with tf2onnx";
constexpr std::string_view kNotOne = "give a network file";
constexpr Stranger kStrangers[] = {
    {0, "version https://git-lfs"sv, "a Git LFS pointer: the network itself was not fetched", "run git lfs pull"},
    {0, "<!doctype html"sv, "a web page: the download was not the file", "get the file anew, from its raw address"},
    {0, "<html"sv, "a web page: the download was not the file", "get the file anew, from its raw address"},
    {0, "<?xml"sv, "an XML text (an OpenVINO network?)", "convert the network that it was made of to ONNX"},
    {0, "{"sv, "a JSON text (a TensorFlow.js network?)", "convert the network that it was made of to ONNX"},
    {0, "name:"sv, "a Caffe prototxt", "convert the network to ONNX with caffe2onnx"},
    {0, "layer {"sv, "a Caffe prototxt", "convert the network to ONNX with caffe2onnx"},
    {30, "metadata.json"sv, "a Keras archive", kByKeras},
    {30, "config.json"sv, "a Keras archive", kByKeras},
    {0, "\x89HDF"sv, "an HDF5 file (a Keras network?)", kByKeras},
    {4, "TFL3"sv, "a TensorFlow Lite network", "export the network that it was made of with tf2onnx"},
    {0, "GGUF"sv, "a GGUF file of a language model", kNotOne},
    {4, "ptrt"sv, "a TensorRT engine", "give the ONNX file that it was made of"},
    {0, "ptrt"sv, "a TensorRT engine", "give the ONNX file that it was made of"},
    {0, "\x93NUMPY"sv, "a NumPy array", kNotOne},
    {0, "\x89PNG"sv, "a picture", kNotOne},
    {0, "\xff\xd8\xff"sv, "a picture", kNotOne},
    {0, "GIF8"sv, "a picture", kNotOne},
    {8, "WEBP"sv, "a picture", kNotOne},
    {0, "SQLite format 3"sv, "an atlas or another SQLite file", kNotOne},
    {0, "\x1f\x8b"sv, "a gzip archive", "unpack it first"},
    {0, "BZh"sv, "a bzip2 archive", "unpack it first"},
    {0, "\x28\xb5\x2f\xfd"sv, "a Zstandard archive", "unpack it first"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "an xz archive", "unpack it first"},
    {257, "ustar"sv, "a tar archive", "unpack it first"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program or library", kNotOne},
    // These could be ONNX of other writers, so they are only named when they are not.
    {0, "\x08\x01\x12"sv, "not whole ONNX (a TensorFlow SavedModel?)", kByTensorFlow, false},
    {0, "\x0a"sv, "not ONNX (a TensorFlow graph, or Caffe weights?)", "convert the network to ONNX", false},
};

bool begins(std::string_view bytes, const Stranger& stranger) {
  if (stranger.mark.starts_with('<')) {  // before which texts may have a byte-order mark and white space
    bytes.remove_prefix(std::min(bytes.find_first_not_of("\xef\xbb\xbf \t\r\n"), bytes.size()));
  }
  if (bytes.size() < stranger.at + stranger.mark.size()) return false;
  const std::string_view found = bytes.substr(stranger.at, stranger.mark.size());
  return std::equal(found.begin(), found.end(), stranger.mark.begin(), [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);  // web pages are not particular
  });
}

void refuse_strangers(const ModelFile& file, bool certain) {
  for (const Stranger& stranger : kStrangers) {
    if ((certain && !stranger.certain) || !begins(*file.bytes, stranger)) continue;
    throw Error(ErrorKind::kUnsupported, file.path, fmt::format("is {}", stranger.what), std::string(stranger.remedy));
  }
}

[[noreturn]] void refuse(const ModelFile& file) {
  std::string known;
  for (const ModelFormat* format : model_formats::kinds()) {
    known += fmt::format("{}{}", known.empty() ? "" : "; ", format->summary);
  }
  refuse_strangers(file, false);
  throw Error(ErrorKind::kUnsupported, file.path, "is not a network in a format that can be read",
              fmt::format("known are: {}", known));
}

const ModelFormat& format_of(const ModelFile& file) {
  if (file.bytes->empty()) throw Error(ErrorKind::kCorrupt, file.path, "is empty", "get the file anew");
  refuse_strangers(file, true);
  for (const ModelFormat* format : model_formats::kinds()) {
    if (format->recognizes(*file.bytes)) return *format;
  }
  refuse(file);
}

StoredNetwork read_by(const ModelFormat& format, const ModelFile& file, int side) {
  try {
    return format.read(file, side);
  } catch (const Error& failure) {
    if (failure.kind() == ErrorKind::kCorrupt) refuse_strangers(file, false);
    throw;
  }
}

// A folder is taken for what exporters leave: a SavedModel, or a network among other files.
void refuse_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return;
  std::string inside;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string ending = entry.path().extension().string();
    const bool network = ending == ".onnx" || ending == ".safetensors" || ending == ".pth";
    if (network && (inside.empty() || entry.path().string() < inside)) {
      inside = entry.path().string();
    }
  }
  if (!inside.empty()) throw Error(ErrorKind::kUnsupported, folder, "is a folder", "give the file " + inside);
  if (fs::exists(fs::path(folder) / "saved_model.pb", failed)) {
    throw Error(ErrorKind::kUnsupported, folder, "is a TensorFlow SavedModel",
                fmt::format("convert it: python -m tf2onnx.convert --saved-model {} --output net.onnx", folder));
  }
}

// What a user gives is part of what the network is.
std::string hash_of(const ModelFile& file) {
  const std::string whole = sha256_hex(*file.bytes);
  if (file.given.empty()) return whole;
  std::vector<const GivenInput*> given;
  for (const GivenInput& input : file.given) given.push_back(&input);
  std::ranges::sort(given, {}, &GivenInput::name);
  Sha256 hash;
  hash.add(whole);
  for (const GivenInput* input : given) {
    const at::Tensor values = input->values.contiguous();
    hash.add(input->name);
    hash.add_values<int64_t>(values.sizes());
    hash.add_values<float>({values.data_ptr<float>(), static_cast<size_t>(values.numel())});
  }
  return hash.hex();
}

// Formats of one input hold none.
void check_given(const ModelFile& file, const InputFacts& input) {
  for (const GivenInput& given : file.given) {
    if (std::ranges::find(input.held, given.name, &HeldInput::name) != input.held.end()) continue;
    throw Error(ErrorKind::kNotFound, file.path,
                fmt::format("has no input \"{}\" besides the one studied", given.name));
  }
}

Network network_of(StoredNetwork stored) {
  const std::string file = stored.facts.file;
  try {
    return Network(std::move(stored.graph), std::move(stored.facts));
  } catch (const Error& failure) {
    throw Error(failure.kind(), file, failure.what());  // the graph knows its nodes, but not its file
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kUnsupported, file, "needs more memory than there is",
                "take a machine with more, or a smaller network");
  } catch (const std::exception&) {
    // Sizes that make no sense come out of the engine as whatever it throws, in its own words.
    throw Error(ErrorKind::kCorrupt, file, "cannot be run: its sizes or types make no sense",
                "get the file anew or export it again");
  }
}

// A node that cannot run is no obstacle to what does not need it: it is left out, and said. Throws `first` where that
// is about no node, or nothing is left.
Network network_of_what_runs(StoredNetwork stored, const Error& first) {
  constexpr int kMostLost = 8;
  std::string text = first.what();
  for (int lost = 0; lost < kMostLost; ++lost) {
    const auto failed = std::ranges::find_if(stored.graph.nodes, [&](const Node& node) {
      return node.refusal.empty() && text.find(node_label(node, stored.graph) + ": ") != std::string::npos;
    });
    if (failed == stored.graph.nodes.end()) break;
    const std::string label = node_label(*failed, stored.graph) + ": ";
    failed->refusal = text.substr(text.find(label) + label.size());
    try {
      return network_of(stored);
    } catch (const Error& failure) {
      if (failure.kind() != ErrorKind::kCorrupt) break;
      text = failure.what();
    }
  }
  throw first;
}

// Layers of fixed length may want one side of those that the file leaves free: the usual ones are tried.
Network network_of_some_side(StoredNetwork stored) {
  constexpr int64_t kUsualSides[] = {227, 256, 299, 384, 336, 192, 160, 128, 112, 96, 64, 48, 40, 32, 28};
  const auto try_as_it_is = [&](Error& first) -> std::optional<Network> {
    try {
      return network_of(stored);
    } catch (const Error& failure) {
      first = failure;
      return std::nullopt;
    }
  };
  Error first(ErrorKind::kInternal, "", ""), later = first;
  if (auto network = try_as_it_is(first)) return *network;
  if (first.kind() != ErrorKind::kCorrupt) throw first;  // not for its lengths
  if (stored.free_sides.empty()) return network_of_what_runs(std::move(stored), first);
  const auto usual = stored.graph.values[at_index(stored.graph.input)].shape[stored.free_sides.front()];
  for (const int64_t side : kUsualSides) {
    for (const size_t axis : stored.free_sides) stored.graph.values[at_index(stored.graph.input)].shape[axis] = side;
    if (auto network = try_as_it_is(later)) return *network;
  }
  for (const size_t axis : stored.free_sides) stored.graph.values[at_index(stored.graph.input)].shape[axis] = usual;
  return network_of_what_runs(std::move(stored), first);
}

// What the outputs are for one input that is no flat one, [1,F].
std::vector<at::Tensor> outputs_of_a_row(const Network& network) {
  const Graph& graph = network.graph();
  const auto& shape = graph.values[at_index(graph.input)].shape;
  const at::Tensor row = at::linspace(-1, 2, shape[1]).sin().reshape(shape);
  const at::AutoGradMode no_gradients(false);
  return evaluate(graph, row, graph.outputs);
}

// A file that takes one vector [F] is a network of rows [N,F] if it makes the same of a row as of a vector alone.
Network network_of_rows(const StoredNetwork& stored) {
  std::string reason = "the outputs are others";
  try {
    StoredNetwork of_one = stored;
    Graph& graph = of_one.graph;
    const std::vector<int64_t> shape = graph.values[at_index(graph.input)].shape;
    add_before_input(graph, "Reshape", {add_integers(graph, "", {shape[1]})}, {}, shape);
    const Network rows = network_of(stored);
    const auto alone = outputs_of_a_row(network_of(std::move(of_one))), found = outputs_of_a_row(rows);
    bool same = alone.size() == found.size();
    for (size_t i = 0; same && i < alone.size(); ++i) {
      same = alone[i].numel() == found[i].numel() &&
             at::allclose(found[i].reshape(-1).to(at::kDouble), alone[i].reshape(-1).to(at::kDouble), 1e-3, 1e-4,
                          /*equal_nan=*/true);
    }
    if (same) return rows;
  } catch (const Error& failure) {
    reason = failure.what();
  }
  throw Error(ErrorKind::kUnsupported, stored.facts.file,
              fmt::format("takes a vector without a batch, and rows of them do not run ({})", reason),
              "export it with an input [N,F]");
}

// Names of other classes would be worse than none.
Network with_fitting_classes(const Network& network) {
  const Layer* output = network.find_output_layer();
  const bool fit = output != nullptr && output->units == std::ssize(network.facts().classes);
  return fit ? network : network.with_classes({});
}

}  // namespace

Network network_from_bytes(ModelFile file, int side) {
  const ModelFormat& format = format_of(file);
  StoredNetwork stored = read_by(format, file, side);
  check_given(file, stored.facts.input);
  stored.facts.hash = hash_of(file);
  stored.facts.format = format.name;
  stored.facts.file = file.path;
  stored.facts.name = std::filesystem::path(file.path).stem().string();
  file.bytes.reset();
  if (stored.facts.input.file_shape.size() == 1) return with_fitting_classes(network_of_rows(stored));
  return with_fitting_classes(side > 0 ? network_of(std::move(stored)) : network_of_some_side(std::move(stored)));
}

Network load_network(const std::string& asked, int side, std::vector<GivenInput> given) {
  const std::string file = network_path(asked);
  refuse_folder(file);
  return network_from_bytes({file, std::make_shared<const std::string>(read_file(file)), std::move(given)}, side);
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// A trained network: an immutable graph whose values are the layers that everything else asks about.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/graph.h"
#include "microtome/network/preprocessing.h"

namespace microtome {

// Which input pixels one position of a layer can see. Along x and y: position p sees the pixels
// start + p * step .. start + p * step + size - 1 (padding not clipped). step 0: everything (after global pooling or
// flattening). Composition: size' = size + (k - 1) * d * step, start' = start - pad * step, step' = step * stride; the
// union over branches.
struct ReceptiveField {
  std::array<int64_t, 2> size{1, 1}, step{1, 1}, start{0, 0};  // x, y
};

// A named value that depends on the input.
struct Layer {
  std::string name;                  // the file's own name of the value
  std::vector<std::string> aliases;  // shorter names that are unambiguous: "inception_4e" for "inception_4e/output"
  std::string op;                    // operator that makes it, "Conv"
  ValueIndex value = -1;
  std::vector<int64_t> shape;  // without the batch axis: [C,H,W] or [F]
  int64_t units = 0;           // C or F
  ReceptiveField receptive_field;
  double macs = 0;        // multiply-adds of the operator for one input
  double macs_share = 0;  // of the whole prefix up to and including this layer, in 0..1
};

// Immutable and shareable between threads; copies share the weights.
class Network {
 public:
  struct Facts {
    std::string hash;             // SHA-256 of the file (of the content for a network made in memory)
    std::string format;           // "onnx", "safetensors"
    std::string file;             // as given
    std::string name;             // the file's name without folder and suffix
    Preprocessing preprocessing;  // stored in the file, or default-constructed
    bool has_preprocessing = false;
    std::vector<std::string> classes;  // names of the logits, empty when the file has none
  };
  // Runs the graph once on zeros to learn every shape; throws Error(kCorrupt/kUnsupported) naming the node if it fails.
  // Folds constants and exporters' shape chains; indices of values stay. An empty hash becomes that of the content.
  // `known`: layers whose aliases are kept, for a network that is part of another.
  Network(Graph graph, Facts facts, std::span<const Layer> known = {});

  const Graph& graph() const { return *graph_; }
  const Facts& facts() const { return facts_; }
  std::span<const Layer> layers() const { return *layers_; }  // in graph order
  // By name or alias. Throws Error(kNotFound) with the nearest names and the command that lists them.
  const Layer& layer(std::string_view name) const;
  // The same network with other names of the logits.
  Network with_classes(std::vector<std::string> classes) const;
  // The first output of the file: class logits or probabilities.
  const Layer& output_layer() const;

  // Of the input, without the batch axis; height and width are the file's own or, when free, those first probed.
  int64_t channels() const;
  int64_t height() const;
  int64_t width() const;
  bool free_size() const {
    return free_size_;
  }  // Whether other heights and widths run too (no fixed flatten before the deepest layer).

 private:
  std::shared_ptr<const Graph> graph_;
  std::shared_ptr<const std::vector<Layer>> layers_;
  Facts facts_;
  bool free_size_ = false;
};

// Reads a network file, its format told by content. Operators are checked at load: Error(kUnsupported) names operator,
// node, opset and what to do. A truncated or empty file is Error(kCorrupt). `side`: input side where the file leaves it
// free (0 = 224).
Network load_network(const std::string& file, int side = 0);

// Writes a network as safetensors with the graph, preprocessing and classes in the header's metadata; load_network
// reads it back equal. Throws Error(kIo).
void save_network(const Network& network, const std::string& file);

// Stops libtorch, OpenMP and BLAS from starting threads of their own inside the calling thread: parallelism is over
// images and pictures. Call once on each worker.
void use_one_kernel_thread();

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// A trained network: an immutable graph whose values are the layers that everything else asks about.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/network/graph.h"
#include "microtome/network/inputs.h"
#include "microtome/network/preprocessing.h"
#include "microtome/network/receptive_field.h"

namespace microtome {

struct Cut;

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
    // What of the file is left out or done otherwise than it says, as sentences.
    std::vector<std::string> notes{};
    std::string lost_output{};  // the note that tells what became of the first output; empty: it is there
    InputFacts input;
  };
  // Runs the graph once on zeros to learn every shape; throws Error(kCorrupt/kUnsupported) naming the node if it fails.
  // Folds constants and exporters' shape chains, leaves out what cannot run (facts().notes); indices of values stay. An
  // empty hash becomes that of the content. `known`: layers whose aliases are kept, for a network that is part of
  // another.
  Network(Graph graph, Facts facts, std::span<const Layer> known = {});

  const Graph& graph() const { return *graph_; }
  const Facts& facts() const { return facts_; }
  std::span<const Layer> layers() const { return *layers_; }  // in graph order
  // By name or alias. Throws Error(kNotFound) with the nearest names and the command that lists them.
  const Layer& layer(std::string_view name) const;
  // The same network with other names of the logits.
  Network with_classes(std::vector<std::string> classes) const;
  // Class logits or probabilities: of the file's outputs the first of one number a unit [F], else the first. Throws
  // Error(kUnsupported) where that is no layer (the number of the likeliest class) or lies behind what cannot run; the
  // other gives null then.
  const Layer& output_layer() const;
  const Layer* find_output_layer() const;

  // Of the input, without the batch axis; height and width are the file's own or, when free, those first probed.
  int64_t channels() const;
  int64_t height() const;
  int64_t width() const;
  // Whether other heights and widths run too (no fixed flatten before the deepest layer).
  bool free_size() const { return free_size_; }

 private:
  void take_notes(const Graph& graph, Cut& cut);

  std::shared_ptr<const Graph> graph_;
  std::shared_ptr<const std::vector<Layer>> layers_;
  Facts facts_;
  bool free_size_ = false;
};

}  // namespace microtome

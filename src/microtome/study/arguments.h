// SPDX-License-Identifier: Apache-2.0
// Arguments that several questions share, each declared once (base/field.h). A question's request is made of them: it
// derives from those it needs and names their fields in its own function, in the order in which people read them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/base/field.h"

namespace microtome {

// What --basis takes, from the table of bases.
std::string_view basis_help();

// What --preprocess takes, from the table of presets.
std::string_view preprocess_help();

// A network file, how pictures become its input, and what its other inputs are held at.
struct NetworkArguments {
  std::string file;
  std::vector<std::string> inputs;
  std::string preprocess;
  std::string mean, deviation, range, order;
  std::string labels;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    file_field(s, field);
    input_fields(s, field);
  }
  template <class Self, class Visitor>
  static void file_field(Self& s, Visitor&& field) {
    field({.name = "network",
           .help = "Network file (ONNX, PyTorch, safetensors), or the name of a fetched one: resnet50",
           .role = Role::kNetwork,
           .positional = true,
           .required = true},
          s.file);
  }
  template <class Self, class Visitor>
  static void input_fields(Self& s, Visitor&& field) {
    field({.name = "input",
           .help = "What another input of the network is held at: NAME=0.5 or NAME=FILE.npy (else 0, or 1 for a mask)"},
          s.inputs);
    field({.name = "preprocess", .help = preprocess_help()}, s.preprocess);
    field({.name = "mean", .help = "Means to subtract, one a channel: 123.7,116.3,103.5"}, s.mean);
    field({.name = "std", .help = "Deviations to divide by, one a channel"}, s.deviation);
    field({.name = "range", .help = "Values of black and white before mean and std: 0,255"}, s.range);
    field({.name = "order", .help = "Channel order: rgb or bgr"}, s.order);
    field({.name = "labels", .help = "Text file with one class name a line", .role = Role::kFile}, s.labels);
  }
};

// Threads, which move no number.
struct ThreadArguments {
  int threads = 0;  // filled in before a question is answered (question.h)
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "threads", .help = "Threads to use; 0 = all available", .min = 0, .max = 4096, .role = Role::kSpeed},
          s.threads);
  }
};

// One layer of a network, in one basis.
struct LayerArguments {
  std::string layer;
  std::string basis = "identity";
  std::string units;  // "0-15,40"; empty = all
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "layer", .help = "Layer by name or alias", .role = Role::kSubject, .required = true}, s.layer);
    field({.name = "basis", .help = basis_help(), .role = Role::kSubject}, s.basis);
    field({.name = "units", .help = "Units: 0-15,40 (all when left out)", .role = Role::kSubject}, s.units);
  }
};

// What an atlas is made of: layers of a network.
struct StudyArguments : ThreadArguments {
  NetworkArguments network;
  std::vector<std::string> layers;  // empty: only for an objective without placeholders
  std::string units;                // "0-15,40"; empty = all
  std::vector<std::string> bases = {"identity"};
  std::string out;  // empty: atlas_file() of the network
  bool replace = false;
  bool dry_run = false;
  std::string command;  // as typed, kept beside the results; filled in before a question is answered

  template <class Self, class Visitor>
  static void subject_fields(Self& s, Visitor&& field, bool layers_required) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "layers",
           .help = "Layers by name or alias, separated by commas; a name that holds commas in double quotes",
           .role = Role::kSubject,
           .required = layers_required},
          s.layers);
    field({.name = "units", .help = "Units: 0-15,40 or all (all when left out)", .role = Role::kSubject}, s.units);
    field({.name = "basis", .help = basis_help(), .role = Role::kSubject}, s.bases);
  }
  template <class Self, class Visitor>
  static void place_fields(Self& s, Visitor&& field) {
    field({.name = "out",
           .help = "Atlas to write or continue (default: the network's name with .atlas)",
           .role = Role::kOut},
          s.out);
    field({.name = "replace",
           .help = "Remove what other settings found of the same layers and units, when all is done",
           .role = Role::kSubject},
          s.replace);
    field({.name = "dry-run",
           .help = "Say what would be made, kept and replaced and, from a few trials, how long it would take; write "
                   "nothing",
           .role = Role::kSubject},
          s.dry_run);
    NetworkArguments::input_fields(s.network, field);
  }
};

}  // namespace microtome

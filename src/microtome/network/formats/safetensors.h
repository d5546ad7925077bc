// SPDX-License-Identifier: Apache-2.0
// Writing our own networks.
#pragma once
#include <map>
#include <string>

#include "microtome/network/network.h"

namespace microtome {

// Writes a network as safetensors with the graph, preprocessing and classes in the header's metadata; load_network
// reads it back equal. Throws Error(kIo), and Error(kUnsupported) when a weight's type has no place in the format.
void save_network(const Network& network, const std::string& file);

struct SafetensorsOptions {
  // Weights of two axes and more are stored as float16 and read back as float32, unless one of them would overflow.
  bool half_weights = false;
  // Further metadata, such as how the network was trained; keys other than "microtome" and "format".
  std::map<std::string, std::string> notes;
};

// Throws Error(kIo), and Error(kUnsupported) when a weight's type has no place in the format.
void save_safetensors(const Network& network, const std::string& file, const SafetensorsOptions& options);

// The metadata of a safetensors file, the notes among it. Throws Error(kNotFound/kIo/kCorrupt).
std::map<std::string, std::string> safetensors_notes(const std::string& file);

}  // namespace microtome

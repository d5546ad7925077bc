// SPDX-License-Identifier: Apache-2.0
// Layer names as file names: layers are called what the network file calls them, slashes and all.
#pragma once
#include <string>
#include <string_view>

namespace microtome {

// ASCII letters, digits, "_", "-" and "." that do not lead stay; every other byte becomes %XX; the empty name is "%".
// No two names meet, and none is "." or "..".
std::string file_name_from_layer(std::string_view layer);
// Of what is made of an image: "0003-dog.jpg" for the fourth of a list, its own name escaped likewise.
std::string file_name_from_image(std::string_view path, size_t place);
// The way back from a layer's. Throws Error(kUsage) on a "%" without two hexadecimal digits.
std::string layer_from_file_name(std::string_view name);

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// What a network file, or a file beside it, says of how pictures become its input.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "microtome/network/formats/model_format.h"

namespace microtome {

// From ONNX's metadata (Image.NominalPixelRange and Image.BitmapPixelFormat, or those of Ultralytics) or from
// preprocessor_config.json (Hugging Face) or config.json (timm) in the folder of `path`, or the one above a folder
// "onnx". Sides are what those ask for. Nothing when they do not say it, or in a form that is not known.
std::optional<Preprocessing> stated_preprocessing(const std::map<std::string, std::string>& metadata,
                                                  const std::string& path);

// From the arithmetic that the graph begins with, as Keras' Rescaling and Normalization layers do: a division by about
// 255 means pixels 0..255, one by a deviation below 1 means 0..1.
std::optional<Preprocessing> computed_preprocessing(const Graph& graph);

// Names of the classes in Ultralytics' metadata of classifiers, or "id2label" of Hugging Face's config.json in the same
// places; else empty.
std::vector<std::string> stated_classes(const std::map<std::string, std::string>& metadata, const std::string& path);

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// What a network takes, and what of the settings that changes. All forms are made as pictures [N,C,H,W] in 0..1.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "microtome/image/image.h"
#include "microtome/network/network.h"
#include "microtome/visualize/settings.h"

namespace microtome {

enum class InputForm {
  kPicture,  // maps of 1 (grey) or 3 (RGB) channels
  kMaps,     // maps of any other number
  kLine,     // [N,C,L], made as [N,C,1,L]
  kVector,   // [N,F], made as [N,1,1,F]
};

// Throws Error(kUnsupported) for inputs of any other rank.
InputForm input_form(const Network& network);

inline bool is_flat(InputForm form) { return form == InputForm::kLine || form == InputForm::kVector; }

// Throws Error(kUsage) for settings that make no sense for the form.
void check_form(const RenderSettings& settings, InputForm form);

// The settings with what suits no flat input at its default replaced: the standard transforms by "none", and for
// vectors, whose order means nothing, "fft" by "pixel". `note` says what was replaced; else it stays.
RenderSettings suited(RenderSettings settings, InputForm form, std::string& note);

// How values [1,C,H,W] of a form that is no picture are drawn (value_drawing.h).
Image drawing(const at::Tensor& values, InputForm form);

}  // namespace microtome

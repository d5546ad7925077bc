// SPDX-License-Identifier: Apache-2.0
// A matrix from a file.
#include "microtome/network/bases/file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/network/formats/safetensors_file.h"

namespace microtome {
namespace {

constexpr std::string_view kTensorMark = ".safetensors:";

// Where the name of the tensor begins in "FILE.safetensors:TENSOR"; npos in other texts.
size_t tensor_begin(const std::string& text) {
  const size_t mark = text.find(kTensorMark);
  return mark == std::string::npos ? mark : mark + kTensorMark.size();
}

at::Tensor read_tensor(const std::string& file, const std::string& name) {
  const SafetensorsFile content = parse_safetensors(std::make_shared<const std::string>(read_file(file)), file);
  std::string matrices;
  for (const auto& [known, tensor] : content.tensors) {
    if (known == name) return tensor;
    if (tensor.dim() != 2) continue;
    matrices += fmt::format("{}{} [{}]", matrices.empty() ? "" : ", ", known, fmt::join(tensor.sizes(), ", "));
  }
  throw Error(ErrorKind::kUsage, file, fmt::format("has no tensor \"{}\"", name),
              matrices.empty() ? "it holds no matrix at all" : "name one of its matrices: " + matrices);
}

}  // namespace

bool names_basis_file(const std::string& text) {
  return text.ends_with(".npy") || text.ends_with(".safetensors") || tensor_begin(text) != std::string::npos;
}

std::string basis_file(const std::string& text) {
  const size_t begin = tensor_begin(text);
  return begin == std::string::npos ? text : text.substr(0, begin - 1);
}

Basis read_basis(const std::string& text, int64_t channels) {
  const std::string file = basis_file(text), stem = std::filesystem::path(file).stem().string();
  Basis basis{stem, {}};
  if (file.ends_with(".safetensors")) {
    const std::string tensor = file == text ? "" : text.substr(file.size() + 1);
    basis.vectors = read_tensor(file, tensor);
    basis.name = fmt::format("{}.{}", stem, tensor);
  } else {
    const NpyFloats array = parse_npy(read_file(file), file);
    basis.vectors = at::tensor(array.values, at::kFloat).reshape(array.shape);
  }
  const at::Tensor& matrix = basis.vectors;
  const bool plain = matrix.dim() == 2 && matrix.size(1) == channels;
  const bool turned = matrix.dim() == 2 && matrix.size(0) == channels;
  if ((!plain && !turned) || !at::isFloatingType(matrix.scalar_type())) {
    throw Error(ErrorKind::kUsage, text,
                fmt::format("is of shape [{}] and type {}; the layer has {} channels", fmt::join(matrix.sizes(), ", "),
                            at::toString(matrix.scalar_type()), channels),
                "a basis is a matrix of floats with a row (or a column) of that length for each unit");
  }
  basis.vectors = (plain ? matrix : matrix.t()).to(at::kFloat).contiguous();
  return basis;
}

namespace bases {
namespace {

Basis make_file(const BasisRequest& request) { return read_basis(request.text, request.units); }

}  // namespace

extern const BasisKind file;
const BasisKind file{.name = "file",
                     .form = "FILE.npy or FILE.safetensors:TENSOR",
                     .summary = "a matrix [units, channels], such as the decoder of a sparse autoencoder",
                     .recognizes = names_basis_file,
                     .make = make_file};

}  // namespace bases
}  // namespace microtome

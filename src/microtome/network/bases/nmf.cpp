// SPDX-License-Identifier: Apache-2.0
// Non-negative factors of the activations.
#include "microtome/network/bases/nmf.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "microtome/base/error.h"
#include "microtome/base/rng.h"

namespace microtome {

Basis non_negative_factors(const at::Tensor& samples, int64_t count, const std::string& layer) {
  if (samples.min().item<double>() < 0) {
    throw Error(ErrorKind::kUsage, layer, "has negative activations, which non-negative factors cannot make",
                "use the rectified layer");
  }
  Rng rng(1, "nmf");
  const auto draw = [&](int64_t rows, int64_t columns) {
    at::Tensor out = at::empty({rows, columns}, at::kDouble);
    for (int64_t i = 0; i < rows * columns; ++i) out.data_ptr<double>()[i] = 0.1 + rng.uniform();
    return out;
  };
  constexpr int kSteps = 200;
  constexpr double kTiny = 1e-12;
  at::Tensor w = draw(samples.size(0), count), h = draw(count, samples.size(1));
  for (int step = 0; step < kSteps; ++step) {
    h = h * at::matmul(w.t(), samples) / (at::matmul(at::matmul(w.t(), w), h) + kTiny);
    w = w * at::matmul(samples, h.t()) / (at::matmul(w, at::matmul(h, h.t())) + kTiny);
  }
  h = h / (h.norm(2, 1, true) + kTiny);
  return {fmt::format("nmf{}", count), h.to(at::kFloat).contiguous()};
}

namespace bases {
namespace {

Basis make_nmf(const BasisRequest& request) {
  const auto count = basis_number<int64_t>(request.arguments[0], request);
  if (count < 1 || count > request.units) {
    throw Error(ErrorKind::kUsage, "basis", fmt::format("\"{}\" wants 1 to {} factors", request.text, request.units));
  }
  return non_negative_factors(request.samples(), count, request.layer);
}

}  // namespace

extern const BasisKind nmf;
const BasisKind nmf{.name = "nmf",
                    .form = "nmf:K",
                    .summary = "K non-negative factors of the activations of a rectified layer",
                    .least_arguments = 1,
                    .most_arguments = 1,
                    .make = make_nmf};

}  // namespace bases
}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// Principal components of the activations.
#include "microtome/network/bases/pca.h"

#include <ATen/ATen.h>

namespace microtome {

Basis principal_components(const at::Tensor& covariance) {
  const auto [values, vectors] = at::linalg_eigh(covariance.to(at::kDouble));
  at::Tensor rows = vectors.flip(1).t().contiguous();
  for (int64_t k = 0; k < rows.size(0); ++k) {
    const int64_t largest = rows[k].abs().argmax().item<int64_t>();
    if (rows[k][largest].item<double>() < 0) rows[k].neg_();
  }
  return {"pca", rows.to(at::kFloat).contiguous()};
}

namespace bases {
namespace {

Basis make_pca(const BasisRequest& request) {
  const at::Tensor samples = request.samples();
  const at::Tensor centred = samples - samples.mean(0, true);
  return principal_components(at::matmul(centred.t(), centred) / static_cast<double>(samples.size(0)));
}

}  // namespace

extern const BasisKind pca;
const BasisKind pca{.name = "pca",
                    .form = "pca",
                    .summary = "principal components of the activations on the concept set's images",
                    .make = make_pca};

}  // namespace bases
}  // namespace microtome

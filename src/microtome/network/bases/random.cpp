// SPDX-License-Identifier: Apache-2.0
// A random rotation of the channels.
#include "microtome/network/bases/random.h"

#include <ATen/ATen.h>

#include <complex>

#include "microtome/base/rng.h"
#include "microtome/network/derived_name.h"

namespace microtome {
namespace {

at::Tensor normal_matrix(int64_t n, uint64_t seed) {
  Rng rng(seed, "rotation");
  at::Tensor out = at::empty({n, n}, at::kDouble);
  double* data = out.data_ptr<double>();
  for (int64_t i = 0; i < n * n; ++i) data[i] = rng.normal();
  return out;
}

}  // namespace

Basis random_rotation(int64_t channels, uint64_t seed, double alpha) {
  const std::string name = random_basis_suffix(alpha, seed);
  auto [q, r] = at::linalg_qr(normal_matrix(channels, seed));
  q = q * at::sign(at::diagonal(r)).unsqueeze(0);
  // Not `det`: it multiplies n pivots.
  const double determinant = std::get<0>(at::linalg_slogdet(q)).item<double>();
  if (determinant < 0) q.select(0, 0).neg_();
  if (alpha == 1) return {name, q.to(at::kFloat).contiguous()};
  const auto [values, vectors] = at::linalg_eig(q);
  const at::Tensor angles = at::angle(values) * alpha;
  const at::Tensor powers = at::complex(at::cos(angles), at::sin(angles));
  // The eigenvectors of an orthogonal matrix with distinct eigenvalues are orthogonal: the inverse is the adjoint.
  const at::Tensor power = at::matmul(vectors * powers.unsqueeze(0), at::linalg_inv(vectors));
  return {name, at::real(power).to(at::kFloat).contiguous()};
}

namespace bases {
namespace {

Basis make_random(const BasisRequest& request) {
  const auto& arguments = request.arguments;
  const double alpha = arguments.empty() ? 1 : basis_number<double>(arguments[0], request);
  const auto seed = arguments.size() > 1 ? basis_number<uint64_t>(arguments[1], request) : uint64_t{1};
  return random_rotation(request.units, seed, alpha);
}

}  // namespace

extern const BasisKind random;
const BasisKind random{.name = "random",
                       .form = "random:ALPHA:SEED",
                       .summary = "a random rotation to the power ALPHA (0: none, 1: all)",
                       .most_arguments = kAnyNumber,
                       .make = make_random};

}  // namespace bases
}  // namespace microtome

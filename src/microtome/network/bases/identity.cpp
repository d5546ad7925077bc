// SPDX-License-Identifier: Apache-2.0
// The layer's own channels.
#include "microtome/network/basis.h"

namespace microtome::bases {
namespace {

Basis make_identity(const BasisRequest&) { return {}; }

}  // namespace

extern const BasisKind identity;
const BasisKind identity{.name = "identity", .form = "identity", .summary = "the layer itself", .make = make_identity};

}  // namespace microtome::bases

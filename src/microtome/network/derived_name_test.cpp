// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/derived_name.h"

#include <gtest/gtest.h>

namespace microtome {
namespace {

TEST(DerivedName, ComesApartAsItWasMade) {
  EXPECT_EQ(derived_name("conv5", "pca"), "conv5~pca");
  EXPECT_EQ(derived_name(derived_name("tokens", "grid"), random_basis_suffix(0.5, 3)), "tokens~grid~random0.5.3");
  EXPECT_EQ(derived_name("conv5", shuffled_suffix(18446744073709551615U)), "conv5~shuffled.18446744073709551615");
  const DerivedName outer = split_derived_name("tokens~grid~random1.3");
  EXPECT_EQ(outer.layer, "tokens~grid");
  EXPECT_EQ(outer.suffix, random_basis_suffix(1, 3));
  EXPECT_EQ(split_derived_name("conv5").layer, "conv5");
  EXPECT_EQ(split_derived_name("conv5").suffix, "");
}

}  // namespace
}  // namespace microtome

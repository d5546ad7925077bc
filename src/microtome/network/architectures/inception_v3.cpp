// SPDX-License-Identifier: Apache-2.0
// Szegedy et al., "Rethinking the Inception Architecture" (2015), as torchvision has it.
#include <initializer_list>

#include "microtome/network/architectures/architecture.h"
#include "microtome/network/architectures/blocks.h"

namespace microtome::architectures {
namespace {

constexpr ConvOptions kReducing{.stride = 2};

// Convolutions one behind the other: NAME_1, NAME_2 ...; the last one may reduce the map.
ValueIndex inception_chain(Modules& m, const std::string& name, ValueIndex x, int length, bool reduces = false) {
  for (int i = 1; i <= length; ++i) {
    const ConvOptions options = reduces && i == length ? kReducing : ConvOptions{.half = true};
    x = basic_conv(m, name + "_" + std::to_string(i), x, options);
  }
  return x;
}

ValueIndex inception_pool(Modules& m, const std::string& name, ValueIndex x) {
  const PoolOptions options{.kernel = 3, .stride = 1, .pad = 1, .count_padding = true};
  return basic_conv(m, name + ".branch_pool", m.average_pool(name + ".avg_pool", x, options));
}

ValueIndex inception_reduced(Modules& m, const std::string& name, ValueIndex x) {
  return m.max_pool(name + ".max_pool", x, {.kernel = 3, .stride = 2});
}

// Branches of 1x1, of two chains, and of a pooling: Mixed_5 and Mixed_6.
ValueIndex inception_mixed(Modules& m, const std::string& name, ValueIndex x, const std::string& second, int length,
                           const std::string& third, int third_length) {
  return m.concat(name + ".cat",
                  {basic_conv(m, name + ".branch1x1", x), inception_chain(m, name + "." + second, x, length),
                   inception_chain(m, name + "." + third, x, third_length), inception_pool(m, name, x)});
}

ValueIndex inception_fork(Modules& m, const std::string& name, ValueIndex x) {
  return m.concat(name + ".cat", {basic_conv(m, name + "a", x), basic_conv(m, name + "b", x)});
}

ValueIndex inception_wide(Modules& m, const std::string& name, ValueIndex x) {
  const ValueIndex three = basic_conv(m, name + ".branch3x3_1", x);
  const ValueIndex twice = inception_chain(m, name + ".branch3x3dbl", x, 2);
  return m.concat(name + ".cat",
                  {basic_conv(m, name + ".branch1x1", x), inception_fork(m, name + ".branch3x3_2", three),
                   inception_fork(m, name + ".branch3x3dbl_3", twice), inception_pool(m, name, x)});
}

StoredNetwork build_inception_v3(Modules& m, int side) {
  if (side == 0) side = 299;
  m.leave_out("AuxLogits.");
  ValueIndex x = m.picture(m.size("Conv2d_1a_3x3.conv.weight", 1), side);
  x = basic_conv(m, "Conv2d_1a_3x3", x, kReducing);
  x = basic_conv(m, "Conv2d_2b_3x3", basic_conv(m, "Conv2d_2a_3x3", x, {}));
  x = m.max_pool("maxpool1", x, {.kernel = 3, .stride = 2});
  x = basic_conv(m, "Conv2d_4a_3x3", basic_conv(m, "Conv2d_3b_1x1", x), {});
  x = m.max_pool("maxpool2", x, {.kernel = 3, .stride = 2});
  for (const char* name : {"Mixed_5b", "Mixed_5c", "Mixed_5d"}) {
    x = inception_mixed(m, name, x, "branch5x5", 2, "branch3x3dbl", 3);
  }
  x = m.concat("Mixed_6a.cat",
               {basic_conv(m, "Mixed_6a.branch3x3", x, kReducing),
                inception_chain(m, "Mixed_6a.branch3x3dbl", x, 3, true), inception_reduced(m, "Mixed_6a", x)});
  for (const char* name : {"Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"}) {
    x = inception_mixed(m, name, x, "branch7x7", 3, "branch7x7dbl", 5);
  }
  x = m.concat("Mixed_7a.cat",
               {inception_chain(m, "Mixed_7a.branch3x3", x, 2, true),
                inception_chain(m, "Mixed_7a.branch7x7x3", x, 4, true), inception_reduced(m, "Mixed_7a", x)});
  for (const char* name : {"Mixed_7b", "Mixed_7c"}) x = inception_wide(m, name, x);
  return m.finish(m.head("fc", m.pooled("", x)), symmetric_input(side, 342));
}

}  // namespace

extern const Architecture inception_v3;
const Architecture inception_v3 = {"inception_v3", "Inception v3 (torchvision)", build_inception_v3};

}  // namespace microtome::architectures

// SPDX-License-Identifier: Apache-2.0
// Convolutions and poolings against loops written from ONNX's definitions.
#include <cmath>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/network/network_testing.h"

namespace microtome::testing {
namespace {

struct Shape2 {
  int64_t y, x;
};

struct ConvCase {
  int64_t channels, filters, groups;
  Shape2 kernel, stride, dilation, before, after;
};

at::Tensor conv_by_loops(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const ConvCase& c) {
  auto length = [](int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride) {
    return (in + before + after - (kernel - 1) * dilation - 1) / stride + 1;
  };
  const int64_t h = length(x.size(2), c.before.y, c.after.y, c.kernel.y, c.dilation.y, c.stride.y);
  const int64_t v = length(x.size(3), c.before.x, c.after.x, c.kernel.x, c.dilation.x, c.stride.x);
  at::Tensor y = at::zeros({x.size(0), c.filters, h, v}, at::kDouble);
  const int64_t per_group = c.channels / c.groups;
  double* out = y.data_ptr<double>();
  each_index(y.sizes().vec(), [&](const std::vector<int64_t>& o) {
    double sum = b.defined() ? at_or(b, {o[1]}, 0) : 0;
    each_index({per_group, c.kernel.y, c.kernel.x}, [&](const std::vector<int64_t>& k) {
      const int64_t channel = o[1] / (c.filters / c.groups) * per_group + k[0];
      const int64_t row = o[2] * c.stride.y - c.before.y + k[1] * c.dilation.y;
      const int64_t column = o[3] * c.stride.x - c.before.x + k[2] * c.dilation.x;
      sum += at_or(x, {o[0], channel, row, column}, 0) * at_or(w, {o[1], k[0], k[1], k[2]}, 0);
    });
    *out++ = sum;
  });
  return y;
}

std::map<std::string, Attribute> conv_attributes(const ConvCase& c) {
  return {{"strides", ints({c.stride.y, c.stride.x})},
          {"dilations", ints({c.dilation.y, c.dilation.x})},
          {"pads", ints({c.before.y, c.before.x, c.after.y, c.after.x})},
          {"group", c.groups}};
}

TEST(Conv, EqualsLoopsForOddPadsGroupsAndDilations) {
  const ConvCase cases[] = {
      {3, 4, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      {4, 6, 2, {3, 2}, {2, 1}, {1, 2}, {0, 2}, {3, 1}},
      {4, 4, 4, {3, 3}, {2, 2}, {1, 1}, {0, 0}, {1, 1}},
      {2, 3, 1, {1, 5}, {3, 2}, {1, 1}, {2, 0}, {0, 4}},
  };
  for (const ConvCase& c : cases) {
    const at::Tensor x = random({2, c.channels, 9, 8}, "x");
    const at::Tensor w = random({c.filters, c.channels / c.groups, c.kernel.y, c.kernel.x}, "w");
    const at::Tensor b = random({c.filters}, "b");
    expect_close(OneNode("Conv", {x, w, b}, conv_attributes(c)).run(), conv_by_loops(x, w, b, c));
    expect_close(OneNode("Conv", {x, w}, conv_attributes(c)).run(), conv_by_loops(x, w, {}, c));
  }
}

TEST(Conv, PadsToSameSizeOnTheSideThatIsNamed) {
  const at::Tensor x = random({1, 2, 7, 6}, "x");
  const at::Tensor w = random({2, 2, 4, 3}, "w");
  // y: ceil(7/2) = 4 rows need (4-1)*2+4-7 = 3 cells; x: ceil(6/2) = 3 columns need (3-1)*2+3-6 = 1 cell.
  const ConvCase upper{2, 2, 1, {4, 3}, {2, 2}, {1, 1}, {1, 0}, {2, 1}};
  const ConvCase lower{2, 2, 1, {4, 3}, {2, 2}, {1, 1}, {2, 1}, {1, 0}};
  auto attributes = [](const char* pad) {
    return std::map<std::string, Attribute>{{"strides", ints({2, 2})}, {"auto_pad", std::string(pad)}};
  };
  expect_close(OneNode("Conv", {x, w}, attributes("SAME_UPPER")).run(), conv_by_loops(x, w, {}, upper));
  expect_close(OneNode("Conv", {x, w}, attributes("SAME_LOWER")).run(), conv_by_loops(x, w, {}, lower));
}

TEST(Conv, TakesOneSpatialAxis) {
  const at::Tensor x = random({2, 3, 10}, "x");
  const at::Tensor w = random({4, 3, 3}, "w");
  const ConvCase c{3, 4, 1, {1, 3}, {1, 2}, {1, 1}, {0, 2}, {0, 1}};
  const at::Tensor want = conv_by_loops(x.unsqueeze(2).contiguous(), w.unsqueeze(2).contiguous(), {}, c).squeeze(2);
  expect_close(OneNode("Conv", {x, w}, {{"strides", ints({2})}, {"pads", ints({2, 1})}}).run(), want);
}

TEST(ConvTranspose, ScattersEachInputCell) {
  const at::Tensor x = random({1, 2, 4, 5}, "x");
  const at::Tensor w = random({2, 3, 3, 2}, "w");
  const OneNode node("ConvTranspose", {x, w},
                     {{"strides", ints({2, 3})}, {"pads", ints({1, 0, 0, 1})}, {"output_padding", ints({0, 1})}});
  const at::Tensor y = node.run();
  // length = (in - 1) * stride + kernel + output_padding - pads
  ASSERT_EQ(y.sizes().vec(), ints({1, 3, 3 * 2 + 3 - 1, 4 * 3 + 2 + 1 - 1}));
  at::Tensor want = at::zeros_like(y);
  auto view = want.accessor<double, 4>();
  each_index({2, 4, 5, 3, 3, 2}, [&](const std::vector<int64_t>& i) {
    const int64_t row = i[1] * 2 + i[4] - 1;
    const int64_t column = i[2] * 3 + i[5];
    if (row < 0 || row >= y.size(2) || column >= y.size(3)) return;
    view[0][i[3]][row][column] += at_or(x, {0, i[0], i[1], i[2]}, 0) * at_or(w, {i[0], i[3], i[4], i[5]}, 0);
  });
  expect_close(y, want);
}

struct PoolCase {
  Shape2 kernel, stride, before, after;
  bool ceil;
  bool count_padding = false;
};

// Cells beyond the declared padding, which only ceil_mode reaches, count for nothing.
at::Tensor pool_by_loops(const at::Tensor& x, const PoolCase& c, bool average) {
  auto length = [&](int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t stride) {
    const double room = static_cast<double>(in + before + after - kernel) / static_cast<double>(stride);
    int64_t out = static_cast<int64_t>(c.ceil ? std::ceil(room) : std::floor(room)) + 1;
    if (c.ceil && (out - 1) * stride >= in + before) --out;
    return out;
  };
  const int64_t h = length(x.size(2), c.before.y, c.after.y, c.kernel.y, c.stride.y);
  const int64_t w = length(x.size(3), c.before.x, c.after.x, c.kernel.x, c.stride.x);
  at::Tensor y = at::zeros({x.size(0), x.size(1), h, w}, at::kDouble);
  double* out = y.data_ptr<double>();
  each_index(y.sizes().vec(), [&](const std::vector<int64_t>& o) {
    double sum = 0, highest = -std::numeric_limits<double>::infinity(), count = 0;
    each_index({c.kernel.y, c.kernel.x}, [&](const std::vector<int64_t>& k) {
      const int64_t row = o[2] * c.stride.y - c.before.y + k[0];
      const int64_t column = o[3] * c.stride.x - c.before.x + k[1];
      const bool inside = row >= 0 && row < x.size(2) && column >= 0 && column < x.size(3);
      const bool padded = row < x.size(2) + c.after.y && column < x.size(3) + c.after.x;
      if (inside) highest = std::max(highest, at_or(x, {o[0], o[1], row, column}, 0));
      if (inside) sum += at_or(x, {o[0], o[1], row, column}, 0);
      if (inside || (c.count_padding && padded)) ++count;
    });
    *out++ = average ? sum / count : highest;
  });
  return y;
}

std::map<std::string, Attribute> pool_attributes(const PoolCase& c) {
  return {{"kernel_shape", ints({c.kernel.y, c.kernel.x})},
          {"strides", ints({c.stride.y, c.stride.x})},
          {"pads", ints({c.before.y, c.before.x, c.after.y, c.after.x})},
          {"ceil_mode", int64_t{c.ceil}}};
}

const PoolCase kPoolCases[] = {
    {{3, 3}, {2, 2}, {0, 0}, {0, 0}, false}, {{3, 3}, {2, 2}, {0, 0}, {0, 0}, true},
    {{3, 3}, {2, 2}, {1, 1}, {1, 1}, true},  {{3, 2}, {2, 3}, {0, 1}, {2, 0}, false},
    {{2, 2}, {2, 2}, {0, 0}, {1, 1}, true},  {{3, 3}, {3, 3}, {1, 0}, {2, 1}, true},
    {{2, 4}, {1, 2}, {1, 2}, {0, 3}, true},
};

TEST(MaxPool, EqualsLoopsForCeilAndUnequalPads) {
  const at::Tensor x = random({2, 3, 8, 9}, "x") - 5;  // all negative: a padding of zeros would show
  for (const PoolCase& c : kPoolCases)
    expect_close(OneNode("MaxPool", {x}, pool_attributes(c)).run(), pool_by_loops(x, c, false));
}

TEST(AveragePool, EqualsLoopsForCeilUnequalPadsAndBothCounts) {
  const at::Tensor x = random({2, 3, 8, 9}, "x");
  for (PoolCase c : kPoolCases) {
    for (const bool count_padding : {false, true}) {
      c.count_padding = count_padding;
      auto attributes = pool_attributes(c);
      attributes["count_include_pad"] = int64_t{count_padding};
      expect_close(OneNode("AveragePool", {x}, attributes).run(), pool_by_loops(x, c, true));
    }
  }
}

TEST(Pools, TakeOneSpatialAxisAndGlobalOnes) {
  const at::Tensor x = random({2, 3, 8}, "x");
  const PoolCase c{{1, 3}, {1, 2}, {0, 1}, {0, 0}, false};
  const at::Tensor flat = x.unsqueeze(2).contiguous();
  const std::map<std::string, Attribute> attributes = {
      {"kernel_shape", ints({3})}, {"strides", ints({2})}, {"pads", ints({1, 0})}};
  expect_close(OneNode("MaxPool", {x}, attributes).run(), pool_by_loops(flat, c, false).squeeze(2));
  expect_close(OneNode("AveragePool", {x}, attributes).run(), pool_by_loops(flat, c, true).squeeze(2));
  const at::Tensor picture = random({2, 3, 4, 5}, "picture");
  expect_close(OneNode("GlobalAveragePool", {picture}).run(), picture.sum({2, 3}, true) / 20);
  expect_close(OneNode("GlobalMaxPool", {picture}).run(),
               std::get<0>(picture.reshape({2, 3, 20}).max(2)).reshape({2, 3, 1, 1}));
}

TEST(Pools, SayWhatTheyCannotDo) {
  const at::Tensor x = random({1, 1, 2, 2}, "x");
  try {
    OneNode("MaxPool", {x}, {{"kernel_shape", ints({3, 3})}, {"pads", ints({0, 0, 0, 0})}}).run();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("MaxPool node \"y\""));
  }
  EXPECT_THROW(OneNode("MaxPool", {x}, {{"kernel_shape", ints({3})}}).run(), Error);
  EXPECT_THROW(OneNode("MaxPool", {x}, {{"kernel_shape", int64_t{3}}}).run(), Error);
}

}  // namespace
}  // namespace microtome::testing

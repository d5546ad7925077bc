// SPDX-License-Identifier: Apache-2.0
// What programs compute with numbers, and calls that make no sense.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

#include "microtome/base/error.h"
#include "microtome/network/aten/aten.h"

namespace microtome {
namespace {

using Arguments = std::vector<TorchValue>;

TorchValue an_integer(int64_t value) { return TorchValue::of(value); }
TorchValue a_number(double value) { return TorchValue::of(value); }
TorchValue a_list(const std::vector<int64_t>& values) { return TorchValue::integers(values); }
TorchValue a_tensor(const at::Tensor& values) { return TorchValue::of(TorchGraph::known(values)); }

TorchValue on_numbers_alone(const std::string& name, Arguments given) {
  TorchGraph graph({1, 2});
  return call_aten(graph, name, std::move(given), {});
}

TEST(Aten, NumbersAreThoseOfPython) {
  const std::vector<std::array<int64_t, 4>> divisions = {{7, 2, 3, 1}, {-7, 2, -4, 1}, {7, -2, -4, -1}, {-6, 3, -2, 0}};
  for (const auto& [a, b, quotient, rest] : divisions) {
    EXPECT_EQ(on_numbers_alone("floordiv", {an_integer(a), an_integer(b)}).integer, quotient);
    EXPECT_EQ(on_numbers_alone("remainder", {an_integer(a), an_integer(b)}).integer, rest);
  }
  EXPECT_EQ(on_numbers_alone("div", {an_integer(7), an_integer(2)}).number, 3.5);
  EXPECT_EQ(on_numbers_alone("mul", {a_list({1, 2}), an_integer(2)}).items->size(), 4u);
  EXPECT_EQ(on_numbers_alone("slice", {a_list({1, 2, 3}), an_integer(-2)}).items->at(0).integer, 2);
  EXPECT_EQ(on_numbers_alone("__getitem__", {a_list({1, 2, 3}), an_integer(-1)}).integer, 3);
  EXPECT_EQ(on_numbers_alone("floor_divide", {an_integer(9), a_tensor(at::scalar_tensor(2, at::kLong))}).integer, 4);
  EXPECT_TRUE(on_numbers_alone("eq", {a_list({1, 2}), a_list({1, 2})}).integer);
  EXPECT_THROW(on_numbers_alone("mul", {an_integer(INT64_MAX), an_integer(2)}), Error);
}

TEST(Aten, NamesAreInOneFamily) {
  std::set<std::string_view> names;
  for (const AtenFamily* family : aten_families::kinds()) {
    for (const AtenOperator& known : family->operators) EXPECT_TRUE(names.insert(known.name).second) << known.name;
  }
}

// Arguments that make no sense end in an error, whatever the operator.
TEST(Aten, BearsArgumentsWithoutSense) {
  const std::vector<TorchValue> senseless = {TorchValue(),
                                             an_integer(INT64_MIN),
                                             an_integer(0),
                                             an_integer(-1),
                                             an_integer(INT64_MAX),
                                             a_number(NAN),
                                             a_list({}),
                                             a_list({INT64_MIN, INT64_MAX, 0, -5}),
                                             a_tensor(at::ones({0})),
                                             a_tensor(at::ones({1, 1, 1, 1, 1, 1, 1})),
                                             TorchValue::of(std::string("odd")),
                                             TorchValue::several(TorchKind::kList, {TorchValue(), a_number(1)})};
  for (const AtenFamily* family : aten_families::kinds()) {
    for (const AtenOperator& known : family->operators) {
      for (size_t i = 0; i < senseless.size(); ++i) {
        TorchGraph graph({1, 3, 8, 8});
        Arguments given = {TorchValue::of(graph.input())};
        for (size_t k = 0; k < 9; ++k) given.push_back(senseless[(i + k * k) % senseless.size()]);
        if (i % 3 == 0) given[0] = senseless[i];
        try {
          call_aten(graph, std::string(known.name), given, {});
        } catch (const Error& failure) {
          EXPECT_TRUE(failure.kind() == ErrorKind::kUnsupported || failure.kind() == ErrorKind::kCorrupt) << known.name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/matlab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "microtome/base/error.h"
#include "microtome/concepts/testing/matlab_writing.h"

namespace microtome::concept_formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Matlab, ReadsNumbersTextsCellsAndStructsPackedOrNot) {
  const std::string cell = mat::array(1, "names", {2, 1}, mat::words("one") + mat::nothing());
  const std::string wide = mat::array(11, "wide", {2, 2}, mat::element(4, bytes_of<uint16_t>({1, 2, 300, 65535})));
  const std::string small = mat::array(6, "small", {1, 3}, mat::element(1, bytes_of<int8_t>({-1, 0, 7})));
  const std::string record =
      mat::structs({"a", "long_name"}, {mat::number(1.5), cell, mat::number(2.5), mat::words("")}, "rec");
  for (const bool pack : {false, true}) {
    std::string variables;
    for (const std::string& variable : {cell, wide, small, record})
      variables += pack ? mat::packed(variable) : variable;
    const auto found = parse_matlab(mat::file(variables), "x.mat");
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found[0].name, "names");
    EXPECT_EQ(found[0].items.at(0).text, "one");
    EXPECT_EQ(found[0].items.at(1).count, 0);
    EXPECT_THAT(found[1].dims, ElementsAre(2, 2));
    EXPECT_EQ(found[1].number(2), 300);
    EXPECT_EQ(found[1].number(3), 65535);
    EXPECT_EQ(found[2].number(0), -1);
    const MatlabArray& rec = matlab_variable(found, "rec", "x.mat");
    EXPECT_EQ(rec.count, 2);
    EXPECT_EQ(rec.field(1, "a")->number(0), 2.5);
    EXPECT_EQ(rec.field(0, "long_name")->items.at(0).text, "one");
    EXPECT_EQ(rec.field(1, "long_name")->text, "");
    EXPECT_EQ(rec.field(0, "b"), nullptr);
    EXPECT_EQ(rec.field(2, "a"), nullptr);
  }
}

TEST(Matlab, ReadsEveryTypeOfNumber) {
  const std::vector<std::pair<uint32_t, std::string>> types = {
      {1, bytes_of<int8_t>({-3, 100})},         {2, bytes_of<uint8_t>({3, 200})},
      {3, bytes_of<int16_t>({-3, 30000})},      {4, bytes_of<uint16_t>({3, 60000})},
      {5, bytes_of<int32_t>({-3, 2000000000})}, {6, bytes_of<uint32_t>({3, 4000000000u})},
      {7, bytes_of<float>({-3, 0.5f})},         {9, bytes_of<double>({-3, 1e100})},
      {12, bytes_of<int64_t>({-3, 1LL << 40})}, {13, bytes_of<uint64_t>({3, 1ULL << 50})}};
  const std::vector<double> last = {100, 200, 30000, 60000, 2e9, 4e9, 0.5, 1e100, std::ldexp(1, 40), std::ldexp(1, 50)};
  for (size_t i = 0; i < types.size(); ++i) {
    const auto found =
        parse_matlab(mat::file(mat::array(6, "x", {1, 2}, mat::element(types[i].first, types[i].second))), "x");
    EXPECT_EQ(std::abs(found.at(0).number(0)), 3) << types[i].first;
    EXPECT_EQ(found.at(0).number(1), last[i]) << types[i].first;
  }
}

std::string matlab_error(const std::string& bytes, size_t most = size_t{1} << 20) {
  try {
    parse_matlab(bytes, "x.mat", most);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Matlab, TrustsNoSize) {
  const std::string mask = mat::array(9, "m", {2, 3}, mat::element(2, std::string(6, '\1')));
  const auto with_dims = [](int32_t rows, int32_t columns) {
    return mat::file(mat::array(9, "m", {rows, columns}, mat::element(2, std::string(6, '\1'))));
  };
  std::set<std::string> messages;
  const std::vector<std::pair<std::string, const char*>> broken = {
      {"", "ends inside its header"},
      {std::string(128, 'x'), "no MATLAB file of level 5"},
      {"MATLAB 7.3 MAT-file", "HDF5"},
      {mat::file("abc"), "a tag is cut off"},
      {mat::file(mask).substr(0, 150), "where 14 are left"},
      {with_dims(2, 4), "6 bytes of numbers for 8 elements"},
      {with_dims(-2, 3), "a dimension is negative"},
      {with_dims(2147483647, 2147483647), "dimensions are too large"},
      {mat::file(mat::array(1, "c", {1 << 20, 1 << 10}, "")), "cannot be in 0 bytes"},
      {mat::file(mat::array(5, "s", {1, 1}, "")), "sparse"},
      {mat::file(mat::element(9, "12345678")), "where a variable was expected"},
      {mat::file(bytes_of<uint32_t>({5u << 16 | 14, 0})), "more than four bytes"},
      {mat::file(mat::packed(mask).substr(0, 20)), "are left"},
      {mat::file(bytes_of<uint32_t>({15, 8}) + "12345678"), "compressed data are damaged"},
      {mat::file(mat::packed(mat::element(9, "12345678"))), "what is compressed is no array"},
      {mat::file(mat::packed(mat::array(9, "m", {1000, 2000}, mat::element(2, std::string(2000000, '\0'))))),
       "unpacks to more"},
      {mat::file(mat::array(9 | 0x800, "m", {1, 1}, mat::element(2, "1"))), "complex"},
      {mat::file(mat::array(2, "s", {1, 1}, mat::element(9, "12345678"))), "in place of"},
  };
  for (const auto& [bytes, words] : broken) {
    const std::string message = matlab_error(bytes);
    EXPECT_THAT(message, HasSubstr(words));
    EXPECT_TRUE(messages.insert(message).second) << message;
  }
  std::string nested = mat::nothing();
  for (int depth = 0; depth < 40; ++depth) nested = mat::array(1, "c", {1, 1}, nested);
  EXPECT_THAT(matlab_error(mat::file(nested)), HasSubstr("nested too deep"));
}

}  // namespace
}  // namespace microtome::concept_formats

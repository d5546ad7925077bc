// SPDX-License-Identifier: Apache-2.0
// What a network file may ask for: bounds that are checked before the work is done, so that a damaged or hostile file
// ends in an Error and not in a full memory or an endless run.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <string>

#include "microtome/base/error.h"
#include "microtome/network/graph.h"

namespace microtome {

constexpr int64_t kMostAxes = 16;                      // of any value
constexpr int64_t kMostListed = 1 << 16;               // integers in a shape, a list of axes, pads, lengths
constexpr int64_t kLargestInteger = int64_t{1} << 31;  // of what such lists and attributes hold, unless said otherwise
constexpr int64_t kLargestWindow = 1 << 24;            // kernels, strides, dilations, paddings

// Error(kUnsupported) with an empty `where`: a bound is passed.
class LimitError : public Error {
 public:
  LimitError(const std::string& what, const std::string& remedy) : Error(ErrorKind::kUnsupported, "", what, remedy) {}
};

// Of one run of a graph.
struct RunLimits {
  // One value; also one allocation of main memory by the thread that runs.
  int64_t bytes = std::numeric_limits<int64_t>::max();
  // All values that the nodes make, together.
  int64_t total = std::numeric_limits<int64_t>::max();
  // Multiply-adds, or comparisons, of one node.
  double work = std::numeric_limits<double>::infinity();

  // On an input: 1024 times its elements as float32, but at least 256 MB and at most 8 GB; 2^40 multiply-adds for each
  // item of the batch (VGG-16 makes 2^34 at side 224).
  static RunLimits for_input(const at::Tensor& input);
  // For what a file computes from its constants: 16 times what these take, at least 64 MB; 2^36 multiply-adds. Inputs
  // that are held have branches of a network behind them: what for_input() says of one value, 2 GB together.
  static RunLimits for_constants(const Graph& graph);

  // These throw LimitError.
  void check_elements(double elements, size_t element_size = sizeof(float)) const;
  void check_work(double operations) const;
  // A value that is made: axes and size, axes without elements counted as one.
  void check_value(const at::Tensor& value) const;
};

// The number of elements that a shape names, as a float64 (which cannot overflow); negative and zero lengths count
// as 1.
double count_elements(at::IntArrayRef shape);

// While one lives, allocations above the bound in this thread throw LimitError. Where
// the system has no memory left, ATen's allocations throw std::bad_alloc, with or without a bound.
class AllocationBound {
 public:
  explicit AllocationBound(int64_t bytes);
  ~AllocationBound();
  AllocationBound(const AllocationBound&) = delete;
  AllocationBound& operator=(const AllocationBound&) = delete;

 private:
  int64_t outer_;
};

}  // namespace microtome

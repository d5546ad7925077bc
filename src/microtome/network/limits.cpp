// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/limits.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Logging.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <string>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr double kMega = 1 << 20;

thread_local int64_t allowed_bytes = std::numeric_limits<int64_t>::max();

[[noreturn]] void refuse_bytes(double bytes, int64_t allowed) {
  throw LimitError(fmt::format("asks for {:.0f} MB for one value, where at most {:.0f} MB are allowed", bytes / kMega,
                               static_cast<double>(allowed) / kMega),
                   "export the network again, or take smaller pictures");
}

// In front of ATen's own allocator.
class BoundedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const override {
    if (bytes > static_cast<uint64_t>(allowed_bytes)) refuse_bytes(static_cast<double>(bytes), allowed_bytes);
    try {
      return c10::GetDefaultCPUAllocator()->allocate(bytes);
    } catch (const c10::Error&) {
      throw std::bad_alloc();
    }
  }
  c10::DeleterFnPtr raw_deleter() const override { return c10::GetDefaultCPUAllocator()->raw_deleter(); }
};

const bool installed = [] {
  static BoundedAllocator allocator;
  c10::SetCPUAllocator(&allocator, /*priority=*/1);
  // ATen's errors are told in other words here; looking up the names of their stack takes longer than small networks.
  c10::SetStackTraceFetcher([] { return std::string(); });
  return true;
}();

int64_t bytes_of_constants(const Graph& graph) {
  int64_t bytes = 0;
  for (const Value& value : graph.values) {
    if (value.constant.defined()) bytes += static_cast<int64_t>(value.constant.nbytes());
  }
  return bytes;
}

}  // namespace

RunLimits RunLimits::for_input(const at::Tensor& input) {
  constexpr int64_t kLeast = int64_t{1} << 28, kMost = int64_t{1} << 33, kEach = 1024 * sizeof(float);
  constexpr double kWork = static_cast<double>(int64_t{1} << 40);
  const int64_t elements = std::min(input.numel(), kMost / kEach);
  const double items = input.dim() > 0 ? static_cast<double>(std::max<int64_t>(input.size(0), 1)) : 1.0;
  RunLimits limits;
  limits.bytes = std::max(elements * kEach, kLeast);
  limits.work = kWork * items;
  return limits;
}

RunLimits RunLimits::for_constants(const Graph& graph) {
  constexpr int64_t kLeast = int64_t{1} << 26, kTimes = 16;
  RunLimits limits;
  limits.bytes = limits.total = std::max(kTimes * bytes_of_constants(graph), kLeast);
  limits.work = static_cast<double>(int64_t{1} << 36);
  for (const ValueIndex held : graph.held) {
    constexpr int64_t kBranches = int64_t{1} << 31;
    const at::Tensor& input = graph.values[at_index(held)].constant;
    if (!input.defined()) continue;
    limits.bytes = std::max(limits.bytes, for_input(input).bytes);
    limits.total = std::max(limits.total, kBranches);
  }
  return limits;
}

void RunLimits::check_elements(double elements, size_t element_size) const {
  const double needed = elements * static_cast<double>(element_size);
  if (!(needed <= static_cast<double>(bytes))) refuse_bytes(needed, bytes);
}

void RunLimits::check_work(double operations) const {
  if (operations <= work) return;
  throw LimitError(fmt::format("asks for {:.2g} multiply-adds, where at most {:.2g} are allowed", operations, work),
                   "export the network again, or take smaller pictures");
}

void RunLimits::check_value(const at::Tensor& value) const {
  if (value.dim() > kMostAxes) {
    throw LimitError(fmt::format("makes a value of {} axes, where at most {} are allowed", value.dim(), kMostAxes),
                     "export the network again");
  }
  check_elements(count_elements(value.sizes()), value.element_size());
}

double count_elements(at::IntArrayRef shape) {
  double all = 1;
  for (const int64_t length : shape) all *= static_cast<double>(std::max<int64_t>(length, 1));
  return all;
}

AllocationBound::AllocationBound(int64_t bytes) : outer_(allowed_bytes) { allowed_bytes = bytes; }
AllocationBound::~AllocationBound() { allowed_bytes = outer_; }

}  // namespace microtome

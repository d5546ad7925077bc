// SPDX-License-Identifier: Apache-2.0
// Random numbers that are a pure function of (seed, purpose, unit, step): no hidden state, no order of calls.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace microtome {

// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The seed and the purpose make
// the key, unit and step the upper half of the counter; the stream then counts the lower half. Two streams that differ
// in any of the four are independent. Cheap to construct; copy to fork. The same on every machine, but for normal(),
// which uses libm.
class Rng {
 public:
  explicit Rng(uint64_t seed, std::string_view purpose = {}, uint64_t unit = 0, uint64_t step = 0);

  uint32_t next();                             // Uniform over all 32-bit values.
  int64_t below(int64_t n);                    // Uniform integer in [0, n), unbiased; n >= 1.
  int64_t between(int64_t low, int64_t high);  // Uniform integer in [low, high].
  double uniform();                            // Uniform in [0, 1), a multiple of 2^-32.
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal();  // Standard normal, Box-Muller.
  bool chance(double probability) { return uniform() < probability; }

 private:
  void refill();

  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace microtome

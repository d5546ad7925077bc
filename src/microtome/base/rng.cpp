// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/rng.h"

#include <cmath>
#include <numbers>

namespace microtome {
namespace {

// SplitMix64's finalizer: spreads every input bit over the word.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

uint64_t hash_purpose(std::string_view purpose) {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

uint32_t low(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t high(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

}  // namespace

Rng::Rng(uint64_t seed, std::string_view purpose, uint64_t unit, uint64_t step) {
  const uint64_t key = mix(mix(seed) ^ hash_purpose(purpose));
  const uint64_t stream = mix(mix(unit) + step);
  key_ = {low(key), high(key)};
  counter_ = {0, 0, low(stream), high(stream)};
}

void Rng::refill() {
  std::array<uint32_t, 4> x = counter_;
  std::array<uint32_t, 2> k = key_;
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * x[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * x[2];
    x = {high(b) ^ x[1] ^ k[0], low(b), high(a) ^ x[3] ^ k[1], low(a)};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  block_ = x;
  used_ = 0;
  if (++counter_[0] == 0) ++counter_[1];
}

uint32_t Rng::next() {
  if (used_ == 4) refill();
  return block_[static_cast<size_t>(used_++)];
}

int64_t Rng::below(int64_t n) {
  const uint64_t range = static_cast<uint64_t>(n);
  const uint64_t limit = UINT64_MAX - UINT64_MAX % range;
  for (;;) {
    const uint64_t upper = next();
    const uint64_t value = (upper << 32) | next();
    if (value < limit) return static_cast<int64_t>(value % range);
  }
}

int64_t Rng::between(int64_t low_value, int64_t high_value) { return low_value + below(high_value - low_value + 1); }

double Rng::uniform() { return next() * 0x1p-32; }

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log((next() + 1.0) * 0x1p-32));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace microtome

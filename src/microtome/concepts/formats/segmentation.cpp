// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/segmentation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace microtome::concept_formats {
namespace {

struct Point {
  double x, y;
};

Point corner(std::span<const float> corners, size_t i) { return {corners[2 * i], corners[2 * i + 1]}; }

// Where the line y cuts the polygon, sorted. Each edge holds its upper end and not its lower one.
void find_cuts(std::span<const float> corners, double y, std::vector<double>& cuts) {
  cuts.clear();
  const size_t count = corners.size() / 2;
  for (size_t i = 0; i < count; ++i) {
    const Point a = corner(corners, i), b = corner(corners, (i + 1) % count);
    if ((a.y <= y) == (b.y <= y)) continue;
    cuts.push_back(a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y));
  }
  std::sort(cuts.begin(), cuts.end());
}

// The first pixel whose centre is at or right of x.
int first_pixel(double x, int width) { return static_cast<int>(std::clamp(std::ceil(x - 0.5), 0.0, double(width))); }

}  // namespace

void add_polygon(std::span<const float> corners, RegionMask& mask) {
  if (corners.size() < 6) return;
  float low = corners[1], high = corners[1];
  for (size_t i = 1; i < corners.size(); i += 2) low = std::min(low, corners[i]), high = std::max(high, corners[i]);
  const int top = first_pixel(low, mask.height), bottom = first_pixel(high, mask.height);
  std::vector<double> cuts;
  for (int y = top; y < bottom; ++y) {
    find_cuts(corners, y + 0.5, cuts);
    uint8_t* row = mask.inside.data() + static_cast<size_t>(y) * static_cast<size_t>(mask.width);
    for (size_t i = 0; i + 1 < cuts.size(); i += 2) {
      std::fill(row + first_pixel(cuts[i], mask.width), row + first_pixel(cuts[i + 1], mask.width), uint8_t{1});
    }
  }
}

bool add_runs(std::span<const uint32_t> runs, RegionMask& mask) {
  uint64_t total = 0;
  for (const uint32_t run : runs) total += run;
  if (total != mask.inside.size()) return false;
  const auto width = static_cast<size_t>(mask.width), height = static_cast<size_t>(mask.height);
  size_t at = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    const size_t end = at + runs[i];
    for (; at < end && i % 2 == 1; ++at) mask.inside[at % height * width + at / height] = 1;
    at = end;
  }
  return true;
}

bool decode_runs(std::string_view text, std::vector<uint32_t>& runs) {
  constexpr int kMostDigits = 7;  // 35 bits: any difference of two 32-bit runs.
  runs.clear();
  for (size_t at = 0; at < text.size();) {
    int64_t value = 0;
    for (int digit = 0;; ++digit) {
      if (at == text.size() || digit == kMostDigits) return false;
      const int piece = text[at++] - '0';
      if (piece < 0 || piece > 63) return false;
      value |= int64_t{piece & 31} << (5 * digit);
      if (piece & 32) continue;
      if (piece & 16) value -= int64_t{1} << (5 * (digit + 1));
      break;
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    if (value < 0 || value > std::numeric_limits<uint32_t>::max()) return false;
    runs.push_back(static_cast<uint32_t>(value));
  }
  return true;
}

}  // namespace microtome::concept_formats

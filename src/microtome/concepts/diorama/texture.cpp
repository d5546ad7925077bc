// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/diorama/texture.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace microtome::diorama {
namespace {

double fraction(double x) { return x - std::floor(x); }
// A triangle wave in [0, 1] with period 1, 0 at the integers.
double triangle(double x) { return 1 - std::abs(2 * fraction(x) - 1); }
// The same with rounded crests.
double wave(double x) {
  const double t = triangle(x);
  return t * t * (3 - 2 * t);
}

// A fixed number in [0, 1) for a cell of a pattern.
double noise(int x, int y, uint32_t salt) {
  uint32_t h = static_cast<uint32_t>(x) * 0x9e3779b1U ^ static_cast<uint32_t>(y) * 0x85ebca77U ^ salt * 0xc2b2ae3dU;
  h ^= h >> 15;
  h *= 0x2c1b3c6dU;
  h ^= h >> 12;
  h *= 0x297a2d39U;
  h ^= h >> 15;
  return h * (1.0 / 4294967296.0);
}

// One point in each cell of a grid with `cells` cells a period, and (u, v) as seen from it.
struct Speck {
  double dx, dy;
  int x, y;  // Of the cell, within the period.
};
template <class Visit>
void visit_specks(double u, double v, int cells, double jitter, uint32_t salt, const Visit& visit) {
  const double pitch = static_cast<double>(kTilePeriod) / cells;
  const int cx = static_cast<int>(std::floor(u / pitch)), cy = static_cast<int>(std::floor(v / pitch));
  for (int y = cy - 1; y <= cy + 1; ++y) {
    for (int x = cx - 1; x <= cx + 1; ++x) {
      const int wx = (x + cells) % cells, wy = (y + cells) % cells;
      const double px = (x + 0.5 + jitter * (noise(wx, wy, salt) - 0.5)) * pitch;
      const double py = (y + 0.5 + jitter * (noise(wx, wy, salt + 1) - 0.5)) * pitch;
      visit(Speck{u - px, v - py, wx, wy});
    }
  }
}

// How much farther the second nearest point is than the nearest: small on the borders between cells.
double border(double u, double v, int cells, double jitter, uint32_t salt) {
  double first = 1e9, second = 1e9;
  visit_specks(u, v, cells, jitter, salt, [&](const Speck& s) {
    const double d = s.dx * s.dx + s.dy * s.dy;
    if (d < first)
      second = std::exchange(first, d);
    else
      second = std::min(second, d);
  });
  return std::sqrt(second) - std::sqrt(first);
}

bool striped(double u, double) { return fraction(u / 4) < 0.5; }
bool banded(double, double v) { return fraction(v * 6 / 32) < 0.5; }
bool dotted(double u, double v) {
  const int row = static_cast<int>(std::floor(v / 4));
  const double dx = fraction(u / 4 + 0.5 * (row & 1)) * 4 - 2, dy = fraction(v / 4) * 4 - 2;
  return dx * dx + dy * dy < 1.45;
}
bool chequered(double u, double v) { return (fraction(u / 8) < 0.5) != (fraction(v / 8) < 0.5); }
bool zigzagged(double u, double v) { return fraction((v + 3.4 * triangle(u / 8)) * 6 / 32) < 0.48; }
bool grid(double u, double v) { return fraction(u * 8 / 32) < 0.2 || fraction(v * 8 / 32) < 0.2; }
bool honeycombed(double u, double v) {
  const double w = 32.0 / 6, h = 4;  // Two interleaved rows of six cells.
  double first = 1e9, second = 1e9;
  const int row0 = static_cast<int>(std::floor(v / h));
  for (int row = row0 - 1; row <= row0 + 2; ++row) {
    const double shift = (row & 1) ? 0.5 : 0;
    const double column0 = std::floor(u / w - shift);
    for (double column = column0 - 1; column <= column0 + 2; column += 1) {
      const double dx = u - (column + shift) * w, dy = (v - row * h) * 1.12;
      const double d = std::sqrt(dx * dx + dy * dy);
      if (d < first)
        second = std::exchange(first, d);
      else
        second = std::min(second, d);
    }
  }
  return second - first < 1.0;
}
bool crosshatched(double u, double v) { return fraction((u + v) / 4) < 0.24 || fraction((u - v) / 4) < 0.24; }
bool scaly(double u, double v) {
  const double w = 32.0 / 6, h = 32.0 / 10;
  for (int up = 0; up <= 1; ++up) {  // The scale of this row lies over that of the next.
    const int row = static_cast<int>(std::floor(v / h)) - up;
    const double dx = (fraction(u / w + 0.5 * (row & 1)) - 0.5) * w, dy = v - row * h;
    const double d = (dx * dx) / (0.27 * w * w) + (dy * dy) / (3.6 * h * h);
    if (d < 1) return d > 0.62;
  }
  return true;
}
bool woven(double u, double v) {
  const bool across = (static_cast<int>(std::floor(u / 4)) + static_cast<int>(std::floor(v / 4))) & 1;
  const double along = across ? u : v, side = across ? v : u;
  return fraction(side * 3 / 4) < 0.5 && fraction(along / 4) > 0.08;
}
bool bricked(double u, double v) {
  const int row = static_cast<int>(std::floor(v / 4));
  return fraction(v / 4) < 0.2 || fraction(u / 8 + 0.5 * (row & 1)) < 0.1;
}
bool grained(double u, double v) {
  const double y = v + 0.9 * wave(u / 16) + 0.5 * wave(u * 3 / 32 + 0.3);
  const int line = static_cast<int>(std::floor(fraction(y / 32) * 20));
  const double width = 0.18 + 0.3 * noise(line, 3, 11);
  const double reach = fraction(u / 32 + noise(line, 5, 11));
  return fraction(y * 20 / 32) < width && reach < 0.82;
}
bool furry(double u, double v) {
  bool on = false;
  visit_specks(u, v, 16, 0.8, 21, [&](const Speck& s) {
    const double lean = 0.35 + 0.5 * (noise(s.x, s.y, 23) - 0.5);
    const double across = s.dx - lean * s.dy;
    const double reach = 1.7 - std::abs(s.dy);
    on = on || (reach > 0 && std::abs(across) < 0.12 + 0.12 * reach && noise(s.x, s.y, 24) < 0.8);
  });
  return on;
}
bool rippled(double u, double v) {
  const int line = static_cast<int>(std::floor(fraction(v / 32) * 8));
  const double start = noise(line, 1, 31);
  const double height = 0.9 * wave(u * 4 / 32 + start);
  const double swell = wave(u * 2 / 32 + noise(line, 2, 31));
  const double y = fraction(v / 32) * 32 - line * 4;
  return swell > 0.22 && std::abs(y - 1.2 - height) < 0.55 * swell;
}
bool speckled(double u, double v) {
  bool on = false;
  visit_specks(u, v, 12, 0.9, 41, [&](const Speck& s) {
    const double r = 0.15 + 0.85 * noise(s.x, s.y, 43) * noise(s.x, s.y, 44);
    on = on || s.dx * s.dx + s.dy * s.dy < r * r;
  });
  return on;
}
bool leafy(double u, double v) {
  bool on = false;
  visit_specks(u, v, 8, 0.7, 51, [&](const Speck& s) {
    const bool turn = noise(s.x, s.y, 53) < 0.5;
    const double a = 0.7 * (turn ? s.dx + s.dy : s.dx - s.dy), b = 0.7 * (turn ? s.dx - s.dy : s.dx + s.dy);
    const double width = 0.85 * (1 - (a * a) / 4.6);
    on = on || (width > 0 && std::abs(b) < width && std::abs(b) > 0.1);
  });
  return on;
}
bool cracked(double u, double v) { return border(u, v, 5, 0.95, 61) < 0.55; }
bool cobbled(double u, double v) { return border(u, v, 7, 0.45, 71) > 1.05; }
bool starry(double u, double v) {
  bool on = false;
  visit_specks(u, v, 5, 0.5, 81, [&](const Speck& s) {
    const double size = 1.4 + 1.2 * noise(s.x, s.y, 83);
    const double x = std::sqrt(std::abs(s.dx) / size), y = std::sqrt(std::abs(s.dy) / size);
    on = on || x + y < 1;
  });
  return on;
}
bool diamond(double u, double v) {
  return std::abs(fraction(u / 8) - 0.5) + std::abs(fraction(v * 3 / 32) - 0.5) < 0.36;
}

using Pattern = bool (*)(double u, double v);
constexpr Pattern kPatterns[kTextureCount] = {striped,      banded, dotted,  chequered, zigzagged, grid,   honeycombed,
                                              crosshatched, scaly,  woven,   bricked,   grained,   furry,  rippled,
                                              speckled,     leafy,  cracked, cobbled,   starry,    diamond};

std::vector<uint8_t> make_tile(Pattern pattern, int size) {
  constexpr int kSub = 4;
  std::vector<uint8_t> out(static_cast<size_t>(size) * static_cast<size_t>(size));
  const double step = static_cast<double>(kTilePeriod) / (size * kSub);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      int on = 0;
      for (int k = 0; k < kSub * kSub; ++k) {
        const int column = x * kSub + k % kSub, row = y * kSub + k / kSub;
        on += pattern((column + 0.5) * step, (row + 0.5) * step);
      }
      out[static_cast<size_t>(y) * static_cast<size_t>(size) + static_cast<size_t>(x)] =
          static_cast<uint8_t>(on * 255 / (kSub * kSub));
    }
  }
  return out;
}

}  // namespace

const std::vector<uint8_t>& texture_tile(Texture texture, int size_px) {
  thread_local std::map<std::pair<Texture, int>, std::vector<uint8_t>> tiles;
  auto& tile = tiles[{texture, size_px}];
  if (tile.empty()) tile = make_tile(kPatterns[static_cast<size_t>(texture) - 1], size_px);
  return tile;
}

}  // namespace microtome::diorama

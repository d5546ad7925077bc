// SPDX-License-Identifier: Apache-2.0
// A survey as bytes: a mark, then every member in declaration order, lists with their length in front.
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include "microtome/base/error.h"
#include "microtome/dissect/survey.h"
#include "microtome/dissect/survey_state.h"

namespace microtome {
namespace {

static_assert(std::endian::native == std::endian::little, "saved surveys are little-endian");

constexpr std::string_view kMark = "microtome survey 3\n";

template <class T>
concept Plain = std::is_trivially_copyable_v<T>;

// Calls f with each part of a value, for writing and reading alike.
template <class Self, class F>
void survey_members(Self& s, F&& f) {
  f(s.layer.name), f(s.layer.units), f(s.layer.map_width), f(s.layer.map_height), f(s.layer.images);
  f(s.layer.across), f(s.layer.down);
  SurveySettings::fields(s.settings, [&](const Field&, auto& value) { f(value); });
}

template <class Self, class F>
void exemplar_members(Self& s, F&& f) {
  f(s.image), f(s.activation), f(s.width), f(s.height), f(s.map);
}

class Writer {
 public:
  std::string bytes{kMark};

  template <Plain T>
  void operator()(const T& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void operator()(const std::string& text) { list(text.data(), text.size()); }
  template <Plain T>
  void operator()(const std::vector<T>& values) {
    list(values.data(), values.size());
  }

 private:
  template <class T>
  void list(const T* values, size_t count) {
    (*this)(static_cast<uint64_t>(count));
    bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
  }
};

[[noreturn]] void corrupt(const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "saved survey", what, "start the pass again");
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {
    if (!bytes_.starts_with(kMark)) corrupt("not a survey of this version");
    bytes_.remove_prefix(kMark.size());
  }

  template <Plain T>
  void operator()(T& value) {
    copy(&value, 1);
  }
  void operator()(std::string& text) {
    text.resize(count(1));
    copy(text.data(), text.size());
  }
  template <Plain T>
  void operator()(std::vector<T>& values) {
    values.resize(count(sizeof(T)));
    copy(values.data(), values.size());
  }
  // The length of a list of things that take at least `smallest` bytes each.
  size_t count(size_t smallest) {
    uint64_t length = 0;
    (*this)(length);
    if (length > bytes_.size() / smallest) corrupt("cut short");
    return static_cast<size_t>(length);
  }
  bool at_end() const { return bytes_.empty(); }

 private:
  template <class T>
  void copy(T* out, size_t count) {
    const size_t size = count * sizeof(T);
    if (size > bytes_.size()) corrupt("cut short");
    if (size > 0) std::memcpy(static_cast<void*>(out), bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

  std::string_view bytes_;
};

void read_shelf(Reader& read, const SurveyState& state, ExemplarShelf& shelf) {
  shelf.exemplars.resize(read.count(sizeof(int64_t)));
  if (static_cast<int>(shelf.exemplars.size()) > shelf.capacity) corrupt("too many exemplars");
  for (Exemplar& exemplar : shelf.exemplars) {
    exemplar_members(exemplar, read);
    if (exemplar.width != state.layer.map_width || exemplar.height != state.layer.map_height ||
        static_cast<int64_t>(exemplar.map.size()) != state.map_cells()) {
      corrupt("an exemplar of another size");
    }
  }
}

void write_shelf(Writer& write, const ExemplarShelf& shelf) {
  write(static_cast<uint64_t>(shelf.exemplars.size()));
  for (const Exemplar& exemplar : shelf.exemplars) exemplar_members(exemplar, write);
}

}  // namespace

std::string Survey::save() const {
  const SurveyState& state = *state_;
  Writer write;
  survey_members(state, write);
  write(state.images);
  for (const UnitSurvey& unit : state.units) {
    write(unit.minimum), write(unit.maximum);
    ValueCounts::members(unit.counts, write);
    write_shelf(write, unit.high);
    write_shelf(write, unit.low);
    write(unit.highs), write(unit.lows);
  }
  for (const HotCells& side : state.sides) HotCells::members(side, write);
  return std::move(write.bytes);
}

Survey Survey::load(std::string_view bytes) {
  Reader read(bytes);
  SurveyLayer layer;
  SurveySettings settings;
  struct {
    SurveyLayer& layer;
    SurveySettings& settings;
  } head{layer, settings};
  survey_members(head, read);
  // Each unit has at least its counts in the bytes, so a length that lies cannot exhaust memory.
  if (layer.units < 0 || static_cast<size_t>(layer.units) > bytes.size() / sizeof(ValueCounts)) corrupt("cut short");
  layer.images = std::max<int64_t>(layer.images, 0);
  auto state = std::make_unique<SurveyState>(empty_survey(layer, settings));
  read(state->images);
  if (static_cast<int64_t>(state->images.size()) > layer.images) corrupt("more images than announced");
  for (UnitSurvey& unit : state->units) {
    read(unit.minimum), read(unit.maximum);
    ValueCounts::members(unit.counts, read);
    if (!unit.counts.consistent()) corrupt("counts out of range");
    read_shelf(read, *state, unit.high);
    read_shelf(read, *state, unit.low);
    read(unit.highs), read(unit.lows);
    if (unit.highs.size() != (settings.positive ? state->images.size() : 0) ||
        unit.lows.size() != (settings.negative ? state->images.size() : 0)) {
      corrupt("extremes of another number of images");
    }
  }
  for (HotCells& side : state->sides) {
    HotCells::members(side, read);
    if (!side.consistent()) corrupt("cells outside their map");
  }
  if (!read.at_end()) corrupt("bytes after the end");
  return Survey(std::move(state));
}

}  // namespace microtome

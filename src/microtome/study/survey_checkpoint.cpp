// SPDX-License-Identifier: Apache-2.0
#include "microtome/study/survey_checkpoint.h"

#include <cstring>

#include "microtome/base/error.h"
#include "microtome/base/json.h"

namespace microtome {
namespace {

constexpr size_t kLargest = size_t{1} << 30;

void put(std::string& out, uint64_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

void put(std::string& out, std::string_view text) {
  put(out, text.size());
  out += text;
}

uint64_t take(std::string_view& bytes) {
  uint64_t value = 0;
  if (bytes.size() < sizeof value) throw Error(ErrorKind::kCorrupt, "checkpoint", "ends early");
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::string_view take_text(std::string_view& bytes) {
  const uint64_t size = take(bytes);
  if (size > bytes.size()) throw Error(ErrorKind::kCorrupt, "checkpoint", "ends early");
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

bool same(const Survey& a, const Survey& b) {
  return a.layer().name == b.layer().name && a.layer().units == b.layer().units &&
         a.layer().images == b.layer().images && to_json(a.settings()) == to_json(b.settings());
}

}  // namespace

std::string save_checkpoint(const SurveyCheckpoint& checkpoint) {
  std::string out;
  put(out, std::string_view(checkpoint.units));
  put(out, static_cast<uint64_t>(checkpoint.images_done));
  put(out, checkpoint.surveys.size());
  for (const Survey& survey : checkpoint.surveys) {
    put(out, survey.save());
    if (out.size() > kLargest) return {};
  }
  put(out, checkpoint.skipped.size());
  for (const SkippedImage& image : checkpoint.skipped) put(out, image.file), put(out, image.reason);
  return out;
}

bool load_checkpoint(std::string_view bytes, SurveyCheckpoint& checkpoint) {
  SurveyCheckpoint loaded;
  loaded.units = take_text(bytes);
  if (loaded.units != checkpoint.units) return false;
  loaded.images_done = static_cast<int64_t>(take(bytes));
  const uint64_t count = take(bytes);
  if (count != checkpoint.surveys.size()) return false;
  for (uint64_t i = 0; i < count; ++i) {
    loaded.surveys.push_back(Survey::load(take_text(bytes)));
    if (!same(loaded.surveys.back(), checkpoint.surveys[i])) return false;
  }
  for (uint64_t left = take(bytes); left > 0; --left) {
    const std::string file(take_text(bytes));
    loaded.skipped.push_back({file, std::string(take_text(bytes))});
  }
  checkpoint = std::move(loaded);
  return true;
}

}  // namespace microtome

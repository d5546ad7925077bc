// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/page_context.h"

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/json.h"
#include "microtome/exchange/run_tables.h"

namespace microtome {

const Vocabulary& PageContext::vocabulary() const {
  if (!vocabulary_) vocabulary_.emplace(atlas);
  return *vocabulary_;
}

const AtlasNetwork& PageContext::network() const {
  if (!network_) network_ = atlas.network().value_or(AtlasNetwork{});
  return *network_;
}

const std::vector<AtlasLayer>& PageContext::studied_layers() const {
  if (!layers_) layers_ = atlas.studied_layers();
  return *layers_;
}

const AtlasLayer& PageContext::studied_layer(int64_t id) const {
  const auto found = std::ranges::find(studied_layers(), id, &AtlasLayer::id);
  if (found != studied_layers().end()) return *found;
  throw Error(ErrorKind::kNotFound, "layer " + std::to_string(id), "the explorer has no page of it");
}

std::string PageContext::settings_of(int64_t run) const {
  if (!settings_) settings_ = differing_settings(atlas);
  return shown(settings_->at(run)).get<std::string>();
}

Json PageContext::shown(const Json& value) const {
  if (!names_) {
    names_.emplace();
    for (const AtlasLayer& layer : atlas.layers()) {
      names_->push_back(layer.name);
      names_->insert(names_->end(), layer.aliases.begin(), layer.aliases.end());
    }
  }
  // An escape of JSON holds no slash, and its quotes end a path.
  return Json::parse(without_folders(value.dump(-1, ' ', false, Json::error_handler_t::replace), *names_));
}

std::string without_folders(std::string_view text, const std::vector<std::string>& known) {
  constexpr std::string_view kEnds = " \t\n,:;=()[]\"'|";
  const auto ends = [&](size_t at) { return at >= text.size() || kEnds.find(text[at]) != std::string_view::npos; };
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (!ends(end)) ++end;
    const auto name = std::ranges::find_if(known, [&](const std::string& one) {
      return one.size() >= end - at && text.substr(at).starts_with(one) && ends(at + one.size());
    });
    if (name != known.end() && !name->empty()) end = at + name->size();
    std::string_view word = text.substr(at, end - at);
    at = end;
    if (name == known.end() && word.starts_with('/')) {
      while (word.size() > 1 && word.ends_with('/')) word.remove_suffix(1);
      if (word.size() > 1) word.remove_prefix(word.rfind('/') + 1);
    }
    out += word;
    while (at < text.size() && ends(at)) out += text[at++];
  }
  return out;
}

}  // namespace microtome

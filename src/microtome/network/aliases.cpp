// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/aliases.h"

#include <algorithm>
#include <map>
#include <set>

#include "microtome/network/surgery.h"

namespace microtome {
namespace {

// A name as folders and a last part, separated by strokes or, where there is none, by points. Names of torch's exporter
// ("/a/a.0/conv/Conv_output_0") lose the leading stroke and the output's number, and a folder that only repeats the
// beginning of the next.
struct Path {
  std::vector<std::string> parts;
  bool exported = false;
  bool points = false;

  std::string prefix(size_t count) const {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) text += exported || points ? "." : "/";
      text += parts[i];
    }
    return text;
  }
};

Path parse(std::string name) {
  Path path;
  const size_t suffix = name.rfind("_output_");
  path.exported = name.starts_with('/') && suffix != std::string::npos;
  if (path.exported) name = name.substr(1, suffix - 1);
  path.points = !path.exported && name.find('/') == std::string::npos;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find(path.points ? '.' : '/', begin), name.size());
    std::string part = name.substr(begin, end - begin);
    const bool repeats = path.exported && !path.parts.empty() && part.starts_with(path.parts.back() + ".");
    if (repeats) path.parts.pop_back();
    path.parts.push_back(std::move(part));
    begin = end + 1;
  }
  return path;
}

// Where the file names the module that a value is made in, that counts instead of the value's name.
Path path_of(const Graph& graph, const Node& maker, ValueIndex value) {
  if (maker.scope.empty()) return parse(graph.values[at_index(value)].name);
  Path path{.parts = {}, .exported = true};
  for (size_t begin = 0; begin <= maker.scope.size();) {
    const size_t end = std::min(maker.scope.find('.', begin), maker.scope.size());
    path.parts.push_back(maker.scope.substr(begin, end - begin));
    begin = end + 1;
  }
  path.parts.push_back(maker.op);
  return path;
}

// What leaves a folder: its values that are read by a node whose own values all lie outside, or that are outputs.
struct Folders {
  std::map<std::string, std::set<ValueIndex>> exits;
};

std::set<std::string> folders_of(const Path& path) {
  std::set<std::string> folders;
  for (size_t count = 1; count < path.parts.size(); ++count) folders.insert(path.prefix(count));
  return folders;
}

Folders find_exits(const Graph& graph, const std::map<ValueIndex, Path>& paths) {
  Folders folders;
  auto leaves = [&](ValueIndex value, const std::set<std::string>& towards) {
    const auto path = paths.find(value);
    if (path == paths.end()) return;
    for (const std::string& folder : folders_of(path->second)) {
      if (!towards.count(folder)) folders.exits[folder].insert(value);
    }
  };
  std::vector<char> read(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    std::set<std::string> towards;
    for (const ValueIndex value : node.outputs) {
      if (value >= 0) towards.merge(folders_of(path_of(graph, node, value)));
    }
    for (const ValueIndex value : node.inputs) {
      if (value < 0) continue;
      read[at_index(value)] = 1;
      leaves(value, towards);
    }
  }
  for (const auto& [value, path] : paths) {
    const bool output = std::count(graph.outputs.begin(), graph.outputs.end(), value) > 0;
    if (output || !read[at_index(value)]) leaves(value, {});
  }
  return folders;
}

}  // namespace

std::vector<std::vector<std::string>> find_aliases(const Graph& graph, const std::vector<ValueIndex>& layers) {
  std::map<ValueIndex, Path> paths;
  const std::vector<int> makers = find_makers(graph);
  for (const ValueIndex layer : layers) {
    paths.emplace(layer, path_of(graph, graph.nodes[static_cast<size_t>(makers[at_index(layer)])], layer));
  }
  std::map<std::string, std::set<ValueIndex>> claims;
  for (const auto& [value, path] : paths) claims[path.prefix(path.parts.size())].insert(value);
  // A point alone makes no folder: "input.4" stands for itself.
  std::map<std::string, int> inside;
  for (const auto& [value, path] : paths) {
    for (const std::string& folder : folders_of(path)) inside[folder] += path.points ? 1 : 2;
  }
  for (const auto& [folder, exits] : find_exits(graph, paths).exits) {
    if (inside[folder] >= 2) claims[folder].insert(exits.begin(), exits.end());
  }
  std::set<std::string> names;
  for (const Value& value : graph.values) names.insert(value.name);
  std::map<ValueIndex, std::vector<std::string>> aliases;
  for (const auto& [alias, values] : claims) {
    if (values.size() == 1 && !alias.empty() && !names.count(alias)) aliases[*values.begin()].push_back(alias);
  }
  std::vector<std::vector<std::string>> result;
  for (const ValueIndex layer : layers) {
    auto& own = aliases[layer];
    std::sort(own.begin(), own.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    result.push_back(std::move(own));
  }
  return result;
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/basis.h"

#include <fmt/format.h>

#include <algorithm>

#include "microtome/base/error.h"

namespace microtome {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

const BasisKind& kind_of(const std::string& text, const std::vector<std::string>& parts) {
  const size_t arguments = parts.size() - 1;
  for (const BasisKind* kind : bases::kinds()) {
    if (kind->recognizes != nullptr) {
      if (kind->recognizes(text)) return *kind;
    } else if (kind->name == parts[0] && arguments >= kind->least_arguments && arguments <= kind->most_arguments) {
      return *kind;
    }
  }
  throw Error(ErrorKind::kUsage, "basis", fmt::format("\"{}\" is no basis", text), "use " + basis_forms());
}

}  // namespace

Basis make_basis(const std::string& text, const std::string& layer, int64_t units,
                 const std::function<at::Tensor()>& samples) {
  std::vector<std::string> parts = split(text);
  const BasisKind& kind = kind_of(text, parts);
  parts.erase(parts.begin());
  return kind.make({text, std::move(parts), layer, units, samples});
}

std::string basis_forms() {
  std::string forms;
  for (const BasisKind* kind : bases::kinds()) forms += fmt::format("{}{}", forms.empty() ? "" : ", ", kind->form);
  return forms;
}

void refuse_basis_number(const std::string& text, const BasisRequest& request) {
  throw Error(ErrorKind::kUsage, "basis", fmt::format("\"{}\" in \"{}\" is not a number", text, request.text),
              "write it as random:0.4:1 or nmf:16");
}

}  // namespace microtome

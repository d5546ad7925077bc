// SPDX-License-Identifier: Apache-2.0
// torch.export.save(): a zip archive (.pt2) with the graph as JSON and the weights. Since PyTorch 2.7 the graph is
// "models/NAME.json" and the weights are raw members that "data/weights/NAME_weights_config.json" lists, or one file of
// torch.save; before, they were "serialized_exported_program.json" and "serialized_state_dict.pt".
// Layout: torch/_export/serde/schema.py and torch/csrc/export/pt2_archive_constants.h.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/error_parts.h"
#include "microtome/base/json.h"
#include "microtome/base/json_text.h"
#include "microtome/network/aten/aten.h"
#include "microtome/network/formats/check_graph.h"
#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/tensor_over.h"
#include "microtome/network/formats/torch_archive.h"

namespace microtome::model_formats {
namespace {

using Document = nlohmann::json;  // sorts its keys: objects may be large

constexpr std::string_view kOldProgram = "serialized_exported_program.json";

[[noreturn]] void damaged_program(const std::string& what) { throw Error(ErrorKind::kCorrupt, "", what); }

bool is_exported(const std::string& member) {
  const bool among_models = member.starts_with("models/") || member.find("/models/") != std::string::npos;
  return member.ends_with(kOldProgram) || (among_models && member.ends_with(".json"));
}

bool recognizes_exported(std::string_view bytes) {
  if (!looks_like_zip(bytes)) return false;
  try {
    const std::vector<ZipMember> members = list_zip(bytes, "");
    return std::any_of(members.begin(), members.end(), [](const auto& member) { return is_exported(member.name); });
  } catch (const Error&) {
    return false;
  }
}

// The numbers of types are not those of c10/core/ScalarType.h.
at::ScalarType type_of(int64_t number) {
  constexpr at::ScalarType kTypes[] = {at::ScalarType::Undefined,
                                       at::kByte,
                                       at::kChar,
                                       at::kShort,
                                       at::kInt,
                                       at::kLong,
                                       at::kHalf,
                                       at::kFloat,
                                       at::kDouble};
  if (number > 0 && number < std::ssize(kTypes)) return kTypes[number];
  if (number == 12) return at::kBool;
  if (number == 13) return at::kBFloat16;
  throw Error(ErrorKind::kUnsupported, "", fmt::format("has values of the type of number {}", number));
}

// A length: {"as_int": 3}, or an expression with the number that it had.
int64_t length_of(const Document& json, int64_t open) {
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.contains("as_int")) return json.at("as_int").get<int64_t>();
  if (open > 0) return open;
  const Document hint = json.at("as_expr").value("hint", Document());
  return hint.is_object() && hint.contains("as_int") ? hint.at("as_int").get<int64_t>() : 224;
}

std::vector<int64_t> lengths_of(const Document& json) {
  std::vector<int64_t> all;
  if (json.size() > static_cast<size_t>(kMostAxes)) damaged_program("has a weight of too many axes");
  for (const Document& length : json) all.push_back(length_of(length, 0));
  return all;
}

// A weight that lies as it is in a member.
at::Tensor raw_tensor(const SharedBytes& bytes, const Document& meta, const std::string& name) {
  const at::ScalarType type = type_of(meta.at("dtype").get<int64_t>());
  const std::vector<int64_t> sizes = lengths_of(meta.at("sizes")), strides = lengths_of(meta.at("strides"));
  const int64_t begin = length_of(meta.at("storage_offset"), 0);
  const auto held = static_cast<int64_t>(bytes.view.size() / at::elementSize(type));
  double end = static_cast<double>(begin) + 1, count = 1;
  bool fits = begin >= 0 && sizes.size() == strides.size();
  for (size_t i = 0; fits && i < sizes.size(); ++i) {
    fits = sizes[i] >= 0 && strides[i] >= 0;
    count *= static_cast<double>(sizes[i]);
    end += static_cast<double>(std::max<int64_t>(sizes[i] - 1, 0)) * static_cast<double>(strides[i]);
  }
  const bool empty = fits && count == 0;
  if (empty) return at::empty(sizes, at::TensorOptions().dtype(type));
  if (!fits || end > static_cast<double>(held) || count > static_cast<double>(held)) {
    damaged_program(fmt::format("has a weight \"{}\" that its member does not hold", name));
  }
  const size_t element = at::elementSize(type);
  return tensor_over(bytes.part(static_cast<size_t>(begin) * element, std::string::npos), type, sizes, strides);
}

// Weights, buffers and constants by name.
class ExportedWeights {
 public:
  ExportedWeights(const TorchArchive& archive, const std::string& where) : archive_(archive), where_(where) {
    for (const std::string& folder : {std::string("data/weights/"), std::string("data/constants/")}) {
      for (const std::string& member : archive.below(folder)) {
        if (member.ends_with("_config.json")) read_listed(folder, member);
        if (member.ends_with(".pt")) read_saved(member);
      }
    }
    for (const char* member : {"serialized_state_dict.pt", "serialized_state_dict.json", "serialized_constants.pt",
                               "serialized_constants.json"}) {
      if (archive.has(member)) read_saved(member);
    }
  }

  TorchValue of(const std::string& name) const {
    const auto found = weights_.find(name);
    if (found == weights_.end()) damaged_program(fmt::format("lacks the weight \"{}\"", name));
    return TorchValue::of(TorchGraph::known(found->second, name));
  }

 private:
  void read_listed(const std::string& folder, const std::string& member) {
    const Document listed = parse_json<Document>(archive_.content(member).view, where_);
    for (const auto& [name, payload] : listed.at("config").items()) {
      if (payload.value("use_pickle", false) || !payload.at("tensor_meta").is_object()) continue;
      const SharedBytes bytes = archive_.content(folder + payload.at("path_name").get<std::string>());
      weights_[name] = raw_tensor(bytes, payload.at("tensor_meta"), name);
    }
  }

  void read_saved(const std::string& member) {
    const SharedBytes bytes = archive_.content(member);
    if (!looks_like_zip(bytes.view)) return;
    const TorchArchive inner(bytes, "/data.pkl", where_);
    const SharedBytes pickled = inner.content("data.pkl");
    const Pickle pickle(pickled.view, where_);
    if (pickle.root().kind == PickleKind::kDict && pickle.root().items.empty()) return;
    for (const auto& [name, tensor] : weights_of(pickle, inner.storages("data/"), where_)) weights_[name] = tensor;
  }

  const TorchArchive& archive_;
  const std::string& where_;
  std::map<std::string, at::Tensor> weights_;
};

// Arguments that operators take by name alone, for files that do not say which do.
bool by_name_alone(const std::string& name) {
  constexpr std::string_view kNames[] = {"alpha",      "approximate", "device",        "dtype",        "generator",
                                         "layout",     "pin_memory",  "rounding_mode", "non_blocking", "memory_format",
                                         "correction", "scale",       "enable_gqa"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

class ExportedRunner {
 public:
  ExportedRunner(const Document& program, const ExportedWeights& weights, int side)
      : module_(program.at("graph_module")), listed_(module_.at("graph")), weights_(weights), side_(side) {}

  StoredNetwork run() {
    TorchGraph graph(input_shape());
    values_[input_] = TorchValue::of(graph.input());
    read_scopes();
    for (const Document& node : listed_.at("nodes")) run_node(graph, node);
    if (inside_) graph.leave();
    StoredNetwork stored;
    stored.graph = graph.finish(outputs());
    return stored;
  }

 private:
  // The one input that is given, and the others by what they stand for.
  std::vector<int64_t> input_shape() {
    for (const Document& spec : module_.at("signature").at("input_specs")) {
      if (spec.contains("user_input")) {
        const Document& argument = spec.at("user_input").at("arg");
        if (!argument.contains("as_tensor")) continue;
        if (!input_.empty()) throw Error(ErrorKind::kUnsupported, "", "takes more than one input");
        input_ = argument.at("as_tensor").at("name").get<std::string>();
      }
      for (const auto& [kind, key] : {std::pair{"parameter", "parameter_name"}, std::pair{"buffer", "buffer_name"},
                                      std::pair{"tensor_constant", "tensor_constant_name"}}) {
        if (!spec.contains(kind)) continue;
        const std::string name = spec.at(kind).at("arg").at("name").get<std::string>();
        values_[name] = weights_.of(spec.at(kind).at(key).get<std::string>());
      }
    }
    if (input_.empty()) throw Error(ErrorKind::kUnsupported, "", "takes no tensor");
    std::vector<int64_t> shape;
    for (const Document& length : listed_.at("tensor_values").at(input_).at("sizes")) {
      const bool batch = shape.empty();
      shape.push_back(length_of(length, batch ? 1 : side_));
      if (shape.size() > static_cast<size_t>(kMostAxes)) damaged_program("has an input of too many axes");
    }
    return shape;
  }

  // "key,path,class;key,path,class": the innermost module's path.
  static std::string scope_of(const Document& node) {
    const std::string stack = node.at("metadata").value("nn_module_stack", std::string());
    const std::string last = stack.substr(stack.rfind(';') == std::string::npos ? 0 : stack.rfind(';') + 1);
    const size_t begin = last.find(','), end = begin == std::string::npos ? begin : last.find(',', begin + 1);
    if (end == std::string::npos) return {};
    const std::string path = last.substr(begin + 1, end - begin - 1);
    return path.find('\'') == std::string::npos ? path.substr(0, path.find('@')) : std::string();
  }

  void read_scopes() {
    for (const Document& node : listed_.at("nodes")) {
      const std::string scope = scope_of(node);
      for (size_t dot = scope.find('.'); dot != std::string::npos; dot = scope.find('.', dot + 1)) {
        outer_.insert(scope.substr(0, dot));
      }
    }
  }

  void enter(TorchGraph& graph, const std::string& scope) {
    if (inside_ && scope == scope_) return;
    if (inside_) graph.leave();
    graph.enter(scope, !outer_.contains(scope));
    scope_ = scope;
    inside_ = true;
  }

  TorchValue value_named(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) damaged_program(fmt::format("reads \"{}\", which nothing before it makes", name));
    return found->second;
  }

  TorchValue argument(const Document& json) const {
    if (!json.is_object() || json.empty()) damaged_program("has an argument without a value");
    const std::string kind = json.begin().key();
    const Document& value = json.begin().value();
    if (kind == "as_none") return {};
    if (kind == "as_tensor" || kind == "as_optional_tensor") {
      return value.contains("name") ? value_named(value.at("name").get<std::string>()) : argument(value);
    }
    if (kind == "as_name") return value_named(value.get<std::string>());
    if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float") return argument(value);
    if (kind == "as_scalar_type") return TorchValue::of(static_cast<int64_t>(type_of(value.get<int64_t>())));
    if (kind == "as_device" || kind == "as_layout" || kind == "as_memory_format") return TorchValue::named(kind);
    if (kind == "as_graph") throw Error(ErrorKind::kUnsupported, "", "calls graphs within its graph");
    if (value.is_boolean()) return TorchValue::of(value.get<bool>());
    if (value.is_number_integer()) return TorchValue::of(value.get<int64_t>());
    if (value.is_number()) return TorchValue::of(value.get<double>());
    if (value.is_string()) return TorchValue::of(value.get<std::string>());
    if (!value.is_array()) throw Error(ErrorKind::kUnsupported, "", fmt::format("has an argument {}", kind));
    std::vector<TorchValue> items;
    for (const Document& item : value) items.push_back(listed_argument(item));
    return TorchValue::several(TorchKind::kList, std::move(items));
  }

  TorchValue listed_argument(const Document& item) const {
    if (item.is_object() && item.contains("name")) return value_named(item.at("name").get<std::string>());
    if (item.is_object()) return argument(item);
    if (item.is_boolean()) return TorchValue::of(item.get<bool>());
    if (item.is_number_integer()) return TorchValue::of(item.get<int64_t>());
    if (item.is_number()) return TorchValue::of(item.get<double>());
    damaged_program("has a list of other things than numbers and tensors");
  }

  // "torch.ops.aten.conv2d.default", "_operator.mul"
  static std::string operator_of(const std::string& target) {
    for (const std::string_view space : {"torch.ops.aten.", "_operator.", "math.", "torch.sym_"}) {
      if (!target.starts_with(space)) continue;
      const std::string name = target.substr(space == "torch.sym_" ? 6 : space.size());
      return space == "torch.ops.aten." ? name.substr(0, name.find('.')) : name;
    }
    return target;
  }

  void keep(const Document& outputs, const TorchValue& made) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Document& output = outputs[i];
      if (output.contains("as_tensors")) {
        const Document& names = output.at("as_tensors");
        for (size_t k = 0; made.items && k < names.size() && k < made.items->size(); ++k) {
          values_[names[k].at("name").get<std::string>()] = (*made.items)[k];
        }
        continue;
      }
      const bool one = outputs.size() == 1 && !(made.items && output.contains("as_tensor"));
      const TorchValue& value = one ? made : made.items && i < made.items->size() ? (*made.items)[i] : made;
      for (const char* kind : {"as_tensor", "as_sym_int", "as_sym_bool", "as_sym_float"}) {
        if (!output.contains(kind)) continue;
        const Document& named = output.at(kind);
        values_[named.at(named.contains("name") ? "name" : "as_name").get<std::string>()] = value;
      }
    }
  }

  void run_node(TorchGraph& graph, const Document& node) {
    std::vector<TorchValue> given;
    std::map<std::string, TorchValue> named;
    for (const Document& input : node.at("inputs")) {
      const std::string name = input.at("name").get<std::string>();
      const Document kind = input.value("kind", Document());
      const bool by_name = kind.is_number() && kind.get<int>() > 0 ? kind.get<int>() == 2 : by_name_alone(name);
      if (by_name) named[name] = argument(input.at("arg"));
      if (!by_name) given.push_back(argument(input.at("arg")));
    }
    const std::string target = operator_of(node.at("target").get<std::string>());
    enter(graph, scope_of(node));
    try {
      keep(node.at("outputs"), call_aten(graph, target, std::move(given), std::move(named)));
    } catch (const Error& failure) {
      if (scope_.empty()) throw;
      throw Error(failure.kind(), "", fmt::format("in its module \"{}\" {}", scope_, failure.what()));
    }
  }

  std::vector<TorchTensorPtr> outputs() const {
    std::vector<TorchTensorPtr> all;
    for (const Document& spec : module_.at("signature").at("output_specs")) {
      if (!spec.contains("user_output")) continue;
      const Document& given = spec.at("user_output").at("arg");
      if (!given.contains("as_tensor")) continue;
      const TorchValue value = argument(given);
      if (value.kind == TorchKind::kTensor && value.tensor->depends) all.push_back(value.tensor);
    }
    if (all.empty()) throw Error(ErrorKind::kUnsupported, "", "returns nothing that depends on its input");
    return all;
  }

  const Document& module_;
  const Document& listed_;
  const ExportedWeights& weights_;
  int side_;
  std::string input_, scope_;
  bool inside_ = false;
  std::set<std::string> outer_;  // modules with others in them
  std::map<std::string, TorchValue> values_;
};

StoredNetwork followed(const TorchArchive& archive, int side, const std::string& where) {
  std::vector<std::string> programs = archive.below("models/");
  std::erase_if(programs, [](const std::string& name) { return !name.ends_with(".json"); });
  if (programs.size() > 1) throw Error(ErrorKind::kUnsupported, "", "holds several networks");
  const std::string member = programs.empty() ? std::string(kOldProgram) : programs[0];
  const Document program = parse_json<Document>(archive.content(member).view, where);
  const ExportedWeights weights(archive, where);
  return ExportedRunner(program, weights, side).run();
}

StoredNetwork read_exported(const ModelFile& file, int side) {
  const SharedBytes bytes{file.bytes, *file.bytes};
  const std::vector<ZipMember> members = list_zip(bytes.view, file.path);
  const auto program =
      std::find_if(members.begin(), members.end(), [](const ZipMember& member) { return is_exported(member.name); });
  const size_t folder = program->name.find('/');
  const bool rootless = folder == std::string::npos || program->name.starts_with("models/");
  const std::string mark = rootless ? program->name : program->name.substr(folder);
  std::string reason;
  try {
    const TorchArchive archive(bytes, mark, file.path);
    StoredNetwork stored = followed(archive, side, file.path);
    check_graph(stored.graph, file.path);
    check_input(stored.graph, file.path);
    return stored;
  } catch (const Error& failure) {
    if (parts_of(failure).where == file.path) throw;
    reason = failure.what();
  } catch (const nlohmann::json::exception& failure) {
    throw Error(ErrorKind::kCorrupt, file.path,
                "its program is not as PyTorch writes it: " + json_complaint(failure.what()), "export it again");
  } catch (const c10::Error& failure) {
    reason = std::string("does not run: ") + failure.what_without_backtrace();
  }
  throw Error(ErrorKind::kUnsupported, file.path,
              fmt::format("is an exported PyTorch program that cannot be followed: it {}", reason),
              "export the network where it was made: torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "
              "\"net.onnx\", dynamo=True)");
}

}  // namespace

extern const ModelFormat exported;
const ModelFormat exported = {"exported", "programs of torch.export.save (.pt2)", recognizes_exported, read_exported};

}  // namespace microtome::model_formats

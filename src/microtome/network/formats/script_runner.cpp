// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/script_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "microtome/base/error.h"
#include "microtome/base/error_parts.h"
#include "microtome/network/aten/aten.h"

namespace microtome {
namespace {

constexpr size_t kMostScriptSteps = 1 << 22;
constexpr int kDeepestRun = 512;

[[noreturn]] void refuse_script(const std::string& what) { throw Error(ErrorKind::kUnsupported, "", what); }

// Another input may fit.
[[noreturn]] void misfit_script(const std::string& what) { throw Error(ErrorKind::kCorrupt, "", what); }

bool is_type_of(const TorchValue& value, const std::string& type) {
  switch (value.kind) {
    case TorchKind::kNone:
      return type == "NoneType";
    case TorchKind::kBool:
      return type == "bool";
    case TorchKind::kInt:
      return type == "int";
    case TorchKind::kFloat:
      return type == "float";
    case TorchKind::kText:
      return type == "str";
    case TorchKind::kTensor:
      return type == "Tensor";
    case TorchKind::kList:
      return type == "List" || type == "list";
    case TorchKind::kTuple:
      return type == "Tuple" || type == "tuple";
    case TorchKind::kDict:
      return type == "Dict" || type == "dict";
    default:
      return false;
  }
}

bool is_any_of(const TorchValue& value, const ScriptExpression& types) {
  switch (types.kind) {
    case ScriptKind::kTuple:
    case ScriptKind::kList:
      return std::any_of(types.parts.begin(), types.parts.end(),
                         [&](const ScriptExpression& type) { return is_any_of(value, type); });
    case ScriptKind::kIndex:  // List[int]
      return is_type_of(value, types.parts[0].text);
    default:
      return is_type_of(value, types.text);
  }
}

TorchValue counted(const std::vector<TorchValue>& bounds) {
  std::vector<int64_t> given;
  constexpr int64_t kLargestBound = int64_t{1} << 61;
  for (const TorchValue& bound : bounds) {
    given.push_back(std::clamp(number_of(bound).integer, -kLargestBound, kLargestBound));
  }
  if (given.empty()) refuse_script("goes through no range");
  const int64_t begin = given.size() > 1 ? given[0] : 0, end = given[given.size() > 1 ? 1 : 0];
  const int64_t step = given.size() > 2 ? given[2] : 1;
  if (step == 0 || (end - begin) / step > kMostListed) refuse_script("goes through a range that is too long");
  std::vector<int64_t> numbers;
  for (int64_t i = begin; step > 0 ? i < end : i > end; i += step) numbers.push_back(i);
  return TorchValue::integers(numbers);
}

}  // namespace

const ScriptFunction* ScriptSources::find(std::string_view qualified, const std::string& method) {
  const size_t dot = qualified.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  std::string file(qualified.substr(0, dot));
  const auto [place, added] = files_.try_emplace(file);
  if (added) {
    std::replace(file.begin(), file.end(), '.', '/');
    const std::string member = fmt::format("code/{}.py", file);
    if (archive_.has(member)) place->second = parse_script(archive_.content(member).view, where_);
  }
  std::string name(qualified.substr(dot + 1));
  if (!method.empty()) name += "." + method;
  const auto found = place->second.find(name);
  return found == place->second.end() ? nullptr : &found->second;
}

struct ScriptRunner::Deeper {
  explicit Deeper(ScriptRunner& runner) : depth(runner.depth_) {
    if (++runner.steps_ > kMostScriptSteps) refuse_script(fmt::format("takes more than {} steps", kMostScriptSteps));
    if (++depth > kDeepestRun) refuse_script(fmt::format("calls itself {} deep", kDeepestRun));
  }
  ~Deeper() { --depth; }
  int& depth;
};

TorchValue ScriptRunner::run() {
  const TorchValue root = objects_.root();
  if (root.kind != TorchKind::kObject) refuse_script("is no module");
  try {
    return call_method(root, "forward", {TorchValue::of(graph_.input())}, {});
  } catch (const Error& failure) {
    if (modules_.empty() || !parts_of(failure).where.empty()) throw;
    throw Error(failure.kind(), "", fmt::format("in its module \"{}\" {}", modules_.back(), failure.what()));
  }
}

bool ScriptRunner::is_true(const TorchValue& value) const {
  if (value.none()) return false;
  if (value.items) return !value.items->empty();
  return number_of(value).as_number() != 0;
}

TorchValue ScriptRunner::call_function(const ScriptFunction& function, std::vector<TorchValue> given,
                                       std::map<std::string, TorchValue> named) {
  if (given.size() > function.parameters.size()) refuse_script("gives a function more than it takes");
  Frame frame;
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const ScriptFunction::Parameter& parameter = function.parameters[i];
    const auto found = named.find(parameter.name);
    if (i < given.size()) {
      frame.variables[parameter.name] = std::move(given[i]);
    } else if (found != named.end()) {
      frame.variables[parameter.name] = found->second;
    } else if (parameter.has_default) {
      frame.variables[parameter.name] = evaluate(parameter.fallback, frame);
    } else {
      refuse_script(fmt::format("takes more than one input: \"{}\"", parameter.name));
    }
  }
  run_body(function.body, frame);
  return frame.result;
}

// The path of modules stays as it was when something fails, for the message.
TorchValue ScriptRunner::call_method(const TorchValue& object, const std::string& method, std::vector<TorchValue> given,
                                     std::map<std::string, TorchValue> named) {
  const Deeper deeper(*this);
  const ScriptFunction* function = sources_.find(objects_.class_of(object), method);
  if (function == nullptr) {
    refuse_script(fmt::format("calls {}(), which its class {} does not have", method, objects_.class_of(object)));
  }
  given.insert(given.begin(), object);
  graph_.enter(object.text, objects_.leaf(object));
  modules_.push_back(object.text);
  TorchValue result = call_function(*function, std::move(given), std::move(named));
  modules_.pop_back();
  graph_.leave();
  return result;
}

TorchValue ScriptRunner::call_named(const std::string& name, std::vector<TorchValue> given,
                                    std::map<std::string, TorchValue> named) {
  const Deeper deeper(*this);
  if (name.starts_with("__torch__.")) {
    if (const ScriptFunction* function = sources_.find(name)) {
      return call_function(*function, std::move(given), std::move(named));
    }
    const char first = name[name.rfind('.') + 1];
    if (first < 'A' || first > 'Z') refuse_script(fmt::format("calls the function {}, which it lacks", name));
    return TorchValue::several(TorchKind::kTuple, std::move(given));  // a named tuple
  }
  if (name == "range") return counted(given);
  if (name == "ops.prim.RaiseException") misfit_script("does not take an input of these lengths");
  for (const std::string_view space : {"torch.", "ops.prim.", "ops.aten."}) {
    if (name.starts_with(space))
      return call_aten(graph_, name.substr(space.size()), std::move(given), std::move(named));
  }
  return call_aten(graph_, name, std::move(given), std::move(named));
}

void ScriptRunner::run_body(const std::vector<ScriptStatement>& body, Frame& frame) {
  for (const ScriptStatement& statement : body) {
    run_statement(statement, frame);
    if (frame.returned) return;
  }
}

void ScriptRunner::run_statement(const ScriptStatement& statement, Frame& frame) {
  using Kind = ScriptStatement::Kind;
  const Deeper deeper(*this);
  switch (statement.kind) {
    case Kind::kAssign:
      return assign(statement.targets, statement.takes_apart, evaluate(statement.value, frame), frame);
    case Kind::kExpression:
      evaluate(statement.value, frame);
      return;
    case Kind::kIf:
      return run_body(is_true(evaluate(statement.value, frame)) ? statement.body : statement.otherwise, frame);
    case Kind::kReturn:
      frame.result = evaluate(statement.value, frame);
      frame.returned = true;
      return;
    case Kind::kWhile:
    case Kind::kFor:
      return run_loop(statement, frame);
    case Kind::kPass:
      return;
  }
}

void ScriptRunner::run_loop(const ScriptStatement& statement, Frame& frame) {
  if (statement.kind == ScriptStatement::Kind::kWhile) {
    while (!frame.returned && is_true(evaluate(statement.value, frame))) run_body(statement.body, frame);
    return;
  }
  const TorchValue through = evaluate(statement.value, frame);
  if (!through.sequence()) refuse_script("goes through what is no list");
  const std::vector<TorchValue> items = *through.items;
  for (const TorchValue& item : items) {
    if (frame.returned) return;
    assign(statement.targets, false, item, frame);
    run_body(statement.body, frame);
  }
}

void ScriptRunner::assign(const std::vector<ScriptExpression>& targets, bool takes_apart, const TorchValue& value,
                          Frame& frame) {
  if (takes_apart && (!value.sequence() || value.items->size() != targets.size())) {
    refuse_script(fmt::format("takes {} parts of what has others", targets.size()));
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const ScriptExpression& target = targets[i];
    const TorchValue& given = takes_apart ? (*value.items)[i] : value;
    if (target.kind == ScriptKind::kName) {
      frame.variables[target.text] = given;
    } else if (target.kind == ScriptKind::kIndex) {
      call_named("_set_item", {evaluate(target.parts[0], frame), evaluate(target.parts[1], frame), given}, {});
    } else {
      refuse_script("changes an attribute of its modules");
    }
  }
}

std::vector<TorchValue> ScriptRunner::evaluate_all(const ScriptExpression& expression, Frame& frame) {
  std::vector<TorchValue> values;
  for (const ScriptExpression& part : expression.parts) values.push_back(evaluate(part, frame));
  return values;
}

TorchValue ScriptRunner::evaluate_name(const std::string& name, Frame& frame) {
  const auto found = frame.variables.find(name);
  if (found != frame.variables.end()) return found->second;
  if (name == "None") return {};
  if (name == "True" || name == "False") return TorchValue::of(name == "True");
  if (name == "inf") return TorchValue::of(std::numeric_limits<double>::infinity());
  if (name == "nan") return TorchValue::of(std::numeric_limits<double>::quiet_NaN());
  return TorchValue::named(name);
}

TorchValue ScriptRunner::evaluate_attribute(const ScriptExpression& expression, Frame& frame) {
  const TorchValue base = evaluate(expression.parts[0], frame);
  if (base.kind == TorchKind::kName) {
    if (base.text != "CONSTANTS" || !expression.text.starts_with('c')) {
      return TorchValue::named(base.text + "." + expression.text);
    }
    size_t place = constants_.size();
    const char *begin = expression.text.data() + 1, *end = expression.text.data() + expression.text.size();
    std::from_chars(begin, end, place);
    if (place >= constants_.size()) refuse_script(fmt::format("lacks its constant {}", expression.text));
    return constants_[place];
  }
  if (base.kind != TorchKind::kObject) {
    return call_named(expression.text, {base}, {});  // x.shape and the like
  }
  const TorchValue value = objects_.attribute(base, expression.text);
  if (expression.text != "training" || value.kind != TorchKind::kBool) return value;
  trained_ = trained_ || value.integer != 0;
  return TorchValue::of(false);
}

bool ScriptRunner::special_call(const std::string& name, const ScriptExpression& expression, Frame& frame,
                                TorchValue& result) {
  const size_t count = expression.parts.size() - 1;
  if ((name == "annotate" || name == "unchecked_cast") && count == 2) {
    result = evaluate(expression.parts[2], frame);
  } else if (name == "uninitialized") {
    result = {};
  } else if (name == "isinstance" && count == 2) {
    result = TorchValue::of(is_any_of(evaluate(expression.parts[1], frame), expression.parts[2]));
  } else if (name == "getattr" && count == 2) {
    const TorchValue base = evaluate(expression.parts[1], frame);
    if (base.kind != TorchKind::kObject) refuse_script("asks for an attribute of what is no module");
    result = objects_.attribute(base, expression.parts[2].text);
  } else if (name == "float" && count == 1 && expression.parts[1].kind == ScriptKind::kText) {
    const std::string& text = expression.parts[1].text;
    const double infinity = std::numeric_limits<double>::infinity();
    result = TorchValue::of(text == "-inf"  ? -infinity
                            : text == "inf" ? infinity
                                            : std::numeric_limits<double>::quiet_NaN());
  } else {
    return false;
  }
  return true;
}

TorchValue ScriptRunner::evaluate_call(const ScriptExpression& expression, Frame& frame) {
  const ScriptExpression& callee = expression.parts[0];
  TorchValue result;
  if (callee.kind == ScriptKind::kName && special_call(callee.text, expression, frame, result)) return result;
  TorchValue base;
  const bool method = callee.kind == ScriptKind::kAttribute;
  if (method) base = evaluate(callee.parts[0], frame);
  std::vector<TorchValue> given;
  std::map<std::string, TorchValue> named;
  for (size_t i = 1; i < expression.parts.size(); ++i) {
    TorchValue argument = evaluate(expression.parts[i], frame);
    if (expression.names[i - 1].empty()) {
      given.push_back(std::move(argument));
    } else {
      named[expression.names[i - 1]] = std::move(argument);
    }
  }
  if (method && base.kind == TorchKind::kObject)
    return call_method(base, callee.text, std::move(given), std::move(named));
  const TorchValue function = method && base.kind == TorchKind::kName ? TorchValue::named(base.text + "." + callee.text)
                              : method                                ? TorchValue::named(callee.text)
                                                                      : evaluate(callee, frame);
  if (method && base.kind != TorchKind::kName) given.insert(given.begin(), base);
  if (function.kind == TorchKind::kObject) return call_method(function, "forward", std::move(given), std::move(named));
  if (function.kind != TorchKind::kName) refuse_script("calls what is no function");
  return call_named(function.text, std::move(given), std::move(named));
}

TorchValue ScriptRunner::evaluate(const ScriptExpression& expression, Frame& frame) {
  const Deeper deeper(*this);
  switch (expression.kind) {
    case ScriptKind::kName:
      return evaluate_name(expression.text, frame);
    case ScriptKind::kInt:
      return TorchValue::of(expression.integer);
    case ScriptKind::kFloat:
      return TorchValue::of(expression.number);
    case ScriptKind::kText:
      return TorchValue::of(expression.text);
    case ScriptKind::kList:
      return TorchValue::several(TorchKind::kList, evaluate_all(expression, frame));
    case ScriptKind::kTuple:
      return TorchValue::several(TorchKind::kTuple, evaluate_all(expression, frame));
    case ScriptKind::kDict:
      return TorchValue::several(TorchKind::kDict, evaluate_all(expression, frame));
    case ScriptKind::kAttribute:
      return evaluate_attribute(expression, frame);
    case ScriptKind::kIndex:
      return call_named("__getitem__", evaluate_all(expression, frame), {});
    case ScriptKind::kCall:
      return evaluate_call(expression, frame);
    case ScriptKind::kChoice:
      return evaluate(expression.parts[is_true(evaluate(expression.parts[0], frame)) ? 1 : 2], frame);
    case ScriptKind::kNegative:
      return call_named("neg", evaluate_all(expression, frame), {});
  }
  return {};
}

}  // namespace microtome

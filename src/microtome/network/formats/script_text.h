// SPDX-License-Identifier: Apache-2.0
// The text of TorchScript programs as torch.jit.save writes it: a small part of Python, read to a tree. Nothing is run.
// Grammar: torch/csrc/jit/serialization/python_print.cpp of PyTorch 1.0 to 2.x.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace microtome {

enum class ScriptKind : char {
  kName,       // text
  kInt,        // integer
  kFloat,      // number
  kText,       // text, without quotes
  kList,       // parts
  kTuple,      // parts
  kDict,       // parts: key, value, key, value ...
  kAttribute,  // parts[0].text
  kIndex,      // parts[0][parts[1]]
  kCall,       // parts[0](parts[1], ...), each named by `names` or "" by its place
  kChoice,     // parts[1] if parts[0] else parts[2]
  kNegative,   // -parts[0]
};

struct ScriptExpression {
  ScriptKind kind = ScriptKind::kName;
  std::string text{};
  int64_t integer = 0;
  double number = 0;
  std::vector<ScriptExpression> parts{};
  std::vector<std::string> names{};  // of a call's arguments
};

struct ScriptStatement {
  enum class Kind : char { kAssign, kExpression, kIf, kWhile, kFor, kReturn, kPass };
  Kind kind = Kind::kPass;
  int line = 0;
  std::vector<ScriptExpression> targets{};  // kAssign, kFor; several: the value is taken apart
  bool takes_apart = false;                 // also with one target: "a, = x"
  ScriptExpression value{};                 // what is assigned, computed, asked, gone through or returned
  std::vector<ScriptStatement> body{}, otherwise{};
};

struct ScriptFunction {
  struct Parameter {
    std::string name;
    bool has_default = false;
    ScriptExpression fallback{};
  };
  std::vector<Parameter> parameters;
  std::vector<ScriptStatement> body;
};

// One file of a program: functions by name, a class's as "Class.method".
using ScriptFile = std::map<std::string, ScriptFunction>;

// Types are read over. Time and memory are linear in the text; brackets and blocks nest at most 128 deep. Throws
// Error(kCorrupt) that begins with `where` and names the line; Error(kUnsupported) on what nests deeper.
ScriptFile parse_script(std::string_view text, const std::string& where);

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// Goes through a TorchScript program once and writes down the operators that it calls. The program decides nothing but
// by lengths, its own constants and its modules' attributes; what it could do to the machine is none of the operators.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "microtome/network/aten/torch_graph.h"
#include "microtome/network/formats/script_objects.h"
#include "microtome/network/formats/script_text.h"
#include "microtome/network/formats/torch_archive.h"

namespace microtome {

// Sources of a program by the names of their files, "torch.nn.functional", read when they are first asked for.
class ScriptSources {
 public:
  ScriptSources(const TorchArchive& archive, const std::string& where) : archive_(archive), where_(where) {}
  // "__torch__.torch.nn.functional.relu", or "__torch__.torch.nn.modules.conv.Conv2d" and "forward". Null: there is
  // none. Throws as parse_script().
  const ScriptFunction* find(std::string_view qualified, const std::string& method = {});

 private:
  const TorchArchive& archive_;
  const std::string& where_;
  std::map<std::string, ScriptFile> files_;
};

class ScriptRunner {
 public:
  ScriptRunner(ScriptSources& sources, ScriptObjects& objects, const std::vector<TorchValue>& constants,
               TorchGraph& graph)
      : sources_(sources), objects_(objects), constants_(constants), graph_(graph) {}

  // forward() of the root module on the graph's input. Throws Error(kUnsupported) with an empty `where` that says in
  // which module; at most 2^22 expressions are computed, 512 within each other.
  TorchValue run();

  // Whether it was saved in training mode, which is taken for evaluation.
  bool trained() const { return trained_; }

 private:
  struct Frame {
    std::map<std::string, TorchValue> variables;
    TorchValue result{};
    bool returned = false;
  };
  struct Deeper;

  TorchValue call_function(const ScriptFunction& function, std::vector<TorchValue> given,
                           std::map<std::string, TorchValue> named);
  TorchValue call_method(const TorchValue& object, const std::string& method, std::vector<TorchValue> given,
                         std::map<std::string, TorchValue> named);
  TorchValue call_named(const std::string& name, std::vector<TorchValue> given,
                        std::map<std::string, TorchValue> named);
  void run_body(const std::vector<ScriptStatement>& body, Frame& frame);
  void run_statement(const ScriptStatement& statement, Frame& frame);
  void run_loop(const ScriptStatement& statement, Frame& frame);
  void assign(const std::vector<ScriptExpression>& targets, bool takes_apart, const TorchValue& value, Frame& frame);
  TorchValue evaluate(const ScriptExpression& expression, Frame& frame);
  TorchValue evaluate_name(const std::string& name, Frame& frame);
  TorchValue evaluate_attribute(const ScriptExpression& expression, Frame& frame);
  TorchValue evaluate_call(const ScriptExpression& expression, Frame& frame);
  bool special_call(const std::string& name, const ScriptExpression& expression, Frame& frame, TorchValue& result);
  std::vector<TorchValue> evaluate_all(const ScriptExpression& expression, Frame& frame);
  bool is_true(const TorchValue& value) const;

  ScriptSources& sources_;
  ScriptObjects& objects_;
  const std::vector<TorchValue>& constants_;
  TorchGraph& graph_;
  std::vector<std::string> modules_;
  size_t steps_ = 0;
  int depth_ = 0;
  bool trained_ = false;
};

}  // namespace microtome

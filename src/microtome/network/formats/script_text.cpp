// SPDX-License-Identifier: Apache-2.0
#include "microtome/network/formats/script_text.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr int kDeepestScript = 128;

enum class TokenKind : char { kWord, kNumber, kText, kSign, kLineEnd, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text{};
  int line = 0;
  int indent = 0;  // of the line that it begins; -1: it begins none
};

bool word_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Tokens one by one; lines end only outside of brackets.
class ScriptTokens {
 public:
  ScriptTokens(std::string_view text, const std::string& where) : text_(text), where_(where) { next(); }

  const Token& now() const { return token_; }
  int depth() const { return depth_; }

  [[noreturn]] void damaged(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, where_, fmt::format("line {} of its program {}", token_.line, what),
                "get the file anew or export it again");
  }
  [[noreturn]] void too_deep() const {
    throw Error(ErrorKind::kUnsupported, where_,
                fmt::format("line {} of its program nests more than {} deep", token_.line, kDeepestScript),
                "export the network with torch.onnx.export");
  }

  bool is(std::string_view text) const {
    return (token_.kind == TokenKind::kSign || token_.kind == TokenKind::kWord) && token_.text == text;
  }
  bool accept(std::string_view text) {
    if (!is(text)) return false;
    next();
    return true;
  }
  void expect(std::string_view text) {
    if (!accept(text)) damaged(fmt::format("has \"{}\" where \"{}\" should be", token_.text.substr(0, 40), text));
  }
  std::string word() {
    if (token_.kind != TokenKind::kWord) damaged(fmt::format("has \"{}\" for a name", token_.text.substr(0, 40)));
    std::string name(token_.text);
    next();
    return name;
  }
  bool at_line_end() const { return token_.kind == TokenKind::kLineEnd || token_.kind == TokenKind::kEnd; }
  void end_line() {
    if (!at_line_end()) damaged(fmt::format("goes on with \"{}\"", token_.text.substr(0, 40)));
    next();
  }

  void next() {
    const bool begins = at_ == 0 || token_.kind == TokenKind::kLineEnd;
    int indent = skip_blank(begins);
    token_ = {.line = line_, .indent = begins ? indent : -1};
    if (at_ >= text_.size()) return;
    const char c = text_[at_];
    if (c == '\n') return take(TokenKind::kLineEnd, 1), void(++line_);
    if (c == '"' || c == '\'') return take_text(c);
    if (c >= '0' && c <= '9') return take_number();
    if (word_sign(c)) {
      size_t length = 1;
      while (at_ + length < text_.size() && word_sign(text_[at_ + length])) ++length;
      return take(TokenKind::kWord, length);
    }
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    if (depth_ > kDeepestScript) too_deep();
    take(TokenKind::kSign, text_.substr(at_, 2) == "->" ? 2 : 1);
  }

 private:
  // The indent of the line that begins.
  int skip_blank(bool begins) {
    int indent = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_, ++indent;
      } else if (c == '\n' && (begins || depth_ > 0)) {
        ++at_, ++line_, indent = 0;
      } else {
        break;
      }
    }
    return indent;
  }

  void take(TokenKind kind, size_t length) {
    token_.kind = kind;
    token_.text = text_.substr(at_, length);
    at_ += length;
  }

  void take_text(char quote) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size() || text_[end] != quote) damaged("has a text that does not end");
    token_.kind = TokenKind::kText;
    token_.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
  }

  void take_number() {
    size_t length = 0;
    for (; at_ + length < text_.size(); ++length) {
      const char c = text_[at_ + length], before = length > 0 ? text_[at_ + length - 1] : '0';
      const bool exponent = (c == '+' || c == '-') && (before == 'e' || before == 'E');
      if (!exponent && c != '.' && !word_sign(c)) break;
    }
    take(TokenKind::kNumber, length);
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
  int line_ = 1, depth_ = 0;
  Token token_;
};

// Recursive descent; expressions and blocks count how deep they are.
class ScriptParser {
 public:
  ScriptParser(std::string_view text, const std::string& where) : tokens_(text, where) {}

  ScriptFile read() {
    while (tokens_.now().kind != TokenKind::kEnd) {
      if (tokens_.accept("class")) {
        read_class();
      } else if (tokens_.accept("def")) {
        read_function("");
      } else {
        read_statement();  // op_version_set = 1, and names of types
      }
    }
    return std::move(file_);
  }

 private:
  struct Deeper {
    explicit Deeper(ScriptParser& parser) : depth(parser.depth_) {
      if (++depth > kDeepestScript) parser.tokens_.too_deep();
    }
    ~Deeper() { --depth; }
    int& depth;
  };

  // Expressions separated by commas, up to a closing sign.
  std::vector<ScriptExpression> list_to(std::string_view close) {
    std::vector<ScriptExpression> items;
    while (!tokens_.accept(close)) {
      items.push_back(expression());
      if (!tokens_.is(close)) tokens_.expect(",");
    }
    return items;
  }

  ScriptExpression number() {
    const std::string_view text = tokens_.now().text;
    ScriptExpression made{.kind = ScriptKind::kInt};
    const char *begin = text.data(), *end = begin + text.size();
    auto read = std::from_chars(begin, end, made.integer);
    if (read.ptr != end || read.ec != std::errc()) {
      made.kind = ScriptKind::kFloat;
      read = std::from_chars(begin, end, made.number);
      if (read.ptr != end) tokens_.damaged(fmt::format("has the number \"{}\"", text.substr(0, 40)));
    }
    tokens_.next();
    return made;
  }

  ScriptExpression bracketed() {
    if (tokens_.accept("[")) return {.kind = ScriptKind::kList, .parts = list_to("]")};
    if (tokens_.accept("{")) {
      ScriptExpression made{.kind = ScriptKind::kDict};
      while (!tokens_.accept("}")) {
        made.parts.push_back(expression());
        tokens_.expect(":");
        made.parts.push_back(expression());
        if (!tokens_.is("}")) tokens_.expect(",");
      }
      return made;
    }
    tokens_.expect("(");
    if (tokens_.accept(")")) return {.kind = ScriptKind::kTuple};
    ScriptExpression first = expression();
    if (tokens_.accept(")")) return first;
    tokens_.expect(",");
    ScriptExpression made{.kind = ScriptKind::kTuple, .parts = {std::move(first)}};
    for (ScriptExpression& part : list_to(")")) made.parts.push_back(std::move(part));
    return made;
  }

  ScriptExpression primary() {
    const Token& token = tokens_.now();
    if (token.kind == TokenKind::kNumber) return number();
    if (tokens_.accept("-")) return {.kind = ScriptKind::kNegative, .parts = {postfixed()}};
    if (token.kind == TokenKind::kSign) return bracketed();
    ScriptExpression made{.kind = token.kind == TokenKind::kText ? ScriptKind::kText : ScriptKind::kName};
    if (token.kind != TokenKind::kText) {
      made.text = tokens_.word();
      return made;
    }
    made.text = std::string(token.text);
    tokens_.next();
    return made;
  }

  void read_arguments(ScriptExpression& call) {
    while (!tokens_.accept(")")) {
      ScriptExpression argument = expression();
      std::string name;
      if (argument.kind == ScriptKind::kName && tokens_.accept("=")) {
        name = std::move(argument.text);
        argument = expression();
      }
      call.parts.push_back(std::move(argument));
      call.names.push_back(std::move(name));
      if (!tokens_.is(")")) tokens_.expect(",");
    }
  }

  ScriptExpression postfixed() {
    const Deeper deeper(*this);
    ScriptExpression made = primary();
    int length = 0;
    const auto around = [&](ScriptKind kind) {
      if (++length > kDeepestScript) tokens_.too_deep();
      ScriptExpression outer{.kind = kind};
      outer.parts.push_back(std::move(made));
      made = std::move(outer);
    };
    while (true) {
      if (tokens_.accept(".")) {
        around(ScriptKind::kAttribute);
        made.text = tokens_.word();
      } else if (tokens_.accept("(")) {
        around(ScriptKind::kCall);
        read_arguments(made);
      } else if (tokens_.accept("[")) {
        around(ScriptKind::kIndex);
        std::vector<ScriptExpression> parts = list_to("]");
        if (parts.size() == 1) {
          made.parts.push_back(std::move(parts[0]));
        } else {
          made.parts.push_back({.kind = ScriptKind::kTuple, .parts = std::move(parts)});
        }
      } else {
        return made;
      }
    }
  }

  ScriptExpression expression() {
    const Deeper deeper(*this);
    ScriptExpression made = postfixed();
    if (!tokens_.accept("if")) return made;
    ScriptExpression choice{.kind = ScriptKind::kChoice};
    choice.parts.push_back(expression());
    tokens_.expect("else");
    choice.parts.push_back(std::move(made));
    choice.parts.push_back(expression());
    return choice;
  }

  // "a", or "a, b" for a tuple without brackets.
  ScriptExpression several() {
    ScriptExpression first = expression();
    if (!tokens_.is(",")) return first;
    ScriptExpression made{.kind = ScriptKind::kTuple};
    made.parts.push_back(std::move(first));
    while (tokens_.accept(",")) {
      if (!tokens_.at_line_end()) made.parts.push_back(expression());
    }
    return made;
  }

  std::vector<ScriptStatement> block(int outside) {
    const Deeper deeper(*this);
    tokens_.expect(":");
    tokens_.end_line();
    std::vector<ScriptStatement> body;
    const int indent = tokens_.now().indent;
    if (indent <= outside) tokens_.damaged("has an empty block");
    while (tokens_.now().kind != TokenKind::kEnd && tokens_.now().indent >= indent) body.push_back(read_statement());
    return body;
  }

  void read_simple(ScriptStatement& made) {
    made.kind = ScriptStatement::Kind::kExpression;
    made.value = expression();
    if (!tokens_.is("=") && !tokens_.is(",") && !tokens_.is(":")) return tokens_.end_line();
    made.targets.push_back(std::move(made.value));
    while (tokens_.accept(",")) {
      made.takes_apart = true;
      if (!tokens_.is("=")) made.targets.push_back(expression());
    }
    if (tokens_.accept(":")) expression();  // a type
    made.kind = tokens_.accept("=") ? ScriptStatement::Kind::kAssign : ScriptStatement::Kind::kPass;
    if (made.kind == ScriptStatement::Kind::kAssign) made.value = several();
    tokens_.end_line();
  }

  ScriptStatement read_statement() {
    using Kind = ScriptStatement::Kind;
    const int indent = tokens_.now().indent;
    ScriptStatement made{.line = tokens_.now().line};
    if (tokens_.accept("if")) {
      made.kind = Kind::kIf;
      made.value = expression();
      made.body = block(indent);
      if (tokens_.now().indent == indent && tokens_.accept("else")) made.otherwise = block(indent);
    } else if (tokens_.accept("while")) {
      made.kind = Kind::kWhile;
      made.value = expression();
      made.body = block(indent);
    } else if (tokens_.accept("for")) {
      made.kind = Kind::kFor;
      made.targets.push_back(postfixed());
      tokens_.expect("in");
      made.value = expression();
      made.body = block(indent);
    } else if (tokens_.accept("return")) {
      made.kind = Kind::kReturn;
      made.value = tokens_.at_line_end() ? ScriptExpression{.text = "None"} : several();
      tokens_.end_line();
    } else if (tokens_.accept("pass")) {
      tokens_.end_line();
    } else {
      read_simple(made);
    }
    return made;
  }

  void read_function(const std::string& prefix) {
    const std::string name = prefix + tokens_.word();
    ScriptFunction made;
    tokens_.expect("(");
    while (!tokens_.accept(")")) {
      ScriptFunction::Parameter parameter;
      if (tokens_.accept("*")) tokens_.accept(",");
      parameter.name = tokens_.word();
      if (tokens_.accept(":")) expression();
      if (tokens_.accept("=")) {
        parameter.has_default = true;
        parameter.fallback = expression();
      }
      made.parameters.push_back(std::move(parameter));
      if (!tokens_.is(")")) tokens_.expect(",");
    }
    if (tokens_.accept("->")) expression();
    made.body = block(prefix.empty() ? 0 : 1);
    file_[name] = std::move(made);
  }

  void read_class() {
    const std::string name = tokens_.word();
    if (tokens_.accept("(")) list_to(")");
    tokens_.expect(":");
    tokens_.end_line();
    while (tokens_.now().kind != TokenKind::kEnd && tokens_.now().indent > 0) {
      if (tokens_.accept("def")) {
        read_function(name + ".");
      } else {
        read_statement();
      }
    }
  }

  ScriptTokens tokens_;
  ScriptFile file_;
  int depth_ = 0;
};

}  // namespace

ScriptFile parse_script(std::string_view text, const std::string& where) { return ScriptParser(text, where).read(); }

}  // namespace microtome

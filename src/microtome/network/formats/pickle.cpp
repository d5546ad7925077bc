// SPDX-License-Identifier: Apache-2.0
// Opcodes: the comments of CPython's Lib/pickletools.py describe each.
#include "microtome/network/formats/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>
#include <unordered_map>

#include "microtome/base/error.h"

namespace microtome {
namespace {

constexpr size_t kMostValues = 1 << 22, kMostOperations = 1 << 24;
constexpr uint64_t kNewestProtocol = 5;

// Operations that differ only in the kind that they make, and in how many bytes a length takes.
struct PickleOp {
  char op;
  PickleKind kind;
  size_t length = 0;
};
constexpr PickleOp kTexts[] = {
    {'U', PickleKind::kText, 1},  {'\x8c', PickleKind::kText, 1},  {'T', PickleKind::kText, 4},
    {'X', PickleKind::kText, 4},  {'\x8d', PickleKind::kText, 8},  {'C', PickleKind::kBytes, 1},
    {'B', PickleKind::kBytes, 4}, {'\x8e', PickleKind::kBytes, 8}, {'\x96', PickleKind::kBytes, 8}};
constexpr PickleOp kEmpties[] = {{'N', PickleKind::kNone},
                                 {']', PickleKind::kList},
                                 {'\x8f', PickleKind::kList},
                                 {')', PickleKind::kTuple},
                                 {'}', PickleKind::kDict}};
constexpr PickleOp kMarked[] = {
    {'l', PickleKind::kList}, {'\x91', PickleKind::kList}, {'t', PickleKind::kTuple}, {'d', PickleKind::kDict}};
constexpr PickleOp kTuples[] = {
    {'\x85', PickleKind::kTuple, 1}, {'\x86', PickleKind::kTuple, 2}, {'\x87', PickleKind::kTuple, 3}};
constexpr PickleOp kUnsigned[] = {{'K', PickleKind::kInt, 1}, {'M', PickleKind::kInt, 2}};
constexpr PickleOp kLongs[] = {{'\x8a', PickleKind::kInt, 1}, {'\x8b', PickleKind::kInt, 4}};
constexpr PickleOp kMemorize[] = {{'q', PickleKind::kNone, 1}, {'r', PickleKind::kNone, 4}};
constexpr PickleOp kRecall[] = {{'h', PickleKind::kNone, 1}, {'j', PickleKind::kNone, 4}};

const PickleOp* find_op(std::span<const PickleOp> ops, char op) {
  const auto found = std::find_if(ops.begin(), ops.end(), [&](const PickleOp& known) { return known.op == op; });
  return found == ops.end() ? nullptr : &*found;
}

}  // namespace

// One run over the opcodes, with Python's stack, marks and memo.
class PickleReader {
 public:
  PickleReader(Pickle& pickle, std::string_view bytes, const std::string& where)
      : pickle_(pickle), bytes_(bytes), where_(where) {
    pickle_.values_.emplace_back();
  }

  void read() {
    for (size_t operations = 0;; ++operations) {
      const char op = take(1)[0];
      if (op == '.') break;
      if (operations >= kMostOperations) too_large(kMostOperations, "operations");
      if (!read_number(op) && !read_text(op) && !read_collection(op) && !read_object(op) && !read_memo(op)) {
        throw Error(ErrorKind::kCorrupt, where_,
                    fmt::format("is no Python pickle: byte {} is the operation {:#04x}", at_ - 1,
                                static_cast<unsigned char>(op)),
                    "get the file anew, it is damaged or of another kind");
      }
    }
    pickle_.root_ = pop();
    pickle_.bytes_ = at_;
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, where_, fmt::format("its Python pickle {} (byte {})", what, at_),
                "get the file anew, it is damaged or cut short");
  }

  [[noreturn]] void too_large(size_t most, const char* of) const {
    throw Error(ErrorKind::kUnsupported, where_, fmt::format("its Python pickle holds over {} {}", most, of),
                "save the state_dict alone");
  }

  std::string_view take(uint64_t length) {
    if (length > bytes_.size() - at_) damaged("ends early");
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }

  uint64_t unsigned_number(size_t length) {
    const std::string_view bytes = take(length);
    uint64_t value = 0;
    for (size_t i = length; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    return value;
  }

  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) damaged("ends early");
    const std::string_view text = take(end - at_);
    take(1);
    return text;
  }

  template <class Number>
  Number parsed(std::string_view text) {
    Number value{};
    const auto [stopped, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || stopped != text.data() + text.size()) damaged("has text where a number should be");
    return value;
  }

  PickleIndex push(PickleValue value) {
    if (pickle_.values_.size() >= kMostValues) too_large(kMostValues, "values");
    pickle_.values_.push_back(std::move(value));
    stack_.push_back(static_cast<PickleIndex>(pickle_.values_.size() - 1));
    return stack_.back();
  }
  void push(PickleKind kind) { push({.kind = kind}); }
  void push_int(int64_t value) { push({.kind = PickleKind::kInt, .integer = value}); }
  void push_text(PickleKind kind, std::string_view text) { push({.kind = kind, .text = text}); }
  void push_items(PickleKind kind, std::vector<PickleIndex> items) { push({.kind = kind, .items = std::move(items)}); }

  // Values above the last mark.
  size_t above_mark() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  PickleIndex pop() {
    if (above_mark() == 0) damaged("takes a value where there is none");
    const PickleIndex value = stack_.back();
    stack_.pop_back();
    return value;
  }

  std::vector<PickleIndex> pop_many(size_t count) {
    if (above_mark() < count) damaged("takes a value where there is none");
    std::vector<PickleIndex> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  std::vector<PickleIndex> pop_to_mark() {
    if (marks_.empty()) damaged("closes what it did not open");
    std::vector<PickleIndex> values = pop_many(above_mark());
    marks_.pop_back();
    return values;
  }

  // Little-endian two's complement of any length.
  void push_long(std::string_view bytes) {
    if (bytes.size() > sizeof(int64_t)) return push_text(PickleKind::kLong, bytes);
    uint64_t value = 0;
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    const size_t unused = 64 - 8 * bytes.size();
    push_int(bytes.empty() ? 0 : static_cast<int64_t>(value << unused) >> unused);
  }

  void push_written_int(std::string_view text) {
    if (text == "00" || text == "01") return push({.kind = PickleKind::kBool, .integer = text[1] - '0'}), void();
    if (text.ends_with('L')) text.remove_suffix(1);
    push_int(parsed<int64_t>(text));
  }

  void push_binary_float() {
    uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<uint8_t>(byte);
    push({.kind = PickleKind::kFloat, .number = std::bit_cast<double>(bits)});
  }

  bool read_number(char op) {
    if (const PickleOp* known = find_op(kUnsigned, op)) {
      push_int(static_cast<int64_t>(unsigned_number(known->length)));
    } else if (const PickleOp* wide = find_op(kLongs, op)) {
      push_long(take(unsigned_number(wide->length)));
    } else if (op == '\x88' || op == '\x89') {
      push({.kind = PickleKind::kBool, .integer = op == '\x88'});
    } else if (op == 'I' || op == 'L') {
      push_written_int(line());
    } else if (op == 'J') {
      push_int(static_cast<int32_t>(unsigned_number(4)));
    } else if (op == 'F') {
      push({.kind = PickleKind::kFloat, .number = parsed<double>(line())});
    } else if (op == 'G') {
      push_binary_float();
    } else {
      return false;
    }
    return true;
  }

  void push_quoted(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == text.back() && (text[0] == '\'' || text[0] == '"');
    if (!quoted) damaged("has a text without quotes");
    push_text(PickleKind::kText, text.substr(1, text.size() - 2));
  }

  bool read_text(char op) {
    if (const PickleOp* known = find_op(kTexts, op)) {
      push_text(known->kind, take(unsigned_number(known->length)));
    } else if (op == 'S') {
      push_quoted(line());
    } else if (op == 'V') {
      push_text(PickleKind::kText, line());
    } else {
      return false;
    }
    return true;
  }

  // What is given to a container that is there already.
  void extend(const std::vector<PickleIndex>& values, PickleKind plain) {
    if (above_mark() == 0) damaged("fills a container that is not there");
    PickleValue& container = pickle_.values_[stack_.back()];
    if (container.kind != plain && container.kind != PickleKind::kObject) damaged("fills what is no container");
    if (plain == PickleKind::kDict && values.size() % 2 != 0) damaged("has a key without a value");
    auto& into = container.kind == plain ? container.items : container.entries;
    into.insert(into.end(), values.begin(), values.end());
  }

  bool read_collection(char op) {
    if (const PickleOp* empty = find_op(kEmpties, op)) {
      push(empty->kind);
    } else if (const PickleOp* marked = find_op(kMarked, op)) {
      push_items(marked->kind, pop_to_mark());
      if (marked->kind == PickleKind::kDict && pickle_.values_.back().items.size() % 2 != 0) {
        damaged("has a key without a value");
      }
    } else if (const PickleOp* tuple = find_op(kTuples, op)) {
      push_items(tuple->kind, pop_many(tuple->length));
    } else if (op == '(') {
      marks_.push_back(stack_.size());
    } else if (op == 'a' || op == 's') {
      extend(pop_many(op == 'a' ? 1 : 2), op == 'a' ? PickleKind::kList : PickleKind::kDict);
    } else if (op == 'e' || op == '\x90' || op == 'u') {
      extend(pop_to_mark(), op == 'u' ? PickleKind::kDict : PickleKind::kList);
    } else {
      return false;
    }
    return true;
  }

  PickleIndex push_global(std::string_view module, std::string_view name) {
    pickle_.texts_.push_back(fmt::format("{}.{}", module, name));
    return push({.kind = PickleKind::kGlobal, .text = pickle_.texts_.back()});
  }

  void push_stacked_global() {
    const std::vector<PickleIndex> parts = pop_many(2);
    if (pickle_[parts[0]].kind != PickleKind::kText || pickle_[parts[1]].kind != PickleKind::kText) {
      damaged("names a global by what is no text");
    }
    push_global(pickle_[parts[0]].text, pickle_[parts[1]].text);
  }

  void push_object(std::vector<PickleIndex> callable, std::vector<PickleIndex> arguments) {
    push_items(PickleKind::kTuple, std::move(arguments));
    callable.push_back(pop());
    push_items(PickleKind::kObject, std::move(callable));
  }

  void set_state() {
    const PickleIndex state = pop();
    if (above_mark() == 0) damaged("gives a state to nothing");
    PickleValue& object = pickle_.values_[stack_.back()];
    if (object.kind == PickleKind::kObject) object.state = state;
  }

  void read_instance(bool named) {
    std::vector<PickleIndex> arguments;
    PickleIndex callable = 0;
    if (named) {
      const std::string_view module = line();
      callable = push_global(module, line());
      stack_.pop_back();
      arguments = pop_to_mark();
    } else {
      arguments = pop_to_mark();
      if (arguments.empty()) damaged("makes an instance of nothing");
      callable = arguments.front();
      arguments.erase(arguments.begin());
    }
    push_object({callable}, std::move(arguments));
  }

  bool read_object(char op) {
    if (op == 'c') {
      const std::string_view module = line();
      push_global(module, line());
    } else if (op == '\x93') {
      push_stacked_global();
    } else if (op == 'R' || op == '\x81' || op == '\x92') {
      if (op == '\x92') pop();  // arguments by name
      push_items(PickleKind::kObject, pop_many(2));
    } else if (op == 'i' || op == 'o') {
      read_instance(op == 'i');
    } else if (op == 'b') {
      set_state();
    } else if (op == 'Q' || op == 'P') {
      if (op == 'P') push_text(PickleKind::kText, line());
      push_items(PickleKind::kReference, pop_many(1));
    } else {
      return false;
    }
    return true;
  }

  void remember(uint64_t key) {
    if (above_mark() == 0) damaged("remembers a value that is not there");
    memo_[key] = stack_.back();
  }

  void recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) damaged("recalls a value that it did not remember");
    stack_.push_back(found->second);
  }

  void check_protocol(uint64_t version) const {
    if (version <= kNewestProtocol) return;
    throw Error(ErrorKind::kUnsupported, where_, fmt::format("is a Python pickle of protocol {}", version),
                "save it with protocol 2");
  }

  bool read_memo(char op) {
    if (const PickleOp* put = find_op(kMemorize, op)) {
      remember(unsigned_number(put->length));
    } else if (const PickleOp* get = find_op(kRecall, op)) {
      recall(unsigned_number(get->length));
    } else if (op == 'p' || op == 'g') {
      const auto key = parsed<uint64_t>(line());
      op == 'p' ? remember(key) : recall(key);
    } else if (op == '\x94') {
      remember(memo_.size());
    } else if (op == '\x80') {
      check_protocol(unsigned_number(1));
    } else if (op == '\x95') {
      take(8);  // a frame's length
    } else if (op == '0' || op == '1') {
      op == '0' ? static_cast<void>(pop()) : static_cast<void>(pop_to_mark());
    } else if (op == '2') {
      stack_.push_back(pop());
      stack_.push_back(stack_.back());
    } else {
      return false;
    }
    return true;
  }

  Pickle& pickle_;
  std::string_view bytes_;
  const std::string& where_;
  size_t at_ = 0;
  std::vector<PickleIndex> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleIndex> memo_;
};

Pickle::Pickle(std::string_view bytes, const std::string& where) { PickleReader(*this, bytes, where).read(); }

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// call_on_numbers() of aten.h: what programs compute with lengths, lists and texts on the way to their operators.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "microtome/base/error.h"
#include "microtome/network/aten/aten.h"
#include "microtome/network/limits.h"

namespace microtome {
namespace {

using Values = std::vector<TorchValue>;

[[noreturn]] void refuse_numbers(const std::string& what) { throw Error(ErrorKind::kUnsupported, "", what); }

// Of Python: towards minus infinity, with a remainder of the divisor's sign.
int64_t floor_quotient(int64_t a, int64_t b) {
  if (b == 0 || (a == std::numeric_limits<int64_t>::min() && b == -1)) refuse_numbers("divides by 0");
  const int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t checked(int64_t a, int64_t b, bool (*operation)(int64_t, int64_t, int64_t*)) {
  int64_t result = 0;
  if (operation(a, b, &result)) refuse_numbers("computes with numbers that are too large");
  return result;
}
bool plus(int64_t a, int64_t b, int64_t* to) { return __builtin_add_overflow(a, b, to); }
bool minus(int64_t a, int64_t b, int64_t* to) { return __builtin_sub_overflow(a, b, to); }
bool times(int64_t a, int64_t b, int64_t* to) { return __builtin_mul_overflow(a, b, to); }

std::optional<TorchValue> compared(const std::string& name, double a, double b) {
  if (name == "eq") return TorchValue::of(a == b);
  if (name == "ne") return TorchValue::of(a != b);
  if (name == "lt") return TorchValue::of(a < b);
  if (name == "le") return TorchValue::of(a <= b);
  if (name == "gt") return TorchValue::of(a > b);
  if (name == "ge") return TorchValue::of(a >= b);
  return std::nullopt;
}

std::optional<TorchValue> of_two_integers(const std::string& name, int64_t a, int64_t b) {
  if (name == "add") return TorchValue::of(checked(a, b, plus));
  if (name == "sub") return TorchValue::of(checked(a, b, minus));
  if (name == "rsub") return TorchValue::of(checked(b, a, minus));
  if (name == "mul") return TorchValue::of(checked(a, b, times));
  if (name == "floordiv" || name == "floor_divide") return TorchValue::of(floor_quotient(a, b));
  if (name == "remainder" || name == "mod") {
    return TorchValue::of(checked(a, checked(b, floor_quotient(a, b), times), minus));
  }
  if (name == "min" || name == "sym_min") return TorchValue::of(std::min(a, b));
  if (name == "max" || name == "sym_max") return TorchValue::of(std::max(a, b));
  return std::nullopt;
}

std::optional<TorchValue> of_two_numbers(const std::string& name, double a, double b) {
  if (name == "add") return TorchValue::of(a + b);
  if (name == "sub") return TorchValue::of(a - b);
  if (name == "rsub") return TorchValue::of(b - a);
  if (name == "mul") return TorchValue::of(a * b);
  if (name == "div" || name == "truediv" || name == "true_divide") return TorchValue::of(a / b);
  if (name == "floordiv" || name == "floor_divide") return TorchValue::of(std::floor(a / b));
  if (name == "remainder") return TorchValue::of(a - b * std::floor(a / b));
  if (name == "pow") return TorchValue::of(std::pow(a, b));
  if (name == "min") return TorchValue::of(std::min(a, b));
  if (name == "max") return TorchValue::of(std::max(a, b));
  return std::nullopt;
}

// At most 2^62 in amount, so that it is a whole number of 64 bits.
TorchValue whole_of(double value) {
  if (!(std::abs(value) < 4.6e18)) refuse_numbers("computes with numbers that are too large");
  return TorchValue::of(static_cast<int64_t>(value));
}

std::optional<TorchValue> of_one_number(const std::string& name, const TorchValue& a) {
  if (name == "neg" && a.whole()) return TorchValue::of(checked(0, a.integer, minus));
  if (name == "neg") return TorchValue::of(-a.number);
  if (name == "not" || name == "__not__") return TorchValue::of(a.as_number() == 0);
  if (name == "bool" || name == "Bool") return TorchValue::of(a.as_number() != 0);
  if (name == "int" || name == "Int" || name == "IntImplicit" || name == "trunc") return whole_of(a.as_number());
  if (name == "float" || name == "Float" || name == "FloatImplicit") return TorchValue::of(a.as_number());
  if (name == "ScalarImplicit" || name == "NumToTensor" || name == "item" || name == "Scalar") return a;
  if (name == "floor") return whole_of(std::floor(a.as_number()));
  if (name == "ceil") return whole_of(std::ceil(a.as_number()));
  if (name == "sqrt" || name == "sym_sqrt") return TorchValue::of(std::sqrt(a.as_number()));
  if (name == "log") return TorchValue::of(std::log(a.as_number()));
  if (name == "abs") return a.whole() ? whole_of(std::abs(a.as_number())) : TorchValue::of(std::abs(a.number));
  return std::nullopt;
}

bool known_number(const TorchValue& value) {
  if (value.numeric()) return true;
  return value.kind == TorchKind::kTensor && !value.tensor->depends && value.tensor->now.dim() == 0;
}

bool makes_number(const std::string& name) {
  constexpr std::string_view kMakers[] = {"bool", "int",    "float",       "Bool",          "Int",           "Float",
                                          "item", "Scalar", "IntImplicit", "FloatImplicit", "ScalarImplicit"};
  return std::find(std::begin(kMakers), std::end(kMakers), name) != std::end(kMakers);
}

std::optional<TorchValue> on_numbers(const std::string& name, const Values& given) {
  if (given.size() == 1 && given[0].kind == TorchKind::kTensor && makes_number(name)) {
    return of_one_number(name, number_of(given[0]));
  }
  const bool all = !given.empty() && std::all_of(given.begin(), given.end(), known_number);
  if (!all || given.size() > 2) return std::nullopt;
  const TorchValue a = number_of(given[0]);
  if (given.size() == 1) return of_one_number(name, a);
  if (!given[0].numeric() && !given[1].numeric()) return std::nullopt;  // tensors stay tensors
  const TorchValue b = number_of(given[1]);
  if (const auto answer = compared(name, a.as_number(), b.as_number())) return answer;
  if (name == "__and__" || name == "and") return TorchValue::of(a.as_number() != 0 && b.as_number() != 0);
  if (name == "__or__" || name == "or") return TorchValue::of(a.as_number() != 0 || b.as_number() != 0);
  if (a.whole() && b.whole()) {
    if (const auto answer = of_two_integers(name, a.integer, b.integer)) return answer;
  }
  return of_two_numbers(name, a.as_number(), b.as_number());
}

// Lists may share parts, so that what is compared is counted and not what is held.
bool same_value(const TorchValue& a, const TorchValue& b, int& left) {
  if (--left < 0) refuse_numbers("compares lists that are too long");
  if (a.numeric() && b.numeric()) return a.as_number() == b.as_number();
  if (a.kind != b.kind || a.text != b.text || a.tensor != b.tensor || a.integer != b.integer) return false;
  if (!a.items || !b.items) return a.items == b.items;
  return std::equal(a.items->begin(), a.items->end(), b.items->begin(), b.items->end(),
                    [&](const TorchValue& x, const TorchValue& y) { return same_value(x, y, left); });
}

bool same_value(const TorchValue& a, const TorchValue& b) {
  int left = kMostListed;
  return same_value(a, b, left);
}

bool identical(const TorchValue& a, const TorchValue& b) {
  if (a.none() || b.none()) return a.none() == b.none();
  return a.tensor ? a.tensor == b.tensor : same_value(a, b);
}

size_t place_in(const Values& items, int64_t index, bool end = false) {
  const auto size = static_cast<int64_t>(items.size());
  const int64_t from_start = index < 0 ? index + size : index;
  if (end) return static_cast<size_t>(std::clamp<int64_t>(from_start, 0, size));
  if (from_start < 0 || from_start >= size) refuse_numbers("takes an element that is not in its list");
  return static_cast<size_t>(from_start);
}

TorchValue sliced(const Values& given) {
  const Values& items = *given[0].items;
  const auto number = [&](size_t i, int64_t fallback) {
    return given.size() > i && !given[i].none() ? number_of(given[i]).integer : fallback;
  };
  const size_t begin = place_in(items, number(1, 0), true);
  const size_t end = place_in(items, number(2, std::numeric_limits<int64_t>::max()), true);
  const int64_t step = number(3, 1);
  if (step < 1) refuse_numbers("goes through a list backwards");
  Values part;
  for (size_t i = begin; i < end; i += static_cast<size_t>(std::min<int64_t>(step, kMostListed))) {
    part.push_back(items[i]);
  }
  return TorchValue::several(given[0].kind, std::move(part));
}

void check_list(size_t length) {
  if (length > static_cast<size_t>(kMostListed)) refuse_numbers("makes a list that is too long");
}

std::optional<TorchValue> added_lists(const std::string& name, const Values& given) {
  if (given.size() != 2 || !given[0].items) return std::nullopt;
  Values joined = *given[0].items;
  if (name == "mul" && given[1].whole()) {
    if (given[1].integer > kMostListed) check_list(static_cast<size_t>(given[1].integer));
    check_list(joined.size() * static_cast<size_t>(std::max<int64_t>(given[1].integer, 0)));
    joined.clear();
    for (int64_t i = 0; i < given[1].integer; ++i) {
      joined.insert(joined.end(), given[0].items->begin(), given[0].items->end());
    }
    return TorchValue::several(given[0].kind, std::move(joined));
  }
  if ((name != "add" && name != "extend") || !given[1].items) return std::nullopt;
  joined.insert(joined.end(), given[1].items->begin(), given[1].items->end());
  check_list(joined.size());
  if (name == "add") return TorchValue::several(given[0].kind, std::move(joined));
  const Values added = *given[1].items;
  for (const TorchValue& item : added) given[0].items->put(given[0].items->size(), item);
  return TorchValue();
}

TorchValue sum_of(const Values& items) {
  TorchValue sum = TorchValue::of(int64_t{0});
  for (const TorchValue& item : items) {
    const auto more = on_numbers("add", {sum, item});
    if (!more) refuse_numbers("adds up what are no numbers");
    sum = *more;
  }
  return sum;
}

bool all_or_any(const Values& items, const std::string& name) {
  const auto is_true = [](const TorchValue& item) { return number_of(item).as_number() != 0; };
  return name == "all" ? std::all_of(items.begin(), items.end(), is_true)
                       : std::any_of(items.begin(), items.end(), is_true);
}

void set_item(const Values& given) {
  TorchItems& items = *given[0].items;
  if (given[0].kind != TorchKind::kDict) return items.put(place_in(items, number_of(given[1]).integer), given[2]);
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (same_value(items[i], given[1])) return items.put(i + 1, given[2]);
  }
  check_list(items.size());
  items.put(items.size(), given[1]);
  items.put(items.size(), given[2]);
}

TorchValue item_of(const TorchValue& container, const TorchValue& key) {
  const Values& items = *container.items;
  if (container.kind != TorchKind::kDict) return items[place_in(items, number_of(key).integer)];
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (same_value(items[i], key)) return items[i + 1];
  }
  refuse_numbers("takes an entry that is not in its dictionary");
}

bool contains(const TorchValue& container, const TorchValue& wanted) {
  const Values& items = *container.items;
  const size_t step = container.kind == TorchKind::kDict ? 2 : 1;
  for (size_t i = 0; i < items.size(); i += step) {
    if (same_value(items[i], wanted)) return true;
  }
  return false;
}

std::optional<TorchValue> on_lists(const std::string& name, const Values& given) {
  if (given.empty() || !given[0].items) return std::nullopt;
  const auto length = static_cast<int64_t>(given[0].items->size());
  if (name == "len") return TorchValue::of(given[0].kind == TorchKind::kDict ? length / 2 : length);
  if (name == "append" && given.size() == 2) {
    check_list(given[0].items->size());
    given[0].items->put(given[0].items->size(), given[1]);
    return given[0];
  }
  if (name == "slice") return sliced(given);
  if (name == "copy" || name == "list") return TorchValue::several(given[0].kind, *given[0].items);
  if (name == "sum" && given.size() == 1) return sum_of(*given[0].items);
  if ((name == "all" || name == "any") && given.size() == 1) return TorchValue::of(all_or_any(*given[0].items, name));
  if (name == "__contains__" && given.size() == 2) return TorchValue::of(contains(given[0], given[1]));
  if ((name == "__getitem__" || name == "getitem") && given.size() == 2) return item_of(given[0], given[1]);
  if (name == "_set_item" && given.size() == 3) return set_item(given), TorchValue();
  if (given.size() == 2 && (name == "eq" || name == "ne") && given[1].items) {
    return TorchValue::of(same_value(given[0], given[1]) == (name == "eq"));
  }
  return added_lists(name, given);
}

// What is known of a tensor without its values.
std::optional<TorchValue> on_tensor_facts(const std::string& name, const Values& given) {
  if (given.empty() || given[0].kind != TorchKind::kTensor) return std::nullopt;
  const at::Tensor& now = given[0].tensor->now;
  if (name == "dim") return TorchValue::of(now.dim());
  if (name == "numel" || name == "sym_numel") return TorchValue::of(now.numel());
  if (name == "len" && now.dim() > 0) return TorchValue::of(now.size(0));
  if (name == "is_floating_point") return TorchValue::of(now.is_floating_point());
  if (name == "dtype") return TorchValue::of(static_cast<int64_t>(now.scalar_type()));
  if (name == "device" || name == "layout") return TorchValue::named(name);
  for (const char* never : {"is_cuda", "is_nested", "requires_grad", "is_quantized", "is_sparse", "is_complex",
                            "is_mkldnn", "is_autocast_enabled"}) {
    if (name == never) return TorchValue::of(false);
  }
  if (name != "size" && name != "sym_size" && name != "shape") return std::nullopt;
  if (given.size() == 1) return TorchValue::integers(now.sizes().vec());
  const int64_t axis = number_of(given[1]).integer, rank = now.dim();
  if (axis < -rank || axis >= rank) refuse_numbers("asks for the length of an axis that is not there");
  return TorchValue::of(now.size(axis));
}

std::optional<TorchValue> on_texts(const std::string& name, const Values& given) {
  if (name == "format") return TorchValue::of(std::string("text"));  // of messages alone
  if (name == "warn") return TorchValue();
  if (name == "is_grad_enabled" || name == "is_autocast_enabled" || name == "is_scripting") {
    return TorchValue::of(name == "is_scripting");
  }
  if (name == "__is__" && given.size() == 2) return TorchValue::of(identical(given[0], given[1]));
  if (name == "__isnot__" && given.size() == 2) return TorchValue::of(!identical(given[0], given[1]));
  const bool texts = given.size() == 2 && given[0].kind == TorchKind::kText && given[1].kind == TorchKind::kText;
  if (texts && name == "eq") return TorchValue::of(given[0].text == given[1].text);
  if (texts && name == "ne") return TorchValue::of(given[0].text != given[1].text);
  if (texts && name == "find") {
    const size_t place = given[0].text.find(given[1].text);
    return TorchValue::of(place == std::string::npos ? int64_t{-1} : static_cast<int64_t>(place));
  }
  if (name == "device") return TorchValue::named(name);
  return std::nullopt;
}

// Of two known numbers; "trunc" towards 0, "floor" downwards. Whether it was that.
bool divide_and_round(const std::vector<TorchValue>& given, const std::string& mode, TorchValue& result) {
  if (given.size() != 2 || !known_number(given[0]) || !known_number(given[1])) return false;
  const TorchValue a = number_of(given[0]), b = number_of(given[1]);
  const double quotient = a.as_number() / b.as_number();
  const bool whole = a.whole() && b.whole();
  if (whole && b.integer == 0) refuse_numbers("divides by 0");
  const double rounded = mode == "floor" ? std::floor(quotient) : std::trunc(quotient);
  result = whole ? whole_of(rounded) : TorchValue::of(rounded);
  return mode == "floor" || mode == "trunc";
}

}  // namespace

TorchValue TorchValue::several(TorchKind kind, std::vector<TorchValue> items) {
  TorchValue made{.kind = kind};
  made.items = std::make_shared<TorchItems>();
  made.items->reserve(items.size());
  for (const TorchValue& item : items) made.items->put(made.items->size(), item);
  return made;
}

TorchValue TorchValue::integers(const std::vector<int64_t>& values) {
  std::vector<TorchValue> items;
  for (const int64_t value : values) items.push_back(of(value));
  return several(TorchKind::kList, std::move(items));
}

void TorchItems::put(size_t place, const TorchValue& value) {
  constexpr int kDeepestList = 64;
  if (value.items) {
    if (inside || value.items.get() == this || value.items->nested >= kDeepestList) {
      refuse_numbers("puts lists into each other too deep");
    }
    nested = std::max(nested, value.items->nested + 1);
    value.items->inside = true;
  }
  if (place == size()) {
    push_back(value);
  } else {
    (*this)[place] = value;
  }
}

bool call_on_numbers(const std::string& name, std::vector<TorchValue>& given,
                     const std::map<std::string, TorchValue>& named, TorchValue& result) {
  if (name == "div" && named.size() == 1 && named.contains("rounding_mode")) {
    return divide_and_round(given, named.at("rounding_mode").text, result);
  }
  if (!named.empty() && name != "device") return false;
  for (const auto function : {on_texts, on_tensor_facts, on_lists, on_numbers}) {
    if (const std::optional<TorchValue> answer = function(name, given)) {
      result = *answer;
      return true;
    }
  }
  return false;
}

}  // namespace microtome

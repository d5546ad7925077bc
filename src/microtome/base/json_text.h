// SPDX-License-Identifier: Apache-2.0
// JSON that comes from files. All of it is read through this, as a value of any depth exhausts the stack of those who
// copy or print it. Pure functions.
#pragma once
#include <string>
#include <string_view>

#include "microtome/base/error.h"
#include "microtome/base/json.h"

namespace microtome {

// Throws Error(kCorrupt) naming `where` when arrays and objects are nested more than 64 deep. One pass over the bytes.
void check_json_depth(std::string_view text, const std::string& where);

// What the parser says of damaged text, without its own name and number in brackets.
std::string json_complaint(std::string_view what);

// Throws Error(kCorrupt) naming `where` on what is no JSON or nested too deep. An ordered document finds the key of a
// large object by search: objects of unknown size are for nlohmann::json, which sorts its keys.
template <class Document = Json>
Document parse_json(std::string_view text, const std::string& where) {
  check_json_depth(text, where);
  try {
    return Document::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCorrupt, where, json_complaint(error.what()));
  }
}

}  // namespace microtome

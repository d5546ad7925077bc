// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/csv_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "microtome/base/error.h"
#include "microtome/base/file.h"

namespace microtome::concept_formats {
bool contains(const CsvTable::Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

CsvTable::CsvTable(const std::string& folder, std::string file, const Names& required, const Names& optional,
                   const ProblemSink& report, const Digest& digest)
    : file_(std::move(file)), path_(folder + "/" + file_), report_(report) {
  try {
    const std::string bytes = read_file(path_);
    digest(file_, bytes);
    rows_ = parse_csv(bytes, path_);
  } catch (const Error& error) {
    report_({Severity::kError, error.kind() == ErrorKind::kNotFound ? "missing file" : "bad table", file_, 0,
             error.what(), true});
    throw;
  }
  read_header(required, optional);
  drop_uneven_rows();
}

const std::string& CsvTable::text(const CsvRow& row, const std::string& column) const {
  static const std::string kNone;
  const auto found = std::find(header_.begin(), header_.end(), column);
  return found == header_.end() ? kNone : row.fields[static_cast<size_t>(found - header_.begin())];
}

std::optional<int> CsvTable::integer(const CsvRow& row, const std::string& column, int low, int high) const {
  const std::optional<int64_t> value = parse_integer(text(row, column));
  if (value && *value >= low && *value <= high) return static_cast<int>(*value);
  bad(row, fmt::format("{} is \"{}\", not a whole number from {} to {}", column, text(row, column), low, high));
  return std::nullopt;
}

void CsvTable::bad(const CsvRow& row, std::string what) const {
  report_({Severity::kError, "bad table", file_, row.line, std::move(what)});
}

void CsvTable::odd(const CsvRow& row, std::string what) const {
  report_({Severity::kWarning, "odd table", file_, row.line, std::move(what)});
}

void CsvTable::unusable(const std::string& what) const {
  report_({Severity::kError, "bad table", file_, 1, what, true});
  throw Error(ErrorKind::kCorrupt, path_ + ":1", what);
}

void CsvTable::read_header(const Names& required, const Names& optional) {
  if (rows_.empty()) unusable("the file is empty");
  header_ = rows_.front().fields;
  rows_.erase(rows_.begin());
  for (const std::string& column : header_) {
    if (!contains(required, column) && !contains(optional, column)) {
      unusable(fmt::format("unknown column \"{}\" (known: {}{}{})", column, fmt::join(required, ", "),
                           optional.empty() ? "" : ", ", fmt::join(optional, ", ")));
    }
    if (std::count(header_.begin(), header_.end(), column) > 1) {
      unusable(fmt::format("the column \"{}\" is there twice", column));
    }
  }
  for (const std::string& column : required) {
    if (!contains(header_, column)) unusable(fmt::format("there is no column \"{}\"", column));
  }
}

void CsvTable::drop_uneven_rows() {
  std::erase_if(rows_, [&](const CsvRow& row) {
    const bool uneven = row.fields.size() != header_.size();
    if (uneven) bad(row, fmt::format("the row has {} fields, the header {}", row.fields.size(), header_.size()));
    return uneven;
  });
}

}  // namespace microtome::concept_formats

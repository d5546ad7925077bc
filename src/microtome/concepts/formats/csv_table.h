// SPDX-License-Identifier: Apache-2.0
// A csv file with a header, its columns found by name and its fields checked.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/concepts/formats/csv.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {

class CsvTable {
 public:
  using Names = std::vector<std::string>;
  // Receives the bytes of the file, for the set's hash.
  using Digest = std::function<void(const std::string& file, std::string_view bytes)>;

  // Reads FOLDER/FILE. What leaves nothing to go on with (no file, no header, an unknown, doubled or missing column) is
  // reported and thrown; rows of another length than the header are reported and left out.
  CsvTable(const std::string& folder, std::string file, const Names& required, const Names& optional,
           const ProblemSink& report, const Digest& digest);

  const std::vector<CsvRow>& rows() const { return rows_; }
  const std::string& path() const { return path_; }
  const std::string& file() const { return file_; }
  const Names& header() const { return header_; }

  // Empty for an optional column that is not there.
  const std::string& text(const CsvRow& row, const std::string& column) const;
  // A whole number in [low, high]; otherwise reported, and empty.
  std::optional<int> integer(const CsvRow& row, const std::string& column, int low, int high) const;

  void bad(const CsvRow& row, std::string what) const;  // An error of the row.
  void odd(const CsvRow& row, std::string what) const;  // A warning.

 private:
  [[noreturn]] void unusable(const std::string& what) const;
  void read_header(const Names& required, const Names& optional);
  void drop_uneven_rows();

  std::string file_, path_;
  const ProblemSink& report_;
  Names header_;
  std::vector<CsvRow> rows_;
};

bool contains(const CsvTable::Names& names, const std::string& name);

}  // namespace microtome::concept_formats

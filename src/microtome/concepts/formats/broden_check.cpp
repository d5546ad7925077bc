// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/formats/broden_check.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/workers.h"
#include "microtome/concepts/check_layout.h"
#include "microtome/concepts/formats/broden_counts.h"
#include "microtome/concepts/formats/broden_files.h"
#include "microtome/concepts/formats/set_files.h"
#include "microtome/concepts/problem.h"

namespace microtome::concept_formats {
namespace {

// What one image has to say, in a slot of its own, so that threads never meet.
struct ImageFindings {
  std::vector<ConceptProblem> problems;
  std::vector<LabelPixels> labels;
};

class ImageCheck {
 public:
  ImageCheck(const std::string& folder, const BrodenTables& tables, const BrodenRow& row, PictureRemarks& remarks)
      : folder_(folder), tables_(tables), row_(row), remarks_(remarks) {}

  ImageFindings run() {
    attempt("images/" + row_.info.file, [&] { read_picture(folder_, row_, remarks_); });
    const int64_t grid = int64_t{row_.info.label_width} * row_.info.label_height;
    bool labelled = false;
    for (size_t category = 0; category < row_.cells.size(); ++category) {
      const BrodenCell& cell = row_.cells[category];
      std::vector<LabelMap> planes;
      for (const std::string& mask : cell.masks) {
        attempt("images/" + mask, [&] { planes.push_back(read_mask(folder_, row_, mask, tables_.index)); });
      }
      labelled = labelled || !cell.masks.empty() || !cell.whole_image.empty();
      const auto counts = count_cell(static_cast<int>(category), planes, cell.whole_image, grid);
      out_.labels.insert(out_.labels.end(), counts.begin(), counts.end());
    }
    if (!labelled) {
      out_.problems.push_back({Severity::kWarning, "unlabelled image", "index.csv", row_.line,
                               row_.info.file + " has no label of any category"});
    }
    return std::move(out_);
  }

 private:
  // Error messages begin with the place, which a ConceptProblem holds apart.
  template <class Work>
  void attempt(const std::string& file, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      const std::string place = fmt::format("{}/{} (index.csv:{})", folder_, file, row_.line);
      out_.problems.push_back({Severity::kError, error.kind() == ErrorKind::kNotFound ? "missing file" : "bad file",
                               file, row_.line, complaint_of(error, place)});
    }
  }

  const std::string& folder_;
  const BrodenTables& tables_;
  const BrodenRow& row_;
  PictureRemarks& remarks_;
  ImageFindings out_;
};

void report_duplicates(const BrodenTables& tables, std::vector<ConceptProblem>& problems) {
  std::map<std::string, int> first_line;
  for (const BrodenRow& row : tables.rows) {
    const auto [first, fresh] = first_line.emplace(row.info.file, row.line);
    if (fresh) continue;
    problems.push_back({Severity::kError, "duplicate image", "index.csv", row.line,
                        fmt::format("{} is in line {} already and would count twice", row.info.file, first->second)});
  }
}

// Once a label and category: a mask of one category that holds labels of another.
void report_strangers(const BrodenTables& tables, const std::vector<ImageFindings>& findings,
                      std::vector<ConceptProblem>& problems) {
  std::set<std::pair<int, int>> told;
  for (size_t i = 0; i < findings.size(); ++i) {
    for (const LabelPixels& item : findings[i].labels) {
      const auto& members = tables.category_totals[static_cast<size_t>(item.category)];
      if (members.contains(item.label) || !told.emplace(item.category, item.label).second) continue;
      const std::string& category = tables.index.categories()[static_cast<size_t>(item.category)];
      problems.push_back(
          {Severity::kWarning, "other category", "index.csv", tables.rows[i].line,
           fmt::format("the {} cell of {} holds label {} ({}), which is not in c_{}.csv", category,
                       tables.rows[i].info.file, item.label, tables.index.concept_of(item.label).name, category)});
    }
  }
}

bool tells_truth(const StatedTotals& stated, const LabelTotals& truth) {
  // Tables round coverage to some decimals.
  const double tolerance = 1e-4 + 1e-6 * truth.coverage;
  return stated.images.value_or(truth.images) == truth.images &&
         std::abs(stated.coverage.value_or(truth.coverage) - truth.coverage) <= tolerance;
}

void compare(const std::string& file, int label, const std::string& name, const StatedTotals& stated,
             const LabelTotals& truth, std::vector<ConceptProblem>& problems) {
  if (tells_truth(stated, truth)) return;
  problems.push_back(
      {Severity::kWarning, "stale frequency", file, stated.line,
       fmt::format("label {} ({}) is in {} images and covers {:.6f}, not {} and {:.6f}", label, name, truth.images,
                   truth.coverage, stated.images.value_or(truth.images), stated.coverage.value_or(truth.coverage))});
}

void report_totals(const BrodenTables& tables, const BrodenCounts& counts, std::vector<ConceptProblem>& problems) {
  for (const auto& [label, stated] : tables.label_totals) {
    const LabelTotals truth = counts.of_label(label);
    const std::string& name = tables.index.concept_of(label).name;
    if (truth.pixels == 0) {
      problems.push_back({Severity::kWarning, "empty concept", "label.csv", stated.line,
                          fmt::format("label {} ({}) has no pixel anywhere", label, name)});
    }
    compare("label.csv", label, name, stated, truth, problems);
  }
  for (size_t category = 0; category < tables.category_totals.size(); ++category) {
    for (const auto& [label, stated] : tables.category_totals[category]) {
      compare("c_" + tables.index.categories()[category] + ".csv", label, tables.index.concept_of(label).name, stated,
              counts.of(static_cast<int>(category), label), problems);
    }
  }
}

void check_images(const std::string& folder, const BrodenTables& tables, int threads, Reporter& reporter,
                  ConceptCheck& check) {
  std::vector<ImageFindings> findings(tables.rows.size());
  PictureRemarks remarks;
  {
    Task task(reporter, "checking " + folder, check.images, "images");
    parallel_for(threads, check.images, [&](int, int64_t image) {
      throw_if_stopped();
      const auto slot = static_cast<size_t>(image);
      findings[slot] = ImageCheck(folder, tables, tables.rows[slot], remarks).run();
      task.advance();
    });
  }
  BrodenCounts counts;
  for (size_t i = 0; i < findings.size(); ++i) {
    const ConceptImage& info = tables.rows[i].info;
    counts.add(findings[i].labels, int64_t{info.label_width} * info.label_height);
    check.problems.insert(check.problems.end(), findings[i].problems.begin(), findings[i].problems.end());
  }
  add_remarks(remarks.lines(), check);
  report_strangers(tables, findings, check.problems);
  // Without the masks that failed, true frequencies are not known.
  if (check.sound()) report_totals(tables, counts, check.problems);
}

}  // namespace

ConceptCheck check_broden(const std::string& folder, int threads, Reporter& reporter) {
  ConceptCheck check;
  check.layout = "broden";
  BrodenTables tables;
  try {
    tables = read_broden_tables(folder, [&](ConceptProblem problem) { check.problems.push_back(std::move(problem)); });
  } catch (const Error&) {
    if (check.sound()) throw;
    return check;  // What was thrown was reported before.
  }
  check.images = static_cast<int64_t>(tables.rows.size());
  for (const BrodenRow& row : tables.rows) {
    for (const BrodenCell& cell : row.cells) check.masks += static_cast<int64_t>(cell.masks.size());
  }
  report_duplicates(tables, check.problems);
  check_images(folder, tables, threads, reporter, check);
  return check;
}

}  // namespace microtome::concept_formats

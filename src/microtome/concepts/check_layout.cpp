// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/check_layout.h"

#include <fmt/format.h>

#include <set>

#include "microtome/base/error.h"
#include "microtome/base/plain_text.h"
#include "microtome/base/workers.h"

namespace microtome {
namespace {

// What one image has to say, in a slot of its own, so that threads never meet.
struct Findings {
  std::vector<ConceptProblem> problems;
  std::set<int> labels;
  int64_t masks = 0;
};

// The path in an error's text, which the problem states apart.
std::string without_folder(std::string text, const std::string& folder, const std::string& file) {
  const std::string above = as_utf8(folder) + "/", begin = as_utf8(file) + ": ";
  if (text.starts_with(above)) text = text.substr(above.size());
  return text.starts_with(begin) ? text.substr(begin.size()) : text;
}

Findings look_at(const ConceptSet& set, const std::string& folder, int64_t image) {
  Findings out;
  const std::string& file = set.image_info(image).file;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      const std::string what = without_folder(error.what(), folder, file);
      if (!out.problems.empty() && out.problems.back().what == what) return;  // Of the picture and of its labels.
      out.problems.push_back(
          {Severity::kError, error.kind() == ErrorKind::kNotFound ? "missing file" : "bad file", file, 0, what});
    }
  };
  attempt([&] { set.image(image); });
  attempt([&] {
    const ImageLabels labels = set.labels(image);
    out.masks = static_cast<int64_t>(labels.planes.size());
    out.labels.insert(labels.whole_image.begin(), labels.whole_image.end());
    for (const LabelMap& plane : labels.planes) out.labels.insert(plane.labels.begin(), plane.labels.end());
    out.labels.erase(0);
    if (out.labels.empty() && set.index().max_label() > 0) {
      out.problems.push_back({Severity::kWarning, "unlabelled image", file, 0, "the image has no label"});
    }
  });
  return out;
}

void look_at_all(const ConceptSet& set, const std::string& folder, int threads, Reporter& reporter,
                 ConceptCheck& check) {
  std::vector<Findings> findings(static_cast<size_t>(set.size()));
  {
    Task task(reporter, "checking " + folder, set.size(), "images");
    parallel_for(threads, set.size(), [&](int, int64_t image) {
      throw_if_stopped();
      findings[static_cast<size_t>(image)] = look_at(set, folder, image);
      task.advance();
    });
  }
  std::set<int> seen;
  for (const Findings& item : findings) {
    check.masks += item.masks;
    seen.insert(item.labels.begin(), item.labels.end());
    check.problems.insert(check.problems.end(), item.problems.begin(), item.problems.end());
  }
  add_remarks(set.remarks(), check);
  if (set.index().max_label() == 0) {
    check.problems.push_back({Severity::kWarning, "no labels", "", 0,
                              "the pictures have no labels: nothing can be dissected, exemplars can be found"});
  }
  if (!check.sound()) return;  // Which concepts are empty is not known.
  for (int label = 1; label <= set.index().max_label(); ++label) {
    const Concept& item = set.index().concept_of(label);
    if (item.category < 0 || seen.contains(label)) continue;
    check.problems.push_back({Severity::kWarning, "empty concept", "", 0,
                              fmt::format("label {} ({}) has no pixel anywhere", label, item.name)});
  }
}

}  // namespace

void add_remarks(const std::vector<std::string>& remarks, ConceptCheck& check) {
  for (const std::string& remark : remarks) {
    const size_t end = remark.find(": ");
    check.problems.push_back({Severity::kWarning, "picture", remark.substr(0, end), 0, remark.substr(end + 2)});
  }
}

ConceptCheck check_layout(const ConceptFormat& format, const std::string& folder, int threads, Reporter& reporter) {
  ConceptCheck check;
  check.layout = format.name;
  bool thrown = false;
  const auto report = [&](ConceptProblem problem) {
    if (problem.thrown && thrown) return;  // One problem, reported where it was seen and where it was caught.
    thrown = thrown || problem.thrown;
    problem.what = without_folder(problem.what, folder, problem.file);
    check.problems.push_back(std::move(problem));
  };
  std::unique_ptr<ConceptSet> set;
  try {
    set = format.open(folder, report);
  } catch (const Error&) {
    if (check.sound()) throw;
    return check;  // What was thrown was reported before.
  }
  check.images = set->size();
  look_at_all(*set, folder, threads, reporter, check);
  return check;
}

}  // namespace microtome

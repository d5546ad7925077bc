// SPDX-License-Identifier: Apache-2.0
#include "microtome/atlas/check.h"

#include <fmt/format.h>

#include <set>

#include "microtome/atlas/atlas.h"
#include "microtome/atlas/new_atlas.h"
#include "microtome/base/error.h"
#include "microtome/base/workers.h"

namespace microtome {
namespace {

struct NotCopied {
  Error why;
};

// Reads all of an atlas run by run, copying what is whole.
class AtlasReader {
 public:
  AtlasReader(Atlas& from, Atlas* to, AtlasCheck& found) : from_(from), to_(to), found_(found) {}

  void read(Reporter& reporter) {
    for (const std::string& fault : from_.structure_faults()) add(fault);
    frame();
    std::vector<Provenance> runs;
    attempt("runs", [&] { runs = from_.runs(); });
    Task task(reporter, "checking", std::ssize(runs), "runs");
    for (const Provenance& run : runs) {
      throw_if_stopped();
      attempt(fmt::format("run {}", run.id), [&] { read_run(run); });
      task.advance();
    }
  }

 private:
  // What the copy refuses is no fault of the atlas: it ends the reading.
  template <class Work>
  void copy(Work work) {
    try {
      if (to_ != nullptr) work(*to_);
    } catch (const Error& error) {
      throw NotCopied{error};
    }
  }

  void add(const std::string& fault) {
    if (found_.faults.size() < kMostFaults)
      found_.faults.push_back(fault);
    else
      ++found_.further_faults;
  }

  template <class Work>
  bool attempt(const std::string& what, Work work) {
    try {
      work();
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kCancelled) throw;
      add(fmt::format("{}: {}", what, error.what()));
      return false;
    }
  }

  // Network, layers and concepts.
  void frame() {
    attempt("network", [&] {
      const auto network = from_.network();
      layers_ = from_.layers();
      if (network) copy([&](Atlas& to) { to.put_network(*network, layers_); });
    });
    attempt("concepts", [&] {
      const auto concepts = from_.concepts();
      if (concepts) copy([&](Atlas& to) { to.put_concepts(*concepts); });
    });
  }

  void read_run(const Provenance& run) {
    from_.prefer(run.id);
    copy([&](Atlas& to) { run_ = to.begin_run(run); });
    for (const AtlasLayer& layer : layers_) {
      attempt(layer.name, [&] { read_dissection(run.id, layer.name); });
      attempt(layer.name, [&] { read_pictures(run.id, from_.pictures_of_runs(layer.name, -1, Detail::kBrief)); });
    }
    attempt("visualizations", [&] { read_pictures(run.id, from_.visualizations(Detail::kBrief)); });
    copy([&](Atlas& to) { to.end_run(run_); });
  }

  void read_dissection(int64_t run, const std::string& layer) {
    auto info = from_.dissection_info(layer);
    if (!info || info->run != run) return;
    ++found_.dissections;
    LayerDissection whole = *info;
    std::vector<Atlas::Thumbnail> thumbnails;
    for (const SignedUnit& one : from_.dissected(run, layer)) {
      attempt(fmt::format("{} unit {}{}", layer, one.unit, sign_char(one.sign)), [&] {
        whole.units.push_back(from_.unit(layer, one.unit, one.sign).value());
        ++found_.units;
        add_thumbnails(whole.units.back(), thumbnails);
      });
    }
    if (whole.units.empty()) return;
    copy([&](Atlas& to) { to.put_dissection(run_, whole, thumbnails); });
  }

  void add_thumbnails(const UnitDissection& unit, std::vector<Atlas::Thumbnail>& thumbnails) {
    for (const std::vector<Exemplar>* list : {&unit.top, &unit.bottom, &unit.typical}) {
      for (const Exemplar& exemplar : *list) {
        if (!seen_.insert(exemplar.image).second) continue;
        attempt(fmt::format("thumbnail of image {}", exemplar.image), [&] {
          if (auto thumbnail = from_.thumbnail(exemplar.image)) {
            thumbnails.push_back(std::move(*thumbnail));
            ++found_.thumbnails;
          }
        });
      }
    }
  }

  void read_pictures(int64_t run, const std::vector<AtlasPicture>& pictures) {
    for (const AtlasPicture& brief : pictures) {
      if (brief.run != run) continue;
      const std::string name = brief.layer.empty()
                                   ? brief.objective
                                   : fmt::format("{} unit {}{}", brief.layer, brief.unit, sign_char(brief.sign));
      attempt(fmt::format("picture of {}, variant {}", name, brief.variant), [&] {
        const AtlasPicture picture = from_.picture(brief.id).value();
        ++found_.pictures;
        copy([&](Atlas& to) { to.put_picture(run_, picture); });
      });
    }
  }

  Atlas& from_;
  Atlas* to_;
  AtlasCheck& found_;
  std::vector<AtlasLayer> layers_;
  std::set<int64_t> seen_;  // images whose thumbnails were read
  int64_t run_ = 0;         // in the copy
};

}  // namespace

AtlasCheck check_atlas(const std::string& file, const std::string& rescue, Reporter& reporter) {
  Atlas from = Atlas::open(file, Atlas::Mode::kRead);
  AtlasCheck found;
  if (rescue.empty()) {
    AtlasReader(from, nullptr, found).read(reporter);
    return found;
  }
  try {
    write_new_atlas(rescue, [&](Atlas& to) { AtlasReader(from, &to, found).read(reporter); });
  } catch (const NotCopied& failure) {
    throw failure.why;
  }
  return found;
}

}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
// The store of everything microtome found out about one network: one SQLite file.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "microtome/atlas/atlas_picture.h"
#include "microtome/base/finding.h"
#include "microtome/base/json.h"
#include "microtome/concepts/concept_set.h"
#include "microtome/dissect/findings.h"
#include "microtome/image/image.h"

namespace microtome {

// The processor's instructions that a run was begun with, among its settings.
inline constexpr const char* kInstructions = "instructions";

// What was run. Everything but the two times is a function of the request, so equal requests have equal keys.
struct Provenance {
  std::string stage;    // "dissect" or "visualize"
  std::string version;  // of microtome
  std::string network_hash;
  std::string data_hash;  // of the concept set, empty without one
  Json settings;          // all that moves a number; kInstructions beside it is not part of the key
  std::string command;    // as typed; not part of the key
  int64_t id = 0;         // of the stored run; set when read

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "stage", .help = "What was done"}, s.stage);
    field({.name = "version", .help = "Of microtome"}, s.version);
    field({.name = "network_hash", .help = "Of the network"}, s.network_hash);
    field({.name = "data_hash", .help = "Of the concept set"}, s.data_hash);
    field({.name = "settings", .help = "All that moves a number"}, s.settings);
    field({.name = "command", .help = "As typed"}, s.command);
  }
};

struct AtlasLayer {
  int64_t id = 0;
  std::string name;
  std::vector<std::string> aliases;
  std::string op;
  std::vector<int64_t> shape;  // without the batch axis
  int64_t units = 0;
  Json receptive_field;  // {"size":[w,h],"step":[w,h],"start":[x,y]} in input pixels
  double macs_share = 0;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "name", .help = "As the network file says"}, s.name);
    field({.name = "aliases", .help = "Further names"}, s.aliases);
    field({.name = "op", .help = "Operator"}, s.op);
    field({.name = "shape", .help = "Without the batch axis"}, s.shape);
    field({.name = "units", .help = "How many"}, s.units);
    field({.name = "receptive_field", .help = "Size, step and start in input pixels"}, s.receptive_field);
    field({.name = "macs_share", .help = "Share of the multiplications up to here"}, s.macs_share);
  }
};

struct AtlasNetwork {
  std::string hash, format, name;  // name: the file's name without folder and suffix
  Json input;                      // {"channels", "height", "width", "preprocess", "range", "order", "mean", "std"}
  std::vector<std::string> classes;

  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "hash", .help = "SHA-256 of the file"}, s.hash);
    field({.name = "format", .help = "Of the file"}, s.format);
    field({.name = "name", .help = "Of the file"}, s.name);
    field({.name = "input", .help = "What it takes"}, s.input);
    field({.name = "classes", .help = "Names of its outputs"}, s.classes);
  }
};

struct AtlasConcepts {
  std::string hash;
  std::vector<std::string> categories;
  std::vector<Concept> concepts;           // by label number; [0] is the empty concept
  std::vector<std::string> display_names;  // by label number
  int64_t images = 0;
};

// How much of what is stored is read.
enum class Detail {
  kBrief,  // units without exemplars' maps and histograms; pictures without files, curve, values and maxima
  kFull,
};

// One process writes; any number may read at the same time. Every put_ is one transaction: after a crash the file holds
// all of it or nothing. Methods of one object are serialized by a lock inside, so workers may share it.
class Atlas {
 public:
  enum class Mode { kRead, kWrite, kCreateOrWrite };
  // Throws Error(kNotFound) when reading a missing file, Error(kCorrupt) when it is no atlas or damaged,
  // Error(kUnsupported) when a newer microtome wrote it; older schemas are migrated on kWrite/kCreateOrWrite and
  // in memory on kRead.
  static Atlas open(const std::string& path, Mode mode);
  ~Atlas();
  Atlas(Atlas&&) noexcept;
  Atlas& operator=(Atlas&&) noexcept;

  // --- writing ---
  // Binds the atlas to a network. A different network in the same file throws Error(kUsage): one atlas, one network.
  void put_network(const AtlasNetwork& network, const std::vector<AtlasLayer>& layers);
  // Binds it to a concept set; different contents throw Error(kUsage).
  void put_concepts(const AtlasConcepts& concepts);
  // Opens (or finds again) the run with this provenance; its id is stored beside every number.
  int64_t begin_run(const Provenance& provenance);
  void end_run(int64_t run);
  // Adds the units to what the run found of the layer before, or writes them anew; significance is then judged over all
  // of them. What other runs found stays. `thumbnails`: encoded pictures (JPEG, WebP or PNG) of the images
  // that exemplars name, by image index; `files`: their names in the set.
  struct Thumbnail {
    int64_t image = 0;
    std::string file;
    std::string bytes;
  };
  void put_dissection(int64_t run, const LayerDissection& dissection, const std::vector<Thumbnail>& thumbnails);
  // Replaces what the run had put at the pictures' places; what other runs put there stays. Pictures that were made
  // together come in one call.
  void put_pictures(int64_t run, std::span<const AtlasPicture> pictures);
  void put_picture(int64_t run, const AtlasPicture& picture) { put_pictures(run, {&picture, 1}); }
  // Removes what other runs found of the layers that the run dissected, and what they put at the places of its
  // pictures; returns how many dissections and pictures these were.
  int64_t drop_other_dissections(int64_t run);
  int64_t drop_other_pictures(int64_t run);
  // State of an unfinished survey, so that an interrupted run continues; replaced by each call, dropped by end_run.
  void put_checkpoint(int64_t run, int64_t images_done, std::string_view state);

  // --- asking, for resume ---
  // What the run found of the layer so far.
  std::set<SignedUnit> dissected(int64_t run, const std::string& layer) const;
  // Whether the run made the picture at this place: layer, unit, sign, objective, variant.
  bool has_picture(int64_t run, const AtlasPicture& place) const;
  // The run that begin_run() would find again.
  std::optional<int64_t> find_run(const Provenance& provenance) const;
  struct Checkpoint {
    int64_t images_done = 0;
    std::string state;
  };
  std::optional<Checkpoint> checkpoint(int64_t run) const;

  // --- reading ---
  // Where several runs found something of one layer or made a picture for one place, what follows gives the best: the
  // dissection with most units, then most images; the picture that started and has the higher score. After prefer()
  // what that run found comes before. Throws Error(kNotFound) when there is no such run.
  void prefer(int64_t run);
  std::optional<AtlasNetwork> network() const;
  std::optional<AtlasConcepts> concepts() const;
  std::vector<AtlasLayer> layers() const;          // All layers of the network, in graph order.
  std::vector<AtlasLayer> studied_layers() const;  // Those with a dissection or a picture.
  // A layer's dissection without its units, of which it holds so many (with either sign).
  struct DissectionInfo : LayerDissection {
    int64_t run = 0, held = 0;
    std::string key;  // of the run, which does not depend on the order of runs
  };
  // All that runs found of a layer, the one that is shown first.
  std::vector<DissectionInfo> dissections(const std::string& layer) const;
  std::optional<DissectionInfo> dissection_info(const std::string& layer) const;
  // Units of a layer by number and sign.
  std::vector<UnitDissection> units(const std::string& layer, Detail detail) const;
  std::optional<UnitDissection> unit(const std::string& layer, int64_t unit, Sign sign) const;
  // Pictures of a layer (of one unit when unit >= 0), by unit, sign (+ first), objective (that of the channel alone
  // first, then by text), variant.
  std::vector<AtlasPicture> pictures(const std::string& layer, int64_t unit, Detail detail) const;
  // The same of every run; of one place in the order of runs.
  std::vector<AtlasPicture> pictures_of_runs(const std::string& layer, int64_t unit, Detail detail) const;
  // Pictures of no single unit, by objective and variant.
  std::vector<AtlasPicture> visualizations(Detail detail) const;
  std::optional<AtlasPicture> picture(int64_t id) const;
  std::optional<Thumbnail> thumbnail(int64_t image) const;
  std::vector<Provenance> runs() const;
  // What SQLite finds wrong with the file and its references, in words; empty for a whole one.
  std::vector<std::string> structure_faults() const;
  // SHA-256 over all results (network, concepts, dissections, thumbnails, pictures) in a fixed order: no times, no
  // paths, no commands, no run numbers. Equal content has equal hashes, however often the work was interrupted, and
  // whatever the schema of the file: every value that is known enters under its name (docs/atlas_format.md).
  std::string content_hash() const;

 private:
  std::vector<AtlasPicture> pictures_where(const std::string& layer, int64_t unit, Detail detail,
                                           const std::string& condition) const;

  struct State;
  explicit Atlas(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace microtome

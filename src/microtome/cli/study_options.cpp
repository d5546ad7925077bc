// SPDX-License-Identifier: Apache-2.0
#include "microtome/cli/study_options.h"

#include <filesystem>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json.h"
#include "microtome/cli/tables.h"
#include "microtome/exchange/tables.h"

namespace microtome::commands {

namespace {

// Tables of what was asked for beside the units.
void print_asked(const StudyRequest& request) {
  if (request.baselines.empty() && !request.dissection.selfcheck) return;
  const Atlas atlas = Atlas::open(request.out, Atlas::Mode::kRead);
  if (!request.baselines.empty()) print(layers_table(atlas, terminal_width()));
  if (!request.dissection.selfcheck) return;
  const std::string table = selfcheck_table(atlas, {}, terminal_width());
  print(table.empty() ? "no score was checked: no unit is a detector of a label that two images or more carry" : table);
}

}  // namespace

void define_study(CLI::App& app, Session& session, bool dissect, bool visualize) {
  auto request = std::make_shared<StudyRequest>();
  request->dissect = dissect;
  request->visualize = visualize;
  app.add_option("network", request->network.file, "ONNX or microtome safetensors file")->required();
  auto* layers =
      app.add_option("--layers", request->layers, "Layers by name or alias, separated by commas")->delimiter(',');
  if (dissect) layers->required();
  app.add_option("--units", request->units, "Units: 0-15,40 or all (all when left out)");
  app.add_option("--basis", request->bases,
                 "Units to study: identity, pca, nmf:K, random:ALPHA:SEED, FILE.npy or FILE.safetensors:TENSOR [units, "
                 "channels]; several by commas")
      ->delimiter(',')
      ->capture_default_str();
  if (dissect) {
    auto* concepts =
        app.add_option("--concepts", request->concepts,
                       "Folder of a concept set: Broden, ADE20K, COCO, your own masks... (microtome concepts --help)");
    if (!visualize) concepts->required();
    app.add_option("--baselines", request->baselines,
                   "Dissect in the same pass what each layer is to be held against: random-basis (its axes turned at "
                   "random), random-weights (shuffled weights)")
        ->delimiter(',')
        ->check(CLI::IsMember({"random-basis", "random-weights"}));
    bind(app, request->dissection);
  }
  app.add_option("--out", request->out, "Atlas to write or continue (default: the network's name with .atlas)");
  bind(app, request->network);
  if (visualize) {
    bind(app, request->render);
    app.add_option(
        "--objective", request->objective,
        "What pictures are made for, instead of a unit's channel: a text of the objectives and penalties that "
        "microtome list names. {layer}, {unit} and {sign} stand for each of --layers, --units and --signs");
    app.add_option("--signs", request->signs,
                   "Pictures of each unit: +, - or both (both when left out, if the objective has a {sign})");
    app.add_option("--variants", request->variants, "Pictures of each unit and sign, from other starts")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--transfer", request->transfer,
                   "Second network, which is shown the pictures: whether it finds them alike to the unit's images");
    app.add_option("--transfer-preprocess", request->transfer_preprocess, "Preprocessing of the second network");
  } else {
    app.add_option("--seed", request->render.seed,
                   "Start of all random numbers: shuffles, resamplings, typical images");
  }
  if (dissect) bind(app, *request);
  add_common(app, session, false);
  auto dry_run = std::make_shared<bool>(false);
  if (visualize && !dissect) {
    auto* dry = app.add_flag("--dry-run", *dry_run,
                             "Say what would be made and, from a few steps, how long it would take; write nothing");
    app.add_flag("--json", session.json, "Print the plan of a dry run as JSON")->needs(dry);
  }
  app.callback([request, dry_run, &session] {
    request->threads = session.thread_count();
    request->command = session.typed;
    if (request->out.empty()) {
      request->out = std::filesystem::path(request->network.file).stem().string() + ".atlas";
    }
    const auto reporter = session.reporter();
    if (*dry_run) {
      const Json plan = session.engine().plan(*request, *reporter);
      session.json ? print_json(plan) : print(plan_table(plan, terminal_width()));
      return;
    }
    session.engine().study(*request, *reporter);
    print_asked(*request);
    print("wrote " + request->out + "; look at it with: microtome explore " + request->out);
  });
}

}  // namespace microtome::commands

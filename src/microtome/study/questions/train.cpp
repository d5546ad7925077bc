// SPDX-License-Identifier: Apache-2.0
// The lab's small network on dioramas.
#include "microtome/lab/diorama_training.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

struct TrainRequest : TrainSettings {
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "out", .help = "safetensors file to write", .role = Role::kOut, .required = true}, s.out);
    TrainSettings::fields(s, field);
    field({.name = "threads", .help = "Threads to use; 0 = all available", .min = 0, .max = 4096, .role = Role::kSpeed},
          s.threads);
  }
};

Json train(const TrainRequest& request, const Bench& bench) { return train_on_dioramas(request, bench.reporter); }

}  // namespace

extern const QuestionKind train_question;
const QuestionKind train_question =
    make_question<TrainRequest, train>("train", "Train the small network on dioramas", R"(
The network names the scene and the objects of a diorama. Equal settings give equal bytes on one machine, for
every number of threads. The command that made the shipped network is in models/README.md.
)");

}  // namespace microtome::questions

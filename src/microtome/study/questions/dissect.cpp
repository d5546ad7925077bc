// SPDX-License-Identifier: Apache-2.0
// Which concept does each unit detect, and how well?
#include "microtome/study/make_atlas.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

Json dissect(const DissectRequest& request, const Bench& bench) { return make_atlas(request, bench.reporter); }

}  // namespace

extern const QuestionKind dissect_question;
const QuestionKind dissect_question =
    make_question<DissectRequest, dissect>("dissect", "Find the concept that each unit detects, and how well", R"(
A unit's threshold is the exact level that the share --tail of its activations exceeds; its label is the concept
whose pixels overlap best (IoU) with the pixels above that level.
Example:
  microtome dissect net.onnx --layers conv5 --concepts broden1_224
)");

}  // namespace microtome::questions

// SPDX-License-Identifier: Apache-2.0
// From a trained network to a browsable atlas: dissection and pictures.
#include "microtome/study/make_atlas.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

Json make(const AtlasRequest& request, const Bench& bench) { return make_atlas(request, bench.reporter); }

}  // namespace

extern const QuestionKind atlas_question;
const QuestionKind atlas_question =
    make_question<AtlasRequest, make>("atlas", "Dissect layers and render their units into one atlas", R"(
An interrupted run continues with the same command line; more layers or units can be added later.
Example:
  microtome atlas googlenet.onnx --preprocess caffe-bgr --layers inception_4e --concepts broden1_224 --out g.atlas
)");

}  // namespace microtome::questions

// SPDX-License-Identifier: Apache-2.0
// Which pictures drive units most and least?
#include "microtome/study/make_atlas.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

Json visualize(const PictureRequest& request, const Bench& bench) { return make_atlas(request, bench.reporter); }

}  // namespace

extern const QuestionKind visualize_question;
const QuestionKind visualize_question =
    make_question<PictureRequest, visualize>("visualize", "Render the pictures that drive units most and least", R"help(
An interrupted run continues with the same command line.
Examples:
  microtome visualize net.onnx --layers conv5 --units 0-15 --steps 256
  microtome visualize net.onnx --layers conv4,conv5 --variants 4 --dry-run
  microtome visualize net.onnx --layers conv5 --objective "{sign}channel({layer}:{unit}) - 0.1*tv"
  microtome visualize net.onnx --objective "channel(conv4:7) + channel(conv5:31)"
)help");

}  // namespace microtome::questions

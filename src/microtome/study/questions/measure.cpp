// SPDX-License-Identifier: Apache-2.0
// Which spectrum and which colours have your own pictures?
#include "microtome/study/measure_pictures.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

Json measure(const MeasureRequest& request, const Bench& bench) { return measure_pictures(request, bench.reporter); }

}  // namespace

extern const QuestionKind measure_question;
const QuestionKind measure_question = make_question<MeasureRequest, measure>(
    "measure", "Measure the spectrum and the colours of a folder of pictures",
    "\nA visualization of a network of X-rays should not have the spectrum and the colours of holiday snaps:\n"
    "  microtome measure my_pictures --colours c.npy\n"
    "  microtome measure my_pictures --colour c.npy --spectrum s.npy\n"
    "  microtome visualize net.onnx --layers conv5 --parametrization \"maco(spectrum=s.npy,colour=c.npy)\"\n");

}  // namespace microtome::questions

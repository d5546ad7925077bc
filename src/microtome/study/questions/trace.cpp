// SPDX-License-Identifier: Apache-2.0
// Which pixels of an image drive a unit?
#include "microtome/study/question.h"
#include "microtome/study/trace_units.h"

namespace microtome::questions {
namespace {

Json trace(const TraceRequest& request, const Bench& bench) { return trace_units(request, bench.reporter); }

}  // namespace

extern const QuestionKind trace_question;
const QuestionKind trace_question = make_question<TraceRequest, trace>(
    "trace", "Show which pixels of an image drive a unit: guided backprop, deconvolution",
    "\nFor each unit and image: the part of the image that the unit's strongest position sees, and beside it how\n"
    "its pixels drive that position. Grey is nothing, brighter and darker are more of a colour and less.\n"
    "Examples:\n"
    "  microtome trace googlenet.onnx dog.jpg --layer inception_4c --units 0-15 --preprocess caffe-bgr --out traces\n"
    "  microtome trace net.onnx --atlas net.atlas --concepts scenes --layer conv5 --out traces\n");

}  // namespace microtome::questions

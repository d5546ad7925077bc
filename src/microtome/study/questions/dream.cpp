// SPDX-License-Identifier: Apache-2.0
// What is a photo in which a layer sees more of what it sees?
#include "microtome/study/dream_photo.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

Json dream(const DreamRequest& request, const Bench& bench) { return dream_photo(request, bench.reporter); }

}  // namespace

extern const QuestionKind dream_question;
const QuestionKind dream_question = make_question<DreamRequest, dream>(
    "dream", "Let a network dream on a photo (DeepDream)",
    "\nDeepDream: the photo is taken small at first; at each size the layer's own answer is raised step by step, and "
    "the\n"
    "detail that grew is carried to the next size. Low layers give strokes, high ones eyes, animals and buildings.\n"
    "A network that takes one size only is asked tile by tile. --threads helps with --tile.\n"
    "Examples:\n"
    "  microtome dream googlenet.onnx sky.jpg --layer inception_4c --preprocess caffe-bgr --out dream.png\n"
    "  microtome dream googlenet.onnx sky.jpg --layer inception_3b --guide flowers.jpg --preprocess caffe-bgr --out "
    "d.png\n");

}  // namespace microtome::questions

// SPDX-License-Identifier: Apache-2.0
// Which pictures drive units most and least?
#include "microtome/study/make_atlas.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

struct VisualizeRequest : PictureRequest {
  bool dry_run = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    PictureRequest::fields(s, field);
    field({.name = "dry-run",
           .help = "Say what would be made and, from a few steps, how long it would take; write nothing",
           .role = Role::kSubject},
          s.dry_run);
  }
};

// {"file"}, of a dry run what estimate() says (picture_plan.h).
Json visualize(const VisualizeRequest& request, const Bench& bench) {
  return request.dry_run ? plan_atlas(request, bench.reporter) : make_atlas(request, bench.reporter);
}

}  // namespace

extern const QuestionKind visualize_question;
const QuestionKind visualize_question = make_question<VisualizeRequest, visualize>(
    "visualize", "Render the pictures that drive units most and least",
    "\nAn interrupted run continues with the same command line.\n"
    "Examples:\n"
    "  microtome visualize net.onnx --layers conv5 --units 0-15 --steps 256\n"
    "  microtome visualize net.onnx --layers conv4,conv5 --variants 4 --dry-run\n"
    "  microtome visualize net.onnx --layers conv5 --objective \"{sign}channel({layer}:{unit}) - 0.1*tv\"\n"
    "  microtome visualize net.onnx --objective \"channel(conv4:7) + channel(conv5:31)\"\n");

}  // namespace microtome::questions

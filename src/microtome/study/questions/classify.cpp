// SPDX-License-Identifier: Apache-2.0
// What does the network itself say of a picture?
#include "microtome/network/classify.h"
#include "microtome/base/error.h"
#include "microtome/image/codec.h"
#include "microtome/study/check_range.h"
#include "microtome/study/question.h"

namespace microtome::questions {
namespace {

struct ClassifyRequest : ThreadArguments {
  NetworkArguments network;
  std::vector<std::string> images;
  int64_t resize = 0;
  int64_t top = 5;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    NetworkArguments::file_field(s.network, field);
    field({.name = "images",
           .help = "PNG, JPEG or WebP files",
           .role = Role::kSubject,
           .positional = true,
           .required = true},
          s.images);
    NetworkArguments::input_fields(s.network, field);
    field({.name = "resize",
           .help =
               "Short side before the centre crop, pixels; 0 = input side * 256 / 224, or none for a picture that fits",
           .min = 0,
           .max = 16384},
          s.resize);
    field({.name = "top", .help = "Classes to print for each image", .min = 1, .max = 100000, .role = Role::kSubject},
          s.top);
    ThreadArguments::fields(s, field);
  }
};

Json top_classes(const std::vector<float>& probabilities, const std::vector<std::string>& classes, int64_t count,
                 const char* measure) {
  Json top = Json::array();
  for (const Guess& guess : likeliest(probabilities, static_cast<int>(count))) {
    const size_t index = static_cast<size_t>(guess.index);
    top.push_back({{"index", guess.index},
                   {"label", index < classes.size() ? Json(classes[index]) : Json(nullptr)},
                   {measure, guess.probability}});
  }
  return top;
}

// The pictures that were given, as far as they can be read.
std::vector<Image> some_images(const std::vector<std::string>& files) {
  std::vector<Image> images;
  const int64_t count = std::min(kProbedImages, std::ssize(files));
  for (int64_t i = 0; i < count; ++i) {
    try {
      images.push_back(load_image(files[static_cast<size_t>(i * std::ssize(files) / count)]));
    } catch (const Error&) {
      // Named when it is classified.
    }
  }
  return images;
}

// {"images":[{"file","top":[{"index","label","probability"}]}]}, with "share" of the positions in place of
// "probability" for a network that gives a map of classes; unreadable images are warned of and carry "error".
Json classify(const ClassifyRequest& request, const Bench& bench) {
  const Source source = open_source(request.network, static_cast<int>(request.resize));
  const Classifier classifier(source.network, source.preprocessing, /*scales_all=*/request.resize > 0);
  warn_of_assumed_range(source, bench.reporter);
  check_range(source, some_images(request.images), request.threads, bench.reporter);
  std::vector<Json> answers(request.images.size());
  Task progress(bench.reporter, "classifying", std::ssize(answers), "images");
  parallel_for(request.threads, std::ssize(answers), [&](int, int64_t index) {
    throw_if_stopped();
    const std::string& file = request.images[static_cast<size_t>(index)];
    Json answer = {{"file", file}};
    try {
      answer["top"] = top_classes(classifier.probabilities(load_image(file, &bench.reporter)), source.classes,
                                  request.top, classifier.by_position() ? "share" : "probability");
    } catch (const Error& error) {
      bench.reporter.warn(error.what());
      answer["error"] = error.what();
      answer["top"] = Json::array();
    }
    answers[static_cast<size_t>(index)] = std::move(answer);
    progress.advance();
  });
  return {{"images", answers}};
}

}  // namespace

extern const QuestionKind classify_question;
const QuestionKind classify_question =
    make_question<ClassifyRequest, classify>("classify", "Name what a network sees in pictures", R"(
The short side is scaled (antialiased) and the centre cropped; a picture of exactly the network's size is taken as it
is, unless a short side is given. A wrong range is the most common silent mistake:
check here that the network is right about a few pictures before you trust anything else. Of a network that
gives a map of classes (segmentation), the share of the positions at which each class is the likeliest is said.
Example:
  microtome classify googlenet.onnx cat.jpg --preprocess caffe-bgr --labels labels.txt
)");

}  // namespace microtome::questions

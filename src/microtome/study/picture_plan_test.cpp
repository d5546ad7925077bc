// SPDX-License-Identifier: Apache-2.0
// What a plan of pictures settles before anything is made: the run that it belongs to, and what cannot work.
#include "microtome/study/picture_plan.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/base/npy.h"
#include "microtome/image/codec.h"
#include "microtome/network/derived_name.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/study/derived_layers.h"
#include "microtome/study/network_facts.h"
#include "microtome/study/render_pictures.h"
#include "microtome/study/study_testing.h"

namespace microtome {
namespace {

using testing::KeptWarnings;
using testing::kSide;
using testing::planted_source;

class PicturePlanTest : public ::testing::Test {
 protected:
  PicturePlanTest() {
    std::filesystem::remove_all(folder_);
    request_.render.steps = 6;
    request_.threads = 1;
  }
  ~PicturePlanTest() override { std::filesystem::remove_all(folder_); }

  PicturePlan plan() const {
    Source source = planted_source();
    const std::vector<std::string> layers =
        derive_layers(source, request_.layers, request_.bases, nullptr, 1, *make_silent_reporter());
    std::vector<LayerTask> tasks;
    for (const std::string& layer : layers) tasks.push_back({layer, {0, 1}});
    return plan_pictures(source, tasks, request_);
  }
  std::string run() const { return plan().provenance.settings.dump(); }

  std::string refusal() const {
    try {
      plan();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
      return error.what();
    }
    return "";
  }

  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  static void write_numbers(const std::string& file, float first, std::vector<int64_t> shape) {
    const std::vector<float> values = {first, 0.25f, 0.5f, 2};
    size_t count = 1;
    for (const int64_t side : shape) count *= static_cast<size_t>(side);
    write_file(file, npy_bytes(std::span(values).first(count), shape));
  }
  static void write_picture(const std::string& file, float level) {
    Image image(kSide, kSide);
    for (size_t i = 0; i < image.pixels.size(); i += 3) image.pixels[i] = static_cast<uint8_t>(40 * level);  // red
    write_file(file, encode_png(image));
  }

  const std::string folder_ = ::testing::TempDir() + "microtome_picture_plan_test";
  PictureRequest request_;
};

// A file that is written anew under its name makes other pictures: they are of another run.
TEST_F(PicturePlanTest, ARunIsOfTheContentOfTheFilesThatItNames) {
  const std::string vector = file("v.npy"), picture = file("p.png"), basis = file("b.npy"), labels = file("l.txt");
  const auto objective = [&](const std::string& text) { request_.objective = text; };
  struct Case {
    std::string file;
    std::function<void(float)> write;
    std::function<void()> ask;
  };
  const auto numbers = [&](float first) { write_numbers(vector, first, {2}); };
  const auto pixels = [&](float level) { write_picture(picture, level); };
  const std::vector<Case> cases = {
      {vector, numbers, [&] { objective("direction(colour,vector=" + vector + ")"); }},
      {vector, numbers, [&] { objective("colour:1 - 2*(tv + direction(colour,vector=" + vector + "))"); }},
      {picture, pixels, [&] { objective("caricature(colour,image=" + picture + ")"); }},
      {picture, pixels, [&] { objective("inversion(colour,image=" + picture + ")"); }},
      {picture, pixels, [&] { objective("style(colour,image=" + picture + ")"); }},
      {picture, pixels, [&] { objective("tensor(colour,image=" + picture + ")"); }},
      {picture, pixels, [&] { objective("colour:1"), request_.render.start = picture; }},
      {basis,
       [&](float first) {
         write_numbers(basis, first, {2, 2});
       },
       [&] { request_.layers = {"colour"}, request_.bases = {basis}; }},
      {labels, [&](float level) { write_file(labels, level > 1 ? "plum\nfig\n" : "fig\nplum\n"); },
       [&] { objective("colour:1 + colour:0"), request_.network.labels = labels; }},
  };
  for (const Case& one : cases) {
    request_ = {};
    one.ask();
    one.write(1);
    const std::string first = run();
    EXPECT_EQ(run(), first) << one.file;
    one.write(2);
    EXPECT_NE(run(), first) << one.file << " " << request_.objective;
    one.write(1);
    EXPECT_EQ(run(), first) << one.file;
  }
}

TEST_F(PicturePlanTest, ARunIsOfTheContentOfMeasuredColoursAndSpectra) {
  request_.objective = "colour:1";
  const std::string colours = file("c.npy"), spectrum = file("s.npy");
  const auto write = [&](float value) {
    const std::vector<float> matrix = {1, 0, 0, 0, value, 0, 0, 0, 1}, magnitudes(3 * 4 * 3, value);
    write_file(colours, npy_bytes(std::span(matrix), {3, 3}));
    write_file(spectrum, npy_bytes(std::span(magnitudes), {3, 4, 3}));
  };
  for (const std::string& text :
       {"fft(colour=" + colours + ")", "pixel(colour=" + colours + ")", "laplacian(colour=" + colours + ")",
        "shared(colour=" + colours + ")", "maco(spectrum=" + spectrum + ")",
        "maco(colour=" + colours + ",spectrum=" + spectrum + ")"}) {
    request_.render.parametrization = text;
    write(1);
    const std::string first = run();
    EXPECT_EQ(run(), first) << text;
    write(2);
    EXPECT_NE(run(), first) << text;
  }
}

TEST_F(PicturePlanTest, WhatCannotWorkFailsBeforeAnythingIsMade) {
  const std::string picture = file("p.png");
  write_picture(picture, 1);
  struct Wrong {
    std::function<void()> ask;
    std::string text;
  };
  RenderSettings& render = request_.render;
  const auto objective = [&](const std::string& text) { request_.objective = text; };
  const std::vector<Wrong> all = {
      {[&] { objective("patch(colour:1,w=17)"); }, "does not fit"},
      {[&] { objective("neuron(colour:1,x=16)"); }, "lies outside"},
      {[&] { objective("colour:1*(1 - alpha)"); }, "no opacity"},
      {[&] { objective("colour:1 - diversity(colour)"), request_.variants = 2, render.copies = 2; }, "copies: "},
      {[&] { objective("colour:1"), render.parametrization = "cppn", render.start = picture; }, "start: "},
      {[&] {
         objective("colour:1"), render.frames = {0, 6, 513};
       },
       "no step 513"},
      {[&] { objective("neuron(colour:1,x=3)"), render.grow = {8}; }, "names places"},
      {[&] { objective("tv + 2*patch(colour:1,y=3)"), render.grow = {8}; }, "names places"},
  };
  for (const Wrong& wrong : all) {
    request_ = {};
    wrong.ask();
    const std::string found = refusal();
    EXPECT_NE(found.find(wrong.text), std::string::npos) << request_.objective << ": " << found;
  }
  request_ = {};
  request_.objective = "neuron(colour:1)";  // The centre is the centre of every map.
  request_.render.grow = {8};
  EXPECT_EQ(refusal(), "");
}

// The names that --labels gives are those that objectives ask for.
TEST_F(PicturePlanTest, SaysWhenARunGoesOnWithOtherInstructions) {
  request_.layers = {"colour"};
  Provenance begun = plan().provenance;
  EXPECT_FALSE(begun.settings["instructions"].get<std::string>().empty());
  begun.settings["instructions"] = "another";
  std::filesystem::create_directories(folder_);
  Atlas atlas = Atlas::open(file("elsewhere.atlas"), Atlas::Mode::kCreateOrWrite);
  const Source source = planted_source();
  atlas.put_network(network_record(source), layer_records(source.network, source.network));
  const int64_t run = atlas.begin_run(begun);
  KeptWarnings warnings;
  render_pictures(plan(), request_, atlas, warnings);
  ASSERT_EQ(warnings.texts.size(), 1U);
  EXPECT_NE(warnings.texts[0].find("another"), std::string::npos);
  EXPECT_EQ(atlas.find_run(plan().provenance), run) << "no part of the key";
}

// Whatever a layer is called, what fills {layer} in reads back, and the text that is stored parses to itself.
TEST_F(PicturePlanTest, LayersOfAnyNameAreFilledIn) {
  for (const std::string name : {"relu layer \"1\"", "block, a", "f(x)=y", "a\\b", "\"", "x:3", "1 + 2*tv"}) {
    const Source source = planted_source(name);
    const std::vector<LayerTask> tasks = {{name, {0, 1}}};
    request_.layers = {name};
    request_.variants = 2;
    for (const char* text : {"", "{sign}{layer}:{unit}", "{sign}channel({layer}:{unit})",
                             "channel(layer=\"{layer}\",unit={unit})", "{layer}:{unit} * (1 - 0.1*diversity({layer}))",
                             "channel(layer={layer}, unit={unit}) - 0.1*diversity(\"{layer}\")"}) {
      request_.objective = text;
      const PicturePlan made = plan_pictures(source, tasks, request_);
      ASSERT_FALSE(made.tasks.empty()) << name << " " << text;
      for (const PictureTask& task : made.tasks) {
        EXPECT_EQ(task.layer, name) << text;
        const Objective again = made.renderer->parse(task.objective.text);
        EXPECT_EQ(again.text, task.objective.text);
        ASSERT_TRUE(again.target.has_value()) << again.text;
        EXPECT_EQ(split_derived_name(again.target->layer).layer, name);
      }
    }
  }
}

TEST_F(PicturePlanTest, LabelsNameTheClassesOfObjectives) {
  NetworkArguments network;
  network.file = file("planted.safetensors");
  network.labels = file("labels.txt");
  network.preprocess = "raw";
  std::filesystem::create_directories(folder_);
  save_network(planted_source().network, network.file);
  write_file(network.labels, "caf\xE9\r\nplum, damson\n\n");
  request_.network = network;
  request_.objective = "logit(class=damson)";
  const auto plan_of_file = [&] { return plan_pictures(open_source(network), {}, request_); };
  EXPECT_EQ(plan_of_file().tasks.at(0).objective.text, "logit(unit=1)");
  EXPECT_EQ(open_source(network).classes.at(0), "caf\xEF\xBF\xBD");
  for (const char* names : {"cherry\nplum, damson\nfig\n", "damson\n", ""}) {  // of another network
    write_file(network.labels, names);
    EXPECT_THROW(open_source(network), Error) << names;
  }
}

}  // namespace
}  // namespace microtome

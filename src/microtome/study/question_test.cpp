// SPDX-License-Identifier: Apache-2.0
// Properties of every question, and the door through which questions are asked.
#include "microtome/study/question.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "microtome/base/error.h"
#include "microtome/base/file.h"
#include "microtome/network/formats/safetensors.h"
#include "microtome/study/engine.h"
#include "microtome/study/study_testing.h"

namespace microtome {
namespace {

namespace fs = std::filesystem;

class QuestionTest : public ::testing::Test {
 protected:
  ~QuestionTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    write_file(folder_ + "/" + name, content);
    return folder_ + "/" + name;
  }

  // What must be said, with files that are there.
  Json least(const Json& arguments) const {
    Json request = Json::object();
    for (const Json& argument : arguments) {
      if (!argument.value("required", false)) continue;
      const auto name = argument["name"].get<std::string>();
      const Json value = file(name, "content of " + name);
      request[name] = argument["type"] == "list" ? Json::array({value}) : value;
    }
    return request;
  }

  // Another value than the usual one.
  Json other(const Json& argument) const {
    const Field field = field_of(argument);
    const std::string type = argument["type"];
    if (type == "list") {
      Json item = argument;
      item["type"] = argument["items"];
      item["default"] = argument["items"] == "text" ? Json("") : Json(field.min);
      return Json::array({other(item)});
    }
    if (type == "flag") return true;
    if (type == "text") {
      if (field.role == Role::kFile || field.role == Role::kNetwork) return file(std::string(field.name), "one");
      return field.choices.empty() ? "other" : std::string(field.choices.substr(field.choices.rfind('|') + 1));
    }
    const double usual = argument["default"].get<double>();
    if (type == "integer") return static_cast<int64_t>(usual < field.max ? usual + 1 : usual - 1);
    return std::isinf(field.max) ? usual + 1 : usual + (field.max - usual) / 2;
  }

  const std::string folder_ = ::testing::TempDir() + "microtome_question_test";
};

TEST_F(QuestionTest, EachIsDescribedWhole) {
  std::set<std::string_view> names;
  for (const QuestionKind* kind : questions::kinds()) {
    EXPECT_TRUE(names.insert(kind->name).second) << kind->name << " stands twice";
    EXPECT_FALSE(kind->summary.empty()) << kind->name;
    std::set<std::string> arguments;
    for (const Json& argument : kind->arguments()) {
      const auto name = argument["name"].get<std::string>();
      EXPECT_TRUE(arguments.insert(name).second) << kind->name << " has two arguments called " << name;
      EXPECT_FALSE(argument["help"].get<std::string>().empty()) << kind->name << " " << name;
      EXPECT_NE(name, "command") << "is taken by the door";
    }
    EXPECT_EQ(&questions::named(kind->name), kind);
  }
  EXPECT_THROW(questions::named("disect"), Error);
}

TEST_F(QuestionTest, SettingsAndFilesMoveTheKeyAndNothingElseDoes) {
  int settings = 0, speeds = 0, files = 0;
  for (const QuestionKind* kind : questions::kinds()) {
    const Json arguments = kind->arguments();
    const Json usual = least(arguments);
    const Json key = kind->settings(usual);
    for (const Json& argument : arguments) {
      const Field field = field_of(argument);
      const std::string name(field.name), where = std::string(kind->name) + " --" + name;
      Json request = usual;
      request[name] = other(argument);
      const Json moved = kind->settings(request);
      if (field.role == Role::kSetting) {
        EXPECT_NE(moved, key) << where;
        ++settings;
      } else if (field.role == Role::kFile || field.role == Role::kNetwork) {
        file(name, "two");
        EXPECT_NE(kind->settings(request), moved) << where << ": the file's content does not matter";
        file(name, "content of " + name);
        ++files;
      } else {
        EXPECT_EQ(moved, key) << where;
        speeds += field.role == Role::kSpeed;
      }
    }
  }
  EXPECT_GT(settings, 50);
  EXPECT_GT(speeds, 10);
  EXPECT_GT(files, 10);
}

// An answer of the door, and what it said on the way.
struct Answer {
  int status = 0;
  Json document;
  std::vector<std::string> said;
};

Answer ask(const char* question, const std::string& request) {
  Answer out;
  MicrotomeReporter reporter{};
  reporter.context = &out.said;
  reporter.start = [](void* to, const char* task, int64_t, const char*, int64_t) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(task);
  };
  reporter.say = [](void* to, int level, const char* text) {
    static_cast<std::vector<std::string>*>(to)->push_back(std::to_string(level) + " " + text);
  };
  MicrotomeText text{};
  out.status = microtome_ask(question, request.c_str(), &reporter, &text);
  out.document = Json::parse(text.text);
  microtome_free(&text);
  EXPECT_EQ(text.text, nullptr);
  microtome_free(&text);
  return out;
}

TEST_F(QuestionTest, TheDoorAnswersAndRefuses) {
  EXPECT_EQ(microtome_version(), MICROTOME_DOOR_VERSION);
  const Json catalogue = Json::parse(microtome_catalogue());
  EXPECT_EQ(catalogue["questions"].size(), questions::kinds().size());
  EXPECT_TRUE(catalogue["kinds"].contains("objectives"));

  Network network = testing::planted_source().network;
  fs::create_directories(folder_);
  save_network(network, folder_ + "/planted.safetensors");
  const Json request = {{"network", folder_ + "/planted.safetensors"}, {"command", "typed"}};
  const Answer info = ask("info", request.dump());
  EXPECT_EQ(info.status, 0) << info.document;
  EXPECT_EQ(info.document["layers"].back()["name"], "colour");
  EXPECT_EQ(info.document["network"]["outputs"].back()["name"], "colour");
  EXPECT_TRUE(info.document["network"]["input"]["held"].empty());
  Json held = request;
  held["input"] = {"mask=1"};
  EXPECT_EQ(ask("info", held.dump()).document["kind"], "not-found");
  held["input"] = {"mask"};
  EXPECT_EQ(ask("info", held.dump()).document["where"], "input");

  struct Wrong {
    const char* question;
    std::string request;
    int status;
    Json error;
  };
  const std::vector<Wrong> all = {
      {"inof",
       "{}",
       2,
       {{"kind", "usage"}, {"where", "question"}, {"what", "there is no \"inof\""}, {"remedy", "nearest: \"info\""}}},
      {"info", "{", 2, {{"kind", "usage"}, {"where", "request"}, {"what", "is not a JSON object"}, {"remedy", ""}}},
      {"info",
       "{}",
       2,
       {{"kind", "usage"},
        {"where", "network"},
        {"what", "is required"},
        {"remedy", "Network file (ONNX, PyTorch, safetensors), or the name of a fetched one: resnet50"}}},
      {"info",
       R"({"network":"x","netwrk":1})",
       2,
       {{"kind", "usage"},
        {"where", "request"},
        {"what", "there is no argument \"netwrk\""},
        {"remedy", "nearest: \"network\""}}},
  };
  for (const Wrong& wrong : all) {
    const Answer answer = ask(wrong.question, wrong.request);
    EXPECT_EQ(answer.status, wrong.status);
    EXPECT_EQ(answer.document, wrong.error);
  }
  const Answer missing = ask("info", R"({"network":"/nowhere/x.onnx"})");
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.document["kind"], "not-found");
}

TEST_F(QuestionTest, TheDoorReportsAndIsNotClosedByAStop) {
  fs::create_directories(folder_);
  save_network(testing::planted_source().network, folder_ + "/planted.safetensors");
  microtome_stop();
  const Json request = {{"network", folder_ + "/planted.safetensors"},
                        {"layer", "colour"},
                        {"images", {file("x.png", "no picture")}},
                        {"out", folder_ + "/traces"}};
  const Answer answer = ask("trace", request.dump());
  EXPECT_EQ(answer.status, 0) << answer.document;
  ASSERT_EQ(answer.said.size(), 2U);
  EXPECT_EQ(answer.said[1], "tracing");
  EXPECT_TRUE(answer.said[0].starts_with("2 ")) << answer.said[0];
}

}  // namespace
}  // namespace microtome

// SPDX-License-Identifier: Apache-2.0
#include "microtome/base/arguments.h"

#include <gtest/gtest.h>

#include "microtome/base/error_parts.h"

namespace microtome {
namespace {

struct Asked {
  std::string file;
  int64_t steps = 8;
  uint64_t seed = 0;
  double rate = 0.5;
  bool loud = false;
  std::string method = "plain";
  std::vector<double> tails;
  std::vector<std::string> bases = {"identity"};
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor&& field) {
    field({.name = "file", .help = "A file", .role = Role::kFile, .positional = true, .required = true}, s.file);
    field({.name = "steps", .help = "Steps", .min = 1, .max = 64}, s.steps);
    field({.name = "seed", .help = "A seed", .min = 0}, s.seed);
    field({.name = "rate", .help = "A rate"}, s.rate);
    field({.name = "loud", .help = "A flag", .role = Role::kSpeed}, s.loud);
    field({.name = "method", .help = "How", .choices = "plain|guided"}, s.method);
    field({.name = "tails", .help = "Tails", .min = 0, .max = 0.5}, s.tails);
    field({.name = "bases", .help = "Bases", .choices = "identity|pca"}, s.bases);
  }
};

TEST(Arguments, AreFilledInFromARequest) {
  const auto asked = parse_arguments<Asked>(
      Json::parse(R"({"file":"a","steps":3,"rate":1,"loud":true,"method":"guided","tails":[0.1,0],"bases":["pca"]})"));
  EXPECT_EQ(asked.file, "a");
  EXPECT_EQ(asked.steps, 3);
  EXPECT_EQ(asked.seed, 0U);
  EXPECT_EQ(asked.rate, 1);
  EXPECT_TRUE(asked.loud);
  EXPECT_EQ(asked.method, "guided");
  EXPECT_EQ(asked.tails, (std::vector<double>{0.1, 0}));
  EXPECT_EQ(asked.bases, std::vector<std::string>{"pca"});
}

TEST(Arguments, AreRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({})", "file: is required; A file"},
      {R"({"file":"a","stepz":1})", R"(request: there is no argument "stepz"; nearest: "steps")"},
      {R"([])", "request: is not a JSON object"},
      {R"({"file":1})", "file: 1 is not a text; A file"},
      {R"({"file":"a","steps":0})", "steps: 0 is outside 1..64; Steps"},
      {R"({"file":"a","steps":1.5})", "steps: 1.5 is not a whole number; Steps"},
      {R"({"file":"a","steps":18446744073709551615})", "steps: 18446744073709551615 is not a whole number; Steps"},
      {R"({"file":"a","seed":-1})", "seed: -1 is not a whole number from 0; A seed"},
      {R"({"file":"a","rate":"1"})", "rate: \"1\" is not a number; A rate"},
      {R"({"file":"a","loud":1})", "loud: 1 is not true or false; A flag"},
      {R"({"file":"a","method":"giuded"})", R"(method: there is no "giuded"; nearest: "guided")"},
      {R"({"file":"a","tails":0.1})", "tails: 0.1 is not a list; Tails"},
      {R"({"file":"a","tails":[0.1,0.6]})", "tails: 0.6 is outside 0..0.5; Tails"},
      {R"({"file":"a","bases":["pac"]})", R"(bases: there is no "pac"; nearest: "pca")"},
  };
  for (const auto& [request, line] : wrong) {
    try {
      parse_arguments<Asked>(Json::parse(request));
      ADD_FAILURE() << request << " is accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_EQ(error.what(), line);
    }
  }
}

TEST(Arguments, ComeBackFromTheirDescription) {
  const Json described = describe_arguments<Asked>();
  ASSERT_EQ(described.size(), 8U);
  Asked defaults;
  size_t at = 0;
  Asked::fields(defaults, [&](const Field& field, auto&) {
    const Field again = field_of(described[at++]);
    EXPECT_EQ(again.name, field.name);
    EXPECT_EQ(again.help, field.help);
    EXPECT_EQ(again.min, field.min);
    EXPECT_EQ(again.max, field.max);
    EXPECT_EQ(again.role, field.role);
    EXPECT_EQ(again.positional, field.positional);
    EXPECT_EQ(again.required, field.required);
    EXPECT_EQ(again.choices, field.choices);
  });
  EXPECT_EQ(described[7]["items"], "text");
  EXPECT_EQ(described[7]["default"], Json::array({"identity"}));
  EXPECT_EQ(described[4]["type"], "flag");
}

TEST(Errors, SayTheirPartsAndTheNameOfTheirKind) {
  const Error error(ErrorKind::kNotFound, "grow", "is too large", "leave `grow` out");
  const ErrorParts parts = parts_of(error);
  EXPECT_EQ(parts.where + "|" + parts.what + "|" + parts.remedy, "grow|is too large|leave `grow` out");
  EXPECT_STREQ(Error(error).what(), "grow: is too large; leave `grow` out");
  for (const ErrorKind kind : {ErrorKind::kUsage, ErrorKind::kNotFound, ErrorKind::kUnsupported, ErrorKind::kCorrupt,
                               ErrorKind::kIo, ErrorKind::kInternal, ErrorKind::kCancelled}) {
    EXPECT_EQ(error_kind_named(name_of(kind)), kind);
  }
  EXPECT_EQ(error_kind_named("nonsense"), ErrorKind::kInternal);
}

}  // namespace
}  // namespace microtome

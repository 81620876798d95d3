// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/rules.h"

#include <gtest/gtest.h>

#include <set>

namespace parley::tidy {

void PrintTo(const Rule& rule, std::ostream* out) {
  *out << rule.name;
}

namespace {

const std::vector<Source>& tree() {
  static const std::vector<Source> sources = read_tree(PARLEY_SOURCE_DIR);
  return sources;
}

// Several rules share a check, which is one pass over the tree.
TEST(TreeTest, KeepsEveryRule) {
  std::set<decltype(Rule::check)> done;
  for (const Rule& rule : rules()) {
    if (!done.insert(rule.check).second) continue;
    Findings findings;
    for (const Source& source : tree()) rule.check(source, findings);
    EXPECT_TRUE(findings.empty()) << report(findings);
  }
}

class RuleTest : public testing::TestWithParam<Rule> {};

// Goal: a rule that catches nothing any more is itself caught.
TEST_P(RuleTest, CatchesItsBadExample) {
  Findings findings;
  GetParam().check(parse_source(GetParam().bad_path, GetParam().bad_text), findings);
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].path, GetParam().bad_path);
  EXPECT_FALSE(findings[0].message.empty());
}

TEST_P(RuleTest, LetsItsGoodExampleThrough) {
  Findings findings;
  GetParam().check(parse_source(GetParam().good_path, GetParam().good_text), findings);
  EXPECT_TRUE(findings.empty()) << report(findings);
}

INSTANTIATE_TEST_SUITE_P(Tree, RuleTest, testing::ValuesIn(rules().begin(), rules().end()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(SourceTest, TheTreeIsSeen) {
  ASSERT_GT(tree().size(), 50u);
  bool found = false;
  for (const Source& source : tree()) found = found || source.path == "core/base/codec.h";
  EXPECT_TRUE(found);
}

TEST(SourceTest, ProseAndLiteralsAreNoCode) {
  const Source source = parse_source("a.cc",
                                     "a(\"throw\\\"\");  // throw\n"
                                     "/* throw\n throw */ b('\"'); 1'000; c(R\"x(throw)\")x\");\n");
  ASSERT_EQ(source.code.size(), 3u);
  for (const std::string& line : source.code) EXPECT_EQ(line.find("throw"), std::string::npos);
  EXPECT_NE(source.code[2].find("b("), std::string::npos);
  EXPECT_NE(source.code[2].find("1'000; c("), std::string::npos);
}

TEST(FunctionLengthTest, ConstructorsWithBraceInitialisersAreMeasured) {
  const Source source =
      parse_source("core/a.cc", "A::A() : a_{1}, b_{2} {" + std::string(80, '\n') + "}\n");
  Findings findings;
  check_function_length(source, findings);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].line, 1u);
}

TEST(FunctionLengthTest, LongTypesAndNamespacesAreNotFunctions) {
  const Source source =
      parse_source("core/a.cc", "namespace a {\nint f() { return 1; }\nstruct B : C<int> {" +
                                    std::string(80, '\n') + "void g() {}\n};\n}\n");
  Findings findings;
  check_function_length(source, findings);
  EXPECT_TRUE(findings.empty()) << report(findings);
}

}  // namespace
}  // namespace parley::tidy

// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "finnr/explore/checker.h"

namespace finnr {
namespace {

/// Two decisions of a small and fast option each, and a converter of 3 between different ones; at most 14 of one resource.
Certificate example() {
  Problem problem{{"lut"}, {{"a", {{8, {2}}, {4, {9}}}}, {"b", {{8, {1}}, {4, {7}}}}}, {{0, 1, {0, 1}, {0, 1}, {{{0}, {3}}, {{3}, {0}}}}}};
  const std::vector<Budget> budgets{budget_of(problem, 0, 14)};
  const Answer answer = fastest(problem, budgets);
  Certificate certificate{"example", problem, answer.choice, answer.value, budgets, {}};
  if (answer.claim) certificate.claims.push_back(*answer.claim);
  return certificate;
}

TEST(Certificate, HoldsAndFailsWhenChanged) {
  const Certificate good = example();
  ASSERT_EQ(good.choice, (Choice{0, 0}));
  ASSERT_EQ(good.claims.size(), 1U);
  EXPECT_EQ(good.claims[0].interval, 7) << "16 for both fast ones is beyond 14";
  EXPECT_EQ(check(good), "");

  Certificate bad = good;
  bad.interval = 4;
  EXPECT_EQ(check(bad), "the choice takes 8 cycles, not 4");
  bad = good;
  bad.choice = Choice{1, 0};
  bad.budgets[0].limit = 12;
  EXPECT_EQ(check(bad), "the choice takes 13 of budget 'lut', which is 12") << "9 + 1 and a converter";
  bad = good;
  bad.claims[0].budgets[0].limit = 16;
  EXPECT_THAT(check(bad), testing::HasSubstr("nothing within 7 cycles keeps the budgets fails: a choice is within"));
  bad = good;
  bad.claims[0].prices.clear();
  EXPECT_EQ(check(bad), "") << "a small claim can be followed without prices";
  bad.problem.couplings[0].cost[0][0] = {};
  EXPECT_EQ(check(bad), "the choice takes a forbidden pair");
}

TEST(Certificate, RefusesOtherFiles) {
  const std::string good = to_json(example());
  ASSERT_TRUE(read_certificate(good, "c.json").ok());
  const auto cause = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    const Result<Certificate> read = read_certificate(text, "c.json");
    EXPECT_FALSE(read.ok()) << text;
    if (read.ok()) return std::string();
    EXPECT_EQ(read.error().code, Code::kBadCertificate);
    return read.error().cause;
  };
  EXPECT_EQ(read_certificate("nothing", "c.json").error().cause, "it is not a JSON object");
  EXPECT_THAT(cause("\"subject\"", "\"object\""), testing::HasSubstr("key 'subject' not found"));
  EXPECT_EQ(cause("[8,[2]]", "[8,[-2]]"), "an option of 'a' is malformed");
  EXPECT_EQ(cause("[8,[2]]", "[0,[2]]"), "an option of 'a' is malformed");
  EXPECT_EQ(cause("\"from_class\":[0,1]", "\"from_class\":[0,2]"), "the coupling of 'a' and 'b' is malformed");
  EXPECT_EQ(cause("\"from\":0", "\"from\":1"), "a coupling joins no two decisions");
  EXPECT_EQ(cause("\"choice\":[0,0]", "\"choice\":[0,7]"), "the choice does not take one option of every decision");
  EXPECT_EQ(cause("\"weights\":[1]", "\"weights\":[1,1]"), "budget 'lut' has not one weight a resource");
  EXPECT_EQ(cause("\"weights\":[1]", "\"weights\":[-1]"), "a weight of budget 'lut' is out of range");
  EXPECT_EQ(cause("\"prices\":[[", "\"prices\":[[3,"), "a claim has not one price a budget");
  EXPECT_EQ(cause("\"prices\":[[", "\"prices\":[[-"), "a price is negative");
}

}  // namespace
}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/search.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "finnr/base/rng.h"
#include "finnr/explore/certificate.h"
#include "finnr/explore/checker.h"
#include "finnr/explore/random_problem_for_test.h"

namespace finnr {
namespace {

/// What trying everything finds: the least interval within the budgets, and the least amount of an objective at an interval.
struct BruteForce {
  std::optional<std::int64_t> interval;
  std::optional<std::int64_t> amount;
};

BruteForce brute_force(const Problem& problem, const std::vector<Budget>& budgets, const Budget& objective, std::int64_t interval) {
  BruteForce best;
  Choice choice(problem.decisions.size(), 0);
  while (true) {
    const std::optional<Bill> cost = cost_of(problem, choice);
    if (cost && std::ranges::all_of(budgets, [&](const Budget& b) { return amount(b, *cost) <= b.limit; })) {
      const std::int64_t cycles = interval_of(problem, choice);
      best.interval = std::min(best.interval.value_or(INT64_MAX), cycles);
      if (cycles <= interval) best.amount = std::min(best.amount.value_or(INT64_MAX), amount(objective, *cost));
    }
    std::size_t d = 0;
    while (d < choice.size() && ++choice[d] == problem.decisions[d].options.size()) choice[d++] = 0;
    if (d == choice.size()) return best;
  }
}

TEST(Explore, EqualsBruteForceWithCertificates) {
  int impossible = 0;
  int limited = 0;
  std::size_t labels = 0;
  for (std::uint64_t seed = 1; seed <= 900; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const Problem problem = random_problem(rng);
    ASSERT_EQ(flaw_of(problem), "");
    const std::vector<Budget> budgets = random_budgets(rng, problem);
    Budget objective{"objective", {}, 0};
    for (std::size_t r = 0; r < problem.resources.size(); ++r) objective.weights.push_back(rng.between(0, 3));
    const std::vector<std::int64_t> intervals = possible_intervals(problem);
    const std::int64_t interval = intervals[static_cast<std::size_t>(rng.between(0, std::ssize(intervals) - 1))];
    const BruteForce brute = brute_force(problem, budgets, objective, interval);

    const Answer fast = fastest(problem, budgets);
    ASSERT_EQ(fast.choice.has_value(), brute.interval.has_value());
    Certificate certificate{"random", problem, fast.choice, fast.value, budgets, {}};
    if (fast.choice) {
      EXPECT_EQ(fast.value, *brute.interval);
      EXPECT_TRUE(fast.proved());
      limited += fast.claim.has_value() ? 1 : 0;
    } else {
      ++impossible;
      ASSERT_TRUE(fast.claim.has_value());
      EXPECT_GE(fast.claim->interval, intervals.back());
    }
    if (fast.claim) certificate.claims.push_back(*fast.claim);
    labels = std::max(labels, fast.labels);

    const Answer cheap = cheapest(problem, interval, budgets, objective);
    ASSERT_EQ(cheap.choice.has_value(), brute.amount.has_value());
    if (cheap.choice) {
      EXPECT_EQ(cheap.value, *brute.amount);
      EXPECT_TRUE(cheap.proved()) << cheap.value << " " << cheap.bound;
      EXPECT_LE(interval_of(problem, *cheap.choice), interval);
    }
    if (cheap.claim) certificate.claims.push_back(*cheap.claim);
    EXPECT_EQ(check(certificate), "");

    // Written and read back, it still holds; a claim that reaches to the choice does not.
    Result<Certificate> read = read_certificate(to_json(certificate), "c.json");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(to_json(*read), to_json(certificate));
    if (fast.choice && fast.claim) {
      read->claims[0].interval = fast.value;
      EXPECT_NE(check(*read), "");
    }
  }
  EXPECT_GT(impossible, 20);
  EXPECT_GT(limited, 200);
  EXPECT_GT(labels, 1U) << "prices alone never decide everything";
}

}  // namespace
}  // namespace finnr

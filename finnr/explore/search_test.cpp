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

/// Many decisions of many options, between which three budgets leave much open.
Problem wide_problem(std::uint64_t seed) {
  Rng rng(seed);
  Problem problem{{"a", "b", "c", "unused"}, {}, {}};
  for (int d = 0; d < 14; ++d) {
    Decision decision{fmt::format("d{}", d), {}};
    for (int o = 0; o < 12; ++o) {
      const std::int64_t size = rng.between(20, 400);
      decision.options.push_back({1, {size, rng.between(0, 40'000) / size, rng.between(0, 40), 0}});
    }
    problem.decisions.push_back(std::move(decision));
  }
  return problem;
}

/// A limit that is just reached whatever is chosen has no price: all of the weight on it would prove as much as any other prices do while
/// nothing is refuted, and leave every beginning to be followed.
TEST(Explore, BudgetsThatEveryChoiceKeepsChangeNothing) {
  std::size_t most = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Problem problem = wide_problem(seed);
    std::vector<Budget> budgets = {budget_of(problem, 1, 1200), budget_of(problem, 2, 120)};
    const Answer without = cheapest(problem, 1, budgets, budget_of(problem, 0, 0));
    budgets.push_back(budget_of(problem, 3, 0));
    const Answer with = cheapest(problem, 1, budgets, budget_of(problem, 0, 0));
    ASSERT_TRUE(with.choice && without.choice) << seed;
    EXPECT_TRUE(with.proved()) << seed;
    EXPECT_EQ(with.value, without.value) << seed;
    EXPECT_EQ(with.labels, without.labels) << seed;
    most = std::max(most, with.labels);
    Certificate certificate{"wide", problem, with.choice, 1, budgets, {}};
    if (with.claim) certificate.claims.push_back(*with.claim);
    EXPECT_EQ(check(certificate), "") << seed;
  }
  EXPECT_GT(most, 1U);
}

}  // namespace
}  // namespace finnr

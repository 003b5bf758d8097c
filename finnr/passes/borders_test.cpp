// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/borders.h"

#include <gtest/gtest.h>

#include <functional>

#include "finnr/base/rng.h"

namespace finnr {
namespace {

TEST(Borders, SimplestRatioBetweenTwo) {
  EXPECT_EQ(simplest_between({-1, 0}, {1, 0}), (Factors{1, 0}));
  EXPECT_EQ(simplest_between({0, 1}, {1, 0}), (Factors{1, 1}));
  EXPECT_EQ(simplest_between({0, 1}, {1, 1}), (Factors{2, 1}));
  EXPECT_EQ(simplest_between({-1, 0}, {0, 1}), (Factors{1, -1}));
  EXPECT_EQ(simplest_between({314, 100}, {315, 100}), (Factors{7, 22}));
  EXPECT_EQ(simplest_between({-315, 100}, {-314, 100}), (Factors{7, -22}));
  EXPECT_EQ(simplest_between({1, 3}, {1, 2}), (Factors{5, 2}));
  EXPECT_EQ(simplest_between({1, 2}, {1, 2}), std::nullopt);
  EXPECT_EQ(simplest_between({2, 3}, {1, 2}), std::nullopt);
}

TEST(Borders, SimplestRatiosAreTheSmallestOfAll) {
  Rng rng(1);
  for (int i = 0; i < 300; ++i) {
    const Ratio lo{rng.between(-60, 60), rng.between(1, 30)};
    const Ratio hi{rng.between(-60, 60), rng.between(1, 30)};
    std::optional<Factors> wanted;
    for (std::int64_t m = 1; !wanted && lo.n * hi.m < hi.n * lo.m && m <= lo.m + hi.m; ++m) {  // their mediant lies between
      for (std::int64_t n = 0; !wanted && n <= 61 * m; ++n) {
        for (const std::int64_t signed_n : {n, -n}) {
          if (signed_n * lo.m > lo.n * m && signed_n * hi.m < hi.n * m) wanted = Factors{m, signed_n};
        }
      }
    }
    EXPECT_EQ(simplest_between(lo, hi), wanted) << lo.n << "/" << lo.m << " " << hi.n << "/" << hi.m;
  }
}

struct Range {
  std::int64_t a_lo, a_hi, b_lo, b_hi;
};

Border border_of(const Range& r, const std::function<bool(std::int64_t, std::int64_t)>& reached) {
  Border border;
  for (std::int64_t b = r.b_lo; b <= r.b_hi; ++b) {
    std::int64_t a = r.a_lo;
    while (a <= r.a_hi && !reached(a, b)) ++a;
    border.add(b, a, r.a_lo, r.a_hi);
  }
  return border;
}

TEST(Borders, FactorsOfRandomHalfPlanesAreFound) {
  Rng rng(2);
  for (int i = 0; i < 400; ++i) {
    const Range r{-rng.between(0, 40), rng.between(1, 40), -rng.between(0, 20), rng.between(1, 20)};
    const std::int64_t m = rng.between(1, 50);
    const std::int64_t n = rng.between(-50, 50);
    std::vector<Border> borders;
    for (int k = 0; k < 3; ++k) {
      const std::int64_t at = rng.between(-400, 400);
      borders.push_back(border_of(r, [&](std::int64_t a, std::int64_t b) { return m * a + n * b >= at; }));
    }
    const Fit fit = fit_factors(std::vector<const Border*>{&borders[0], &borders[1], &borders[2]});
    ASSERT_TRUE(fit.factors.has_value());
    EXPECT_LE(fit.factors->m, m) << "not larger than factors known to do";
    for (const Border& border : borders) {
      if (border.below.empty() || border.reached.empty()) continue;
      const std::int64_t t = threshold_of(border, *fit.factors);
      for (const BorderPoint& p : border.below) EXPECT_LT(fit.factors->m * p.a + fit.factors->n * p.b, t);
      for (const BorderPoint& p : border.reached) EXPECT_GE(fit.factors->m * p.a + fit.factors->n * p.b, t);
    }
  }
}

TEST(Borders, ACurvedBorderHasNone) {
  const Border border = border_of({0, 15, 0, 15}, [](std::int64_t a, std::int64_t b) { return a * b >= 20; });
  const Fit fit = fit_factors(std::vector<const Border*>{&border});
  EXPECT_FALSE(fit.factors.has_value());
  EXPECT_GE(static_cast<double>(fit.lo.n) / static_cast<double>(fit.lo.m), static_cast<double>(fit.hi.n) / static_cast<double>(fit.hi.m));
}

}  // namespace
}  // namespace finnr

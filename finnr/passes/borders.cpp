// SPDX-License-Identifier: Apache-2.0
// Cutting planes: try the simplest ratio left, find the pair of hull points that contradicts it most, and cut the interval of
// ratios there. Each cut is a condition that every solution meets, so the first ratio without a contradiction is the smallest,
// and an interval that closes proves that there is none.
#include "finnr/passes/borders.h"

#include <algorithm>

#include "finnr/base/check.h"

namespace finnr {
namespace {

__extension__ using Wide = __int128;

/// Sign of x - y.
int compare(const Ratio& x, const Ratio& y) {
  const Wide difference = static_cast<Wide>(x.n) * y.m - static_cast<Wide>(y.n) * x.m;
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}

/// Turn of the path o, p, q: positive to the left.
Wide turn(const BorderPoint& o, const BorderPoint& p, const BorderPoint& q) {
  return static_cast<Wide>(p.b - o.b) * (q.a - o.a) - static_cast<Wide>(p.a - o.a) * (q.b - o.b);
}

void append(std::vector<BorderPoint>& hull, const BorderPoint& point, int side) {
  while (hull.size() > 1 && turn(hull[hull.size() - 2], hull.back(), point) * side <= 0) hull.pop_back();
  hull.push_back(point);
}

Wide value(const BorderPoint& point, const Factors& factors) {
  return static_cast<Wide>(factors.m) * point.a + static_cast<Wide>(factors.n) * point.b;
}

/// The point of a hull that lies furthest up (sign +1) or down (-1). Along a hull the value rises to it and falls behind it.
const BorderPoint& extreme(const std::vector<BorderPoint>& hull, const Factors& factors, int sign) {
  std::size_t lo = 0;
  std::size_t hi = hull.size() - 1;
  while (lo < hi) {
    const std::size_t middle = lo + (hi - lo) / 2;
    const Wide step = value(hull[middle + 1], factors) - value(hull[middle], factors);
    if (step * sign > 0) {
      lo = middle + 1;
    } else {
      hi = middle;
    }
  }
  return hull[lo];
}

/// 0 <= lo < hi. The integer above lo if it lies below hi; else the integer part and the inverse of the rest.
Factors simplest_positive(const Ratio& lo, const Ratio& hi) {
  const std::int64_t whole = lo.n / lo.m;
  if (compare({whole + 1, 1}, hi) < 0) return {1, whole + 1};
  const Ratio rest_lo{lo.n - whole * lo.m, lo.m};
  const Ratio rest_hi{hi.n - whole * hi.m, hi.m};
  const Factors inverse = simplest_positive({rest_hi.m, rest_hi.n}, {rest_lo.m, rest_lo.n});
  return {inverse.n, whole * inverse.n + inverse.m};
}

}  // namespace

void Border::add(std::int64_t b, std::int64_t a, std::int64_t a_lo, std::int64_t a_hi) {
  if (a > a_lo) append(below, {b, a - 1}, -1);
  if (a <= a_hi) append(reached, {b, a}, 1);
}

std::optional<Factors> simplest_between(Ratio lo, Ratio hi) {
  if (compare(lo, hi) >= 0 && !(lo.m == 0 && hi.m == 0 && lo.n < hi.n)) return std::nullopt;
  if (lo.n < 0 && hi.n > 0) return Factors{1, 0};
  if (hi.n > 0) return simplest_positive(lo, hi);
  const Factors mirrored = simplest_positive({-hi.n, hi.m}, {-lo.n, lo.m});
  return Factors{mirrored.m, -mirrored.n};
}

Fit fit_factors(std::span<const Border* const> borders) {
  Fit fit;
  for (;;) {
    const std::optional<Factors> factors = simplest_between(fit.lo, fit.hi);
    if (!factors) return fit;
    bool good = true;
    for (const Border* border : borders) {
      if (border->below.empty() || border->reached.empty()) continue;
      const BorderPoint& under = extreme(border->below, *factors, 1);
      const BorderPoint& over = extreme(border->reached, *factors, -1);
      if (value(under, *factors) < value(over, *factors)) continue;
      // Wanted: m * (under.a - over.a) < n * (over.b - under.b).
      const std::int64_t db = over.b - under.b;
      const std::int64_t da = under.a - over.a;
      FINNR_CHECK(db != 0, "a border point contradicts itself");
      if (db > 0 && compare({da, db}, fit.lo) > 0) fit.lo = {da, db};
      if (db < 0 && compare({-da, -db}, fit.hi) < 0) fit.hi = {-da, -db};
      good = false;
    }
    if (good) {
      fit.factors = factors;
      return fit;
    }
  }
}

std::int64_t threshold_of(const Border& border, const Factors& factors) {
  const Wide under = value(extreme(border.below, factors, 1), factors);
  const Wide over = value(extreme(border.reached, factors, -1), factors);
  const Wide sum = under + over + 1;
  return static_cast<std::int64_t>(sum >= 0 ? sum / 2 : (sum - 1) / 2);
}

}  // namespace finnr

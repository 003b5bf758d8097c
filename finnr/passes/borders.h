// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace finnr {

// Integers m > 0 and n so that thresholds on m * a + n * b reproduce a function of two integers a and b. The function rises
// along a; its border T_k[b] is the least a whose level reaches k. A threshold for level k exists exactly when every point
// (b, T_k[b] - 1) lies below every point (b, T_k[b]) in the direction (n, m); only the convex hulls of the two sets matter.

/// A point of a border.
struct BorderPoint {
  std::int64_t b = 0;
  std::int64_t a = 0;
};

/// One level's border: hulls of the last points below it (upper hull) and the first points that reach it (lower hull).
struct Border {
  std::vector<BorderPoint> below;
  std::vector<BorderPoint> reached;

  /// Adds a border point; b ascends from call to call. `a` is the least that reaches the level, one above the range of a when
  /// none does, and the least of the range when all do.
  void add(std::int64_t b, std::int64_t a, std::int64_t a_lo, std::int64_t a_hi);
};

/// m and n of m * a + n * b.
struct Factors {
  std::int64_t m = 1;
  std::int64_t n = 1;
  bool operator==(const Factors&) const = default;
};

/// A ratio n / m with m >= 0; 1 / 0 is infinite.
struct Ratio {
  std::int64_t n = 0;
  std::int64_t m = 1;
};

/// The ratio with the smallest m (and then |n|) strictly between two; nothing when there is none.
std::optional<Factors> simplest_between(Ratio lo, Ratio hi);

/// What the search for factors found.
struct Fit {
  std::optional<Factors> factors;  ///< the smallest that reproduce every border
  Ratio lo{-1, 0};                 ///< borders known to ask for n / m above this
  Ratio hi{1, 0};                  ///< and below this; crossed where no factors exist
};

/// Factors for all these borders at once, exactly.
Fit fit_factors(std::span<const Border* const> borders);

/// A threshold of m * a + n * b in the middle of what the border allows (or of the overlap, where factors are not exact).
std::int64_t threshold_of(const Border& border, const Factors& factors);

}  // namespace finnr

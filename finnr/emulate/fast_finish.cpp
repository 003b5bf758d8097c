// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/fast_finish.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/base/integers.h"

namespace finnr::fast {
namespace {

constexpr std::size_t kMostCompared = 24;  ///< steps up to which comparing is cheaper than searching
constexpr std::int32_t kNever = std::numeric_limits<std::int32_t>::max();

std::size_t padded(std::size_t channels) { return (channels + kBlock - 1) / kBlock * kBlock; }

/// The code of one channel as a function of a number: u = base + sum over k of signs[k] * [v >= at[k]]. Only steps inside the
/// range [lo, hi] of the number that change something.
struct Staircase {
  std::int64_t lo = 0;
  std::int64_t hi = 0;
  std::int64_t base = 0;
  std::vector<std::int64_t> at;     ///< ascending
  std::vector<std::int64_t> signs;  ///< of u
};

Staircase staircase(const ThresholdTables& tables, std::size_t channel, std::int64_t lo, std::int64_t hi, const Encoding& encoding) {
  const auto row = [&](const Tensor& t, std::size_t width) { return t.ints().data() + (t.shape()[0] == 1 ? 0 : channel) * width; };
  const auto steps = static_cast<std::size_t>(tables.thresholds->shape()[1]);
  const std::int64_t* at = row(*tables.thresholds, steps);
  const std::int64_t* signs = row(*tables.signs, steps);
  const std::int64_t unit = tables.bipolar ? 2 : 1;
  std::int64_t x = *row(*tables.base, 1) * unit - (tables.bipolar ? 1 : 0);
  Staircase stairs;
  stairs.lo = lo;
  stairs.hi = hi;
  for (std::size_t k = 0; k < steps; ++k) {
    if (at[k] > hi || signs[k] == 0) continue;
    if (at[k] <= lo) {
      x += signs[k] * unit;
      continue;
    }
    stairs.at.push_back(at[k]);
    stairs.signs.push_back(signs[k] * unit);
  }
  stairs.base = encoding.code(x);
  for (std::int64_t& sign : stairs.signs) sign /= encoding.step;
  return stairs;
}

/// The same codes of the sum s where v = add + factor * s: rising, v >= t is s >= (t - add) / factor rounded up; falling, it is not
/// s >= (add - t) / -factor rounded down, plus 1.
Staircase of_sums(Staircase stairs, std::int64_t add, std::int64_t factor) {
  if (factor > 0) {
    for (std::int64_t& at : stairs.at) at = ceil_div(at - add, factor);
    stairs.lo = floor_div(stairs.lo - add, factor);
    stairs.hi = ceil_div(stairs.hi - add, factor);
    return stairs;
  }
  for (std::size_t k = 0; k < stairs.at.size(); ++k) {
    stairs.at[k] = floor_div(add - stairs.at[k], -factor) + 1;
    stairs.base += stairs.signs[k];
    stairs.signs[k] = -stairs.signs[k];
  }
  std::ranges::reverse(stairs.at);
  std::ranges::reverse(stairs.signs);
  stairs.lo = floor_div(add - std::exchange(stairs.hi, ceil_div(add - stairs.lo, -factor)), -factor);
  return stairs;
}

struct Line {
  float scale = 0;
  float offset = 0;
  std::int32_t low = 0;
  std::int32_t high = 0;

  /// With one rounding, or two; nothing when that is not the same, or is beyond what is converted to integers.
  [[nodiscard]] std::optional<std::int64_t> at(std::int64_t v) const {
    const auto x = static_cast<float>(v);
    const float twice = x * scale + offset;
    const float once = std::fma(x, scale, offset);
    constexpr float kMost = 0x1p30F;
    if (!(std::abs(twice) < kMost) || !(std::abs(once) < kMost)) return std::nullopt;
    const auto code = [&](float y) { return std::clamp(static_cast<std::int32_t>(y), low, high); };
    return code(twice) == code(once) ? std::optional<std::int64_t>(code(once)) : std::nullopt;
  }
};

/// A line whose value reaches base + k + 1 exactly at at[k], if there is one: the inverse x(y) = p y + q has to pass between
/// at[k] - 1 and at[k] for each of those. Falling stairs are rising ones of -v.
std::optional<Line> find_line(const Staircase& stairs) {
  const std::size_t n = stairs.at.size();
  const auto constant = static_cast<std::int32_t>(stairs.base);
  if (n == 0) return Line{0, 0, constant, constant};
  const std::int64_t sign = stairs.signs[0];
  if ((sign != 1 && sign != -1) || std::ranges::any_of(stairs.signs, [&](std::int64_t s) { return s != sign; })) return std::nullopt;
  std::vector<double> at(stairs.at.begin(), stairs.at.end());
  double base = static_cast<double>(stairs.base);
  if (sign < 0) {
    std::ranges::reverse(at);
    for (double& x : at) x = 1 - x;
    base -= static_cast<double>(n);
  }
  double least = 1e-9;
  double most = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const auto run = static_cast<double>(j - i);
      least = std::max(least, (at[j] - 1 - at[i]) / run);
      most = std::min(most, (at[j] - at[i] + 1) / run);
    }
  }
  if (least > most) return std::nullopt;
  const double p = std::isinf(most) ? 1.0 : (least + most) / 2;
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < n; ++k) {
    const double y = base + static_cast<double>(k) + 1;
    lowest = std::max(lowest, at[k] - 1 - p * y);
    highest = std::min(highest, at[k] - p * y);
  }
  const double q = (lowest + highest) / 2;
  const Line line = {static_cast<float>((sign < 0 ? -1 : 1) / p), static_cast<float>(-q / p), static_cast<std::int32_t>(base),
                     static_cast<std::int32_t>(base + static_cast<double>(n))};
  std::int64_t u = stairs.base;
  if (line.at(stairs.lo) != u) return std::nullopt;
  for (std::size_t k = 0; k < n; ++k) {
    if (line.at(stairs.at[k] - 1) != u) return std::nullopt;
    while (k + 1 < n && stairs.at[k + 1] == stairs.at[k]) u += sign, ++k;
    u += sign;
    if (line.at(stairs.at[k]) != u) return std::nullopt;
  }
  if (line.at(stairs.hi) != u) return std::nullopt;
  return line;
}

/// A sum beyond 32 bits does not occur, so that a threshold there may lie at their end.
std::int32_t border(std::int64_t threshold) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(threshold - 1, std::numeric_limits<std::int32_t>::min(), kNever));
}

bool try_steps_of_one(const std::vector<Staircase>& all, std::size_t width, FinishTables& t) {
  for (const Staircase& s : all) {
    const bool one = s.at.empty() ? (s.base == 0 || s.base == 1)
                                  : s.at.size() == 1 && ((s.base == 0 && s.signs[0] == 1) || (s.base == 1 && s.signs[0] == -1));
    if (!one) return false;
  }
  t.kind = FinishKind::kStep;
  t.borders.assign(width, kNever);
  t.flips.assign(width, 0);
  for (std::size_t c = 0; c < all.size(); ++c) {
    if (!all[c].at.empty()) t.borders[c] = border(all[c].at[0]);
    t.flips[c] = static_cast<std::int32_t>(all[c].base);
  }
  return true;
}

bool try_lines(const std::vector<Staircase>& all, std::size_t width, FinishTables& t) {
  std::vector<Line> lines;
  for (const Staircase& s : all) {
    const std::optional<Line> line = find_line(s);
    if (!line) return false;
    lines.push_back(*line);
  }
  lines.resize(width);
  t.kind = FinishKind::kLine;
  for (const Line& line : lines) {
    t.scale.push_back(line.scale);
    t.offset.push_back(line.offset);
    t.low.push_back(line.low);
    t.high.push_back(line.high);
  }
  return true;
}

}  // namespace

Finish FinishTables::view() const {
  Finish f;
  f.kind = kind;
  f.factor = factor;
  f.lo = lo;
  f.shift = shift;
  f.steps = steps;
  f.add = add.data();
  f.borders = borders.data();
  f.flips = flips.data();
  f.signs = signs.data();
  f.bases = bases.data();
  f.levels = levels.data();
  f.scale = scale.data();
  f.offset = offset.data();
  f.low = low.data();
  f.high = high.data();
  return f;
}

FinishTables plain_finish(const SumMeaning& sums) {
  FinishTables t;
  t.factor = sums.factor;
  t.add = sums.add;
  t.add.resize(padded(sums.add.size()), 0);
  return t;
}

FinishTables recoding_finish(const SumMeaning& sums, const Encoding& encoding) {
  FinishTables t = plain_finish(sums);
  FINNR_CHECK(encoding.step == 1 || encoding.step == 2, "codes are a step of 1 or 2 apart");
  t.kind = FinishKind::kRecode;
  t.lo = static_cast<std::int32_t>(encoding.lo);
  t.shift = encoding.step == 2 ? 1 : 0;
  return t;
}

FinishTables threshold_finish(const ThresholdTables& tables, std::size_t first, const SumMeaning& sums, std::int64_t lo, std::int64_t hi,
                              const Encoding& encoding) {
  FinishTables t;
  const std::size_t width = padded(sums.add.size());
  std::vector<Staircase> all;
  for (std::size_t c = 0; c < sums.add.size(); ++c)
    all.push_back(of_sums(staircase(tables, first + c, lo, hi, encoding), sums.add[c], sums.factor));
  if (try_steps_of_one(all, width, t) || try_lines(all, width, t)) return t;
  for (const Staircase& s : all) t.steps = std::max(t.steps, s.at.size());
  if (t.steps <= kMostCompared) {
    t.kind = FinishKind::kSteps;
    t.bases.assign(width, 0);
    t.borders.assign(width * t.steps, kNever);
    t.signs.assign(width * t.steps, 0);
    for (std::size_t c = 0; c < all.size(); ++c) {
      t.bases[c] = static_cast<std::int32_t>(all[c].base);
      for (std::size_t k = 0; k < all[c].at.size(); ++k) {
        t.borders[k * width + c] = border(all[c].at[k]);
        t.signs[k * width + c] = static_cast<std::int32_t>(all[c].signs[k]);
      }
    }
    return t;
  }
  t.kind = FinishKind::kSearch;
  t.borders.assign(width * t.steps, kNever);
  t.levels.assign(width * (t.steps + 1), 0);
  for (std::size_t c = 0; c < all.size(); ++c) {
    std::int64_t u = all[c].base;
    for (std::size_t k = 0; k <= t.steps; ++k) {
      t.levels[c * (t.steps + 1) + k] = static_cast<std::int32_t>(u);
      if (k >= all[c].at.size()) continue;
      t.borders[c * t.steps + k] = border(all[c].at[k]);
      u += all[c].signs[k];
    }
  }
  return t;
}

}  // namespace finnr::fast

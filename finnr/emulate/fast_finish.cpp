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

/// The code of one channel as a function of its sum: u = base + sum over k of signs[k] * [v >= at[k]]. Only steps inside the
/// range that change something.
struct Staircase {
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

struct Line {
  float scale = 0;
  float offset = 0;
  float low = 0;
  float high = 0;
};

std::int64_t on_line(const Line& line, std::int64_t v) {
  float y = static_cast<float>(static_cast<std::int32_t>(v)) * line.scale;
  y = y + line.offset;
  return static_cast<std::int64_t>(std::min(std::max(y, line.low), line.high));
}

/// A line whose value reaches base + k + 1 exactly at at[k], if there is one: the inverse x(y) = p y + q has to pass between
/// at[k] - 1 and at[k] for each of those. Falling stairs are rising ones of -v.
std::optional<Line> find_line(const Staircase& stairs) {
  const std::size_t n = stairs.at.size();
  const auto constant = static_cast<float>(stairs.base);
  if (n == 0) return Line{0, constant, constant, constant};
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
  const Line line = {static_cast<float>((sign < 0 ? -1 : 1) / p), static_cast<float>(-q / p), static_cast<float>(base),
                     static_cast<float>(base + static_cast<double>(n))};
  std::int64_t u = stairs.base;
  for (std::size_t k = 0; k < n; ++k) {
    if (on_line(line, stairs.at[k] - 1) != u) return std::nullopt;
    while (k + 1 < n && stairs.at[k + 1] == stairs.at[k]) u += sign, ++k;
    u += sign;
    if (on_line(line, stairs.at[k]) != u) return std::nullopt;
  }
  return line;
}

std::int32_t border(std::int64_t threshold) { return static_cast<std::int32_t>(threshold - 1); }

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

FinishTables plain_finish(std::size_t channels) {
  FinishTables t;
  t.add.assign(padded(channels), 0);
  return t;
}

FinishTables recoding_finish(std::size_t channels, const Encoding& encoding) {
  FinishTables t = plain_finish(channels);
  FINNR_CHECK(encoding.step == 1 || encoding.step == 2, "codes are a step of 1 or 2 apart");
  t.kind = FinishKind::kRecode;
  t.lo = static_cast<std::int32_t>(encoding.lo);
  t.shift = encoding.step == 2 ? 1 : 0;
  return t;
}

FinishTables threshold_finish(const ThresholdTables& tables, std::size_t first, std::size_t channels, std::int64_t lo, std::int64_t hi,
                              const Encoding& encoding) {
  FinishTables t = plain_finish(channels);
  const std::size_t width = t.add.size();
  std::vector<Staircase> all;
  for (std::size_t c = 0; c < channels; ++c) all.push_back(staircase(tables, first + c, lo, hi, encoding));
  if (try_steps_of_one(all, width, t) || try_lines(all, width, t)) return t;
  for (const Staircase& s : all) t.steps = std::max(t.steps, s.at.size());
  if (t.steps <= kMostCompared) {
    t.kind = FinishKind::kSteps;
    t.bases.assign(width, 0);
    t.borders.assign(width * t.steps, kNever);
    t.signs.assign(width * t.steps, 0);
    for (std::size_t c = 0; c < channels; ++c) {
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
  for (std::size_t c = 0; c < channels; ++c) {
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

void fold(FinishTables& t) {
  if (t.kind != FinishKind::kStep) return;
  for (std::size_t c = 0; c < t.add.size(); ++c) {
    // add + factor * sum > border
    if (t.borders[c] != kNever) {
      const std::int64_t room = std::int64_t{t.borders[c]} - t.add[c];
      if (t.factor > 0) {
        t.borders[c] = static_cast<std::int32_t>(floor_div(room, t.factor));
      } else {  // sum < -room / |factor|
        t.borders[c] = static_cast<std::int32_t>(floor_div(-room - 1, -t.factor));
        t.flips[c] ^= 1;
      }
    }
    t.add[c] = 0;
  }
  t.factor = 1;
}

}  // namespace finnr::fast

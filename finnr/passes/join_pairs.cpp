// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/join_pairs.h"

#include <algorithm>
#include <utility>

namespace finnr {
namespace {

constexpr std::int64_t kMaxProduct = std::int64_t{1} << 24;
constexpr std::int64_t kMaxPairSteps = std::int64_t{1} << 16;
constexpr std::int64_t kMaxTable = std::int64_t{1} << 22;

}  // namespace

std::optional<JoinPlan> plan_greater(const JoinProblem& join, JoinKind kind) {
  if (join.blank.table.codes.bipolar) return std::nullopt;
  const std::int64_t sign = kind == JoinKind::kMax ? 1 : -1;
  std::array<std::vector<StepRow>, 2> rows;
  for (const PairFunction& f : join.functions) {
    std::array<std::vector<std::int64_t>, 2> own;  // least over the other, times sign
    for (std::size_t s = 0; s < 2; ++s) own[s].assign(static_cast<std::size_t>(join.size(s)), std::int64_t{1} << 40);
    const auto at = [&](std::size_t s, std::int64_t i) -> std::int64_t& { return own[s][static_cast<std::size_t>(i - join.range[s].lo)]; };
    join.each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) {
      at(0, x) = std::min(at(0, x), sign * now);
      at(1, y) = std::min(at(1, y), sign * now);
    });
    bool good = true;
    join.each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) { good = good && sign * now == std::max(at(0, x), at(1, y)); });
    if (!good) return std::nullopt;
    for (std::size_t s = 0; s < 2; ++s) {
      RowMaker row;
      for (std::int64_t i = join.range[s].lo; i <= join.range[s].hi; ++i) {
        if (join.range[s].contains(i)) row.level(i, sign * at(s, i));
      }
      rows[s].push_back(row.take());
      if (rows[s].back().width() > kMaxSteps) return std::nullopt;
    }
  }
  for (std::size_t s = 0; s < 2; ++s) {
    if (!join.has_channels(s) && std::ranges::any_of(rows[s], [&](const StepRow& row) { return !(row == rows[s][0]); }))
      return std::nullopt;
  }
  JoinPlan plan = join.blank;
  plan.kind = kind;
  join.fill(std::move(rows[1]), plan.other, join.range[1].hi + 1);
  join.fill(std::move(rows[0]), plan.table, join.range[0].hi + 1);
  return plan;
}

std::optional<JoinPlan> plan_product(const JoinProblem& join, bool exact) {
  std::array<std::vector<std::int64_t>, 2> zeros;
  std::vector<StepRow> rows;
  Inexact error;
  std::int64_t never = 0;
  for (const PairFunction& f : join.functions) {
    std::int64_t zero[2];
    std::int64_t lo[2];
    std::int64_t hi[2];
    for (std::size_t s = 0; s < 2; ++s) {
      const std::optional<std::int64_t> own = f.curve.zero(s);
      if (!own) return std::nullopt;
      zero[s] = *own;
      zeros[s].push_back(*own);
      lo[s] = join.range[s].lo - *own;
      hi[s] = join.range[s].hi - *own;
    }
    const auto [least, most] = std::minmax({lo[0] * lo[1], lo[0] * hi[1], hi[0] * lo[1], hi[0] * hi[1]});
    if (most - least > kMaxProduct) return std::nullopt;
    constexpr std::int64_t kNone = std::int64_t{1} << 40;
    std::vector<std::pair<std::int64_t, std::int64_t>> levels(static_cast<std::size_t>(most - least + 1), {kNone, -kNone});
    const std::int64_t base = least;
    const auto at = [&](std::int64_t x, std::int64_t y) -> auto& {
      return levels[static_cast<std::size_t>((x - zero[0]) * (y - zero[1]) - base)];
    };
    bool good = true;
    join.each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) {
      auto& one = at(x, y);
      one = {std::min(one.first, now), std::max(one.second, now)};
      good = good && one.first == one.second;
    });
    if (exact && !good) return std::nullopt;
    RowMaker row;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i].first == kNone) continue;
      levels[i].first += (levels[i].second - levels[i].first) / 2;
      row.level(base + static_cast<std::int64_t>(i), levels[i].first);
    }
    if (!good) {
      join.each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) {
        const std::int64_t off = std::abs(now - at(x, y).first) * join.step_of_codes();
        error.pairs += off != 0 ? f.channels : 0;
        error.most = std::max(error.most, off);
      });
    }
    error.of += join.pairs() * f.channels;
    rows.push_back(row.take());
    if (rows.back().width() > kMaxSteps) return std::nullopt;
    never = std::max(never, most + 1);
  }
  JoinPlan plan = join.blank;
  for (std::size_t s = 0; s < 2; ++s) {
    const bool alike = std::ranges::all_of(zeros[s], [&](std::int64_t x) { return x == zeros[s][0]; });
    if (!alike && !join.has_channels(s)) return std::nullopt;
    if (alike) {
      plan.zeros[s].push_back(zeros[s][0]);
    } else {
      for (const std::size_t f : join.of_channel) plan.zeros[s].push_back(zeros[s][f]);
    }
  }
  const std::int64_t too_wrong = join.step_of_codes();  // a product that is off by more is the wrong idea
  if (error.most > too_wrong) return std::nullopt;
  plan.kind = JoinKind::kProduct;
  if (error.pairs != 0) plan.inexact = error;
  join.fill(std::move(rows), plan.table, never);
  return plan;
}

std::optional<JoinPlan> plan_pair(const JoinProblem& join) {
  if (!join.enumerable()) return std::nullopt;
  const std::int64_t m = join.size(1);
  const IntType index{m * join.range[0].lo + join.range[1].lo, m * join.range[0].hi + join.range[1].hi, false};
  if (join.range[0].bits() + join.range[1].bits() > kMaxPairBits || index.bits() > kMaxPairBits) return std::nullopt;
  std::vector<StepRow> rows;
  std::int64_t width = 1;
  for (const PairFunction& f : join.functions) {
    RowMaker row;
    join.each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) { row.level(m * x + y, now); });
    rows.push_back(row.take());
    width = std::max(width, rows.back().width());
  }
  const std::size_t tables = join.functions.size() == 1 ? 1 : join.of_channel.size();
  if (width > kMaxPairSteps || width * static_cast<std::int64_t>(tables) > kMaxTable) return std::nullopt;
  JoinPlan plan = join.blank;
  plan.kind = JoinKind::kSum;
  plan.factors = {std::vector<std::int64_t>{m}, std::vector<std::int64_t>{1}};
  join.fill(std::move(rows), plan.table, index.hi + 1);
  return plan;
}

}  // namespace finnr

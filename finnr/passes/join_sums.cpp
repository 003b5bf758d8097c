// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/join_sums.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "finnr/base/integers.h"

namespace finnr {
namespace {

constexpr std::int64_t kMaxFactor = std::int64_t{1} << 20;
constexpr std::int64_t kMaxSum = std::int64_t{1} << 40;
constexpr std::int64_t kMaxEvaluations = std::int64_t{1} << 27;

}  // namespace

bool SumPlanner::plan_exact(std::size_t a) {
  if (join_.size(1 - a) > kMaxEvaluations / 4 / static_cast<std::int64_t>(join_.functions.size())) {
    too_large_ = true;
    return false;
  }
  std::vector<Borders> borders(join_.functions.size());
  std::int64_t evaluations = 0;
  for (std::size_t f = 0; f < join_.functions.size(); ++f) {
    if (!find_borders(join_.functions[f], a, borders[f], evaluations)) return false;
  }
  const auto fit_all = [&](std::size_t first, std::size_t last) {
    std::vector<const Border*> all;
    for (std::size_t f = first; f < last; ++f) {
      for (const Border& border : borders[f].levels) all.push_back(&border);
    }
    return fit_factors(all);
  };
  const Fit common = fit_all(0, join_.functions.size());
  std::vector<Fit> fits;
  std::vector<Factors> factors;
  bool good = common.factors && in_reach(a, *common.factors);
  if (good) {
    factors.assign(join_.functions.size(), *common.factors);
  } else {
    good = true;
    fits = {common};
    for (std::size_t f = 0; f < join_.functions.size(); ++f) {
      const Fit own = fit_all(f, f + 1);
      fits.push_back(own);
      good = good && own.factors && in_reach(a, *own.factors);
      if (good) factors.push_back(*own.factors);
    }
    good = good && factors_allowed(a, factors);
  }
  if (good) {
    use_sum(a, borders, factors);
    return true;
  }
  if (borders_.empty()) {
    borders_ = std::move(borders);
    fits_ = std::move(fits);
    along_ = a;
  }
  return false;
}

bool SumPlanner::plan_nearest() {
  if (borders_.empty()) return false;
  const auto ratio = [](const Fit& fit) {
    if (fit.factors) return static_cast<double>(fit.factors->n) / static_cast<double>(fit.factors->m);
    const auto real = [](const Ratio& x) { return static_cast<double>(x.n) / static_cast<double>(x.m); };
    return (real(fit.lo) + real(fit.hi)) / 2;
  };
  std::vector<std::vector<Factors>> attempts;
  std::size_t levels = 0;
  for (const Borders& borders : borders_) levels += borders.levels.size();
  constexpr std::int64_t kCheap = std::int64_t{1} << 20;
  const bool cheap = static_cast<std::int64_t>(levels) * join_.size(1 - along_) <= kCheap;
  double steepest = 1;
  for (const Fit& fit : fits_) steepest = std::max(steepest, std::abs(ratio(fit)));
  int most_bits = 16;  // of m, so that n stays in reach
  while (most_bits > 0 && steepest * std::ldexp(1.0, most_bits) >= static_cast<double>(kMaxFactor)) --most_bits;
  std::vector<int> widths = {most_bits};
  for (const int bits : {4, 6, 8, 10, 12}) {
    if (cheap && bits < most_bits) widths.push_back(bits);
  }
  for (const int bits : widths) {
    const std::int64_t m = std::int64_t{1} << bits;
    const auto rounded = [&](const Fit& fit) { return Factors{m, std::llround(ratio(fit) * static_cast<double>(m))}; };
    std::vector<Factors> own;
    for (std::size_t f = 0; f < join_.functions.size(); ++f) own.push_back(rounded(fits_[f + 1]));
    std::vector<Factors> mixed = own;  // exact in the channels where that is possible
    for (std::size_t f = 0; f < join_.functions.size(); ++f) {
      const std::optional<Factors>& exact = fits_[f + 1].factors;
      if (exact && in_reach(along_, *exact)) mixed[f] = *exact;
    }
    if (join_.functions.size() == 1 || cheap || !factors_allowed(along_, own))
      attempts.emplace_back(join_.functions.size(), rounded(fits_[0]));
    if (factors_allowed(along_, own)) attempts.push_back(std::move(own));
    if (factors_allowed(along_, mixed)) attempts.push_back(std::move(mixed));
  }
  std::erase_if(attempts, [&](const std::vector<Factors>& attempt) {
    return std::ranges::any_of(attempt, [&](const Factors& x) { return !in_reach(along_, x); });
  });
  std::vector<Inexact> errors(attempts.size());
  for (std::size_t f = 0; f < join_.functions.size(); ++f) count_wrong(join_.functions[f], borders_[f], attempts, f, errors);
  if (attempts.empty()) return false;
  const auto best = std::ranges::min_element(errors, {}, [](const Inexact& x) { return std::pair(x.most, x.pairs); });
  use_sum(along_, borders_, attempts[static_cast<std::size_t>(best - errors.begin())]);
  if (best->pairs != 0) plan_.inexact = *best;
  return true;
}

bool SumPlanner::find_row(const PairFunction& f, std::size_t a, const Borders& borders, std::int64_t b, std::vector<std::int64_t>& row,
                          bool proven) {
  const IntType& range = join_.range[a];
  const auto reached = [&](std::int64_t at, std::int64_t wanted) {
    return at > range.hi || join_.level(f, a, at, b) * borders.sign >= wanted;
  };
  const auto count = static_cast<std::int64_t>(row.size());
  if (!proven || join_.size(a) <= 4 * count) {
    std::int64_t k = 0;
    std::int64_t before = join_.level(f, a, range.lo, b) * borders.sign;
    for (std::int64_t at = range.lo; at <= range.hi; ++at) {
      const std::int64_t now = join_.level(f, a, at, b) * borders.sign;
      if (now < before) return false;
      before = now;
      while (k < count && now > borders.low + k) row[static_cast<std::size_t>(k++)] = at;
    }
    while (k < count) row[static_cast<std::size_t>(k++)] = range.hi + 1;
    return true;
  }
  std::int64_t least = range.lo;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t wanted = borders.low + k + 1;
    std::int64_t hi = std::clamp(row[static_cast<std::size_t>(k)], least, range.hi + 1);
    std::int64_t lo = least - 1;  // not reached there
    if (reached(hi, wanted)) {
      for (std::int64_t step = 1; hi > least; step *= 2) {
        const std::int64_t next = std::max(least, hi - step);
        if (!reached(next, wanted)) {
          lo = next;
          break;
        }
        hi = next;
      }
    } else {
      lo = hi;
      hi = range.hi + 1;
      for (std::int64_t step = 1; lo + step <= range.hi; step *= 2) {
        if (reached(lo + step, wanted)) {
          hi = lo + step;
          break;
        }
        lo += step;
      }
    }
    while (hi - lo > 1) {
      const std::int64_t middle = lo + (hi - lo) / 2;
      (reached(middle, wanted) ? hi : lo) = middle;
    }
    row[static_cast<std::size_t>(k)] = hi;
    least = hi;
  }
  return true;
}

bool SumPlanner::next_row(const PairFunction& f, std::size_t a, const Borders& borders, std::int64_t b, std::vector<std::int64_t>& row,
                          std::vector<std::int64_t>& before, bool proven) {
  for (std::size_t k = 0; k < row.size(); ++k) before[k] = std::exchange(row[k], 2 * row[k] - before[k]);
  return find_row(f, a, borders, b, row, proven);
}

bool SumPlanner::find_borders(const PairFunction& f, std::size_t a, Borders& borders, std::int64_t& evaluations) {
  const IntType& range = join_.range[a];
  const IntType& other = join_.range[1 - a];
  const Monotone moves = f.curve.monotone(a);
  const bool proven = moves != Monotone::kUnknown;
  if (!proven && !join_.enumerable()) return false;
  std::int64_t first = 0;
  std::int64_t last = 0;
  for (std::int64_t b = other.lo; b <= other.hi; ++b) {
    if (!other.contains(b)) continue;
    const std::int64_t at_lo = join_.level(f, a, range.lo, b);
    const std::int64_t at_hi = join_.level(f, a, range.hi, b);
    first += at_lo, last += at_hi;
  }
  borders.sign = proven ? (moves == Monotone::kIncreasing ? 1 : -1) : (last >= first ? 1 : -1);
  std::int64_t high = 0;
  for (std::int64_t b = other.lo; b <= other.hi; ++b) {
    if (!other.contains(b)) continue;
    const std::int64_t least = join_.level(f, a, range.lo, b) * borders.sign;
    const std::int64_t most = join_.level(f, a, range.hi, b) * borders.sign;
    borders.low = b == other.lo ? least : std::min(borders.low, least);
    high = b == other.lo ? most : std::max(high, most);
  }
  if (high < borders.low || high - borders.low > kMaxSteps) return false;
  const std::int64_t count = high - borders.low;
  evaluations += join_.size(1 - a) * std::min(join_.size(a), 4 * count + 2);
  if (evaluations > kMaxEvaluations) {
    too_large_ = true;
    return false;
  }
  borders.levels.resize(static_cast<std::size_t>(count));
  std::vector<std::int64_t> row(static_cast<std::size_t>(count), range.lo);
  std::vector<std::int64_t> before = row;
  for (std::int64_t b = other.lo; b <= other.hi; ++b) {
    if (!other.contains(b)) continue;
    if (!next_row(f, a, borders, b, row, before, proven)) return false;
    for (std::size_t k = 0; k < row.size(); ++k) borders.levels[k].add(b, row[k], range.lo, range.hi);
  }
  return true;
}

bool SumPlanner::in_reach(std::size_t a, const Factors& factors) const {
  const auto reach = [](const IntType& range) { return std::max(std::abs(range.lo), std::abs(range.hi)) + 1; };
  if (factors.m >= kMaxFactor || std::abs(factors.n) >= kMaxFactor) return false;
  return factors.m <= kMaxSum / reach(join_.range[a]) && std::abs(factors.n) <= kMaxSum / reach(join_.range[1 - a]);
}

bool SumPlanner::factors_allowed(std::size_t a, const std::vector<Factors>& factors) const {
  const bool m_varies = std::ranges::any_of(factors, [&](const Factors& x) { return x.m != factors[0].m; });
  const bool n_varies = std::ranges::any_of(factors, [&](const Factors& x) { return x.n != factors[0].n; });
  return (!m_varies || join_.has_channels(a)) && (!n_varies || join_.has_channels(1 - a));
}

void SumPlanner::use_sum(std::size_t a, const std::vector<Borders>& borders, const std::vector<Factors>& factors) {
  plan_.kind = JoinKind::kSum;
  std::vector<StepRow> rows;
  std::int64_t never = 0;
  for (std::size_t f = 0; f < join_.functions.size(); ++f) {
    StepRow row{borders[f].sign * borders[f].low, {}};
    std::int64_t before = 0;
    for (const Border& border : borders[f].levels) {
      std::int64_t at = threshold_of(border, factors[f]);
      if (!row.steps.empty()) at = std::max(at, before);
      if (!row.steps.empty() && at == before) {
        row.steps.back().delta += borders[f].sign;
      } else {
        row.steps.push_back({at, borders[f].sign});
      }
      before = at;
    }
    rows.push_back(std::move(row));
    const auto most = [](std::int64_t factor, const IntType& range) { return std::max(factor * range.lo, factor * range.hi); };
    never = std::max(never, most(factors[f].m, join_.range[a]) + most(factors[f].n, join_.range[1 - a]) + 1);
  }
  const bool vary = std::ranges::any_of(factors, [&](const Factors& x) { return x != factors[0]; });
  plan_.factors = {};
  const auto add = [&](const Factors& x) {
    plan_.factors[a].push_back(x.m);
    plan_.factors[1 - a].push_back(x.n);
  };
  if (vary) {
    for (const std::size_t f : join_.of_channel) add(factors[f]);
  } else {
    add(factors[0]);
  }
  for (std::vector<std::int64_t>& one : plan_.factors) {
    if (std::ranges::all_of(one, [&](std::int64_t x) { return x == one[0]; })) one.resize(1);
  }
  join_.fill(std::move(rows), plan_.table, never);
}

void SumPlanner::count_wrong(const PairFunction& f, const Borders& borders, const std::vector<std::vector<Factors>>& attempts,
                             std::size_t index, std::vector<Inexact>& errors) {
  const IntType& range = join_.range[along_];
  const IntType& other = join_.range[1 - along_];
  std::vector<std::vector<std::int64_t>> thresholds(attempts.size());
  for (std::size_t t = 0; t < attempts.size(); ++t) {
    for (const Border& border : borders.levels) {
      const std::int64_t at = threshold_of(border, attempts[t][index]);
      thresholds[t].push_back(thresholds[t].empty() ? at : std::max(at, thresholds[t].back()));
    }
    errors[t].of += join_.pairs() * f.channels;
  }
  std::vector<std::int64_t> row(borders.levels.size(), range.lo);
  std::vector<std::int64_t> before = row;
  const bool proven = f.curve.monotone(along_) != Monotone::kUnknown;
  for (std::int64_t b = other.lo; b <= other.hi; ++b) {
    if (!other.contains(b)) continue;
    next_row(f, along_, borders, b, row, before, proven);
    for (std::size_t t = 0; t < attempts.size(); ++t) {
      const Factors& x = attempts[t][index];
      std::size_t i = 0;
      std::size_t j = 0;
      std::int64_t at = range.lo;
      const auto attempted = [&](std::size_t k) { return std::clamp(ceil_div(thresholds[t][k] - x.n * b, x.m), range.lo, range.hi + 1); };
      while (at <= range.hi) {
        while (i < row.size() && row[i] <= at) ++i;
        while (j < row.size() && attempted(j) <= at) ++j;
        std::int64_t next = range.hi + 1;
        if (i < row.size()) next = std::min(next, row[i]);
        if (j < row.size()) next = std::min(next, attempted(j));
        if (i != j) {
          errors[t].pairs += (next - at) * f.channels;
          errors[t].most = std::max(errors[t].most, static_cast<std::int64_t>(i > j ? i - j : j - i) * join_.step_of_codes());
        }
        at = next;
      }
    }
  }
}

}  // namespace finnr

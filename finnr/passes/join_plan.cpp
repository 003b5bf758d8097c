// SPDX-License-Identifier: Apache-2.0
// The code as a function of two integers is g(x, y). Candidates, simplest first; each is checked on every pair:
//   thresholds on m x + n y      from the borders of each level (borders.h), for all channels or for each
//   the greater of two codes     g(x, y) = max(min over y' of g(x, y'), min over x' of g(x', y)), and mirrored
//   thresholds on a product      g is a function of (x - zero)(y - zero)
//   steps of |Y| x + y           names every pair; any function, for few bits
// and at last m x + n y with borders that are right for most pairs. Channels with equal constants are planned once.
#include "finnr/passes/join_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "finnr/base/integers.h"
#include "finnr/passes/borders.h"
#include "finnr/passes/expression.h"

namespace finnr {
namespace {

constexpr std::int64_t kMaxFactor = std::int64_t{1} << 20;
constexpr std::int64_t kMaxSum = std::int64_t{1} << 40;
constexpr std::int64_t kMaxEvaluations = std::int64_t{1} << 27;
constexpr std::int64_t kMaxProduct = std::int64_t{1} << 24;
constexpr std::int64_t kMaxPairSteps = std::int64_t{1} << 16;
constexpr std::int64_t kMaxTable = std::int64_t{1} << 22;

/// A step row under construction: levels at ascending integers.
class RowMaker {
 public:
  void level(std::int64_t at, std::int64_t now) {
    if (!begun_) {
      row_.base = now;
    } else if (now != before_) {
      row_.steps.push_back({at, now - before_});
    }
    begun_ = true;
    before_ = now;
  }
  StepRow take() { return std::move(row_); }

 private:
  StepRow row_;
  std::int64_t before_ = 0;
  bool begun_ = false;
};

/// One function of two integers, for all channels with the same constants.
struct Function {
  Expression::Curve curve;
  std::int64_t channels = 0;  ///< how many it stands for
};

/// The borders of one function along the integer `a`.
struct Borders {
  int sign = 1;          ///< the level times this rises along a
  std::int64_t low = 0;  ///< least signed level
  std::vector<Border> levels;
};

class Planner {
 public:
  Planner(const Graph& graph, NodeId node, const Expression& expression) : graph_(graph), node_(node), expression_(expression) {}

  Result<JoinPlan> plan() {
    const ValueId output = graph_.node(node_).outputs[0];
    plan_.table.codes = graph_.value(output).type.ints;
    plan_.table.origin = expression_.origin();
    plan_.table.shape = graph_.value(output).shape;
    for (std::size_t s = 0; s < 2; ++s) {
      plan_.sources[s] = expression_.sources()[s].value;
      plan_.shapes[s] = expression_.sources()[s].shape;
      range_[s] = graph_.value(plan_.sources[s]).type.ints;
    }
    if (!find_functions()) return refused("the constants between them and the quantizer differ along more than one axis");
    for (const std::size_t a : along()) {
      if (plan_sum(a)) return finish();
    }
    if (enumerable()) {
      if (plan_greater(JoinKind::kMax) || plan_greater(JoinKind::kMin)) return finish();
      if (plan_product(true)) return finish();
    }
    if (plan_pair()) return finish();
    if (!borders_.empty() && plan_fixed_point()) return finish();
    if (enumerable() && plan_product(false)) return finish();
    if (too_large_) {
      return Diagnostic(Code::kRangeTooLarge, fmt::format("two integers of {} and {} bits meet, too many pairs to be exact about",
                                                          range_[0].bits(), range_[1].bits()))
          .at(place_of(graph_, node_))
          .because("an accumulator is joined with another value before it is quantized")
          .fix("quantize each of the two values in front of the join");
    }
    return refused("its code is no function of a weighted sum or a product of their codes, and the pairs are too many for a table");
  }

 private:
  Diagnostic refused(std::string why) const {
    return Diagnostic(Code::kJoinRefused, "two integer values meet in a way that hardware cannot compute exactly")
        .at(place_of(graph_, node_))
        .because(std::move(why))
        .fix("quantize both operands with one scale in front of the join, or to 6 bits or fewer");
  }

  Result<JoinPlan> finish() { return std::move(plan_); }

  [[nodiscard]] std::int64_t size(std::size_t s) const { return range_[s].hi - range_[s].lo + 1; }
  [[nodiscard]] std::int64_t step_of_codes() const { return plan_.table.codes.bipolar ? 2 : 1; }
  [[nodiscard]] std::int64_t pairs() const { return static_cast<std::int64_t>(range_[0].codes() * range_[1].codes()); }
  [[nodiscard]] bool enumerable() const {
    return size(0) <= kMaxPairs / size(1) && size(0) * size(1) * static_cast<std::int64_t>(functions_.size()) <= kMaxPairs;
  }

  [[nodiscard]] std::int64_t level(const Function& f, std::int64_t x, std::int64_t y) const {
    const std::int64_t code = f.curve.code(x, y);
    return plan_.table.codes.bipolar ? (code + 1) / 2 : code;
  }
  [[nodiscard]] std::int64_t level(const Function& f, std::size_t a, std::int64_t at_a, std::int64_t at_b) const {
    return a == 0 ? level(f, at_a, at_b) : level(f, at_b, at_a);
  }

  bool find_functions() {
    const Expression::Channels channels = expression_.channels(plan_.table.shape);
    if (!channels.axis) {
      if (plan_.shapes[0] != plan_.shapes[1]) return false;
      plan_.table.shape = {static_cast<std::int64_t>(channels.elements.size())};
    }
    if (plan_.table.shape.empty()) plan_.table.shape = {1};
    if (!channels.axis || plan_.shapes[0].empty()) plan_.shapes = {plan_.table.shape, plan_.table.shape};
    plan_.table.axis = channels.axis.value_or(0);
    if (broadcast(plan_.shapes[0], plan_.shapes[1]) != plan_.table.shape) return false;
    std::map<std::vector<double>, std::size_t> known;
    for (const std::int64_t element : channels.elements) {
      Expression::Curve curve = expression_.curve(element);
      const auto [at, added] = known.try_emplace(curve.constants(), functions_.size());
      if (added) functions_.push_back({std::move(curve), 0});
      ++functions_[at->second].channels;
      of_channel_.push_back(at->second);
    }
    return true;
  }

  /// What to search along: the longer range first.
  [[nodiscard]] std::array<std::size_t, 2> along() const {
    return size(0) >= size(1) ? std::array<std::size_t, 2>{0, 1} : std::array<std::size_t, 2>{1, 0};
  }

  /// The plan's table from one row a function.
  void fill(std::vector<StepRow> rows, StepTable& table, std::int64_t never) {
    table.codes = plan_.table.codes;
    table.shape = plan_.table.shape;
    table.axis = plan_.table.axis;
    table.origin = plan_.table.origin;
    if (std::ranges::all_of(rows, [&](const StepRow& row) { return row == rows[0]; })) {
      fill_rows(table, {rows.data(), 1}, never);
      return;
    }
    std::vector<StepRow> all;
    for (const std::size_t f : of_channel_) all.push_back(rows[f]);
    fill_rows(table, all, never);
  }

  // Sums.

  /// Least a of each level in one row; `row` holds guesses before. False when the row is not monotone.
  bool find_row(const Function& f, std::size_t a, const Borders& borders, std::int64_t b, std::vector<std::int64_t>& row, bool proven) {
    const IntType& range = range_[a];
    const auto reached = [&](std::int64_t at, std::int64_t wanted) { return at > range.hi || level(f, a, at, b) * borders.sign >= wanted; };
    const auto count = static_cast<std::int64_t>(row.size());
    if (!proven || size(a) <= 4 * count) {
      std::int64_t k = 0;
      std::int64_t before = level(f, a, range.lo, b) * borders.sign;
      for (std::int64_t at = range.lo; at <= range.hi; ++at) {
        const std::int64_t now = level(f, a, at, b) * borders.sign;
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

  /// The row after `row`, which follows `before`: borders are nearly straight, so both together say where to look.
  bool next_row(const Function& f, std::size_t a, const Borders& borders, std::int64_t b, std::vector<std::int64_t>& row,
                std::vector<std::int64_t>& before, bool proven) {
    for (std::size_t k = 0; k < row.size(); ++k) before[k] = std::exchange(row[k], 2 * row[k] - before[k]);
    return find_row(f, a, borders, b, row, proven);
  }

  bool find_borders(const Function& f, std::size_t a, Borders& borders, std::int64_t& evaluations) {
    const IntType& range = range_[a];
    const IntType& other = range_[1 - a];
    const Monotone moves = f.curve.monotone(a);
    const bool proven = moves != Monotone::kUnknown;
    if (!proven && !enumerable()) return false;
    std::int64_t first = 0;
    std::int64_t last = 0;
    for (std::int64_t b = other.lo; b <= other.hi; ++b) {
      if (!other.contains(b)) continue;
      const std::int64_t at_lo = level(f, a, range.lo, b);
      const std::int64_t at_hi = level(f, a, range.hi, b);
      first += at_lo, last += at_hi;
    }
    borders.sign = proven ? (moves == Monotone::kIncreasing ? 1 : -1) : (last >= first ? 1 : -1);
    std::int64_t high = 0;
    for (std::int64_t b = other.lo; b <= other.hi; ++b) {
      if (!other.contains(b)) continue;
      const std::int64_t least = level(f, a, range.lo, b) * borders.sign;
      const std::int64_t most = level(f, a, range.hi, b) * borders.sign;
      borders.low = b == other.lo ? least : std::min(borders.low, least);
      high = b == other.lo ? most : std::max(high, most);
    }
    if (high < borders.low || high - borders.low > kMaxSteps) return false;
    const std::int64_t count = high - borders.low;
    evaluations += size(1 - a) * std::min(size(a), 4 * count + 2);
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

  [[nodiscard]] bool in_reach(std::size_t a, const Factors& factors) const {
    const auto reach = [](const IntType& range) { return std::max(std::abs(range.lo), std::abs(range.hi)) + 1; };
    if (factors.m >= kMaxFactor || std::abs(factors.n) >= kMaxFactor) return false;
    return factors.m <= kMaxSum / reach(range_[a]) && std::abs(factors.n) <= kMaxSum / reach(range_[1 - a]);
  }

  /// True when a source can be multiplied by a factor for each channel.
  [[nodiscard]] bool has_channels(std::size_t s) const {
    return plan_.shapes[s][static_cast<std::size_t>(plan_.table.axis)] == plan_.table.shape[static_cast<std::size_t>(plan_.table.axis)];
  }

  bool plan_sum(std::size_t a) {
    if (size(1 - a) > kMaxEvaluations / 4 / static_cast<std::int64_t>(functions_.size())) {
      too_large_ = true;
      return false;
    }
    std::vector<Borders> borders(functions_.size());
    std::int64_t evaluations = 0;
    for (std::size_t f = 0; f < functions_.size(); ++f) {
      if (!find_borders(functions_[f], a, borders[f], evaluations)) return false;
    }
    const auto fit_all = [&](std::size_t first, std::size_t last) {
      std::vector<const Border*> all;
      for (std::size_t f = first; f < last; ++f) {
        for (const Border& border : borders[f].levels) all.push_back(&border);
      }
      return fit_factors(all);
    };
    const Fit common = fit_all(0, functions_.size());
    std::vector<Fit> fits;
    std::vector<Factors> factors;
    bool good = common.factors && in_reach(a, *common.factors);
    if (good) {
      factors.assign(functions_.size(), *common.factors);
    } else {
      good = true;
      fits = {common};
      for (std::size_t f = 0; f < functions_.size(); ++f) {
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

  [[nodiscard]] bool factors_allowed(std::size_t a, const std::vector<Factors>& factors) const {
    const bool m_varies = std::ranges::any_of(factors, [&](const Factors& x) { return x.m != factors[0].m; });
    const bool n_varies = std::ranges::any_of(factors, [&](const Factors& x) { return x.n != factors[0].n; });
    return (!m_varies || has_channels(a)) && (!n_varies || has_channels(1 - a));
  }

  void use_sum(std::size_t a, const std::vector<Borders>& borders, const std::vector<Factors>& factors) {
    plan_.kind = JoinKind::kSum;
    std::vector<StepRow> rows;
    std::int64_t never = 0;
    for (std::size_t f = 0; f < functions_.size(); ++f) {
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
      never = std::max(never, most(factors[f].m, range_[a]) + most(factors[f].n, range_[1 - a]) + 1);
    }
    const bool vary = std::ranges::any_of(factors, [&](const Factors& x) { return x != factors[0]; });
    plan_.factors = {};
    const auto add = [&](const Factors& x) {
      plan_.factors[a].push_back(x.m);
      plan_.factors[1 - a].push_back(x.n);
    };
    if (vary) {
      for (const std::size_t f : of_channel_) add(factors[f]);
    } else {
      add(factors[0]);
    }
    for (std::vector<std::int64_t>& one : plan_.factors) {
      if (std::ranges::all_of(one, [&](std::int64_t x) { return x == one[0]; })) one.resize(1);
    }
    fill(std::move(rows), plan_.table, never);
  }

  /// Factors near the ratio where the borders contradict each other; the attempt with the fewest wrong pairs.
  bool plan_fixed_point() {
    const auto ratio = [](const Fit& fit) {
      if (fit.factors) return static_cast<double>(fit.factors->n) / static_cast<double>(fit.factors->m);
      const auto real = [](const Ratio& x) { return static_cast<double>(x.n) / static_cast<double>(x.m); };
      return (real(fit.lo) + real(fit.hi)) / 2;
    };
    std::vector<std::vector<Factors>> attempts;
    std::size_t levels = 0;
    for (const Borders& borders : borders_) levels += borders.levels.size();
    constexpr std::int64_t kCheap = std::int64_t{1} << 20;
    const bool cheap = static_cast<std::int64_t>(levels) * size(1 - along_) <= kCheap;
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
      for (std::size_t f = 0; f < functions_.size(); ++f) own.push_back(rounded(fits_[f + 1]));
      std::vector<Factors> mixed = own;  // exact in the channels where that is possible
      for (std::size_t f = 0; f < functions_.size(); ++f) {
        const std::optional<Factors>& exact = fits_[f + 1].factors;
        if (exact && in_reach(along_, *exact)) mixed[f] = *exact;
      }
      if (functions_.size() == 1 || cheap || !factors_allowed(along_, own)) attempts.emplace_back(functions_.size(), rounded(fits_[0]));
      if (factors_allowed(along_, own)) attempts.push_back(std::move(own));
      if (factors_allowed(along_, mixed)) attempts.push_back(std::move(mixed));
    }
    std::erase_if(attempts, [&](const std::vector<Factors>& attempt) {
      return std::ranges::any_of(attempt, [&](const Factors& x) { return !in_reach(along_, x); });
    });
    std::vector<Inexact> errors(attempts.size());
    for (std::size_t f = 0; f < functions_.size(); ++f) count_wrong(functions_[f], borders_[f], attempts, f, errors);
    if (attempts.empty()) return false;
    const auto best = std::ranges::min_element(errors, {}, [](const Inexact& x) { return std::pair(x.most, x.pairs); });
    use_sum(along_, borders_, attempts[static_cast<std::size_t>(best - errors.begin())]);
    if (best->pairs != 0) plan_.inexact = *best;
    return true;
  }

  /// Adds what one function gets wrong under each attempt: in every row the true and the attempted borders are merged.
  void count_wrong(const Function& f, const Borders& borders, const std::vector<std::vector<Factors>>& attempts, std::size_t index,
                   std::vector<Inexact>& errors) {
    const IntType& range = range_[along_];
    const IntType& other = range_[1 - along_];
    std::vector<std::vector<std::int64_t>> thresholds(attempts.size());
    for (std::size_t t = 0; t < attempts.size(); ++t) {
      for (const Border& border : borders.levels) {
        const std::int64_t at = threshold_of(border, attempts[t][index]);
        thresholds[t].push_back(thresholds[t].empty() ? at : std::max(at, thresholds[t].back()));
      }
      errors[t].of += pairs() * f.channels;
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
            errors[t].most = std::max(errors[t].most, static_cast<std::int64_t>(i > j ? i - j : j - i) * step_of_codes());
          }
          at = next;
        }
      }
    }
  }

  // Whatever is found by looking at all pairs.

  template <class Visit>
  void each_pair(const Function& f, Visit visit) const {
    for (std::int64_t x = range_[0].lo; x <= range_[0].hi; ++x) {
      for (std::int64_t y = range_[1].lo; y <= range_[1].hi; ++y) {
        if (range_[0].contains(x) && range_[1].contains(y)) visit(x, y, level(f, x, y));
      }
    }
  }

  bool plan_greater(JoinKind kind) {
    if (plan_.table.codes.bipolar) return false;
    const std::int64_t sign = kind == JoinKind::kMax ? 1 : -1;
    std::array<std::vector<StepRow>, 2> rows;
    for (const Function& f : functions_) {
      std::array<std::vector<std::int64_t>, 2> own;  // least over the other, times sign
      for (std::size_t s = 0; s < 2; ++s) own[s].assign(static_cast<std::size_t>(size(s)), std::int64_t{1} << 40);
      const auto at = [&](std::size_t s, std::int64_t i) -> std::int64_t& { return own[s][static_cast<std::size_t>(i - range_[s].lo)]; };
      each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) {
        at(0, x) = std::min(at(0, x), sign * now);
        at(1, y) = std::min(at(1, y), sign * now);
      });
      bool good = true;
      each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) { good = good && sign * now == std::max(at(0, x), at(1, y)); });
      if (!good) return false;
      for (std::size_t s = 0; s < 2; ++s) {
        RowMaker row;
        for (std::int64_t i = range_[s].lo; i <= range_[s].hi; ++i) {
          if (range_[s].contains(i)) row.level(i, sign * at(s, i));
        }
        rows[s].push_back(row.take());
        if (rows[s].back().width() > kMaxSteps) return false;
      }
    }
    for (std::size_t s = 0; s < 2; ++s) {
      if (!has_channels(s) && std::ranges::any_of(rows[s], [&](const StepRow& row) { return !(row == rows[s][0]); })) return false;
    }
    plan_.kind = kind;
    fill(std::move(rows[1]), plan_.other, range_[1].hi + 1);
    fill(std::move(rows[0]), plan_.table, range_[0].hi + 1);
    return true;
  }

  /// Exactly, or with the middle level where pairs of one product differ.
  bool plan_product(bool exact) {
    std::array<std::vector<std::int64_t>, 2> zeros;
    std::vector<StepRow> rows;
    Inexact error;
    std::int64_t never = 0;
    for (const Function& f : functions_) {
      std::int64_t zero[2];
      std::int64_t lo[2];
      std::int64_t hi[2];
      for (std::size_t s = 0; s < 2; ++s) {
        const std::optional<std::int64_t> own = f.curve.zero(s);
        if (!own) return false;
        zero[s] = *own;
        zeros[s].push_back(*own);
        lo[s] = range_[s].lo - *own;
        hi[s] = range_[s].hi - *own;
      }
      const auto [least, most] = std::minmax({lo[0] * lo[1], lo[0] * hi[1], hi[0] * lo[1], hi[0] * hi[1]});
      if (most - least > kMaxProduct) return false;
      constexpr std::int64_t kNone = std::int64_t{1} << 40;
      std::vector<std::pair<std::int64_t, std::int64_t>> levels(static_cast<std::size_t>(most - least + 1), {kNone, -kNone});
      const std::int64_t base = least;
      const auto at = [&](std::int64_t x, std::int64_t y) -> auto& {
        return levels[static_cast<std::size_t>((x - zero[0]) * (y - zero[1]) - base)];
      };
      bool good = true;
      each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) {
        auto& one = at(x, y);
        one = {std::min(one.first, now), std::max(one.second, now)};
        good = good && one.first == one.second;
      });
      if (exact && !good) return false;
      RowMaker row;
      for (std::size_t i = 0; i < levels.size(); ++i) {
        if (levels[i].first == kNone) continue;
        levels[i].first += (levels[i].second - levels[i].first) / 2;
        row.level(base + static_cast<std::int64_t>(i), levels[i].first);
      }
      if (!good) {
        each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) {
          const std::int64_t off = std::abs(now - at(x, y).first) * step_of_codes();
          error.pairs += off != 0 ? f.channels : 0;
          error.most = std::max(error.most, off);
        });
      }
      error.of += pairs() * f.channels;
      rows.push_back(row.take());
      if (rows.back().width() > kMaxSteps) return false;
      never = std::max(never, most + 1);
    }
    for (std::size_t s = 0; s < 2; ++s) {
      const bool alike = std::ranges::all_of(zeros[s], [&](std::int64_t x) { return x == zeros[s][0]; });
      if (!alike && !has_channels(s)) return false;
      plan_.zeros[s].clear();
      if (alike) {
        plan_.zeros[s].push_back(zeros[s][0]);
      } else {
        for (const std::size_t f : of_channel_) plan_.zeros[s].push_back(zeros[s][f]);
      }
    }
    const std::int64_t too_wrong = step_of_codes();  // a product that is off by more is the wrong idea
    if (error.most > too_wrong) return false;
    plan_.kind = JoinKind::kProduct;
    if (error.pairs != 0) plan_.inexact = error;
    fill(std::move(rows), plan_.table, never);
    return true;
  }

  bool plan_pair() {
    if (!enumerable()) return false;
    const std::int64_t m = size(1);
    const IntType index{m * range_[0].lo + range_[1].lo, m * range_[0].hi + range_[1].hi, false};
    if (range_[0].bits() + range_[1].bits() > kMaxPairBits || index.bits() > kMaxPairBits) return false;
    std::vector<StepRow> rows;
    std::int64_t width = 1;
    for (const Function& f : functions_) {
      RowMaker row;
      each_pair(f, [&](std::int64_t x, std::int64_t y, std::int64_t now) { row.level(m * x + y, now); });
      rows.push_back(row.take());
      width = std::max(width, rows.back().width());
    }
    const std::size_t tables = functions_.size() == 1 ? 1 : of_channel_.size();
    if (width > kMaxPairSteps || width * static_cast<std::int64_t>(tables) > kMaxTable) return false;
    plan_.kind = JoinKind::kSum;
    plan_.factors = {std::vector<std::int64_t>{m}, std::vector<std::int64_t>{1}};
    fill(std::move(rows), plan_.table, index.hi + 1);
    return true;
  }

  const Graph& graph_;
  NodeId node_;
  const Expression& expression_;
  JoinPlan plan_;
  IntType range_[2];
  std::vector<Function> functions_;
  std::vector<std::size_t> of_channel_;  ///< function of each channel
  std::vector<Borders> borders_;         ///< of the first direction that has some, when no factors fit them
  std::vector<Fit> fits_;                ///< of all functions together, then of each
  std::size_t along_ = 0;
  bool too_large_ = false;
};

}  // namespace

Result<JoinPlan> plan_join(const Graph& graph, NodeId node) {
  Expression::Obstacle obstacle;
  const std::optional<Expression> expression = Expression::find(graph, graph.node(node).outputs[0], obstacle, 2);
  if (!expression) {
    const NodeId at = obstacle.node.valid() ? obstacle.node : node;
    if (obstacle.sources) {
      return Diagnostic(Code::kJoinRefused, "three integer values meet in front of one quantizer")
          .at(place_of(graph, node))
          .because(fmt::format("{}: {}", describe(graph, at), obstacle.why))
          .fix("add a quantizer behind the first of the two joins");
    }
    return Diagnostic(Code::kNotThresholds, "the activation in front of a quantizer cannot become integer thresholds")
        .at(place_of(graph, at))
        .because(obstacle.why)
        .fix("use an elementwise activation with constant parameters between two quantized layers");
  }
  if (expression->sources().size() != 2)
    return Diagnostic(Code::kNotThresholds, "a quantizer depends on one integer value").at(place_of(graph, node));
  return Planner(graph, node, *expression).plan();
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace finnr {
namespace {

__extension__ typedef __int128 Wide;
using Sums = std::vector<std::int64_t>;       // by budget of a claim
using State = std::vector<std::size_t>;       // by coupling: the class of its first end while it is open, else 0
constexpr Wide kImpossible = Wide{1} << 120;  // more than any sum of prices

class ClaimCheck {
 public:
  ClaimCheck(const Problem& problem, const Claim& claim) : problem_(problem), claim_(claim), prices_(claim.prices) {
    for (std::size_t b = 0; b < claim.budgets.size(); ++b) {  // one of a single budget is a price too
      prices_.emplace_back(claim.budgets.size(), 0);
      prices_.back()[b] = 1;
    }
    rest_.resize(problem.decisions.size() + 1);
    for (std::size_t d = 0; d < problem.decisions.size(); ++d) options_.push_back(useful(d));
  }

  std::string run(std::size_t at_most) {
    std::map<State, std::vector<Sums>> labels{{State(problem_.couplings.size(), 0), {Sums(claim_.budgets.size(), 0)}}};
    for (std::size_t d = 0; d < problem_.decisions.size(); ++d) {
      std::map<State, std::vector<Sums>> next;
      std::size_t count = 0;
      for (const auto& [state, list] : labels) {
        for (const std::size_t o : options_[d]) {
          Sums added;
          State behind = state;
          if (!take(d, o, behind, added)) continue;
          const std::vector<Wide>& rest = rest_of(d + 1, behind);
          for (const Sums& sums : list) {
            Sums sum = sums;
            for (std::size_t b = 0; b < sum.size(); ++b) sum[b] += added[b];
            if (excluded(sum, rest)) continue;
            next[behind].push_back(std::move(sum));
            if (++count % (4 * at_most) == 0) count = thin(next);
          }
        }
      }
      if (thin(next) > at_most) return "more beginnings of choices than can be followed";
      labels = std::move(next);
    }
    return labels.empty() ? "" : "a choice is within the budgets";
  }

 private:
  Sums by_budget(const Bill& cost) const {
    Sums sums;
    for (const Budget& budget : claim_.budgets) {
      std::int64_t sum = 0;
      for (std::size_t r = 0; r < cost.size(); ++r) sum += budget.weights[r] * cost[r];
      sums.push_back(sum);
    }
    return sums;
  }

  /// Options fast enough that break no budget alone, without those that another one replaces: no dearer, of the same classes.
  std::vector<std::size_t> useful(std::size_t d) const {
    std::map<std::vector<std::size_t>, std::vector<std::pair<Sums, std::size_t>>> by_class;
    for (std::size_t o = 0; o < problem_.decisions[d].options.size(); ++o) {
      const Option& option = problem_.decisions[d].options[o];
      const Sums sums = by_budget(option.cost);
      bool good = option.interval <= claim_.interval;
      for (std::size_t b = 0; b < sums.size(); ++b) good &= sums[b] <= claim_.budgets[b].limit;
      std::vector<std::size_t> classes;
      for (const Coupling& c : problem_.couplings) {
        if (c.from == d) classes.push_back(c.from_class[o]);
        if (c.to == d) classes.push_back(c.to_class[o]);
      }
      if (good) by_class[classes].emplace_back(sums, o);
    }
    std::vector<std::size_t> result;
    for (auto& [classes, list] : by_class) {
      std::ranges::sort(list);
      std::vector<Sums> kept;
      for (const auto& [sums, o] : list) {
        if (std::ranges::any_of(kept, [&](const Sums& k) { return std::equal(k.begin(), k.end(), sums.begin(), std::less_equal<>()); }))
          continue;
        kept.push_back(sums);
        result.push_back(o);
      }
    }
    return result;
  }

  /// What option o of decision d adds in a state, and the state behind it; false if a coupling forbids it.
  bool take(std::size_t d, std::size_t o, State& state, Sums& added) const {
    Bill cost = problem_.decisions[d].options[o].cost;
    for (std::size_t c = 0; c < problem_.couplings.size(); ++c) {
      const Coupling& coupling = problem_.couplings[c];
      if (coupling.from == d) state[c] = coupling.from_class[o];
      if (coupling.to != d) continue;
      const Bill& joint = coupling.cost[state[c]][coupling.to_class[o]];
      if (joint.empty()) return false;
      for (std::size_t r = 0; r < cost.size(); ++r) cost[r] += joint[r];
      state[c] = 0;
    }
    added = by_budget(cost);
    return true;
  }

  Wide price(const Sums& prices, const Sums& sums) const {
    Wide total = 0;
    for (std::size_t b = 0; b < sums.size(); ++b) total += Wide{prices[b]} * sums[b];
    return total;
  }

  /// By price: the least that decisions from d on can cost in a state.
  const std::vector<Wide>& rest_of(std::size_t d, const State& state) {
    const auto found = rest_[d].find(state);
    if (found != rest_[d].end()) return found->second;
    std::vector<Wide> least(prices_.size(), d == problem_.decisions.size() ? 0 : kImpossible);
    for (std::size_t i = 0; d < problem_.decisions.size() && i < options_[d].size(); ++i) {
      Sums added;
      State behind = state;
      if (!take(d, options_[d][i], behind, added)) continue;
      const std::vector<Wide>& rest = rest_of(d + 1, behind);
      for (std::size_t p = 0; p < prices_.size(); ++p) least[p] = std::min(least[p], price(prices_[p], added) + rest[p]);
    }
    return rest_[d].emplace(state, std::move(least)).first->second;
  }

  /// Whether even the least of what follows costs more than the limits.
  bool excluded(const Sums& sums, const std::vector<Wide>& rest) const {
    for (std::size_t p = 0; p < prices_.size(); ++p) {
      Wide limit = 0;
      for (std::size_t b = 0; b < sums.size(); ++b) limit += Wide{prices_[p][b]} * claim_.budgets[b].limit;
      if (price(prices_[p], sums) + rest[p] > limit) return true;
    }
    return false;
  }

  /// Beginnings that are no less than another in the same state go; how many are left.
  static std::size_t thin(std::map<State, std::vector<Sums>>& labels) {
    constexpr std::ptrdiff_t kCompared = 300;  // going on with a superfluous one costs time alone
    std::size_t count = 0;
    for (auto& [state, list] : labels) {
      std::ranges::sort(list);
      std::vector<Sums> kept;
      for (Sums& sums : list) {
        const bool more = std::any_of(kept.end() - std::min(std::ssize(kept), kCompared), kept.end(), [&](const Sums& other) {
          return std::equal(other.begin(), other.end(), sums.begin(), std::less_equal<>());
        });
        if (!more) kept.push_back(std::move(sums));
      }
      list = std::move(kept);
      count += list.size();
    }
    return count;
  }

  const Problem& problem_;
  const Claim& claim_;
  std::vector<Sums> prices_;
  std::vector<std::map<State, std::vector<Wide>>> rest_;  // by decision
  std::vector<std::vector<std::size_t>> options_;         // by decision: the useful ones
};

/// The choice costs and takes what the certificate says.
std::string check_choice(const Certificate& certificate) {
  const Problem& problem = certificate.problem;
  Bill total(problem.resources.size(), 0);
  std::int64_t slowest = 1;
  const auto option_of = [&](std::size_t d) { return (*certificate.choice)[d]; };
  const auto add = [&](const Bill& cost) {
    for (std::size_t r = 0; r < total.size(); ++r) total[r] += cost[r];
  };
  for (std::size_t d = 0; d < problem.decisions.size(); ++d) {
    const Option& option = problem.decisions[d].options[option_of(d)];
    slowest = std::max(slowest, option.interval);
    add(option.cost);
  }
  for (const Coupling& c : problem.couplings) {
    const Bill& cost = c.cost[c.from_class[option_of(c.from)]][c.to_class[option_of(c.to)]];
    if (cost.empty()) return "the choice takes a forbidden pair";
    add(cost);
  }
  if (slowest != certificate.interval) return fmt::format("the choice takes {} cycles, not {}", slowest, certificate.interval);
  for (const Budget& b : certificate.budgets) {
    std::int64_t sum = 0;
    for (std::size_t r = 0; r < total.size(); ++r) sum += b.weights[r] * total[r];
    if (sum > b.limit) return fmt::format("the choice takes {} of budget '{}', which is {}", sum, b.name, b.limit);
  }
  return "";
}

}  // namespace

std::string check(const Certificate& certificate, std::size_t at_most) {
  if (certificate.choice) {
    if (const std::string wrong = check_choice(certificate); !wrong.empty()) return wrong;
  }
  for (const Claim& claim : certificate.claims) {
    const std::string wrong = ClaimCheck(certificate.problem, claim).run(at_most);
    if (!wrong.empty()) return fmt::format("the claim that nothing within {} cycles keeps the budgets fails: {}", claim.interval, wrong);
  }
  return "";
}

}  // namespace finnr

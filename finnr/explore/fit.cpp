// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/explore/queues.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace {

constexpr double kShareUnit = 1e7;  // of the objective: shares of limits in whole numbers

std::vector<Budget> budgets_of(const Problem& problem, const Cost& limit) {
  std::vector<Budget> budgets;
  const Bill bill = bill_of(limit);
  for (std::size_t r = 0; r < bill.size(); ++r) budgets.push_back(budget_of(problem, r, bill[r]));
  return budgets;
}

/// Shares of the limits, in sum.
Budget share_of(const Problem& problem, const Cost& limit) {
  Budget objective{"share", {}, 0};
  const Bill bill = bill_of(limit);
  for (std::size_t r = 0; r < problem.resources.size(); ++r)
    objective.weights.push_back(bill[r] > 0 ? std::max<std::int64_t>(1, std::llround(kShareUnit / static_cast<double>(bill[r]))) : 1);
  return objective;
}

double frames(double clock_mhz, std::int64_t interval) { return clock_mhz * 1e6 / static_cast<double>(interval); }

class Fitter {
 public:
  Fitter(const std::string& name, const HardwarePart& part, const Room& room, const UnitCost& cost)
      : name_(name), part_(part), room_(room), cost_(cost) {}

  Result<Fit> run(std::optional<std::int64_t> asked) {
    constexpr std::int64_t kAny = std::int64_t{1} << 40;
    OptionRules rules;
    rules.largest = room_.largest;
    if (room_.limit.fits(room_.largest)) rules.largest = {kAny, kAny, kAny, kAny, kAny};  // one region: the limits alone count
    if (room_.limit.uram > 0) rules.stores.push_back(Store::kUltra);
    FINNR_ASSIGN(options_, folding_problem(part_, rules, cost_));
    const std::int64_t least = possible_intervals(problem()).front();
    if (asked && *asked < least) return unreachable(*asked, least);

    Fit fit;
    Cost reserve;  // for queues
    constexpr int kRounds = 8;
    for (int round = 0; round < kRounds; ++round) {
      const Cost left = less(room_.limit, reserve);
      FINNR_ASSIGN(const Answer answer, solve(asked, left, round == 0, fit));
      fit.folding = folding_of(options_, *answer.choice);
      FINNR_ASSIGN(Design design, lower(part_, fit.folding, name_));
      fit.cost = total_cost(design, cost_);
      if (!fit.cost.fits(room_.limit)) {  // sizing takes time, and is for the builder else
        size_queues(design);
        fit.cost = total_cost(design, cost_);
      }
      const Cost modelled = finnr::cost_of(*cost_of(problem(), *answer.choice));
      fit.queues = less(fit.cost, modelled);
      fit.interval = interval(design);
      if (fit.cost.fits(room_.limit)) {
        finish(fit, answer);
        return fit;
      }
      // A cut: the queues of this design must have room beside the rest. They are more than the room that was left for them.
      for (const auto member : Cost::kMembers) {
        if (fit.cost.*member > room_.limit.*member) reserve.*member = fit.queues.*member;
      }
    }
    return too_small("queues in front of joins take more than what every folding tried leaves");
  }

 private:
  const Problem& problem() const { return options_.problem; }

  static Cost less(const Cost& a, const Cost& b) {
    Cost difference;
    for (const auto member : Cost::kMembers) difference.*member = std::max<std::int64_t>(a.*member - b.*member, 0);
    return difference;
  }

  /// The choice for a room, with what is proved. Only the first room is the true one, whose proof counts for the interval.
  Result<Answer> solve(std::optional<std::int64_t> asked, const Cost& limit, bool first, Fit& fit) {
    const std::vector<Budget> budgets = budgets_of(problem(), limit);
    std::int64_t most = asked.value_or(0);
    std::optional<Choice> known;
    if (!asked) {
      const Answer fast = fastest(problem(), budgets);
      if (!fast.choice) return too_small("");
      most = fast.value;
      known = fast.choice;
      if (first) {
        fit.bound = fast.bound;
        proof_ = fast.claim;
      }
    } else if (first) {
      fit.bound = *asked;
    }
    Answer cheap = cheapest(problem(), most, budgets, share_of(problem(), room_.limit), known);
    if (!cheap.choice) return beyond(most, budgets);
    fit.share = static_cast<double>(cheap.value) / kShareUnit;
    fit.least_share = static_cast<double>(cheap.bound) / kShareUnit;
    fit.certificate = {fmt::format("{} on {}", name_, room_.device), problem(), cheap.choice,
                       interval_of(problem(), *cheap.choice),        budgets,   {}};
    if (proof_) fit.certificate.claims.push_back(*proof_);
    if (cheap.claim) fit.certificate.claims.push_back(*cheap.claim);
    return cheap;
  }

  void finish(Fit& fit, const Answer& answer) const {
    std::int64_t slowest = 0;
    for (std::size_t i = 0; i < answer.choice->size(); ++i) {
      const std::int64_t cycles = problem().decisions[i].options[(*answer.choice)[i]].interval;
      if (cycles > slowest) fit.bottleneck = problem().decisions[i].name;
      slowest = std::max(slowest, cycles);
    }
    if (proof_) fit.binding = binding_of(*proof_);
    if (fit.interval / 2 < possible_intervals(problem()).front()) return;
    const Answer twice = cheapest(problem(), fit.interval / 2, {}, share_of(problem(), room_.limit));
    if (twice.choice) fit.twice = finnr::cost_of(*cost_of(problem(), *twice.choice));
  }

  /// The budget that weighs most in a proof.
  static std::string binding_of(const Claim& claim) {
    std::string name;
    double most = 0;
    for (std::size_t b = 0; !claim.prices.empty() && b < claim.budgets.size(); ++b) {
      const double weight = static_cast<double>(claim.prices[0][b]) * static_cast<double>(claim.budgets[b].limit);
      if (weight <= most) continue;
      most = weight;
      name = claim.budgets[b].name;
    }
    return name;
  }

  /// The least of each resource at an interval, when nothing else counts, where it is more than the room has.
  std::string needs(std::int64_t interval) const {
    std::string text;
    const Bill limit = bill_of(room_.limit);
    for (std::size_t r = 0; r < limit.size(); ++r) {
      const Answer least = cheapest(problem(), interval, {}, budget_of(problem(), r, 0));
      if (!least.choice || least.bound <= limit[r]) continue;
      text += fmt::format("{}{} {} of {}", text.empty() ? "" : ", ", least.bound, problem().resources[r], limit[r]);
    }
    if (!text.empty()) return "it takes at least " + text;
    // Each alone would do, but not all together: what the others leave.
    for (std::size_t r = 0; r < limit.size(); ++r) {
      std::vector<Budget> others = budgets_of(problem(), room_.limit);
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(r));
      const Answer least = cheapest(problem(), interval, others, budget_of(problem(), r, 0));
      if (!least.choice) continue;
      text += fmt::format("{}{} {} of {}", text.empty() ? "" : ", or ", least.value, problem().resources[r], limit[r]);
    }
    return text.empty() ? "several resources run out at once" : "with everything else kept, it takes " + text;
  }

  Diagnostic too_small(const std::string& why) const {
    return Diagnostic(Code::kDeviceTooSmall, fmt::format("{} does not fit {} at any frame rate", name_, room_.device))
        .because(why.empty() ? needs(possible_intervals(problem()).back()) : why)
        .fix("take a larger device (finnr devices), a larger share of it, or fewer bits");
  }

  Diagnostic unreachable(std::int64_t asked, std::int64_t least) const {
    const auto slowest = std::ranges::max_element(
        problem().decisions, {}, [](const Decision& d) { return std::ranges::min(d.options, {}, &Option::interval).interval; });
    return Diagnostic(Code::kFpsUnreachable, fmt::format("{} cycles a frame cannot be reached", asked))
        .because(fmt::format("layer {} needs {} even when unfolded completely", slowest->name, least))
        .fix(fmt::format("at most {:.6g} frames a second at {:g} MHz", frames(room_.clock_mhz, least), room_.clock_mhz));
  }

  Diagnostic beyond(std::int64_t asked, const std::vector<Budget>& budgets) const {
    const Answer best = fastest(problem(), budgets);
    if (!best.choice) return too_small("");
    const std::string binding = best.claim ? binding_of(*best.claim) : "";
    return Diagnostic(Code::kRateBeyondDevice, fmt::format("{:.6g} frames a second at {:g} MHz do not fit {}",
                                                           frames(room_.clock_mhz, asked), room_.clock_mhz, room_.device))
        .because(fmt::format("the best here is {:.6g} frames a second ({} cycles); {} binds. For {} cycles, {}",
                             frames(room_.clock_mhz, best.value), best.value, binding.empty() ? "nothing" : binding, asked, needs(asked)))
        .fix(fmt::format("at most {:.6g} frames a second, --clock {:g}, a larger device, or fewer bits",
                         frames(room_.clock_mhz, best.value),
                         std::ceil(room_.clock_mhz * static_cast<double>(best.value) / static_cast<double>(asked))));
  }

  const std::string& name_;
  const HardwarePart& part_;
  const Room& room_;
  const UnitCost& cost_;
  FoldingProblem options_;
  std::optional<Claim> proof_;  ///< that nothing is faster
};

}  // namespace

Result<Fit> best_fit(const std::string& name, const HardwarePart& part, const Room& room, std::optional<std::int64_t> interval,
                     const UnitCost& cost) {
  return Fitter(name, part, room, cost).run(interval);
}

}  // namespace finnr

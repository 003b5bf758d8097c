// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/stage.h"

#include <algorithm>
#include <map>

#include "finnr/base/check.h"

namespace finnr {
namespace {

/// What must be remembered of a decision until `last`: the class of its option. Couplings with the same classes share it.
struct Memory {
  std::size_t decision = 0;
  std::size_t last = 0;
  std::size_t classes = 1;
  const std::vector<std::size_t>* class_of = nullptr;
};

struct Memories {
  std::vector<Memory> list;
  std::vector<std::size_t> of_coupling;
};

Memories find_memories(const Problem& problem) {
  Memories memories;
  for (const Coupling& c : problem.couplings) {
    auto found = std::ranges::find_if(memories.list, [&](const Memory& m) { return m.decision == c.from && *m.class_of == c.from_class; });
    if (found == memories.list.end()) found = memories.list.insert(found, {c.from, c.to, c.cost.size(), &c.from_class});
    found->last = std::max(found->last, c.to);
    memories.of_coupling.push_back(static_cast<std::size_t>(found - memories.list.begin()));
  }
  return memories;
}

Amounts amounts_of(const std::vector<Budget>& budgets, const Bill& cost) {
  Amounts sums{};
  for (std::size_t b = 0; b < budgets.size(); ++b) sums[b] = amount(budgets[b], cost);
  return sums;
}

/// Alternatives of a group that another one beats in no budget go; of equal ones the first stays.
void keep_best(std::vector<Stage::Alternative>& alternatives, std::size_t budgets) {
  std::ranges::stable_sort(alternatives, [](const Stage::Alternative& a, const Stage::Alternative& b) {
    return a.group != b.group ? a.group < b.group : a.amounts < b.amounts;
  });
  std::vector<Stage::Alternative> kept;
  std::size_t first = 0;
  for (const Stage::Alternative& a : alternatives) {
    if (!kept.empty() && kept.back().group != a.group) first = kept.size();
    const bool beaten = std::any_of(kept.begin() + static_cast<std::ptrdiff_t>(first), kept.end(), [&](const Stage::Alternative& k) {
      return std::equal(k.amounts.begin(), k.amounts.begin() + static_cast<std::ptrdiff_t>(budgets), a.amounts.begin(),
                        std::less_equal<>());
    });
    if (!beaten) kept.push_back(a);
  }
  alternatives = std::move(kept);
}

}  // namespace

std::optional<Stage> make_stage(const Problem& problem, std::int64_t interval, const std::vector<Budget>& budgets,
                                std::size_t most_states) {
  FINNR_CHECK(budgets.size() <= kMaxBudgets, "more budgets than a question can have");
  const Memories memories = find_memories(problem);
  Stage stage;
  stage.budgets = budgets.size();
  for (std::size_t b = 0; b < budgets.size(); ++b) stage.limits[b] = budgets[b].limit;

  std::vector<std::size_t> open;  // memories, the last one counting fastest
  std::size_t states = 1;
  for (std::size_t d = 0; d < problem.decisions.size(); ++d) {
    Stage::Step step;
    // Class of a state in an open memory, and the state without those that end here.
    const auto class_in = [&](std::size_t state, std::size_t memory) {
      for (std::size_t at = open.size(); at-- > 0;) {
        const std::size_t classes = memories.list[open[at]].classes;
        if (open[at] == memory) return state % classes;
        state /= classes;
      }
      return std::size_t{0};
    };
    std::vector<std::size_t> stay;
    for (const std::size_t m : open) {
      if (memories.list[m].last > d) stay.push_back(m);
    }
    std::vector<std::size_t> fresh;
    std::size_t fresh_states = 1;
    for (std::size_t m = 0; m < memories.list.size(); ++m) {
      if (memories.list[m].decision != d) continue;
      fresh.push_back(m);
      fresh_states *= memories.list[m].classes;
      if (fresh_states > most_states) return std::nullopt;
    }
    std::size_t behind = fresh_states;
    for (const std::size_t m : stay) {
      behind *= memories.list[m].classes;
      if (behind > most_states) return std::nullopt;
    }
    for (std::size_t s = 0; s < states; ++s) {
      std::size_t kept = 0;
      for (const std::size_t m : stay) kept = kept * memories.list[m].classes + class_in(s, m);
      step.keep.push_back(kept * fresh_states);
    }

    // Alternatives and their groups.
    std::vector<const Coupling*> closing;
    std::vector<std::size_t> closing_memory;
    for (std::size_t c = 0; c < problem.couplings.size(); ++c) {
      if (problem.couplings[c].to != d) continue;
      closing.push_back(&problem.couplings[c]);
      closing_memory.push_back(memories.of_coupling[c]);
    }
    std::map<std::vector<std::size_t>, std::size_t> groups;  // classes: those of couplings that close, then the fresh ones
    const std::vector<Option>& options = problem.decisions[d].options;
    for (std::size_t o = 0; o < options.size(); ++o) {
      if (options[o].interval > interval) continue;
      const Amounts amounts = amounts_of(budgets, options[o].cost);
      if (!within(stage, amounts, stage.limits)) continue;
      std::vector<std::size_t> classes;
      for (const Coupling* c : closing) classes.push_back(c->to_class[o]);
      for (const std::size_t m : fresh) classes.push_back((*memories.list[m].class_of)[o]);
      step.alternatives.push_back({o, groups.emplace(classes, groups.size()).first->second, amounts});
    }
    keep_best(step.alternatives, stage.budgets);
    step.groups = groups.size();
    step.add.resize(step.groups);
    for (std::size_t c = 0; c < closing.size(); ++c) {
      Stage::Join join;
      join.columns = closing[c]->cost.front().size();
      for (std::size_t s = 0; s < states; ++s) join.row.push_back(class_in(s, closing_memory[c]));
      join.column.resize(step.groups);
      for (const auto& [classes, group] : groups) join.column[group] = classes[c];
      Amounts largest{};
      for (const std::vector<Bill>& row : closing[c]->cost) {
        for (const Bill& cost : row) {
          join.allowed.push_back(!cost.empty());
          join.amounts.push_back(cost.empty() ? Amounts{} : amounts_of(budgets, cost));
          for (std::size_t b = 0; b < stage.budgets; ++b) largest[b] = std::max(largest[b], join.amounts.back()[b]);
        }
      }
      for (std::size_t b = 0; b < stage.budgets; ++b) stage.most[b] += largest[b];
      step.joins.push_back(std::move(join));
    }
    for (const auto& [classes, group] : groups) {
      std::size_t state = 0;
      for (std::size_t f = 0; f < fresh.size(); ++f) state = state * memories.list[fresh[f]].classes + classes[closing.size() + f];
      step.add[group] = state;
    }
    for (std::size_t b = 0; b < stage.budgets; ++b) {
      std::int64_t largest = 0;
      for (const Stage::Alternative& a : step.alternatives) largest = std::max(largest, a.amounts[b]);
      stage.most[b] += largest;
    }
    stage.possible &= !step.alternatives.empty();
    stage.states.push_back(states);
    stage.steps.push_back(std::move(step));
    open = std::move(stay);
    open.insert(open.end(), fresh.begin(), fresh.end());
    states = behind;
  }
  stage.states.push_back(states);
  for (std::size_t b = 0; b < stage.budgets; ++b) stage.scale[b] = std::max({stage.limits[b], stage.most[b] / 1024, std::int64_t{1}});
  return stage;
}

std::optional<Amounts> amounts_of(const Stage& stage, const std::vector<std::size_t>& alternatives) {
  Amounts sum{};
  std::size_t state = 0;
  for (std::size_t i = 0; i < stage.steps.size(); ++i) {
    const Stage::Step& step = stage.steps[i];
    const Stage::Alternative& chosen = step.alternatives[alternatives[i]];
    for (std::size_t b = 0; b < stage.budgets; ++b) sum[b] += chosen.amounts[b];
    for (const Stage::Join& join : step.joins) {
      const std::size_t at = join.row[state] * join.columns + join.column[chosen.group];
      if (!join.allowed[at]) return std::nullopt;
      for (std::size_t b = 0; b < stage.budgets; ++b) sum[b] += join.amounts[at][b];
    }
    state = step.keep[state] + step.add[chosen.group];
  }
  return sum;
}

Choice choice_of(const Stage& stage, const std::vector<std::size_t>& alternatives) {
  Choice choice;
  for (std::size_t i = 0; i < alternatives.size(); ++i) choice.push_back(stage.steps[i].alternatives[alternatives[i]].option);
  return choice;
}

bool within(const Stage& stage, const Amounts& amounts, const Amounts& limits) {
  return std::equal(amounts.begin(), amounts.begin() + static_cast<std::ptrdiff_t>(stage.budgets), limits.begin(), std::less_equal<>());
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace finnr {

// The choice of a design as arithmetic: decisions with finitely many options, costs of single options and of neighbouring ones,
// and limits on sums. Nothing here knows what a decision is about.

/// What something takes of each resource, never negative, in the order of Problem::resources.
using Bill = std::vector<std::int64_t>;

struct Option {
  std::int64_t interval = 1;  ///< cycles a frame with which it keeps up
  Bill cost;
};

struct Decision {
  std::string name;
  std::vector<Option> options;
};

/// What two decisions cost together. Each option belongs to a class at either end, and the classes alone decide: widths of
/// the stream between two layers.
struct Coupling {
  std::size_t from = 0;  ///< decisions; from < to
  std::size_t to = 0;
  std::vector<std::size_t> from_class;  ///< by option of `from`
  std::vector<std::size_t> to_class;    ///< by option of `to`
  std::vector<std::vector<Bill>> cost;  ///< [class of from][class of to]; an empty cost forbids the pair
};

struct Problem {
  std::vector<std::string> resources;
  std::vector<Decision> decisions;
  std::vector<Coupling> couplings;
};

/// One option of every decision.
using Choice = std::vector<std::size_t>;

/// A weighted sum of resources that may not exceed a limit. Weights are not negative.
struct Budget {
  std::string name;
  std::vector<std::int64_t> weights;  ///< by resource
  std::int64_t limit = 0;
};

/// A budget for a single resource.
Budget budget_of(const Problem& problem, std::size_t resource, std::int64_t limit);

/// The weighted sum.
std::int64_t amount(const Budget& budget, const Bill& cost);

/// Cycles between frames: those of the slowest option.
std::int64_t interval_of(const Problem& problem, const Choice& choice);

/// Sums over decisions and couplings; none where a coupling forbids the choice.
std::optional<Bill> cost_of(const Problem& problem, const Choice& choice);

/// All intervals of options that no decision forbids, ascending: the only ones a design can have.
std::vector<std::int64_t> possible_intervals(const Problem& problem);

/// What makes a problem unfit for the search ("" if nothing does): a decision without options, sizes that do not agree, negative
/// numbers. Certificates from files are checked with it.
std::string flaw_of(const Problem& problem);

}  // namespace finnr

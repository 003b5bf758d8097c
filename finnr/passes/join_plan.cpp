// SPDX-License-Identifier: Apache-2.0
// The code as a function of two integers is g(x, y). Candidates, simplest first; each is checked on every pair:
//   thresholds on m x + n y      from the borders of each level (borders.h), for all channels or for each
//   the greater of two codes     g(x, y) = max(min over y' of g(x, y'), min over x' of g(x', y)), and mirrored
//   thresholds on a product      g is a function of (x - zero)(y - zero)
//   steps of |Y| x + y           names every pair; any function, for few bits
// and at last m x + n y with borders that are right for most pairs.
#include "finnr/passes/join_plan.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "finnr/passes/expression.h"
#include "finnr/passes/join_pairs.h"
#include "finnr/passes/join_problem.h"
#include "finnr/passes/join_sums.h"

namespace finnr {
namespace {

Diagnostic refused(const Graph& graph, NodeId node, std::string why) {
  return Diagnostic(Code::kJoinRefused, "two integer values meet in a way that hardware cannot compute exactly")
      .at(place_of(graph, node))
      .because(std::move(why))
      .fix("quantize both operands with one scale in front of the join, or to 6 bits or fewer");
}

/// The first candidate that holds.
Result<JoinPlan> choose(const Graph& graph, NodeId node, const JoinProblem& join) {
  SumPlanner sums(join);
  const bool first_is_longer = join.size(0) >= join.size(1);
  for (const std::size_t along : first_is_longer ? std::array<std::size_t, 2>{0, 1} : std::array<std::size_t, 2>{1, 0}) {
    if (sums.plan_exact(along)) return sums.take();
  }
  if (join.enumerable()) {
    for (const JoinKind kind : {JoinKind::kMax, JoinKind::kMin}) {
      if (std::optional<JoinPlan> plan = plan_greater(join, kind)) return *std::move(plan);
    }
    if (std::optional<JoinPlan> plan = plan_product(join, true)) return *std::move(plan);
  }
  if (std::optional<JoinPlan> plan = plan_pair(join)) return *std::move(plan);
  if (sums.plan_nearest()) return sums.take();
  if (join.enumerable()) {
    if (std::optional<JoinPlan> plan = plan_product(join, false)) return *std::move(plan);
  }
  if (sums.too_large()) {
    return Diagnostic(Code::kRangeTooLarge, fmt::format("two integers of {} and {} bits meet, too many pairs to be exact about",
                                                        join.range[0].bits(), join.range[1].bits()))
        .at(place_of(graph, node))
        .because("an accumulator is joined with another value before it is quantized")
        .fix("quantize each of the two values in front of the join");
  }
  return refused(graph, node,
                 "its code is no function of a weighted sum or a product of their codes, and the pairs are too many for a table");
}

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
  const std::optional<JoinProblem> join = JoinProblem::find(graph, node, *expression);
  if (!join) return refused(graph, node, "the constants between them and the quantizer differ along more than one axis");
  return choose(graph, node, *join);
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/join_problem.h"

#include <algorithm>
#include <map>

namespace finnr {

std::optional<JoinProblem> JoinProblem::find(const Graph& graph, NodeId node, const Expression& expression) {
  JoinProblem join;
  const ValueId output = graph.node(node).outputs[0];
  StepTable& table = join.blank.table;
  std::array<Shape, 2>& shapes = join.blank.shapes;
  table.codes = graph.value(output).type.ints;
  table.origin = expression.origin();
  table.shape = graph.value(output).shape;
  for (std::size_t s = 0; s < 2; ++s) {
    join.blank.sources[s] = expression.sources()[s].value;
    shapes[s] = expression.sources()[s].shape;
    join.range[s] = graph.value(join.blank.sources[s]).type.ints;
  }
  const Expression::Channels channels = expression.channels(table.shape);
  if (!channels.axis) {
    if (shapes[0] != shapes[1]) return std::nullopt;
    table.shape = {static_cast<std::int64_t>(channels.elements.size())};
  }
  if (table.shape.empty()) table.shape = {1};
  if (!channels.axis || shapes[0].empty()) shapes = {table.shape, table.shape};
  table.axis = channels.axis.value_or(0);
  if (broadcast(shapes[0], shapes[1]) != table.shape) return std::nullopt;
  std::map<std::vector<double>, std::size_t> known;
  for (const std::int64_t element : channels.elements) {
    Expression::Curve curve = expression.curve(element);
    const auto [at, added] = known.try_emplace(curve.constants(), join.functions.size());
    if (added) join.functions.push_back({std::move(curve), 0});
    ++join.functions[at->second].channels;
    join.of_channel.push_back(at->second);
  }
  return join;
}

void JoinProblem::fill(std::vector<StepRow> rows, StepTable& table, std::int64_t never) const {
  table.codes = blank.table.codes;
  table.shape = blank.table.shape;
  table.axis = blank.table.axis;
  table.origin = blank.table.origin;
  if (std::ranges::all_of(rows, [&](const StepRow& row) { return row == rows[0]; })) {
    fill_rows(table, {rows.data(), 1}, never);
    return;
  }
  std::vector<StepRow> all;
  for (const std::size_t f : of_channel) all.push_back(rows[f]);
  fill_rows(table, all, never);
}

}  // namespace finnr

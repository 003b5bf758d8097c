// SPDX-License-Identifier: Apache-2.0
// Writes the plan of a join (join_plan.h) into the graph. Integer patterns:
//   sum      thresholds(join{add, m, n}(x, y)); a factor for each channel is a depthwise 1x1 convolution in front of the join
//   product  thresholds(join{mul}(x - zero, y - zero)); a zero point that is not 0 is subtracted by join{add} with a constant
//   greater  cx + relu(cy - cx) with cx, cy = thresholds(x), thresholds(y), and thresholds that keep the codes' type
#include <fmt/format.h>

#include <numeric>

#include "finnr/passes/expression.h"
#include "finnr/passes/join_plan.h"
#include "finnr/passes/pass.h"

namespace finnr {
namespace {

class JoinWriter {
 public:
  JoinWriter(Graph& graph, JoinPlan plan) : graph_(graph), plan_(std::move(plan)) {}

  ValueId write() {
    const ValueId x = operand(0);
    const ValueId y = operand(1);
    switch (plan_.kind) {
      case JoinKind::kSum: {
        const bool x_varies = plan_.factors[0].size() > 1;
        const bool y_varies = plan_.factors[1].size() > 1;
        const ValueId left = x_varies ? multiply(x, plan_.factors[0]) : x;
        const ValueId right = y_varies ? multiply(y, plan_.factors[1]) : y;
        return thresholds(join(left, right, x_varies ? 1 : plan_.factors[0][0], y_varies ? 1 : plan_.factors[1][0]), plan_.table);
      }
      case JoinKind::kProduct: {
        const ValueId left = subtract(x, plan_.zeros[0]);
        const ValueId right = subtract(y, plan_.zeros[1]);
        return thresholds(graph_.must_add(Join{JoinFunction::kMul, 1, 1}, {left, right}, origin()), plan_.table);
      }
      case JoinKind::kMax:
      case JoinKind::kMin: {
        const bool max = plan_.kind == JoinKind::kMax;
        const ValueId first = thresholds(x, plan_.table);
        const ValueId second = thresholds(y, plan_.other);
        const IntType codes = plan_.table.codes;
        const ValueId difference = max ? join(second, first, 1, -1) : join(first, second, 1, -1);
        const std::int64_t most = codes.hi - codes.lo;
        const ValueId rest = staircase(difference, 0, most);
        return staircase(join(first, rest, 1, max ? 1 : -1), codes.lo, codes.hi);
      }
    }
    FINNR_CHECK(false, "no such join");
  }

 private:
  [[nodiscard]] const Origin& origin() const { return plan_.table.origin; }

  ValueId operand(std::size_t s) {
    const ValueId value = plan_.sources[s];
    return graph_.value(value).shape == plan_.shapes[s] ? value : graph_.must_add(Reshape{plan_.shapes[s]}, {value}, {});
  }

  ValueId join(ValueId x, ValueId y, std::int64_t left, std::int64_t right) {
    return graph_.must_add(Join{JoinFunction::kAdd, left, right}, {x, y}, origin());
  }

  ValueId thresholds(ValueId x, const StepTable& table) {
    const auto axis = static_cast<std::size_t>(table.axis);
    // A source that is broadcast along the channels has one row: its channels differ only when they are there.
    const bool row = table.base.size() == 1 || graph_.value(x).shape[axis] == table.base.size();
    FINNR_CHECK(row, "a broadcast operand with a table for each channel");
    return graph_.must_add(Thresholds{table.axis, table.codes},
                           {x, graph_.add_constant(table.thresholds), graph_.add_constant(table.base), graph_.add_constant(table.signs)},
                           origin());
  }

  /// The integer itself, clipped to [lo, hi].
  ValueId staircase(ValueId x, std::int64_t lo, std::int64_t hi) {
    StepTable table;
    table.codes = {lo, hi, false};
    table.axis = plan_.table.axis;
    StepRow row{lo, {}};
    for (std::int64_t at = lo + 1; at <= hi; ++at) row.steps.push_back({at, 1});
    fill_rows(table, {&row, 1}, graph_.value(x).type.ints.hi + 1);
    return thresholds(x, table);
  }

  /// A factor for each channel: a depthwise convolution of [batch, channels, rest].
  ValueId multiply(ValueId x, const std::vector<std::int64_t>& factors) {
    const Shape shape = graph_.value(x).shape;
    const auto axis = static_cast<std::ptrdiff_t>(plan_.table.axis);
    const auto channels = static_cast<std::int64_t>(factors.size());
    Shape own = shape;
    if (shape.size() < 3 || axis != 1) {
      const auto size = [](auto from, auto to) { return std::accumulate(from, to, std::int64_t{1}, std::multiplies<>()); };
      own = {size(shape.begin(), shape.begin() + axis), channels, size(shape.begin() + axis + 1, shape.end())};
    }
    if (own != shape) x = graph_.must_add(Reshape{own}, {x}, {});
    const Shape ones(own.size() - 2, 1);
    const Shape zeros(own.size() - 2, 0);
    Shape kernel(own.size(), 1);
    kernel[0] = channels;
    const ValueId weights = graph_.add_constant(Tensor(kernel, Tensor::Ints(factors.begin(), factors.end())));
    x = graph_.must_add(Conv{ones, ones, zeros, zeros, ones, channels, 0}, {x, weights}, origin());
    return own == shape ? x : graph_.must_add(Reshape{shape}, {x}, {});
  }

  ValueId subtract(ValueId x, const std::vector<std::int64_t>& zeros) {
    if (zeros.size() == 1 && zeros[0] == 0) return x;
    Shape shape = {1};
    if (zeros.size() > 1) {
      shape.assign(graph_.value(x).shape.size(), 1);
      shape[static_cast<std::size_t>(plan_.table.axis)] = static_cast<std::int64_t>(zeros.size());
    }
    Tensor::Ints negative;
    for (const std::int64_t zero : zeros) negative.push_back(-zero);
    return join(x, graph_.add_constant(Tensor(shape, std::move(negative))), 1, 1);
  }

  Graph& graph_;
  JoinPlan plan_;
};

Diagnostic inexact(const Graph& graph, NodeId node, const Inexact& error) {
  return Diagnostic(Code::kJoinInexact, fmt::format("two integer values are joined with rounded factors: {} of {} pairs of codes differ by "
                                                    "up to {} from the network's own code",
                                                    error.pairs, error.of, error.most))
      .at(place_of(graph, node))
      .because("no whole numbers m and n make m * a + n * b reproduce the quantizer behind the two values on every pair")
      .fix("quantize both operands with one scale in front of the join, to be exact")
      .as_warning();
}

}  // namespace

// A quantizer that cannot be planned stays as it is, as in derive_thresholds.
Changed join_values(Graph& graph, PassContext& context) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Op& op = graph.node(id).op;
    if (!std::holds_alternative<Quantize>(op) && !std::holds_alternative<CountThresholds>(op)) continue;
    Result<JoinPlan> plan = plan_join(graph, id);
    if (!plan.ok()) continue;
    if (plan->inexact) context.diagnostics.add(inexact(graph, id, *plan->inexact));
    const ValueId output = graph.node(id).outputs[0];
    const Shape shape = graph.value(output).shape;
    ValueId codes = JoinWriter(graph, *std::move(plan)).write();
    if (graph.value(codes).shape != shape) codes = graph.must_add(Reshape{shape}, {codes}, {});
    graph.set_name(codes, graph.value(output).name);
    graph.replace(output, codes);
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
// Steps are found by bisection where every operator of the chain moves one way by IEEE rules: equal ends mean no step
// between them. Anything else is scanned value by value.
#include "finnr/passes/step_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <utility>

#include "finnr/graph/rules.h"
#include "finnr/passes/expression.h"

namespace finnr {
namespace {

constexpr std::int64_t kMaxBisected = std::int64_t{1} << 40;
constexpr std::int64_t kMaxScanned = std::int64_t{1} << 26;

using Step = StepRow::Step;

/// One channel's function from source integer to level.
class Curve {
 public:
  Curve(Expression::Curve curve, bool bipolar) : curve_(std::move(curve)), bipolar_(bipolar) {}
  std::int64_t operator()(std::int64_t x) const {
    const std::int64_t code = curve_.code(x);
    return bipolar_ ? (code + 1) / 2 : code;
  }
  [[nodiscard]] bool one_way() const { return curve_.monotone() != Monotone::kUnknown; }
  [[nodiscard]] const std::vector<double>& constants() const { return curve_.constants(); }

 private:
  Expression::Curve curve_;
  bool bipolar_;
};

std::vector<Step> bisect(const Curve& level, const IntType& range) {
  struct Span {
    std::int64_t lo, hi, level_lo, level_hi;
  };
  std::vector<Step> steps;
  std::vector<Span> open = {{range.lo, range.hi, level(range.lo), level(range.hi)}};
  while (!open.empty()) {
    const Span span = open.back();
    open.pop_back();
    if (span.level_lo == span.level_hi) continue;
    if (span.hi - span.lo == 1) {
      steps.push_back({span.hi, span.level_hi - span.level_lo});
      continue;
    }
    const std::int64_t middle = span.lo + (span.hi - span.lo) / 2;
    const std::int64_t level_middle = level(middle);
    open.push_back({middle, span.hi, level_middle, span.level_hi});
    open.push_back({span.lo, middle, span.level_lo, level_middle});  // taken first: steps come out ascending
  }
  return steps;
}

std::vector<Step> scan(const Curve& level, const IntType& range) {
  std::vector<Step> steps;
  std::int64_t before = level(range.lo);
  for (std::int64_t x = range.lo + 1; x <= range.hi; ++x) {
    const std::int64_t now = level(x);
    if (now != before) steps.push_back({x, now - before});
    before = now;
  }
  return steps;
}

/// The range of the source in each channel: exact per output column or channel behind a product with constant weights.
std::vector<IntType> channel_ranges(const Graph& graph, ValueId source, const StepTable& table, const Expression::Channels& channels) {
  const Value& value = graph.value(source);
  const std::size_t n = channels.elements.size();
  if (graph.producer_as<MatMul>(source)) {
    const Node& node = graph.node(value.producer);
    const Value& weights = graph.value(node.inputs[1]);
    if (weights.constant && weights.shape.size() == 2 && static_cast<std::int64_t>(n) == weights.shape[1] &&
        channels.elements[n - 1] == static_cast<std::int64_t>(n) - 1) {
      return accumulator_ranges(graph.value(node.inputs[0]).type.ints, *weights.constant);
    }
  }
  if (const auto* conv = graph.producer_as<Conv>(source); conv != nullptr && n > 1 && table.shape == value.shape && table.axis == 1) {
    const Node& node = graph.node(value.producer);
    if (const auto& weights = graph.value(node.inputs[1]).constant)
      return accumulator_ranges(*conv, graph.value(node.inputs[0]).type.ints, *weights);
  }
  return std::vector<IntType>(n, value.type.ints);
}

Diagnostic refused(const Graph& graph, NodeId node, std::string why) {
  return Diagnostic(Code::kNotThresholds, "the activation in front of a quantizer cannot become integer thresholds")
      .at(place_of(graph, node))
      .because(std::move(why))
      .fix("use an elementwise activation with constant parameters between two quantized layers, or fewer bits");
}

}  // namespace

namespace {

/// The levels that occur, for quantizers that do not limit their codes (Trunc of version 1).
IntType reached(const std::vector<StepRow>& rows) {
  IntType range{rows[0].base, rows[0].base, false};
  for (const StepRow& row : rows) {
    std::int64_t level = row.base;
    range = unite(range, {level, level, false});
    for (const Step& step : row.steps) {
      level += step.delta;
      range = unite(range, {level, level, false});
    }
  }
  return range;
}

}  // namespace

Result<StepTable> step_table(const Graph& graph, NodeId node) {
  const ValueId output = graph.node(node).outputs[0];
  Expression::Obstacle obstacle;
  const std::optional<Expression> expression = Expression::find(graph, output, obstacle);
  if (!expression) return refused(graph, obstacle.node.valid() ? obstacle.node : node, obstacle.why);

  StepTable table;
  table.source = expression->source();
  table.codes = graph.value(output).type.ints;
  table.origin = expression->origin();
  table.shape = graph.value(output).shape;
  Expression::Channels channels = expression->channels(table.shape);
  if (static_cast<std::int64_t>(channels.elements.size()) == count(table.shape)) {  // perhaps flattened behind channels of the source
    const Shape& before = graph.value(expression->source()).shape;
    Expression::Channels other = expression->channels(before);
    if (other.elements.size() < channels.elements.size()) {
      table.shape = before;
      channels = std::move(other);
    }
  }
  if (!channels.axis) table.shape = {static_cast<std::int64_t>(channels.elements.size())};
  table.axis = channels.axis.value_or(0);
  if (table.shape.empty()) table.shape = {1};

  const std::vector<IntType> ranges = channel_ranges(graph, table.source, table, channels);
  std::map<std::pair<std::vector<double>, std::pair<std::int64_t, std::int64_t>>, std::size_t> known;  // equal channels are one search
  std::vector<StepRow> rows;
  for (std::size_t c = 0; c < channels.elements.size(); ++c) {
    const Curve level(expression->curve(channels.elements[c]), table.codes.bipolar);
    const IntType& range = ranges[c];
    const auto [same, added] = known.try_emplace({level.constants(), {range.lo, range.hi}}, c);
    if (!added) {
      rows.push_back(rows[same->second]);
      continue;
    }
    const std::int64_t size = range.hi - range.lo;
    const bool one_way = level.one_way();
    if (size > (one_way ? kMaxBisected : kMaxScanned)) {
      return Diagnostic(Code::kRangeTooLarge, fmt::format("an accumulator takes {} values, too many to derive exact thresholds", size))
          .at(place_of(graph, node))
          .because("the bit widths of weights and activations make sums too wide")
          .fix("use fewer bits");
    }
    rows.push_back({level(range.lo), one_way ? bisect(level, range) : scan(level, range)});
    if (rows.back().width() > kMaxSteps) return refused(graph, node, fmt::format("it needs more than {} steps", kMaxSteps));
  }
  if (!table.codes.bipolar && table.codes.hi - table.codes.lo > 2 * kMaxSteps) table.codes = reached(rows);
  fill_rows(table, rows, graph.value(table.source).type.ints.hi + 1);
  return table;
}

std::int64_t StepRow::width() const {
  return std::accumulate(steps.begin(), steps.end(), std::int64_t{0},
                         [](std::int64_t sum, const Step& step) { return sum + std::abs(step.delta); });
}

void fill_rows(StepTable& table, std::span<const StepRow> rows, std::int64_t never) {
  std::int64_t width = 1;  // a constant function gets one threshold that is never reached
  for (const StepRow& row : rows) width = std::max(width, row.width());
  const auto count = static_cast<std::int64_t>(rows.size());
  Tensor::Ints thresholds(static_cast<std::size_t>(count * width), never);
  Tensor::Ints signs(thresholds.size(), 1);
  Tensor::Ints base;
  for (std::size_t c = 0; c < rows.size(); ++c) {
    base.push_back(rows[c].base);
    std::size_t at = c * static_cast<std::size_t>(width);
    for (const StepRow::Step& step : rows[c].steps) {
      for (std::int64_t k = 0; k < std::abs(step.delta); ++k, ++at) {
        thresholds[at] = step.at;
        signs[at] = step.delta > 0 ? 1 : -1;
      }
    }
  }
  table.thresholds = Tensor({count, width}, std::move(thresholds));
  table.signs = Tensor({count, width}, std::move(signs));
  table.base = Tensor({count}, std::move(base));
}

std::int64_t level_at(const StepTable& table, std::int64_t channel, std::int64_t x) {
  const auto width = static_cast<std::size_t>(table.thresholds.shape()[1]);
  std::int64_t level = table.base.ints()[static_cast<std::size_t>(channel)];
  for (std::size_t k = 0; k < width; ++k) {
    const std::size_t at = static_cast<std::size_t>(channel) * width + k;
    if (x >= table.thresholds.ints()[at]) level += table.signs.ints()[at];
  }
  return level;
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
// The subgraph between a value and its one integer source is copied into a straight-line program. Reshapes vanish, since
// row-major order does not change; constants are indexed by flat element.
#include "finnr/passes/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "finnr/passes/renames.h"

namespace finnr {

/// Walks back from the result (iteratively: chains may be long) and numbers the steps in topological order.
class ExpressionBuilder {
 public:
  ExpressionBuilder(const Graph& graph, Expression::Obstacle& obstacle) : graph_(graph), obstacle_(obstacle) {}

  std::optional<Expression> build(ValueId result) {
    expression_.size_ = count(graph_.value(result).shape);
    std::vector<ValueId> open = {result};
    while (!open.empty()) {
      const ValueId id = open.back();
      if (steps_.contains(id)) {
        open.pop_back();
        continue;
      }
      const NodeId producer = graph_.value(id).producer;
      if (!producer.valid()) return refuse({}, fmt::format("it depends on the network's input '{}' itself", graph_.value(id).name));
      const Node& node = graph_.node(producer);
      if (std::holds_alternative<Dequantize>(node.op)) {
        if (!add_dequantize(id, producer)) return std::nullopt;
        open.pop_back();
        continue;
      }
      bool ready = true;
      for (const ValueId input : node.inputs) {
        if (graph_.value(input).constant || steps_.contains(input)) continue;
        open.push_back(input);
        ready = false;
      }
      if (!supported(producer)) return std::nullopt;
      if (!ready) continue;
      if (!add_step(id, producer)) return std::nullopt;
      open.pop_back();
    }
    if (expression_.steps_.empty()) return refuse(graph_.value(result).producer, "it only renames an integer value");
    return std::move(expression_);
  }

 private:
  std::nullopt_t refuse(NodeId node, std::string why) {
    obstacle_ = {node, std::move(why)};
    return std::nullopt;
  }

  bool supported(NodeId id) {
    const Node& node = graph_.node(id);
    const bool good = std::visit(
        Overloaded{[](const Quantize&) { return true; }, [](const CountThresholds&) { return true; }, [](const Unary&) { return true; },
                   [](const Binary&) { return true; }, [](const Reshape&) { return true; }, [](const Dequantize&) { return true; },
                   [&](const Transpose& op) { return keeps_order(op, graph_.value(node.inputs[0]).shape); },
                   [](const MatMul&) { return false; }, [](const Softmax&) { return false; }, [](const ArgMax&) { return false; },
                   [](const TopK&) { return false; }, [](const Thresholds&) { return false; }, [](const Conv&) { return false; },
                   [](const Pool&) { return false; }, [](const Sum&) { return false; }, [](const Concat&) { return false; },
                   [](const Take&) { return false; }, [](const Pad&) { return false; }, [](const Join&) { return false; }},
        node.op);
    if (!good) refuse(id, fmt::format("{} is not elementwise", op_name(node.op)));
    return good;
  }

  bool same_size(ValueId id, NodeId at) {
    if (count(graph_.value(id).shape) == expression_.size_) return true;
    refuse(at, "it changes the number of elements");
    return false;
  }

  bool add_dequantize(ValueId id, NodeId producer) {
    const Node& node = graph_.node(producer);
    ValueId source = node.inputs[0];
    while (graph_.producer_as<Reshape>(source)) source = graph_.node(graph_.value(source).producer).inputs[0];
    if (expression_.source_.valid() && expression_.source_ != source) {
      refuse(producer, "it joins two different integer values");
      return false;
    }
    if (!same_size(id, producer)) return false;
    expression_.source_ = source;
    const auto& op = std::get<Dequantize>(node.op);
    const Shape& shape = graph_.value(id).shape;
    Expression::Step step{op, Expression::kSource, Expression::kSource, {}};
    step.parameters.push_back(per_axis(op.scale, shape));
    step.parameters.push_back(per_axis(op.zero, shape));
    push(id, std::move(step), node);
    return true;
  }

  bool add_step(ValueId id, NodeId producer) {
    const Node& node = graph_.node(producer);
    if (!same_size(id, producer)) return false;
    const Shape& shape = graph_.value(id).shape;
    if (std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op)) {
      steps_[id] = steps_.at(node.inputs[0]);
      merge(expression_.origin_, node.origin);
      return true;
    }
    Expression::Step step{node.op, operand(node.inputs[0]), Expression::kParameter, {}};
    if (step.a >= 0 && !same_size(node.inputs[0], producer)) return false;
    if (const auto* quantize = std::get_if<Quantize>(&node.op)) {
      step.parameters.push_back(per_axis(quantize->scale, shape));
      step.parameters.push_back(per_axis(quantize->zero, shape));
    } else if (const auto* counted = std::get_if<CountThresholds>(&node.op)) {
      add_threshold_rows(*counted, *graph_.value(node.inputs[1]).constant, shape, step);
    } else if (std::holds_alternative<Binary>(node.op)) {
      step.b = operand(node.inputs[1]);
      if (step.b >= 0 && !same_size(node.inputs[1], producer)) return false;
      if (step.a == Expression::kParameter) step.parameters.push_back(broadcast_parameter(node.inputs[0], shape));
      if (step.b == Expression::kParameter) step.parameters.push_back(broadcast_parameter(node.inputs[1], shape));
    }
    push(id, std::move(step), node);
    return true;
  }

  int operand(ValueId id) const { return graph_.value(id).constant ? Expression::kParameter : steps_.at(id); }

  void push(ValueId id, Expression::Step step, const Node& node) {
    steps_[id] = static_cast<int>(expression_.steps_.size());
    expression_.steps_.push_back(std::move(step));
    merge(expression_.origin_, node.origin);
  }

  template <class T>
  Expression::Parameter per_axis(const PerAxis<T>& source, const Shape& shape) {
    Expression::Parameter parameter;
    parameter.values.assign(source.values.begin(), source.values.end());
    if (source.uniform()) return parameter;
    const std::int64_t stride = strides(shape)[static_cast<std::size_t>(source.axis)];
    const std::int64_t size = shape[static_cast<std::size_t>(source.axis)];
    parameter.index.resize(static_cast<std::size_t>(expression_.size_));
    for (std::int64_t i = 0; i < expression_.size_; ++i)
      parameter.index[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i / stride % size);
    return parameter;
  }

  Expression::Parameter broadcast_parameter(ValueId id, const Shape& shape) {
    const Value& value = graph_.value(id);
    Expression::Parameter parameter;
    const Tensor::Floats floats = as_floats(*value.constant);
    parameter.values.assign(floats.begin(), floats.end());
    if (floats.size() == 1) return parameter;
    const std::vector<std::int64_t> own = strides(value.shape);
    const std::vector<std::int64_t> full = strides(shape);
    const std::size_t lead = shape.size() - value.shape.size();
    parameter.index.resize(static_cast<std::size_t>(expression_.size_));
    for (std::int64_t i = 0; i < expression_.size_; ++i) {
      std::int64_t at = 0;
      for (std::size_t axis = lead; axis < shape.size(); ++axis) {
        if (value.shape[axis - lead] != 1) at += i / full[axis] % shape[axis] * own[axis - lead];
      }
      parameter.index[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(at);
    }
    return parameter;
  }

  /// One parameter a threshold column.
  void add_threshold_rows(const CountThresholds& op, const Tensor& table, const Shape& shape, Expression::Step& step) {
    const auto steps = static_cast<std::size_t>(table.shape()[1]);
    for (std::size_t k = 0; k < steps; ++k) {
      PerAxis<float> column{{}, op.axis};
      for (std::int64_t c = 0; c < table.shape()[0]; ++c) column.values.push_back(table.floats()[static_cast<std::size_t>(c) * steps + k]);
      step.parameters.push_back(per_axis(column, shape));
    }
  }

  const Graph& graph_;
  Expression::Obstacle& obstacle_;
  Expression expression_;
  std::unordered_map<ValueId, int> steps_;
};

std::optional<Expression> Expression::find(const Graph& graph, ValueId result, Obstacle& obstacle) {
  std::optional<Expression> expression = ExpressionBuilder(graph, obstacle).build(result);
  if (expression) expression->results_.resize(expression->steps_.size());
  return expression;
}

Expression::Channels Expression::channels(const Shape& shape) const {
  const auto alike = [&](std::int64_t i, std::int64_t j) {
    for (const Step& step : steps_) {
      for (const Parameter& parameter : step.parameters) {
        if (parameter.at(i) != parameter.at(j)) return false;
      }
    }
    return true;
  };
  const std::vector<std::int64_t> stride = strides(shape);
  // Candidates: no axis at all (one channel), then each axis, the last first.
  for (int axis = -1, n = static_cast<int>(shape.size()); axis < n; ++axis) {
    const int candidate = axis < 0 ? -1 : n - 1 - axis;
    const std::int64_t step = candidate < 0 ? 0 : stride[static_cast<std::size_t>(candidate)];
    const std::int64_t size = candidate < 0 ? 1 : shape[static_cast<std::size_t>(candidate)];
    if (candidate >= 0 && size == 1) continue;
    bool good = true;
    for (std::int64_t i = 0; good && i < size_; ++i) good = alike(i, candidate < 0 ? 0 : i / step % size * step);
    if (!good) continue;
    Channels result{candidate < 0 ? std::max(0, n - 1) : candidate, {}};
    for (std::int64_t c = 0; c < size; ++c) result.elements.push_back(c * step);
    return result;
  }
  Channels each;
  for (std::int64_t i = 0; i < size_; ++i) each.elements.push_back(i);
  return each;
}

void Expression::evaluate(std::int64_t element, std::int64_t x) const {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    const auto value = [&](int operand) { return results_[static_cast<std::size_t>(operand)]; };
    const auto parameter = [&](std::size_t k) { return step.parameters[k].at(element); };
    if (const auto* unary = std::get_if<Unary>(&step.op)) {
      results_[i] = apply(unary->function, value(step.a), unary->alpha, unary->beta);
    } else if (const auto* binary = std::get_if<Binary>(&step.op)) {
      const float a = step.a == kParameter ? static_cast<float>(parameter(0)) : value(step.a);
      const float b = step.b == kParameter ? static_cast<float>(parameter(step.parameters.size() - 1)) : value(step.b);
      results_[i] = apply(binary->function, a, b);
    } else if (std::holds_alternative<Dequantize>(step.op)) {
      results_[i] = dequantize(x, parameter(0), static_cast<std::int64_t>(parameter(1)));
    } else if (const auto* quantizer = std::get_if<Quantize>(&step.op)) {
      code_ = quantize(quantizer->style, quantizer->rounding, quantizer->codes, value(step.a), static_cast<float>(parameter(0)),
                       static_cast<float>(parameter(1)));
    } else if (const auto* counted = std::get_if<CountThresholds>(&step.op)) {
      code_ = counted->base;
      for (std::size_t k = 0; k < step.parameters.size(); ++k)
        code_ += value(step.a) >= static_cast<float>(parameter(k)) ? counted->step : 0;
    }
  }
}

float Expression::number(std::int64_t element, std::int64_t x) const {
  evaluate(element, x);
  return results_.back();
}

std::int64_t Expression::code(std::int64_t element, std::int64_t x) const {
  evaluate(element, x);
  return code_;
}

Monotone Expression::monotone(std::int64_t element) const {
  const auto flip = [](Monotone m) {
    return m == Monotone::kIncreasing ? Monotone::kDecreasing : m == Monotone::kDecreasing ? Monotone::kIncreasing : m;
  };
  const auto signed_by = [](double factor) { return factor >= 0 ? Monotone::kIncreasing : Monotone::kDecreasing; };
  std::vector<Monotone> moves(steps_.size(), Monotone::kUnknown);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    Monotone own = Monotone::kUnknown;
    if (std::holds_alternative<Dequantize>(step.op)) {
      moves[i] = signed_by(step.parameters[0].at(element));
      continue;
    }
    if (const auto* unary = std::get_if<Unary>(&step.op)) {
      own = finnr::monotone(unary->function, unary->alpha, unary->beta);
    } else if (const auto* binary = std::get_if<Binary>(&step.op)) {
      if (step.a == kParameter || step.b == kParameter)
        own = finnr::monotone(binary->function, static_cast<float>(step.parameters[0].at(element)), step.a == kParameter);
    } else if (const auto* quantizer = std::get_if<Quantize>(&step.op)) {
      own = quantizer->style == QuantizeStyle::kBipolar ? Monotone::kIncreasing : signed_by(step.parameters[0].at(element));
    } else if (const auto* counted = std::get_if<CountThresholds>(&step.op)) {
      own = signed_by(static_cast<double>(counted->step));
    }
    const int dynamic = step.a >= 0 ? step.a : step.b;
    const Monotone inner = moves[static_cast<std::size_t>(dynamic)];
    moves[i] = own == Monotone::kUnknown ? Monotone::kUnknown : own == Monotone::kIncreasing ? inner : flip(inner);
  }
  return moves.back();
}

}  // namespace finnr

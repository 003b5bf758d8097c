// SPDX-License-Identifier: Apache-2.0
// The subgraph between a value and its integer sources is copied into a straight-line program. Reshapes vanish, since row-major
// order does not change. Every value is seen from the flat elements of the result through a view, a chain of index maps made of
// divisions: a constant along one axis costs one term, whatever the size of the tensor.
#include "finnr/passes/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "finnr/passes/renames.h"

namespace finnr {

/// Walks back from the result (iteratively: chains may be long) and numbers the steps in topological order.
class ExpressionBuilder {
 public:
  ExpressionBuilder(const Graph& graph, Expression::Obstacle& obstacle, std::size_t most)
      : graph_(graph), obstacle_(obstacle), most_(most) {}

  std::optional<Expression> build(ValueId result) {
    expression_.size_ = count(graph_.value(result).shape);
    views_[result] = {};
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
      if (!supported(producer)) return std::nullopt;
      bool ready = true;
      for (const ValueId input : node.inputs) {
        if (graph_.value(input).constant) continue;
        if (!see(input, id, producer)) return std::nullopt;
        if (steps_.contains(input)) continue;
        open.push_back(input);
        ready = false;
      }
      if (!ready) continue;
      add_step(id, producer);
      open.pop_back();
    }
    if (expression_.steps_.empty()) return refuse(graph_.value(result).producer, "it only renames an integer value");
    if (expression_.sources_.size() == 1 && !source_views_[0].empty()) return refuse(spread_at_, "it changes the number of elements");
    for (std::size_t s = 0; s < expression_.sources_.size(); ++s) {
      if (!find_shape(s, graph_.value(result).shape)) return refuse(spread_at_, "it spreads an integer value in an unusual way");
    }
    return std::move(expression_);
  }

 private:
  std::nullopt_t refuse(NodeId node, std::string why) {
    obstacle_ = {node, std::move(why), false};
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

  /// Notes how `input` is seen through its user `id`; false when it is already seen in another way.
  bool see(ValueId input, ValueId id, NodeId producer) {
    const Shape& from = graph_.value(input).shape;
    const Shape& to = graph_.value(id).shape;
    Expression::View view = views_.at(id);
    if (count(from) != count(to)) {
      view.push_back(spread(from, to));
      spread_at_ = producer;
    }
    const auto [at, added] = views_.try_emplace(input, view);
    if (added || at->second == view) return true;
    refuse(producer, "it combines a value with the same value in another arrangement");
    return false;
  }

  /// From an element of `to` to the element of `from` that numpy broadcasting puts there.
  static std::vector<Expression::Term> spread(const Shape& from, const Shape& to) {
    const std::vector<std::int64_t> own = strides(from);
    const std::vector<std::int64_t> full = strides(to);
    const std::size_t lead = to.size() - from.size();
    std::vector<Expression::Term> terms;
    for (std::size_t axis = lead; axis < to.size(); ++axis) {
      if (from[axis - lead] == 1) continue;
      Expression::Term term{full[axis], to[axis], own[axis - lead]};
      if (!terms.empty() && terms.back().divide == term.divide * term.modulo && terms.back().multiply == term.multiply * term.modulo) {
        term.modulo *= terms.back().modulo;  // two neighbours are one axis
        terms.pop_back();
      }
      terms.push_back(term);
    }
    return terms;
  }

  bool add_dequantize(ValueId id, NodeId producer) {
    const Node& node = graph_.node(producer);
    ValueId value = node.inputs[0];
    while (graph_.producer_as<Reshape>(value)) value = graph_.node(graph_.value(value).producer).inputs[0];
    std::size_t source = 0;
    const auto known = [&](std::size_t s) { return expression_.sources_[s].value == value && source_views_[s] == views_.at(id); };
    while (source < source_views_.size() && !known(source)) ++source;
    if (source == most_) {
      refuse(producer, most_ == 1 ? "it joins two different integer values" : "it joins more than two different integer values");
      obstacle_.sources = true;
      return false;
    }
    if (source == source_views_.size()) {
      expression_.sources_.push_back({value, {}});
      source_views_.push_back(views_.at(id));
    }
    const auto& op = std::get<Dequantize>(node.op);
    Expression::Step step{op, static_cast<int>(source), Expression::kParameter, {}, 0, 1U << source};
    step.parameters.push_back(per_axis(op.scale, id));
    step.parameters.push_back(per_axis(op.zero, id));
    push(id, std::move(step), node);
    return true;
  }

  void add_step(ValueId id, NodeId producer) {
    const Node& node = graph_.node(producer);
    if (std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op)) {
      steps_[id] = steps_.at(node.inputs[0]);
      merge(expression_.origin_, node.origin);
      return;
    }
    Expression::Step step{node.op, operand(node.inputs[0]), Expression::kParameter, {}, 0, 0};
    if (const auto* quantize = std::get_if<Quantize>(&node.op)) {
      step.parameters.push_back(per_axis(quantize->scale, id));
      step.parameters.push_back(per_axis(quantize->zero, id));
    } else if (const auto* counted = std::get_if<CountThresholds>(&node.op)) {
      add_threshold_rows(*counted, *graph_.value(node.inputs[1]).constant, id, step);
    } else if (std::holds_alternative<Binary>(node.op)) {
      step.b = operand(node.inputs[1]);
      if (step.a == Expression::kParameter) step.parameters.push_back(constant(node.inputs[0], id));
      if (step.b == Expression::kParameter) step.parameters.push_back(constant(node.inputs[1], id));
    }
    for (const int dynamic : {step.a, step.b}) {
      if (dynamic >= 0) step.depends |= expression_.steps_[static_cast<std::size_t>(dynamic)].depends;
    }
    push(id, std::move(step), node);
  }

  int operand(ValueId id) const { return graph_.value(id).constant ? Expression::kParameter : steps_.at(id); }

  void push(ValueId id, Expression::Step step, const Node& node) {
    steps_[id] = static_cast<int>(expression_.steps_.size());
    step.first = constants_;
    constants_ += step.parameters.size();
    expression_.steps_.push_back(std::move(step));
    merge(expression_.origin_, node.origin);
  }

  /// A parameter of the operator that makes `id`.
  template <class T>
  Expression::Parameter per_axis(const PerAxis<T>& source, ValueId id) {
    Expression::Parameter parameter;
    parameter.values.assign(source.values.begin(), source.values.end());
    if (source.uniform()) return parameter;
    const Shape& shape = graph_.value(id).shape;
    const auto axis = static_cast<std::size_t>(source.axis);
    parameter.view = views_.at(id);
    parameter.view.push_back({{strides(shape)[axis], shape[axis], 1}});
    return parameter;
  }

  Expression::Parameter constant(ValueId operand, ValueId id) {
    const Value& value = graph_.value(operand);
    Expression::Parameter parameter;
    const Tensor::Floats floats = as_floats(*value.constant);
    parameter.values.assign(floats.begin(), floats.end());
    if (floats.size() == 1) return parameter;
    parameter.view = views_.at(id);
    if (value.shape != graph_.value(id).shape) parameter.view.push_back(spread(value.shape, graph_.value(id).shape));
    return parameter;
  }

  /// One parameter a threshold column.
  void add_threshold_rows(const CountThresholds& op, const Tensor& table, ValueId id, Expression::Step& step) {
    const auto steps = static_cast<std::size_t>(table.shape()[1]);
    for (std::size_t k = 0; k < steps; ++k) {
      PerAxis<float> column{{}, op.axis};
      for (std::int64_t c = 0; c < table.shape()[0]; ++c) column.values.push_back(table.floats()[static_cast<std::size_t>(c) * steps + k]);
      step.parameters.push_back(per_axis(column, id));
    }
  }

  /// The shape in which a source broadcasts to the result: an axis stays where a step along it moves in the source.
  bool find_shape(std::size_t s, const Shape& shape) {
    const Expression::View& view = source_views_[s];
    Expression::Source& source = expression_.sources_[s];
    source.shape = shape;
    if (view.empty()) return true;
    const std::vector<std::int64_t> full = strides(shape);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] > 1 && Expression::look(view, full[axis]) == 0) source.shape[axis] = 1;
    }
    if (count(source.shape) != count(graph_.value(source.value).shape)) return false;
    const Expression::View wanted = {spread(source.shape, shape)};
    for (std::int64_t i = 0; i < expression_.size_; ++i) {
      if (Expression::look(view, i) != Expression::look(wanted, i)) return false;
    }
    return true;
  }

  const Graph& graph_;
  Expression::Obstacle& obstacle_;
  std::size_t most_;
  Expression expression_;
  std::size_t constants_ = 0;
  std::vector<Expression::View> source_views_;
  NodeId spread_at_;  ///< a node that broadcasts what depends on a source
  std::unordered_map<ValueId, int> steps_;
  std::unordered_map<ValueId, Expression::View> views_;
};

std::optional<Expression> Expression::find(const Graph& graph, ValueId result, Obstacle& obstacle, std::size_t most) {
  return ExpressionBuilder(graph, obstacle, most).build(result);
}

std::int64_t Expression::look(const View& view, std::int64_t element) {
  for (const std::vector<Term>& terms : view) {
    std::int64_t sum = 0;
    for (const Term& term : terms) sum += element / term.divide % term.modulo * term.multiply;
    element = sum;
  }
  return element;
}

bool Expression::Parameter::alike(std::int64_t elements, std::int64_t stride, std::int64_t size) const {
  if (std::ranges::all_of(values, [&](double value) { return value == values[0]; })) return true;
  if (size == 1) return false;
  if (view.size() == 1) {  // every term looks at digits within those of the axis
    const bool within = std::ranges::all_of(view[0], [&](const Term& term) {
      return term.modulo == 1 || (term.divide % stride == 0 && size % (term.divide / stride * term.modulo) == 0);
    });
    if (within) return true;
  }
  for (std::int64_t i = 0; i < elements; ++i) {
    if (at(i) != at(i / stride % size * stride)) return false;
  }
  return true;
}

Expression::Channels Expression::channels(const Shape& shape) const {
  const std::vector<std::int64_t> stride = strides(shape);
  // Candidates: no axis at all (one channel), then each axis, the last first.
  for (int axis = -1, n = static_cast<int>(shape.size()); axis < n; ++axis) {
    const int candidate = axis < 0 ? -1 : n - 1 - axis;
    const std::int64_t step = candidate < 0 ? size_ : stride[static_cast<std::size_t>(candidate)];
    const std::int64_t size = candidate < 0 ? 1 : shape[static_cast<std::size_t>(candidate)];
    if (candidate >= 0 && size == 1) continue;
    const bool good = std::ranges::all_of(steps_, [&](const Step& one) {
      return std::ranges::all_of(one.parameters, [&](const Parameter& parameter) { return parameter.alike(size_, step, size); });
    });
    if (!good) continue;
    Channels result{candidate < 0 ? std::max(0, n - 1) : candidate, {}};
    for (std::int64_t c = 0; c < size; ++c) result.elements.push_back(c * step);
    return result;
  }
  Channels each;
  for (std::int64_t i = 0; i < size_; ++i) each.elements.push_back(i);
  return each;
}

Expression::Curve Expression::curve(std::int64_t element) const {
  Curve curve;
  curve.expression_ = this;
  for (const Step& step : steps_) {
    for (const Parameter& parameter : step.parameters) curve.constants_.push_back(parameter.at(element));
  }
  curve.results_.resize(steps_.size());
  return curve;
}

void Expression::Curve::evaluate(std::int64_t x, std::int64_t y) const {
  const bool all = std::exchange(fresh_, false);
  const unsigned changed = (x != last_[0] ? 1U : 0U) | (y != last_[1] ? 2U : 0U);
  last_[0] = x;
  last_[1] = y;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const Step& step = expression_->steps_[i];
    if (!all && (step.depends & changed) == 0) continue;
    const auto value = [&](int operand) { return results_[static_cast<std::size_t>(operand)]; };
    const double* parameter = constants_.data() + step.first;
    if (const auto* unary = std::get_if<Unary>(&step.op)) {
      results_[i] = apply(unary->function, value(step.a), unary->alpha, unary->beta);
    } else if (const auto* binary = std::get_if<Binary>(&step.op)) {
      const float a = step.a == kParameter ? static_cast<float>(parameter[0]) : value(step.a);
      const float b = step.b == kParameter ? static_cast<float>(parameter[step.parameters.size() - 1]) : value(step.b);
      results_[i] = apply(binary->function, a, b);
    } else if (std::holds_alternative<Dequantize>(step.op)) {
      results_[i] = dequantize(step.a == 0 ? x : y, parameter[0], static_cast<std::int64_t>(parameter[1]));
    } else if (const auto* quantizer = std::get_if<Quantize>(&step.op)) {
      code_ = quantize(quantizer->style, quantizer->rounding, quantizer->codes, value(step.a), static_cast<float>(parameter[0]),
                       static_cast<float>(parameter[1]));
    } else if (const auto* counted = std::get_if<CountThresholds>(&step.op)) {
      code_ = counted->base;
      for (std::size_t k = 0; k < step.parameters.size(); ++k)
        code_ += value(step.a) >= static_cast<float>(parameter[k]) ? counted->step : 0;
    }
  }
}

float Expression::Curve::number(std::int64_t x, std::int64_t y) const {
  evaluate(x, y);
  return results_.back();
}

std::int64_t Expression::Curve::code(std::int64_t x, std::int64_t y) const {
  evaluate(x, y);
  return code_;
}

std::optional<std::int64_t> Expression::Curve::zero(std::size_t source) const {
  std::optional<std::int64_t> zero;
  for (const Step& step : expression_->steps_) {
    if (!std::holds_alternative<Dequantize>(step.op) || step.a != static_cast<int>(source)) continue;
    const auto own = static_cast<std::int64_t>(constants_[step.first + 1]);
    if (zero && *zero != own) return std::nullopt;
    zero = own;
  }
  return zero;
}

// A step that does not depend on the source stands still, which is to move either way. A product moves like one factor when the
// other is known not to be negative.
Monotone Expression::Curve::monotone(std::size_t source) const {
  const auto flip = [](Monotone m) {
    return m == Monotone::kIncreasing ? Monotone::kDecreasing : m == Monotone::kDecreasing ? Monotone::kIncreasing : m;
  };
  const auto signed_by = [](double factor) { return factor >= 0 ? Monotone::kIncreasing : Monotone::kDecreasing; };
  const std::vector<Step>& steps = expression_->steps_;
  std::vector<Monotone> moves(steps.size(), Monotone::kUnknown);
  std::vector<bool> positive(steps.size(), false);  // never negative
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const double* parameter = constants_.data() + step.first;
    const auto depends = [&](int operand) {
      return operand >= 0 && (steps[static_cast<std::size_t>(operand)].depends >> source & 1U) != 0;
    };
    const auto inner = [&](int operand) { return moves[static_cast<std::size_t>(operand)]; };
    const auto never_negative = [&](int operand) { return operand >= 0 && positive[static_cast<std::size_t>(operand)]; };
    Monotone own = Monotone::kUnknown;
    if (std::holds_alternative<Dequantize>(step.op)) {
      moves[i] = signed_by(parameter[0]);
      continue;
    }
    if (const auto* unary = std::get_if<Unary>(&step.op)) {
      own = finnr::monotone(unary->function, unary->alpha, unary->beta);
      constexpr UnaryFunction kNotNegative[] = {UnaryFunction::kRelu, UnaryFunction::kSigmoid, UnaryFunction::kAbs,
                                                UnaryFunction::kHardSigmoid, UnaryFunction::kSqrt};
      positive[i] = std::ranges::find(kNotNegative, unary->function) != std::end(kNotNegative) ||
                    (unary->function == UnaryFunction::kClip && unary->alpha >= 0);
    } else if (const auto* binary = std::get_if<Binary>(&step.op)) {
      if (step.a == kParameter || step.b == kParameter) {
        own = finnr::monotone(binary->function, static_cast<float>(parameter[0]), step.a == kParameter);
      } else {
        positive[i] = binary->function == BinaryFunction::kMul && never_negative(step.a) && never_negative(step.b);
        Monotone first = inner(step.a);
        Monotone second = inner(step.b);
        if (binary->function == BinaryFunction::kSub) second = flip(second);
        if (!depends(step.a)) first = second;
        if (!depends(step.b)) second = first;
        const bool one_way = binary->function == BinaryFunction::kAdd || binary->function == BinaryFunction::kSub ||
                             binary->function == BinaryFunction::kMin || binary->function == BinaryFunction::kMax;
        const bool scaled = binary->function == BinaryFunction::kMul && !(depends(step.a) && depends(step.b)) &&
                            never_negative(depends(step.a) ? step.b : step.a);
        moves[i] = (one_way || scaled) && first == second ? first : Monotone::kUnknown;
        continue;
      }
    } else if (const auto* quantizer = std::get_if<Quantize>(&step.op)) {
      own = quantizer->style == QuantizeStyle::kBipolar ? Monotone::kIncreasing : signed_by(parameter[0]);
    } else if (const auto* counted = std::get_if<CountThresholds>(&step.op)) {
      own = signed_by(static_cast<double>(counted->step));
    }
    const Monotone before = inner(step.a >= 0 ? step.a : step.b);
    moves[i] = own == Monotone::kUnknown ? Monotone::kUnknown : own == Monotone::kIncreasing ? before : flip(before);
  }
  return moves.back();
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
// A product of quantized values is an integer product times one scale (docs/exactness.md, meaning 2). With
// a = sa (ca - za) and w = sw cw' (cw' = cw - zw, constant):
//   sum a w = sa sw (sum ca cw' - za sum cw')
// so the product works on the raw codes and the zero point becomes a constant per output; padding of a convolution is then the
// code za. Where sa and za vary along the summed axis, za joins the sum, and sa = unit * n is multiplied into the weights if n
// is an integer. Scales without a common unit are brought together in fixed point: the products sa cw' are rounded to as many
// bits as float32 has, and a warning says how far a sum can be off. An output whose scale is negative gets negative weights
// instead, so that maxima of outputs are maxima of sums.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "finnr/graph/per_axis.h"
#include "finnr/passes/lift.h"

namespace finnr {
namespace {

/// Which output and which input channel a weight belongs to, by its row-major index.
struct Weights {
  int input_axis = 0;   ///< of the activations: the summed one
  int output_axis = 0;  ///< of the weights
  int result_axis = 0;
  std::size_t outputs = 0;
  std::function<std::size_t(std::size_t)> output;
  std::function<std::size_t(std::size_t)> input;
};

std::optional<Weights> weights_of(const Graph& graph, const Node& node) {
  if (!std::holds_alternative<MatMul>(node.op) && !std::holds_alternative<Conv>(node.op)) return std::nullopt;
  const Shape& x = graph.value(node.inputs[0]).shape;
  const Shape& w = graph.value(node.inputs[1]).shape;
  const auto size = [](const Shape& shape, std::size_t axis) { return static_cast<std::size_t>(shape[axis]); };
  if (std::holds_alternative<MatMul>(node.op)) {
    if (w.size() != 2) return std::nullopt;
    const std::size_t columns = size(w, 1);
    return Weights{static_cast<int>(x.size()) - 1,
                   1,
                   static_cast<int>(graph.value(node.outputs[0]).shape.size()) - 1,
                   columns,
                   [=](std::size_t i) { return i % columns; },
                   [=](std::size_t i) { return i / columns; }};
  }
  const auto& conv = std::get<Conv>(node.op);
  const std::size_t outputs = size(w, 0);
  const std::size_t inputs = size(w, 1);
  const auto kernel = static_cast<std::size_t>(count(Shape(w.begin() + 2, w.end())));
  const std::size_t rows = outputs / static_cast<std::size_t>(conv.groups);
  const std::size_t terms = inputs * kernel;
  return Weights{1,
                 0,
                 1,
                 outputs,
                 [=](std::size_t i) { return i / terms; },
                 [=](std::size_t i) { return i / terms / rows * inputs + i % terms / kernel; }};
}

bool reaches_padding(const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.op);
  const auto above = [](const Shape& list, std::int64_t bound) {
    return std::ranges::any_of(list, [&](std::int64_t x) { return x > bound; });
  };
  return conv != nullptr && (above(conv->begin, 0) || above(conv->end, 0) || above(conv->spacing, 1));
}

constexpr std::int64_t kFixedPoint = (std::int64_t{1} << 23) - 1;  ///< greatest weight in fixed point

/// Multiplies each weight by its input's scale, in multiples of the unit returned, rounded. `rounded` is the largest distance
/// of a weight from its product, in units.
double to_fixed_point(const PerAxis<double>& scale, const Weights& at, Tensor::Ints& weights, double& rounded) {
  double most = 0;
  const auto product = [&](std::size_t i) { return static_cast<double>(weights[i]) * scale.at(at.input(i)); };
  for (std::size_t i = 0; i < weights.size(); ++i) most = std::max(most, std::fabs(product(i)));
  const double unit = most > 0 ? most / static_cast<double>(kFixedPoint) : 1;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double exact = product(i) / unit;
    weights[i] = std::llround(exact);
    rounded = std::max(rounded, std::fabs(static_cast<double>(weights[i]) - exact));
  }
  return unit;
}

/// The scales of the activations times those of the weights, where both go by the summed axis.
PerAxis<double> along_inputs(const PerAxis<double>& x, const PerAxis<double>& w, const Weights& at, std::size_t size) {
  PerAxis<double> both{std::vector<double>(size, 0), at.input_axis};
  for (std::size_t c = 0; c < size; ++c) both.values[c] = x.at(c) * w.at(c % w.values.size());
  return both;
}

/// The scale of each output's activations; weights take the factors when there are several inside one sum.
PerAxis<double> scale_of_inputs(const PerAxis<double>& scale, const Weights& at, Tensor::Ints& weights, bool& folded, double& rounded) {
  if (scale.uniform()) return scale;
  PerAxis<double> result{std::vector<double>(at.outputs, 0), at.result_axis};
  bool mixed = false;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    double& own = result.values[at.output(i)];
    const double other = scale.at(at.input(i));
    mixed = mixed || (own != 0 && own != other);
    own = other;
  }
  if (!mixed) return result;
  folded = true;
  const std::optional<Multiples> multiples = common_unit(scale.values);
  if (!multiples) return PerAxis<double>{{to_fixed_point(scale, at, weights, rounded)}, 0};
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] *= multiples->factors[at.input(i)];
  return PerAxis<double>{{multiples->unit}, 0};
}

}  // namespace

std::optional<Lifted> lift_product(Graph& graph, PassContext& context, Grids& grids, NodeId id) {
  const std::optional<Weights> at = weights_of(graph, graph.node(id));
  if (!at) return std::nullopt;
  const Node node = graph.node(id);
  const Grid* x = grids.find(node.inputs[0]);
  const Grid* w = grids.find(node.inputs[1]);
  if (x == nullptr || w == nullptr) return std::nullopt;
  if (!w->constant || (!x->scale.uniform() && x->scale.axis != at->input_axis)) return std::nullopt;

  const ValueId stored = grids.codes(node.inputs[1]);
  Tensor weights = centred(*graph.value(stored).constant, w->zero);
  bool folded = false;
  double rounded = 0;
  const bool by_outputs = !w->scale.uniform() && w->scale.axis == at->output_axis;
  const bool by_inputs = !w->scale.uniform() && !by_outputs;
  std::optional<PerAxis<double>> scale;
  if (by_inputs) {
    const auto channels = static_cast<std::size_t>(graph.value(node.inputs[0]).shape[static_cast<std::size_t>(at->input_axis)]);
    const PerAxis<double> both = along_inputs(x->scale, w->scale, *at, channels);
    scale = PerAxis<double>{{to_fixed_point(both, *at, weights.ints(), rounded)}, 0};
    folded = true;
  } else {
    scale = scale_of_inputs(x->scale, *at, weights.ints(), folded, rounded);
  }
  if (rounded > 0) {
    const double terms = static_cast<double>(weights.size()) / static_cast<double>(at->outputs);
    context.diagnostics.add(
        Diagnostic(Code::kScalesRounded,
                   fmt::format("the scales of the {} channels meet in fixed point", by_inputs ? "weights' input" : "input's"))
            .at(place_of(graph, id))
            .because(
                fmt::format("they differ inside one output's sum and have no common unit; weights are rounded to 24 bits, so a sum of {} "
                            "products is off by at most {:.2g} of its largest possible value",
                            terms, rounded / static_cast<double>(kFixedPoint)))
            .fix(by_inputs ? "to be exact, quantize weights with one scale per tensor or output channel"
                           : "to be exact, train the quantizer in front with one scale for all channels")
            .as_warning());
  }
  if (by_outputs) {
    PerAxis<double> both{{}, at->result_axis};
    for (std::size_t m = 0; m < at->outputs; ++m) both.values.push_back(scale->at(m) * w->scale.at(m));
    scale = std::move(both);
  } else if (!by_inputs) {
    for (double& s : scale->values) s *= w->scale.values[0];
  }
  for (std::size_t i = 0; i < weights.ints().size(); ++i) weights.ints()[i] *= scale->at(at->output(i)) < 0 ? -1 : 1;
  for (double& s : scale->values) s = std::fabs(s);
  if (scale->uniform()) scale->axis = 0;

  PerAxis<std::int64_t> x_zero = x->zero;
  ValueId codes;
  if (x_zero.uniform() || (x_zero.axis == at->input_axis && !reaches_padding(node))) {
    codes = grids.codes(node.inputs[0]);
  } else {
    codes = grids.centred_codes(node.inputs[0]);
    x_zero = {{0}, 0};
  }
  PerAxis<std::int64_t> zero{{0}, 0};
  if (!x_zero.uniform() || x_zero.values[0] != 0) {
    zero.values.assign(at->outputs, 0);
    for (std::size_t i = 0; i < weights.ints().size(); ++i) zero.values[at->output(i)] += x_zero.at(at->input(i)) * weights.ints()[i];
    if (!zero.uniform()) zero.axis = at->result_axis;
  }

  const bool bipolar = graph.value(stored).type.ints.bipolar && w->zero == PerAxis<std::int64_t>{{0}} && !folded;
  const ValueId constant =
      graph.add_constant(std::move(weights), graph.value(stored).name, bipolar ? std::optional(IntType::bipolar_type()) : std::nullopt);
  Op op = node.op;
  if (auto* conv = std::get_if<Conv>(&op)) conv->fill = x_zero.uniform() ? x_zero.values[0] : 0;
  Origin origin = node.origin;
  merge(origin, w->origin);
  const ValueId operands[] = {codes, constant};
  Result<NodeId> product = graph.add(std::move(op), operands, origin);
  if (!product.ok()) {
    context.diagnostics.add(std::move(product).error().at(place_of(graph, id)));
    return std::nullopt;
  }
  return Lifted{graph.node(*product).outputs[0], Dequantize{*std::move(scale), std::move(zero)}, std::move(origin)};
}

}  // namespace finnr

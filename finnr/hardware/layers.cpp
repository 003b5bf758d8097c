// SPDX-License-Identifier: Apache-2.0
// Nodes become layers in topological order. A layer that needs another order than its input has gets a permute layer in front; what
// a matrix can absorb into the order of its weights needs none.
#include "finnr/hardware/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "finnr/base/check.h"
#include "finnr/hardware/hardware_nodes.h"
#include "finnr/hardware/part_builder.h"
#include "finnr/hardware/weights.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

Diagnostic no_unit(const Graph& graph, NodeId node, std::string why) {
  return Diagnostic(Code::kNoUnit, fmt::format("{} has no hardware unit", describe(graph, node)))
      .at(place_of(graph, node))
      .because(std::move(why))
      .fix("run it with --engine reference or integer, or leave it to the host with --host-from");
}

/// The channels in the order of the stream (empty for their own), when `layout` sends pixel after pixel, row-major, with all channels
/// of each together.
std::optional<std::vector<std::int64_t>> channel_order(const Layout& layout, const Shape& shape) {
  const std::int64_t channels = shape[1];
  const std::int64_t pixels = count(shape) / (shape[0] * channels);
  const Layout canonical = Layout::channels_last(shape);
  std::vector<std::int64_t> order;
  if (layout == canonical) return order;
  const std::vector<std::int64_t> is = layout.order();
  const std::vector<std::int64_t> should = canonical.order();
  for (std::int64_t i = 0; i < channels; ++i) order.push_back(is[static_cast<std::size_t>(i)] / pixels);
  for (std::size_t p = 0; p < is.size(); p += static_cast<std::size_t>(channels)) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(channels); ++i) {
      if (is[p + i] != should[p + static_cast<std::size_t>(order[i])]) return std::nullopt;
    }
  }
  return order;
}

class LayerFinder {
 public:
  LayerFinder(const Graph& graph, const std::vector<bool>& chosen, Diagnostics& diagnostics)
      : graph_(graph), chosen_(chosen), diagnostics_(diagnostics), part_(graph, chosen) {}

  std::optional<HardwarePart> run() {
    const std::size_t problems = diagnostics_.list().size();
    for (const NodeId id : graph_.order()) {
      if (!chosen_[id.index()]) continue;
      if (fused_.contains(id)) continue;
      Status status = std::visit([&](const auto& op) { return add(id, op); }, graph_.node(id).op);
      if (!status.ok()) {
        if (!status.error().message.empty()) diagnostics_.add(std::move(status).error());  // empty: an operand is broken
        for (const ValueId output : graph_.node(id).outputs) part_.give_up(output);
      }
    }
    if (diagnostics_.list().size() != problems) return std::nullopt;
    return std::move(part_).finished();
  }

 private:
  [[nodiscard]] const Shape& shape_of(ValueId id) const { return graph_.value(id).shape; }
  [[nodiscard]] static Layout canonical(const Shape& shape) { return Layout::channels_last(shape); }

  void finish(NodeId id, decltype(Layer::kind) kind, std::vector<std::size_t> inputs, Layout layout, std::int64_t channels) {
    const Node& node = graph_.node(id);
    ValueId output = node.outputs.back();  // a top-k passes its indices on
    Origin origin = node.origin;
    const auto fuse = [&](auto& layer) {
      layer.w = weight_type(*layer.weights);
      layer.accumulator = graph_.value(output).type.ints;
      if (const std::optional<NodeId> thresholds = fusible(output, layout, channels)) {
        layer.thresholds = thresholds;
        layer.steps = steps_of(graph_, *thresholds, layout);
        fused_.insert(*thresholds);
        output = graph_.node(*thresholds).outputs[0];
        merge(origin, graph_.node(*thresholds).origin);
      }
    };
    if (auto* matrix = std::get_if<MatrixLayer>(&kind)) fuse(*matrix);
    if (auto* depthwise = std::get_if<DepthwiseLayer>(&kind)) fuse(*depthwise);
    part_.add_layer(std::move(kind), std::move(inputs), output, std::move(layout), channels, std::move(origin));
  }

  /// The thresholds behind a matrix, if they are its only reader, few enough, and go by its channels. Reshapes between them
  /// are followed: they keep the order of elements.
  std::optional<NodeId> fusible(ValueId output, const Layout& layout, std::int64_t channels) {
    ValueId at = output;
    for (;;) {
      if (graph_.value(at).users.size() != 1 || graph_.is_output(at)) return std::nullopt;
      const NodeId user = graph_.value(at).users[0];
      const Node& node = graph_.node(user);
      if (!chosen_[user.index()]) return std::nullopt;
      if (std::holds_alternative<Thresholds>(node.op)) {
        const std::int64_t period = table_period(graph_, user, layout);
        if ((period != 1 && period != channels) || shape_of(node.inputs[1])[1] > kMaxFusedSteps) return std::nullopt;
        return user;
      }
      if (!std::holds_alternative<Reshape>(node.op)) return std::nullopt;
      at = node.outputs[0];
    }
  }

  bool constant_weights(const Node& node) const { return graph_.value(node.inputs[1]).constant != nullptr; }

  Status add(NodeId id, const MatMul&) {
    const Node& node = graph_.node(id);
    if (!constant_weights(node) || shape_of(node.inputs[1]).size() != 2)
      return no_unit(graph_, id, "it is a product of two tensors that both depend on the input");
    const Shape& w = shape_of(node.inputs[1]);
    const ValueId x = node.inputs[0];
    const std::int64_t vectors = count(shape_of(x)) / w[0];
    FINNR_ASSIGN(View seen, part_.view(x));
    // The vectors one after the other, each in any order: the rows of the weights follow.
    const std::vector<std::int64_t> order = seen.layout.order();
    bool together = true;
    for (std::size_t p = 0; together && p < order.size(); ++p) {
      together = order[p] / w[0] == static_cast<std::int64_t>(p) / w[0] && order[p] % w[0] == order[p % static_cast<std::size_t>(w[0])];
    }
    std::size_t input = seen.link;
    std::vector<std::int64_t> rows(order.begin(), order.begin() + (together ? w[0] : 0));
    if (!together) input = part_.permuted(seen, x, Layout::row_major(count(shape_of(x))), node.origin);
    MatrixLayer layer;
    layer.node = id;
    layer.inputs = w[0];
    layer.outputs = w[1];
    layer.vectors = vectors;
    layer.weights = with_rows(graph_.value(node.inputs[1]).constant, rows);
    finish(id, layer, {input}, Layout::row_major(count(shape_of(node.outputs[0]))), w[1]);
    return ok_status();
  }

  Status add(NodeId id, const Conv& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    const Shape& y = shape_of(node.outputs[0]);
    if (!constant_weights(node)) return no_unit(graph_, id, "its weights depend on the input");
    if (x.size() > 4) return no_unit(graph_, id, fmt::format("it has {} spatial axes; units take one or two", x.size() - 2));
    const Tensor& w = *graph_.value(node.inputs[1]).constant;
    const std::int64_t group_inputs = w.shape()[1];
    const std::int64_t group_outputs = w.shape()[0] / op.groups;
    std::optional<Windows> windows = windows_of(x, y, spatial_part(w.shape()), op.stride, op.dilation, op.begin, op.spacing, op.fill);
    const std::int64_t kernel = windows->kernel();
    const std::int64_t pixels = windows->pixels();
    if (windows->trivial()) windows.reset();
    FINNR_ASSIGN(View seen, part_.view(node.inputs[0]));
    std::size_t input = seen.link;
    std::optional<std::vector<std::int64_t>> channels = op.groups == 1 ? channel_order(seen.layout, x) : std::nullopt;
    if (!channels) {
      input = part_.permuted(seen, node.inputs[0], canonical(x), node.origin);
      channels.emplace();
    }
    if (group_inputs == 1 && group_outputs == 1 && op.groups > 1) {
      finish(id, DepthwiseLayer{id, {}, windows, x[1], kernel, pixels, convolution_weights(w, *channels), {}, {}, {}}, {input},
             canonical(y), y[1]);
      return ok_status();
    }
    MatrixLayer layer;
    layer.node = id;
    layer.windows = windows;
    layer.groups = op.groups;
    layer.inputs = group_inputs * kernel;
    layer.outputs = group_outputs;
    layer.vectors = pixels * op.groups;
    layer.weights = convolution_weights(w, *channels);
    finish(id, layer, {input}, canonical(y), y[1]);
    return ok_status();
  }

  Status add(NodeId id, const Pool& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    const Shape& y = shape_of(node.outputs[0]);
    if (x.size() > 4) return no_unit(graph_, id, fmt::format("it has {} spatial axes; units take one or two", x.size() - 2));
    FINNR_ASSIGN(const std::size_t input, part_.canonical_input(id, 0));
    const IntType type = graph_.value(node.inputs[0]).type.ints;
    const std::int64_t fill = op.kind == PoolKind::kMax ? type.lo : op.fill;  // the least code never wins
    std::optional<Windows> windows = windows_of(x, y, op.kernel, op.stride, op.dilation, op.begin, Shape(x.size() - 2, 1), fill);
    const std::int64_t kernel = windows->kernel();
    const std::int64_t pixels = windows->pixels();
    if (pixels == x[0] && kernel == count(spatial_part(x)) && !windows->filled()) windows.reset();  // whole images
    finish(id, PoolLayer{id, op.kind, windows, x[1], kernel, pixels}, {input}, canonical(y), y[1]);
    return ok_status();
  }

  Status add(NodeId id, const Sum& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    std::vector<int> spatial(x.size() > 2 ? x.size() - 2 : 0);
    std::iota(spatial.begin(), spatial.end(), 2);
    std::erase_if(spatial, [&](int a) { return x[static_cast<std::size_t>(a)] == 1 && std::ranges::find(op.axes, a) == op.axes.end(); });
    if (op.axes != spatial || x.size() > 4)
      return no_unit(graph_, id, "sums in hardware run over all spatial axes, of which there are one or two");
    FINNR_ASSIGN(const std::size_t input, part_.canonical_input(id, 0));
    PoolLayer layer{id, PoolKind::kSum, std::nullopt, x[1], count(spatial_part(x)), x[0]};
    finish(id, layer, {input}, canonical(shape_of(node.outputs[0])), x[1]);
    return ok_status();
  }

  Status add(NodeId id, const Thresholds&) {
    const Node& node = graph_.node(id);
    FINNR_ASSIGN(View seen, part_.view(node.inputs[0]));
    const Link& link = part_.link(seen.link);
    const std::int64_t elements = count(shape_of(node.inputs[0]));
    const std::int64_t period = table_period(graph_, id, seen.layout);
    const std::int64_t channels = period == 1 ? link.channels : period;
    finish(id, ThresholdLayer{id, channels, elements / channels, steps_of(graph_, id, seen.layout)}, {seen.link}, seen.layout, channels);
    return ok_status();
  }

  Status add(NodeId id, const TopK& op) {
    const Node& node = graph_.node(id);
    const ValueId x = node.inputs[0];
    FINNR_ASSIGN(const View seen, part_.view(x));
    const std::size_t input = part_.permuted(seen, x, Layout::row_major(count(shape_of(x))), node.origin);
    finish(id, TopKLayer{id, count(shape_of(x)), op.k}, {input}, Layout::row_major(op.k), 1);
    return ok_status();
  }

  /// A join with a constant, the same for all elements.
  Status add_shift(NodeId id, const Join& op, std::size_t constant) {
    const Node& node = graph_.node(id);
    const Tensor& offset = *graph_.value(node.inputs[constant]).constant;
    const ValueId x = node.inputs[1 - constant];
    const bool uniform = std::ranges::all_of(offset.ints(), [&](std::int64_t value) { return value == offset.ints()[0]; });
    const bool grows = op.function == JoinFunction::kAdd && (constant == 1 ? op.left : op.right) == 1;
    if (!uniform || !grows || shape_of(x) != shape_of(node.outputs[0]))
      return no_unit(graph_, id, "one of its operands is a constant, and not one number that is added");
    constexpr std::int64_t kMostCodes = 4096;  // a shift is looked up
    const IntType& type = graph_.value(x).type.ints;
    if (type.hi - type.lo >= kMostCodes) return no_unit(graph_, id, "a number is added to integers of more than 12 bits");
    FINNR_ASSIGN(const View seen, part_.view(x));
    const std::int64_t added = offset.ints()[0] * (constant == 1 ? op.right : op.left);
    const std::int64_t channels = part_.link(seen.link).channels;
    finish(id, ShiftLayer{id, added, channels, count(shape_of(x)) / channels}, {seen.link}, seen.layout, channels);
    return ok_status();
  }

  Status add(NodeId id, const Join& op) {
    const Node& node = graph_.node(id);
    for (std::size_t side = 0; side < 2; ++side) {
      if (graph_.value(node.inputs[side]).constant) return add_shift(id, op, side);
    }
    const Shape& y = shape_of(node.outputs[0]);
    JoinLayer layer;
    layer.node = id;
    layer.function = op.function;
    layer.left = op.left;
    layer.right = op.right;
    std::vector<std::size_t> inputs;
    for (std::size_t side = 0; side < 2; ++side) {
      FINNR_ASSIGN(const std::size_t input, part_.canonical_input(id, side));
      inputs.push_back(input);
      const Shape& x = shape_of(node.inputs[side]);
      if (x == y) continue;
      const bool gate = x.size() == y.size() && x.size() >= 3 && x[0] == 1 && x[1] == y[1] && count(x) == x[1] && y[0] == 1;
      if (!gate)
        return no_unit(graph_, id,
                       fmt::format("it joins tensors of shapes {} and {}; one value a channel, or equal shapes, are possible",
                                   to_text(shape_of(node.inputs[0])), to_text(shape_of(node.inputs[1]))));
      layer.repeats[side] = count(y) / count(x);
    }
    layer.channels = y.size() >= 2 ? y[1] : count(y);
    layer.vectors = count(y) / layer.channels;
    finish(id, layer, inputs, canonical(y), layer.channels);
    return ok_status();
  }

  /// Elements from one index of an axis to the next in the canonical order, and of the whole axis; rounds in a frame.
  struct Nest {
    std::int64_t inner = 1;
    std::int64_t rounds = 1;
  };
  static Nest nest_of(const Shape& shape, int axis) {
    Nest nest;
    bool behind = false;
    for (const int a : channels_last_axes(shape.size())) {
      if (a == axis) {
        behind = true;
      } else {
        (behind ? nest.inner : nest.rounds) *= shape[static_cast<std::size_t>(a)];
      }
    }
    return nest;
  }

  Status add(NodeId id, const Concat& op) {
    const Node& node = graph_.node(id);
    const Shape& y = shape_of(node.outputs[0]);
    std::vector<std::size_t> inputs;
    ConcatLayer layer;
    const Nest nest = nest_of(y, op.axis);
    layer.rounds = nest.rounds;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (graph_.value(node.inputs[i]).constant) return no_unit(graph_, id, "one of its operands is a constant");
      FINNR_ASSIGN(const std::size_t input, part_.canonical_input(id, i));
      inputs.push_back(input);
      layer.turns.push_back(shape_of(node.inputs[i])[static_cast<std::size_t>(op.axis)] * nest.inner);
    }
    finish(id, layer, inputs, canonical(y), natural_channels(y));
    return ok_status();
  }

  Status add(NodeId id, const Take& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    const Shape& y = shape_of(node.outputs[0]);
    if (op.indices.empty()) return no_unit(graph_, id, "it takes nothing");
    const std::int64_t n = std::ssize(op.indices);
    const auto at = [&](std::int64_t i) { return op.indices[static_cast<std::size_t>(i)]; };
    FINNR_ASSIGN(const std::size_t input, part_.canonical_input(id, 0));
    const Nest nest = nest_of(x, op.axis);
    bool run = true;  // consecutive
    for (std::int64_t i = 0; i < n; ++i) run = run && at(i) == at(0) + i;
    if (run) {
      const std::int64_t size = x[static_cast<std::size_t>(op.axis)];
      finish(id, TakeLayer{size * nest.inner, at(0) * nest.inner, n * nest.inner, nest.rounds}, {input}, canonical(y), natural_channels(y));
      return ok_status();
    }
    if (x.size() >= 3 && x.size() <= 4 && op.axis >= 2) {
      if (std::optional<Windows> windows = resampled(op, x, y)) {
        finish(id, ResampleLayer{*windows, x[1]}, {input}, canonical(y), y[1]);
        return ok_status();
      }
    }
    // Anything else is a lookup of every element.
    const Tensor places = gather(Tensor(x, canonical(x).positions()), Tensor({n}, op.indices), op.axis);
    PermuteLayer layer{count(x), canonical(y).order()};
    for (std::int64_t& i : layer.index) i = places.ints()[static_cast<std::size_t>(i)];
    finish(id, layer, {input}, canonical(y), natural_channels(y));
    return ok_status();
  }

  Status add(NodeId id, const Pad& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    const Shape& y = shape_of(node.outputs[0]);
    const bool spatial = x.size() >= 3 && x.size() <= 4 && op.begin[0] + op.end[0] + op.begin[1] + op.end[1] == 0;
    if (!spatial) return no_unit(graph_, id, "padding in hardware is along one or two spatial axes");
    FINNR_ASSIGN(const std::size_t input, part_.canonical_input(id, 0));
    const Shape ones(x.size() - 2, 1);
    const Windows windows = windows_of(x, y, ones, ones, ones, spatial_part(op.begin), ones, op.code);
    finish(id, ResampleLayer{windows, x[1]}, {input}, canonical(y), y[1]);
    return ok_status();
  }

  Status add(NodeId, const Reshape&) { return ok_status(); }
  Status add(NodeId, const Transpose&) { return ok_status(); }
  template <class T>
  Status add(NodeId, const T& op) {
    FINNR_CHECK(false, op_name(Op(op)).data());
  }

  const Graph& graph_;
  const std::vector<bool>& chosen_;
  Diagnostics& diagnostics_;
  PartBuilder part_;
  std::unordered_set<NodeId> fused_;
};

}  // namespace

std::optional<HardwarePart> find_hardware(const Graph& graph, const Placement& placement, Diagnostics& diagnostics) {
  const std::vector<bool> chosen = hardware_nodes(graph, placement.sites.empty() ? place(graph) : placement);
  if (std::ranges::find(chosen, true) == chosen.end()) return pass_through(graph);
  return LayerFinder(graph, chosen, diagnostics).run();
}

Place place_of(const Layer& layer) { return {"", layer.origin.empty() ? "" : layer.origin.front(), ""}; }

}  // namespace finnr

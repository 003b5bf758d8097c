// SPDX-License-Identifier: Apache-2.0
// Nodes become layers in topological order. Every integer value is seen through a link and a layout: reshapes keep both, and a
// transpose only turns the layout. A layer that needs another order than its input has gets a permute layer in front; what a
// matrix can absorb into the order of its weights needs none.
#include "finnr/hardware/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "finnr/base/check.h"
#include "finnr/hardware/weights.h"

namespace finnr {
namespace {

/// What the top-k unit gives: the indices of the largest of all elements.
bool is_top_k_unit(const Graph& graph, const Node& node) {
  const auto* top = std::get_if<TopK>(&node.op);
  if (top == nullptr || !top->largest) return false;
  const Shape& shape = graph.value(node.inputs[0]).shape;
  return shape[static_cast<std::size_t>(top->axis)] == count(shape) && graph.value(node.outputs[0]).users.empty() &&
         !graph.is_output(node.outputs[0]);
}

/// Operators that a unit computes, given integer operands.
bool computes(const Graph& graph, const Node& node) {
  return std::visit(Overloaded{[](const MatMul&) { return true; }, [](const Conv&) { return true; }, [](const Pool&) { return true; },
                               [](const Sum&) { return true; }, [](const Join&) { return true; }, [](const Thresholds&) { return true; },
                               [&](const TopK&) { return is_top_k_unit(graph, node); }, [](const auto&) { return false; }},
                    node.op);
}
/// Operators that only move elements, at a cost.
bool moves(const Node& node) {
  return std::holds_alternative<Concat>(node.op) || std::holds_alternative<Take>(node.op) || std::holds_alternative<Pad>(node.op);
}
/// Operators that are only another way to see a stream.
bool renames(const Node& node) { return std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op); }

bool on_integers(const Graph& graph, const Node& node) {
  return std::ranges::none_of(node.inputs, [&](ValueId id) { return graph.value(id).type.is_float; });
}

/// The nodes that become hardware: integer layers, and the moves and renames between them. Moves at the two ends stay with the
/// host, where they cost nothing.
std::vector<bool> hardware_nodes(const Graph& graph, const Placement& placement) {
  const std::vector<NodeId> order = graph.order();
  std::vector<bool> behind(graph.value_count(), false);  // of a computing layer
  std::vector<bool> in_front(graph.value_count(), false);
  std::vector<bool> candidate(graph.node_count(), false);
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    candidate[id.index()] =
        placement[id] == Site::kHardware && on_integers(graph, node) && (computes(graph, node) || moves(node) || renames(node));
    const bool after =
        candidate[id.index()] && (computes(graph, node) || std::ranges::any_of(node.inputs, [&](ValueId v) { return behind[v.index()]; }));
    for (const ValueId output : node.outputs) behind[output.index()] = after;
  }
  std::vector<bool> chosen(graph.node_count(), false);
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const Node& node = graph.node(*id);
    if (!candidate[id->index()]) continue;
    const bool needed = std::ranges::any_of(node.outputs, [&](ValueId v) { return in_front[v.index()]; });
    const bool computing = computes(graph, node);
    chosen[id->index()] = computing || (needed && std::ranges::any_of(node.inputs, [&](ValueId v) { return behind[v.index()]; }));
    for (const ValueId input : node.inputs) in_front[input.index()] = in_front[input.index()] || computing || needed;
  }
  return chosen;
}

Diagnostic no_unit(const Graph& graph, NodeId node, std::string why) {
  return Diagnostic(Code::kNoUnit, fmt::format("{} has no hardware unit", describe(graph, node)))
      .at(place_of(graph, node))
      .because(std::move(why))
      .fix("run it with --engine reference or integer, or leave it to the host with --host-from");
}

Shape spatial_of(const Shape& shape) { return {shape.begin() + 2, shape.end()}; }

/// A window shape of one or two spatial axes; a signal of one axis lies along h, where the unit holds a few pixels of it.
Windows windows_of(const Shape& x, const Shape& y, const Shape& kernel, const Shape& stride, const Shape& dilation, const Shape& begin,
                   const Shape& spacing, std::int64_t fill) {
  const bool two = x.size() == 4;
  WindowShape s;
  s.h = x[2];
  s.kh = kernel[0];
  s.stride_h = stride[0];
  s.dilation_h = dilation[0];
  s.up_h = spacing[0];
  s.pad_top = begin[0];
  s.oh = y[2];
  if (two) {
    s.w = x[3];
    s.kw = kernel[1];
    s.stride_w = stride[1];
    s.dilation_w = dilation[1];
    s.up_w = spacing[1];
    s.pad_left = begin[1];
    s.ow = y[3];
  }
  return {s, fill, x[0]};
}

bool is_trivial(const Windows& windows) {
  const WindowShape& s = windows.shape;
  return windows.kernel() == 1 && s.h == s.oh && s.w == s.ow && s.stride_h == 1 && s.stride_w == 1 && s.up_h == 1 && s.up_w == 1 &&
         s.pad_top == 0 && s.pad_left == 0;
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
  LayerFinder(const Graph& graph, std::vector<bool> chosen, Diagnostics& diagnostics)
      : graph_(graph), chosen_(std::move(chosen)), diagnostics_(diagnostics) {}

  std::optional<HardwarePart> run() {
    const std::size_t problems = diagnostics_.list().size();
    for (const NodeId id : graph_.order()) {
      if (!chosen_[id.index()]) continue;
      if (fused_.contains(id)) continue;
      Status status = std::visit([&](const auto& op) { return add(id, op); }, graph_.node(id).op);
      if (!status.ok()) {
        if (!status.error().message.empty()) diagnostics_.add(std::move(status).error());  // empty: an operand is broken
        for (const ValueId output : graph_.node(id).outputs) broken_.insert({output, true});
      }
    }
    if (diagnostics_.list().size() != problems) return std::nullopt;
    find_outputs();
    name_layers();
    return std::move(part_);
  }

 private:
  struct View {
    std::size_t link = 0;
    Layout layout;
    Origin origin = {};  ///< of the renames on the way
  };

  [[nodiscard]] const Shape& shape_of(ValueId id) const { return graph_.value(id).shape; }
  [[nodiscard]] static Layout canonical(const Shape& shape) { return Layout::channels_last(shape); }

  /// The layout that the first reader of an input wants, told in terms of the input itself.
  [[nodiscard]] Layout wanted(ValueId id) const {
    for (const NodeId user : graph_.value(id).users) {
      const Node& node = graph_.node(user);
      if (!chosen_[user.index()]) continue;
      const Shape& shape = shape_of(id);
      if (std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Thresholds>(node.op)) return wanted(node.outputs[0]);
      if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
        std::vector<int> back(transpose->perm.size());
        for (std::size_t i = 0; i < back.size(); ++i) back[static_cast<std::size_t>(transpose->perm[i])] = static_cast<int>(i);
        const std::optional<Layout> layout = wanted(node.outputs[0]).transposed(shape_of(node.outputs[0]), back);
        return layout ? *layout : canonical(shape);
      }
      if (std::holds_alternative<MatMul>(node.op)) return Layout::row_major(count(shape));
      return canonical(shape);
    }
    return canonical(shape_of(id));
  }

  std::size_t add_link(ValueId value, Layout layout, std::int64_t channels) {
    const Value& v = graph_.value(value);
    const IntType type = v.type.is_float ? IntType::of_bits(32, false) : v.type.ints;
    part_.links.push_back({value, std::move(layout), type, channels, count(v.shape) / std::max<std::int64_t>(1, channels)});
    return part_.links.size() - 1;
  }

  std::int64_t natural_channels(const Shape& shape) const { return shape.empty() ? 1 : shape.size() == 1 ? shape[0] : shape[1]; }

  /// How a value comes to a layer: through renames from a link; what the host gives becomes an input.
  Result<View> view(ValueId id) {
    if (const auto known = views_.find(id); known != views_.end()) return known->second;
    const Value& value = graph_.value(id);
    if (broken_.contains(id)) return Diagnostic();  // reported already
    if (value.producer.valid() && chosen_[value.producer.index()] && renames(graph_.node(value.producer))) {
      const Node& node = graph_.node(value.producer);
      FINNR_ASSIGN(View source, view(node.inputs[0]));
      if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
        std::optional<Layout> turned = source.layout.transposed(shape_of(node.inputs[0]), transpose->perm);
        if (!turned) {  // no nest of loops: bring it into its own order first
          const Layout plain = Layout::row_major(count(shape_of(node.inputs[0])));
          source.link = permuted(source, node.inputs[0], plain, node.origin);
          turned = plain.transposed(shape_of(node.inputs[0]), transpose->perm);
          FINNR_CHECK(turned.has_value(), "row-major elements can be transposed");
        }
        source.layout = *std::move(turned);
      }
      merge(source.origin, node.origin);
      return views_.emplace(id, source).first->second;
    }
    FINNR_CHECK(!value.producer.valid() || !chosen_[value.producer.index()], "layers come in topological order");
    Layout layout = wanted(id);
    std::int64_t channels = layout.loops.empty() ? 1 : layout.loops.back().size;
    if (layout.is_row_major()) channels = first_matrix_inputs(id).value_or(natural_channels(value.shape));
    const std::size_t link = add_link(id, layout, channels);
    part_.inputs.push_back(link);
    return views_.emplace(id, View{link, layout}).first->second;
  }

  /// Inputs of the matrix that reads a value first, through renames and thresholds.
  std::optional<std::int64_t> first_matrix_inputs(ValueId id) const {
    for (const NodeId user : graph_.value(id).users) {
      const Node& node = graph_.node(user);
      if (std::holds_alternative<MatMul>(node.op)) return shape_of(node.inputs[1])[0];
      if (chosen_[user.index()] && (renames(node) || std::holds_alternative<Thresholds>(node.op)))
        return first_matrix_inputs(node.outputs[0]);
    }
    return std::nullopt;
  }

  /// A link with the elements of `view` in the order `layout` of `value`.
  std::size_t permuted(const View& from, ValueId value, const Layout& layout, const Origin& origin) {
    if (from.layout == layout) return from.link;
    const std::vector<std::int64_t> is = from.layout.order();
    std::vector<std::int64_t> place(is.size());
    for (std::size_t i = 0; i < is.size(); ++i) place[static_cast<std::size_t>(is[i])] = static_cast<std::int64_t>(i);
    std::vector<std::int64_t> index = layout.order();
    for (std::int64_t& i : index) i = place[static_cast<std::size_t>(i)];
    const std::int64_t channels = layout.is_row_major() ? natural_channels(shape_of(value)) : layout.loops.back().size;
    const std::size_t link = add_link(value, layout, channels);
    part_.links[link].type = part_.links[from.link].type;
    part_.layers.push_back(
        {"", PermuteLayer{std::ssize(is), std::move(index)}, {from.link}, link, from.origin.empty() ? origin : from.origin});
    return link;
  }

  /// The operand in the order that units with pixels take.
  Result<std::size_t> canonical_input(NodeId id, std::size_t operand) {
    const ValueId value = graph_.node(id).inputs[operand];
    FINNR_ASSIGN(const View seen, view(value));
    return permuted(seen, value, canonical(shape_of(value)), graph_.node(id).origin);
  }

  void finish(NodeId id, decltype(Layer::kind) kind, std::vector<std::size_t> inputs, Layout layout, std::int64_t channels) {
    const Node& node = graph_.node(id);
    ValueId output = node.outputs.back();  // a top-k passes its indices on
    Origin origin = node.origin;
    const auto fuse = [&](auto& layer) {
      if (const std::optional<NodeId> thresholds = fusible(output, layout, channels)) {
        layer.thresholds = thresholds;
        fused_.emplace(*thresholds, true);
        output = graph_.node(*thresholds).outputs[0];
        merge(origin, graph_.node(*thresholds).origin);
      }
    };
    if (auto* matrix = std::get_if<MatrixLayer>(&kind)) fuse(*matrix);
    if (auto* depthwise = std::get_if<DepthwiseLayer>(&kind)) fuse(*depthwise);
    const std::size_t link = add_link(output, layout, channels);
    part_.layers.push_back({"", std::move(kind), std::move(inputs), link, std::move(origin)});
    views_.emplace(output, View{link, std::move(layout)});
  }

  /// The thresholds behind a matrix, if they are its only reader, few enough, and go by its channels. Renames between them are
  /// followed when the order of elements stays.
  std::optional<NodeId> fusible(ValueId output, const Layout& layout, std::int64_t channels) {
    ValueId at = output;
    std::vector<std::pair<ValueId, Layout>> passed;
    Layout seen = layout;
    for (;;) {
      if (graph_.value(at).users.size() != 1 || graph_.is_output(at)) return std::nullopt;
      const NodeId user = graph_.value(at).users[0];
      const Node& node = graph_.node(user);
      if (!chosen_[user.index()]) return std::nullopt;
      if (std::holds_alternative<Thresholds>(node.op)) {
        const std::int64_t period = table_period(graph_, user, seen);
        if ((period != 1 && period != channels) || shape_of(node.inputs[1])[1] > kMaxFusedSteps || !(seen == layout)) return std::nullopt;
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
    FINNR_ASSIGN(View seen, view(x));
    // The vectors one after the other, each in any order: the rows of the weights follow.
    const std::vector<std::int64_t> order = seen.layout.order();
    bool together = true;
    for (std::size_t p = 0; together && p < order.size(); ++p) {
      together = order[p] / w[0] == static_cast<std::int64_t>(p) / w[0] && order[p] % w[0] == order[p % static_cast<std::size_t>(w[0])];
    }
    std::size_t input = seen.link;
    std::vector<std::int64_t> rows(order.begin(), order.begin() + (together ? w[0] : 0));
    if (!together) input = permuted(seen, x, Layout::row_major(count(shape_of(x))), node.origin);
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
    std::optional<Windows> windows = windows_of(x, y, spatial_of(w.shape()), op.stride, op.dilation, op.begin, op.spacing, op.fill);
    const std::int64_t kernel = windows->kernel();
    const std::int64_t pixels = windows->pixels();
    if (is_trivial(*windows)) windows.reset();
    FINNR_ASSIGN(View seen, view(node.inputs[0]));
    std::size_t input = seen.link;
    std::optional<std::vector<std::int64_t>> channels = op.groups == 1 ? channel_order(seen.layout, x) : std::nullopt;
    if (!channels) {
      input = permuted(seen, node.inputs[0], canonical(x), node.origin);
      channels.emplace();
    }
    if (group_inputs == 1 && group_outputs == 1 && op.groups > 1) {
      finish(id, DepthwiseLayer{id, {}, windows, x[1], kernel, pixels, convolution_weights(w, *channels)}, {input}, canonical(y), y[1]);
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
    FINNR_ASSIGN(const std::size_t input, canonical_input(id, 0));
    const IntType type = graph_.value(node.inputs[0]).type.ints;
    const std::int64_t fill = op.kind == PoolKind::kMax ? type.lo : op.fill;  // the least code never wins
    std::optional<Windows> windows = windows_of(x, y, op.kernel, op.stride, op.dilation, op.begin, Shape(x.size() - 2, 1), fill);
    const std::int64_t kernel = windows->kernel();
    const std::int64_t pixels = windows->pixels();
    if (pixels == x[0] && kernel == count(spatial_of(x)) && !windows->filled()) windows.reset();  // whole images
    finish(id, PoolLayer{id, op.kind, windows, x[1], kernel, pixels}, {input}, canonical(y), y[1]);
    return ok_status();
  }

  Status add(NodeId id, const Sum& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    std::vector<int> spatial(x.size() > 2 ? x.size() - 2 : 0);
    std::iota(spatial.begin(), spatial.end(), 2);
    std::erase_if(spatial, [&](int a) { return x[static_cast<std::size_t>(a)] == 1 && std::ranges::find(op.axes, a) == op.axes.end(); });
    std::vector<int> axes = op.axes;
    if (axes != spatial || x.size() > 4)
      return no_unit(graph_, id, "sums in hardware run over all spatial axes, of which there are one or two");
    FINNR_ASSIGN(const std::size_t input, canonical_input(id, 0));
    PoolLayer layer{id, PoolKind::kSum, std::nullopt, x[1], count(spatial_of(x)), x[0]};
    finish(id, layer, {input}, canonical(shape_of(node.outputs[0])), x[1]);
    return ok_status();
  }

  Status add(NodeId id, const Thresholds&) {
    const Node& node = graph_.node(id);
    FINNR_ASSIGN(View seen, view(node.inputs[0]));
    const Link& link = part_.links[seen.link];
    const std::int64_t elements = count(shape_of(node.inputs[0]));
    std::int64_t channels = table_period(graph_, id, seen.layout);
    const std::int64_t period = channels;
    if (channels == 1) channels = link.channels;
    finish(id, ThresholdLayer{id, channels, elements / channels}, {seen.link}, seen.layout, period == 1 ? link.channels : channels);
    return ok_status();
  }

  Status add(NodeId id, const TopK& op) {
    const Node& node = graph_.node(id);
    const ValueId x = node.inputs[0];
    FINNR_ASSIGN(const View seen, view(x));
    const std::size_t input = permuted(seen, x, Layout::row_major(count(shape_of(x))), node.origin);
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
    FINNR_ASSIGN(const View seen, view(x));
    const std::int64_t added = offset.ints()[0] * (constant == 1 ? op.right : op.left);
    const std::int64_t channels = part_.links[seen.link].channels;
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
    std::vector<std::size_t> inputs;
    for (std::size_t side = 0; side < 2; ++side) {
      FINNR_ASSIGN(const std::size_t input, canonical_input(id, side));
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
    std::vector<int> order(shape.size());
    std::iota(order.begin(), order.end(), 0);
    if (shape.size() >= 3) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    Nest nest;
    bool behind = false;
    for (const int a : order) {
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
      FINNR_ASSIGN(const std::size_t input, canonical_input(id, i));
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
    FINNR_ASSIGN(const std::size_t input, canonical_input(id, 0));
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
    const std::vector<std::int64_t> source = canonical(x).order();
    std::vector<std::int64_t> place(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) place[static_cast<std::size_t>(source[i])] = static_cast<std::int64_t>(i);
    const std::vector<std::int64_t> x_step = strides(x);
    const std::vector<std::int64_t> y_step = strides(y);
    PermuteLayer layer;
    layer.elements = count(x);
    for (const std::int64_t flat : canonical(y).order()) {
      std::int64_t from = 0;
      for (std::size_t a = 0; a < y.size(); ++a) {
        const std::int64_t i = flat / y_step[a] % y[a];
        from += (static_cast<int>(a) == op.axis ? at(i) : i) * x_step[a];
      }
      layer.index.push_back(place[static_cast<std::size_t>(from)]);
    }
    finish(id, layer, {input}, canonical(y), natural_channels(y));
    return ok_status();
  }

  /// Even steps along a spatial axis, or every element several times.
  static std::optional<Windows> resampled(const Take& op, const Shape& x, const Shape& y) {
    const std::int64_t n = std::ssize(op.indices);
    const auto at = [&](std::int64_t i) { return op.indices[static_cast<std::size_t>(i)]; };
    const auto axis = static_cast<std::size_t>(op.axis) - 2;
    const std::size_t axes = x.size() - 2;
    Shape stride(axes, 1);
    Shape begin(axes, 0);
    Shape spacing(axes, 1);
    const std::int64_t step = n > 1 ? at(1) - at(0) : 1;
    bool even = step >= 1;
    for (std::int64_t i = 0; i < n; ++i) even = even && at(i) == at(0) + i * step;
    if (even) {
      stride[axis] = step;
      begin[axis] = -at(0);
      return windows_of(x, y, Shape(axes, 1), stride, Shape(axes, 1), begin, spacing, 0);
    }
    std::int64_t times = 1;
    while (times < n && at(times) == at(0)) ++times;
    for (std::int64_t factor = std::max<std::int64_t>(times, 2); factor <= n; ++factor) {
      for (std::int64_t offset = 0; offset < factor; ++offset) {  // element i is (i + first * factor + offset) / factor
        bool good = true;
        for (std::int64_t i = 0; good && i < n; ++i) good = at(i) == (i + offset) / factor + at(0);
        if (!good) continue;
        spacing[axis] = factor;
        begin[axis] = -(at(0) * factor + offset);
        Windows windows = windows_of(x, y, Shape(axes, 1), stride, Shape(axes, 1), begin, spacing, 0);
        windows.shape.repeat = true;
        return windows;
      }
      if (factor > 2 * times) break;
    }
    return std::nullopt;
  }

  Status add(NodeId id, const Pad& op) {
    const Node& node = graph_.node(id);
    const Shape& x = shape_of(node.inputs[0]);
    const Shape& y = shape_of(node.outputs[0]);
    const bool spatial = x.size() >= 3 && x.size() <= 4 && op.begin[0] + op.end[0] + op.begin[1] + op.end[1] == 0;
    if (!spatial) return no_unit(graph_, id, "padding in hardware is along one or two spatial axes");
    FINNR_ASSIGN(const std::size_t input, canonical_input(id, 0));
    const Shape ones(x.size() - 2, 1);
    const Windows windows = windows_of(x, y, ones, ones, ones, spatial_of(op.begin), ones, op.code);
    finish(id, ResampleLayer{windows, x[1]}, {input}, canonical(y), y[1]);
    return ok_status();
  }

  Status add(NodeId, const Reshape&) { return ok_status(); }
  Status add(NodeId, const Transpose&) { return ok_status(); }
  template <class T>
  Status add(NodeId, const T& op) {
    FINNR_CHECK(false, op_name(Op(op)).data());
  }

  /// Links that somebody outside reads, in the order of their layers.
  void find_outputs() {
    for (const Layer& layer : part_.layers) {
      // The value itself, or a rename of it, is read by the host.
      std::vector<ValueId> open = {part_.links[layer.output].value};
      bool outside = false;
      while (!open.empty() && !outside) {
        const ValueId id = open.back();
        open.pop_back();
        const auto seen = views_.find(id);
        if (seen != views_.end() && seen->second.link != layer.output) continue;
        outside = graph_.is_output(id);
        for (const NodeId user : graph_.value(id).users) {
          if (!chosen_[user.index()]) {
            outside = true;
          } else if (renames(graph_.node(user))) {
            open.push_back(graph_.node(user).outputs[0]);
          }
        }
      }
      const bool permuted_copy = std::holds_alternative<PermuteLayer>(layer.kind) && copies(layer);
      if (outside && !permuted_copy) part_.outputs.push_back(layer.output);
    }
  }
  /// A permute layer that makes another order of the value that its input carries.
  bool copies(const Layer& layer) const {
    const auto seen = views_.find(part_.links[layer.output].value);
    return seen == views_.end() || seen->second.link != layer.output;
  }

  void name_layers() {
    std::unordered_map<std::string, int> counts;
    for (Layer& layer : part_.layers) {
      const std::string base =
          std::visit(Overloaded{[&](const MatrixLayer& m) { return std::holds_alternative<Conv>(graph_.node(m.node).op) ? "conv" : "fc"; },
                                [](const DepthwiseLayer&) { return "dw"; }, [](const PoolLayer&) { return "pool"; },
                                [](const ThresholdLayer&) { return "thr"; }, [](const TopKLayer&) { return "top_k"; },
                                [](const ShiftLayer&) { return "shift"; }, [](const JoinLayer&) { return "join"; },
                                [](const ConcatLayer&) { return "concat"; }, [](const TakeLayer&) { return "take"; },
                                [](const ResampleLayer&) { return "resample"; }, [](const PermuteLayer&) { return "permute"; }},
                     layer.kind);
      layer.name = base == "top_k" ? base : fmt::format("{}{}", base, counts[base]++);
    }
  }

  const Graph& graph_;
  std::vector<bool> chosen_;
  Diagnostics& diagnostics_;
  HardwarePart part_;
  std::unordered_map<ValueId, View> views_;
  std::unordered_map<ValueId, bool> broken_;
  std::unordered_map<NodeId, bool> fused_;
};

HardwarePart pass_through(const Graph& graph) {
  ValueId value = graph.inputs()[0];
  for (const NodeId id : graph.order()) {
    if (std::holds_alternative<Quantize>(graph.node(id).op)) {
      value = graph.node(id).outputs[0];
      break;
    }
  }
  const Value& v = graph.value(value);
  const IntType type = v.type.is_float ? IntType::of_bits(32, false) : v.type.ints;
  return {{{value, Layout::row_major(count(v.shape)), type, count(v.shape), 1}}, {}, {0}, {0}};
}

}  // namespace

bool Windows::filled() const {
  const auto outside = [](std::int64_t size, std::int64_t up, bool repeat, std::int64_t pad, std::int64_t out, std::int64_t stride,
                          std::int64_t kernel, std::int64_t dilation) {
    const std::int64_t extent = repeat ? size * up : (size - 1) * up + 1;
    return pad > 0 || (!repeat && up > 1) || (out - 1) * stride + (kernel - 1) * dilation - pad >= extent;
  };
  return outside(shape.h, shape.up_h, shape.repeat, shape.pad_top, shape.oh, shape.stride_h, shape.kh, shape.dilation_h) ||
         outside(shape.w, shape.up_w, shape.repeat, shape.pad_left, shape.ow, shape.stride_w, shape.kw, shape.dilation_w);
}

std::optional<HardwarePart> find_hardware(const Graph& graph, const Placement& placement, Diagnostics& diagnostics) {
  const std::vector<bool> chosen = hardware_nodes(graph, placement.sites.empty() ? place(graph) : placement);
  if (std::ranges::find(chosen, true) == chosen.end()) return pass_through(graph);
  return LayerFinder(graph, chosen, diagnostics).run();
}

Place place_of(const Layer& layer) { return {"", layer.origin.empty() ? "" : layer.origin.front(), ""}; }

}  // namespace finnr

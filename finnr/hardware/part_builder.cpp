// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/part_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/base/check.h"
#include "finnr/hardware/hardware_nodes.h"

namespace finnr {
namespace {

/// Floats, which only the host makes sense of, travel as 32 bits.
IntType stream_type(const Value& value) { return value.type.is_float ? IntType::of_bits(32, false) : value.type.ints; }

/// Names of layers: conv0, dw0, fc0, ...; the top-k is the only one of its kind.
void name_layers(const Graph& graph, HardwarePart& part) {
  std::unordered_map<std::string, int> counts;
  for (Layer& layer : part.layers) {
    const std::string base =
        std::visit(Overloaded{[&](const MatrixLayer& m) { return std::holds_alternative<Conv>(graph.node(m.node).op) ? "conv" : "fc"; },
                              [](const DepthwiseLayer&) { return "dw"; }, [](const PoolLayer&) { return "pool"; },
                              [](const ThresholdLayer&) { return "thr"; }, [](const TopKLayer&) { return "top_k"; },
                              [](const ShiftLayer&) { return "shift"; }, [](const JoinLayer&) { return "join"; },
                              [](const ConcatLayer&) { return "concat"; }, [](const TakeLayer&) { return "take"; },
                              [](const ResampleLayer&) { return "resample"; }, [](const PermuteLayer&) { return "permute"; }},
                   layer.kind);
    layer.name = base == "top_k" ? base : fmt::format("{}{}", base, counts[base]++);
  }
}

}  // namespace

std::int64_t natural_channels(const Shape& shape) { return shape.empty() ? 1 : shape.size() == 1 ? shape[0] : shape[1]; }

Result<View> PartBuilder::view(ValueId id) {
  if (const auto known = views_.find(id); known != views_.end()) return known->second;
  const Value& value = graph_.value(id);
  if (given_up_.contains(id)) return Diagnostic();  // reported already
  if (value.producer.valid() && chosen_[value.producer.index()] && renames(graph_.node(value.producer))) {
    const Node& node = graph_.node(value.producer);
    FINNR_ASSIGN(View source, view(node.inputs[0]));
    if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
      std::optional<Layout> turned = source.layout.transposed(graph_.value(node.inputs[0]).shape, transpose->perm);
      if (!turned) {  // no nest of loops: bring it into its own order first
        const Layout plain = Layout::row_major(count(graph_.value(node.inputs[0]).shape));
        source.link = permuted(source, node.inputs[0], plain, node.origin);
        turned = plain.transposed(graph_.value(node.inputs[0]).shape, transpose->perm);
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

std::size_t PartBuilder::permuted(const View& from, ValueId value, const Layout& layout, const Origin& origin) {
  if (from.layout == layout) return from.link;
  const std::vector<std::int64_t> place = from.layout.positions();
  std::vector<std::int64_t> index = layout.order();
  for (std::int64_t& i : index) i = place[static_cast<std::size_t>(i)];
  const std::int64_t channels = layout.is_row_major() ? natural_channels(graph_.value(value).shape) : layout.loops.back().size;
  const std::size_t link = add_link(value, layout, channels);
  part_.links[link].type = part_.links[from.link].type;
  part_.layers.push_back(
      {"", PermuteLayer{std::ssize(place), std::move(index)}, {from.link}, link, from.origin.empty() ? origin : from.origin});
  return link;
}

Result<std::size_t> PartBuilder::canonical_input(NodeId id, std::size_t operand) {
  const ValueId value = graph_.node(id).inputs[operand];
  FINNR_ASSIGN(const View seen, view(value));
  return permuted(seen, value, Layout::channels_last(graph_.value(value).shape), graph_.node(id).origin);
}

void PartBuilder::add_layer(decltype(Layer::kind) kind, std::vector<std::size_t> inputs, ValueId output, Layout layout,
                            std::int64_t channels, Origin origin) {
  const std::size_t link = add_link(output, layout, channels);
  part_.layers.push_back({"", std::move(kind), std::move(inputs), link, std::move(origin)});
  views_.emplace(output, View{link, std::move(layout)});
}

HardwarePart PartBuilder::finished() && {
  for (const Layer& layer : part_.layers) {
    if (leaves(layer)) part_.outputs.push_back(layer.output);
  }
  name_layers(graph_, part_);
  return std::move(part_);
}

std::size_t PartBuilder::add_link(ValueId value, Layout layout, std::int64_t channels) {
  const Value& v = graph_.value(value);
  part_.links.push_back({value, std::move(layout), stream_type(v), channels, count(v.shape) / std::max<std::int64_t>(1, channels)});
  return part_.links.size() - 1;
}

/// The layout that the first reader of an input wants, told in terms of the input itself.
Layout PartBuilder::wanted(ValueId id) const {
  for (const NodeId user : graph_.value(id).users) {
    const Node& node = graph_.node(user);
    if (!chosen_[user.index()]) continue;
    const Shape& shape = graph_.value(id).shape;
    if (std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Thresholds>(node.op)) return wanted(node.outputs[0]);
    if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
      std::vector<int> back(transpose->perm.size());
      for (std::size_t i = 0; i < back.size(); ++i) back[static_cast<std::size_t>(transpose->perm[i])] = static_cast<int>(i);
      const std::optional<Layout> layout = wanted(node.outputs[0]).transposed(graph_.value(node.outputs[0]).shape, back);
      return layout ? *layout : Layout::channels_last(shape);
    }
    if (std::holds_alternative<MatMul>(node.op)) return Layout::row_major(count(shape));
    return Layout::channels_last(shape);
  }
  return Layout::channels_last(graph_.value(id).shape);
}

/// Inputs of the matrix that reads a value first, through renames and thresholds.
std::optional<std::int64_t> PartBuilder::first_matrix_inputs(ValueId id) const {
  for (const NodeId user : graph_.value(id).users) {
    const Node& node = graph_.node(user);
    if (std::holds_alternative<MatMul>(node.op)) return graph_.value(node.inputs[1]).shape[0];
    if (chosen_[user.index()] && (renames(node) || std::holds_alternative<Thresholds>(node.op)))
      return first_matrix_inputs(node.outputs[0]);
  }
  return std::nullopt;
}

/// Whether the host reads what a layer gives, or a rename of it. A permute layer that makes another order of a value is not how that
/// is seen.
bool PartBuilder::leaves(const Layer& layer) const {
  std::vector<ValueId> open = {part_.links[layer.output].value};
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    const auto seen = views_.find(id);
    if (seen != views_.end() && seen->second.link != layer.output) continue;
    if (graph_.is_output(id)) return true;
    for (const NodeId user : graph_.value(id).users) {
      if (!chosen_[user.index()]) return true;
      if (renames(graph_.node(user))) open.push_back(graph_.node(user).outputs[0]);
    }
  }
  return false;
}

HardwarePart pass_through(const Graph& graph) {
  ValueId value = graph.inputs()[0];
  for (const NodeId id : graph.order()) {
    if (std::holds_alternative<Quantize>(graph.node(id).op)) {
      value = graph.node(id).outputs[0];
      break;
    }
  }
  const Value& v = graph.value(value);
  return {{{value, Layout::row_major(count(v.shape)), stream_type(v), count(v.shape), 1}}, {}, {0}, {0}};
}

}  // namespace finnr

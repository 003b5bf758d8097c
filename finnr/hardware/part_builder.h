// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// How a value comes to a layer.
struct View {
  std::size_t link = 0;
  Layout layout;       ///< of the value, in the order in which the link carries its elements
  Origin origin = {};  ///< of the renames on the way
};

/// A hardware part as it grows, layer by layer in topological order. Every value is seen through a link and a layout: reshapes keep
/// both, and a transpose only turns the layout. Readers that need another order get a permute layer.
class PartBuilder {
 public:
  /// `chosen`: the nodes that become hardware, by node id.
  PartBuilder(const Graph& graph, const std::vector<bool>& chosen) : graph_(graph), chosen_(chosen) {}

  /// Through renames from a link; what the host gives becomes an input. Fails with an empty diagnostic for what comes from a
  /// value given up.
  Result<View> view(ValueId value);
  /// The value has no link, and its reason was reported.
  void give_up(ValueId value) { given_up_.insert(value); }
  /// A link with the elements of `from`, a view of `value`, in the order `layout`. `origin` stands for a permute layer of no origin.
  std::size_t permuted(const View& from, ValueId value, const Layout& layout, const Origin& origin);
  /// An operand in the order that units with pixels take.
  Result<std::size_t> canonical_input(NodeId node, std::size_t operand);

  [[nodiscard]] const Link& link(std::size_t link) const { return part_.links[link]; }
  /// A layer, the link of its output, and the view of that.
  void add_layer(decltype(Layer::kind) kind, std::vector<std::size_t> inputs, ValueId output, Layout layout, std::int64_t channels,
                 Origin origin);

  /// With names, and the links that somebody outside reads.
  HardwarePart finished() &&;

 private:
  std::size_t add_link(ValueId value, Layout layout, std::int64_t channels);
  [[nodiscard]] Layout wanted(ValueId value) const;
  [[nodiscard]] std::optional<std::int64_t> first_matrix_inputs(ValueId value) const;
  [[nodiscard]] bool leaves(const Layer& layer) const;

  const Graph& graph_;
  const std::vector<bool>& chosen_;
  HardwarePart part_;
  std::unordered_map<ValueId, View> views_;
  std::unordered_set<ValueId> given_up_;
};

/// The hardware part without layers: the network's first value of codes passes through.
HardwarePart pass_through(const Graph& graph);

/// Elements of a value that belong together when it stands in the order of channels_last_axes().
std::int64_t natural_channels(const Shape& shape);

}  // namespace finnr

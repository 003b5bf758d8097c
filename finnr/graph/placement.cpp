// SPDX-License-Identifier: Apache-2.0
// Three sweeps over the topological order: what is asked to be behind; which layers lie in front of and behind each node; and
// the closure that pulls thresholds and moves along with the host nodes that they belong to.
#include "finnr/graph/placement.h"

#include <algorithm>

namespace finnr {
namespace {

/// Calls visit(node before, node) or visit(node behind, node) over every link, in an order that carries facts along.
template <class Visit>
void carry_down(const Graph& graph, const std::vector<NodeId>& order, Visit visit) {
  for (const NodeId id : order) {
    for (const ValueId input : graph.node(id).inputs) {
      if (graph.value(input).producer.valid()) visit(graph.value(input).producer.index(), id.index());
    }
  }
}
template <class Visit>
void carry_up(const Graph& graph, const std::vector<NodeId>& order, Visit visit) {
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    for (const ValueId output : graph.node(*id).outputs) {
      for (const NodeId user : graph.value(output).users) visit(user.index(), id->index());
    }
  }
}

bool all_integers(const Graph& graph, const Node& node) {
  const auto is_integer = [&](ValueId id) { return !graph.value(id).type.is_float; };
  return std::ranges::all_of(node.inputs, is_integer) && std::ranges::all_of(node.outputs, is_integer);
}

/// Whether an operator on integers alone is a layer, or may at least be in hardware.
struct Form {
  bool layer = false;
  bool hardware = false;
};
Form form_of(const Op& op) {
  static constexpr Form kLayer{true, true};
  static constexpr Form kAlong{false, true};
  static constexpr Form kHost{false, false};
  return std::visit(
      Overloaded{[](const MatMul&) { return kLayer; }, [](const Conv&) { return kLayer; }, [](const Pool&) { return kLayer; },
                 [](const Sum&) { return kLayer; }, [](const Join&) { return kLayer; }, [](const Thresholds&) { return kAlong; },
                 [](const Reshape&) { return kAlong; }, [](const Transpose&) { return kAlong; }, [](const Concat&) { return kAlong; },
                 [](const Take&) { return kAlong; }, [](const Pad&) { return kAlong; },
                 [](const TopK& top) { return top.largest ? kAlong : kHost; }, [](const Quantize&) { return kHost; },
                 [](const Dequantize&) { return kHost; }, [](const CountThresholds&) { return kHost; }, [](const Binary&) { return kHost; },
                 [](const Unary&) { return kHost; }, [](const Softmax&) { return kHost; }, [](const ArgMax&) { return kHost; }},
      op);
}

bool is_float_product(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool product = std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Conv>(node.op);
  return product && graph.value(node.outputs[0]).type.is_float;
}

bool quantizes_data(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool quantizes = std::holds_alternative<Quantize>(node.op) || std::holds_alternative<CountThresholds>(node.op);
  return quantizes && !graph.value(node.inputs[0]).constant;
}

}  // namespace

bool is_layer(const Graph& graph, NodeId id) { return form_of(graph.node(id).op).layer && all_integers(graph, graph.node(id)); }

bool has_integer_form(const Graph& graph, NodeId id) { return form_of(graph.node(id).op).hardware && all_integers(graph, graph.node(id)); }

Placement place(const Graph& graph, const std::vector<std::string>& host_from) {
  const std::vector<NodeId> order = graph.order();
  const std::size_t n = graph.node_count();
  std::vector<bool> asked(n, false);  // behind because the user says so
  for (const NodeId id : order) {
    const Origin& origin = graph.node(id).origin;
    asked[id.index()] =
        std::ranges::any_of(host_from, [&](const std::string& name) { return std::ranges::find(origin, name) != origin.end(); });
  }
  carry_down(graph, order, [&](std::size_t before, std::size_t id) { asked[id] = asked[id] || asked[before]; });

  std::vector<bool> layer(n, false);
  std::vector<bool> after_layer(n, false);
  std::vector<bool> before_layer(n, false);
  for (const NodeId id : order) layer[id.index()] = !asked[id.index()] && is_layer(graph, id);
  carry_down(graph, order,
             [&](std::size_t before, std::size_t id) { after_layer[id] = after_layer[id] || after_layer[before] || layer[before]; });
  carry_up(graph, order,
           [&](std::size_t behind, std::size_t id) { before_layer[id] = before_layer[id] || before_layer[behind] || layer[behind]; });

  std::vector<bool> after_quantizer(n, false);  // of data, not of constants
  for (const NodeId id : order) after_quantizer[id.index()] = quantizes_data(graph, id);
  carry_down(graph, order,
             [&](std::size_t before, std::size_t id) { after_quantizer[id] = after_quantizer[id] || after_quantizer[before]; });

  Placement placement{std::vector<Site>(n, Site::kHardware)};
  for (const NodeId id : order) {
    Site& site = placement.sites[id.index()];
    if (asked[id.index()]) {
      site = Site::kBehind;
    } else if (!has_integer_form(graph, id)) {
      const bool mixed = after_quantizer[id.index()] && is_float_product(graph, id);  // quantized data, spoiled on the way
      const bool after = after_layer[id.index()] || mixed;
      const bool before = before_layer[id.index()];
      site = after && before ? Site::kObstacle : before ? Site::kFront : Site::kBehind;
    }
  }
  // Without a layer behind it, what makes the first integers is in front of the thresholds that read them.
  const bool any_layer = std::ranges::find(layer, true) != layer.end();
  if (!any_layer) {
    carry_up(graph, order, [&](std::size_t behind, std::size_t id) {
      Site& site = placement.sites[id];
      const bool feeds = placement.sites[behind] == Site::kHardware || placement.sites[behind] == Site::kFront;
      if (site == Site::kBehind && !asked[id] && feeds) site = Site::kFront;
    });
  }
  carry_down(graph, order, [&](std::size_t before, std::size_t id) {
    if (placement.sites[before] == Site::kBehind) placement.sites[id] = Site::kBehind;
  });
  carry_up(graph, order, [&](std::size_t behind, std::size_t id) {
    if (placement.sites[behind] == Site::kFront && placement.sites[id] == Site::kHardware) placement.sites[id] = Site::kFront;
  });
  return placement;
}

}  // namespace finnr

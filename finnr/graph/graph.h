// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/ids.h"
#include "finnr/base/result.h"
#include "finnr/graph/op.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

using ValueId = Id<struct ValueTag>;
using NodeId = Id<struct NodeTag>;

/// Names of the model's own nodes that something came from, in the order met, without repetition.
using Origin = std::vector<std::string>;
void merge(Origin& into, const Origin& more);

/// A tensor of the network: a graph input, a constant, or an output of a node.
struct Value {
  std::string name;  ///< the model's tensor name, or "" when we made it
  ElementType type;
  Shape shape;
  NodeId producer;                         ///< none for inputs and constants
  std::vector<NodeId> users;               ///< one entry per use
  std::shared_ptr<const Tensor> constant;  ///< set for constants only
};

/// An operator applied to values. Optional operands do not exist: every input is a value.
struct Node {
  Op op;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Origin origin;
  bool alive = true;
};

/// A feed-forward network in single-assignment form. Edits go through the methods, which keep producers and users in
/// step and derive the type and shape of every result (rules.h); ids are never reused. Values are in no particular
/// order; `order()` gives a topological one.
class Graph {
 public:
  std::string name;

  ValueId add_input(std::string value_name, ElementType type, Shape shape);
  /// Integer tensors take `type` when given, else the range of their elements.
  ValueId add_constant(Tensor tensor, std::string value_name = "", std::optional<IntType> type = std::nullopt);
  /// Adds a node; fails when the operands do not fit the operator (the diagnostic has no place yet).
  Result<NodeId> add(Op op, std::span<const ValueId> inputs, Origin origin = {});
  /// The same for operators with one output whose operands are known to fit.
  ValueId must_add(Op op, std::initializer_list<ValueId> inputs, const Origin& origin);

  void set_outputs(std::vector<ValueId> outputs);
  void set_name(ValueId value, std::string value_name);

  /// A new graph input takes the place and name of `input`, which keeps its users but has no producer any more: replace it.
  ValueId change_input(ValueId input, ElementType type);
  /// Every use of `from` (graph outputs included) becomes a use of `to`.
  void replace(ValueId from, ValueId to);
  /// Types of all results anew, from those of the operands: after a value was replaced by one of a narrower range.
  void derive_types();
  /// One operand of one node.
  void set_input(NodeId node, std::size_t index, ValueId value);
  /// The node's results must be unused.
  void remove(NodeId node);
  /// Removes all nodes from which no graph output is reached. Returns how many.
  int remove_unused();
  void add_origin(NodeId node, const Origin& origin);

  [[nodiscard]] const Value& value(ValueId id) const { return values_[id.index()]; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[id.index()]; }
  [[nodiscard]] std::span<const ValueId> inputs() const { return inputs_; }
  [[nodiscard]] std::span<const ValueId> outputs() const { return outputs_; }
  [[nodiscard]] std::size_t value_count() const { return values_.size(); }  ///< bound of ids, dead ones included
  [[nodiscard]] std::size_t node_count() const { return nodes_.size(); }    ///< bound of ids, dead ones included
  [[nodiscard]] bool is_output(ValueId id) const;

  /// Living nodes so that producers come before users; by id where there is a choice.
  [[nodiscard]] std::vector<NodeId> order() const;

  /// Convenience: the node that makes this value if its operator is a T.
  template <class T>
  [[nodiscard]] const T* producer_as(ValueId id) const {
    const NodeId node_id = value(id).producer;
    return node_id.valid() ? std::get_if<T>(&node(node_id).op) : nullptr;
  }

 private:
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
};

/// What verify() checks: both directions of every link, single assignment, no cycle, and that the type and shape of
/// every result are what the rules derive. Returns the first breakage.
Status verify(const Graph& graph);

/// Names for messages: "node 'Conv_3'" of the first model node behind it, else the operator's name.
std::string describe(const Graph& graph, NodeId node);
Place place_of(const Graph& graph, NodeId node);

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "finnr/emulate/fast_layers.h"
#include "finnr/emulate/fast_plan.h"

namespace finnr::fast {

/// Makes a plan node by node, in topological order. A value is in buffers once a step has written them; values of nodes without a
/// kernel come into being when something asks for them, as many at once as can be computed then.
class Planner {
 public:
  Planner(const Graph& graph, std::span<const ValueId> feeds, std::span<const ValueId> fetches, FastTarget target);
  Result<NetworkPlan> make();

 private:
  /// What follows a sum in the same step.
  struct Tail {
    ValueId sums;
    const Node* thresholds = nullptr;
    const Pool* pool = nullptr;
    ValueId out;
    std::vector<NodeId> nodes;
  };

  // fast_planner.cpp
  Status find_needed();
  void plan_feed(std::size_t feed);
  void plan_outputs();
  bool plan_table(ValueId fetched, std::size_t fetch);
  std::size_t add_buffer(ValueId value, Layout layout);
  std::size_t buffer_of(ValueId value, const Layout& want);
  [[nodiscard]] std::optional<std::size_t> any_buffer(ValueId value) const;
  void need_tensor(ValueId value);
  void run_reference(ValueId value);
  Layout choose_layout(ValueId value, int axis);
  [[nodiscard]] bool small_integers(ValueId value) const;
  const std::optional<Layer>& layer(NodeId node);
  void emit(Step step, std::string name, FastStep about);
  [[nodiscard]] std::string name_of(const std::vector<NodeId>& nodes) const;
  [[nodiscard]] bool only_use(ValueId value) const { return uses_[value.index()] == 1; }
  [[nodiscard]] NodeId only_user(ValueId value) const;

  // fast_steps.cpp
  bool plan_node(NodeId id);
  bool plan_layer(NodeId id);
  bool plan_reshape(NodeId id);
  bool plan_thresholds(NodeId id);
  bool plan_join(NodeId id);
  bool plan_pool(NodeId id);
  bool plan_sum(NodeId id);
  bool plan_concat(NodeId id);
  bool plan_pad(NodeId id);
  bool plan_take(NodeId id);
  /// Thresholds and a pool behind `sums` that nothing else reads; the thresholds' channels are axis `axis`.
  Tail tail_behind(NodeId id, int axis, bool pools);
  FinishTables finish_of(const Tail& tail, std::size_t first, const SumMeaning& sums, const Layout& out) const;
  void plan_window(NodeId id, MixKind kind, const Pool& op, Layout want);
  void emit_copy(std::size_t from, Target to, std::string name);
  void emit_mix(MixStep step, const Tail& tail, std::size_t channels, int axis);

  const Graph& graph_;
  NetworkPlan plan_;
  std::vector<bool> needed_;                       ///< by node
  std::vector<bool> planned_;                      ///< by node: part of a step already
  std::vector<bool> slow_;                         ///< by node: no kernel
  std::vector<int> uses_;                          ///< by value: by needed nodes, and as a fetch
  std::vector<std::vector<NodeId>> users_;         ///< by value: needed ones
  std::vector<bool> fed_;                          ///< by value
  std::vector<bool> fetched_;                      ///< by value
  std::vector<bool> tensor_;                       ///< by value: is there as a tensor
  std::vector<std::vector<std::size_t>> buffers_;  ///< by value
  std::vector<NodeId> slow_nodes_;                 ///< met so far
  std::unordered_map<NodeId, std::optional<Layer>> layers_;
};

}  // namespace finnr::fast

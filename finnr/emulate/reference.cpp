// SPDX-License-Identifier: Apache-2.0
// A run is planned by a depth-first walk from the fetches back to what is fed, constant or kept from an earlier run;
// the walk keeps its own stack, so the depth of the network does not matter. A value is let go after its last use.
#include "finnr/emulate/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "finnr/base/check.h"
#include "finnr/emulate/quantized_view.h"

namespace finnr {
namespace {

std::string name_of(const Graph& graph, ValueId id) {
  const std::string& name = graph.value(id).name;
  return name.empty() ? fmt::format("%{}", id.value) : name;
}

std::vector<Item> execute(const Graph& graph, const Node& node, std::span<const Item* const> inputs) {
  const bool constant = std::ranges::all_of(inputs, &Item::constant);
  if (std::optional<Item> exact = linear_result(node.op, inputs)) {
    exact->constant = constant;
    return {*std::move(exact)};
  }
  std::vector<const Tensor*> operands;
  for (const Item* input : inputs) operands.push_back(input->tensor.get());
  std::vector<ElementType> types;
  for (const ValueId output : node.outputs) types.push_back(graph.value(output).type);

  std::vector<Item> results;
  for (Tensor& tensor : evaluate(node.op, operands, types)) {
    results.push_back({std::make_shared<const Tensor>(std::move(tensor)), std::nullopt, constant});
  }
  Item& first = results.front();
  first.view = result_view(node.op, inputs, graph.value(node.inputs[0]).type, *first.tensor);
  if (constant && !first.view) first.view = integral_view(*first.tensor);
  return results;
}

}  // namespace

struct Executor::State {
  const Graph& graph;
  std::vector<bool> constant;              ///< by value: computed from constants alone
  std::unordered_map<ValueId, Item> kept;  ///< constants, and the results of constant nodes that runs read

  explicit State(const Graph& g);

  /// The nodes a run needs, producers first.
  [[nodiscard]] Result<std::vector<NodeId>> plan(const std::vector<Item>& items, std::span<const ValueId> fetches, bool use_kept) const;
  /// A constant of the graph.
  const Item& stored(ValueId id);
  /// Read by a node that has to run again each time.
  [[nodiscard]] bool feeds_varying(ValueId id) const;
};

Executor::State::State(const Graph& g) : graph(g), constant(g.value_count(), false) {
  for (std::size_t i = 0; i < constant.size(); ++i) {
    constant[i] = graph.value({static_cast<std::uint32_t>(i)}).constant != nullptr;
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!std::ranges::all_of(node.inputs, [&](ValueId input) { return constant[input.index()]; })) continue;
    for (const ValueId output : node.outputs) constant[output.index()] = true;
  }
}

Result<std::vector<NodeId>> Executor::State::plan(const std::vector<Item>& items, std::span<const ValueId> fetches, bool use_kept) const {
  struct Visit {
    NodeId node;
    std::size_t next = 0;
  };
  std::vector<NodeId> order;
  std::vector<Visit> open;
  std::vector<bool> met(graph.node_count(), false);
  const auto need = [&](ValueId id) -> Status {
    const Value& value = graph.value(id);
    if (items[id.index()].tensor || value.constant || (use_kept && kept.contains(id))) return ok_status();
    if (!value.producer.valid()) {
      return Diagnostic(Code::kMissingInput, fmt::format("input '{}' of the network is missing", name_of(graph, id)))
          .fix(fmt::format("give an array of shape {} for it", to_text(value.shape)));
    }
    if (met[value.producer.index()]) return ok_status();
    met[value.producer.index()] = true;
    open.push_back({value.producer});
    return ok_status();
  };
  for (const ValueId fetch : fetches) {
    FINNR_RETURN_IF_ERROR(need(fetch));
    while (!open.empty()) {
      Visit& visit = open.back();
      const Node& node = graph.node(visit.node);
      if (visit.next < node.inputs.size()) {
        FINNR_RETURN_IF_ERROR(need(node.inputs[visit.next++]));
        continue;
      }
      order.push_back(visit.node);
      open.pop_back();
    }
  }
  return order;
}

const Item& Executor::State::stored(ValueId id) {
  auto found = kept.find(id);
  if (found == kept.end()) {
    const std::shared_ptr<const Tensor>& tensor = graph.value(id).constant;
    found = kept.emplace(id, Item{tensor, integral_view(*tensor), true}).first;
  }
  return found->second;
}

bool Executor::State::feeds_varying(ValueId id) const {
  return std::ranges::any_of(graph.value(id).users, [&](NodeId user) {
    const Node& node = graph.node(user);
    return node.alive && std::ranges::any_of(node.outputs, [&](ValueId output) { return !constant[output.index()]; });
  });
}

Executor::Executor(const Graph& graph) : state_(std::make_unique<State>(graph)) {}
Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

Result<std::vector<Tensor>> Executor::run(const Tensors& feeds, std::span<const ValueId> fetches) {
  State& state = *state_;
  const Graph& graph = state.graph;
  FINNR_CHECK(graph.value_count() == state.constant.size(), "the graph changed under its executor");

  std::vector<Item> items(graph.value_count());
  // A fed value that is constant otherwise changes what the kept results were computed from.
  bool use_kept = true;
  for (const auto& [id, tensor] : feeds) {
    FINNR_CHECK(id.index() < items.size(), "a feed of another graph");
    const Value& value = graph.value(id);
    FINNR_CHECK(tensor.shape() == value.shape && tensor.is_float() == value.type.is_float, "a feed does not fit its value");
    items[id.index()].tensor = std::shared_ptr<const Tensor>(std::shared_ptr<void>(), &tensor);  // the caller's
    if (state.constant[id.index()]) use_kept = false;
  }
  FINNR_ASSIGN(const std::vector<NodeId> order, state.plan(items, fetches, use_kept));

  std::vector<std::uint32_t> uses(items.size(), 0);
  for (const NodeId id : order) {
    for (const ValueId input : graph.node(id).inputs) ++uses[input.index()];
  }
  for (const ValueId fetch : fetches) ++uses[fetch.index()];

  const auto item_of = [&](ValueId id) -> const Item* {
    Item& item = items[id.index()];
    if (!item.tensor) item = graph.value(id).constant ? state.stored(id) : state.kept.at(id);
    return &item;
  };
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    std::vector<const Item*> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(item_of(input));
    std::vector<Item> results = execute(graph, node, inputs);
    for (const ValueId input : node.inputs) {
      if (--uses[input.index()] == 0) items[input.index()] = {};
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      const ValueId output = node.outputs[i];
      if (items[output.index()].tensor || uses[output.index()] == 0) continue;  // fed, or not read
      const bool fetched = std::ranges::find(fetches, output) != fetches.end();
      if (use_kept && state.constant[output.index()] && (fetched || state.feeds_varying(output))) state.kept.emplace(output, results[i]);
      items[output.index()] = std::move(results[i]);
    }
  }

  std::vector<Tensor> fetched;
  for (const ValueId fetch : fetches) fetched.push_back(*item_of(fetch)->tensor);
  return fetched;
}

}  // namespace finnr

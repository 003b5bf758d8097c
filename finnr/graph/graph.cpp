// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "finnr/graph/rules.h"

namespace finnr {
namespace {

IntType range_of(const Tensor::Ints& elements) {
  if (elements.empty()) return {};
  const auto [lo, hi] = std::ranges::minmax(elements);
  return {lo, hi, false};
}

}  // namespace

void merge(Origin& into, const Origin& more) {
  for (const std::string& name : more) {
    if (std::ranges::find(into, name) == into.end()) into.push_back(name);
  }
}

ValueId Graph::add_input(std::string value_name, ElementType type, Shape shape) {
  const ValueId id{static_cast<std::uint32_t>(values_.size())};
  values_.push_back({std::move(value_name), type, std::move(shape), {}, {}, nullptr});
  inputs_.push_back(id);
  return id;
}

ValueId Graph::add_constant(Tensor tensor, std::string value_name, std::optional<IntType> type) {
  const ValueId id{static_cast<std::uint32_t>(values_.size())};
  ElementType element = ElementType::float32();
  if (!tensor.is_float()) element = ElementType::integer(type ? *type : range_of(tensor.ints()));
  Shape shape = tensor.shape();
  values_.push_back({std::move(value_name), element, std::move(shape), {}, {}, std::make_shared<const Tensor>(std::move(tensor))});
  return id;
}

Result<NodeId> Graph::add(Op op, std::span<const ValueId> inputs, Origin origin) {
  std::vector<const Value*> operands;
  operands.reserve(inputs.size());
  for (const ValueId id : inputs) operands.push_back(&value(id));
  FINNR_ASSIGN(const std::vector<ResultType> results, infer(op, operands));

  const NodeId node_id{static_cast<std::uint32_t>(nodes_.size())};
  Node node{std::move(op), {inputs.begin(), inputs.end()}, {}, std::move(origin), true};
  for (const ValueId id : inputs) values_[id.index()].users.push_back(node_id);
  for (const ResultType& result : results) {
    node.outputs.push_back({static_cast<std::uint32_t>(values_.size())});
    values_.push_back({"", result.type, result.shape, node_id, {}, nullptr});
  }
  nodes_.push_back(std::move(node));
  return node_id;
}

ValueId Graph::must_add(Op op, std::initializer_list<ValueId> inputs, const Origin& origin) {
  Result<NodeId> added = add(std::move(op), {inputs.begin(), inputs.size()}, origin);
  FINNR_CHECK(added.ok(), added.ok() ? "" : added.error().message.c_str());
  return node(*added).outputs[0];
}

void Graph::set_outputs(std::vector<ValueId> outputs) { outputs_ = std::move(outputs); }

void Graph::set_name(ValueId id, std::string value_name) { values_[id.index()].name = std::move(value_name); }

ValueId Graph::change_input(ValueId input, ElementType type) {
  const ValueId fresh = add_input(value(input).name, type, value(input).shape);
  inputs_.pop_back();
  std::ranges::replace(inputs_, input, fresh);
  return fresh;
}

void Graph::replace(ValueId from, ValueId to) {
  if (from == to) return;
  Value& old = values_[from.index()];
  for (const NodeId user : old.users) {
    std::ranges::replace(nodes_[user.index()].inputs, from, to);
    values_[to.index()].users.push_back(user);
  }
  old.users.clear();
  std::ranges::replace(outputs_, from, to);
}

void Graph::derive_types() {
  for (const NodeId id : order()) {
    std::vector<const Value*> operands;
    for (const ValueId input : node(id).inputs) operands.push_back(&value(input));
    const Result<std::vector<ResultType>> results = infer(node(id).op, operands);
    FINNR_CHECK(results.ok(), "narrower operands fit where wider ones did");
    for (std::size_t i = 0; i < results->size(); ++i) values_[node(id).outputs[i].index()].type = (*results)[i].type;
  }
}

void Graph::set_input(NodeId id, std::size_t index, ValueId to) {
  ValueId& slot = nodes_[id.index()].inputs[index];
  auto& users = values_[slot.index()].users;
  users.erase(std::ranges::find(users, id));
  slot = to;
  values_[to.index()].users.push_back(id);
}

void Graph::remove(NodeId id) {
  Node& node = nodes_[id.index()];
  FINNR_CHECK(node.alive, "a node is removed once");
  for (const ValueId output : node.outputs) FINNR_CHECK(value(output).users.empty() && !is_output(output), "a removed node has no users");
  for (const ValueId input : node.inputs) {
    auto& users = values_[input.index()].users;
    users.erase(std::ranges::find(users, id));
  }
  node.alive = false;
}

int Graph::remove_unused() {
  std::vector<bool> needed(nodes_.size(), false);
  std::vector<NodeId> open;
  const auto need = [&](ValueId id) {
    const NodeId producer = value(id).producer;
    if (!producer.valid() || needed[producer.index()]) return;
    needed[producer.index()] = true;
    open.push_back(producer);
  };
  for (const ValueId output : outputs_) need(output);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    for (const ValueId input : node(id).inputs) need(input);
  }
  int removed = 0;
  for (Node& node : nodes_) {
    if (!node.alive || needed[static_cast<std::size_t>(&node - nodes_.data())]) continue;
    node.alive = false;
    ++removed;
  }
  if (removed == 0) return 0;
  for (Value& value : values_) {
    std::erase_if(value.users, [&](NodeId user) { return !nodes_[user.index()].alive; });
    if (value.constant && value.users.empty() && !is_output({static_cast<std::uint32_t>(&value - values_.data())}))
      value.constant = std::make_shared<const Tensor>();
  }
  return removed;
}

void Graph::add_origin(NodeId id, const Origin& origin) { merge(nodes_[id.index()].origin, origin); }

bool Graph::is_output(ValueId id) const { return std::ranges::find(outputs_, id) != outputs_.end(); }

std::vector<NodeId> Graph::order() const {
  std::vector<std::uint32_t> waiting(nodes_.size(), 0);
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].alive) continue;
    for (const ValueId input : nodes_[i].inputs) waiting[i] += value(input).producer.valid() ? 1 : 0;
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<NodeId> result;
  result.reserve(nodes_.size());
  while (!ready.empty()) {
    const NodeId id{ready.top()};
    ready.pop();
    result.push_back(id);
    for (const ValueId output : node(id).outputs) {
      for (const NodeId user : value(output).users) {
        if (--waiting[user.index()] == 0) ready.push(user.value);
      }
    }
  }
  return result;
}

Status verify(const Graph& graph) {
  const auto broken = [](std::string what) { return Diagnostic(Code::kInternal, std::move(what)); };
  std::size_t alive = 0;
  for (std::uint32_t i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node({i});
    if (!node.alive) continue;
    ++alive;
    for (const ValueId input : node.inputs) {
      const auto uses = std::ranges::count(node.inputs, input);
      if (std::ranges::count(graph.value(input).users, NodeId{i}) != uses)
        return broken(fmt::format("users of %{} miss node {}", input.value, i));
      const NodeId producer = graph.value(input).producer;
      if (producer.valid() && !graph.node(producer).alive) return broken(fmt::format("%{} comes from a removed node", input.value));
    }
    for (const ValueId output : node.outputs) {
      if (graph.value(output).producer != NodeId{i}) return broken(fmt::format("producer of %{} is not node {}", output.value, i));
    }
    std::vector<const Value*> operands;
    for (const ValueId input : node.inputs) operands.push_back(&graph.value(input));
    FINNR_ASSIGN(const std::vector<ResultType> results, infer(node.op, operands));
    if (results.size() != node.outputs.size()) return broken(fmt::format("node {} has a wrong number of results", i));
    for (std::size_t k = 0; k < results.size(); ++k) {
      const Value& value = graph.value(node.outputs[k]);
      if (!(results[k] == ResultType{value.type, value.shape}))
        return broken(fmt::format("%{} has another type than the rules derive", node.outputs[k].value));
    }
  }
  for (std::uint32_t i = 0; i < graph.value_count(); ++i) {
    for (const NodeId user : graph.value({i}).users) {
      if (!graph.node(user).alive || std::ranges::count(graph.node(user).inputs, ValueId{i}) == 0)
        return broken(fmt::format("%{} lists a user that does not read it", i));
    }
  }
  for (const ValueId output : graph.outputs()) {
    const NodeId producer = graph.value(output).producer;
    if (producer.valid() && !graph.node(producer).alive) return broken("a graph output comes from a removed node");
  }
  if (graph.order().size() != alive) return broken("the graph has a cycle");
  return ok_status();
}

std::string describe(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.origin.empty() ? std::string(op_name(node.op)) : fmt::format("node '{}'", node.origin.front());
}

Place place_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return {"", node.origin.empty() ? "" : node.origin.front(), ""};
}

}  // namespace finnr

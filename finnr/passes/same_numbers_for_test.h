// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/emulate/reference.h"
#include "finnr/graph/text.h"
#include "finnr/passes/pass.h"

namespace finnr {

inline Graph graph_of(std::string_view text) {
  Result<Graph> graph = parse(text);
  EXPECT_TRUE(graph.ok()) << to_text(graph.error());
  return graph.ok() ? *std::move(graph) : Graph{};
}

/// Inputs that try a rewrite: every input least, greatest, zero, on a fine grid with ties, huge, random.
inline std::vector<Tensors> trial_feeds(const Graph& graph, int frames) {
  Rng rng(11);
  std::vector<Tensors> feeds;
  for (int f = 0; f < frames; ++f) {
    Tensors one;
    for (const ValueId id : graph.inputs()) {
      const Value& value = graph.value(id);
      Tensor tensor = Tensor::zeros(value.shape, value.type.is_float);
      if (value.type.is_float) {
        for (float& x : tensor.floats()) {
          const auto step = static_cast<float>(rng.between(-64, 64)) / 8;
          x = f == 0 ? -3e30F : f == 1 ? 3e30F : f == 2 ? 0.0F : f % 2 == 0 ? step : static_cast<float>(16 * rng.unit() - 8);
        }
      } else {
        const IntType& type = value.type.ints;
        for (std::int64_t& x : tensor.ints())
          x = f == 0 ? type.lo : f == 1 || type.bipolar ? (f == 1 || rng.chance(0.5) ? type.hi : type.lo) : rng.between(type.lo, type.hi);
      }
      one.emplace(id, std::move(tensor));
    }
    feeds.push_back(std::move(one));
  }
  return feeds;
}

/// Both graphs give the same outputs, bit for bit. Inputs are matched in order.
inline void expect_same_numbers(const Graph& before, const Graph& after, int frames = 40) {
  ASSERT_TRUE(verify(after).ok()) << verify(after).error().message;
  ASSERT_EQ(before.inputs().size(), after.inputs().size());
  Executor first(before);
  Executor second(after);
  for (const Tensors& feeds : trial_feeds(before, frames)) {
    Tensors moved;
    for (std::size_t i = 0; i < before.inputs().size(); ++i) moved.emplace(after.inputs()[i], feeds.at(before.inputs()[i]));
    const Result<std::vector<Tensor>> expected = first.run(feeds, before.outputs());
    const Result<std::vector<Tensor>> got = second.run(moved, after.outputs());
    ASSERT_TRUE(expected.ok() && got.ok());
    ASSERT_EQ(*got, *expected) << print(after);
  }
}

/// What a pass made of a text form. The numbers before and after were compared, and "unchanged" was found true.
struct Passed {
  Graph graph;
  bool changed = false;
  Diagnostics diagnostics;
};

inline Passed run_pass(Changed (*pass)(Graph&, PassContext&), std::string_view text) {
  const Graph before = graph_of(text);
  Passed passed{before, false, {}};
  PassContext context{passed.diagnostics, evaluate};
  passed.changed = pass(passed.graph, context) == Changed::kYes;
  passed.graph.remove_unused();
  EXPECT_EQ(passed.changed, print(passed.graph) != print(before));
  expect_same_numbers(before, passed.graph);
  return passed;
}

template <class T>
std::vector<NodeId> nodes_of(const Graph& graph) {
  std::vector<NodeId> nodes;
  for (const NodeId id : graph.order()) {
    if (std::holds_alternative<T>(graph.node(id).op)) nodes.push_back(id);
  }
  return nodes;
}

/// Elements of a constant integer operand.
inline Tensor::Ints constant_of(const Graph& graph, NodeId node, std::size_t operand) {
  const std::shared_ptr<const Tensor>& constant = graph.value(graph.node(node).inputs[operand]).constant;
  EXPECT_NE(constant, nullptr);
  return constant ? constant->ints() : Tensor::Ints{};
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// An integer network of matrices sizes[0] x sizes[1], sizes[1] x sizes[2], ... with `steps` thresholds between two of
/// them. `vectors` rows at once; weights -2..1, activations 0..steps; `front` steps in front of the first.
inline Graph integer_chain(const std::vector<std::int64_t>& sizes, std::int64_t steps = 3, std::int64_t vectors = 1, std::int64_t front = 0,
                           std::int64_t top_k = 0) {
  Rng rng(5);
  Graph graph;
  graph.name = "chain";
  const auto thresholds = [&](ValueId x, std::int64_t rows, std::int64_t count, const std::string& name) {
    Tensor::Ints table;
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t k = 0; k < count; ++k) table.push_back(r + k);
    }
    const ValueId t = graph.add_constant(Tensor({rows, count}, std::move(table)));
    const ValueId base = graph.add_constant(Tensor({1}, Tensor::Ints{0}));
    const ValueId signs = graph.add_constant(Tensor({1, count}, Tensor::Ints(static_cast<std::size_t>(count), 1)));
    const ValueId full = graph.add_constant(Tensor({rows, count}, Tensor::Ints(static_cast<std::size_t>(rows * count), 1)));
    const ValueId bases = graph.add_constant(Tensor({rows}, Tensor::Ints(static_cast<std::size_t>(rows), 0)));
    return rows == 1 ? graph.must_add(Thresholds{1, {0, count, false}}, {x, t, base, signs}, {name})
                     : graph.must_add(Thresholds{1, {0, count, false}}, {x, t, bases, full}, {name});
  };
  ValueId x = graph.add_input("x", ElementType::integer({0, 3, false}), {vectors, sizes[0]});
  if (front > 0) x = thresholds(x, 1, front, "Quant_in");
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    Tensor weights = Tensor::zeros({sizes[i], sizes[i + 1]}, false);
    for (std::int64_t& w : weights.ints()) w = rng.between(-2, 1);
    x = graph.must_add(MatMul{}, {x, graph.add_constant(std::move(weights))}, {"MatMul_" + std::to_string(i)});
    if (i + 2 < sizes.size()) x = thresholds(x, sizes[i + 1], steps, "Quant_" + std::to_string(i));
  }
  if (top_k > 0) {
    const ValueId flat = graph.must_add(Reshape{{vectors * sizes.back()}}, {x}, {});
    const ValueId operands[] = {flat};
    const Result<NodeId> top = graph.add(TopK{top_k, 0, true}, operands);
    EXPECT_TRUE(top.ok());
    x = graph.node(*top).outputs[1];
  }
  graph.set_outputs({x});
  return graph;
}

/// The hardware part of a network that has one.
inline HardwarePart part_of(const Graph& graph) {
  Diagnostics diagnostics;
  std::optional<HardwarePart> part = find_hardware(graph, {}, diagnostics);
  EXPECT_TRUE(part.has_value());
  for (const Diagnostic& d : diagnostics.list()) ADD_FAILURE() << to_text(d);
  return part ? *std::move(part) : HardwarePart{};
}

}  // namespace finnr

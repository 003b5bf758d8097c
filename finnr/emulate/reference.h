// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// Tensors by value id.
using Tensors = std::unordered_map<ValueId, Tensor>;

/// The meaning of one operator, obvious rather than fast: its results from its operands. The operands fit the
/// operator (the graph's rules checked them). Used for constant folding; a float MatMul sums in double. An integer
/// Binary wraps into result_types[0], or into 64 bits when no type is given; other operators ignore the types. NaN
/// counts as the largest number where elements are ordered.
std::vector<Tensor> evaluate(const Op& op, std::span<const Tensor* const> inputs, std::span<const ElementType> result_types = {});

/// Runs a network, or any part of it: the nodes needed to compute `fetches` from the values in `feeds` (graph inputs
/// or values inside the graph, shapes as the graph says). Works on float networks and on integer networks alike.
/// Where all operands of a float linear operator are quantized, their codes are summed exactly and the result is rounded once,
/// as docs/exactness.md defines: they come from a dequantize or another linear operator, possibly through operators that move
/// elements, relu, or multiplication by one constant; or they are constant integers of at most 2^15. The exceptions: a scale
/// varies inside a sum and is no multiple of one unit, or the types allow sums of 2^53 and more. Sums and differences of two
/// values of one scale are such operators too. Constant parts are computed once per Executor.
class Executor {
 public:
  /// The graph must outlive the executor and not change.
  explicit Executor(const Graph& graph);
  ~Executor();
  Executor(Executor&&) noexcept;

  /// Fails with kMissingInput when a needed value is neither fed nor computable.
  Result<std::vector<Tensor>> run(const Tensors& feeds, std::span<const ValueId> fetches);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace finnr

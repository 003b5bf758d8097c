// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "finnr/graph/graph.h"
#include "finnr/passes/pass.h"

namespace finnr {

/// A float value known to be scale * (codes - zero), rounded once.
struct Grid {
  PerAxis<double> scale;
  PerAxis<std::int64_t> zero;
  IntType range;          ///< of the codes
  bool constant = false;  ///< the codes are
  bool sum = false;       ///< a quantizer's or a linear operator's result, moved at most: a term of exact sums
  Origin origin;          ///< of the nodes passed on the way
};

/// The grid of what an operator that moves elements makes of these; `shapes` are those of its operands. It is the same operator
/// on the codes, see `on_codes`. Nothing when one scale and zero point along one axis do not describe it.
std::optional<Grid> moved_grid(const Op& op, std::span<const Grid* const> parts, std::span<const Shape> shapes, const Shape& result);

/// The moving operator as it works on codes: padding becomes a code of that grid, which must be one for all channels.
std::optional<Op> on_codes(const Op& op, const Grid& operand);

/// Codes minus their zero points.
Tensor centred(const Tensor& codes, const PerAxis<std::int64_t>& zero);

/// Which float values of a graph are on a grid: dequantized ones, constant integers, and what operators that move elements,
/// relu, or multiplication by one constant make of them. The same as the views of the reference executor, or fewer. Values
/// behind nodes that change later must not have been asked for before.
class Grids {
 public:
  Grids(Graph& graph, PassContext& context) : graph_(graph), context_(context) {}

  /// Nothing when the value is not on a grid. The pointer lives as long as this.
  const Grid* find(ValueId id);
  /// The integers of a value on a grid: the operators on the way are repeated on codes, in new nodes.
  ValueId codes(ValueId id);
  /// The same minus the zero points.
  ValueId centred_codes(ValueId id);

 private:
  [[nodiscard]] std::vector<ValueId> operands(ValueId id) const;
  std::optional<Grid> derive(ValueId id);
  ValueId build(ValueId id);
  std::pair<Thresholds, std::vector<ValueId>> clamp(ValueId codes, const PerAxis<std::int64_t>& zero);

  Graph& graph_;
  PassContext& context_;
  std::unordered_map<ValueId, std::optional<Grid>> known_;
  std::unordered_map<ValueId, ValueId> codes_;
};

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "finnr/import/node_import.h"
#include "finnr/tensor/scalar.h"

namespace finnr {

// The steps that operators are made of: each does at once what it can with constants, and adds to the graph otherwise. Axes,
// indices and shapes are already checked. The axis of a batch is followed; where samples would meet, an obstacle is noted.

/// The same elements under another shape of as many.
Result<Operand> reshape_step(NodeImport& node, const Operand& x, Shape shape);
/// Axis i of the result is axis perm[i] of x.
Result<Operand> transpose_step(NodeImport& node, const Operand& x, const std::vector<int>& perm);
/// Element i along the axis is element indices[i] of x. Whoever lists indices for an axis of data charges the node first: inputs
/// may be far larger than the file.
Result<Operand> take_step(NodeImport& node, const Operand& x, int axis, std::vector<std::int64_t> indices);
/// One behind the other along the axis; constants among data are put in.
Result<Operand> concat_step(NodeImport& node, std::span<const Operand> parts, int axis);
/// f(x); `x` is named as the node's input 0.
Result<Operand> unary_step(NodeImport& node, const Operand& x, const Unary& op);
/// f(a, b), broadcast. `ia` and `ib` are the inputs that messages name (input_count() for what the node made).
Result<Operand> binary_step(NodeImport& node, BinaryFunction function, Operand a, std::size_t ia, Operand b, std::size_t ib);
/// f(a, number) on floats; nothing is added where the number changes nothing (+ 0, * 1, / 1).
Result<Operand> number_step(NodeImport& node, BinaryFunction function, const Operand& a, float number);

/// 0, 1, ..., size - 1.
std::vector<std::int64_t> all_indices(std::int64_t size);
/// The order that brings axis 1 to the end (`to_last`), or the last axis to position 1.
std::vector<int> channel_order(std::size_t rank, bool to_last);

/// kTypeMismatch when an operand of an operator on numbers holds integers.
Status check_float(const NodeImport& node, const Operand& operand, std::size_t i);

}  // namespace finnr

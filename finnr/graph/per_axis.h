// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "finnr/graph/op.h"

namespace finnr {

// How parameters that vary along one axis follow their elements.

/// True for operators whose results are elements of their operands, perhaps beside padding: Reshape, Transpose, Concat, Take,
/// Pad, and the maximum of windows.
bool moves_elements(const Op& op);

/// True when every window of a pool meets an element of a tensor of this shape; the maximum of padding alone is no code.
bool every_window_reads(const Pool& pool, const Shape& shape);

/// The parameters of the result of Reshape, Transpose, Take, Pad, Pool or Sum on an operand of shape `from`; `to` is the shape
/// of the result. Nothing when the elements that meet have different ones, or when they do not vary along one axis any more.
/// Padding takes those of its neighbours. T is float, double or std::int64_t.
template <class T>
std::optional<PerAxis<T>> moved(const PerAxis<T>& parameters, const Op& op, const Shape& from, const Shape& to);

/// The same for a Concat along `axis` of parts with these shapes.
template <class T>
std::optional<PerAxis<T>> joined(std::span<const PerAxis<T>> parts, std::span<const Shape> shapes, int axis);

/// The same for the broadcast to a shape of `rank` axes.
template <class T>
PerAxis<T> broadcast(PerAxis<T> parameters, std::size_t own_rank, std::size_t rank) {
  if (!parameters.uniform()) parameters.axis += static_cast<int>(rank - own_rank);
  return parameters;
}

/// Numbers as whole multiples of one: numbers[i] == unit * factors[i], exactly in real arithmetic.
struct Multiples {
  double unit = 1;
  std::vector<std::int64_t> factors;
};

/// Multiples of the largest unit that makes every factor at most 256 in magnitude, among the least magnitude divided by 1 to
/// 16; nothing when there is none, or a number is 0 or not finite.
std::optional<Multiples> common_unit(std::span<const double> numbers);

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace finnr {

/// Sizes of the axes, outermost first; {} is a scalar. Every size is >= 0.
using Shape = std::vector<std::int64_t>;

/// The most elements any tensor may have (2^30): what is larger is refused before it is allocated.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 30;

/// Number of elements; nothing when an axis is negative or the product of the axes that are not 0 is above kMaxElements
/// (so that no product of axes overflows anywhere, whether the tensor is empty or not).
std::optional<std::int64_t> checked_count(const Shape& shape);

/// Number of elements of a shape already known to be good.
std::int64_t count(const Shape& shape);

/// The axes behind the first two: positions of an image [N,C,...], or of a kernel [M,C/groups,...].
Shape spatial_part(const Shape& shape);

/// Row-major strides in elements.
std::vector<std::int64_t> strides(const Shape& shape);

/// The numpy broadcast of two shapes, or nothing when they do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

/// Axis in [-rank, rank) to [0, rank); nothing when outside.
std::optional<int> normal_axis(std::int64_t axis, std::size_t rank);

/// "[1,784]".
std::string to_text(const Shape& shape);

}  // namespace finnr

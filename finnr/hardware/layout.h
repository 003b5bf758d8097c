// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "finnr/tensor/shape.h"

namespace finnr {

/// In which order a stream carries the elements of a value: nested loops, outermost first, over the value's row-major (flat)
/// index. Position p of the stream, counted through the loops, is flat element sum of stride * loop index. Every element occurs
/// once. An image [1,C,H,W] travels channels last: {{W,H},{1,W},{H*W,C}}.
struct Layout {
  struct Loop {
    std::int64_t stride = 1;
    std::int64_t size = 1;
    bool operator==(const Loop&) const = default;
  };
  std::vector<Loop> loops;  ///< without loops of size 1, and neighbours that are one loop are one

  /// Elements in their own order.
  static Layout row_major(std::int64_t elements);
  /// The axes of a value in the given order, outermost first.
  static Layout of_axes(const Shape& shape, std::span<const int> order);
  /// Axis 1 moved behind all others: how units with windows see [N,C,...]. Row-major for fewer than three axes.
  static Layout channels_last(const Shape& shape);

  [[nodiscard]] std::int64_t elements() const;
  [[nodiscard]] bool is_row_major() const { return loops.empty() || (loops.size() == 1 && loops[0].stride == 1); }
  /// Flat index by position.
  [[nodiscard]] std::vector<std::int64_t> order() const;
  /// The same order of elements after the value was transposed: its new axis i is axis perm[i] of `shape`. Nothing when the
  /// loops do not fit the axes, so that no nest of loops describes it.
  [[nodiscard]] std::optional<Layout> transposed(const Shape& shape, std::span<const int> perm) const;

  bool operator==(const Layout&) const = default;
};

}  // namespace finnr

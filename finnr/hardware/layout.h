// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "finnr/tensor/shape.h"

namespace finnr {

/// The axes of an image, outermost first, as units with windows see it: axis 1 behind all others. For fewer than three axes their own
/// order.
std::vector<int> channels_last_axes(std::size_t rank);

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
  /// The axes in the order of channels_last_axes().
  static Layout channels_last(const Shape& shape);

  [[nodiscard]] std::int64_t elements() const;
  [[nodiscard]] bool is_row_major() const { return loops.empty() || (loops.size() == 1 && loops[0].stride == 1); }
  /// Flat index by position.
  [[nodiscard]] std::vector<std::int64_t> order() const;
  /// Position by flat index.
  [[nodiscard]] std::vector<std::int64_t> positions() const;
  /// The same order of elements after the value was transposed: its new axis i is axis perm[i] of `shape`. Nothing when the
  /// loops do not fit the axes, so that no nest of loops describes it.
  [[nodiscard]] std::optional<Layout> transposed(const Shape& shape, std::span<const int> perm) const;

  bool operator==(const Layout&) const = default;
};

}  // namespace finnr

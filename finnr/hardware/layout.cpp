// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/layout.h"

#include <algorithm>
#include <numeric>

#include "finnr/base/check.h"

namespace finnr {
namespace {

using Loops = std::vector<Layout::Loop>;

/// Drops loops of size 1 and joins neighbours that step through one longer run.
Loops tidy(const Loops& loops) {
  Loops result;
  for (const Layout::Loop& loop : loops) {
    if (loop.size == 1) continue;
    if (!result.empty() && result.back().stride == loop.stride * loop.size) {
      result.back() = {loop.stride, result.back().size * loop.size};
    } else {
      result.push_back(loop);
    }
  }
  return result;
}

}  // namespace

std::vector<int> channels_last_axes(std::size_t rank) {
  std::vector<int> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (rank >= 3) std::rotate(axes.begin() + 1, axes.begin() + 2, axes.end());
  return axes;
}

Layout Layout::row_major(std::int64_t elements) { return {tidy({{1, elements}})}; }

Layout Layout::of_axes(const Shape& shape, std::span<const int> order) {
  const std::vector<std::int64_t> step = strides(shape);
  Loops loops;
  for (const int axis : order) loops.push_back({step[static_cast<std::size_t>(axis)], shape[static_cast<std::size_t>(axis)]});
  return {tidy(loops)};
}

Layout Layout::channels_last(const Shape& shape) { return of_axes(shape, channels_last_axes(shape.size())); }

std::int64_t Layout::elements() const {
  std::int64_t n = 1;
  for (const Loop& loop : loops) n *= loop.size;
  return n;
}

std::vector<std::int64_t> Layout::order() const {
  std::vector<std::int64_t> result = {0};
  result.reserve(static_cast<std::size_t>(elements()));
  for (const Loop& loop : loops) {
    std::vector<std::int64_t> next;
    next.reserve(static_cast<std::size_t>(elements()));
    for (const std::int64_t base : result) {
      for (std::int64_t i = 0; i < loop.size; ++i) next.push_back(base + i * loop.stride);
    }
    result = std::move(next);
  }
  return result;
}

std::vector<std::int64_t> Layout::positions() const {
  const std::vector<std::int64_t> flat = order();
  std::vector<std::int64_t> result(flat.size());
  for (std::size_t i = 0; i < flat.size(); ++i) result[static_cast<std::size_t>(flat[i])] = static_cast<std::int64_t>(i);
  return result;
}

// A loop may step through several axes; it is cut where it crosses from one into the next. The parts lie in one axis each, and
// take that axis' new stride.
std::optional<Layout> Layout::transposed(const Shape& shape, std::span<const int> perm) const {
  const std::vector<std::int64_t> from = strides(shape);
  Shape turned;
  for (const int axis : perm) turned.push_back(shape[static_cast<std::size_t>(axis)]);
  const std::vector<std::int64_t> turned_strides = strides(turned);
  std::vector<std::int64_t> to(shape.size());
  for (std::size_t i = 0; i < perm.size(); ++i) to[static_cast<std::size_t>(perm[i])] = turned_strides[i];

  Loops result;
  for (const Loop& loop : loops) {
    Loops parts;  // innermost first
    std::int64_t stride = loop.stride;
    std::int64_t left = loop.size;
    while (left > 1) {
      // The axis in which this stride steps.
      std::size_t axis = shape.size();
      for (std::size_t a = 0; a < shape.size(); ++a) {
        if (shape[a] > 1 && stride % from[a] == 0 && stride < from[a] * shape[a]) axis = a;
      }
      if (axis == shape.size()) return std::nullopt;
      const std::int64_t room = from[axis] * shape[axis] / stride;  // steps until the axis ends
      if (room * stride != from[axis] * shape[axis]) return std::nullopt;
      const std::int64_t size = std::min(room, left);
      if (left % size != 0) return std::nullopt;
      parts.push_back({stride / from[axis] * to[axis], size});
      stride *= size;
      left /= size;
    }
    result.insert(result.end(), parts.rbegin(), parts.rend());
  }
  return Layout{tidy(result)};
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "finnr/base/check.h"

namespace finnr {

std::optional<std::int64_t> checked_count(const Shape& shape) {
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) {
      empty = true;
      continue;
    }
    if (size > kMaxElements / product) return std::nullopt;
    product *= size;
  }
  return empty ? 0 : product;
}

std::int64_t count(const Shape& shape) {
  const std::optional<std::int64_t> n = checked_count(shape);
  FINNR_CHECK(n.has_value(), "the shape was not checked");
  return *n;
}

Shape spatial_part(const Shape& shape) { return {shape.begin() + 2, shape.end()}; }

std::vector<std::int64_t> strides(const Shape& shape) {
  std::vector<std::int64_t> result(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    result[i] = stride;
    stride *= shape[i];
  }
  return result;
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const std::size_t offset = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = result[offset + i];
    if (size == shorter[i] || shorter[i] == 1) continue;
    if (size != 1) return std::nullopt;
    size = shorter[i];
  }
  return result;
}

std::optional<int> normal_axis(std::int64_t axis, std::size_t rank) {
  const auto n = static_cast<std::int64_t>(rank);
  if (axis < -n || axis >= n) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + n : axis);
}

std::string to_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

}  // namespace finnr

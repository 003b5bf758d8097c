// SPDX-License-Identifier: Apache-2.0
#include "finnr/graph/per_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace finnr {
namespace {

std::int64_t inner_of(const Shape& shape, std::size_t axis) {
  return count(Shape(shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end()));
}

/// Element e has the parameter of index e / inner % size. An axis of the new shape will do when its own index tells that one:
/// it merges the old axis with others (its parameters repeat), or splits it into blocks of equal parameters.
template <class T>
std::optional<PerAxis<T>> reshaped(const PerAxis<T>& old, const Shape& from, const Shape& to) {
  if (count(to) == 0) return std::nullopt;
  const std::int64_t inner = inner_of(from, static_cast<std::size_t>(old.axis));
  const auto size = std::ssize(old.values);
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    const std::int64_t new_inner = inner_of(to, axis);
    PerAxis<T> result{{}, static_cast<int>(axis)};
    if (inner % new_inner == 0) {
      const std::int64_t repeat = inner / new_inner;
      if (to[axis] % (repeat * size) != 0) continue;
      for (std::int64_t i = 0; i < to[axis]; ++i) result.values.push_back(old.values[static_cast<std::size_t>(i / repeat % size)]);
      return result;
    }
    if (new_inner % inner != 0) continue;
    const std::int64_t block = new_inner / inner;
    if (size % block != 0 || to[axis] % (size / block) != 0) continue;
    bool equal = true;
    for (std::int64_t i = 0; equal && i < size; ++i)
      equal = old.values[static_cast<std::size_t>(i)] == old.values[static_cast<std::size_t>(i / block * block)];
    if (!equal) continue;
    for (std::int64_t i = 0; i < to[axis]; ++i) result.values.push_back(old.values[static_cast<std::size_t>(i % (size / block) * block)]);
    return result;
  }
  return std::nullopt;
}

}  // namespace

bool moves_elements(const Op& op) {
  const auto* pool = std::get_if<Pool>(&op);
  return std::holds_alternative<Reshape>(op) || std::holds_alternative<Transpose>(op) || std::holds_alternative<Concat>(op) ||
         std::holds_alternative<Take>(op) || std::holds_alternative<Pad>(op) || (pool != nullptr && pool->kind == PoolKind::kMax);
}

bool every_window_reads(const Pool& pool, const Shape& shape) {
  for (std::size_t a = 0; a < pool.kernel.size(); ++a) {
    const std::int64_t size = shape[a + 2];
    const std::int64_t last = size + pool.begin[a] + pool.end[a] - ((pool.kernel[a] - 1) * pool.dilation[a] + 1);
    for (std::int64_t start = -pool.begin[a]; start <= last - pool.begin[a]; start += pool.stride[a]) {
      bool reads = false;
      for (std::int64_t k = 0; k < pool.kernel[a] && !reads; ++k) {
        const std::int64_t at = start + k * pool.dilation[a];
        reads = at >= 0 && at < size;
      }
      if (!reads) return false;
    }
  }
  return true;
}

template <class T>
std::optional<PerAxis<T>> moved(const PerAxis<T>& parameters, const Op& op, const Shape& from, const Shape& to) {
  if (parameters.uniform()) return parameters;
  PerAxis<T> result = parameters;
  const auto axis = static_cast<std::size_t>(parameters.axis);
  if (std::holds_alternative<Reshape>(op)) return reshaped(parameters, from, to);
  if (const auto* transpose = std::get_if<Transpose>(&op)) {
    result.axis = static_cast<int>(std::ranges::find(transpose->perm, parameters.axis) - transpose->perm.begin());
    return result;
  }
  if (const auto* take = std::get_if<Take>(&op)) {
    if (take->axis != parameters.axis) return result;
    result.values.clear();
    for (const std::int64_t index : take->indices) result.values.push_back(parameters.values[static_cast<std::size_t>(index)]);
    if (result.values.empty()) return std::nullopt;
    return result;
  }
  if (const auto* pad = std::get_if<Pad>(&op)) {
    result.values.insert(result.values.begin(), static_cast<std::size_t>(pad->begin[axis]), parameters.values.front());
    result.values.insert(result.values.end(), static_cast<std::size_t>(pad->end[axis]), parameters.values.back());
    return result;
  }
  if (std::holds_alternative<Pool>(op)) return axis < 2 ? std::optional(result) : std::nullopt;
  if (const auto* sum = std::get_if<Sum>(&op)) {
    if (std::ranges::find(sum->axes, parameters.axis) != sum->axes.end()) return std::nullopt;
    if (!sum->keep) result.axis -= static_cast<int>(std::ranges::count_if(sum->axes, [&](int summed) { return summed < parameters.axis; }));
    return result;
  }
  return std::nullopt;
}

template <class T>
std::optional<PerAxis<T>> joined(std::span<const PerAxis<T>> parts, std::span<const Shape> shapes, int axis) {
  if (parts.empty()) return std::nullopt;
  const bool across = !parts[0].uniform() && parts[0].axis != axis;
  const bool same = std::ranges::all_of(parts, [&](const PerAxis<T>& part) { return part == parts[0]; });
  if (same && (parts[0].uniform() || across)) return parts[0];
  const auto equal = [&](const PerAxis<T>& part) { return part.uniform() && part.values == parts[0].values; };
  if (std::ranges::all_of(parts, equal)) return parts[0];
  PerAxis<T> result{{}, axis};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].uniform() && parts[i].axis != axis) return std::nullopt;
    for (std::int64_t k = 0; k < shapes[i][static_cast<std::size_t>(axis)]; ++k)
      result.values.push_back(parts[i].at(static_cast<std::size_t>(k)));
  }
  if (result.values.empty()) return std::nullopt;
  return result;
}

template std::optional<PerAxis<float>> moved(const PerAxis<float>&, const Op&, const Shape&, const Shape&);
template std::optional<PerAxis<double>> moved(const PerAxis<double>&, const Op&, const Shape&, const Shape&);
template std::optional<PerAxis<std::int64_t>> moved(const PerAxis<std::int64_t>&, const Op&, const Shape&, const Shape&);
template std::optional<PerAxis<float>> joined(std::span<const PerAxis<float>>, std::span<const Shape>, int);
template std::optional<PerAxis<double>> joined(std::span<const PerAxis<double>>, std::span<const Shape>, int);
template std::optional<PerAxis<std::int64_t>> joined(std::span<const PerAxis<std::int64_t>>, std::span<const Shape>, int);

std::optional<Multiples> common_unit(std::span<const double> numbers) {
  constexpr double kMostFactor = 256;
  double least = std::numeric_limits<double>::infinity();
  for (const double number : numbers) {
    if (!std::isfinite(number) || number == 0) return std::nullopt;
    least = std::min(least, std::fabs(number));
  }
  // std::fma rounds once: it is 0 only when the product is exact.
  const auto is_multiple = [](double number, double unit, double factor) { return std::fma(factor, unit, -number) == 0; };
  for (int part = 1; part <= 16; ++part) {
    Multiples result{least / part, {}};
    if (!is_multiple(least, result.unit, part)) continue;
    for (const double number : numbers) {
      const double factor = std::nearbyint(number / result.unit);
      if (std::fabs(factor) > kMostFactor || !is_multiple(number, result.unit, factor)) break;
      result.factors.push_back(static_cast<std::int64_t>(factor));
    }
    if (result.factors.size() == numbers.size()) return result;
  }
  return std::nullopt;
}

}  // namespace finnr

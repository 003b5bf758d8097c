// SPDX-License-Identifier: Apache-2.0
// Transpose, broadcast and slice are one walk: the result in row-major order, the source by strides of its own
// (permuted, zero, or multiplied by the step). The innermost axis is a plain loop.
#include "finnr/tensor/arrange.h"

#include <type_traits>
#include <utility>

#include "finnr/base/check.h"

namespace finnr {
namespace {

/// Calls f with the elements of the tensor, whatever their kind.
template <class F>
Tensor with_elements(const Tensor& tensor, const F& f) {
  return tensor.is_float() ? f(tensor.floats()) : f(tensor.ints());
}

/// result[i0, i1, ...] = source[offset + i0 * steps[0] + i1 * steps[1] + ...].
Tensor walk(const Tensor& source, const Shape& shape, std::span<const std::int64_t> steps, std::int64_t offset) {
  return with_elements(source, [&]<class T>(const std::vector<T>& from) {
    std::vector<T> result;
    const std::int64_t total = count(shape);
    result.reserve(static_cast<std::size_t>(total));
    const std::size_t outer = shape.empty() ? 0 : shape.size() - 1;
    const std::int64_t length = shape.empty() ? 1 : shape.back();
    const std::int64_t step = shape.empty() ? 0 : steps.back();
    std::vector<std::int64_t> index(outer, 0);
    std::int64_t at = offset;
    while (std::ssize(result) < total) {
      for (std::int64_t i = 0; i < length; ++i) result.push_back(from[static_cast<std::size_t>(at + i * step)]);
      for (std::size_t axis = outer; axis-- > 0;) {
        at += steps[axis];
        if (++index[axis] < shape[axis]) break;
        at -= steps[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return Tensor(shape, std::move(result));
  });
}

/// Product of the axes [from, to).
std::int64_t product(const Shape& shape, std::size_t from, std::size_t to) {
  std::int64_t result = 1;
  for (std::size_t i = from; i < to; ++i) result *= shape[i];
  return result;
}

}  // namespace

Tensor transpose(const Tensor& tensor, std::span<const int> perm) {
  FINNR_CHECK(perm.size() == tensor.shape().size(), "one axis for each");
  const std::vector<std::int64_t> from = strides(tensor.shape());
  Shape shape;
  std::vector<std::int64_t> steps;
  for (const int axis : perm) {
    shape.push_back(tensor.shape()[static_cast<std::size_t>(axis)]);
    steps.push_back(from[static_cast<std::size_t>(axis)]);
  }
  return walk(tensor, shape, steps, 0);
}

Tensor broadcast_to(const Tensor& tensor, const Shape& shape) {
  if (tensor.shape() == shape) return tensor;
  FINNR_CHECK(broadcast(tensor.shape(), shape) == shape, "does not broadcast");
  const std::vector<std::int64_t> from = strides(tensor.shape());
  const std::size_t offset = shape.size() - tensor.shape().size();
  std::vector<std::int64_t> steps(shape.size(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) steps[offset + i] = tensor.shape()[i] == 1 ? 0 : from[i];
  return walk(tensor, shape, steps, 0);
}

Tensor gather(const Tensor& tensor, const Tensor& indices, int axis) {
  const Shape& from_shape = tensor.shape();
  const auto at = static_cast<std::size_t>(axis);
  FINNR_CHECK(at < from_shape.size(), "no such axis");
  Shape shape(from_shape.begin(), from_shape.begin() + axis);
  shape.insert(shape.end(), indices.shape().begin(), indices.shape().end());
  shape.insert(shape.end(), from_shape.begin() + axis + 1, from_shape.end());
  const std::int64_t outer = product(from_shape, 0, at);
  const std::int64_t length = from_shape[at];
  const std::int64_t inner = product(from_shape, at + 1, from_shape.size());
  return with_elements(tensor, [&]<class T>(const std::vector<T>& from) {
    std::vector<T> result;
    result.reserve(static_cast<std::size_t>(count(shape)));
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t index : indices.ints()) {
        FINNR_CHECK(index >= -length && index < length, "index outside the axis");
        const auto first = from.begin() + (o * length + (index < 0 ? index + length : index)) * inner;
        result.insert(result.end(), first, first + inner);
      }
    }
    return Tensor(shape, std::move(result));
  });
}

Tensor concat(std::span<const Tensor* const> parts, int axis) {
  FINNR_CHECK(!parts.empty(), "nothing to join");
  const auto at = static_cast<std::size_t>(axis);
  Shape shape = parts.front()->shape();
  FINNR_CHECK(at < shape.size(), "no such axis");
  shape[at] = 0;
  for (const Tensor* part : parts) shape[at] += part->shape()[at];
  const std::int64_t outer = product(shape, 0, at);
  return with_elements(*parts.front(), [&]<class T>(const std::vector<T>&) {
    std::vector<T> result;
    result.reserve(static_cast<std::size_t>(count(shape)));
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const Tensor* part : parts) {
        const std::int64_t block = product(part->shape(), at, shape.size());
        const auto append = [&](const auto& from) {
          result.insert(result.end(), from.begin() + o * block, from.begin() + (o + 1) * block);
        };
        if constexpr (std::is_same_v<T, float>) {
          append(part->floats());
        } else {
          append(part->ints());
        }
      }
    }
    return Tensor(shape, std::move(result));
  });
}

Tensor slice(const Tensor& tensor, int axis, std::int64_t start, std::int64_t step, std::int64_t length) {
  const auto at = static_cast<std::size_t>(axis);
  Shape shape = tensor.shape();
  FINNR_CHECK(at < shape.size() && length >= 0, "no such axis");
  const auto inside = [&](std::int64_t i) { return i >= 0 && i < shape[at]; };
  FINNR_CHECK(length == 0 || (inside(start) && inside(start + (length - 1) * step)), "slice outside the axis");
  std::vector<std::int64_t> steps = strides(shape);
  const std::int64_t offset = start * steps[at];
  steps[at] *= step;
  shape[at] = length;
  return walk(tensor, shape, steps, offset);
}

}  // namespace finnr

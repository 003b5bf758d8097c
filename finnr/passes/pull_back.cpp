// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/pull_back.h"

#include <algorithm>
#include <utility>

#include "finnr/graph/per_axis.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

/// For each element of the operand of a Take one element of the result that is it (0 if there is none).
std::vector<std::int64_t> first_readers(const Take& take, std::int64_t size) {
  std::vector<std::int64_t> readers(static_cast<std::size_t>(size), 0);
  for (std::size_t j = take.indices.size(); j-- > 0;) readers[static_cast<std::size_t>(take.indices[j])] = static_cast<std::int64_t>(j);
  return readers;
}

}  // namespace

PullBack::PullBack(const Op& move, std::vector<Shape> operands, Shape result, std::size_t operand)
    : move_(move), from_(std::move(operands[operand])), to_(std::move(result)) {
  if (const auto* concat = std::get_if<Concat>(&move)) {
    for (std::size_t i = 0; i < operand; ++i) offset_ += operands[i][static_cast<std::size_t>(concat->axis)];
  }
}

template <class T>
std::optional<PerAxis<T>> PullBack::parameters(const PerAxis<T>& p) const {
  if (p.uniform()) return PerAxis<T>{p.values, 0};
  const auto axis = static_cast<std::size_t>(p.axis);
  const auto part = [&](std::int64_t begin, std::int64_t size) -> std::optional<PerAxis<T>> {
    if (size == 0) return std::nullopt;
    const auto first = p.values.begin() + begin;
    return PerAxis<T>{{first, first + size}, p.axis};
  };
  if (const auto* concat = std::get_if<Concat>(&move_)) return concat->axis != p.axis ? p : part(offset_, from_[axis]);
  if (const auto* pad = std::get_if<Pad>(&move_)) return part(pad->begin[axis], from_[axis]);
  if (const auto* take = std::get_if<Take>(&move_)) {
    if (take->axis != p.axis) return p;
    const std::vector<std::int64_t> readers = first_readers(*take, from_[axis]);
    PerAxis<T> result{{}, p.axis};
    for (const std::int64_t reader : readers) result.values.push_back(p.at(static_cast<std::size_t>(reader)));
    for (std::size_t j = 0; j < take->indices.size(); ++j) {
      if (result.at(static_cast<std::size_t>(take->indices[j])) != p.at(j)) return std::nullopt;
    }
    return result;
  }
  if (std::holds_alternative<Pool>(move_)) return axis < 2 ? std::optional(p) : std::nullopt;
  if (const auto* transpose = std::get_if<Transpose>(&move_)) return PerAxis<T>{p.values, transpose->perm[axis]};
  std::optional<PerAxis<T>> result = moved(p, Reshape{from_}, to_, from_);
  return result && result->values.size() <= p.values.size() ? result : std::nullopt;
}

template std::optional<PerAxis<float>> PullBack::parameters(const PerAxis<float>&) const;
template std::optional<PerAxis<std::int64_t>> PullBack::parameters(const PerAxis<std::int64_t>&) const;

std::optional<Tensor> PullBack::tensor(const Tensor& constant) const {
  if (constant.size() == 1) return constant.reshaped({});
  Shape shape(to_.size() - constant.shape().size(), 1);
  shape.insert(shape.end(), constant.shape().begin(), constant.shape().end());
  return along(constant.reshaped(std::move(shape)));
}

std::optional<Tensor> PullBack::along(const Tensor& full) const {
  const Shape& shape = full.shape();
  if (const auto* concat = std::get_if<Concat>(&move_)) {
    const auto axis = static_cast<std::size_t>(concat->axis);
    return shape[axis] == 1 ? full : slice(full, concat->axis, offset_, 1, from_[axis]);
  }
  if (const auto* pad = std::get_if<Pad>(&move_)) {
    Tensor result = full;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] != 1) result = slice(result, static_cast<int>(axis), pad->begin[axis], 1, from_[axis]);
    }
    return result;
  }
  if (const auto* take = std::get_if<Take>(&move_)) {
    if (shape[static_cast<std::size_t>(take->axis)] == 1) return full;
    const auto indices = [](std::vector<std::int64_t> list) {
      const auto size = std::ssize(list);
      return Tensor(Shape{size}, std::move(list));
    };
    Tensor result = gather(full, indices(first_readers(*take, from_[static_cast<std::size_t>(take->axis)])), take->axis);
    if (!(gather(result, indices(take->indices), take->axis) == full)) return std::nullopt;
    return result;
  }
  if (std::holds_alternative<Pool>(move_)) {
    for (std::size_t axis = 2; axis < shape.size(); ++axis) {
      if (shape[axis] != 1) return std::nullopt;
    }
    return full;
  }
  if (const auto* transposed = std::get_if<Transpose>(&move_)) {
    std::vector<int> inverse(transposed->perm.size());
    for (std::size_t axis = 0; axis < inverse.size(); ++axis)
      inverse[static_cast<std::size_t>(transposed->perm[axis])] = static_cast<int>(axis);
    return transpose(full, inverse);
  }
  // A reshape: constants along one axis only.
  const auto varying = std::ranges::find_if(shape, [](std::int64_t size) { return size != 1; });
  if (*varying != full.size()) return std::nullopt;
  const std::optional<PerAxis<float>> result = parameters(PerAxis<float>{full.floats(), static_cast<int>(varying - shape.begin())});
  if (!result) return std::nullopt;
  Shape spread(from_.size(), 1);
  if (!result->uniform()) spread[static_cast<std::size_t>(result->axis)] = std::ssize(result->values);
  return Tensor(std::move(spread), result->values);
}

std::optional<Quantize> PullBack::quantizer(const Quantize& at_result) const {
  const std::optional<PerAxis<float>> scale = parameters(at_result.scale);
  const std::optional<PerAxis<float>> zero = parameters(at_result.zero);
  if (!scale || !zero) return std::nullopt;
  return Quantize{at_result.style, at_result.rounding, at_result.codes, *scale, *zero};
}

}  // namespace finnr

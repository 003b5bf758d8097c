// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/folding.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

/// Modulo 2^64, so that nothing overflows; nothing where there is no result.
std::optional<std::uint64_t> on_integers(BinaryFunction function, std::int64_t a, std::int64_t b) {
  switch (function) {
    case BinaryFunction::kAdd:
      return bits(a) + bits(b);
    case BinaryFunction::kSub:
      return bits(a) - bits(b);
    case BinaryFunction::kMul:
      return bits(a) * bits(b);
    case BinaryFunction::kDiv:
      if (b == 0) return std::nullopt;
      return b == -1 ? 0 - bits(a) : bits(a / b);
    case BinaryFunction::kPow:
      if (b < 0) return std::nullopt;
      return power(bits(a), bits(b));
    case BinaryFunction::kMin:
      return bits(std::min(a, b));
    case BinaryFunction::kMax:
      return bits(std::max(a, b));
    case BinaryFunction::kMod:
    case BinaryFunction::kFmod:
      if (b == 0) return std::nullopt;
      return bits(apply(function, a, b));
    case BinaryFunction::kPrelu:
      return a < 0 ? bits(a) * bits(b) : bits(a);
  }
  return std::nullopt;
}

const Tensor& spread(const Tensor& tensor, const Shape& shape, Tensor& room) {
  if (tensor.shape() == shape) return tensor;
  return room = broadcast_to(tensor, shape);
}

}  // namespace

Tensor fold_unary(UnaryFunction function, float alpha, float beta, const Tensor& tensor) {
  Tensor result = tensor;
  for (float& x : result.floats()) x = apply(function, x, alpha, beta);
  return result;
}

Result<Tensor> fold_binary(BinaryFunction function, const Tensor& a, const Tensor& b, StoredType stored) {
  const std::optional<Shape> shape = broadcast(a.shape(), b.shape());
  if (!shape) return Diagnostic(Code::kShapeMismatch, fmt::format("shapes {} and {} do not fit", to_text(a.shape()), to_text(b.shape())));
  if (!checked_count(*shape)) return Diagnostic(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(*shape)));
  if (a.is_float() != b.is_float()) return Diagnostic(Code::kTypeMismatch, "one operand holds integers, the other float numbers");
  Tensor room_a;
  Tensor room_b;
  const Tensor& left = spread(a, *shape, room_a);
  const Tensor& right = spread(b, *shape, room_b);
  Tensor result = Tensor::zeros(*shape, a.is_float());
  if (a.is_float()) {
    for (std::size_t i = 0; i < result.floats().size(); ++i) result.floats()[i] = apply(function, left.floats()[i], right.floats()[i]);
    return result;
  }
  for (std::size_t i = 0; i < result.ints().size(); ++i) {
    const std::optional<std::uint64_t> value = on_integers(function, left.ints()[i], right.ints()[i]);
    if (!value)
      return Diagnostic(Code::kNotANumber, function == BinaryFunction::kPow ? "a stored integer has a negative exponent"
                                                                            : "a stored integer is divided by zero");
    result.ints()[i] = wrap(stored, *value);
  }
  return result;
}

Result<Tensor> cast_constant(const Tensor& tensor, StoredType to) {
  if (is_float(to)) {
    Tensor::Floats floats = as_floats(tensor);
    for (float& x : floats) x = round_to(to, x);
    return Tensor(tensor.shape(), std::move(floats));
  }
  if (!machine_range(to)) return Diagnostic(Code::kTypeMismatch, fmt::format("a conversion to {} is not supported", to_text(to)));
  Tensor::Ints ints;
  if (!tensor.is_float()) {
    ints = tensor.ints();
  } else {
    ints.reserve(tensor.floats().size());
    for (const float x : tensor.floats()) {
      if (to == StoredType::kBool) {
        ints.push_back(x != 0 ? 1 : 0);
        continue;
      }
      if (!(std::abs(x) < 0x1p63F)) return Diagnostic(Code::kNotANumber, fmt::format("{} is converted to {}", x, to_text(to)));
      ints.push_back(static_cast<std::int64_t>(x));
    }
  }
  for (std::int64_t& value : ints) value = wrap(to, bits(value));
  return Tensor(tensor.shape(), std::move(ints));
}

}  // namespace finnr

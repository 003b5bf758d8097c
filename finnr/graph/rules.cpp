// SPDX-License-Identifier: Apache-2.0
// Shape, type and range rules, one function an operator. Integer matrix products get their range by interval
// analysis: each weight meets the activation bound that drives its own output column furthest.
#include "finnr/graph/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "finnr/graph/rules_shared.h"

namespace finnr {
namespace rules {

template <class T>
static Status fits(const PerAxis<T>& parameter, const Shape& shape, std::string_view what) {
  if (parameter.values.empty()) return shape_error(fmt::format("{} is empty", what));
  if (parameter.uniform()) return ok_status();
  if (parameter.axis < 0 || static_cast<std::size_t>(parameter.axis) >= shape.size() ||
      shape[static_cast<std::size_t>(parameter.axis)] != static_cast<std::int64_t>(parameter.values.size())) {
    return shape_error(fmt::format("{} has {} values for axis {} of {}", what, parameter.values.size(), parameter.axis, to_text(shape)));
  }
  return ok_status();
}

static Status expect(const Value& value, bool is_float) {
  if (value.type.is_float == is_float) return ok_status();
  return type_error(fmt::format("tensor '{}' holds {} where {} are expected", value.name, is_float ? "integers" : "float numbers",
                                is_float ? "float numbers" : "integers"));
}

Results rule(const Quantize& op, Operands in) {
  FINNR_RETURN_IF_ERROR(expect(*in[0], true));
  FINNR_RETURN_IF_ERROR(fits(op.scale, in[0]->shape, "the scale"));
  FINNR_RETURN_IF_ERROR(fits(op.zero, in[0]->shape, "the zero point"));
  return one(ElementType::integer(op.codes), in[0]->shape);
}

Results rule(const Dequantize& op, Operands in) {
  FINNR_RETURN_IF_ERROR(expect(*in[0], false));
  FINNR_RETURN_IF_ERROR(fits(op.scale, in[0]->shape, "the scale"));
  FINNR_RETURN_IF_ERROR(fits(op.zero, in[0]->shape, "the zero point"));
  return one(ElementType::float32(), in[0]->shape);
}

/// Rows of a per-channel table: 1, or one per index of the axis.
static Status rows_fit(const Value& table, const Shape& shape, int axis, std::size_t rank) {
  if (table.shape.size() != rank) return shape_error(fmt::format("a table of thresholds has shape {}", to_text(table.shape)));
  if (axis < 0 || static_cast<std::size_t>(axis) >= shape.size()) return shape_error(fmt::format("axis {} of {}", axis, to_text(shape)));
  const std::int64_t channels = shape[static_cast<std::size_t>(axis)];
  if (table.shape[0] != 1 && table.shape[0] != channels)
    return shape_error(fmt::format("{} rows of thresholds for {} channels", table.shape[0], channels));
  return ok_status();
}

Results rule(const CountThresholds& op, Operands in) {
  FINNR_RETURN_IF_ERROR(expect(*in[0], true));
  FINNR_RETURN_IF_ERROR(expect(*in[1], true));
  FINNR_RETURN_IF_ERROR(rows_fit(*in[1], in[0]->shape, op.axis, 2));
  if (op.bipolar) return one(ElementType::integer(IntType::bipolar_type()), in[0]->shape);
  const std::int64_t end = op.base + op.step * in[1]->shape[1];
  return one(ElementType::integer({std::min(op.base, end), std::max(op.base, end), false}), in[0]->shape);
}

static Result<Shape> matmul_shape(const Shape& a, const Shape& b) {
  const auto misfit = [&] { return shape_error(fmt::format("matrix product of {} and {}", to_text(a), to_text(b))); };
  if (a.empty() || b.empty()) return misfit();
  Shape left = a;
  Shape right = b;
  if (a.size() == 1) left.insert(left.begin(), 1);
  if (b.size() == 1) right.push_back(1);
  if (left.back() != right[right.size() - 2]) {
    return shape_error(fmt::format("{} inputs, weights expect {} (matrix product of {} and {})", left.back(), right[right.size() - 2],
                                   to_text(a), to_text(b)));
  }
  std::optional<Shape> result = broadcast({left.begin(), left.end() - 2}, {right.begin(), right.end() - 2});
  if (!result) return misfit();
  if (a.size() > 1) result->push_back(left[left.size() - 2]);
  if (b.size() > 1) result->push_back(right.back());
  return *result;
}

/// Least and greatest product of two ranges.
static std::array<Wide, 2> product_range(const IntType& a, const IntType& b) {
  const std::array<Wide, 4> corners = {Wide(a.lo) * b.lo, Wide(a.lo) * b.hi, Wide(a.hi) * b.lo, Wide(a.hi) * b.hi};
  return {std::ranges::min(corners), std::ranges::max(corners)};
}

Results rule(const MatMul&, Operands in) {
  FINNR_ASSIGN(Shape shape, matmul_shape(in[0]->shape, in[1]->shape));
  if (!checked_count(shape))
    return Diagnostic(Code::kTooLarge, fmt::format("the result of a matrix product, {}, is too large", to_text(shape)));
  if (in[0]->type.is_float != in[1]->type.is_float) return type_error("a matrix product of float numbers and integers");
  if (in[0]->type.is_float) return one(ElementType::float32(), std::move(shape));
  IntType range;
  if (in[1]->constant && in[1]->shape.size() == 2) {
    const std::vector<IntType> columns = accumulator_ranges(in[0]->type.ints, *in[1]->constant);
    for (const IntType& column : columns) range = &column == columns.data() ? column : unite(range, column);
  } else {
    const auto [lo, hi] = product_range(in[0]->type.ints, in[1]->type.ints);
    const Wide terms = in[0]->shape.back();
    range = {static_cast<std::int64_t>(std::max<Wide>(lo * terms, -kMaxRange)),
             static_cast<std::int64_t>(std::min<Wide>(hi * terms, kMaxRange)), false};
  }
  if (range.lo <= -kMaxRange || range.hi >= kMaxRange)
    return Diagnostic(Code::kRangeTooLarge, "an integer matrix product overflows 62 bits");
  return one(ElementType::integer(range), std::move(shape));
}

Results rule(const Binary& op, Operands in) {
  std::optional<Shape> shape = broadcast(in[0]->shape, in[1]->shape);
  if (!shape) return shape_error(fmt::format("{} of {} and {}", to_text(op.function), to_text(in[0]->shape), to_text(in[1]->shape)));
  if (!checked_count(*shape)) return Diagnostic(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(*shape)));
  if (!(in[0]->type == in[1]->type)) {
    return type_error(fmt::format("{} of {} and {}", to_text(op.function), in[0]->type.is_float ? "float32" : to_text(in[0]->type.ints),
                                  in[1]->type.is_float ? "float32" : to_text(in[1]->type.ints)));
  }
  return one(in[0]->type, *std::move(shape));
}

Results rule(const Unary&, Operands in) {
  FINNR_RETURN_IF_ERROR(expect(*in[0], true));
  return one(in[0]->type, in[0]->shape);
}

Results rule(const Reshape& op, Operands in) {
  const std::optional<std::int64_t> size = checked_count(op.shape);
  if (!size || *size != count(in[0]->shape))
    return shape_error(fmt::format("{} cannot become {}", to_text(in[0]->shape), to_text(op.shape)));
  return one(in[0]->type, op.shape);
}

Results rule(const Transpose& op, Operands in) {
  std::vector<int> sorted = op.perm;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<int>(i)) return shape_error("the order of axes is not a permutation");
  }
  if (sorted.size() != in[0]->shape.size())
    return shape_error(fmt::format("{} axes are permuted, the tensor has {}", sorted.size(), in[0]->shape.size()));
  Shape shape;
  for (const int axis : op.perm) shape.push_back(in[0]->shape[static_cast<std::size_t>(axis)]);
  return one(in[0]->type, std::move(shape));
}

Results rule(const Softmax& op, Operands in) {
  FINNR_RETURN_IF_ERROR(expect(*in[0], true));
  if (op.axis < 0 || op.axis > op.end || static_cast<std::size_t>(op.end) > in[0]->shape.size())
    return shape_error(fmt::format("axes {} to {} of {}", op.axis, op.end, to_text(in[0]->shape)));
  return one(in[0]->type, in[0]->shape);
}

static Result<std::int64_t> axis_size(int axis, const Shape& shape) {
  if (axis < 0 || static_cast<std::size_t>(axis) >= shape.size() || shape[static_cast<std::size_t>(axis)] == 0)
    return shape_error(fmt::format("axis {} of {}", axis, to_text(shape)));
  return shape[static_cast<std::size_t>(axis)];
}

Results rule(const ArgMax& op, Operands in) {
  FINNR_ASSIGN(const std::int64_t size, axis_size(op.axis, in[0]->shape));
  Shape shape = in[0]->shape;
  if (op.keep_axis) {
    shape[static_cast<std::size_t>(op.axis)] = 1;
  } else {
    shape.erase(shape.begin() + op.axis);
  }
  return one(ElementType::integer({0, size - 1, false}), std::move(shape));
}

Results rule(const TopK& op, Operands in) {
  FINNR_ASSIGN(const std::int64_t size, axis_size(op.axis, in[0]->shape));
  if (op.k < 1 || op.k > size) return shape_error(fmt::format("the {} largest of {} elements", op.k, size));
  Shape shape = in[0]->shape;
  shape[static_cast<std::size_t>(op.axis)] = op.k;
  return std::vector<ResultType>{{in[0]->type, shape}, {ElementType::integer({0, size - 1, false}), shape}};
}

Results rule(const Thresholds& op, Operands in) {
  for (const Value* operand : in) FINNR_RETURN_IF_ERROR(expect(*operand, false));
  FINNR_RETURN_IF_ERROR(rows_fit(*in[1], in[0]->shape, op.axis, 2));
  FINNR_RETURN_IF_ERROR(rows_fit(*in[2], in[0]->shape, op.axis, 1));
  FINNR_RETURN_IF_ERROR(rows_fit(*in[3], in[0]->shape, op.axis, 2));
  if (in[1]->shape[1] != in[3]->shape[1]) return shape_error("thresholds and signs differ in number");
  return one(ElementType::integer(op.codes), in[0]->shape);
}

/// Any number from 1 is given as 0.
static std::size_t operand_count(const Op& op) {
  return std::visit(Overloaded{[](const CountThresholds&) { return 2; }, [](const MatMul&) { return 2; }, [](const Binary&) { return 2; },
                               [](const Thresholds&) { return 4; }, [](const Conv&) { return 2; }, [](const Join&) { return 2; },
                               [](const Concat&) { return 0; }, [](const auto&) { return 1; }},
                    op);
}

static Results derive(const Op& op, Operands inputs) {
  const std::size_t wanted = operand_count(op);
  if (wanted == 0 ? inputs.empty() : inputs.size() != wanted)
    return Diagnostic(Code::kBadOperands,
                      fmt::format("{} takes {} operands, {} given", op_name(op), std::max<std::size_t>(wanted, 1), inputs.size()));
  return std::visit([&](const auto& typed) { return rule(typed, inputs); }, op);
}

Result<ElementType> ranged(Wide lo, Wide hi) {
  if (lo <= -kMaxRange || hi >= kMaxRange) return Diagnostic(Code::kRangeTooLarge, "an integer result overflows 62 bits");
  return ElementType::integer({static_cast<std::int64_t>(lo), static_cast<std::int64_t>(hi), false});
}

}  // namespace rules

using rules::kMaxRange;
using rules::Wide;

Result<std::vector<ResultType>> infer(const Op& op, std::span<const Value* const> inputs) { return rules::derive(op, inputs); }

std::vector<IntType> accumulator_ranges(const IntType& x, const Tensor& weights) {
  const std::size_t rows = static_cast<std::size_t>(weights.shape()[0]);
  const std::size_t columns = static_cast<std::size_t>(weights.shape()[1]);
  const Tensor::Ints& w = weights.ints();
  std::vector<Wide> lo(columns, 0);
  std::vector<Wide> hi(columns, 0);
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t n = 0; n < columns; ++n) {
      const Wide weight = w[k * columns + n];
      lo[n] += weight * (weight >= 0 ? x.lo : x.hi);
      hi[n] += weight * (weight >= 0 ? x.hi : x.lo);
    }
  }
  std::vector<IntType> ranges(columns);
  for (std::size_t n = 0; n < columns; ++n) {
    ranges[n] = {static_cast<std::int64_t>(std::clamp<Wide>(lo[n], -kMaxRange, kMaxRange)),
                 static_cast<std::int64_t>(std::clamp<Wide>(hi[n], -kMaxRange, kMaxRange)), false};
  }
  return ranges;
}

}  // namespace finnr

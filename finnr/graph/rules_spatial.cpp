// SPDX-License-Identifier: Apache-2.0
// Rules of the operators with windows and of those that move or join tensors. Ranges of integer convolutions are as tight as
// the weights allow: each weight meets the bound of the activations, or of the padding among them, that drives its sum furthest.
#include <algorithm>

#include "finnr/graph/rules_shared.h"

namespace finnr::rules {
namespace {

/// Output positions of a window along one axis, or why there are none.
Result<std::int64_t> positions(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t begin,
                               std::int64_t end) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  if (stride < 1 || dilation < 1 || kernel < 1) return shape_error("a kernel, stride or dilation is below 1");
  for (const std::int64_t x : {size, kernel, stride, dilation, begin, end}) {
    if (x > kMost || x < -kMost) return Diagnostic(Code::kTooLarge, fmt::format("a window parameter of {} is too large", x));
  }
  const std::int64_t span = (kernel - 1) * dilation + 1;
  const std::int64_t room = size + begin + end - span;
  if (room < 0) return shape_error(fmt::format("a window that spans {} on {} elements", span, size + begin + end));
  return room / stride + 1;
}

Status check_lists(const Shape& shape, std::initializer_list<const Shape*> lists) {
  for (const Shape* list : lists) {
    if (shape.size() < 3 || list->size() != shape.size() - 2)
      return shape_error(fmt::format("window parameters for {} spatial axes on {}", list->size(), to_text(shape)));
  }
  return ok_status();
}

/// The activations of a window that reaches into padding or spacing.
IntType with_fill(IntType x, std::int64_t fill, bool reached) {
  if (!reached || x.contains(fill)) return x;
  return {std::min(x.lo, fill), std::max(x.hi, fill), false};
}

bool any_above(const Shape& list, std::int64_t bound) {
  return std::ranges::any_of(list, [&](std::int64_t x) { return x > bound; });
}

IntType conv_input(const Conv& op, const IntType& x) {
  return with_fill(x, op.fill, any_above(op.begin, 0) || any_above(op.end, 0) || any_above(op.spacing, 1));
}

}  // namespace

Results rule(const Conv& op, Operands in) {
  const Shape& x = in[0]->shape;
  const Shape& w = in[1]->shape;
  FINNR_RETURN_IF_ERROR(check_lists(x, {&op.stride, &op.dilation, &op.begin, &op.end, &op.spacing}));
  if (w.size() != x.size()) return shape_error(fmt::format("weights of shape {} on data of shape {}", to_text(w), to_text(x)));
  if (op.groups < 1 || x[1] % op.groups != 0 || w[0] % op.groups != 0)
    return shape_error(fmt::format("{} groups of {} input and {} output channels", op.groups, x[1], w[0]));
  if (x[1] / op.groups != w[1])
    return shape_error(fmt::format("{} input channels in {} groups, weights expect {} a group", x[1], op.groups, w[1]));
  if (in[0]->type.is_float != in[1]->type.is_float) return type_error("a convolution of float numbers and integers");
  Shape y = {x[0], w[0]};
  for (std::size_t a = 0; a < op.stride.size(); ++a) {
    if (op.spacing[a] < 1 || op.spacing[a] > (std::int64_t{1} << 20) || x[a + 2] < 1) return shape_error("a spacing below 1");
    const std::int64_t spaced = (x[a + 2] - 1) * op.spacing[a] + 1;
    FINNR_ASSIGN(const std::int64_t n, positions(spaced, w[a + 2], op.stride[a], op.dilation[a], op.begin[a], op.end[a]));
    y.push_back(n);
  }
  FINNR_RETURN_IF_ERROR(check_size(y));
  if (in[0]->type.is_float) return one(ElementType::float32(), std::move(y));
  Wide lo = 0;
  Wide hi = 0;
  if (in[1]->constant) {
    const std::vector<IntType> ranges = accumulator_ranges(op, in[0]->type.ints, *in[1]->constant);
    for (std::size_t m = 0; m < ranges.size(); ++m) {
      lo = m == 0 ? ranges[m].lo : std::min<Wide>(lo, ranges[m].lo);
      hi = m == 0 ? ranges[m].hi : std::max<Wide>(hi, ranges[m].hi);
    }
  } else {
    const IntType range = conv_input(op, in[0]->type.ints);
    const IntType& b = in[1]->type.ints;
    const Wide terms = count(w) / std::max<std::int64_t>(1, w[0]);
    const auto [least, most] = std::minmax({Wide(range.lo) * b.lo, Wide(range.lo) * b.hi, Wide(range.hi) * b.lo, Wide(range.hi) * b.hi});
    lo = least * terms;
    hi = most * terms;
  }
  FINNR_ASSIGN(const ElementType type, ranged(lo, hi));
  return one(type, std::move(y));
}

Results rule(const Pool& op, Operands in) {
  const Shape& x = in[0]->shape;
  FINNR_RETURN_IF_ERROR(check_lists(x, {&op.kernel, &op.stride, &op.dilation, &op.begin, &op.end}));
  Shape y = {x[0], x[1]};
  Wide terms = 1;
  for (std::size_t a = 0; a < op.stride.size(); ++a) {
    FINNR_ASSIGN(const std::int64_t n, positions(x[a + 2], op.kernel[a], op.stride[a], op.dilation[a], op.begin[a], op.end[a]));
    y.push_back(n);
    terms *= op.kernel[a];
  }
  FINNR_RETURN_IF_ERROR(check_size(y));
  if (op.kind == PoolKind::kMax || in[0]->type.is_float) return one(in[0]->type, std::move(y));
  const IntType range = with_fill(in[0]->type.ints, op.fill, any_above(op.begin, 0) || any_above(op.end, 0));
  FINNR_ASSIGN(const ElementType type, ranged(terms * range.lo, terms * range.hi));
  return one(type, std::move(y));
}

Results rule(const Sum& op, Operands in) {
  const Shape& x = in[0]->shape;
  Shape y;
  Wide terms = 1;
  std::size_t next = 0;
  for (std::size_t a = 0; a < x.size(); ++a) {
    const bool summed = next < op.axes.size() && op.axes[next] == static_cast<int>(a);
    if (summed) {
      ++next;
      terms *= x[a];
      if (op.keep) y.push_back(1);
    } else {
      y.push_back(x[a]);
    }
  }
  if (next != op.axes.size()) return shape_error("the summed axes are not ascending axes of the tensor");
  if (in[0]->type.is_float) return one(in[0]->type, std::move(y));
  FINNR_ASSIGN(const ElementType type, ranged(terms * in[0]->type.ints.lo, terms * in[0]->type.ints.hi));
  return one(type, std::move(y));
}

Results rule(const Concat& op, Operands in) {
  Shape y = in[0]->shape;
  const auto axis = static_cast<std::size_t>(op.axis);
  if (op.axis < 0 || axis >= y.size()) return shape_error(fmt::format("axis {} of {}", op.axis, to_text(y)));
  ElementType type = in[0]->type;
  for (const Value* part : in.subspan(1)) {
    const Shape& shape = part->shape;
    bool fits = shape.size() == y.size();
    for (std::size_t a = 0; fits && a < y.size(); ++a) fits = a == axis || shape[a] == y[a];
    if (!fits) return shape_error(fmt::format("{} joins {} along axis {}", to_text(y), to_text(shape), op.axis));
    if (part->type.is_float != type.is_float) return type_error("float numbers and integers in one tensor");
    if (!type.is_float) type.ints = unite(type.ints, part->type.ints);
    y[axis] += shape[axis];
  }
  FINNR_RETURN_IF_ERROR(check_size(y));
  return one(type, std::move(y));
}

Results rule(const Take& op, Operands in) {
  Shape y = in[0]->shape;
  const auto axis = static_cast<std::size_t>(op.axis);
  if (op.axis < 0 || axis >= y.size()) return shape_error(fmt::format("axis {} of {}", op.axis, to_text(y)));
  for (const std::int64_t index : op.indices) {
    if (index < 0 || index >= y[axis]) return shape_error(fmt::format("element {} of {} along axis {}", index, y[axis], op.axis));
  }
  y[axis] = static_cast<std::int64_t>(op.indices.size());
  FINNR_RETURN_IF_ERROR(check_size(y));
  return one(in[0]->type, std::move(y));
}

Results rule(const Pad& op, Operands in) {
  Shape y = in[0]->shape;
  if (op.begin.size() != y.size() || op.end.size() != y.size()) return shape_error("padding for another number of axes");
  bool padded = false;
  for (std::size_t a = 0; a < y.size(); ++a) {
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    if (op.begin[a] < 0 || op.end[a] < 0) return shape_error("negative padding");
    if (op.begin[a] > kMost || op.end[a] > kMost) return Diagnostic(Code::kTooLarge, "padding of more than 2^30");
    padded = padded || op.begin[a] > 0 || op.end[a] > 0;
    y[a] += op.begin[a] + op.end[a];
  }
  FINNR_RETURN_IF_ERROR(check_size(y));
  ElementType type = in[0]->type;
  if (!type.is_float) type.ints = with_fill(type.ints, op.code, padded);
  return one(type, std::move(y));
}

Results rule(const Join& op, Operands in) {
  for (const Value* operand : in) {
    if (operand->type.is_float) return type_error("a join takes integers");
  }
  std::optional<Shape> y = broadcast(in[0]->shape, in[1]->shape);
  if (!y) return shape_error(fmt::format("join of {} and {}", to_text(in[0]->shape), to_text(in[1]->shape)));
  FINNR_RETURN_IF_ERROR(check_size(*y));
  const IntType& a = in[0]->type.ints;
  const IntType& b = in[1]->type.ints;
  if (op.function == JoinFunction::kMul) {
    const auto [lo, hi] = std::minmax({Wide(a.lo) * b.lo, Wide(a.lo) * b.hi, Wide(a.hi) * b.lo, Wide(a.hi) * b.hi});
    FINNR_ASSIGN(const ElementType type, ranged(lo, hi));
    return one(type, *std::move(y));
  }
  const auto [a_lo, a_hi] = std::minmax({Wide(op.left) * a.lo, Wide(op.left) * a.hi});
  const auto [b_lo, b_hi] = std::minmax({Wide(op.right) * b.lo, Wide(op.right) * b.hi});
  FINNR_ASSIGN(const ElementType type, ranged(a_lo + b_lo, a_hi + b_hi));
  return one(type, *std::move(y));
}

}  // namespace finnr::rules

namespace finnr {

std::vector<IntType> accumulator_ranges(const Conv& op, const IntType& x, const Tensor& weights) {
  using rules::Wide;
  const IntType range = rules::conv_input(op, x);
  const auto rows = static_cast<std::size_t>(weights.shape()[0]);
  const std::size_t terms = rows == 0 ? 0 : weights.ints().size() / rows;
  std::vector<IntType> ranges(rows);
  for (std::size_t m = 0; m < rows; ++m) {
    Wide least = 0;
    Wide most = 0;
    for (std::size_t k = 0; k < terms; ++k) {
      const Wide weight = weights.ints()[m * terms + k];
      least += weight * (weight >= 0 ? range.lo : range.hi);
      most += weight * (weight >= 0 ? range.hi : range.lo);
    }
    ranges[m] = {static_cast<std::int64_t>(std::clamp<Wide>(least, -rules::kMaxRange, rules::kMaxRange)),
                 static_cast<std::int64_t>(std::clamp<Wide>(most, -rules::kMaxRange, rules::kMaxRange)), false};
  }
  return ranges;
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
// Reduce operators over any axes. Sums are sums; a maximum over axes is a pool: the axes are brought to the end and become one
// axis, which one window covers. Constants are reduced at once, as the arithmetic of shapes asks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

/// Which axes go, and whether they stay with size 1.
struct Reduced {
  std::vector<int> axes;  ///< ascending
  bool keep = true;
  bool nothing = false;  ///< no axes are given and that means none

  [[nodiscard]] bool has(std::size_t axis) const { return std::ranges::find(axes, static_cast<int>(axis)) != axes.end(); }
  [[nodiscard]] Shape shape_of(const Shape& x) const {
    Shape result;
    for (std::size_t a = 0; a < x.size(); ++a) {
      if (!has(a)) result.push_back(x[a]);
      if (has(a) && keep) result.push_back(1);
    }
    return result;
  }
  [[nodiscard]] std::int64_t terms(const Shape& x) const {
    std::int64_t result = 1;
    for (const int axis : axes) result *= x[static_cast<std::size_t>(axis)];
    return result;
  }
};

/// Axes as attribute (before opset 13 or 18) or input 1; none given means all, or with noop_with_empty_axes none.
Result<Reduced> read_reduced(NodeImport& node, std::size_t rank) {
  FINNR_ASSIGN(const std::int64_t keep, node.integer("keepdims", 1));
  FINNR_ASSIGN(const std::int64_t noop, node.integer("noop_with_empty_axes", 0));
  std::vector<std::int64_t> given;
  if (node.attribute("axes") != nullptr) {
    FINNR_ASSIGN(given, node.integers("axes"));
  } else if (node.has_input(1)) {
    FINNR_ASSIGN(given, node.integers_parameter(1, "the list of axes"));
  }
  Reduced result{{}, keep != 0, given.empty() && noop != 0};
  if (given.empty() && noop == 0) given = all_indices(static_cast<std::int64_t>(rank));
  for (const std::int64_t axis : given) {
    const std::optional<int> normal = normal_axis(axis, rank);
    if (!normal || std::ranges::find(result.axes, *normal) != result.axes.end())
      return NodeImport::error(Code::kBadAttribute, fmt::format("axis {} does not exist or is listed twice", axis))
          .because(fmt::format("there are {} axes", rank));
    result.axes.push_back(*normal);
  }
  std::ranges::sort(result.axes);
  return result;
}

/// Where the samples lie in the result.
int batch_after(const Reduced& reduced, int batch) {
  if (batch < 0 || reduced.has(static_cast<std::size_t>(batch))) return -1;
  if (reduced.keep) return batch;
  return batch - static_cast<int>(std::ranges::count_if(reduced.axes, [&](int axis) { return axis < batch; }));
}

void note_batch(NodeImport& node, const Reduced& reduced, const Operand& x) {
  if (x.batch_axis < 0 || !reduced.has(static_cast<std::size_t>(x.batch_axis))) return;
  node.note_obstacle(node.input_error(Code::kBatchMixed, 0, fmt::format("{} reduces over the batch", printable(node.node().type)))
                         .because("each sample has a result of its own in hardware")
                         .fix("export with batch 1"));
}

/// The rows of the reduced elements: x with those axes at the end as one, [kept, reduced].
Result<Operand> rows(NodeImport& node, const Reduced& reduced, Operand x) {
  const Shape shape = node.shape(x);
  std::vector<int> perm;
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (!reduced.has(a)) perm.push_back(static_cast<int>(a));
  }
  perm.insert(perm.end(), reduced.axes.begin(), reduced.axes.end());
  const std::int64_t terms = reduced.terms(shape);
  std::int64_t kept = 1;
  for (std::size_t a = 0; a < shape.size(); ++a) kept *= reduced.has(a) ? 1 : shape[a];
  x.batch_axis = -1;
  FINNR_ASSIGN(x, transpose_step(node, x, perm));
  return reshape_step(node, x, {1, kept, terms});
}

/// An integer result must not leave the file's machine type, because it would wrap there.
Status check_fits(const NodeImport& node, ValueId result, StoredType stored) {
  const ElementType& type = node.graph().value(result).type;
  const std::optional<IntType> range = machine_range(stored);
  if (type.is_float || (range && range->contains(type.ints.lo) && range->contains(type.ints.hi))) return ok_status();
  return NodeImport::error(Code::kTypeMismatch, fmt::format("an integer sum leaves the range of {}", to_text(stored)))
      .because("it would wrap");
}

Result<Operand> sum_step(NodeImport& node, const Reduced& reduced, const Operand& x) {
  FINNR_ASSIGN(const ValueId data, node.value_of(x, 0));
  FINNR_ASSIGN(const ValueId y, node.add(Sum{reduced.axes, reduced.keep}, {data}));
  FINNR_RETURN_IF_ERROR(check_fits(node, y, x.stored));
  Operand result = node.made(y, x.stored);
  result.batch_axis = batch_after(reduced, x.batch_axis);
  return result;
}

Result<Operand> max_step(NodeImport& node, const Reduced& reduced, const Operand& x) {
  const Shape shape = node.shape(x);
  if (count(shape) == 0) return node.input_error(Code::kShapeMismatch, 0, "the largest of no elements");
  FINNR_ASSIGN(const Operand row, rows(node, reduced, x));
  FINNR_ASSIGN(const ValueId data, node.value_of(row, 0));
  FINNR_ASSIGN(const ValueId y, node.add(Pool{PoolKind::kMax, {reduced.terms(shape)}, {1}, {1}, {0}, {0}, 0}, {data}));
  FINNR_ASSIGN(Operand result, reshape_step(node, node.made(y, x.stored, row), reduced.shape_of(shape)));
  result.batch_axis = batch_after(reduced, x.batch_axis);
  return result;
}

/// Order reversed without overflow: -x, or for machine integers all bits inverted.
Result<Operand> reversed(NodeImport& node, const Operand& x) {
  if (is_float(x.stored)) return unary_step(node, x, Unary{UnaryFunction::kNeg, 0, 0});
  const IntType range = machine_range(x.stored).value_or(IntType());
  FINNR_ASSIGN(Operand ones, node.made(Tensor::scalar(range.lo < 0 ? std::int64_t{-1} : range.hi), x.stored));
  return binary_step(node, BinaryFunction::kSub, std::move(ones), node.input_count(), x, 0);
}

/// One result for each row of a constant, as the graph's operators would give it; integers wrap.
template <class Row>
auto fold_row(Reduction reduction, const Row& row, StoredType stored) {
  using T = std::ranges::range_value_t<Row>;
  using Wide = std::conditional_t<std::is_same_v<T, float>, double, std::uint64_t>;
  if (reduction == Reduction::kMax) return *std::ranges::max_element(row);
  if (reduction == Reduction::kMin) return *std::ranges::min_element(row);
  Wide sum = reduction == Reduction::kProduct ? Wide{1} : Wide{0};
  for (const T x : row) {
    const Wide wide = static_cast<Wide>(x);
    switch (reduction) {
      case Reduction::kProduct:
        sum *= wide;
        break;
      case Reduction::kSquares:
      case Reduction::kEuclid:
        sum += wide * wide;
        break;
      case Reduction::kMagnitudes:
        sum += x < 0 ? Wide{0} - wide : wide;
        break;
      default:
        sum += wide;
    }
  }
  if constexpr (std::is_same_v<T, float>) {
    if (reduction == Reduction::kMean) sum /= static_cast<double>(row.size());
    if (reduction == Reduction::kEuclid) sum = std::sqrt(sum);
    return static_cast<float>(sum);
  } else {
    const std::int64_t wrapped = wrap(stored, sum);
    if (reduction == Reduction::kMean) return wrapped / static_cast<std::int64_t>(row.size());
    if (reduction == Reduction::kEuclid) return static_cast<std::int64_t>(std::sqrt(static_cast<double>(wrapped)));
    return wrapped;
  }
}

Result<Operand> fold(NodeImport& node, Reduction reduction, const Reduced& reduced, const Operand& x) {
  const Shape shape = node.shape(x);
  const auto terms = static_cast<std::size_t>(reduced.terms(shape));
  const Shape result = reduced.shape_of(shape);
  const bool summed = reduction != Reduction::kMax && reduction != Reduction::kMin && reduction != Reduction::kMean;
  if (terms == 0 && !summed) return node.input_error(Code::kShapeMismatch, 0, "a reduction over no elements");
  FINNR_ASSIGN(const Operand table, rows(node, reduced, x));
  const auto fold_all = [&](const auto& elements) {
    std::remove_cvref_t<decltype(elements)> folded;
    for (std::int64_t i = 0; i < count(result); ++i)
      folded.push_back(fold_row(reduction, std::span(elements).subspan(static_cast<std::size_t>(i) * terms, terms), x.stored));
    return Tensor(result, std::move(folded));
  };
  return node.made(table.constant->is_float() ? fold_all(table.constant->floats()) : fold_all(table.constant->ints()), x.stored);
}

Result<Operand> reduce(NodeImport& node, Reduction reduction, const Reduced& reduced, Operand x) {
  const Shape shape = node.shape(x);
  switch (reduction) {
    case Reduction::kMax:
      return max_step(node, reduced, x);
    case Reduction::kMin: {
      FINNR_ASSIGN(x, reversed(node, x));
      FINNR_ASSIGN(x, max_step(node, reduced, x));
      return reversed(node, x);
    }
    case Reduction::kSum:
      return sum_step(node, reduced, x);
    case Reduction::kMean: {
      FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
      FINNR_ASSIGN(x, sum_step(node, reduced, x));
      return number_step(node, BinaryFunction::kDiv, x, static_cast<float>(reduced.terms(shape)));
    }
    case Reduction::kMagnitudes: {
      FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
      FINNR_ASSIGN(x, unary_step(node, x, Unary{UnaryFunction::kAbs, 0, 0}));
      return sum_step(node, reduced, x);
    }
    case Reduction::kSquares:
    case Reduction::kEuclid: {
      FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
      FINNR_ASSIGN(x, binary_step(node, BinaryFunction::kMul, x, 0, x, 0));
      FINNR_ASSIGN(x, sum_step(node, reduced, x));
      return reduction == Reduction::kSquares ? Result<Operand>(x) : unary_step(node, x, Unary{UnaryFunction::kSqrt, 0, 0});
    }
    case Reduction::kProduct:
      break;
  }
  return NodeImport::error(Code::kUnknownOperator, "operator ReduceProd is not supported on data of the network")
      .because("finnr folds it in the arithmetic of shapes; a product of codes has no width that hardware could give it")
      .fix("multiply the parts with Mul");
}

}  // namespace

Status import_reduce(NodeImport& node, Reduction reduction) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_ASSIGN(const Reduced reduced, read_reduced(node, node.shape(x).size()));
  if (reduced.nothing) return node.give(x);
  if (x.is_constant()) return node.give(fold(node, reduction, reduced, x));
  note_batch(node, reduced, x);
  return node.give(reduce(node, reduction, reduced, x));
}

}  // namespace finnr

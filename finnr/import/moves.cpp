// SPDX-License-Identifier: Apache-2.0
// Operators that give the same elements another shape or order.
#include <fmt/format.h>

#include <algorithm>

#include "finnr/import/importers.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

Status give_reshaped(NodeImport& node, const Operand& x, Shape target) {
  const Shape shape = node.shape(x);
  if (!is_sane(target) || count(target) != count(shape)) {
    return node.input_error(Code::kShapeMismatch, 0, fmt::format("{} cannot become {}", to_text(shape), to_text(target)))
        .because("the numbers of elements differ");
  }
  return node.give(reshape_step(node, x, std::move(target)));
}

/// A list of axes as attribute (before opset 13) or input 1; nothing when left out.
Result<std::optional<std::vector<std::int64_t>>> listed_axes(NodeImport& node) {
  std::optional<std::vector<std::int64_t>> axes;
  if (node.attribute("axes") != nullptr) {
    FINNR_ASSIGN(axes, node.integers("axes"));
  } else if (node.has_input(1)) {
    FINNR_ASSIGN(axes, node.integers_parameter(1, "the list of axes"));
  }
  return axes;
}

/// Which axes of a tensor of that rank are listed, each at most once.
Result<std::vector<bool>> chosen_axes(const std::vector<std::int64_t>& axes, std::size_t rank) {
  std::vector<bool> chosen(rank, false);
  for (const std::int64_t axis : axes) {
    const std::optional<int> normal = normal_axis(axis, rank);
    if (!normal || chosen[static_cast<std::size_t>(*normal)])
      return NodeImport::error(Code::kBadAttribute, fmt::format("axis {} does not exist or is listed twice", axis))
          .because(fmt::format("there are {} axes", rank));
    chosen[static_cast<std::size_t>(*normal)] = true;
  }
  return chosen;
}

Status check_target(const std::vector<std::int64_t>& target) {
  if (std::ranges::count(target, -1) > 1)
    return NodeImport::error(Code::kShapeMismatch, "more than one -1 in the target shape")
        .because("only one size can follow from the others")
        .fix("export with fixed sizes");
  const auto bad = std::ranges::find_if(target, [](std::int64_t size) { return size < -1; });
  if (bad != target.end()) return NodeImport::error(Code::kShapeMismatch, fmt::format("the target shape holds {}", *bad));
  return ok_status();
}

/// The target with 0 (keep) and -1 (what is left) filled in.
Result<Shape> completed(const std::vector<std::int64_t>& target, const Shape& shape, bool keep_zeros) {
  Shape result = target;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] != 0 || keep_zeros) continue;
    if (i >= shape.size())
      return NodeImport::error(Code::kShapeMismatch, fmt::format("the target shape {} keeps axis {}, which {} does not have",
                                                                 to_text(target), i, to_text(shape)));
    result[i] = shape[i];
  }
  const auto open = std::ranges::find(result, -1);
  if (open == result.end()) return result;
  *open = 1;
  const std::optional<std::int64_t> rest = checked_count(result);
  if (!rest || *rest == 0 || count(shape) % *rest != 0)
    return NodeImport::error(Code::kShapeMismatch, fmt::format("{} cannot become {}", to_text(shape), to_text(target)))
        .because("no size for -1 fits");
  *open = count(shape) / *rest;
  return result;
}

}  // namespace

Status import_reshape(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t keep_zeros, node.integer("allowzero", 0));
  std::vector<std::int64_t> target;
  if (node.attribute("shape") != nullptr && !node.has_input(1)) {
    FINNR_ASSIGN(target, node.integers("shape"));
  } else {
    FINNR_ASSIGN(target, node.integers_parameter(1, "the target shape"));
  }
  FINNR_RETURN_IF_ERROR(check_target(target));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_ASSIGN(Shape shape, completed(target, node.shape(x), keep_zeros != 0));
  return give_reshaped(node, x, std::move(shape));
}

Status import_flatten(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  const auto rank = static_cast<std::int64_t>(shape.size());
  FINNR_ASSIGN(std::int64_t axis, node.integer("axis", 1));
  if (axis < -rank || axis > rank)
    return NodeImport::attribute_error(Code::kBadAttribute, "axis", fmt::format("axis {} does not exist", axis))
        .because(fmt::format("the tensor has {} axes", rank));
  if (axis < 0) axis += rank;
  const Shape head(shape.begin(), shape.begin() + axis);
  const Shape tail(shape.begin() + axis, shape.end());
  return give_reshaped(node, x, {count(head), count(tail)});
}

Status import_squeeze(NodeImport& node) {
  FINNR_ASSIGN(const auto axes, listed_axes(node));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  std::vector<bool> chosen(shape.size());
  if (axes) {
    FINNR_ASSIGN(chosen, chosen_axes(*axes, shape.size()));
  } else {
    for (std::size_t i = 0; i < shape.size(); ++i) chosen[i] = shape[i] == 1;
  }
  Shape target;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!chosen[i]) {
      target.push_back(shape[i]);
    } else if (shape[i] != 1) {
      return node.input_error(Code::kShapeMismatch, 0, fmt::format("Squeeze of axis {}, which has size {}", i, shape[i]));
    }
  }
  return give_reshaped(node, x, std::move(target));
}

Status import_unsqueeze(NodeImport& node) {
  FINNR_ASSIGN(const auto axes, listed_axes(node));
  if (!axes) return NodeImport::attribute_error(Code::kBadAttribute, "axes", "Unsqueeze without axes");
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  FINNR_ASSIGN(const std::vector<bool> chosen, chosen_axes(*axes, shape.size() + axes->size()));
  Shape target;
  auto next = shape.begin();
  for (const bool is_new : chosen) target.push_back(is_new ? 1 : *next++);
  return give_reshaped(node, x, std::move(target));
}

Status import_transpose(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const std::size_t rank = node.shape(x).size();
  std::vector<int> perm;
  for (std::size_t i = rank; i-- > 0;) perm.push_back(static_cast<int>(i));
  if (node.attribute("perm") != nullptr) {
    FINNR_ASSIGN(const std::vector<std::int64_t> given, node.integers("perm"));
    std::vector<std::int64_t> sorted = given;
    std::ranges::sort(sorted);
    bool good = given.size() == rank;
    for (std::size_t i = 0; i < sorted.size(); ++i) good = good && sorted[i] == static_cast<std::int64_t>(i);
    if (!good)
      return NodeImport::attribute_error(Code::kBadAttribute, "perm", fmt::format("perm {} is no order of {} axes", to_text(given), rank));
    perm.clear();
    for (const std::int64_t axis : given) perm.push_back(static_cast<int>(axis));
  }
  return node.give(transpose_step(node, x, perm));
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
// Exporters compute target shapes and parameters with nodes of their own (Shape, Gather, Concat, Reshape ...). All of
// these fold here; on data of the network they are refused.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

/// A constant operand of an operator that exists for constants only.
Result<Operand> folded(NodeImport& node, std::size_t i) {
  FINNR_ASSIGN(Operand operand, node.operand(i));
  if (operand.is_constant()) return operand;
  return node
      .input_error(Code::kUnknownOperator, i,
                   fmt::format("operator {} is not supported on data of the network", printable(full_type(node.node()))))
      .because(
          "finnr folds it in the arithmetic of shapes and parameters; this operand is computed from the network's input or by a quantizer")
      .fix("express it with reshapes, matrix products and elementwise operators");
}

Result<std::vector<std::int64_t>> listed(NodeImport& node, std::size_t i, std::string_view what) {
  return node.integers_parameter(i, what);
}

Status check_shape(const Shape& shape) {
  if (is_sane(shape)) return ok_status();
  return NodeImport::error(Code::kTooLarge, fmt::format("a constant of shape {} is too large", to_text(shape)))
      .because("no tensor may have more than 2^30 elements, or negative sizes");
}

}  // namespace

Status import_constant(NodeImport& node) {
  for (const FileAttribute& attribute : node.node().attributes) {
    if (const auto* stored = std::get_if<StoredTensor>(&attribute.value); stored != nullptr && attribute.name == "value") {
      Operand operand{stored->tensor ? Operand::State::kConstant : Operand::State::kUnusable, false, -1, stored->type, stored->tensor, {}};
      return node.give(std::move(operand));
    }
    if (attribute.name == "value") {
      if (const auto* broken = std::get_if<Diagnostic>(&attribute.value)) return *broken;
    }
  }
  if (node.attribute("value_int") != nullptr) {
    FINNR_ASSIGN(const std::int64_t value, node.integer("value_int", 0));
    return node.give(node.made(Tensor::scalar(value), StoredType::kInt64));
  }
  if (node.attribute("value_float") != nullptr) {
    FINNR_ASSIGN(const float value, node.number("value_float", 0));
    return node.give(node.made(Tensor::scalar(value), StoredType::kFloat32));
  }
  if (node.attribute("value_ints") != nullptr) {
    FINNR_ASSIGN(std::vector<std::int64_t> values, node.integers("value_ints"));
    const auto size = static_cast<std::int64_t>(values.size());
    return node.give(node.made(Tensor({size}, std::move(values)), StoredType::kInt64));
  }
  if (const FileAttribute* list = node.attribute("value_floats")) {
    if (const auto* values = std::get_if<std::vector<float>>(&list->value)) {
      return node.give(node.made(Tensor({static_cast<std::int64_t>(values->size())}, *values), StoredType::kFloat32));
    }
  }
  return NodeImport::attribute_error(Code::kBadAttribute, "value", "a Constant without a readable value")
      .because("dense tensors and lists of numbers are supported; texts and sparse tensors are not");
}

Status import_shape(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  const auto rank = static_cast<std::int64_t>(shape.size());
  FINNR_ASSIGN(std::int64_t start, node.integer("start", 0));
  FINNR_ASSIGN(std::int64_t end, node.integer("end", rank));
  start = std::clamp<std::int64_t>(start < 0 ? std::max(start, -rank) + rank : start, 0, rank);
  end = std::clamp<std::int64_t>(end < 0 ? std::max(end, -rank) + rank : end, start, std::max(start, rank));
  Tensor::Ints sizes(shape.begin() + start, shape.begin() + end);
  return node.give(node.made(Tensor({end - start}, std::move(sizes)), StoredType::kInt64));
}

Status import_size(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  return node.give(node.made(Tensor::scalar(count(node.shape(x))), StoredType::kInt64));
}

Status import_constant_of_shape(NodeImport& node) {
  FINNR_ASSIGN(const std::vector<std::int64_t> shape, listed(node, 0, "the shape"));
  FINNR_RETURN_IF_ERROR(check_shape(shape));
  FINNR_RETURN_IF_ERROR(node.charge(count(shape)));
  StoredTensor fill{StoredType::kFloat32, std::make_shared<const Tensor>()};
  if (const FileAttribute* attribute = node.attribute("value")) {
    const auto* given = std::get_if<StoredTensor>(&attribute->value);
    if (given == nullptr || !given->tensor || given->tensor->size() != 1)
      return NodeImport::attribute_error(Code::kBadAttribute, "value", "the value of ConstantOfShape is not one number");
    fill = *given;
  }
  return node.give(node.made(broadcast_to(fill.tensor->reshaped({}), shape), fill.type));
}

Status import_gather(NodeImport& node) {
  FINNR_ASSIGN(const Operand data, folded(node, 0));
  FINNR_ASSIGN(const Operand indices, folded(node, 1));
  const Shape& shape = data.constant->shape();
  FINNR_ASSIGN(const int axis, node.axis("axis", 0, shape.size()));
  const std::int64_t size = shape[static_cast<std::size_t>(axis)];
  if (indices.constant->is_float()) return node.input_error(Code::kTypeMismatch, 1, "the indices of Gather are not integers");
  for (const std::int64_t index : indices.constant->ints()) {
    if (index < -size || index >= size)
      return node.input_error(Code::kShapeMismatch, 1, fmt::format("index {} of Gather is outside an axis of {}", index, size));
  }
  Shape result(shape.begin(), shape.begin() + axis);
  result.insert(result.end(), indices.constant->shape().begin(), indices.constant->shape().end());
  result.insert(result.end(), shape.begin() + axis + 1, shape.end());
  FINNR_RETURN_IF_ERROR(check_shape(result));
  FINNR_RETURN_IF_ERROR(node.charge(count(result)));
  return node.give(node.made(gather(*data.constant, *indices.constant, axis), data.stored));
}

Status import_concat(NodeImport& node) {
  std::vector<Operand> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    FINNR_ASSIGN(Operand part, folded(node, i));
    parts.push_back(std::move(part));
  }
  Shape result = parts[0].constant->shape();
  if (node.attribute("axis") == nullptr) return NodeImport::attribute_error(Code::kBadAttribute, "axis", "attribute 'axis' is missing");
  FINNR_ASSIGN(const int axis, node.axis("axis", 0, result.size()));
  const auto along = static_cast<std::size_t>(axis);
  result[along] = 0;
  std::vector<const Tensor*> tensors;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Shape shape = parts[i].constant->shape();
    if (parts[i].stored != parts[0].stored)
      return node.input_error(Code::kTypeMismatch, i,
                              fmt::format("Concat of {} and {}", to_text(parts[0].stored), to_text(parts[i].stored)));
    if (shape.size() != result.size())
      return node.input_error(Code::kShapeMismatch, i,
                              fmt::format("Concat of shapes {} and {}", to_text(parts[0].constant->shape()), to_text(shape)));
    shape[along] = result[along] = result[along] + shape[along];
    if (shape != result)
      return node.input_error(
          Code::kShapeMismatch, i,
          fmt::format("Concat of shapes {} and {}", to_text(parts[0].constant->shape()), to_text(parts[i].constant->shape())));
    FINNR_RETURN_IF_ERROR(check_shape(result));
    tensors.push_back(parts[i].constant.get());
  }
  FINNR_RETURN_IF_ERROR(node.charge(count(result)));
  return node.give(node.made(concat(tensors, axis), parts[0].stored));
}

namespace {

struct SliceLists {
  std::vector<std::int64_t> starts, ends;
  std::optional<std::vector<std::int64_t>> axes, steps;
};

/// As attributes before opset 10, as inputs since.
Result<SliceLists> slice_lists(NodeImport& node) {
  SliceLists lists;
  if (node.attribute("starts") != nullptr) {
    FINNR_ASSIGN(lists.starts, node.integers("starts"));
    FINNR_ASSIGN(lists.ends, node.integers("ends"));
    if (node.attribute("axes") != nullptr) {
      FINNR_ASSIGN(lists.axes, node.integers("axes"));
    }
  } else {
    FINNR_ASSIGN(lists.starts, listed(node, 1, "the list of starts"));
    FINNR_ASSIGN(lists.ends, listed(node, 2, "the list of ends"));
    if (node.has_input(3)) {
      FINNR_ASSIGN(lists.axes, listed(node, 3, "the list of axes"));
    }
    if (node.has_input(4)) {
      FINNR_ASSIGN(lists.steps, listed(node, 4, "the list of steps"));
    }
  }
  const std::size_t size = lists.starts.size();
  if (lists.ends.size() != size || (lists.axes && lists.axes->size() != size) || (lists.steps && lists.steps->size() != size))
    return NodeImport::error(Code::kShapeMismatch, "the lists of Slice differ in length");
  return lists;
}

/// A position as Slice means it: negative from the end, then into [low, high].
std::int64_t position(std::int64_t given, std::int64_t size, std::int64_t low, std::int64_t high) {
  return std::clamp(given < 0 ? std::max(given, -size - 1) + size : given, low, high);
}

}  // namespace

Status import_slice(NodeImport& node) {
  FINNR_ASSIGN(const Operand data, folded(node, 0));
  FINNR_ASSIGN(const SliceLists lists, slice_lists(node));
  Tensor result = *data.constant;
  for (std::size_t i = 0; i < lists.starts.size(); ++i) {
    const std::int64_t given = lists.axes ? (*lists.axes)[i] : static_cast<std::int64_t>(i);
    const std::optional<int> axis = normal_axis(given, result.shape().size());
    if (!axis) return NodeImport::error(Code::kBadAttribute, fmt::format("axis {} of Slice does not exist", given));
    const std::int64_t size = result.shape()[static_cast<std::size_t>(*axis)];
    const std::int64_t wanted = lists.steps ? (*lists.steps)[i] : 1;
    if (wanted == 0) return NodeImport::error(Code::kBadAttribute, "a step of Slice is 0");
    const std::int64_t step = std::clamp<std::int64_t>(wanted, -size - 1, size + 1);
    const std::int64_t start = step > 0 ? position(lists.starts[i], size, 0, size) : position(lists.starts[i], size, -1, size - 1);
    const std::int64_t end = step > 0 ? position(lists.ends[i], size, 0, size) : position(lists.ends[i], size, -1, size - 1);
    const std::int64_t length = std::max<std::int64_t>(0, step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step);
    FINNR_RETURN_IF_ERROR(node.charge(result.size()));
    result = slice(result, *axis, length == 0 ? 0 : start, step, length);
  }
  return node.give(node.made(std::move(result), data.stored));
}

Status import_range(NodeImport& node) {
  std::array<Operand, 3> operands;
  std::array<double, 3> numbers{};
  for (std::size_t i = 0; i < 3; ++i) {
    FINNR_ASSIGN(operands[i], folded(node, i));
    if (operands[i].constant->size() != 1 || operands[i].stored != operands[0].stored)
      return node.input_error(Code::kTypeMismatch, i, "Range takes three numbers of one type");
    numbers[i] = operands[i].constant->is_float() ? static_cast<double>(operands[i].constant->floats()[0])
                                                  : static_cast<double>(operands[i].constant->ints()[0]);
  }
  const auto [start, limit, delta] = numbers;
  const double length = std::max(0.0, std::ceil((limit - start) / delta));
  if (!(length <= static_cast<double>(kMaxElements)) || std::abs(start) > 0x1p53 || std::abs(limit) > 0x1p53 || delta == 0)
    return NodeImport::error(Code::kTooLarge, fmt::format("Range from {} to {} by {} is too long", start, limit, delta));
  const auto size = static_cast<std::int64_t>(length);
  FINNR_RETURN_IF_ERROR(node.charge(size));
  Tensor result = Tensor::zeros({size}, is_float(operands[0].stored));
  for (std::int64_t i = 0; i < size; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (result.is_float()) {
      result.floats()[at] = static_cast<float>(start + static_cast<double>(i) * delta);
    } else {
      result.ints()[at] = static_cast<std::int64_t>(start + static_cast<double>(i) * delta);
    }
  }
  return node.give(node.made(std::move(result), operands[0].stored));
}

Status import_expand(NodeImport& node) {
  FINNR_ASSIGN(const std::vector<std::int64_t> target, listed(node, 1, "the target shape"));
  FINNR_RETURN_IF_ERROR(check_shape(target));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  const std::optional<Shape> together = broadcast(shape, target);
  if (!together) return node.input_error(Code::kShapeMismatch, 1, fmt::format("Expand of {} to {}", to_text(shape), to_text(target)));
  if (*together == shape) return node.give(x);
  FINNR_ASSIGN(const Operand data, folded(node, 0));
  FINNR_RETURN_IF_ERROR(check_shape(*together));
  FINNR_RETURN_IF_ERROR(node.charge(count(*together)));
  return node.give(node.made(broadcast_to(*data.constant, *together), data.stored));
}

namespace {

/// Constant operands spread over their common shape.
Result<std::vector<Tensor>> spread_operands(NodeImport& node, std::size_t size) {
  std::vector<Operand> operands;
  std::optional<Shape> shape = Shape{};
  for (std::size_t i = 0; i < size; ++i) {
    FINNR_ASSIGN(Operand operand, folded(node, i));
    shape = broadcast(*shape, operand.constant->shape());
    if (!shape)
      return node.input_error(Code::kShapeMismatch, i,
                              fmt::format("shape {} does not fit the other operands", to_text(operand.constant->shape())));
    operands.push_back(std::move(operand));
  }
  FINNR_RETURN_IF_ERROR(check_shape(*shape));
  FINNR_RETURN_IF_ERROR(node.charge(count(*shape) * static_cast<std::int64_t>(size)));
  if (operands[size - 1].stored != operands[size - 2].stored)
    return node.input_error(Code::kTypeMismatch, size - 1,
                            fmt::format("{} and {} differ", to_text(operands[size - 2].stored), to_text(operands[size - 1].stored)));
  std::vector<Tensor> result;
  result.reserve(operands.size());
  for (const Operand& operand : operands) result.push_back(broadcast_to(*operand.constant, *shape));
  return result;
}

}  // namespace

Status import_where(NodeImport& node) {
  FINNR_ASSIGN(const std::vector<Tensor> operands, spread_operands(node, 3));
  FINNR_ASSIGN(const Operand first, node.operand(1));
  if (operands[0].is_float()) return node.input_error(Code::kTypeMismatch, 0, "the condition of Where is not boolean");
  Tensor result = operands[2];
  for (std::size_t i = 0; i < operands[0].ints().size(); ++i) {
    if (operands[0].ints()[i] == 0) continue;
    if (result.is_float()) {
      result.floats()[i] = operands[1].floats()[i];
    } else {
      result.ints()[i] = operands[1].ints()[i];
    }
  }
  return node.give(node.made(std::move(result), first.stored));
}

Status import_equal(NodeImport& node) {
  FINNR_ASSIGN(const std::vector<Tensor> operands, spread_operands(node, 2));
  Tensor result = Tensor::zeros(operands[0].shape(), false);
  for (std::size_t i = 0; i < result.ints().size(); ++i) {
    result.ints()[i] =
        operands[0].is_float() ? operands[0].floats()[i] == operands[1].floats()[i] : operands[0].ints()[i] == operands[1].ints()[i];
  }
  return node.give(node.made(std::move(result), StoredType::kBool));
}

}  // namespace finnr

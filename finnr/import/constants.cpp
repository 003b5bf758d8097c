// SPDX-License-Identifier: Apache-2.0
// Exporters compute target shapes and parameters with nodes of their own (Shape, Range, Where ...). These exist for constants
// only; on data of the network they are refused.
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

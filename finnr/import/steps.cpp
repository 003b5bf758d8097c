// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "finnr/import/names.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

/// Where an axis lands when the shape changes and no element moves; -1 when it is taken apart.
int axis_after(const Shape& from, int axis, const Shape& to) {
  std::int64_t before = 1;
  for (int i = 0; i < axis; ++i) before *= from[static_cast<std::size_t>(i)];
  std::int64_t prefix = 1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (prefix == before && to[i] == from[static_cast<std::size_t>(axis)]) return static_cast<int>(i);
    prefix *= to[i];
  }
  return -1;
}

/// A result whose samples lie along `batch`.
Operand with_batch(const NodeImport& node, ValueId value, const Operand& x, int batch) {
  Operand result = node.made(value, x.stored);
  result.batch_axis = batch;
  return result;
}

void note_batch(NodeImport& node, std::string what) {
  node.note_obstacle(node.input_error(Code::kBatchMixed, 0, std::move(what))
                         .because("elements of different samples would share an axis")
                         .fix("export with batch 1"));
}

}  // namespace

Result<Operand> reshape_step(NodeImport& node, const Operand& x, Shape shape) {
  const Shape from = node.shape(x);
  if (x.is_constant()) return node.made(x.constant->reshaped(std::move(shape)), x.stored);
  if (from == shape) return x;
  const int batch = x.batch_axis < 0 ? -1 : axis_after(from, x.batch_axis, shape);
  if (x.batch_axis >= 0 && batch < 0)
    note_batch(
        node, fmt::format("{} mixes the batch with other axes: {} becomes {}", printable(node.node().type), to_text(from), to_text(shape)));
  FINNR_ASSIGN(const ValueId y, node.add(Reshape{std::move(shape)}, {x.value}));
  return with_batch(node, y, x, batch);
}

Result<Operand> transpose_step(NodeImport& node, const Operand& x, const std::vector<int>& perm) {
  if (x.is_constant()) return node.made(transpose(*x.constant, perm), x.stored);
  if (std::ranges::is_sorted(perm)) return x;
  FINNR_ASSIGN(const ValueId y, node.add(Transpose{perm}, {x.value}));
  return with_batch(node, y, x, x.batch_axis < 0 ? -1 : static_cast<int>(std::ranges::find(perm, x.batch_axis) - perm.begin()));
}

Result<Operand> take_step(NodeImport& node, const Operand& x, int axis, std::vector<std::int64_t> indices) {
  const Shape shape = node.shape(x);
  Shape result = shape;
  result[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(indices.size());
  if (!is_sane(result)) return NodeImport::error(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(result)));
  if (x.is_constant()) {
    FINNR_RETURN_IF_ERROR(node.charge(count(result)));
    const auto length = static_cast<std::int64_t>(indices.size());
    return node.made(gather(*x.constant, Tensor({length}, std::move(indices)), axis), x.stored);
  }
  if (result == shape && std::ranges::is_sorted(indices) && std::ranges::adjacent_find(indices) == indices.end()) return x;
  if (axis == x.batch_axis)
    note_batch(node,
               fmt::format("{} chooses samples of the batch: {} becomes {}", printable(node.node().type), to_text(shape), to_text(result)));
  FINNR_ASSIGN(const ValueId y, node.add(Take{axis, std::move(indices)}, {x.value}));
  return node.made(y, x.stored, x);
}

Result<Operand> concat_step(NodeImport& node, std::span<const Operand> parts, int axis) {
  if (std::ranges::all_of(parts, &Operand::is_constant)) {
    std::vector<const Tensor*> tensors;
    std::int64_t size = 0;
    for (const Operand& part : parts) {
      tensors.push_back(part.constant.get());
      size += part.constant->size();
    }
    FINNR_RETURN_IF_ERROR(node.charge(size));
    return node.made(concat(tensors, axis), parts[0].stored);
  }
  if (parts.size() == 1) return parts[0];
  std::vector<ValueId> values;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    FINNR_ASSIGN(const ValueId value, node.value_of(parts[i], i));
    values.push_back(value);
  }
  FINNR_ASSIGN(const NodeId id, node.add_node(Concat{axis}, values));
  const auto data = std::ranges::find_if(parts, [](const Operand& part) { return part.batch_axis >= 0; });
  return node.made(node.graph().node(id).outputs[0], parts[0].stored, data == parts.end() ? parts[0] : *data);
}

Result<Operand> number_step(NodeImport& node, BinaryFunction function, const Operand& a, float number) {
  const bool additive = function == BinaryFunction::kAdd || function == BinaryFunction::kSub;
  const bool multiplicative = function == BinaryFunction::kMul || function == BinaryFunction::kDiv;
  if ((additive && number == 0) || (multiplicative && number == 1)) return a;
  FINNR_ASSIGN(Operand b, node.made(Tensor::scalar(number), StoredType::kFloat32));
  return binary_step(node, function, a, 0, std::move(b), node.input_count());
}

std::vector<std::int64_t> all_indices(std::int64_t size) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(size));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

std::vector<int> channel_order(std::size_t rank, bool to_last) {
  std::vector<int> perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  if (to_last) {
    std::rotate(perm.begin() + 1, perm.begin() + 2, perm.end());
  } else {
    std::rotate(perm.begin() + 1, perm.end() - 1, perm.end());
  }
  return perm;
}

Status check_float(const NodeImport& node, const Operand& operand, std::size_t i) {
  if (is_float(operand.stored)) return ok_status();
  return node
      .input_error(Code::kTypeMismatch, i,
                   fmt::format("{} tensor reaches '{}', which expects float", to_text(operand.stored), printable(node.node().name)))
      .because(fmt::format("{} takes numbers, not integer codes", printable(node.node().type)))
      .fix("put a DequantizeLinear in front");
}

}  // namespace finnr

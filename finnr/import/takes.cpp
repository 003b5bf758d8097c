// SPDX-License-Identifier: Apache-2.0
// Operators that choose, repeat or join elements along axes, on constants (the arithmetic of shapes) and on data alike.
#include <fmt/format.h>

#include <algorithm>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

Status check_shape(const Shape& shape) {
  if (is_sane(shape)) return ok_status();
  return NodeImport::error(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(shape)))
      .because("no tensor may have more than 2^30 elements, or negative sizes");
}

}  // namespace

Status import_gather(NodeImport& node) {
  FINNR_ASSIGN(const std::shared_ptr<const Tensor> indices, node.parameter(1, "the list of indices"));
  FINNR_ASSIGN(const Operand data, node.operand(0));
  const Shape shape = node.shape(data);
  FINNR_ASSIGN(const int axis, node.axis("axis", 0, shape.size()));
  const std::int64_t size = shape[static_cast<std::size_t>(axis)];
  if (indices->is_float()) return node.input_error(Code::kTypeMismatch, 1, "the indices of Gather are not integers");
  std::vector<std::int64_t> taken;
  for (const std::int64_t index : indices->ints()) {
    if (index < -size || index >= size)
      return node.input_error(Code::kShapeMismatch, 1, fmt::format("index {} of Gather is outside an axis of {}", index, size));
    taken.push_back(index < 0 ? index + size : index);
  }
  Shape result(shape.begin(), shape.begin() + axis);
  result.insert(result.end(), indices->shape().begin(), indices->shape().end());
  result.insert(result.end(), shape.begin() + axis + 1, shape.end());
  FINNR_RETURN_IF_ERROR(check_shape(result));
  FINNR_ASSIGN(const Operand elements, take_step(node, data, axis, std::move(taken)));
  return node.give(reshape_step(node, elements, std::move(result)));
}

Status import_concat(NodeImport& node) {
  if (node.attribute("axis") == nullptr && node.opset() >= 4)
    return NodeImport::attribute_error(Code::kBadAttribute, "axis", "attribute 'axis' is missing");
  std::vector<Operand> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    FINNR_ASSIGN(Operand part, node.operand(i));
    parts.push_back(std::move(part));
  }
  const Shape first = node.shape(parts[0]);
  FINNR_ASSIGN(const int axis, node.axis("axis", 1, first.size()));
  const auto along = static_cast<std::size_t>(axis);
  Shape result = first;
  result[along] = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Shape given = node.shape(parts[i]);
    if (parts[i].stored != parts[0].stored)
      return node.input_error(Code::kTypeMismatch, i,
                              fmt::format("Concat of {} and {}", to_text(parts[0].stored), to_text(parts[i].stored)));
    bool fits = given.size() == result.size();
    for (std::size_t a = 0; fits && a < result.size(); ++a) fits = a == along || given[a] == result[a];
    if (!fits) return node.input_error(Code::kShapeMismatch, i, fmt::format("Concat of shapes {} and {}", to_text(first), to_text(given)));
    result[along] += given[along];
    FINNR_RETURN_IF_ERROR(check_shape(result));
  }
  return node.give(concat_step(node, parts, axis));
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
    FINNR_ASSIGN(lists.starts, node.integers_parameter(1, "the list of starts"));
    FINNR_ASSIGN(lists.ends, node.integers_parameter(2, "the list of ends"));
    if (node.has_input(3)) {
      FINNR_ASSIGN(lists.axes, node.integers_parameter(3, "the list of axes"));
    }
    if (node.has_input(4)) {
      FINNR_ASSIGN(lists.steps, node.integers_parameter(4, "the list of steps"));
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
  FINNR_ASSIGN(const SliceLists lists, slice_lists(node));
  FINNR_ASSIGN(Operand result, node.operand(0));
  for (std::size_t i = 0; i < lists.starts.size(); ++i) {
    const Shape shape = node.shape(result);
    const std::int64_t given = lists.axes ? (*lists.axes)[i] : static_cast<std::int64_t>(i);
    const std::optional<int> axis = normal_axis(given, shape.size());
    if (!axis) return NodeImport::error(Code::kBadAttribute, fmt::format("axis {} of Slice does not exist", given));
    const std::int64_t size = shape[static_cast<std::size_t>(*axis)];
    const std::int64_t wanted = lists.steps ? (*lists.steps)[i] : 1;
    if (wanted == 0) return NodeImport::error(Code::kBadAttribute, "a step of Slice is 0");
    const std::int64_t step = std::clamp<std::int64_t>(wanted, -size - 1, size + 1);
    const std::int64_t start = step > 0 ? position(lists.starts[i], size, 0, size) : position(lists.starts[i], size, -1, size - 1);
    const std::int64_t end = step > 0 ? position(lists.ends[i], size, 0, size) : position(lists.ends[i], size, -1, size - 1);
    const std::int64_t length = std::max<std::int64_t>(0, step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step);
    if (length == size && step == 1) continue;
    FINNR_RETURN_IF_ERROR(node.charge(length));
    std::vector<std::int64_t> indices;
    for (std::int64_t k = 0; k < length; ++k) indices.push_back(start + k * step);
    FINNR_ASSIGN(result, take_step(node, result, *axis, std::move(indices)));
  }
  return node.give(std::move(result));
}

namespace {

/// Sizes of the parts: given (attribute before opset 13, input since), or as equal as whole numbers allow.
Result<std::vector<std::int64_t>> split_sizes(NodeImport& node, std::int64_t size) {
  std::vector<std::int64_t> sizes;
  const auto outputs = static_cast<std::int64_t>(node.node().outputs.size());
  if (node.attribute("split") != nullptr) {
    FINNR_ASSIGN(sizes, node.integers("split"));
  } else if (node.has_input(1)) {
    FINNR_ASSIGN(sizes, node.integers_parameter(1, "the list of sizes"));
  } else {
    FINNR_ASSIGN(const std::int64_t parts, node.integer("num_outputs", outputs));
    if (parts < 1 || parts < outputs || parts > kMaxElements)
      return NodeImport::attribute_error(Code::kBadAttribute, "num_outputs",
                                         fmt::format("Split into {} parts for {} outputs", parts, outputs));
    const std::int64_t each = (size + parts - 1) / parts;
    for (std::int64_t i = 0; i < outputs; ++i) sizes.push_back(std::clamp<std::int64_t>(size - i * each, 0, each));
    if (parts == outputs && node.attribute("num_outputs") == nullptr && size % parts != 0)
      return NodeImport::error(Code::kShapeMismatch, fmt::format("Split of {} elements into {} equal parts", size, parts));
    return sizes;
  }
  std::int64_t sum = 0;
  for (const std::int64_t part : sizes) sum += part < 0 || part > size ? kMaxElements : part;
  if (static_cast<std::int64_t>(sizes.size()) < outputs || sum != size)
    return NodeImport::error(Code::kShapeMismatch, fmt::format("Split of {} elements into parts of {}", size, to_text(sizes)))
        .because("the sizes of the parts add up to the axis, one for each output");
  return sizes;
}

}  // namespace

Status import_split(NodeImport& node) {
  FINNR_ASSIGN(const Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  FINNR_ASSIGN(const int axis, node.axis("axis", 0, shape.size()));
  FINNR_ASSIGN(const std::vector<std::int64_t> sizes, split_sizes(node, shape[static_cast<std::size_t>(axis)]));
  FINNR_RETURN_IF_ERROR(node.charge(shape[static_cast<std::size_t>(axis)]));
  std::int64_t start = 0;
  for (std::size_t i = 0; i < node.node().outputs.size(); ++i) {
    std::vector<std::int64_t> indices = all_indices(sizes[i]);
    for (std::int64_t& index : indices) index += start;
    start += sizes[i];
    FINNR_ASSIGN(Operand part, take_step(node, x, axis, std::move(indices)));
    FINNR_RETURN_IF_ERROR(node.give(i, std::move(part)));
  }
  return ok_status();
}

Status import_tile(NodeImport& node) {
  if (node.opset() < 6) return NodeImport::error(Code::kUnknownOperator, "Tile of operator sets before 6 is not supported");
  FINNR_ASSIGN(const std::vector<std::int64_t> repeats, node.integers_parameter(1, "the list of repeats"));
  FINNR_ASSIGN(Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  if (repeats.size() != shape.size())
    return node.input_error(Code::kShapeMismatch, 1, fmt::format("{} repeats for {} axes", repeats.size(), shape.size()));
  Shape result = shape;
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (repeats[a] < 0 || repeats[a] > kMaxElements)
      return node.input_error(Code::kTooLarge, 1, fmt::format("Tile repeats an axis {} times", repeats[a]));
    result[a] *= repeats[a];
  }
  FINNR_RETURN_IF_ERROR(check_shape(result));
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (repeats[a] == 1) continue;
    FINNR_RETURN_IF_ERROR(node.charge(result[a]));
    std::vector<std::int64_t> indices = all_indices(result[a]);
    for (std::int64_t& index : indices) index %= shape[a];
    FINNR_ASSIGN(x, take_step(node, x, static_cast<int>(a), std::move(indices)));
  }
  return node.give(std::move(x));
}

Status import_expand(NodeImport& node) {
  FINNR_ASSIGN(const std::vector<std::int64_t> target, node.integers_parameter(1, "the target shape"));
  FINNR_RETURN_IF_ERROR(check_shape(target));
  FINNR_ASSIGN(Operand x, node.operand(0));
  Shape shape = node.shape(x);
  const std::optional<Shape> together = broadcast(shape, target);
  if (!together) return node.input_error(Code::kShapeMismatch, 1, fmt::format("Expand of {} to {}", to_text(shape), to_text(target)));
  if (*together == shape) return node.give(std::move(x));
  FINNR_RETURN_IF_ERROR(check_shape(*together));
  if (x.is_constant()) {
    FINNR_RETURN_IF_ERROR(node.charge(count(*together)));
    return node.give(node.made(broadcast_to(*x.constant, *together), x.stored));
  }
  shape.insert(shape.begin(), together->size() - shape.size(), 1);
  FINNR_ASSIGN(x, reshape_step(node, x, shape));
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (shape[a] == (*together)[a]) continue;
    FINNR_RETURN_IF_ERROR(node.charge((*together)[a]));
    FINNR_ASSIGN(x, take_step(node, x, static_cast<int>(a), std::vector<std::int64_t>(static_cast<std::size_t>((*together)[a]), 0)));
  }
  return node.give(std::move(x));
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
// ONNX Pad. Only padding with a constant makes new elements; the other modes repeat those of the image, as negative padding
// leaves some out: both are choices of elements along an axis.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

enum class PadMode : std::uint8_t { kConstant, kEdge, kReflect, kWrap };

Result<PadMode> read_mode(NodeImport& node) {
  FINNR_ASSIGN(const std::string mode, node.text("mode", "constant"));
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "edge") return PadMode::kEdge;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "wrap") return PadMode::kWrap;
  return NodeImport::attribute_error(Code::kBadAttribute, "mode", fmt::format("Pad mode {} does not exist", printable(mode)))
      .because("known are constant, edge, reflect and wrap");
}

/// The list of padding: an attribute before opset 11 ("paddings" before opset 2), an input since.
Result<std::vector<std::int64_t>> read_pads(NodeImport& node) {
  for (const std::string_view name : {"pads", "paddings"}) {
    if (node.attribute(name) != nullptr) return node.integers(name);
  }
  return node.integers_parameter(1, "the list of padding");
}

/// The padding in front and behind of every axis of the tensor.
Result<std::pair<Shape, Shape>> padding(NodeImport& node, const std::vector<std::int64_t>& pads, std::size_t rank) {
  std::vector<std::int64_t> axes = all_indices(static_cast<std::int64_t>(rank));
  if (node.has_input(3)) {
    FINNR_ASSIGN(axes, node.integers_parameter(3, "the list of axes"));
  }
  if (pads.size() != 2 * axes.size())
    return NodeImport::error(Code::kShapeMismatch, fmt::format("Pad has {} numbers for {} axes", pads.size(), axes.size()))
        .because("each axis has one in front and one behind");
  Shape begin(rank, 0);
  Shape end(rank, 0);
  std::vector<bool> seen(rank, false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::optional<int> axis = normal_axis(axes[i], rank);
    if (!axis || seen[static_cast<std::size_t>(*axis)])
      return node.input_error(Code::kBadAttribute, 3, fmt::format("axis {} of Pad does not exist or is listed twice", axes[i]));
    const auto a = static_cast<std::size_t>(*axis);
    seen[a] = true;
    begin[a] = pads[i];
    end[a] = pads[axes.size() + i];
  }
  return std::pair(begin, end);
}

Status check_sizes(NodeImport& node, const Shape& shape, const Shape& begin, const Shape& end) {
  Shape result = shape;
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (begin[a] > kMaxElements || end[a] > kMaxElements)
      return NodeImport::error(Code::kTooLarge, fmt::format("output of '{}' is too large", printable(node.node().name)))
          .because("its padding is far larger than any tensor");
    if (begin[a] < -shape[a] || end[a] < -shape[a] || shape[a] + begin[a] + end[a] < 0)
      return NodeImport::error(Code::kShapeMismatch, fmt::format("Pad removes more than axis {} has", a));
    result[a] += begin[a] + end[a];
  }
  if (is_sane(result)) return ok_status();
  return NodeImport::error(Code::kTooLarge, fmt::format("output of '{}' is too large", printable(node.node().name)))
      .because(fmt::format("it would have shape {}", to_text(result)));
}

/// Which element of an axis of `size` stands at position `at`, which may lie outside.
std::int64_t source(PadMode mode, std::int64_t at, std::int64_t size) {
  const auto modulo = [](std::int64_t a, std::int64_t b) { return (a % b + b) % b; };
  switch (mode) {
    case PadMode::kReflect: {
      const std::int64_t period = std::max<std::int64_t>(1, 2 * (size - 1));
      const std::int64_t phase = modulo(at, period);
      return phase < size ? phase : period - phase;
    }
    case PadMode::kWrap:
      return modulo(at, size);
    case PadMode::kConstant:
    case PadMode::kEdge:
      break;
  }
  return std::clamp<std::int64_t>(at, 0, size - 1);
}

/// The constant, as a float or as a code.
Result<Pad> filled(NodeImport& node, const Operand& x) {
  Pad pad;
  if (!is_float(x.stored)) {
    if (!node.has_input(2)) return pad;
    FINNR_ASSIGN(const std::vector<std::int64_t> values, node.integers_parameter(2, "the value of the padding"));
    if (values.size() != 1) return node.input_error(Code::kShapeMismatch, 2, "the value of the padding is not one number");
    pad.code = values[0];
    return pad;
  }
  FINNR_ASSIGN(pad.value, node.number("value", 0.0F));
  if (node.has_input(2)) {
    FINNR_ASSIGN(pad.value, node.number_parameter(2, "the value of the padding"));
  }
  if (std::isfinite(pad.value)) return pad;
  return node.input_error(Code::kNotANumber, 2, "the value of the padding is not finite")
      .because("no quantizer has a code for it")
      .fix("let the pool behind it pad: its own padding never wins");
}

}  // namespace

Status import_pad(NodeImport& node) {
  FINNR_ASSIGN(const PadMode mode, read_mode(node));
  FINNR_ASSIGN(const std::vector<std::int64_t> pads, read_pads(node));
  FINNR_ASSIGN(Operand x, node.operand(0));
  const Shape shape = node.shape(x);
  FINNR_ASSIGN(const auto sides, padding(node, pads, shape.size()));
  const auto& [begin, end] = sides;
  FINNR_RETURN_IF_ERROR(check_sizes(node, shape, begin, end));
  FINNR_ASSIGN(Pad pad, filled(node, x));
  pad.begin = Shape(shape.size(), 0);
  pad.end = pad.begin;
  bool needed = false;
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (begin[a] == 0 && end[a] == 0) continue;
    const bool constant = mode == PadMode::kConstant;
    if (!constant && shape[a] == 0 && (begin[a] > 0 || end[a] > 0))
      return node.input_error(Code::kShapeMismatch, 0, "padding repeats elements of an empty axis");
    const std::int64_t first = constant ? std::max<std::int64_t>(0, -begin[a]) : -begin[a];
    const std::int64_t last = shape[a] + (constant ? std::min<std::int64_t>(0, end[a]) : end[a]);
    if (first != 0 || last != shape[a]) {
      FINNR_RETURN_IF_ERROR(node.charge(std::max<std::int64_t>(0, last - first)));
      std::vector<std::int64_t> indices;
      for (std::int64_t at = first; at < last; ++at) indices.push_back(source(mode, at, shape[a]));
      FINNR_ASSIGN(x, take_step(node, x, static_cast<int>(a), std::move(indices)));
    }
    if (!constant) continue;
    pad.begin[a] = std::max<std::int64_t>(0, begin[a]);
    pad.end[a] = std::max<std::int64_t>(0, end[a]);
    needed = needed || pad.begin[a] > 0 || pad.end[a] > 0;
  }
  if (!needed) return node.give(std::move(x));
  FINNR_ASSIGN(const ValueId data, node.value_of(x, 0));
  FINNR_ASSIGN(const ValueId y, node.add(std::move(pad), {data}));
  return node.give(node.made(y, x.stored, x));
}

}  // namespace finnr

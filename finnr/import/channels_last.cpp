// SPDX-License-Identifier: Apache-2.0
// QONNX operators on images with the channels at the end, and those that QONNX' own transformations make: the standard
// meaning between transposes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/convolutions.h"
#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/pools.h"
#include "finnr/import/quantizer_parameters.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

/// The operand with its channels at position 1.
Result<Operand> channels_first(NodeImport& node, const Operand& x, std::size_t i) {
  const Shape shape = node.shape(x);
  if (shape.size() >= 3) return transpose_step(node, x, channel_order(shape.size(), false));
  return node.input_error(Code::kShapeMismatch, i, fmt::format("{} of data of shape {}", printable(node.node().type), to_text(shape)))
      .because("it needs an axis of samples, at least one spatial axis and one of channels");
}

Result<Operand> channels_last(NodeImport& node, const Operand& x) {
  return transpose_step(node, x, channel_order(node.shape(x).size(), true));
}

/// A list of the same number for rows and columns, or of one for each.
Result<std::pair<std::int64_t, std::int64_t>> square(NodeImport& node, std::string_view name, std::int64_t otherwise) {
  std::vector<std::int64_t> list = {otherwise};
  const FileAttribute* given = node.attribute(name);
  if (given != nullptr && std::holds_alternative<std::int64_t>(given->value)) {
    list[0] = std::get<std::int64_t>(given->value);
  } else if (given != nullptr) {
    FINNR_ASSIGN(list, node.integers(name));
  }
  if (list.size() == 1) list.push_back(list[0]);
  if (list.size() != 2 || list[0] < 1 || list[1] < 1 || list[0] > kMaxElements || list[1] > kMaxElements)
    return NodeImport::attribute_error(Code::kBadAttribute, name, fmt::format("attribute '{}' is {}", name, to_text(list)))
        .because("it is one number of at least 1 for rows and one for columns");
  return std::pair(list[0], list[1]);
}

/// Element i * dilation + o * stride for every kernel position i and output position o.
std::vector<std::int64_t> unrolled(const Window& window, std::size_t axis) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < window.kernel[axis]; ++i) {
    for (std::int64_t o = 0; o < window.positions[axis]; ++o) indices.push_back(i * window.dilation[axis] + o * window.stride[axis]);
  }
  return indices;
}

}  // namespace

Status import_conv_channels_last(NodeImport& node) {
  FINNR_ASSIGN(const ConvAttributes given, read_conv(node));
  FINNR_ASSIGN(Operand x, node.operand(0));
  FINNR_ASSIGN(Operand weights, node.operand(1));
  FINNR_ASSIGN(x, channels_first(node, x, 0));
  FINNR_ASSIGN(weights, channels_first(node, weights, 1));
  FINNR_ASSIGN(Operand y, convolve(node, given, x, weights));
  if (node.has_input(2)) {
    FINNR_ASSIGN(Operand bias, node.operand(2));
    FINNR_ASSIGN(y, add_bias(node, std::move(y), std::move(bias), 2));
  }
  return node.give(channels_last(node, y));
}

Status import_max_pool_channels_last(NodeImport& node) {
  FINNR_ASSIGN(const WindowAttributes given, read_window(node));
  FINNR_ASSIGN(Operand x, node.operand(0));
  FINNR_ASSIGN(x, channels_first(node, x, 0));
  FINNR_ASSIGN(const Operand y, max_pool(node, given, x));
  return node.give(channels_last(node, y));
}

// The sum of each window, shifted right by as many bits as a sum of such codes has more than obits.
Status import_quant_avg_pool(NodeImport& node) {
  FINNR_ASSIGN(const auto kernel, square(node, "kernel", 1));
  FINNR_ASSIGN(const auto stride, square(node, "stride", 1));
  FINNR_ASSIGN(const std::int64_t ibits, node.integer("ibits", 0));
  FINNR_ASSIGN(const std::int64_t obits, node.integer("obits", 0));
  FINNR_ASSIGN(const std::string layout, node.text("data_layout", "NCHW"));
  if (ibits < 1 || ibits > 32 || obits < 1 || obits > 32)
    return NodeImport::error(Code::kBadAttribute, fmt::format("QuantAvgPool2d from {} to {} bits", ibits, obits))
        .because("ibits and obits are whole numbers from 1 to 32");
  FINNR_ASSIGN(Operand x, node.operand(0));
  FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
  const bool last = layout.ends_with('C');
  if (last) {
    FINNR_ASSIGN(x, channels_first(node, x, 0));
  }
  if (node.shape(x).size() != 4)
    return node.input_error(Code::kShapeMismatch, 0, fmt::format("QuantAvgPool2d of data of shape {}", to_text(node.shape(x))));
  WindowAttributes given;
  given.kernel = {kernel.first, kernel.second};
  given.stride = {stride.first, stride.second};
  FINNR_ASSIGN(Operand y, sum_pool(node, given, x));
  const double most = (std::exp2(static_cast<double>(ibits)) - 1) * static_cast<double>(kernel.first) * static_cast<double>(kernel.second);
  const auto bits = static_cast<std::int64_t>(std::ilogb(most)) + 1;
  const auto shift = static_cast<float>(std::max<std::int64_t>(0, bits - obits));
  FINNR_ASSIGN(y, number_step(node, BinaryFunction::kDiv, y, std::exp2(shift)));
  FINNR_ASSIGN(y, truncated_codes(node, Rounding::kFloor, y));
  if (last) {
    FINNR_ASSIGN(y, channels_last(node, y));
  }
  return node.give(std::move(y));
}

// Windows of an image [N,H,W,C] side by side, [N,OH,OW,kh*kw*C]: rows and columns are repeated as the windows overlap, then
// the kernel's axes move behind the positions.
Status import_im2col(NodeImport& node) {
  FINNR_ASSIGN(const auto kernel, square(node, "kernel_size", 0));
  FINNR_ASSIGN(const auto stride, square(node, "stride", 0));
  FINNR_ASSIGN(const auto dilation, square(node, "dilations", 1));
  std::vector<std::int64_t> pads(4, 0);
  if (node.attribute("pad_amount") != nullptr) {
    FINNR_ASSIGN(pads, node.integers("pad_amount"));
  }
  FINNR_ASSIGN(const float fill, node.number("pad_value", 0.0F));
  if (pads.size() != 4 || std::ranges::any_of(pads, [](std::int64_t p) { return p < 0; }) || !std::isfinite(fill))
    return NodeImport::attribute_error(Code::kBadAttribute, "pad_amount", fmt::format("padding {} of Im2Col", to_text(pads)))
        .because("it is four numbers of at least 0: top, left, bottom, right");
  FINNR_ASSIGN(Operand x, node.operand(0));
  FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
  const Shape shape = node.shape(x);
  if (shape.size() != 4) return node.input_error(Code::kShapeMismatch, 0, fmt::format("Im2Col of data of shape {}", to_text(shape)));
  WindowAttributes given;
  given.stride = {stride.first, stride.second};
  given.dilation = {dilation.first, dilation.second};
  given.pads = pads;
  FINNR_ASSIGN(const Window window, fit_window(node, given, {kernel.first, kernel.second}, {shape[1], shape[2]}));
  if (std::ranges::any_of(pads, [](std::int64_t p) { return p > 0; })) {
    FINNR_ASSIGN(const ValueId data, node.value_of(x, 0));
    FINNR_ASSIGN(const ValueId padded, node.add(Pad{{0, pads[0], pads[1], 0}, {0, pads[2], pads[3], 0}, fill, 0}, {data}));
    x = node.made(padded, x.stored, x);
  }
  const Shape& k = window.kernel;
  const Shape& p = window.positions;
  const Shape result = {shape[0], p[0], p[1], k[0] * k[1] * shape[3]};
  const Shape wide = {shape[0], k[0], p[0], k[1], p[1], shape[3]};
  if (!is_sane(wide)) return NodeImport::error(Code::kTooLarge, fmt::format("a result of shape {} is too large", to_text(result)));
  for (std::size_t a = 0; a < 2; ++a) {
    FINNR_RETURN_IF_ERROR(node.charge(k[a] * p[a]));
    FINNR_ASSIGN(x, take_step(node, x, static_cast<int>(a) + 1, unrolled(window, a)));
  }
  FINNR_ASSIGN(x, reshape_step(node, x, wide));
  FINNR_ASSIGN(x, transpose_step(node, x, {0, 2, 4, 1, 3, 5}));
  return node.give(reshape_step(node, x, result));
}

// Bits stand for the signs of numbers: 0 for -1. The result counts agreeing bits.
Status import_xnor_popcount(NodeImport& node) {
  std::vector<ValueId> signs;
  std::int64_t terms = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    FINNR_ASSIGN(Operand bits, node.operand(i));
    FINNR_RETURN_IF_ERROR(check_float(node, bits, i));
    const Shape shape = node.shape(bits);
    if (i == 0 && !shape.empty()) terms = shape.back();
    FINNR_ASSIGN(bits, number_step(node, BinaryFunction::kMul, bits, 2));
    FINNR_ASSIGN(bits, number_step(node, BinaryFunction::kSub, bits, 1));
    FINNR_ASSIGN(const ValueId value, node.value_of(bits, i));
    signs.push_back(value);
  }
  FINNR_ASSIGN(const ValueId product, node.add(MatMul{}, {signs[0], signs[1]}));
  FINNR_ASSIGN(Operand y, number_step(node, BinaryFunction::kAdd, node.made(product, StoredType::kFloat32), static_cast<float>(terms)));
  return node.give(number_step(node, BinaryFunction::kDiv, y, 2));
}

}  // namespace finnr

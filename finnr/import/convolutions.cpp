// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/convolutions.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

Result<std::int64_t> read_groups(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t groups, node.integer("group", 1));
  if (groups >= 1) return groups;
  return NodeImport::attribute_error(Code::kBadAttribute, "group", fmt::format("group must be at least 1, is {}", groups));
}

/// What Conv and its transposed form ask of data and weights: numbers, of one rank with at least one spatial axis, not empty.
Status check_ranks(NodeImport& node, const ConvAttributes& given, const Operand& x, const Operand& weights) {
  if (!given.codes) {
    FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
    FINNR_RETURN_IF_ERROR(check_float(node, weights, given.weights_input));
  }
  const Shape data = node.shape(x);
  const Shape kernel = node.shape(weights);
  if (data.size() < 3) {
    return node.input_error(Code::kShapeMismatch, 0, fmt::format("{} of data of shape {}", printable(node.node().type), to_text(data)))
        .because("it needs an axis of samples, one of channels and at least one spatial axis");
  }
  if (kernel.size() != data.size() || count(kernel) == 0)
    return node.input_error(Code::kShapeMismatch, given.weights_input,
                            fmt::format("weights of shape {} on data of shape {}", to_text(kernel), to_text(data)));
  return ok_status();
}

Status check_kernel(const WindowAttributes& given, const Shape& weights) {
  const Shape kernel = spatial_part(weights);
  if (given.kernel.empty() || given.kernel == kernel) return ok_status();
  return NodeImport::attribute_error(
             Code::kBadAttribute, "kernel_shape",
             fmt::format("kernel_shape {} disagrees with the weights {}", cross_text(given.kernel), cross_text(kernel)))
      .because("the weights decide the size of the kernel")
      .fix("export the model again");
}

Status check_groups(NodeImport& node, std::int64_t groups, std::int64_t channels, std::string_view which) {
  if (channels % groups == 0) return ok_status();
  return NodeImport::attribute_error(Code::kShapeMismatch, "group",
                                     fmt::format("group {} does not divide {} {} channels", groups, channels, which))
      .because(fmt::format("each group of {} has as many channels", printable(node.node().type)));
}

Status check_channels(NodeImport& node, std::size_t i, std::int64_t channels, std::int64_t expected, const Shape& x, const Shape& weights) {
  if (channels == expected) return ok_status();
  return node.input_error(Code::kShapeMismatch, i, fmt::format("input has {} channels, weights expect {}", channels, expected))
      .because(fmt::format("the data has shape {}, the weights {}", to_text(x), to_text(weights)));
}

Result<Operand> add_conv(NodeImport& node, Conv op, const Operand& x, const Operand& weights) {
  FINNR_ASSIGN(const ValueId data, node.value_of(x, 0));
  FINNR_ASSIGN(const ValueId kernel, node.value_of(weights, 1));
  FINNR_ASSIGN(const ValueId y, node.add(std::move(op), {data, kernel}));
  return node.made(y, StoredType::kFloat32, x);
}

}  // namespace

Result<Operand> add_bias(NodeImport& node, Operand y, Operand bias, std::size_t i) {
  FINNR_RETURN_IF_ERROR(check_float(node, bias, i));
  const Shape shape = node.shape(y);
  const Shape given = node.shape(bias);
  if (given.size() != 1 || given[0] != shape[1]) {
    return node.input_error(Code::kShapeMismatch, i,
                            fmt::format("a bias of shape {} does not fit {} output channels", to_text(given), shape[1]));
  }
  Shape spread(shape.size(), 1);
  spread[1] = shape[1];
  FINNR_ASSIGN(bias, reshape_step(node, bias, std::move(spread)));
  return binary_step(node, BinaryFunction::kAdd, std::move(y), 0, std::move(bias), i);
}

Result<ConvAttributes> read_conv(NodeImport& node) {
  ConvAttributes result;
  FINNR_ASSIGN(result.window, read_window(node));
  FINNR_ASSIGN(result.groups, read_groups(node));
  return result;
}

Result<Operand> convolve(NodeImport& node, const ConvAttributes& given, const Operand& x, const Operand& weights) {
  FINNR_RETURN_IF_ERROR(check_ranks(node, given, x, weights));
  const Shape data = node.shape(x);
  const Shape kernel = node.shape(weights);
  FINNR_RETURN_IF_ERROR(check_kernel(given.window, kernel));
  FINNR_RETURN_IF_ERROR(check_groups(node, given.groups, data[1], "input"));
  FINNR_RETURN_IF_ERROR(check_groups(node, given.groups, kernel[0], "output"));
  FINNR_RETURN_IF_ERROR(check_channels(node, given.weights_input, data[1], kernel[1] * given.groups, data, kernel));
  FINNR_ASSIGN(const Window window, fit_window(node, given.window, spatial_part(kernel), spatial_part(data)));
  const Shape spacing(window.kernel.size(), 1);
  return add_conv(node, Conv{window.stride, window.dilation, window.begin, window.end, spacing, given.groups, 0}, x, weights);
}

Status import_conv(NodeImport& node) {
  FINNR_ASSIGN(const ConvAttributes given, read_conv(node));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_ASSIGN(const Operand weights, node.operand(1));
  FINNR_ASSIGN(Operand y, convolve(node, given, x, weights));
  if (!node.has_input(2)) return node.give(std::move(y));
  FINNR_ASSIGN(Operand bias, node.operand(2));
  return node.give(add_bias(node, std::move(y), std::move(bias), 2));
}

namespace {

struct TransposedAttributes {
  WindowAttributes window;
  Shape output_padding;
  Shape output_shape;
  std::int64_t groups = 1;
};

Result<TransposedAttributes> read_transposed(NodeImport& node) {
  TransposedAttributes result;
  FINNR_ASSIGN(result.window, read_window(node));
  FINNR_ASSIGN(result.groups, read_groups(node));
  if (node.attribute("output_padding") != nullptr) {
    FINNR_ASSIGN(result.output_padding, node.integers("output_padding"));
  }
  if (node.attribute("output_shape") != nullptr) {
    FINNR_ASSIGN(result.output_shape, node.integers("output_shape"));
  }
  return result;
}

/// [C, M/groups, k...] to the weights of a convolution, [M, C/groups, k...], with every spatial axis mirrored.
Result<Operand> mirrored_weights(NodeImport& node, Operand weights, std::int64_t groups) {
  const Shape shape = node.shape(weights);
  const std::int64_t inputs = shape[0] / groups;
  Shape split = {groups, inputs};
  split.insert(split.end(), shape.begin() + 1, shape.end());
  std::vector<int> perm(split.size());
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[1], perm[2]);
  Shape joined = shape;
  joined[0] = groups * shape[1];
  joined[1] = inputs;
  if (groups == 1) {
    perm.pop_back();
    std::iota(perm.begin(), perm.end(), 0);
    std::swap(perm[0], perm[1]);
    FINNR_ASSIGN(weights, transpose_step(node, weights, perm));
  } else {
    FINNR_ASSIGN(weights, reshape_step(node, weights, std::move(split)));
    FINNR_ASSIGN(weights, transpose_step(node, weights, perm));
    FINNR_ASSIGN(weights, reshape_step(node, weights, joined));
  }
  for (std::size_t a = 2; a < joined.size(); ++a) {
    std::vector<std::int64_t> indices = all_indices(joined[a]);
    std::ranges::reverse(indices);
    FINNR_ASSIGN(weights, take_step(node, weights, static_cast<int>(a), std::move(indices)));
  }
  return weights;
}

/// The transposed convolution as a convolution of the spaced image. Padding takes away what the full result has too much:
/// given ones, or such that the result has the asked size, the odd element at the end (SAME_UPPER) or begin (else).
Result<Conv> transposed_window(NodeImport& node, const TransposedAttributes& given, const Shape& kernel, const Shape& image) {
  const std::size_t axes = image.size();
  const WindowAttributes& window = given.window;
  Conv op;
  op.groups = given.groups;
  op.stride = Shape(axes, 1);
  FINNR_ASSIGN(op.spacing, spatial_list("strides", window.stride, axes, 1));
  FINNR_ASSIGN(op.dilation, spatial_list("dilations", window.dilation, axes, 1));
  FINNR_ASSIGN(const Shape pads, spatial_list("pads", window.auto_pad == AutoPad::kNotSet ? window.pads : Shape(), 2 * axes, 0));
  FINNR_ASSIGN(const Shape extra, spatial_list("output_padding", given.output_padding, axes, 0));
  Shape sizes = given.output_shape;
  if (sizes.size() == axes + 2) sizes.erase(sizes.begin(), sizes.begin() + 2);
  if (sizes.empty() && (window.auto_pad == AutoPad::kSameUpper || window.auto_pad == AutoPad::kSameLower)) {
    for (std::size_t a = 0; a < axes; ++a) sizes.push_back(image[a] * std::min(op.spacing[a], kMaxElements));
  }
  if (!sizes.empty()) {
    FINNR_ASSIGN(sizes, spatial_list("output_shape", sizes, axes, 1));
  }
  for (const Shape& list : {op.spacing, op.dilation, pads, extra, sizes}) {
    if (std::ranges::any_of(list, [](std::int64_t x) { return x < 0 || x > kMaxElements; }))
      return NodeImport::error(Code::kTooLarge, fmt::format("output of '{}' is too large", printable(node.node().name)))
          .because("its attributes hold a number below 0 or above 2^30");
  }
  for (std::size_t a = 0; a < axes; ++a) {
    const std::int64_t reach = (kernel[a] - 1) * op.dilation[a];
    std::int64_t front = pads[a];
    std::int64_t back = pads[axes + a];
    if (!sizes.empty()) {
      const std::int64_t total = (image[a] - 1) * op.spacing[a] + extra[a] + reach + 1 - sizes[a];
      const std::int64_t half = std::max<std::int64_t>(0, total) / 2;
      front = window.auto_pad == AutoPad::kSameUpper ? half : std::max<std::int64_t>(0, total) - half;
      back = total - front;
    }
    op.begin.push_back(reach - front);
    op.end.push_back(reach - back + extra[a]);
  }
  return op;
}

}  // namespace

Status import_conv_transpose(NodeImport& node) {
  FINNR_ASSIGN(const TransposedAttributes given, read_transposed(node));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_ASSIGN(const Operand weights, node.operand(1));
  FINNR_RETURN_IF_ERROR(check_ranks(node, {}, x, weights));
  const Shape data = node.shape(x);
  const Shape kernel = node.shape(weights);
  FINNR_RETURN_IF_ERROR(check_kernel(given.window, kernel));
  FINNR_RETURN_IF_ERROR(check_groups(node, given.groups, data[1], "input"));
  FINNR_RETURN_IF_ERROR(check_channels(node, 1, data[1], kernel[0], data, kernel));
  FINNR_ASSIGN(Conv op, transposed_window(node, given, spatial_part(kernel), spatial_part(data)));
  FINNR_ASSIGN(const Operand mirrored, mirrored_weights(node, weights, given.groups));
  FINNR_ASSIGN(Operand y, add_conv(node, std::move(op), x, mirrored));
  if (!node.has_input(2)) return node.give(std::move(y));
  FINNR_ASSIGN(Operand bias, node.operand(2));
  return node.give(add_bias(node, std::move(y), std::move(bias), 2));
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/windows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "finnr/base/integers.h"
#include "finnr/import/names.h"

namespace finnr {
namespace {

constexpr std::int64_t kMostEntry = std::int64_t{1} << 30;
constexpr std::int64_t kMostReads = std::int64_t{1} << 25;  ///< positions times kernel along one axis

Result<Shape> optional_list(NodeImport& node, std::string_view name) {
  if (node.attribute(name) == nullptr) return Shape();
  return node.integers(name);
}

Status check_least(std::string_view name, std::string_view what, const Shape& list, std::int64_t least) {
  for (const std::int64_t x : list) {
    if (x < least) {
      return NodeImport::attribute_error(
                 Code::kBadAttribute, name,
                 least == 0 ? fmt::format("{} of {} are not valid", what, x) : fmt::format("{} must be at least {}, is {}", what, least, x))
          .because(least == 0 ? "a convolution or pool adds elements around the image; it removes none" : "smaller ones have no meaning");
    }
  }
  return ok_status();
}

Result<AutoPad> read_auto_pad(NodeImport& node) {
  FINNR_ASSIGN(const std::string mode, node.text("auto_pad", "NOTSET"));
  if (mode == "NOTSET" || mode.empty()) return AutoPad::kNotSet;
  if (mode == "SAME_UPPER") return AutoPad::kSameUpper;
  if (mode == "SAME_LOWER") return AutoPad::kSameLower;
  if (mode == "VALID") return AutoPad::kValid;
  return NodeImport::attribute_error(Code::kBadAttribute, "auto_pad", fmt::format("auto_pad {} does not exist", printable(mode)))
      .because("known are NOTSET, SAME_UPPER, SAME_LOWER and VALID");
}

Diagnostic too_large(const NodeImport& node) {
  return NodeImport::error(Code::kTooLarge, fmt::format("output of '{}' is too large", printable(node.node().name)))
      .because("its window or padding is far larger than any image")
      .fix("look at kernel_shape and pads of this layer");
}

}  // namespace

std::vector<std::int64_t> Window::met(std::size_t axis, std::int64_t low, std::int64_t high) const {
  std::vector<std::int64_t> result;
  result.reserve(static_cast<std::size_t>(positions[axis]));
  for (std::int64_t o = 0; o < positions[axis]; ++o) {
    const std::int64_t base = o * stride[axis] - begin[axis];
    const std::int64_t first = std::max<std::int64_t>(0, ceil_div(low - base, dilation[axis]));
    const std::int64_t last = std::min(kernel[axis] - 1, floor_div(high - 1 - base, dilation[axis]));
    result.push_back(std::max<std::int64_t>(0, last - first + 1));
  }
  return result;
}

Result<WindowAttributes> read_window(NodeImport& node) {
  WindowAttributes result;
  FINNR_ASSIGN(result.kernel, optional_list(node, "kernel_shape"));
  FINNR_ASSIGN(result.stride, optional_list(node, "strides"));
  FINNR_ASSIGN(result.dilation, optional_list(node, "dilations"));
  FINNR_ASSIGN(result.pads, optional_list(node, "pads"));
  FINNR_ASSIGN(result.auto_pad, read_auto_pad(node));
  FINNR_ASSIGN(const std::int64_t ceil, node.integer("ceil_mode", 0));
  result.ceil = ceil != 0;
  FINNR_RETURN_IF_ERROR(check_least("kernel_shape", "kernel", result.kernel, 1));
  FINNR_RETURN_IF_ERROR(check_least("strides", "stride", result.stride, 1));
  FINNR_RETURN_IF_ERROR(check_least("dilations", "dilation", result.dilation, 1));
  FINNR_RETURN_IF_ERROR(check_least("pads", "pads", result.pads, 0));
  return result;
}

Result<Shape> spatial_list(std::string_view name, const Shape& given, std::size_t axes, std::int64_t otherwise) {
  if (given.empty()) return Shape(axes, otherwise);
  if (given.size() == axes) return given;
  return NodeImport::attribute_error(Code::kBadAttribute, name,
                                     fmt::format("attribute '{}' has {} numbers, not {}", name, given.size(), axes))
      .because("it has one for each spatial axis, pads has two");
}

Result<Window> fit_window(NodeImport& node, const WindowAttributes& given, const Shape& kernel, const Shape& image) {
  const std::size_t axes = image.size();
  Window window{image, kernel, {}, {}, Shape(axes, 0), Shape(axes, 0), {}, Shape(axes, 0)};
  FINNR_ASSIGN(window.stride, spatial_list("strides", given.stride, axes, 1));
  FINNR_ASSIGN(window.dilation, spatial_list("dilations", given.dilation, axes, 1));
  FINNR_ASSIGN(const Shape pads, spatial_list("pads", given.auto_pad == AutoPad::kNotSet ? given.pads : Shape(), 2 * axes, 0));
  for (const Shape& list : {window.kernel, window.stride, window.dilation, pads}) {
    if (std::ranges::any_of(list, [](std::int64_t x) { return x > kMostEntry; })) return too_large(node);
  }
  for (std::size_t a = 0; a < axes; ++a) {
    const std::int64_t stride = window.stride[a];
    const std::int64_t span = window.span(a);
    window.begin[a] = pads[a];
    window.end[a] = pads[axes + a];
    if (given.auto_pad == AutoPad::kSameUpper || given.auto_pad == AutoPad::kSameLower) {
      const std::int64_t total = std::max<std::int64_t>(0, (ceil_div(image[a], stride) - 1) * stride + span - image[a]);
      window.begin[a] = given.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
      window.end[a] = total - window.begin[a];
    }
  }
  window.stored_end = window.end;
  for (std::size_t a = 0; a < axes; ++a) {
    const std::int64_t stride = window.stride[a];
    const std::int64_t room = image[a] + window.begin[a] + window.end[a] - window.span(a);
    if (room < 0) {
      Shape spans;
      Shape padded;
      for (std::size_t i = 0; i < axes; ++i) {
        spans.push_back(window.span(i));
        padded.push_back(image[i] + window.begin[i] + window.end[i]);
      }
      return NodeImport::error(Code::kShapeMismatch,
                               fmt::format("kernel {} is larger than the padded image {}", cross_text(spans), cross_text(padded)))
          .because(spans == window.kernel ? "there is no place for it" : "there is no place for it, spread by its dilation")
          .fix("use a smaller kernel or more padding");
    }
    const std::int64_t floored = room / stride + 1;
    std::int64_t positions = floored;
    if (given.ceil && given.auto_pad == AutoPad::kNotSet) {
      positions = ceil_div(room, stride) + 1;
      if ((positions - 1) * stride >= image[a] + window.begin[a]) --positions;
      if (positions != floored) window.end[a] = (positions - 1) * stride + window.span(a) - image[a] - window.begin[a];
    }
    if (positions > kMostEntry || positions > kMostReads / window.kernel[a]) return too_large(node);
    window.positions[a] = positions;
  }
  return window;
}

std::string cross_text(const Shape& sizes) { return fmt::format("{}", fmt::join(sizes, "x")); }

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/import/node_import.h"

namespace finnr {

enum class AutoPad : std::uint8_t { kNotSet, kSameUpper, kSameLower, kValid };

/// The attributes of an operator with windows as the file gives them; empty lists are left out and mean the defaults.
struct WindowAttributes {
  Shape kernel;
  Shape stride;
  Shape dilation;
  Shape pads;  ///< all begins, then all ends
  AutoPad auto_pad = AutoPad::kNotSet;
  bool ceil = false;
};

/// Reads them and checks what needs no shapes: kernels, strides and dilations are at least 1, pads at least 0 (kBadAttribute).
Result<WindowAttributes> read_window(NodeImport& node);

/// A window on an image of known size, one entry a spatial axis. The padding is explicit.
struct Window {
  Shape image;
  Shape kernel;
  Shape stride;
  Shape dilation;
  Shape begin;
  Shape end;         ///< as the number of positions asks for it
  Shape stored_end;  ///< without what ceil_mode adds: elements behind it are not counted in an average
  Shape positions;

  [[nodiscard]] std::int64_t span(std::size_t axis) const { return (kernel[axis] - 1) * dilation[axis] + 1; }
  /// Elements in [low, high) of the image that the window at each position meets along one axis.
  [[nodiscard]] std::vector<std::int64_t> met(std::size_t axis, std::int64_t low, std::int64_t high) const;
};

/// The lists with their defaults and auto_pad resolved: SAME gives ceil(image / stride) positions with the odd element of the
/// padding at the end (UPPER) or begin (LOWER); ceil_mode (without auto_pad) adds a last window unless it would start in the
/// padding. Fails with kBadAttribute (lists of another length), kShapeMismatch (a window larger than the padded image) or
/// kTooLarge.
Result<Window> fit_window(NodeImport& node, const WindowAttributes& given, const Shape& kernel, const Shape& image);

/// A list with one entry a spatial axis, or the default in every place when it is left out.
Result<Shape> spatial_list(std::string_view name, const Shape& given, std::size_t axes, std::int64_t otherwise);

/// "3x5".
std::string cross_text(const Shape& sizes);

}  // namespace finnr

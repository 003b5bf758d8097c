// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "finnr/graph/op.h"
#include "finnr/hardware/window.h"
#include "finnr/tensor/shape.h"

namespace finnr {

/// Where windows stand on an image and what fills the rest. Channels do not count here: the units add them.
struct Windows {
  WindowShape shape;        ///< with groups and inner 1
  std::int64_t fill = 0;    ///< code of padding and spacing
  std::int64_t images = 1;  ///< in a frame

  [[nodiscard]] std::int64_t kernel() const { return shape.kh * shape.kw; }
  [[nodiscard]] std::int64_t pixels() const { return images * shape.oh * shape.ow; }   ///< windows in a frame
  [[nodiscard]] std::int64_t pixels_in() const { return images * shape.h * shape.w; }  ///< of the images themselves
  /// True where padding, spacing or cropping can put `fill` into a window.
  [[nodiscard]] bool filled() const;
  /// True when every window is one pixel, in the order of the image.
  [[nodiscard]] bool trivial() const;
};

/// Windows on images x [N,C,H,W] or [N,C,L] with results y; the other shapes have one entry for each spatial axis. A signal of one axis
/// lies along h, where the unit holds a few pixels of it.
Windows windows_of(const Shape& x, const Shape& y, const Shape& kernel, const Shape& stride, const Shape& dilation, const Shape& begin,
                   const Shape& spacing, std::int64_t fill);

/// A take along a spatial axis as windows of one pixel: even steps, or every element several times. Nothing for other indices.
std::optional<Windows> resampled(const Take& op, const Shape& x, const Shape& y);

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/graph/op.h"
#include "finnr/hardware/window.h"
#include "finnr/tensor/shape.h"

namespace finnr {

/// Kernel positions that windows send in a beat: `h` kernel rows of `w` columns (window.h).
struct Tile {
  std::int64_t h = 1;
  std::int64_t w = 1;

  [[nodiscard]] std::int64_t positions() const { return h * w; }
};

/// Where windows stand on an image and what fills the rest. Channels do not count here: the units add them.
struct Windows {
  WindowShape shape;        ///< with groups and inner 1
  std::int64_t fill = 0;    ///< code of padding and spacing
  std::int64_t images = 1;  ///< in a frame

  [[nodiscard]] std::int64_t kernel() const { return shape.kh * shape.kw; }
  [[nodiscard]] std::int64_t pixels() const { return images * shape.oh * shape.ow; }   ///< windows in a frame
  [[nodiscard]] std::int64_t pixels_in() const { return images * shape.h * shape.w; }  ///< of the images themselves
  /// Beats in a frame of one channel, a window or a pixel each, on the busier side.
  [[nodiscard]] std::int64_t beats() const { return std::max(pixels(), pixels_in()); }
  /// True where padding, spacing or cropping can put `fill` into a window.
  [[nodiscard]] bool filled() const;
  /// True when every window is one pixel, in the order of the image.
  [[nodiscard]] bool trivial() const;
};

/// Windows on images x [N,C,H,W] or [N,C,L] with results y; the other shapes have one entry for each spatial axis. A signal of one axis
/// lies along h, where the unit holds a few pixels of it.
Windows windows_of(const Shape& x, const Shape& y, const Shape& kernel, const Shape& stride, const Shape& dilation, const Shape& begin,
                   const Shape& spacing, std::int64_t fill);

/// The tiles of windows, fewest positions first: parts of a kernel row, then whole kernel rows up to the whole window. A single
/// position where pixels are repeated or spaced.
std::vector<Tile> tiles(const Windows& windows);

/// Beats of `pixels` windows of one channel with a tile, or of the images where those are more.
std::int64_t tiled_beats(const Windows& windows, std::int64_t pixels, const Tile& tile);

/// The fewest positions with which tiled_beats() is at most `beats`, or as few as it can be.
Tile least_tile(const Windows& windows, std::int64_t pixels, std::int64_t beats);

/// A take along a spatial axis as windows of one pixel: even steps, or every element several times. Nothing for other indices.
std::optional<Windows> resampled(const Take& op, const Shape& x, const Shape& y);

}  // namespace finnr

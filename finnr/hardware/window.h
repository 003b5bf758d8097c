// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace finnr {

/// What a window unit (rtl/finnr_window.sv) does with a frame. A pixel is `groups * inner` beats. For every output pixel
/// (oy, ox), group, kernel row ky and column kx it sends the group's `inner` beats of the pixel at row
/// `oy * stride_h + ky * dilation_h - pad_top` of the virtual image, and likewise for columns; padding outside of it. In
/// the virtual image every real pixel stands up_h * up_w times (`repeat`), or pixels stand up_h and up_w apart with
/// padding between them. All numbers are at least 1 but the pads, of which a negative one crops.
///
/// A beat of the output can carry a tile of kernel positions, tile_h * tile_w of them in the same order: part of a kernel
/// row (tile_h = 1, tile_w divides kw) or whole kernel rows (tile_w = kw, tile_h divides kh), up to the whole window. With a
/// tile of more than one, inner, up_h and up_w are 1.
///
/// The unit holds whole rows. An image of one row is held as one or two frames; laid along h instead, a signal is held as
/// a few pixels.
struct WindowShape {
  std::int64_t h = 1;  ///< of the real image
  std::int64_t w = 1;
  std::int64_t groups = 1;  ///< 1: (ky, kx, channel), the order of a convolution
  std::int64_t inner = 1;   ///< 1: (channel, ky, kx), the order of a depthwise one
  std::int64_t kh = 1;
  std::int64_t kw = 1;
  std::int64_t stride_h = 1;
  std::int64_t stride_w = 1;
  std::int64_t dilation_h = 1;
  std::int64_t dilation_w = 1;
  std::int64_t up_h = 1;
  std::int64_t up_w = 1;
  bool repeat = false;
  std::int64_t pad_top = 0;
  std::int64_t pad_left = 0;
  std::int64_t oh = 1;  ///< of the output
  std::int64_t ow = 1;
  std::int64_t tile_h = 1;  ///< kernel positions in a beat of the output
  std::int64_t tile_w = 1;
};

/// Row of the image that kernel row `ky` of output row `oy` meets, and likewise for columns; -1 where padding is.
std::int64_t window_row(const WindowShape& shape, std::int64_t oy, std::int64_t ky);
std::int64_t window_column(const WindowShape& shape, std::int64_t ox, std::int64_t kx);

/// First row of the image that output row `oy` and later ones need, 0 .. h: rows above are free.
std::int64_t window_base(const WindowShape& shape, std::int64_t oy);

/// Beats of an input frame.
std::int64_t in_beats(const WindowShape& shape);

/// Beats of an output frame.
std::int64_t out_beats(const WindowShape& shape);

/// Rows that the ring needs at least, at least 1: with fewer the unit waits for ever. An output row holds the image from
/// its first real row to its last.
std::int64_t least_rows(const WindowShape& shape);

/// Cycles between frames with a ring of `rows` >= least_rows(shape) rows when the input is always valid and the output
/// always ready: exact and sustained, max(in_beats, out_beats) with enough rows. If frames of different lengths take turns
/// the mean, rounded up.
///
/// The unit is a system of earliest times (max-plus): a word enters after the one before it and after its row has room,
/// a beat leaves after the one before it and after its pixel. Rows and output rows are runs whose ends have a closed form,
/// so a frame takes about oh * kh steps. Frames are run until one looks like an earlier one.
std::int64_t window_interval(const WindowShape& shape, std::int64_t rows);

/// Rows of a ring that loses nothing: when frames come in evenly and leave evenly, in max(in_beats, out_beats) cycles or
/// more, no beat waits. By monotony of the earliest times this holds for every source that is never later and every sink
/// that is never slower, so window_interval(shape, rows) is max(in_beats, out_beats) too, and a chain of such units runs at
/// the interval of its slowest. At least least_rows(shape), at most about two frames.
std::int64_t choose_rows(const WindowShape& shape);

}  // namespace finnr

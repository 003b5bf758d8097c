// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/image_windows.h"

#include <algorithm>

namespace finnr {

bool Windows::filled() const {
  const auto outside = [](std::int64_t size, std::int64_t up, bool repeat, std::int64_t pad, std::int64_t out, std::int64_t stride,
                          std::int64_t kernel, std::int64_t dilation) {
    const std::int64_t extent = repeat ? size * up : (size - 1) * up + 1;
    return pad > 0 || (!repeat && up > 1) || (out - 1) * stride + (kernel - 1) * dilation - pad >= extent;
  };
  return outside(shape.h, shape.up_h, shape.repeat, shape.pad_top, shape.oh, shape.stride_h, shape.kh, shape.dilation_h) ||
         outside(shape.w, shape.up_w, shape.repeat, shape.pad_left, shape.ow, shape.stride_w, shape.kw, shape.dilation_w);
}

bool Windows::trivial() const {
  return kernel() == 1 && shape.h == shape.oh && shape.w == shape.ow && shape.stride_h == 1 && shape.stride_w == 1 && shape.up_h == 1 &&
         shape.up_w == 1 && shape.pad_top == 0 && shape.pad_left == 0;
}

Windows windows_of(const Shape& x, const Shape& y, const Shape& kernel, const Shape& stride, const Shape& dilation, const Shape& begin,
                   const Shape& spacing, std::int64_t fill) {
  const bool two = x.size() == 4;
  WindowShape s;
  s.h = x[2];
  s.kh = kernel[0];
  s.stride_h = stride[0];
  s.dilation_h = dilation[0];
  s.up_h = spacing[0];
  s.pad_top = begin[0];
  s.oh = y[2];
  if (two) {
    s.w = x[3];
    s.kw = kernel[1];
    s.stride_w = stride[1];
    s.dilation_w = dilation[1];
    s.up_w = spacing[1];
    s.pad_left = begin[1];
    s.ow = y[3];
  }
  return {s, fill, x[0]};
}

std::vector<Tile> tiles(const Windows& windows) {
  const WindowShape& s = windows.shape;
  std::vector<Tile> result = {{1, 1}};
  if (s.up_h != 1 || s.up_w != 1) return result;
  for (std::int64_t w = 2; w <= s.kw; ++w) {
    if (s.kw % w == 0) result.push_back({1, w});
  }
  for (std::int64_t h = 2; h <= s.kh; ++h) {
    if (s.kh % h == 0) result.push_back({h, s.kw});
  }
  return result;
}

std::int64_t tiled_beats(const Windows& windows, std::int64_t pixels, const Tile& tile) {
  return std::max(pixels * windows.kernel() / tile.positions(), windows.pixels_in());
}

Tile least_tile(const Windows& windows, std::int64_t pixels, std::int64_t beats) {
  const std::vector<Tile> choices = tiles(windows);
  const std::int64_t limit = std::max(beats, tiled_beats(windows, pixels, choices.back()));
  return *std::ranges::find_if(choices, [&](const Tile& tile) { return tiled_beats(windows, pixels, tile) <= limit; });
}

std::optional<Windows> resampled(const Take& op, const Shape& x, const Shape& y) {
  const std::int64_t n = std::ssize(op.indices);
  const auto at = [&](std::int64_t i) { return op.indices[static_cast<std::size_t>(i)]; };
  const auto axis = static_cast<std::size_t>(op.axis) - 2;
  const std::size_t axes = x.size() - 2;
  Shape stride(axes, 1);
  Shape begin(axes, 0);
  Shape spacing(axes, 1);
  const std::int64_t step = n > 1 ? at(1) - at(0) : 1;
  bool even = step >= 1;
  for (std::int64_t i = 0; i < n; ++i) even = even && at(i) == at(0) + i * step;
  if (even) {
    stride[axis] = step;
    begin[axis] = -at(0);
    return windows_of(x, y, Shape(axes, 1), stride, Shape(axes, 1), begin, spacing, 0);
  }
  std::int64_t times = 1;
  while (times < n && at(times) == at(0)) ++times;
  for (std::int64_t factor = std::max<std::int64_t>(times, 2); factor <= n; ++factor) {
    for (std::int64_t offset = 0; offset < factor; ++offset) {  // element i is (i + first * factor + offset) / factor
      bool good = true;
      for (std::int64_t i = 0; good && i < n; ++i) good = at(i) == (i + offset) / factor + at(0);
      if (!good) continue;
      spacing[axis] = factor;
      begin[axis] = -(at(0) * factor + offset);
      Windows windows = windows_of(x, y, Shape(axes, 1), stride, Shape(axes, 1), begin, spacing, 0);
      windows.shape.repeat = true;
      return windows;
    }
    if (factor > 2 * times) break;
  }
  return std::nullopt;
}

}  // namespace finnr

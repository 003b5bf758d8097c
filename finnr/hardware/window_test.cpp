// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace finnr {
namespace {

std::int64_t floored(std::int64_t a, std::int64_t b) { return (a - (a % b + b) % b) / b; }

/// The unit cycle by cycle, as the head of rtl/finnr_window.sv describes it. Returns the cycle in which the last beat of
/// each frame is read. `pace`: frames come in and leave evenly in that many cycles instead of as fast as possible.
std::vector<std::int64_t> stepped(const WindowShape& s, std::int64_t rows, std::int64_t frames, std::int64_t pace = 0) {
  const std::int64_t pixel = s.groups * s.inner;
  const std::int64_t line = s.w * pixel;
  struct Read {
    std::int64_t word = -1;   // of the frame; -1: padding
    std::int64_t frees = -1;  // rows of the frame that are free after it; -1: no news
  };
  std::vector<Read> reads;
  const auto first_row = [&](std::int64_t oy) {
    const std::int64_t top = oy * s.stride_h - s.pad_top;
    return std::clamp(s.repeat ? floored(top, s.up_h) : floored(top + s.up_h - 1, s.up_h), std::int64_t{0}, s.h);
  };
  const auto word = [&](std::int64_t vy, std::int64_t vx, std::int64_t c) -> std::int64_t {
    const std::int64_t y = floored(vy, s.up_h);
    const std::int64_t x = floored(vx, s.up_w);
    if (y < 0 || y >= s.h || x < 0 || x >= s.w || (!s.repeat && (y * s.up_h != vy || x * s.up_w != vx))) return -1;
    return y * line + x * pixel + c;
  };
  for (std::int64_t oy = 0; oy < s.oh; ++oy) {
    const std::int64_t columns = s.kw / s.tile_w;
    const std::int64_t lines = s.kh / s.tile_h;
    for (std::int64_t at = 0; at < s.ow * s.groups * lines * columns * s.inner; ++at) {
      const std::int64_t i = at % s.inner;
      const std::int64_t kx = at / s.inner % columns * s.tile_w;
      const std::int64_t ky = at / s.inner / columns % lines * s.tile_h;
      const std::int64_t g = at / s.inner / columns / lines % s.groups;
      const std::int64_t ox = at / s.inner / columns / lines / s.groups;
      Read read;  // the last word of the tile
      for (std::int64_t n = 0; n < s.tile_h * s.tile_w; ++n) {
        const std::int64_t vy = oy * s.stride_h + (ky + n / s.tile_w) * s.dilation_h - s.pad_top;
        const std::int64_t vx = ox * s.stride_w + (kx + n % s.tile_w) * s.dilation_w - s.pad_left;
        read.word = std::max(read.word, word(vy, vx, g * s.inner + i));
      }
      reads.push_back(read);
    }
    reads.back().frees = oy + 1 < s.oh ? first_row(oy + 1) : s.h + first_row(0);
  }
  std::vector<std::int64_t> ends;
  std::int64_t written = 0;  // words, of all frames
  std::int64_t row = first_row(0);
  std::int64_t at = 0;  // beats read, of this frame
  const std::int64_t size = s.h * line;
  for (std::int64_t cycle = 0; static_cast<std::int64_t>(ends.size()) < frames; ++cycle) {
    const auto done = static_cast<std::int64_t>(ends.size());
    const Read& read = reads[static_cast<std::size_t>(at)];
    const bool comes = pace == 0 || written * pace <= cycle * size;
    const bool leaves = pace == 0 || (done * out_beats(s) + at) * pace <= cycle * out_beats(s);
    const bool push = comes && written / line < row + rows;
    const bool pop = leaves && written > done * size && (read.word < 0 || written > done * size + read.word);
    if (push) ++written;
    if (!pop) continue;
    if (read.frees >= 0) row = done * s.h + read.frees;
    if (++at == static_cast<std::int64_t>(reads.size())) {
      at = 0;
      ends.push_back(cycle);
    }
  }
  return ends;
}

WindowShape any_shape(std::mt19937_64& random) {
  const auto any = [&](int lo, int hi) { return lo + static_cast<std::int64_t>(random() % static_cast<unsigned>(hi - lo + 1)); };
  return {.h = any(1, 7),
          .w = any(1, 6),
          .groups = any(1, 2),
          .inner = any(1, 3),
          .kh = any(1, 4),
          .kw = any(1, 4),
          .stride_h = any(1, 4),
          .stride_w = any(1, 4),
          .dilation_h = any(1, 2),
          .dilation_w = any(1, 2),
          .up_h = any(1, 3),
          .up_w = any(1, 3),
          .repeat = any(0, 1) != 0,
          .pad_top = any(-2, 5),
          .pad_left = any(-2, 5),
          .oh = any(1, 6),
          .ow = any(1, 6)};
}

/// Every other shape with a tile, a third of those with whole windows.
WindowShape any_tiled_shape(std::mt19937_64& random) {
  WindowShape s = any_shape(random);
  if (random() % 2 == 0) return s;
  s.inner = s.up_h = s.up_w = 1;
  const auto form = random() % 3;
  if (form == 0) {
    s.tile_w = s.kw % 2 == 0 ? s.kw / 2 : s.kw;
  } else {
    s.tile_w = s.kw;
    s.tile_h = form == 1 && s.kh % 2 == 0 ? s.kh / 2 : s.kh;
  }
  return s;
}

WindowShape same(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t beats) {
  const std::int64_t pad = kernel / 2;
  const std::int64_t out = (size + 2 * pad - kernel) / stride + 1;
  return {.h = size,
          .w = size,
          .inner = beats,
          .kh = kernel,
          .kw = kernel,
          .stride_h = stride,
          .stride_w = stride,
          .pad_top = pad,
          .pad_left = pad,
          .oh = out,
          .ow = out};
}

TEST(Window, BeatsOfAFrame) {
  const WindowShape shape = same(5, 3, 2, 4);
  EXPECT_EQ(in_beats(shape), 100);
  EXPECT_EQ(out_beats(shape), 9 * 9 * 4);
  WindowShape tiled = same(5, 3, 2, 1);
  tiled.tile_w = 3;
  EXPECT_EQ(out_beats(tiled), 9 * 3);
  tiled.tile_h = 3;
  EXPECT_EQ(out_beats(tiled), 9);
}

TEST(Window, LeastRows) {
  EXPECT_EQ(least_rows(same(9, 3, 1, 1)), 3);
  EXPECT_EQ(least_rows(same(2, 5, 1, 1)), 2) << "the image has no more";
  EXPECT_EQ(least_rows({.h = 9, .w = 9, .kh = 3, .dilation_h = 2, .oh = 5}), 5);
  EXPECT_EQ(least_rows({.h = 4, .w = 4, .kh = 4, .up_h = 2, .oh = 4}), 2) << "every other row of the window is between pixels";
  EXPECT_EQ(least_rows({.h = 3, .w = 3, .pad_top = 9, .oh = 2}), 1) << "all is padding";
}

TEST(Window, IntervalOfSmallShapesByHand) {
  // One pixel: with one row it is written, read, written, ... in turns.
  EXPECT_EQ(window_interval({}, 1), 2);
  EXPECT_EQ(window_interval({}, 2), 1);
  // A column of five: every row is a pixel.
  EXPECT_EQ(window_interval({.h = 5, .oh = 5}, 1), 10);
  EXPECT_EQ(window_interval({.h = 5, .oh = 5}, 2), 5);
  // Two by two pixels, each twice: two cycles to fill the row again, or none.
  EXPECT_EQ(window_interval({.h = 2, .w = 2, .up_h = 2, .repeat = true, .oh = 4, .ow = 2}, 2), 8);
}

TEST(Window, IntervalIsThatOfTheUnitCycleByCycle) {
  std::mt19937_64 random(1);
  for (int n = 0; n < 400; ++n) {
    const WindowShape shape = any_tiled_shape(random);
    const std::int64_t rows = least_rows(shape) + static_cast<std::int64_t>(random() % 4);
    const std::int64_t interval = window_interval(shape, rows);
    // Over many frames, so that the beginning and frames of different lengths do not show.
    const std::vector<std::int64_t> ends = stepped(shape, rows, 60);
    const std::int64_t cycles = ends[59] - ends[29];
    EXPECT_LE(cycles, 30 * interval) << n;
    EXPECT_GT(cycles, 30 * (interval - 1)) << n;
  }
}

TEST(Window, ChosenRowsLoseNothing) {
  std::mt19937_64 random(2);
  for (int n = 0; n < 400; ++n) {
    const WindowShape shape = any_tiled_shape(random);
    const std::int64_t rows = choose_rows(shape);
    const std::int64_t best = std::max(in_beats(shape), out_beats(shape));
    EXPECT_GE(rows, least_rows(shape));
    EXPECT_LE(rows, std::max(least_rows(shape), 2 * shape.h + 1));
    EXPECT_EQ(window_interval(shape, rows), best) << n;
    // Fed and drained evenly, at its own interval and a little slower.
    for (const std::int64_t pace : {best, best + 1, best + best / 3}) {
      const std::vector<std::int64_t> ends = stepped(shape, rows, 40, pace);
      EXPECT_LE(ends[39] - ends[19], 20 * pace + 1) << n << " in " << pace;
    }
  }
}

TEST(Window, ChosenRowsOfUsualLayers) {
  EXPECT_EQ(choose_rows(same(224, 7, 2, 3)), 8);
  EXPECT_EQ(choose_rows(same(56, 3, 1, 64)), 4);
  EXPECT_EQ(choose_rows({.h = 32, .w = 32, .inner = 3, .kh = 3, .kw = 3, .oh = 30, .ow = 30}), 6)
      << "without padding two rows come in while none goes out";
  EXPECT_EQ(choose_rows({.h = 28, .w = 28, .kh = 2, .kw = 2, .stride_h = 2, .stride_w = 2, .oh = 14, .ow = 14}), 4);
  EXPECT_EQ(choose_rows({.h = 16, .w = 16, .up_h = 2, .up_w = 2, .repeat = true, .oh = 32, .ow = 32}), 2);
}

TEST(Window, WholeWindowsAtTheRateOfTheImage) {
  WindowShape shape = same(32, 3, 1, 1);
  EXPECT_EQ(window_interval(shape, choose_rows(shape)), 9 * 1024);
  shape.tile_w = 3;
  EXPECT_EQ(window_interval(shape, choose_rows(shape)), 3 * 1024);
  shape.tile_h = 3;
  EXPECT_EQ(window_interval(shape, choose_rows(shape)), 1024);
  EXPECT_EQ(choose_rows(shape), 4);
  EXPECT_GT(window_interval(shape, 3), 1024) << "a row cannot come in while three are read";
}

TEST(Window, IntervalOfALargeLayerTakesNoTime) {
  const WindowShape shape = same(224, 7, 2, 3);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(window_interval(shape, 8), 1843968);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100)) << "under a millisecond, sanitizers apart";
}

}  // namespace
}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/window.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <vector>

#include "finnr/base/check.h"
#include "finnr/base/integers.h"

namespace finnr {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 4;  // long before everything

/// The real row or column at virtual coordinate v; -1 where padding is.
std::int64_t real_at(std::int64_t v, std::int64_t up, bool repeat, std::int64_t size) {
  const std::int64_t at = floor_div(v, up);
  return at < 0 || at >= size || (!repeat && at * up != v) ? -1 : at;
}

/// Beats of the window of one group.
std::int64_t window_beats(const WindowShape& s) { return (s.kh / s.tile_h) * (s.kw / s.tile_w) * s.inner; }

/// A row of the image that an output row reads, and the row of tiles that does.
struct RowUse {
  std::int64_t row;
  std::int64_t ky;
};

/// The shape in runs: rows of the image, rows of the output.
struct Runs {
  explicit Runs(const WindowShape& shape);

  std::int64_t line;                      ///< beats of a row
  std::int64_t row_beats;                 ///< beats of an output row
  std::int64_t kernel_row;                ///< beats of a row of tiles in a window
  std::vector<std::int64_t> base;         ///< by output row: rows above are free, in 0 .. h
  std::vector<std::vector<RowUse>> uses;  ///< by output row
};

Runs::Runs(const WindowShape& s)
    : line(s.w * s.groups * s.inner),
      row_beats(s.ow * s.groups * window_beats(s)),
      kernel_row(s.kw / s.tile_w * s.inner),
      uses(static_cast<std::size_t>(s.oh)) {
  for (std::int64_t oy = 0; oy < s.oh; ++oy) {
    base.push_back(window_base(s, oy));
    for (std::int64_t ky = 0; ky < s.kh; ++ky) {
      const std::int64_t row = window_row(s, oy, ky);
      if (row >= 0) uses[static_cast<std::size_t>(oy)].push_back({row, ky / s.tile_h});
    }
  }
}

/// The largest of `in * word - out * beat` over the reads of an image row by the first row of tiles of an output row, with
/// words counted in the image row and beats in the output row; kNever when all is padding.
std::int64_t largest_lead(const WindowShape& s, std::int64_t in, std::int64_t out) {
  std::int64_t lead = kNever;
  for (std::int64_t ox = 0; ox < s.ow; ++ox) {
    for (std::int64_t kx = 0; kx < s.kw; ++kx) {
      const std::int64_t column = window_column(s, ox, kx);
      if (column < 0) continue;
      const std::int64_t beat = ox * s.groups * window_beats(s) + kx / s.tile_w * s.inner;
      lead = std::max(lead, in * column * s.groups * s.inner - out * beat);
    }
  }
  if (lead == kNever) return lead;
  // The lead is linear in the group and in the beat of the group: largest at an end.
  return lead + std::max<std::int64_t>(0, (s.groups - 1) * (in * s.inner - out * window_beats(s))) +
         std::max<std::int64_t>(0, (s.inner - 1) * (in - out));
}

/// The unit, never stalled, from one of two beginnings: nothing is written, or the ring is full.
class Run {
 public:
  Run(const WindowShape& shape, const Runs& runs, std::int64_t lead, std::int64_t rows, bool full)
      : shape_(shape), runs_(runs), lead_(lead) {
    for (std::int64_t row = 0; row < runs.base[0] + rows; ++row) start(full ? kNever : 0);
  }

  /// Runs a frame; true when it looks like an earlier one.
  bool frame() {
    for (std::int64_t oy = 0; oy < shape_.oh; ++oy) {
      const auto at = static_cast<std::size_t>(oy);
      std::int64_t first = next_read_;
      if (oy == 0) first = std::max(first, row_start(0) + 1);
      if (lead_ != kNever) {
        for (const RowUse& use : runs_.uses[at]) {
          first = std::max(first, row_start(use.row) + 1 + lead_ - use.ky * runs_.kernel_row);
        }
      }
      next_read_ = first + runs_.row_beats;
      const bool last = oy + 1 == shape_.oh;
      for (std::int64_t n = (last ? shape_.h + runs_.base[0] : runs_.base[at + 1]) - runs_.base[at]; n > 0; --n) start(next_read_);
    }
    for (std::int64_t row = 0; row < shape_.h; ++row) starts_.pop_front();
    return seen_before();
  }

  /// Cycles of a frame, the mean since the earlier one, rounded up.
  [[nodiscard]] std::int64_t interval() const { return (time_ + frames_ - 1) / frames_; }

 private:
  /// A row is written from `ready` on, or behind the row before it.
  void start(std::int64_t ready) {
    write_ = std::max(ready, write_ + runs_.line);
    starts_.push_back(write_);
  }
  [[nodiscard]] std::int64_t row_start(std::int64_t row) const { return starts_[static_cast<std::size_t>(row)]; }

  bool seen_before() {
    std::vector<std::int64_t> now;
    for (const std::int64_t at : starts_) now.push_back(at - next_read_);
    now.push_back(write_ - next_read_);
    for (std::size_t back = 0; back < past_.size(); ++back) {
      const Past& past = past_[past_.size() - 1 - back];
      if (past.state != now) continue;
      time_ = next_read_ - past.time;
      frames_ = static_cast<std::int64_t>(back) + 1;
      return true;
    }
    past_.push_back({std::move(now), next_read_});
    if (past_.size() > 8) past_.pop_front();
    return false;
  }

  struct Past {
    std::vector<std::int64_t> state;
    std::int64_t time;
  };

  const WindowShape& shape_;
  const Runs& runs_;
  std::int64_t lead_;
  std::int64_t next_read_ = 0;       // the earliest cycle of the next read
  std::int64_t write_ = kNever;      // the cycle in which the last row known starts
  std::deque<std::int64_t> starts_;  // the cycle in which a row starts, from the first row of the frame on
  std::deque<Past> past_;
  std::int64_t time_ = 0;
  std::int64_t frames_ = 1;
};

}  // namespace

std::int64_t window_row(const WindowShape& s, std::int64_t oy, std::int64_t ky) {
  return real_at(oy * s.stride_h + ky * s.dilation_h - s.pad_top, s.up_h, s.repeat, s.h);
}

std::int64_t window_column(const WindowShape& s, std::int64_t ox, std::int64_t kx) {
  return real_at(ox * s.stride_w + kx * s.dilation_w - s.pad_left, s.up_w, s.repeat, s.w);
}

std::int64_t window_base(const WindowShape& s, std::int64_t oy) {
  const std::int64_t top = oy * s.stride_h - s.pad_top;
  return std::clamp(s.repeat ? floor_div(top, s.up_h) : ceil_div(top, s.up_h), std::int64_t{0}, s.h);
}

std::int64_t in_beats(const WindowShape& s) { return s.h * s.w * s.groups * s.inner; }

std::int64_t out_beats(const WindowShape& s) { return s.oh * s.ow * s.groups * window_beats(s); }

std::int64_t least_rows(const WindowShape& shape) {
  const Runs runs(shape);
  std::int64_t rows = 1;
  for (std::size_t oy = 0; oy < runs.uses.size(); ++oy) {
    for (const RowUse& use : runs.uses[oy]) rows = std::max(rows, use.row - runs.base[oy] + 1);
  }
  return rows;
}

std::int64_t window_interval(const WindowShape& shape, std::int64_t rows) {
  FINNR_CHECK(rows >= least_rows(shape), "a window unit with too few rows waits for ever");
  const Runs runs(shape);
  const std::int64_t lead = largest_lead(shape, 1, 1);
  // The interval does not depend on the beginning. Where reading is the bottleneck a full ring is soon as it will be for
  // ever, where writing is, an empty one.
  Run empty(shape, runs, lead, rows, false);
  Run full(shape, runs, lead, rows, true);
  while (true) {
    if (empty.frame()) return empty.interval();
    if (full.frame()) return full.interval();
  }
}

std::int64_t choose_rows(const WindowShape& shape) {
  const Runs runs(shape);
  const std::int64_t in = in_beats(shape);
  const std::int64_t out = out_beats(shape);
  // Time in units of which a frame takes in * out: a word comes every `out`, a beat leaves every `in`, and two cycles are
  // less than this. One cycle is the unit's own, one is for rounding the times to cycles.
  const std::int64_t two_cycles = 2 * std::min(in, out);
  // Reading starts so late that no beat waits for its pixel.
  std::int64_t begin = two_cycles;
  const std::int64_t lead = largest_lead(shape, out, in);
  if (lead != kNever) {
    for (std::size_t oy = 0; oy < runs.uses.size(); ++oy) {
      for (const RowUse& use : runs.uses[oy]) {
        const std::int64_t beat = static_cast<std::int64_t>(oy) * runs.row_beats + use.ky * runs.kernel_row;
        begin = std::max(begin, use.row * runs.line * out - beat * in + lead + two_cycles);
      }
    }
  }
  // Every row finds room when it comes: count the rows from the first that is not yet free.
  std::int64_t rows = least_rows(shape);
  for (std::int64_t row = 0; row < shape.h; ++row) {
    const std::int64_t done = floor_div(row * runs.line * out - begin - two_cycles + in, runs.row_beats * in);  // output rows
    const std::int64_t frames = floor_div(done, shape.oh);
    const std::int64_t free = frames * shape.h + runs.base[static_cast<std::size_t>(done - frames * shape.oh)];
    rows = std::max(rows, row - free + 1);
  }
  return rows;
}

}  // namespace finnr

// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/windower.h"

#include <algorithm>

#include "finnr/base/check.h"
#include "finnr/base/integers.h"

namespace finnr::token {

WindowMachine::WindowMachine(Channel& in, Channel& out, const WindowShape& shape, std::int64_t rows)
    : in_(in),
      out_(out),
      shape_(shape),
      line_(shape.w * shape.groups * shape.inner),
      image_(shape.h * line_),
      tiles_y_(shape.kh / shape.tile_h),
      tiles_x_(shape.kw / shape.tile_w),
      row_(shape.ow * shape.groups * tiles_y_ * tiles_x_ * shape.inner) {
  for (std::int64_t oy = 0; oy < shape.oh; ++oy) {
    for (std::int64_t tile = 0; tile < tiles_y_; ++tile) {
      std::int64_t last = -1;
      for (std::int64_t ky = tile * shape.tile_h; ky < (tile + 1) * shape.tile_h; ++ky) last = std::max(last, window_row(shape, oy, ky));
      last_row_.push_back(last < 0 ? -1 : last * line_);
    }
    const std::int64_t base = window_base(shape, oy);
    freed_.push_back((oy + 1 < shape.oh ? window_base(shape, oy + 1) : shape.h + window_base(shape, 0)) - base);
  }
  for (std::int64_t ox = 0; ox < shape.ow; ++ox) {
    for (std::int64_t tile = 0; tile < tiles_x_; ++tile) {
      std::int64_t last = -1;
      for (std::int64_t kx = tile * shape.tile_w; kx < (tile + 1) * shape.tile_w; ++kx) last = std::max(last, window_column(shape, ox, kx));
      last_column_.push_back(last < 0 ? -1 : last * shape.groups * shape.inner);
    }
  }
  in_.grant(kAlways, (window_base(shape, 0) + rows) * line_);
}

std::int64_t WindowMachine::needed() const {
  const std::int64_t row = last_row_[static_cast<std::size_t>(place_.oy * tiles_y_ + place_.ky)];
  const std::int64_t column = last_column_[static_cast<std::size_t>(place_.ox * tiles_x_ + place_.kx)];
  return row < 0 || column < 0 ? 1 : row + column + place_.group * shape_.inner + place_.inner + 1;
}

bool WindowMachine::reach(std::int64_t beat) {
  while (came_ < beat && in_.arrived()) {
    last_came_ = in_.arrival();
    ++came_;
  }
  return came_ >= beat;
}

void WindowMachine::run() {
  while (true) {
    if (out_.taken()) {
      free_ = out_.collect();
      full_ = false;
    }
    if (full_ || !reach(needed())) return;
    // What came earlier does not matter any more: reads go forward.
    const Cycle read = std::max(free_, last_came_ + 1);
    if (pass_beats(read)) continue;
    full_ = true;
    if (place_.in_row == row_ - 1) in_.grant(read + 1, freed_[static_cast<std::size_t>(place_.oy)] * line_);
    next_beat();
    out_.offer(read + 1);
  }
}

// As many beats in front of the last one of a row as are read at equal distances, the first one in cycle `read`.
bool WindowMachine::pass_beats(Cycle read) {
  const std::int64_t left = row_ - 1 - place_.in_row;
  const std::int64_t most = left > 1 ? out_.admits({read + 1, 1, left}) : 0;
  if (most == 0) return false;
  const Place before = place_;
  Run run = {read + 1, 1, 1};
  std::int64_t last_needed = came_;
  next_beat();
  for (std::int64_t limit = left; run.beats < limit; ++run.beats) {
    const std::int64_t beat = needed();
    Cycle next = run.last() + 1;
    if (beat > came_) {
      const std::optional<Cycle> came = in_.arrivals().at(beat - came_ - 1);
      if (!came) break;
      next = std::max(next, *came + 2);
    }
    if (run.beats == 1) {
      run.step = next - run.at;
      if (run.step == 1) limit = most;
      if (run.beats == limit) break;
    } else if (next != run[run.beats]) {
      break;
    }
    last_needed = std::max(last_needed, beat);
    next_beat();
  }
  if (run.step > 1 && run.beats > 1) {
    const std::int64_t admitted = out_.admits(run);
    if (admitted < run.beats) {
      run.beats = admitted;
      place_ = before;
      for (std::int64_t i = 0; i < admitted; ++i) {
        last_needed = i == 0 ? came_ : std::max(last_needed, needed());
        next_beat();
      }
      if (admitted == 0) return false;
    }
  }
  const bool came = reach(last_needed);
  FINNR_CHECK(came, "a window reads what has not come");
  out_.pass(run);
  free_ = run.last();
  return true;
}

void WindowMachine::next_beat() {
  const auto step = [](std::int64_t& counter, std::int64_t size) {
    if (++counter < size) return false;
    counter = 0;
    return true;
  };
  step(place_.in_row, row_);
  if (step(place_.inner, shape_.inner) && step(place_.kx, tiles_x_) && step(place_.ky, tiles_y_) && step(place_.group, shape_.groups) &&
      step(place_.ox, shape_.ow) && step(place_.oy, shape_.oh))
    came_ -= image_;
}

}  // namespace finnr::token
